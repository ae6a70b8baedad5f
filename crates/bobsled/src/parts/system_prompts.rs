//! System prompts: versions of one text, of which the newest is the active one.

use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};
use serde_json::Value;
use uuid::Uuid;

use super::item::{Item, Shown};
use super::part::{Fields, Life, Maker, Part, Verb, plain};
use crate::shapes::common::{COUNT, TEXT_OR_NULL, TIME};

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

pub static PART: Part = Part {
    kind: "system_prompt",
    word: "system_prompts",
    section: "System Prompts",
    folder: "system-prompts",
    label: "systemPromptId",
    one: "systemPrompt",
    many: "systemPrompts",
    noun: "version of the system prompt",
    nouns: "versions of the system prompt",
    life: Life::AtOnce,
    verbs: &[Verb::List, Verb::Create, Verb::Get, Verb::Delete],
    create: &CREATE,
    object: &OBJECT,
    search: &[],
    also: plain::also,
    refuse: plain::refuse,
    complete,
    clash: plain::clash,
    lead,
    print,
    count: plain::count,
};

fn complete(fields: &mut Fields, maker: &Maker<'_>) {
    fields.insert("version".to_owned(), maker.next.into());
    if maker.body.get("activate").and_then(Value::as_bool) == Some(false) {
        fields.insert("shelved".to_owned(), true.into());
    }
}

/// The newest one that was not stored for later.
fn lead(items: &[Item]) -> Option<Uuid> {
    let version = |item: &&Item| item.fields().get("version").and_then(Value::as_i64);
    let is_shelved = |item: &Item| item.fields().get("shelved").and_then(Value::as_bool).unwrap_or(false);
    items.iter().filter(|item| !is_shelved(item)).max_by_key(version).map(|item| item.id)
}

fn print(shown: &Shown<'_>, member: &str) -> Option<Value> {
    (member == "isActive").then(|| shown.leads.into())
}
