//! Operations on the users of a product: who gets, keeps or loses which role.

use emporion_edge::check::check_shape;
use emporion_edge::shape::{Shape, Text};
use serde_json::{Map, Value};

use crate::failure::{Failure, Violation};
use crate::fields;
use crate::patch::Patch;

/// Row filters: names of datasets, and conditions.
pub const ROW_FILTERS: Shape = Shape::Map { of: &Shape::Text(Text::between(1, 4_000)), max: 100 };

/// Rights on one product; each includes those that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Admin,
    Editor,
    Viewer,
}

/// How the request names a user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    Id(String),
    /// Folded, as addresses compare without regard to case.
    Email(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserOperation {
    pub who: Who,
    /// The address that stands beside an id.
    pub beside: Option<String>,
    pub verb: Verb,
    /// Where the entry stands in the request.
    pub path: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Gives the role, whether the user has one already or not.
    Set {
        role: Role,
        terms: Terms,
    },
    /// Changes an entry that must exist.
    Change {
        role: Option<Role>,
        terms: Terms,
    },
    Remove,
}

/// What an entry says besides the role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    pub allow_sql: Patch<bool>,
    /// Dataset name to condition.
    pub row_filters: Patch<Map<String, Value>>,
}

impl Role {
    pub const ALL: [Role; 3] = [Role::Admin, Role::Editor, Role::Viewer];

    pub fn word(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Editor => "editor",
            Role::Viewer => "viewer",
        }
    }

    pub fn parse(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }
}

impl UserOperation {
    /// Row filters that are too long, or too many.
    fn broken(&self) -> Vec<Violation> {
        let (Verb::Set { terms, .. } | Verb::Change { terms, .. }) = &self.verb else { return Vec::new() };
        let Some(filters) = terms.row_filters.as_set() else { return Vec::new() };
        let found = check_shape(&ROW_FILTERS, &Value::Object(filters.clone()), Vec::new());
        let placed = |found| {
            let violation = fields::violation(found);
            Violation { path: format!("{}/rowFilters{}", self.path, violation.path), ..violation }
        };
        found.iter().map(placed).collect()
    }
}

/// Errors: 422 for row filters that are too long, or too many.
pub fn check(operations: &[UserOperation]) -> Result<(), Failure> {
    let broken: Vec<Violation> = operations.iter().flat_map(UserOperation::broken).collect();
    if broken.is_empty() { Ok(()) } else { Err(Failure::invalid(broken)) }
}
