//! Operations on the users of a product, and on its teams: who gets, keeps or loses which role.

use std::collections::BTreeMap;

use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::rows::masks::{self, Masks};
use emporion_edge::check::check_shape;
use emporion_edge::shape::{Shape, Text};
use serde_json::{Map, Value};

use crate::failure::{Failure, Violation};
use crate::fields;
use crate::patch::Patch;

/// Row filters: names of datasets, and conditions.
pub const ROW_FILTERS: Shape = Shape::Map { of: &Shape::Text(Text::between(1, 4_000)), max: 100 };

/// Column masks of one table: names of columns, and what is shown of them.
pub const TABLE_MASKS: Shape = Shape::Map { of: &Shape::Enumeration(MASKS), max: 500 };
/// Column masks: names of datasets, and their masks.
pub const COLUMN_MASKS: Shape = Shape::Map { of: &TABLE_MASKS, max: 100 };
pub const MASKS: &[&str] = &["hidden", "hashed", "firstLetters", "year"];

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
    /// Not a user but a team; the dialect has no word for one.
    Team(RecordId),
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
    /// Dataset name to masks of its columns.
    pub column_masks: Patch<BTreeMap<String, Masks>>,
    /// Whether tables that refer to those of the row filters follow them, of those that are given, or that there are. Where it
    /// is not said, they do if they did.
    pub follows: Option<bool>,
    /// When a role that is given to somebody who has none ends by itself.
    pub until: Option<Millis>,
}

/// What everybody with a role sees masked: of each role that is named all of it, or nothing any more.
pub type RoleMasks = BTreeMap<Role, BTreeMap<String, Masks>>;

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

/// Masks as clients write them; what is no object was refused with its shape.
pub fn masks_of(given: &Value) -> Option<BTreeMap<String, Masks>> {
    let of_table = |(table, masks): (&String, &Value)| Some((table.clone(), masks::of_object(masks.as_object()?)));
    given.as_object().map(|tables| tables.iter().filter_map(of_table).filter(|(_, masks)| !masks.is_empty()).collect())
}

/// The same as clients are shown them.
pub fn masks_printed<'m>(tables: impl IntoIterator<Item = (&'m String, &'m Masks)>) -> Value {
    tables.into_iter().map(|(table, masks)| (table.clone(), masks::printed(masks))).collect::<Map<_, _>>().into()
}

/// Errors: 422 for row filters that are too long, or too many.
pub fn check(operations: &[UserOperation]) -> Result<(), Failure> {
    let broken: Vec<Violation> = operations.iter().flat_map(UserOperation::broken).collect();
    if broken.is_empty() { Ok(()) } else { Err(Failure::invalid(broken)) }
}
