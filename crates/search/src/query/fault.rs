//! Why a query cannot be read.

/// Where reading ended, and what could have stood there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    pub message: String,
    /// How many code points stand before it.
    pub at: usize,
    /// What would have been right, as it is typed, or what sort of thing.
    pub expected: Vec<String>,
}

impl Fault {
    pub fn new(at: usize, message: impl Into<String>, expected: &[&str]) -> Fault {
        Fault { message: message.into(), at, expected: expected.iter().map(|text| (*text).to_owned()).collect() }
    }
}
