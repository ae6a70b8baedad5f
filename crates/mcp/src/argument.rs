//! What a tool is given: checked by the shapes that its schema is made of, read by name.

use emporion_edge::check;
use emporion_edge::schema::Components;
use emporion_edge::shape::{Location, Struct};
use rmcp::model::JsonObject;
use serde_json::{Map, Value, json};

use crate::outcome::Trouble;

/// What the arguments of a tool may be, and what each of them means.
pub struct Arguments {
    pub shape: &'static Struct,
    /// In the order of the members.
    pub meaning: &'static [&'static str],
}

/// The arguments of one call.
pub struct Given(Map<String, Value>);

impl Arguments {
    pub fn schema(&self) -> JsonObject {
        let mut components = Components::default();
        let mut properties = Map::new();
        for (member, meaning) in self.shape.members.iter().zip(self.meaning) {
            let mut schema = components.schema(&member.shape);
            schema["description"] = (*meaning).into();
            properties.insert(member.name.to_owned(), schema);
        }
        let required: Vec<&str> =
            self.shape.members.iter().filter(|member| member.required).map(|member| member.name).collect();
        let mut schema = Map::new();
        schema.insert("type".to_owned(), "object".into());
        schema.insert("properties".to_owned(), properties.into());
        schema.insert("required".to_owned(), required.into());
        schema.insert("additionalProperties".to_owned(), false.into());
        schema
    }

    /// Errors: every rule that is broken, with the argument's name.
    pub fn check(&self, given: Map<String, Value>) -> Result<Given, Trouble> {
        let given = Value::Object(given);
        let broken = check::check(self.shape, Location::Body, &given);
        if broken.is_empty() {
            let Value::Object(given) = given else { return Ok(Given(Map::new())) };
            return Ok(Given(given));
        }
        let sentences: Vec<String> = broken.iter().map(ToString::to_string).collect();
        let violations: Vec<Value> = broken
            .iter()
            .map(|one| json!({"path": one.pointer(), "rule": one.rule.name(), "message": one.rule.to_string()}))
            .collect();
        Err(Trouble::new("INVALID_ARGUMENTS", sentences.join("; ")).details(json!({"violations": violations})))
    }
}

impl Given {
    /// Empty where it was not given.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn number(&self, name: &str, otherwise: i64) -> i64 {
        self.0.get(name).and_then(Value::as_i64).unwrap_or(otherwise)
    }

    /// A member as it was given; `null` counts as not given.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}
