//! Examinations: what is looked at within a product before content of one of its parts is stored.

use emporion_catalog::command::Command;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::spec::Fields;
use crate::read_context::{Later, ReadContext};

/// Looks at content within its product before it is stored.
pub type Examine = Box<dyn for<'a> FnOnce(&'a ReadContext<'a>, &'a Written<'a>) -> Later<'a, Examined> + Send>;

/// Content that is to be stored.
pub struct Written<'a> {
    pub id: Uuid,
    pub fields: &'a Fields,
    /// What it takes the place of.
    pub before: Option<&'a Fields>,
    pub is_live: bool,
}

/// What an examination has to add. Refusals are its errors.
#[derive(Default)]
pub struct Examined {
    /// Members of the answer beside the object.
    pub more: Map<String, Value>,
    /// What is stored along with the item.
    pub commands: Vec<Command>,
    /// Fields that it has besides.
    pub fields: Fields,
}
