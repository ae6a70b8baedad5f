//! Violations: what is wrong with a document, or worth saying, each with its place.

/// Something wrong, or worth saying, at one place of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub path: String,
    pub rule: &'static str,
    pub message: String,
}

impl Violation {
    pub(crate) fn new(path: impl Into<String>, rule: &'static str, message: impl Into<String>) -> Violation {
        Violation { path: path.into(), rule, message: message.into() }
    }
}
