//! Puts answers together: absent members are left out, and nothing leaves that the shape does not know.

use emporion_catalog::id::Millis;
use emporion_edge::shape::Struct;
use serde_json::{Map, Value};

use crate::times;

/// Members of an answer.
#[derive(Debug, Clone, Default)]
pub struct Members(Map<String, Value>);

impl Members {
    pub fn new() -> Members {
        Members::default()
    }

    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// A text, unless it is absent or empty.
    pub fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(text) = value.filter(|text| !text.is_empty()) {
            self.set(name, text);
        }
    }

    /// Any value, unless it is absent or null.
    pub fn value(&mut self, name: &str, value: Option<&Value>) {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            self.set(name, value.clone());
        }
    }

    /// A list that is left out when it is empty.
    pub fn list(&mut self, name: &str, entries: Vec<Value>) {
        if !entries.is_empty() {
            self.set(name, entries);
        }
    }

    /// As epoch seconds.
    pub fn time(&mut self, name: &str, at: Millis) {
        self.set(name, times::epoch_seconds(at.0));
    }

    /// As ISO 8601.
    pub fn iso_time(&mut self, name: &str, at: Millis) {
        self.set(name, times::iso_8601(at.0));
    }

    /// Moves the forms of an asset to where a search shows them.
    pub fn add_forms(&mut self) {
        let forms = ["formsOutput", "readOnlyFormsOutput"];
        let moved: Map<String, Value> = forms.into_iter().filter_map(|name| self.0.shift_remove_entry(name)).collect();
        self.set("additionalAttributes", moved);
    }

    /// Those members that the shape has, in its order.
    pub fn fit(mut self, shape: &Struct) -> Value {
        let known = shape.members.iter().filter_map(|member| self.0.shift_remove_entry(member.name));
        Value::Object(known.collect())
    }

    /// The answer of an operation that has a body.
    pub fn answer(self, output: Option<&Struct>) -> Value {
        output.map_or_else(|| Value::Object(Map::new()), |shape| self.fit(shape))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shapes::data_product::DATA_PRODUCT_REVISION;

    #[test]
    fn an_answer_has_the_members_of_its_shape_in_its_order() {
        let mut members = Members::new();
        members.time("createdAt", Millis(1_752_602_810_307));
        members.set("revision", "1");
        members.set("colour", "red");
        members.text("createdBy", Some(""));
        members.list("items", Vec::new());
        let printed = members.fit(&DATA_PRODUCT_REVISION);
        assert_eq!(printed.to_string(), r#"{"revision":"1","createdAt":1752602810.307}"#);
        assert_eq!(printed, json!({ "revision": "1", "createdAt": 1_752_602_810.307 }));
    }
}
