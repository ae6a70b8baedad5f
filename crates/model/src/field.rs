//! Declared fields of a kind's body and the check of their values.

use std::fmt;

use serde_json::{Map, Value};

use crate::formats::Form;
use crate::problem::Violation;

/// One field of a body.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// snake_case; the doors have their own spelling.
    pub name: &'static str,
    pub ty: FieldType,
    /// What the value has to be besides, where the type lets in more: the choices for a text, what stands in JSON that is
    /// kept as it came.
    pub form: Option<FieldType>,
    pub required: bool,
    /// A change counts in `content_revision`.
    pub content: bool,
    /// A change alone bumps no `version` and is not described (hashes of crawlers).
    pub silent: bool,
    /// A silent change is still said to be an update, with its time and its author.
    pub signed: bool,
    /// Set at creation, never changed.
    pub fixed: bool,
    /// What the secrets that belong into it are bound to: they do not go elsewhere unless they are given again.
    pub secrets: Option<BoundTo>,
    /// Lists are asked for by its value, a text: stores find them without reading all of the kind.
    pub listed: bool,
    /// Whoever sees the record is told what it says, whatever the rows behind it are to him: so what knows nothing of the
    /// kind may show it (the command line). A field is kept back until it says so.
    pub told: bool,
}

/// What a secret is bound to.
#[derive(Debug, Clone, Copy)]
pub enum BoundTo {
    /// To all that the field says.
    Field,
    /// To what its own item of the list says at these pointers.
    Item(&'static [&'static str]),
}

/// What a field may hold. Lengths count Unicode scalar values.
#[derive(Debug, Clone, Copy)]
pub enum FieldType {
    Text {
        max: usize,
    },
    Integer,
    /// A whole number, none below zero.
    Count,
    Number,
    /// A number between two others, both included.
    Within {
        min: f64,
        max: f64,
    },
    Boolean,
    /// Milliseconds since 1970.
    Millis,
    Choice(&'static [&'static str]),
    /// A text in a form of its own.
    Formed(Form),
    /// An object with the given fields and no others.
    Struct(&'static [Field]),
    /// A list of such objects.
    Structs(&'static [Field]),
    /// A list of texts.
    Texts {
        max: usize,
    },
    /// A list of texts of which none is empty.
    Filled,
    /// Any object.
    Object,
    /// Any JSON, kept verbatim: keys inside are never translated.
    Opaque,
}

const BASE: Field = Field {
    name: "",
    ty: FieldType::Opaque,
    form: None,
    required: false,
    content: false,
    silent: false,
    signed: false,
    fixed: false,
    secrets: None,
    listed: false,
    told: false,
};

impl Field {
    pub const fn optional(name: &'static str, ty: FieldType) -> Field {
        Field { name, ty, ..BASE }
    }
    pub const fn required(name: &'static str, ty: FieldType) -> Field {
        Field { name, ty, required: true, ..BASE }
    }
    pub const fn formed(self, form: FieldType) -> Field {
        Field { form: Some(form), ..self }
    }
    pub const fn content(self) -> Field {
        Field { content: true, ..self }
    }
    pub const fn silent(self) -> Field {
        Field { silent: true, ..self }
    }
    /// Silent, but said to be an update: a setting of one door.
    pub const fn setting(self) -> Field {
        Field { silent: true, signed: true, ..self }
    }
    pub const fn fixed(self) -> Field {
        Field { fixed: true, ..self }
    }
    pub const fn listed(self) -> Field {
        Field { listed: true, ..self }
    }
    pub const fn told(self) -> Field {
        Field { told: true, ..self }
    }
    pub const fn with_secrets(self, bound: BoundTo) -> Field {
        Field { secrets: Some(bound), ..self }
    }
}

/// The largest number with a fraction part that still counts as whole: beyond it, neighbours are more than one apart.
const MAX_WHOLE: f64 = 9.0e15;
/// How deep JSON may stand in a field. It is stored within changes and events, which nest it further, and is read with a
/// parser that stops at 128.
const MAX_DEPTH: usize = 96;
/// The rule that [`is_too_deep`] speaks of.
pub const TOO_DEEP: &str = "must be nested at most 96 deep";

/// Longest description that the core keeps.
pub const MAX_PROSE: usize = 1_000_000;
/// Short texts: URLs, expressions, display names.
pub const SHORT: FieldType = FieldType::Text { max: 4_096 };
/// Long texts: descriptions, SQL.
pub const PROSE: FieldType = FieldType::Text { max: MAX_PROSE };

/// Fields that every kind has.
pub const COMMON: &[Field] =
    &[Field::optional("display_name", SHORT).told(), Field::optional("description", PROSE).told().content()];

/// Fields that carry a facet.
pub const EXTENSION: Field = Field::optional("extension", FieldType::Opaque).formed(FieldType::Object);
/// Metadata forms: `[{name, type, revision, content}]`, content verbatim.
pub const FORMS: Field = Field::optional(
    "forms",
    FieldType::Structs(&[
        Field::required("name", FieldType::Text { max: 128 }),
        Field::optional("type", FieldType::Text { max: 385 }),
        Field::optional("revision", FieldType::Text { max: 64 }),
        Field::optional("content", FieldType::Text { max: 300_000 }),
    ]),
)
.content();

/// Checks a whole body against its fields. Absent and null are equal and never stored.
pub fn check_body(fields: &[Field], body: &Map<String, Value>) -> Vec<Violation> {
    let mut violations = Vec::new();
    check_fields(fields, body, None, &mut violations);
    violations
}

/// Checks what is declared of an object that may hold more.
pub fn check_declared(fields: &[Field], object: &Map<String, Value>) -> Vec<Violation> {
    let mut violations = Vec::new();
    check_known(fields, object, None, &mut violations);
    violations
}

/// Where in a body a value stands. Spelled out only for what is wrong there: nearly nothing is.
#[derive(Clone, Copy)]
enum At<'a> {
    Member(Option<&'a At<'a>>, &'a str),
    Item(&'a At<'a>, usize),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Member(None, name) => f.write_str(name),
            At::Member(Some(within), name) => write!(f, "{within}.{name}"),
            At::Item(list, index) => write!(f, "{list}[{index}]"),
        }
    }
}

fn check_fields(fields: &[Field], body: &Map<String, Value>, within: Option<&At<'_>>, out: &mut Vec<Violation>) {
    check_known(fields, body, within, out);
    for key in body.keys() {
        if !fields.iter().any(|field| field.name == key) {
            out.push(Violation::new(At::Member(within, key).to_string(), "is not a known field"));
        }
    }
}

fn check_known(fields: &[Field], body: &Map<String, Value>, within: Option<&At<'_>>, out: &mut Vec<Violation>) {
    for field in fields {
        let at = At::Member(within, field.name);
        match body.get(field.name) {
            None | Some(Value::Null) if field.required => out.push(Violation::new(at.to_string(), "must not be null")),
            None | Some(Value::Null) => {}
            Some(value) => {
                let known = out.len();
                check_value(field.ty, value, &at, out);
                if let Some(form) = field.form.filter(|_| out.len() == known) {
                    check_value(form, value, &at, out);
                }
            }
        }
    }
}

fn check_value(ty: FieldType, value: &Value, at: &At<'_>, out: &mut Vec<Violation>) {
    let mut refuse = |rule: String| out.push(Violation::new(at.to_string(), rule));
    match (ty, value) {
        (FieldType::Text { max }, Value::String(text)) => {
            if text.len() > max && text.chars().nth(max).is_some() {
                refuse(format!("must have at most {max} characters"));
            }
        }
        (FieldType::Integer | FieldType::Millis, Value::Number(number)) => {
            if number.as_i64().is_none() && number.as_f64().is_none_or(|f| f.fract() != 0.0 || f.abs() > MAX_WHOLE) {
                refuse("must be a whole number".into());
            }
        }
        (FieldType::Count, Value::Number(number)) => {
            let whole = number.as_f64().filter(|f| f.fract() == 0.0 && (0.0..=MAX_WHOLE).contains(f));
            if number.as_u64().is_none() && whole.is_none() {
                refuse("must be a whole number, zero or more".into());
            }
        }
        (FieldType::Within { min, max }, Value::Number(number)) => {
            if !number.as_f64().is_some_and(|f| (min..=max).contains(&f)) {
                refuse(format!("must be between {min} and {max}"));
            }
        }
        (FieldType::Formed(form), Value::String(text)) => {
            if !form.is_met_by(text) {
                refuse(format!("must be {}", form.noun()));
            }
        }
        (FieldType::Object, Value::Object(_)) => {}
        (FieldType::Filled, Value::Array(items)) => {
            if !items.iter().all(|item| item.as_str().is_some_and(|text| !text.trim().is_empty())) {
                refuse("must hold no empty text".into());
            }
        }
        (FieldType::Opaque, value) => {
            if is_too_deep(value) {
                refuse(TOO_DEEP.into());
            }
        }
        (FieldType::Number, Value::Number(_)) | (FieldType::Boolean, Value::Bool(_)) => {}
        (FieldType::Choice(choices), Value::String(text)) => {
            if !choices.contains(&text.as_str()) {
                refuse(format!("must be one of [{}]", choices.join(", ")));
            }
        }
        (FieldType::Struct(fields), Value::Object(object)) => check_fields(fields, object, Some(at), out),
        (FieldType::Structs(fields), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                let at = At::Item(at, index);
                match item {
                    Value::Object(object) => check_fields(fields, object, Some(&at), out),
                    _ => out.push(Violation::new(at.to_string(), "must be an object")),
                }
            }
        }
        (FieldType::Texts { max }, Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                check_value(FieldType::Text { max }, item, &At::Item(at, index), out);
            }
        }
        (ty, _) => refuse(format!("must be {}", ty.noun())),
    }
}

/// Whether the value is nested deeper than can be kept. Looks no deeper than that.
pub fn is_too_deep(value: &Value) -> bool {
    fn within(value: &Value, room: usize) -> bool {
        match value {
            Value::Array(items) => room > 0 && items.iter().all(|item| within(item, room - 1)),
            Value::Object(members) => room > 0 && members.values().all(|member| within(member, room - 1)),
            _ => true,
        }
    }
    !within(value, MAX_DEPTH)
}

/// The value as it is kept: `None` for what says nothing. Null and absent are one, and so are an empty text or list and
/// an absent one; a whole number has no fraction.
pub fn tidy(ty: Option<FieldType>, value: &Value) -> Option<Value> {
    match (ty, value) {
        (_, Value::Null) => None,
        (_, Value::Array(items)) if items.is_empty() => None,
        (Some(FieldType::Text { .. }), Value::String(text)) if text.is_empty() => None,
        (Some(FieldType::Integer | FieldType::Millis), Value::Number(number)) if number.is_f64() => {
            let whole = number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() <= MAX_WHOLE);
            Some(whole.map_or_else(|| value.clone(), |f| Value::from(f as i64)))
        }
        (Some(FieldType::Struct(parts)), Value::Object(object)) => Some(Value::Object(tidy_parts(parts, object))),
        (Some(FieldType::Structs(parts)), Value::Array(items)) => {
            let tidied = items.iter().map(|item| match item {
                Value::Object(object) => Value::Object(tidy_parts(parts, object)),
                other => other.clone(),
            });
            Some(Value::Array(tidied.collect()))
        }
        _ => Some(value.clone()),
    }
}

/// What a part must have stays as it was said, so that the check can name what is wrong with it.
fn tidy_parts(parts: &[Field], object: &Map<String, Value>) -> Map<String, Value> {
    let mut tidied = Map::with_capacity(object.len());
    for (name, value) in object {
        let part = parts.iter().find(|part| part.name == name);
        let kept = match part {
            Some(part) if part.required => Some(tidy(Some(part.ty), value).unwrap_or_else(|| value.clone())),
            _ => tidy(part.map(|part| part.ty), value),
        };
        if let Some(kept) = kept {
            tidied.insert(name.clone(), kept);
        }
    }
    tidied
}

impl FieldType {
    fn noun(self) -> &'static str {
        match self {
            FieldType::Text { .. } | FieldType::Choice(_) | FieldType::Formed(_) => "a string",
            FieldType::Integer | FieldType::Millis | FieldType::Count => "a whole number",
            FieldType::Number | FieldType::Within { .. } => "a number",
            FieldType::Boolean => "true or false",
            FieldType::Struct(_) | FieldType::Object => "an object",
            FieldType::Structs(_) | FieldType::Texts { .. } | FieldType::Filled => "a list",
            FieldType::Opaque => "a JSON value",
        }
    }
}

#[cfg(test)]
mod tests;
