//! The command of an edit.

use std::sync::Arc;

use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Ref};
use emporion_catalog::record::View;

/// Changes a record, as long as it is as it was read.
pub fn change(view: &View, draft: Draft) -> Command {
    let rules = DoorRules { may_rename: draft.name.is_some(), ..DoorRules::default() };
    Command::Change {
        target: Ref::Id(view.record.kind, view.id()),
        guard: Guard::Revisions(vec![view.record.revision.0]),
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules,
    }
}
