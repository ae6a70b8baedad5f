//! Tags and glossary terms as assets bear them: what decides where one may be put.

use emporion_catalog::command::{Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_catalog::relation::TAGGED;
use serde_json::Value;

use crate::errors::{OmError, OmResult};
use crate::operation::Call;

/// The edge to a label that somebody stands by.
pub fn by_hand(label: Target) -> Target {
    label.with("label_type", "Manual").with("state", "Confirmed")
}

/// A tag or term with what decides where it may be put.
pub struct Label {
    id: RecordId,
    fqn: String,
    disabled: bool,
    /// The vocabulary of which a record bears one label at most.
    exclusive: Option<RecordId>,
}

impl Label {
    pub async fn of(call: &Call, view: &View) -> OmResult<Label> {
        let flag = |view: &View, field: &str| view.field(field).and_then(Value::as_bool) == Some(true);
        let exclusive = match view.parent() {
            Some(parent) => {
                let parent = Ref::Id(parent.kind, parent.id);
                let parent = call.door.catalog.get(&call.caller, &parent, States::Alive, &Depth::bare()).await?;
                flag(&parent, "mutually_exclusive").then_some(parent.id())
            }
            None => None,
        };
        Ok(Label { id: view.id(), fqn: view.record.fqn.clone(), disabled: flag(view, "disabled"), exclusive })
    }

    /// Whether an asset does not bear the label yet.
    ///
    /// Errors: a conflict where it may not bear it.
    pub fn is_new_to(&self, asset: &View) -> Result<bool, Problem> {
        if asset.targets(TAGGED).any(|(edge, _)| edge.to == self.id) {
            return Ok(false);
        }
        if self.disabled {
            return Err(Problem::conflict(OmError::tag_disabled(&self.fqn).message));
        }
        let rival = asset.targets(TAGGED).find(|(_, card)| self.exclusive.is_some() && card.parent == self.exclusive);
        match rival {
            Some((_, rival)) => Err(Problem::conflict(OmError::tags_exclusive(&rival.fqn, &self.fqn).message)),
            None => Ok(true),
        }
    }
}
