//! Prints a view in the shape of its noun. Pure: what has to be read for it was read before.

use std::collections::BTreeMap;
use std::sync::Arc;

use emporion_catalog::facet::Facet;
use emporion_catalog::observation::Series;
use emporion_catalog::record::{Card, Edge, View};
use emporion_catalog::relation::{self, Relation};
use emporion_catalog::rows::eyes::Eyes;
use serde_json::{Map, Value, json};

use super::change;
use super::observed;
use super::part::{Part, parts};
use super::parts::print_parts;
use crate::case;
use crate::door::Door;
use crate::members as m;
use crate::noun::{Ancestor, Direction, Fields, Noun, Output, Reference, Source};
use crate::nouns::query::checksum;
use crate::{secrets, version};

/// What an answer shows beside the record and the edges that start at it.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Records that refer to it or stand below it, by member.
    pub lists: Vec<(&'static str, Vec<Arc<Card>>)>,
    pub counts: Vec<(&'static str, u64)>,
    /// The type of the service that it came from.
    pub service_type: Option<Arc<str>>,
    /// The newest of what was observed of it.
    pub observed: Vec<(Series, Value)>,
    /// How the reader looks at samples and profiles. Who fills nothing in shows nothing of them.
    pub eyes: Eyes,
    /// Clear secrets by their pointer in the body, for the few who may read them.
    pub clear: BTreeMap<String, String>,
}

impl Around {
    fn newest(&self, series: Series) -> Option<&Value> {
        self.observed.iter().find(|(known, _)| *known == series).map(|(_, value)| value)
    }

    fn list(&self, member: &str) -> Option<&[Arc<Card>]> {
        self.lists.iter().find(|(name, _)| *name == member).map(|(_, cards)| cards.as_slice())
    }
}

/// Prints records of one noun.
#[derive(Clone, Copy)]
pub struct Printer<'a> {
    pub door: &'a Door,
    pub noun: &'static Noun,
    /// What every absolute address begins with.
    pub base: &'a str,
}

impl Printer<'_> {
    pub fn print(&self, view: &View, fields: &Fields, around: &Around) -> Value {
        let mut entity = Map::new();
        for part in parts(self.noun).iter().filter(|part| part.shows(fields)) {
            if let Some(value) = self.member(view, part, fields, around) {
                entity.insert(part.name.to_owned(), value);
            }
        }
        let mut entity = Value::Object(entity);
        if !around.clear.is_empty() {
            let clear = around.clear.iter().map(|(at, text)| (secrets::wire_pointer(at), text.clone())).collect();
            secrets::reveal(&mut entity, &clear);
        }
        entity
    }

    fn member(&self, view: &View, part: &Part, fields: &Fields, around: &Around) -> Option<Value> {
        match part.source {
            Source::Record => self.of_record(view, part.name),
            Source::Ancestor(ancestor) => above(view, &ancestor).map(|card| self.reference(card, false)),
            Source::Reference(reference) => self.related(view, &reference, part, around),
            Source::Count(_) => {
                around.counts.iter().find(|(name, _)| *name == part.name).map(|(_, count)| Value::from(*count))
            }
            Source::Computed => self.computed(view, part, around),
            Source::Parts(inside) => {
                let mut value = print_parts(self, view, inside, fields.wants("tags"))?;
                if inside.one == "column" {
                    around.eyes.columns(&mut value);
                }
                Some(value)
            }
            Source::Body if part.name == "extension" => extension(view),
            Source::Body if part.name == m::CERTIFICATION.name => view.certification().as_ref().map(case::to_wire),
            Source::Observed(series) => observed::print(series, around.newest(series)?, &around.eyes),
            Source::Body if observed::of_query(self.noun, part.name) => {
                view.text("query").map(|text| Value::from(observed::query(text, &around.eyes)))
            }
            Source::Body => body(self.noun, view, part),
        }
    }

    fn of_record(&self, view: &View, name: &str) -> Option<Value> {
        let record = &view.record;
        Some(match name {
            "id" => Value::from(record.id.to_string()),
            "name" => Value::from(record.name.as_str()),
            "fullyQualifiedName" => Value::from(record.fqn.as_str()),
            "version" => version::number(record.version),
            "updatedAt" => Value::from(record.updated.at.0),
            "updatedBy" => Value::from(&*record.updated.by.name),
            "impersonatedBy" => Value::from(record.updated.by.through.as_deref()?),
            "href" => Value::from(super::href(self.base, self.noun, record.id)),
            "changeDescription" => change::describe(self, record.change.as_deref()?),
            "deleted" => Value::from(!record.state.is_alive()),
            _ => return None,
        })
    }

    fn related(&self, view: &View, reference: &Reference, part: &Part, around: &Around) -> Option<Value> {
        if reference.direction == Direction::In {
            let cards = around.list(part.name)?;
            return self.references(cards.iter().map(|card| (card, false)), reference.many);
        }
        // A relation that the core does not have leads nowhere.
        let relation = part.relation.filter(|relation| view.record.kind.has(*relation))?;
        match reference.output {
            Output::TagLabel => Some(Value::Array(self.labels(view.targets(relation::TAGGED)))),
            Output::Votes => self.votes(view),
            Output::TermRelation => {
                let terms = view.targets(relation).map(|(edge, card)| self.term_relation(edge, card));
                Some(Value::Array(terms.collect()))
            }
            // What there must be one of is shown, too, when it went together with the record.
            Output::Reference if !reference.many => {
                let mut edges = view.edges.iter().filter(|edge| edge.relation == relation && edge.at.is_empty());
                edges.find_map(|edge| view.cards.get(&edge.to)).map(|card| self.reference(card, false))
            }
            Output::Reference => {
                let cards = shown(view, reference, relation);
                self.references(cards.iter().map(|(card, inherited)| (*card, *inherited)), reference.many)
            }
        }
    }

    fn references<'c>(&self, cards: impl Iterator<Item = (&'c Arc<Card>, bool)>, many: bool) -> Option<Value> {
        let mut printed = cards.map(|(card, inherited)| self.reference(card, inherited));
        if many { Some(Value::Array(printed.collect())) } else { printed.next() }
    }

    pub fn reference(&self, card: &Card, inherited: bool) -> Value {
        super::reference(self.door, self.base, card, inherited)
    }

    /// Tags and terms as they are shown.
    pub fn labels<'v>(&self, labels: impl Iterator<Item = (&'v Edge, &'v Arc<Card>)>) -> Vec<Value> {
        labels.map(|(edge, card)| self.label(&edge.attributes, card)).collect()
    }

    fn label(&self, attributes: &Map<String, Value>, card: &Card) -> Value {
        let text = |name: &str| attributes.get(name).and_then(Value::as_str);
        let source = if card.kind.is("glossary_term") { "Glossary" } else { "Classification" };
        let mut label = json!({
            "tagFQN": card.fqn,
            "name": card.name,
            "source": source,
            "labelType": text("label_type").unwrap_or("Manual"),
            "state": text("state").unwrap_or("Confirmed"),
        });
        for (member, value) in [
            ("displayName", card.display_name.as_deref()),
            ("description", card.description.as_deref()),
            ("reason", text("reason")),
            ("appliedAt", text("applied_at")),
            ("appliedBy", text("applied_by")),
        ] {
            if let Some(value) = value {
                label[member] = Value::from(value);
            }
        }
        if let Some(metadata @ Value::Object(_)) = attributes.get("metadata") {
            label["metadata"] = metadata.clone();
        }
        if let Some(noun) = self.door.noun_of_kind(card.kind.name()) {
            label["href"] = Value::from(super::href(self.base, noun, card.id));
        }
        label
    }

    fn term_relation(&self, edge: &Edge, card: &Card) -> Value {
        let term = self.reference(card, false);
        if self.door.options.reported_version.split('.').next().and_then(|major| major.parse::<u32>().ok()) < Some(2) {
            return term;
        }
        let of = edge.attributes.get("relation_type").and_then(Value::as_str).unwrap_or("relatedTo");
        json!({"relationType": of, "term": term})
    }

    /// Absent where nobody voted: the oldest clients do not know the member.
    fn votes(&self, view: &View) -> Option<Value> {
        let (mut up, mut down) = (Vec::new(), Vec::new());
        for (edge, card) in view.targets(relation::VOTE) {
            let side = if edge.attributes.get("up") == Some(&Value::Bool(false)) { &mut down } else { &mut up };
            side.push(self.reference(card, false));
        }
        if up.is_empty() && down.is_empty() {
            return None;
        }
        Some(json!({"upVotes": up.len(), "downVotes": down.len(), "upVoters": up, "downVoters": down}))
    }

    fn computed(&self, view: &View, part: &Part, around: &Around) -> Option<Value> {
        match part.name {
            "filteringRules" => Some(json!({"resources": view.field("resources")?})),
            "notificationTemplate" => None,
            "checksum" => {
                around.eyes.holds().then(|| view.text("query").map(|text| Value::from(checksum(text)))).flatten()
            }
            "serviceType" => around.service_type.as_deref().map(Value::from),
            // Whatever else code fills in is a list of records around it, or an operation of its own fills it in later.
            name => self.references(around.list(name)?.iter().map(|card| (card, false)), true),
        }
    }
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

fn body(noun: &Noun, view: &View, part: &Part) -> Option<Value> {
    let value = view.field(&part.field);
    // Where a term has only its short description, that is what it is described by.
    let value = if value.is_none() && part.name == "description" { view.field("summary") } else { value };
    match value {
        None => part.empty.clone(),
        Some(value) if part.unspoken.is_some() && value.as_str() == part.unspoken => None,
        Some(value) if part.opaque => Some(value.clone()),
        Some(value) => {
            let mut shown = case::to_wire(value);
            (noun.hooks.shown)(view, part.name, &mut shown);
            Some(shown)
        }
    }
}

/// Custom properties, and the forms under the one reserved key.
fn extension(view: &View) -> Option<Value> {
    let mut extension = view.field("extension").and_then(Value::as_object).cloned().unwrap_or_default();
    if view.record.kind.has_facet(Facet::Forms)
        && let Some(forms) = view.field("forms")
    {
        extension.insert("forms".into(), forms.clone());
    }
    (!extension.is_empty()).then_some(Value::Object(extension))
}
