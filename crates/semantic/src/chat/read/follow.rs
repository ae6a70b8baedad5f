//! Messages that change the query that was answered last.

use super::scan::{Reader, Sequence};
use super::settle::Settled;
use crate::chat::query::Query;
use crate::chat::reading::Choice;

pub(super) enum Followed {
    /// The message stands for itself.
    Not,
    Edit(Vec<(usize, Sequence, Settled)>),
}

pub(super) fn settle(_reader: &Reader<'_>, _last: &Query, _choices: &[Choice]) -> Followed {
    Followed::Not
}
