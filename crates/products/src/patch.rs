//! Three things that a merge patch can say of a member: nothing, "remove it", or a value.

use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Absent.
    #[default]
    Keep,
    /// An explicit null, or the empty string, which the catalogue never keeps.
    Clear,
    Set(T),
}

impl<T> Patch<T> {
    pub fn is_keep(&self) -> bool {
        matches!(self, Patch::Keep)
    }

    pub fn as_set(&self) -> Option<&T> {
        match self {
            Patch::Set(value) => Some(value),
            Patch::Keep | Patch::Clear => None,
        }
    }

    /// Reads a member; a value that `read` cannot use is one that the check of shapes has already refused.
    pub fn of(body: &Map<String, Value>, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> Patch<T> {
        match body.get(name) {
            None => Patch::Keep,
            Some(Value::Null) => Patch::Clear,
            Some(Value::String(text)) if text.is_empty() => Patch::Clear,
            Some(value) => read(value).map_or(Patch::Keep, Patch::Set),
        }
    }
}

impl Patch<String> {
    pub fn text(body: &Map<String, Value>, name: &str) -> Patch<String> {
        Patch::of(body, name, |value| value.as_str().map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn absent_null_and_a_value_are_three_things() {
        let body = json!({"a": null, "b": "x", "c": ""});
        let body = body.as_object().expect("an object");
        assert_eq!(Patch::text(body, "z"), Patch::Keep);
        assert_eq!(Patch::text(body, "a"), Patch::Clear);
        assert_eq!(Patch::text(body, "b"), Patch::Set("x".to_owned()));
        assert_eq!(Patch::text(body, "c"), Patch::Clear);
    }
}
