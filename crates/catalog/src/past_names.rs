//! Under which names the past is told. Records are told under those that they had, but queries under the one that they have
//! today: what they were called may be the checksum of a text whose values are not for everybody who sees the query.

use crate::change_set::Event;
use crate::kind::Kind;
use crate::kinds::query::{QUERY, looks_made};
use crate::record::Record;

pub(crate) fn are_hidden(kind: Kind) -> bool {
    kind.is(QUERY.name)
}

/// Tells a past state under the name of today.
pub(crate) fn of_state(state: &mut Record, now: &Record) {
    if are_hidden(state.kind) && state.id == now.id {
        state.name.clone_from(&now.name);
        state.fqn.clone_from(&now.fqn);
    }
}

/// The same of a line of the log. What is deleted and had no name of its own is called by its id.
pub(crate) fn of_event(event: &mut Event, now: &Record) {
    if !are_hidden(event.kind) || event.id != now.id {
        return;
    }
    event.fqn = match now.state.is_alive() || !looks_made(&now.name) {
        true => now.fqn.clone(),
        false => now.id.to_string(),
    };
}
