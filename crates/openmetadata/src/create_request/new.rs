//! A request as a new record.

use emporion_catalog::command::{Draft, How, RelationEdit};
use emporion_catalog::registry::Registry;
use serde_json::Value;

use super::{CreateRequest, labels, parts, relations};
use crate::errors::OmResult;
use crate::noun::Direction;
use crate::{case, column, secrets};

impl CreateRequest {
    /// The draft of a record that does not exist yet.
    ///
    /// Errors: 400 for a mask without a secret, 404 for references to kinds that there are none of.
    pub fn draft(&self, registry: &Registry) -> OmResult<Draft> {
        let mut draft = Draft { name: Some(self.name.clone()), ..Draft::default() };
        for (member, value) in self.members.iter().filter(|(member, _)| self.noun.stores(member)) {
            self.set_new(&mut draft, member, value)?;
        }
        for (reference, given) in self.related.iter().filter(|(reference, _)| reference.direction == Direction::Out) {
            let Some(relation) = relations::relation_of(self.kind, reference, given)? else { continue };
            let edit = relations::replace(registry, None, relation, reference, given, true)?;
            draft.relations.extend(edit.map(|edit| RelationEdit { how: How::Add, ..edit }));
        }
        labels::put_on_new(registry, &mut draft, &self.labels)?;
        Ok(draft)
    }

    fn set_new(&self, draft: &mut Draft, member: &str, value: &Value) -> OmResult<()> {
        match (member, value) {
            ("columns", Value::Array(columns)) => {
                let mut columns = columns.clone();
                column::complete(&mut columns, &[]);
                draft.set("columns", case::to_core(Value::Array(columns)));
            }
            ("extension", value) => {
                let extension = parts::extension(self.kind, value)?;
                if !extension.properties.is_empty() {
                    draft.set("extension", Value::Object(extension.properties));
                }
                if let Some(forms) = extension.forms {
                    draft.set("forms", Value::Array(forms));
                }
            }
            (member, value) => match secrets::bound(self.kind, member) {
                Some(bound) => {
                    let (configured, secrets) = parts::configured(bound, member, None, value.clone())?;
                    draft.set(&case::core_key(member), configured);
                    draft.secrets = Some(secrets);
                }
                None => set(draft, member, value),
            },
        }
        Ok(())
    }
}

/// Sets the field behind a member.
pub fn set(draft: &mut Draft, member: &str, value: &Value) {
    let value = if case::is_opaque(member) { value.clone() } else { case::to_core(value.clone()) };
    draft.set(&case::core_key(member), value);
}
