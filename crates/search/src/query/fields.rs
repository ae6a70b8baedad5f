//! The fields that a query can name, and what each can be compared with.

use super::parse::VALUE;
use super::{Fault, Form, Value, when};

/// A field: one that every query knows, or a property that users have made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    BuiltIn(BuiltIn),
    Property(String),
}

/// A field that every query knows.
#[derive(Debug)]
pub struct BuiltInField {
    pub name: &'static str,
    pub sort: Sort,
}

pub type BuiltIn = &'static BuiltInField;

impl PartialEq for BuiltInField {
    fn eq(&self, other: &BuiltInField) -> bool {
        self.name == other.name
    }
}
impl Eq for BuiltInField {}
impl std::hash::Hash for BuiltInField {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// How the values of a field compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// As names do: folded, or exactly.
    Names,
    /// As names that stand below one another: what is below one counts as well.
    Tree,
    /// As times.
    Times,
    /// One of these words.
    Words(&'static [&'static str]),
    /// Not at all: it is there or not, and words look into it by themselves.
    Presence,
}

const fn field(name: &'static str, sort: Sort) -> BuiltInField {
    BuiltInField { name, sort }
}

/// All of them, in the order in which they are told.
pub const BUILT_IN: &[BuiltInField] = &[
    field("kind", Sort::Names),
    field("name", Sort::Names),
    field("fqn", Sort::Names),
    field("owner", Sort::Names),
    field("team", Sort::Names),
    field("domain", Sort::Tree),
    field("tag", Sort::Names),
    field("term", Sort::Names),
    field("column", Sort::Names),
    field("description", Sort::Presence),
    field("type", Sort::Names),
    field("source", Sort::Names),
    field("product", Sort::Names),
    field("holds", Sort::Names),
    field("status", Sort::Names),
    field("certified", Sort::Names),
    field("created", Sort::Times),
    field("updated", Sort::Times),
    field("by", Sort::Names),
    field("queryable", Sort::Words(&["yes", "no"])),
    field("rows", Sort::Words(&["granted", "closed"])),
];

/// How a property that a built-in field hides is named.
pub(super) const PROPERTY: &str = "property.";

/// That nothing has a property of the name.
pub fn no_field(name: &str, at: usize) -> Fault {
    let fields: Vec<&str> = BUILT_IN.iter().map(|field| field.name).collect();
    Fault::new(at, format!("there is no field {name}"), &fields)
}

impl Field {
    pub fn named(name: &str) -> Field {
        if let Some(property) = name.strip_prefix(PROPERTY) {
            return Field::Property(property.to_owned());
        }
        match built_in(name) {
            Some(field) => Field::BuiltIn(field),
            None => Field::Property(name.to_owned()),
        }
    }

    pub fn is(&self, name: &str) -> bool {
        matches!(self, Field::BuiltIn(field) if field.name == name)
    }

    /// `None` for a property, whose values say by themselves what they are.
    pub fn sort(&self) -> Option<Sort> {
        match self {
            Field::BuiltIn(field) => Some(field.sort),
            Field::Property(_) => None,
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Field::BuiltIn(field) => field.name,
            Field::Property(name) => name,
        }
    }

    /// Errors: its values have no order.
    pub(super) fn has_order(&self, at: usize) -> Result<(), Fault> {
        match self.sort() {
            None | Some(Sort::Times) => Ok(()),
            Some(_) => Err(Fault::new(at, format!("{} has no order", self.name()), &[":value"])),
        }
    }

    /// Errors: it cannot have the value at all.
    pub(super) fn can_be(&self, value: &Value) -> Result<(), Fault> {
        let is_tree = matches!(self.sort(), Some(Sort::Tree));
        if value.alone && !is_tree {
            return Err(Fault::new(value.at.0, format!("nothing stands below a {}", self.name()), VALUE));
        }
        match self.sort() {
            Some(Sort::Times) if value.form == Form::Prefix || !when::is_time(&value.text) => {
                Err(Fault::new(value.at.0, format!("{} is no time", value.text), when::FORMS))
            }
            Some(Sort::Words(words)) if value.form == Form::Prefix || !words.contains(&value.text.as_str()) => {
                Err(Fault::new(value.at.0, format!("{} is not said of {}", value.text, self.name()), words))
            }
            Some(Sort::Presence) => Err(Fault::new(
                value.at.0,
                format!("words look into a {} by themselves", self.name()),
                &["has:description", "a word"],
            )),
            _ => Ok(()),
        }
    }
}

pub fn built_in(name: &str) -> Option<BuiltIn> {
    BUILT_IN.iter().find(|field| field.name == name)
}
