//! Properties that users have made: what of their values can be compared.

use emporion_catalog::timestamp;
use serde_json::Value;

use super::{Document, Fact, FieldName, MOST_FACT};

/// Adds the properties of a record, `{name: value}`.
pub fn add(document: &mut Document, extension: &Value) {
    for (name, value) in extension.as_object().into_iter().flatten() {
        if value.is_null() {
            continue;
        }
        let field = FieldName::Owned(field(name));
        document.has.push(field.clone());
        add_value(document, &field, value);
    }
}

/// What stands before the name of a property.
pub const FIELD: &str = "property.";

/// The field of a property.
pub fn field(name: &str) -> String {
    format!("{FIELD}{name}")
}

/// A number as it is compared with what was typed.
pub fn printed(number: f64) -> String {
    number.to_string()
}

fn add_value(document: &mut Document, field: &FieldName, value: &Value) {
    let mut fact = |text: String| {
        if text.len() <= MOST_FACT {
            document.facts.push(Fact { field: field.clone(), text });
        }
    };
    match value {
        Value::String(text) => {
            fact(text.clone());
            if let Some(at) = time(text) {
                document.times.push((field.clone(), at));
            }
        }
        Value::Bool(is) => fact(is.to_string()),
        Value::Number(number) => {
            if let Some(number) = number.as_f64().filter(|number| number.is_finite()) {
                fact(printed(number));
                // There is one zero.
                document.numbers.push((field.clone(), number + 0.0));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| add_value(document, field, item)),
        // References and the like are known by their names.
        Value::Object(members) => {
            for key in ["name", "display_name", "displayName", "fullyQualifiedName", "value"] {
                if let Some(Value::String(text)) = members.get(key) {
                    fact(text.clone());
                }
            }
        }
        Value::Null => {}
    }
}

/// A text that is a day or a moment.
pub fn time(text: &str) -> Option<i64> {
    timestamp::parse(text).or_else(|| timestamp::parse(&format!("{text}T00:00:00Z")))
}
