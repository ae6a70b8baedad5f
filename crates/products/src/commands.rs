//! Commands in the forms that most have; those that are executed together, and their outcomes.

use std::sync::Arc;

use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, Outcome, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;

/// Makes a record under an id that is known beforehand.
pub fn create(kind: Kind, parent: Option<Ref>, id: RecordId, draft: Draft) -> Command {
    Command::Create { kind, parent, draft, id: Some(id), rules: DoorRules::default() }
}

/// Changes a record as the draft says; the guard says in which state it has to be.
pub fn change(target: Ref, guard: Guard, draft: Draft) -> Command {
    Command::Change { target, guard, edit: Arc::new(move |_| Ok(draft.clone())), rules: DoorRules::default() }
}

/// Deletes a record so that it can be restored.
pub fn delete(target: Ref) -> Command {
    Command::Delete { target, guard: Guard::None, how: Deletion::SOFT }
}

/// Deletes a record for ever.
pub fn purge(target: Ref) -> Command {
    Command::Delete { target, guard: Guard::None, how: Deletion { hard: true, ..Deletion::SOFT } }
}

/// One command, or several as one.
pub fn together(mut commands: Vec<Command>) -> Command {
    if commands.len() == 1 { commands.remove(0) } else { Command::Together(commands) }
}

/// All outcomes of a command, in order.
pub fn outcomes(outcome: &Outcome) -> impl Iterator<Item = &Outcome> {
    outcome.parts.iter().chain(std::iter::once(outcome))
}
