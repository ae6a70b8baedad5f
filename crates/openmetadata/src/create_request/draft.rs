//! A request as a draft: all of it for a new record; for one that exists what a PUT replaces, keeps and adds.

use std::collections::HashSet;

use emporion_catalog::command::{Draft, How, RelationEdit};
use emporion_catalog::parts::PartList;
use emporion_catalog::record::View;
use emporion_catalog::registry::Registry;
use emporion_catalog::text::hidden;
use serde_json::Value;

use super::{CreateRequest, labels, parts, relations};
use crate::errors::OmResult;
use crate::noun::{Direction, Input, OnPut, Output, Reference, Source};
use crate::render::parts::wire_list_mut;
use crate::{case, column, render, secrets};

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriterKind {
    Person,
    /// A program does not overwrite what people wrote…
    Bot,
    /// …unless it says that it means to.
    OverridingBot,
}

/// Members that a PUT without them leaves alone; whatever else a create body may have is cleared by its absence.
const KEPT_WHEN_ABSENT: &[&str] = &[
    "style",
    "lifeCycle",
    "extension",
    "connection",
    "ingestionRunner",
    "tasks",
    "dataModel",
    "tableProfilerConfig",
    "aliases",
    "autoClassificationConfig",
    "autoClassificationEnabled",
    "autoClassificationPriority",
    "recognizers",
    "associatedTags",
    "provider",
    "mutuallyExclusive",
    "enabled",
    "isBot",
    "isAdmin",
    "isJoinable",
    "allowImpersonation",
    "profile",
    "timezone",
    "externalId",
    "scimUserName",
];

impl CreateRequest {
    /// The draft that makes a record what is wished: a new one, or the one that is there.
    ///
    /// Errors: 400 for a mask without a secret, 404 for references to kinds that there are none of.
    pub fn draft(&self, registry: &Registry, present: Option<&View>, writer: WriterKind) -> OmResult<Draft> {
        let name = if present.is_some() { self.new_name.clone() } else { Some(self.name.clone()) };
        let mut draft = Draft { name, ..Draft::default() };
        for (member, value) in self.members.iter().filter(|(member, _)| self.noun.stores(member)) {
            self.set_member(&mut draft, present, member, value, writer)?;
        }
        if let Some(view) = present {
            let absent = |name: &&str| self.noun.stores(name) && !self.members.contains_key(*name);
            for member in self.noun.create.members.iter().map(|member| member.name).filter(absent) {
                self.clear(&mut draft, view, member, writer);
            }
        }
        for reference in self.noun.references.iter().filter(|reference| reference.direction == Direction::Out) {
            self.relate(registry, &mut draft, present, reference, writer)?;
        }
        let there = self.parts_given();
        let is_left =
            |at: &str| there.iter().all(|(parts, paths)| parts.path(at).is_none_or(|path| paths.contains(path)));
        labels::merge(registry, &mut draft, present, &self.labels, is_left)?;
        Ok(draft)
    }

    /// The paths of the parts that the request has, of those that it speaks of.
    fn parts_given(&self) -> Vec<(&'static PartList, HashSet<String>)> {
        let paths = |(member, parts): &(&'static str, &'static PartList)| {
            let value = self.members.get(*member)?;
            Some((*parts, parts.paths(render::parts::wire_list(Some(value), parts))))
        };
        self.noun.parts.iter().filter_map(paths).collect()
    }

    fn set_member(
        &self,
        draft: &mut Draft,
        present: Option<&View>,
        member: &str,
        value: &Value,
        writer: WriterKind,
    ) -> OmResult<()> {
        let stored_as = |field: &str| present.and_then(|view| view.field(field));
        let stored = stored_as(&case::core_key(member));
        if let Source::Parts(inside) = self.noun.source(member)
            && inside.one != "column"
        {
            set(draft, member, &merged_parts(inside, value, stored, writer));
            return Ok(());
        }
        match (member, value) {
            ("description" | "displayName", _) if writer == WriterKind::Bot && stored.is_some() => {}
            // A term that has only a short description shows it as its description: sent back, it is no other.
            ("description", value) if stored.is_none() && stored_as("summary") == Some(value) => {}
            ("columns", Value::Array(columns)) => {
                let stored = wire_list(stored);
                let mut columns = columns.clone();
                parts::merge_columns(&mut columns, &stored, writer == WriterKind::Bot);
                column::complete(&mut columns, &stored);
                parts::keep_observations(&mut columns, &stored);
                draft.set("columns", case::to_core(Value::Array(columns)));
            }
            ("tableConstraints", Value::Array(sent)) => self.merge_constraints(draft, Some(sent.clone()), stored),
            ("lifeCycle", value) => {
                set(draft, member, &parts::merge_life_cycles(stored.map(case::to_wire), value.clone()));
            }
            ("extension", _) if writer == WriterKind::Bot && stored.is_some() => {}
            ("extension", value) => {
                let extension = parts::extension(self.kind, value)?;
                draft.set("extension", object_or_null(extension.properties));
                if let Some(forms) = extension.forms {
                    draft.set("forms", Value::Array(parts::merge_forms(&list_of(stored_as("forms")), forms)));
                }
            }
            // A query is not replaced by the form in which it was shown to who may not see its values.
            ("query", Value::String(given))
                if stored.and_then(Value::as_str).is_some_and(|it| hidden(it) == *given) => {}
            (member, value) => match secrets::bound(self.kind, member) {
                Some(bound) => {
                    let (configured, secrets) = parts::configured(bound, member, stored, value.clone())?;
                    draft.set(&case::core_key(member), configured);
                    draft.secrets = Some(secrets);
                }
                None => set(draft, member, value),
            },
        }
        Ok(())
    }

    fn clear(&self, draft: &mut Draft, view: &View, member: &str, writer: WriterKind) {
        let field = case::core_key(member);
        let prose_stays = writer == WriterKind::Bot && matches!(member, "description" | "displayName");
        if prose_stays || KEPT_WHEN_ABSENT.contains(&member) {
            return;
        }
        let Some(stored) = view.field(&field) else { return };
        if member == "tableConstraints" {
            return self.merge_constraints(draft, None, Some(stored));
        }
        draft.set(&field, Value::Null);
    }

    fn merge_constraints(&self, draft: &mut Draft, sent: Option<Vec<Value>>, stored: Option<&Value>) {
        let columns = self.members.get("columns").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let stored = wire_list(stored);
        let merged = column::in_known_order(column::merge_constraints(sent, &stored, columns), &stored);
        set(draft, "tableConstraints", &Value::Array(merged));
    }

    fn relate(
        &self,
        registry: &Registry,
        draft: &mut Draft,
        present: Option<&View>,
        reference: &'static Reference,
        writer: WriterKind,
    ) -> OmResult<()> {
        if reference.input == Input::None || reference.output == Output::TagLabel {
            return Ok(());
        }
        let given = self.related(reference);
        let Some(relation) = relations::relation_of(self.kind, reference, given.unwrap_or_default())? else {
            return Ok(());
        };
        let wanted = match (reference.on_put, given) {
            (OnPut::Replace, given) => given.unwrap_or_default(),
            (OnPut::ReplaceIfPresent, Some(given)) => given,
            (OnPut::ReplaceIfGiven | OnPut::Merge, Some(given)) if !given.is_empty() => given,
            _ => return Ok(()),
        };
        let has_some = present.is_some_and(|view| view.targets(relation).next().is_some());
        if reference.bot_keeps && writer == WriterKind::Bot && has_some {
            return Ok(());
        }
        let edit = match reference.on_put {
            OnPut::Merge => relations::add(registry, present, relation, reference, wanted)?,
            _ => relations::replace(registry, present, relation, reference, wanted, false)?,
        };
        // A new record has nothing that could be replaced.
        let how = |edit: &RelationEdit| if present.is_some() { edit.how } else { How::Add };
        draft.relations.extend(edit.map(|edit| RelationEdit { how: how(&edit), ..edit }));
        Ok(())
    }
}

/// Sets the field behind a member.
pub fn set(draft: &mut Draft, member: &str, value: &Value) {
    let value = if case::is_opaque(member) { value.clone() } else { case::to_core(value.clone()) };
    draft.set(&case::core_key(member), value);
}

/// A stored list in the form of the wire.
pub fn wire_list(stored: Option<&Value>) -> Vec<Value> {
    match stored.map(case::to_wire) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

fn list_of(stored: Option<&Value>) -> Vec<Value> {
    stored.and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Empty and absent are one.
pub fn object_or_null(members: serde_json::Map<String, Value>) -> Value {
    if members.is_empty() { Value::Null } else { Value::Object(members) }
}

/// Parts as a request gives them. What people have written of them no program overwrites.
fn merged_parts(inside: &PartList, value: &Value, stored: Option<&Value>, writer: WriterKind) -> Value {
    let mut value = value.clone();
    if writer == WriterKind::Bot
        && let Some(list) = wire_list_mut(&mut value, inside)
    {
        let stored = stored.map(case::to_wire);
        parts::keep_prose(inside, list, render::parts::wire_list(stored.as_ref(), inside));
    }
    value
}
