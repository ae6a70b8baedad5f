//! What semantic models do that other parts do not.

use async_trait::async_trait;
use emporion_semantic::model::{self, Format};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::document::list;
use super::read::description;
use super::spec::{DOCUMENT, SPEC};
use super::{examine, hidden, live_relationships, redaction};
use crate::assets::pending::Intent;
use crate::failure::Failure;
use crate::parts::item::{Item, SeenItem};
use crate::parts::part::{Annotations, DeployFindings, DeployScope, LiveChange, Part, Tally};
use crate::parts::spec::{Fields, Spec};
use crate::read_context::ReadContext;

/// What the tables of a product mean.
pub struct SemanticModels;

#[async_trait]
impl Part for SemanticModels {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn print(&self, shown: &SeenItem, member: &str) -> Option<Value> {
        let fields = shown.fields();
        let count = |name: &str| Some(list(fields, name).len().into());
        match member {
            DOCUMENT => Some(redaction::document(fields.get(DOCUMENT)?, shown.annotation.as_ref())),
            "format" => Some(Format::Osi.name().into()),
            "specVersion" => {
                Some(fields.get(DOCUMENT)?.get("version").cloned().unwrap_or_else(|| model::VERSION.into()))
            }
            "description" => Some(description(fields).cloned().unwrap_or(Value::Null)),
            "tableCount" => count("datasets"),
            "relationshipCount" => count("relationships"),
            "metricCount" => count("metrics"),
            _ => None,
        }
    }

    /// Parts of models count one by one: those that are new, other than before, or gone.
    fn count(&self, items: &[Item], _: &Tally, counters: &mut Map<String, Value>) {
        let drafts = || items.iter().filter_map(|item| Some((item, item.pending.as_ref()?)));
        let nothing = Fields::new();
        for (counter, name) in [
            ("semanticModelTables", "datasets"),
            ("semanticModelRelationships", "relationships"),
            ("semanticModelMetrics", "metrics"),
        ] {
            let changed = drafts().map(|(item, draft)| {
                let after = if draft.intent == Intent::Delete { &nothing } else { &draft.fields };
                differing(list(item.live_fields(), name), list(after, name))
            });
            counters.insert(counter.to_owned(), json!({"promoted": changed.sum::<usize>()}));
        }
        counters.insert("semanticModelV2Draft".to_owned(), json!({"deleted": drafts().next().is_some()}));
    }

    async fn annotate(&self, cx: &ReadContext<'_>, contents: Vec<(Uuid, &Fields)>) -> Result<Annotations, Failure> {
        hidden::annotate(cx, contents).await
    }

    async fn settings(&self, cx: &ReadContext<'_>, change: LiveChange<'_>) -> Result<Fields, Failure> {
        live_relationships::settings(cx, change).await
    }

    async fn check_deploy(
        &self,
        cx: &ReadContext<'_>,
        items: &[Item],
        scope: DeployScope,
    ) -> Result<DeployFindings, Failure> {
        examine::check_deploy(cx, items, scope).await
    }
}

/// How many named things two lists do not have in common.
fn differing(before: &[Value], after: &[Value]) -> usize {
    let name = |part: &Value| part.get("name").cloned();
    let before_by_name: std::collections::HashMap<_, _> = before.iter().map(|part| (name(part), part)).collect();
    let same = after.iter().filter(|part| before_by_name.get(&name(part)) == Some(part)).count();
    let kept = after.iter().filter(|part| before_by_name.contains_key(&name(part))).count();
    (after.len() - same) + (before.len() - kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_new_changed_or_gone_are_counted_once_each() {
        let part = |name: &str, text: &str| json!({"name": name, "description": text});
        let before = [part("a", "1"), part("b", "1"), part("c", "1")];
        assert_eq!(differing(&before, &before), 0);
        assert_eq!(differing(&[], &before), 3);
        assert_eq!(differing(&before, &[]), 3);
        assert_eq!(differing(&before, &[part("c", "1"), part("b", "2"), part("d", "1")]), 3);
    }
}
