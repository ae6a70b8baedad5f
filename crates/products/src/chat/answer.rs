//! An answer before it is kept and shown.

use serde_json::{Map, Value};

use super::memory::Read;

/// An answer, but for its place in a thread.
pub struct Answer {
    pub status: &'static str,
    pub members: Map<String, Value>,
    pub read: Read,
}
