//! What of the questions to a product is told to somebody who changes it: no more names than his own questions could bring up.

use std::collections::HashSet;
use std::sync::Arc;

use emporion_semantic::chat::ground::FieldId;
use serde_json::Value;

use super::prepared::{Prepared, prepare};
use crate::failure::{Code, Failure};
use crate::request::ProductRequest;
use crate::service::Products;

/// What the reader could ask himself, of what is live and of what the next deploy leaves.
pub struct Reviewer(Vec<Arc<Prepared>>);

impl Reviewer {
    pub async fn of(products: &Arc<Products>, request: &ProductRequest) -> Result<Reviewer, Failure> {
        let mut asked = Vec::new();
        for is_preview in [false, true] {
            match prepare(products, request, is_preview).await {
                Ok(prepared) => asked.push(prepared),
                // Who changes a product need not be one of those who query it.
                Err(failure) if failure.code == Code::FORBIDDEN => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(Reviewer(asked))
    }

    /// The statement of an answer, where it reads no table but those that he sees. One that a model of language wrote has its
    /// values in its text, which may be those of rows.
    pub fn sql<'a>(&self, answer: &'a Value) -> Option<&'a str> {
        if answer.pointer("/provenance/method").and_then(Value::as_str) == Some("llm_sql") {
            return None;
        }
        let seen: HashSet<String> =
            self.0.iter().flat_map(|prepared| prepared.assets.values()).map(ToString::to_string).collect();
        let mut read = answer.pointer("/provenance/dataAssets")?.as_array()?.iter();
        let is_seen = read.all(|asset| asset.as_str().is_some_and(|asset| seen.contains(asset)));
        answer.pointer("/sql/text")?.as_str().filter(|_| is_seen)
    }

    /// Whether there is such a part of a model for him.
    pub fn sees(&self, kind: &str, target: &str) -> bool {
        self.0.iter().any(|prepared| {
            let ground = &prepared.ground;
            match kind {
                "metric" => ground.metrics.iter().any(|metric| metric.names.name == target),
                "dataset" => ground.datasets.iter().any(|dataset| dataset.names.name == target),
                "join" => ground.joins.iter().any(|join| join.names.name == target),
                _ => (0..ground.fields.len()).any(|at| ground.path(FieldId(at)) == target),
            }
        })
    }
}
