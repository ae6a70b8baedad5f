//! A JSON Patch as a draft: print the record whole, apply the patch, translate back what differs.

use std::collections::BTreeSet;

use emporion_catalog::command::Draft;
use emporion_catalog::record::View;
use emporion_edge::check::{PathPart, check};
use emporion_edge::shape::Place as Position;
use serde_json::{Map, Value, json};

use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::noun::{Direction, Fields, Input, Noun, Output, Reference, Source};
use crate::patch::{Patch, Rules};
use crate::pointer::Pointer;
use crate::reference::{self, Given};
use crate::render::{Around, Printer};
use crate::wish::labels::{self, Placed};
use crate::wish::parts::{self, masks};
use crate::wish::{self, merge::object_or_null, merge::wire_list, new::set, relations};
use crate::{case, column, connection, names, secrets};

/// How long a certification holds that does not say so itself.
const CERTIFIED_FOR_MS: i64 = 30 * 24 * 60 * 60 * 1000;

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
}

impl Patched<'_> {
    /// What the patch makes of a record.
    ///
    /// Errors: 400 for a patch that does not fit, changes what is fixed, or makes an entity of another shape.
    pub fn ask(&self, view: &View) -> OmResult<Asked> {
        let printer = Printer { door: self.door, noun: self.noun, base: self.base };
        let before = printer.print(view, &Fields::All, self.around);
        let protected = self.noun.protected_members();
        let masked = masked_places(&before);
        let rules = Rules { entity_type: self.noun.entity_type, protected: &protected, secrets: &masked };
        let mut after = case::without_nulls(self.patch.apply(&before, &rules)?);
        self.complete(&mut after);
        let (Value::Object(before), Value::Object(after)) = (before, after) else { return Err(OmError::malformed()) };
        let changed: Vec<&'static str> = self
            .noun
            .entity
            .members
            .iter()
            .map(|member| member.name)
            .filter(|name| before.get(*name) != after.get(*name))
            .collect();
        self.check_shape(&after, &changed)?;
        let mut asked = Asked::default();
        for name in changed {
            self.change(&mut asked, view, name, &after)?;
        }
        Ok(asked)
    }

    /// Fills in what the server says of a certification, and gives related terms their one form.
    fn complete(&self, after: &mut Value) {
        if let Some(Value::Object(certification)) = after.get_mut("certification") {
            certification.entry("appliedDate").or_insert(json!(self.now_ms));
            certification.entry("expiryDate").or_insert(json!(self.now_ms + CERTIFIED_FOR_MS));
        }
        let terms = self.noun.references.iter().filter(|reference| reference.output == Output::TermRelation);
        for reference in terms {
            let Some(Value::Array(items)) = after.get_mut(reference.member) else { continue };
            for item in items.iter_mut().filter(|item| item.get("term").is_none()) {
                *item = json!({"relationType": "relatedTo", "term": item.take()});
            }
        }
    }

    /// Only what the patch changed is held against the shape: what other doors wrote is no fault of this caller's.
    fn check_shape(&self, after: &Map<String, Value>, changed: &[&str]) -> OmResult<()> {
        let mut faults = check(self.noun.entity, Position::Body, &Value::Object(after.clone()));
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
            Source::Computed if name == "columns" => self.set_columns(draft, view, value, after)?,
            Source::Computed if name == "tasks" => self.set_tasks(draft, view, value)?,
            _ => return Err(OmError::attribute_fixed(self.noun.entity_type, name)),
        }
        Ok(())
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
            ("connection", value) => {
                let stored = view.field("connection");
                let service_type = view.text("service_type").unwrap_or_default();
                let wanted = match connection::of_kind(self.noun.kind) {
                    Some(service) => service.connection(service.service_type(service_type)?, value.cloned())?,
                    None => value.cloned(),
                };
                let (connection, secrets) = match wanted {
                    Some(wanted) => parts::connection(stored, wanted)?,
                    None => (Value::Null, Vec::new()),
                };
                draft.set("connection", connection);
                draft.secrets = Some(secrets);
            }
            ("tableConstraints", Some(Value::Array(constraints))) => {
                set(draft, name, &Value::Array(constraints.clone()));
            }
            (name, Some(value)) => set(draft, name, value),
            (name, None) => draft.set(&case::core_key(name), Value::Null),
        }
        Ok(())
    }

    fn set_columns(
        &self,
        draft: &mut Draft,
        view: &View,
        value: Option<&Value>,
        after: &Map<String, Value>,
    ) -> OmResult<()> {
        let mut columns = value.and_then(Value::as_array).cloned().unwrap_or_default();
        let placed = wish::column_labels(&mut columns)?;
        let stored = wire_list(view.field("columns"));
        column::prepare(&mut columns, &stored)?;
        parts::keep_observations(&mut columns, &stored);
        if let Some(Value::Array(constraints)) = after.get("tableConstraints") {
            column::check_constraints(constraints, &columns)?;
        }
        self.label_parts(draft, view, &placed)?;
        draft.set("columns", case::to_core(Value::Array(columns)));
        Ok(())
    }

    fn set_tasks(&self, draft: &mut Draft, view: &View, value: Option<&Value>) -> OmResult<()> {
        let mut tasks = value.and_then(Value::as_array).cloned().unwrap_or_default();
        let placed = wish::task_labels(&mut tasks)?;
        self.label_parts(draft, view, &placed)?;
        draft.set("tasks", case::to_core(Value::Array(tasks)));
        Ok(())
    }

    fn label_parts(&self, draft: &mut Draft, view: &View, placed: &[Placed]) -> OmResult<()> {
        labels::replace_parts(self.door.catalog.registry(), draft, view, placed)
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
