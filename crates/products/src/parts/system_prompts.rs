//! System prompts: versions of one text, of which the newest is the active one.

use async_trait::async_trait;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::{Reading, SeenId};
use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::compositions::{self, graph};
use super::item::{self, Item, SeenItem};
use super::part::{Maker, Part};
use super::spec::{Fields, Life, PLAIN, Spec};
use crate::failure::Failure;
use crate::read_context::{Later, ReadContext};
use crate::shapes::{COUNT, TEXT_OR_NULL, TIME};

static CREATE: Struct = Struct {
    name: "SystemPromptCreate",
    members: &[
        Member::required("content", Shape::Text(Text::between(1, 32_768))),
        Member::optional("activate", Shape::Boolean),
    ],
    open: true,
};

static OBJECT: Struct = Struct {
    name: "SystemPrompt",
    members: &[
        Member::required("id", UUID),
        Member::required("dataProductId", UUID),
        Member::required("content", TEXT),
        Member::required("version", COUNT),
        Member::required("isActive", Shape::Boolean),
        Member::required("createdAt", TIME),
        Member::required("createdBy", TEXT_OR_NULL),
    ],
    open: true,
};

pub static SPEC: Spec = Spec {
    kind: "system_prompt",
    word: "system_prompts",
    one: "systemPrompt",
    many: "systemPrompts",
    noun: "version of the system prompt",
    nouns: "versions of the system prompt",
    life: Life::AtOnce,
    create: &CREATE,
    object: &OBJECT,
    ..PLAIN
};

/// Versions of one text.
pub struct SystemPrompts;

#[async_trait]
impl Part for SystemPrompts {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn complete(&self, fields: &mut Fields, maker: &Maker<'_>) {
        fields.insert("version".to_owned(), maker.next.into());
        if maker.body.get("activate").and_then(Value::as_bool) == Some(false) {
            fields.insert("shelved".to_owned(), true.into());
        }
    }

    /// The newest one that was not stored for later.
    fn lead(&self, items: &[Item]) -> Option<Uuid> {
        let version = |item: &&Item| item.fields().get("version").and_then(Value::as_i64);
        let is_shelved = |item: &Item| item.fields().get("shelved").and_then(Value::as_bool).unwrap_or(false);
        items.iter().filter(|item| !is_shelved(item)).max_by_key(version).map(|item| item.id)
    }

    /// Where others are composed, their active prompts stand beside the product's own, each under its alias.
    async fn more(&self, cx: &ReadContext<'_>, _: &[Item]) -> Result<Map<String, Value>, Failure> {
        let mut members = Map::new();
        let mut lines = Vec::new();
        if merge(cx, cx.product, "", graph::MAX_DEPTH, &mut lines).await? {
            members.insert("merged".to_owned(), lines.join("\n").into());
        }
        Ok(members)
    }

    fn print(&self, shown: &SeenItem, member: &str) -> Option<Value> {
        (member == "isActive").then(|| shown.leads.into())
    }
}

/// The text of the active one.
pub async fn active(reading: &Reading<'_>, product: SeenId) -> Result<Option<String>, Failure> {
    let prompts = item::of_product(&SPEC, reading, product).await?;
    let active = SystemPrompts.lead(&prompts).and_then(|id| prompts.iter().find(|prompt| prompt.id == id));
    Ok(active.and_then(|prompt| Some(prompt.fields().get("content")?.as_str()?.to_owned())))
}

/// Collects the active prompts of a product and of those below it that the caller may see; whether there are any below.
fn merge<'a>(
    cx: &'a ReadContext<'a>,
    product: SeenId,
    prefix: &'a str,
    depth: usize,
    lines: &'a mut Vec<String>,
) -> Later<'a, bool> {
    Box::pin(async move {
        let reading = cx.reading;
        if let Some(content) = active(reading, product).await? {
            lines.push(if prefix.is_empty() { content } else { format!("[{prefix}] {content}") });
        }
        let composed = item::of_product(&compositions::spec::SPEC, reading, product).await?;
        let composed: Vec<&Item> = composed.iter().filter(|item| !item.is_pending_delete()).collect();
        for item in composed.iter().filter(|_| depth > 0) {
            let alias = item.fields().get("alias").and_then(Value::as_str).unwrap_or_default();
            let Some(source) = graph::source_of(item.fields()) else { continue };
            if let Some(source) = compositions::graph::seen(cx, source, &Depth::bare()).await? {
                let prefix = if prefix.is_empty() { alias.to_owned() } else { format!("{prefix}.{alias}") };
                merge(cx, SeenId::from(&source), &prefix, depth - 1, lines).await?;
            }
        }
        Ok(!composed.is_empty())
    })
}
