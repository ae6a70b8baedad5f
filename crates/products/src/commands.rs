//! Commands that are executed together, and their outcomes.

use emporion_catalog::command::{Command, Outcome};

/// One command, or several as one.
pub fn together(mut commands: Vec<Command>) -> Command {
    if commands.len() == 1 { commands.remove(0) } else { Command::Together(commands) }
}

/// All outcomes of a command, in order.
pub fn outcomes(outcome: &Outcome) -> impl Iterator<Item = &Outcome> {
    outcome.parts.iter().chain(std::iter::once(outcome))
}
