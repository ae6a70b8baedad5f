//! A tool: how it is described, and what it does.

use std::sync::Arc;

use emporion_edge::route::BoxFuture;
use rmcp::model::{CallToolResult, JsonObject, Tool as Described, ToolAnnotations};
use serde_json::{Map, Value};

use crate::argument::{Arguments, Given};
use crate::catalogue::Catalogue;
use crate::outcome::{self, Trouble};

pub type Outcome = Result<Map<String, Value>, Trouble>;

pub struct Tool {
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub arguments: Arguments,
    /// The schema of what it answers.
    pub answer: fn() -> Value,
    pub effect: Effect,
    pub run: fn(Catalogue, Given) -> BoxFuture<Outcome>,
}

/// What a call leaves behind. No tool destroys anything, and none leaves the catalogue and its sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Nothing,
    /// Something new with every call.
    Adds,
}

impl Tool {
    pub fn described(&self) -> Described {
        let annotations = ToolAnnotations::with_title(self.title)
            .read_only(self.effect == Effect::Nothing)
            .destructive(false)
            .idempotent(self.effect == Effect::Nothing)
            .open_world(false);
        let answer: JsonObject = match (self.answer)() {
            Value::Object(schema) => schema,
            _ => JsonObject::new(),
        };
        Described::new(self.name, self.description, Arc::new(self.arguments.schema()))
            .with_title(self.title)
            .with_annotations(annotations)
            .with_raw_output_schema(Arc::new(answer))
    }

    pub async fn call(&self, catalogue: Catalogue, given: Map<String, Value>) -> CallToolResult {
        let outcome = match self.arguments.check(given) {
            Ok(given) => (self.run)(catalogue, given).await,
            Err(trouble) => Err(trouble),
        };
        match outcome {
            Ok(data) => outcome::result(data),
            Err(trouble) => trouble.result(),
        }
    }
}
