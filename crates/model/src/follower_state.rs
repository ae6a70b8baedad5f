//! What a follower of the log keeps in the store: a place in the log, and what it knows there.

use serde_json::{Map, Value};

use crate::id::{AccountId, Seq};

/// A place in the log, and what a follower knows there.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowerState {
    /// Which follower.
    pub follower: String,
    /// Which of its states.
    pub key: String,
    /// Whom it concerns; the global account where it is nobody's.
    pub account: AccountId,
    pub position: Seq,
    pub data: Map<String, Value>,
}
