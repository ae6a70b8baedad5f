//! What is wrong with what was typed into a form.

use emporion_catalog::id::RecordId;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field that it is about, as the form or the core calls it; `None`: the whole.
    pub field: Option<String>,
    pub said: String,
    /// The sender may not change that.
    pub is_denied: bool,
    /// What is deleted and has the name.
    pub deleted: Option<RecordId>,
}

impl Wrong {
    pub fn of_field(field: impl Into<String>, said: String) -> Wrong {
        Wrong { field: Some(field.into()), said, is_denied: false, deleted: None }
    }
}

impl From<String> for Wrong {
    fn from(said: String) -> Wrong {
        Wrong { field: None, said, is_denied: false, deleted: None }
    }
}
