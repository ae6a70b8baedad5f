//! Prints a view in the shape of its noun. Pure: what has to be read for it was read before.

use std::collections::BTreeMap;
use std::sync::Arc;

use emporion_catalog::facet::Facet;
use emporion_catalog::json_text::Items;
use emporion_catalog::kinds;
use emporion_catalog::observation::Series;
use emporion_catalog::record::{Card, Edge, View};
use emporion_catalog::relation::{self, Relation};
use emporion_catalog::rows::redaction::Redaction;
use emporion_edge::json_writer;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::change;
use super::observed;
use super::part::{BodyRendering, Part, parts};
use super::parts::print_parts;
use crate::case;
use crate::door::Door;
use crate::members as m;
use crate::noun::{Ancestor, Direction, Fields, Noun, Output, Reference, Source};
use crate::nouns::query::checksum;
use crate::nouns::test_case::Tested;
use crate::{secrets, version};

/// What an answer shows beside the record and the edges that start at it.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Records that refer to it or stand below it, by member.
    pub lists: Vec<(&'static str, Vec<Arc<Card>>)>,
    pub counts: Vec<(&'static str, u64)>,
    /// How the tests of a suite stand.
    pub summary: Option<Value>,
    /// The type of the service that it came from.
    pub service_type: Option<Arc<str>>,
    /// The newest of what was observed of it.
    pub observed: Vec<(Series, Value)>,
    /// How the reader looks at samples and profiles. Who fills nothing in shows nothing of them.
    pub redaction: Redaction,
    /// Clear secrets by their pointer in the body, for the few who may read them; `None` for all others.
    pub clear: Option<BTreeMap<String, String>>,
}

impl Around {
    fn newest(&self, series: Series) -> Option<&Value> {
        self.observed.iter().find(|(known, _)| *known == series).map(|(_, value)| value)
    }

    fn list(&self, member: &str) -> Option<&[Arc<Card>]> {
        self.lists.iter().find(|(name, _)| *name == member).map(|(_, cards)| cards.as_slice())
    }
}

/// What is written of a record beside its body, at most times.
const ROOM: usize = 1_024;

/// Prints records of one noun.
#[derive(Clone, Copy)]
pub struct Printer<'a> {
    pub door: &'a Door,
    pub noun: &'static Noun,
    /// What every absolute address begins with.
    pub base: &'a str,
}

impl Printer<'_> {
    /// Writes the entity.
    pub fn print(&self, view: &View, fields: &Fields, around: &Around, into: &mut Vec<u8>) {
        let start = into.len();
        json_writer::object(into, |entity| {
            for part in parts(self.noun).iter().filter(|part| part.shows(fields)) {
                entity.where_written(&part.quoted, |into| self.member(view, part, fields, around, into));
            }
        });
        if let Some(clear) = around.clear.as_ref().filter(|clear| !clear.is_empty()) {
            let clear = clear.iter().map(|(at, text)| (secrets::wire_pointer(at), text.clone())).collect();
            let mut entity = json_writer::read(&into[start..]);
            secrets::reveal(&mut entity, &clear);
            into.truncate(start);
            json_writer::value(into, &entity);
        }
    }

    /// The same as bytes of its own.
    pub fn printed(&self, view: &View, fields: &Fields, around: &Around) -> Vec<u8> {
        let mut into = Vec::with_capacity(view.record.body.json().len() + ROOM);
        self.print(view, fields, around, &mut into);
        into
    }

    /// Writes the value of a member; false where the entity has none.
    fn member(&self, view: &View, part: &Part, fields: &Fields, around: &Around, into: &mut Vec<u8>) -> bool {
        match part.source {
            Source::Record => self.of_record(view, part.name, into),
            Source::Ancestor(ancestor) => {
                above(view, &ancestor).map(|card| self.reference(card, false, into)).is_some()
            }
            Source::Reference(reference) => self.related(view, &reference, part, around, into),
            Source::Count(_) => {
                let count = around.counts.iter().find(|(name, _)| *name == part.name);
                written(into, count.map(|(_, count)| count))
            }
            Source::Computed => self.computed(view, part, around, into),
            Source::Parts(inside) => {
                let Some(mut value) = print_parts(self, view, inside, fields.wants("tags")) else { return false };
                if inside.one == "column" {
                    around.redaction.columns(&mut value);
                }
                written(into, Some(&value))
            }
            Source::Observed(series) => {
                let newest = around.newest(series);
                written(
                    into,
                    newest.and_then(|value| observed::print(&view.record, series, value, &around.redaction)).as_ref(),
                )
            }
            Source::Body => self.of_body(view, part, around, into),
        }
    }

    fn of_body(&self, view: &View, part: &Part, around: &Around, into: &mut Vec<u8>) -> bool {
        match part.in_body {
            BodyRendering::Plain => body(self.noun, view, part, into),
            BodyRendering::Extension => extension(view, into),
            BodyRendering::Certification => {
                let said = if view.record.body.has(m::CERTIFICATION.name) { view.certification() } else { None };
                written(into, said.as_ref().map(case::to_wire).as_ref())
            }
            BodyRendering::Query => written(
                into,
                view.record.body.text("query").map(|text| observed::query(&text, &around.redaction)).as_ref(),
            ),
            BodyRendering::WithSecrets => {
                let start = into.len();
                let is_there = body(self.noun, view, part, into);
                // Whatever was known of secrets when it was stored.
                if is_there && around.clear.is_none() {
                    let mut shown = json_writer::read(&into[start..]);
                    secrets::mask_all(&mut shown);
                    into.truncate(start);
                    json_writer::value(into, &shown);
                }
                is_there
            }
        }
    }

    fn of_record(&self, view: &View, name: &str, into: &mut Vec<u8>) -> bool {
        let record = &view.record;
        match name {
            "id" => text(into, record.id.uuid().hyphenated().encode_lower(&mut Uuid::encode_buffer())),
            "name" => text(into, &record.kind.own_name(&record.name)),
            "fullyQualifiedName" => text(into, &record.fqn),
            "version" => written(into, Some(&version::number(record.version))),
            "updatedAt" => written(into, Some(&record.updated.at.0)),
            "updatedBy" => text(into, &record.updated.by.name),
            "impersonatedBy" => written(into, record.updated.by.through.as_deref()),
            "href" => text(into, &super::href(self.base, self.noun, record.id)),
            "changeDescription" => {
                written(into, record.change.as_deref().map(|change| change::describe(self, change)).as_ref())
            }
            "deleted" => written(into, Some(&!record.state.is_alive())),
            _ => false,
        }
    }

    fn related(&self, view: &View, reference: &Reference, part: &Part, around: &Around, into: &mut Vec<u8>) -> bool {
        if reference.direction == Direction::In {
            let Some(cards) = around.list(part.name) else { return false };
            return self.references(cards.iter().map(|card| (card, false)), reference.many, into);
        }
        // A relation that the core does not have leads nowhere.
        let Some(relation) = part.relation.filter(|relation| view.record.kind.has(*relation)) else { return false };
        match reference.output {
            Output::TagLabel => {
                self.labels(view.targets(relation::TAGGED), into);
                true
            }
            Output::Votes => self.votes(view, into),
            Output::TermRelation => {
                let terms = view.targets(relation);
                json_writer::list(into, terms, |into, (edge, card)| self.term_relation(edge, card, into));
                true
            }
            // What there must be one of is shown, too, when it went together with the record.
            Output::Reference if !reference.many => {
                let mut edges = view.edges.iter().filter(|edge| edge.relation == relation && edge.at.is_empty());
                let card = edges.find_map(|edge| view.cards.get(&edge.to));
                card.map(|card| self.reference(card, false, into)).is_some()
            }
            Output::Reference => {
                let cards = shown(view, reference, relation);
                self.references(cards.iter().map(|(card, inherited)| (*card, *inherited)), reference.many, into)
            }
        }
    }

    fn references<'c>(
        &self,
        mut cards: impl Iterator<Item = (&'c Arc<Card>, bool)>,
        many: bool,
        into: &mut Vec<u8>,
    ) -> bool {
        if many {
            json_writer::list(into, cards, |into, (card, inherited)| self.reference(card, inherited, into));
            return true;
        }
        cards.next().map(|(card, inherited)| self.reference(card, inherited, into)).is_some()
    }

    fn reference(&self, card: &Card, inherited: bool, into: &mut Vec<u8>) {
        super::print_reference(self.door, self.base, card, inherited, into);
    }

    /// An entity by what a reference says of it.
    fn in_short(&self, card: &Card, into: &mut Vec<u8>) {
        let mut entity = super::reference(self.door, self.base, card, false);
        if let Value::Object(members) = &mut entity {
            members.shift_remove("type");
        }
        json_writer::value(into, &entity);
    }

    /// Tags and terms as they are shown.
    pub fn labels<'v>(&self, labels: impl Iterator<Item = (&'v Edge, &'v Arc<Card>)>, into: &mut Vec<u8>) {
        json_writer::list(into, labels, |into, (edge, card)| self.label(&edge.attributes, card, into));
    }

    fn label(&self, attributes: &Map<String, Value>, card: &Card, into: &mut Vec<u8>) {
        let text = |name: &str| attributes.get(name).and_then(Value::as_str);
        let source = if card.kind == kinds::GLOSSARY_TERM { "Glossary" } else { "Classification" };
        json_writer::object(into, |label| {
            label.text("tagFQN", &card.fqn);
            label.text("name", &card.name);
            label.text("source", source);
            label.text("labelType", text("label_type").unwrap_or("Manual"));
            label.text("state", text("state").unwrap_or("Confirmed"));
            for (member, value) in [
                ("displayName", card.display_name.as_deref()),
                ("description", card.description.as_deref()),
                ("reason", text("reason")),
                ("appliedAt", text("applied_at")),
                ("appliedBy", text("applied_by")),
            ] {
                if let Some(value) = value {
                    label.text(member, value);
                }
            }
            if let Some(metadata @ Value::Object(_)) = attributes.get("metadata") {
                label.member("metadata", metadata);
            }
            if let Some(noun) = self.door.noun_of_kind(card.kind.name()) {
                label.text("href", &super::href(self.base, noun, card.id));
            }
        });
    }

    fn term_relation(&self, edge: &Edge, card: &Card, into: &mut Vec<u8>) {
        if self.door.options.reported_version.split('.').next().and_then(|major| major.parse::<u32>().ok()) < Some(2) {
            return self.reference(card, false, into);
        }
        let of = edge.attributes.get("relation_type").and_then(Value::as_str).unwrap_or("relatedTo");
        json_writer::object(into, |shown| {
            shown.member("relationType", of);
            self.reference(card, false, shown.name("term"));
        });
    }

    /// Absent where nobody voted: the oldest clients do not know the member.
    fn votes(&self, view: &View, into: &mut Vec<u8>) -> bool {
        let (mut up, mut down) = (Vec::new(), Vec::new());
        for (edge, card) in view.targets(relation::VOTE) {
            let side = if edge.attributes.get("up") == Some(&Value::Bool(false)) { &mut down } else { &mut up };
            side.push((card, false));
        }
        if up.is_empty() && down.is_empty() {
            return false;
        }
        json_writer::object(into, |votes| {
            votes.member("upVotes", &up.len());
            votes.member("downVotes", &down.len());
            self.references(up.into_iter(), true, votes.name("upVoters"));
            self.references(down.into_iter(), true, votes.name("downVoters"));
        });
        true
    }

    fn computed(&self, view: &View, part: &Part, around: &Around, into: &mut Vec<u8>) -> bool {
        match part.name {
            "filteringRules" => {
                let Some(resources) = view.record.body.json_of("resources") else { return false };
                json_writer::object(into, |rules| rules.name("resources").extend_from_slice(resources.as_bytes()));
                true
            }
            "notificationTemplate" => false,
            "checksum" => {
                let text = if around.redaction.holds() { view.record.body.text("query") } else { None };
                written(into, text.map(|text| checksum(&text)).as_ref())
            }
            "serviceType" if self.noun.is(kinds::TEST_SUITE) => text(into, "TestSuite"),
            "serviceType" => written(into, around.service_type.as_deref()),
            "entityLink" => text(into, &Tested::of(&view.record).link()),
            "entityFQN" => text(into, &Tested::of(&view.record).fqn()),
            "basic" | "executable" => written(into, Some(&view.record.parent.is_some())),
            "summary" => written(into, around.summary.as_ref()),
            "testSuite" => self.references(around.list("testSuite").into_iter().flatten().map(alone), false, into),
            "testSuites" => {
                let Some(suites) = around.list("testSuites") else { return false };
                json_writer::list(into, suites.iter(), |into, suite| self.in_short(suite, into));
                true
            }
            // Whatever else code fills in is a list of records around it, or an operation of its own fills it in later.
            name => {
                let Some(cards) = around.list(name) else { return false };
                self.references(cards.iter().map(|card| (card, false)), true, into)
            }
        }
    }
}

fn alone(card: &Arc<Card>) -> (&Arc<Card>, bool) {
    (card, false)
}

/// Writes what is there, and says whether anything is.
fn written<T: Serialize + ?Sized>(into: &mut Vec<u8>, value: Option<&T>) -> bool {
    value.map(|value| json_writer::value(into, value)).is_some()
}

/// Writes a text, which is there.
fn text(into: &mut Vec<u8>, text: &str) -> bool {
    json_writer::text(into, text);
    true
}

/// The targets to show, and whether they come from above.
fn shown<'v>(view: &'v View, reference: &Reference, relation: Relation) -> Vec<(&'v Arc<Card>, bool)> {
    let own: Vec<_> = view.targets(relation).map(|(_, card)| (card, false)).collect();
    if !own.is_empty() || !reference.is_inherited(view.record.kind, relation) {
        return own;
    }
    // Only a team other than the stewards is linked: it answers for what nobody owns.
    if relation == relation::OWNER
        && let Some((_, team)) = view.targets(relation::OWNING_TEAM).next()
    {
        return vec![(team, true)];
    }
    view.inherited_targets(relation).map(|(_, card)| (card, true)).collect()
}

fn above<'v>(view: &'v View, ancestor: &Ancestor) -> Option<&'v Arc<Card>> {
    if ancestor.direct {
        view.parent().filter(|card| ancestor.kind.is_empty() || card.kind.is(ancestor.kind))
    } else {
        view.ancestor(ancestor.kind)
    }
}

/// A field as the core keeps it: its text, with names spelt as they are on the wire.
fn body(noun: &Noun, view: &View, part: &Part, into: &mut Vec<u8>) -> bool {
    let fields = &view.record.body;
    let value = fields.json_of(&part.field);
    // Where a term has only its short description, that is what it is described by.
    let value = if value.is_none() && part.name == "description" { fields.json_of("summary") } else { value };
    let Some(value) = value else { return written(into, part.empty.as_ref()) };
    let text = || value.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    if part.unspoken.is_some_and(|unspoken| text() == Some(unspoken)) {
        return false;
    }
    if part.opaque {
        into.extend_from_slice(value.as_bytes());
        return true;
    }
    let start = into.len();
    case::print_wire(value, into);
    if let Some(complete) = noun.hooks.shown.filter(|hook| hook.member == part.name) {
        let mut shown = json_writer::read(&into[start..]);
        (complete.with)(view, &mut shown);
        into.truncate(start);
        json_writer::value(into, &shown);
    }
    true
}

/// Custom properties, and the forms under the one reserved key.
fn extension(view: &View, into: &mut Vec<u8>) -> bool {
    let fields = &view.record.body;
    let forms = fields.json_of("forms").filter(|_| view.record.kind.has_facet(Facet::Forms));
    let properties = fields.json_of("extension").filter(|value| value.starts_with('{') && *value != "{}");
    match (properties, forms) {
        (None, None) => return false,
        (Some(properties), None) => into.extend_from_slice(properties.as_bytes()),
        (properties, Some(forms)) => json_writer::object(into, |extension| {
            // The reserved key is nobody's property.
            for (name, value) in properties.and_then(Items::of).into_iter().flatten() {
                if let Some(name) = name.filter(|name| *name != "\"forms\"") {
                    extension.name_as_written(name).extend_from_slice(value.as_bytes());
                }
            }
            extension.name("forms").extend_from_slice(forms.as_bytes());
        }),
    }
    true
}
