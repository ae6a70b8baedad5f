//! What compositions do that other parts do not.

use async_trait::async_trait;
use emporion_catalog::load::Depth;
use emporion_edge::timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::graph::{self, Reach, is_gone, seen, source_of};
use super::spec::SPEC;
use super::stale;
use crate::failure::{Code, Failure, Violation};
use crate::message::Message;
use crate::parts::item::{Item, SeenItem};
use crate::parts::part::{Annotations, DeployFindings, DeployScope, Part, Tally};
use crate::parts::spec::{Fields, Spec};
use crate::problems::RULE_EXISTS;
use crate::read_context::ReadContext;

/// Other products that a product takes over.
pub struct Compositions;

#[async_trait]
impl Part for Compositions {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check_body(&self, body: &Map<String, Value>, broken: &mut Vec<Violation>) {
        let has = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
        if has("sources") {
            for name in ["sourceDataProductId", "alias", "include"].into_iter().filter(|name| has(name)) {
                broken.push(Violation::new(format!("/{name}"), "oneOf", "stands in the entries of sources"));
            }
        } else if !has("sourceDataProductId") {
            broken.push(Violation::new("/sourceDataProductId", "required", "is required, unless sources are given"));
        }
    }

    fn print(&self, shown: &SeenItem, member: &str) -> Option<Value> {
        match member {
            "source" | "status" => shown.annotation.as_ref().and_then(|annotation| annotation.get(member)).cloned(),
            "include" => {
                let given = shown.fields().get("include");
                let names =
                    |name: &str| given.and_then(|given| given.get(name)).cloned().unwrap_or_else(|| json!(["*"]));
                Some(json!({"datasets": names("datasets"), "metrics": names("metrics")}))
            }
            _ => None,
        }
    }

    fn count(&self, _: &[Item], tally: &Tally, counters: &mut Map<String, Value>) {
        counters.insert("compositions".to_owned(), json!({"promoted": tally.promoted, "deleted": tally.deleted}));
    }

    async fn annotate(&self, cx: &ReadContext<'_>, contents: Vec<(Uuid, &Fields)>) -> Result<Annotations, Failure> {
        let mut annotations = Annotations::new();
        for (id, fields) in contents {
            let seen = match source_of(fields) {
                Some(source) => seen(cx, source, &Depth::bare()).await?,
                None => None,
            };
            let is_stale = stale::of(cx, fields, seen.as_ref()).await?.is_some();
            let deployed_ms = seen.as_ref().and_then(|view| view.field("deployed_at")?.as_i64());
            let source = json!({
                "name": seen.as_ref().map(|view| view.record.name.as_str()),
                "version": seen.as_ref().map(|view| view.record.revision.0),
                "deployedAt": deployed_ms.map(timestamp::print),
                "accessible": seen.is_some(),
            });
            annotations.insert(id, json!({"source": source, "status": if is_stale { "stale" } else { "ok" }}));
        }
        Ok(annotations)
    }

    async fn check_deploy(
        &self,
        cx: &ReadContext<'_>,
        items: &[Item],
        _: DeployScope,
    ) -> Result<DeployFindings, Failure> {
        let mut violations = Vec::new();
        let above = graph::above(cx.reading, cx.product_id(), Reach::Live).await?;
        for item in items.iter().filter(|item| item.pending.is_some() && !item.is_pending_delete()) {
            let mut broken = |rule: &str, message: Message| {
                violations.push(Violation::new("", rule, message).of_entity(SPEC.one, item.id.to_string()));
            };
            match source_of(item.fields()) {
                Some(source) if is_gone(cx.reading, source).await? => {
                    broken(RULE_EXISTS, Message::from("the {product} that is composed is gone"));
                }
                None => broken(RULE_EXISTS, Message::from("the composition names no {product}")),
                Some(source) => {
                    if let Some(failure) = graph::wrong(cx.reading, cx.product_id(), source, above, Reach::Live).await?
                    {
                        let is_cycle = failure.code == Code::COMPOSITION_CYCLE;
                        let cycle = Message::from("a {product} cannot be composed of itself");
                        match is_cycle {
                            true => broken("acyclic", cycle),
                            false => broken("maxDepth", graph::too_deep().message),
                        }
                    }
                }
            }
        }
        Ok(DeployFindings { violations, ..DeployFindings::default() })
    }
}
