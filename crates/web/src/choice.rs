//! A value that a form offers among few.

use emporion_catalog::field::FieldType;
use emporion_catalog::kind::Kind;

use crate::texts::Texts;

pub struct Choice {
    pub value: String,
    pub name: String,
    pub is_chosen: bool,
}

impl Choice {
    /// The values of a field of few.
    pub fn all(t: Texts, kind: Kind, field: &str, chosen: &str) -> Vec<Choice> {
        let values = match kind.field(field).map(|field| field.ty) {
            Some(FieldType::Choice(values)) => values,
            _ => &[],
        };
        let choice = |value: &&str| Choice {
            is_chosen: *value == chosen,
            name: t.find(&format!("value.{value}")).unwrap_or(value).to_owned(),
            value: (*value).to_owned(),
        };
        values.iter().map(choice).collect()
    }
}
