//! A JSON Patch as a draft: print the record whole, apply the patch, translate back what differs.

use std::collections::BTreeSet;

use emporion_catalog::command::{Draft, Ref};
use emporion_catalog::kinds;
use emporion_catalog::kinds::shared::{CERTIFIED_FOR_MS, CERTIFYING};
use emporion_catalog::parts::PartList;
use emporion_catalog::record::View;
use emporion_edge::check::{PathPart, check};
use emporion_edge::json_writer;
use emporion_edge::shape::Location;
use serde_json::{Map, Value, json};

use crate::create_request::labels;
use crate::create_request::parts::{self, masks};
use crate::create_request::{self, draft::object_or_null, draft::set, draft::wire_list, relations};
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::noun::{Direction, Fields, Input, Noun, Output, Reference, Source};
use crate::patch::{Patch, Rules};
use crate::pointer::Pointer;
use crate::reference::{self, Given};
use crate::render::parts::wire_list_mut;
use crate::render::{Around, Printer};
use crate::{case, column, connection, names, query_names, secrets};

/// A patch to be applied, with all that the result depends on beside the record.
pub struct Patched<'a> {
    pub door: &'a Door,
    pub noun: &'static Noun,
    pub base: &'a str,
    pub patch: &'a Patch,
    /// The relations that lead to the record, where the patch speaks of them.
    pub around: &'a Around,
    pub now_ms: i64,
}

/// What a patch asks for.
#[derive(Debug, Default)]
pub struct Asked {
    pub draft: Draft,
    /// Relations that start at other records: who shall have them.
    pub incoming: Vec<(&'static Reference, Vec<Given>)>,
    /// Where the record shall stand, nearest first, where the patch moves it.
    pub places: Vec<Ref>,
}

impl Patched<'_> {
    /// What the patch makes of a record.
    ///
    /// Errors: 400 for a patch that does not fit, changes what is fixed, or makes an entity of another shape.
    pub fn ask(&self, view: &View) -> OmResult<Asked> {
        let printer = Printer { door: self.door, noun: self.noun, base: self.base };
        let before = json_writer::read(&printer.printed(view, &Fields::All, self.around));
        let protected = self.noun.protected_members();
        let masked = masked_places(&before);
        let rules = Rules { entity_type: self.noun.entity_type, protected: &protected, secrets: &masked };
        let mut after = case::without_nulls(self.patch.apply(&before, &rules)?);
        self.complete(&before, &mut after)?;
        let (Value::Object(before), Value::Object(mut after)) = (before, after) else {
            return Err(OmError::malformed());
        };
        let changed: Vec<&'static str> = self
            .noun
            .entity
            .members
            .iter()
            .map(|member| member.name)
            .filter(|name| before.get(*name) != after.get(*name) && !protected.contains(name))
            .filter(|name| !self.says_nothing(name, before.get(*name), after.get(*name)))
            .collect();
        self.check_shape(&after, &changed)?;
        let said = after.iter().filter(|(name, _)| changed.contains(&name.as_str()));
        let mut said: Map<String, Value> = said.map(|(name, value)| (name.clone(), value.clone())).collect();
        (self.noun.hooks.changed)(&self.door.hook_context(), &mut said)?;
        after.extend(said);
        let mut asked = Asked::default();
        for name in changed {
            self.change(&mut asked, view, name, &after)?;
        }
        if self.noun.is(kinds::QUERY) {
            query_names::follow(&self.door.catalog, view, &mut asked.draft);
        }
        Ok(asked)
    }

    /// Says of a new certification what the server says, and gives related terms their one form.
    fn complete(&self, before: &Value, after: &mut Value) -> OmResult<()> {
        if before.get("certification") != after.get("certification")
            && let Some(Value::Object(certification)) = after.get_mut("certification")
        {
            check_certification(certification)?;
            certification.insert("appliedDate".into(), json!(self.now_ms));
            certification.insert("expiryDate".into(), json!(self.now_ms + CERTIFIED_FOR_MS));
        }
        let terms = self.noun.references.iter().filter(|reference| reference.output == Output::TermRelation);
        for reference in terms {
            let Some(Value::Array(items)) = after.get_mut(reference.member) else { continue };
            for item in items.iter_mut().filter(|item| item.get("term").is_none()) {
                *item = json!({"relationType": "relatedTo", "term": item.take()});
            }
        }
        Ok(())
    }

    /// Whether a patch says the default of a member that is filled in elsewhere, and is not.
    fn says_nothing(&self, name: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
        let is_default = |value: &Value| *value == Value::Bool(false) || value.as_array().is_some_and(Vec::is_empty);
        matches!(self.noun.source(name), Source::Computed) && before.is_none() && after.is_some_and(is_default)
    }

    /// Only what the patch changed is held against the shape: what other doors wrote is no fault of this caller's.
    fn check_shape(&self, after: &Map<String, Value>, changed: &[&str]) -> OmResult<()> {
        let mut faults = check(self.noun.entity, Location::Body, &Value::Object(after.clone()));
        faults.retain(|fault| match fault.path.first() {
            Some(PathPart::Key(key)) => changed.contains(&key.as_str()) || self.noun.entity.member(key).is_none(),
            _ => true,
        });
        if faults.is_empty() { Ok(()) } else { Err(OmError::shape(&faults)) }
    }

    fn change(&self, asked: &mut Asked, view: &View, name: &'static str, after: &Map<String, Value>) -> OmResult<()> {
        let value = after.get(name);
        let draft = &mut asked.draft;
        match self.noun.source(name) {
            Source::Record if name == "name" => {
                let new = value.and_then(Value::as_str).ok_or_else(|| OmError::missing("name"))?;
                names::check_name("name", new)?;
                draft.name = Some(new.to_owned());
            }
            Source::Reference(reference) => return self.relate(asked, view, reference, value),
            Source::Body => self.set_body(draft, view, name, value)?,
            Source::Ancestor(_) if self.noun.moves => {
                asked.places = self.places(after)?;
                asked.draft.parent = asked.places.first().cloned();
            }
            Source::Computed if name == "filteringRules" => {
                draft.set("resources", value.and_then(|rules| rules.get("resources")).cloned().unwrap_or_default());
            }
            Source::Parts(inside) => self.set_parts(draft, view, name, inside, after)?,
            _ => return Err(OmError::attribute_fixed(self.noun.entity_type, name)),
        }
        Ok(())
    }

    /// What the patched entity says that it stands under, nearest first.
    fn places(&self, after: &Map<String, Value>) -> OmResult<Vec<Ref>> {
        let registry = self.door.catalog.registry();
        let mut places = Vec::new();
        for parent in self.noun.parents() {
            let Some(given) = after.get(parent.member) else { continue };
            let given_type = given.get("type").and_then(Value::as_str);
            let is_of = |noun: &Noun| Some(noun.entity_type) == given_type;
            if !self.door.noun_of_kind(parent.kind).is_some_and(is_of) {
                let rule = format!("must be {}", case::wire_key(parent.kind));
                return Err(OmError::violation(format_args!("{}.type", parent.member), rule));
            }
            places.push(reference::named(registry.expect(parent.kind), parent.member, given)?);
        }
        Ok(places)
    }

    fn relate(&self, asked: &mut Asked, view: &View, reference: Reference, value: Option<&Value>) -> OmResult<()> {
        let registry = self.door.catalog.registry();
        let Some(reference) = self.noun.reference(reference.member) else { return Ok(()) };
        if reference.output == Output::TagLabel {
            let labels = reference::parse_labels(reference.member, value)?;
            return labels::replace(registry, &mut asked.draft, view, &labels);
        }
        if reference.input == Input::None {
            return Err(OmError::attribute_fixed(self.noun.entity_type, reference.member));
        }
        let given = reference::parse(reference, value)?;
        if reference.direction == Direction::In {
            asked.incoming.push((reference, given));
            return Ok(());
        }
        let Some(relation) = relations::relation_of(view.record.kind, reference, &given)? else { return Ok(()) };
        let edit = relations::replace(registry, Some(view), relation, reference, &given, true)?;
        asked.draft.relations.extend(edit);
        Ok(())
    }

    fn set_body(&self, draft: &mut Draft, view: &View, name: &str, value: Option<&Value>) -> OmResult<()> {
        match (name, value) {
            ("extension", value) => {
                let nothing = Value::Object(Map::new());
                let extension = parts::extension(view.record.kind, value.unwrap_or(&nothing))?;
                draft.set("extension", object_or_null(extension.properties));
                if view.record.kind.has_facet(emporion_catalog::facet::Facet::Forms) {
                    draft.set("forms", extension.forms.map_or(Value::Null, Value::Array));
                }
            }
            (name, value) if secrets::bound(view.record.kind, name).is_some() => {
                let field = case::core_key(name);
                let stored = view.field(&field);
                let service_type = view.text("service_type").unwrap_or_default();
                let wanted = match connection::of_kind(self.noun.kind_name) {
                    Some(service) => service.connection(service.service_type(service_type)?, value.cloned())?,
                    None => value.cloned(),
                };
                let (connection, secrets) = match wanted.zip(secrets::bound(view.record.kind, name)) {
                    Some((wanted, bound)) => parts::configured(bound, name, stored, wanted)?,
                    None => (Value::Null, Vec::new()),
                };
                draft.set(&field, connection);
                draft.secrets = Some(secrets);
            }
            ("lifeCycle", Some(value)) => {
                let stored = view.field("life_cycle").map(case::to_wire);
                set(draft, name, &parts::merge_life_cycles(stored, value.clone()));
            }
            ("tableConstraints", Some(Value::Array(constraints))) => {
                let stored = wire_list(view.field("table_constraints"));
                set(draft, name, &Value::Array(column::in_known_order(constraints.clone(), &stored)));
            }
            (name, Some(value)) => set(draft, name, value),
            (name, None) => draft.set(&case::core_key(name), Value::Null),
        }
        Ok(())
    }

    fn set_parts(
        &self,
        draft: &mut Draft,
        view: &View,
        name: &str,
        inside: &PartList,
        after: &Map<String, Value>,
    ) -> OmResult<()> {
        let mut value = after.get(name).cloned().unwrap_or_default();
        let mut placed = Vec::new();
        if let Some(list) = wire_list_mut(&mut value, inside) {
            placed = create_request::part_labels(inside, list)?;
            if inside.one == "column" {
                self.complete_columns(list, view, after)?;
            }
        }
        labels::replace_parts(self.door.catalog.registry(), draft, view, inside, &placed)?;
        set(draft, name, &value);
        Ok(())
    }

    fn complete_columns(&self, columns: &mut [Value], view: &View, after: &Map<String, Value>) -> OmResult<()> {
        let stored = wire_list(view.field("columns"));
        column::prepare(columns, &stored)?;
        parts::keep_observations(columns, &stored);
        match after.get("tableConstraints") {
            Some(Value::Array(constraints)) => column::check_constraints(constraints, columns),
            _ => Ok(()),
        }
    }
}

/// Assets are certified by the tags of one classification.
fn check_certification(certification: &Map<String, Value>) -> OmResult<()> {
    let label = certification.get("tagLabel").and_then(|label| label.get("tagFQN")).and_then(Value::as_str);
    // What has no label is of another shape, which is looked at later.
    let Some(label) = label else { return Ok(()) };
    match names::split(label).as_deref() {
        Some([classification, _]) if classification == CERTIFYING => Ok(()),
        _ => Err(OmError::bad_request(format!("Invalid Classification: {label} is not valid for Certification."))),
    }
}

/// Pointers of the masked secrets in a printed entity.
fn masked_places(entity: &Value) -> Vec<String> {
    let mut found = BTreeSet::new();
    for place in secrets::PLACES {
        let place = secrets::wire_pointer(place);
        if let Some(value) = entity.pointer(&place) {
            masks(&place, value, &mut found);
        }
    }
    found.into_iter().collect()
}

/// Whether a patch speaks of a member, be it to test it or to copy from it.
pub fn mentions(patch: &Patch, member: &str) -> bool {
    patch.pointers().any(|Pointer(parts)| parts.first().is_none_or(|first| first == member))
}
