//! Compositions: other products whose tables and prompts a product takes over, each under an alias.

pub mod create;
pub mod graph;
pub mod shapes;
pub mod stale;

use emporion_catalog::Problem;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_catalog::relation::COMPOSED_OF;
use emporion_edge::timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use self::graph::{Reach, source_of};
use self::shapes::{CREATE, OBJECT};
use super::item::{Item, Shown};
use super::part::{Beside, Deploying, Fields, Later, Life, Link, PLAIN, Part, Standing, Tally, Verb};
use super::unique::Unique;
use crate::error::{Code, Failure, Violation};
use crate::message::Message;
use crate::problems::RULE_EXISTS;
use crate::read_context::ReadContext;
use crate::refs;

/// The field of the source.
pub const SOURCE: &str = "source_data_product_id";
/// The setting of products that have compositions.
pub const COMPOSITE: &str = "composite";

pub static PART: Part = Part {
    kind: "composition",
    word: "compositions",
    section: "Compositions",
    folder: "compositions",
    label: "compositionId",
    one: "composition",
    many: "compositions",
    noun: "composition",
    nouns: "compositions",
    life: Life::Staged,
    // Making them is special: the sources are looked at, and one request may make several.
    verbs: &[Verb::List, Verb::Get, Verb::Delete],
    create: &CREATE,
    object: &OBJECT,
    also,
    unique: &[SOURCE_ONCE, ALIAS_ONCE],
    print,
    link: Some(Link { field: SOURCE, kind: "data_product", relation: COMPOSED_OF, pointer: "/sourceDataProductId" }),
    setting: Some(COMPOSITE),
    beside,
    stands,
    count,
    rows: || vec![create::row()],
    ..PLAIN
};

fn also(body: &Map<String, Value>, broken: &mut Vec<Violation>) {
    let has = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
    if has("sources") {
        for name in ["sourceDataProductId", "alias", "include"].into_iter().filter(|name| has(name)) {
            broken.push(Violation::new(format!("/{name}"), "oneOf", "stands in the entries of sources"));
        }
    } else if !has("sourceDataProductId") {
        broken.push(Violation::new("/sourceDataProductId", "required", "is required, unless sources are given"));
    }
}

const SOURCE_ONCE: Unique = Unique {
    pointer: "/sourceDataProductId",
    form: |fields| fields.get(SOURCE).and_then(Value::as_str).map(str::to_owned),
    kept: None,
    message: |_| "the {product} is composed of it already".into(),
};

const ALIAS_ONCE: Unique = Unique {
    pointer: "/alias",
    form: |fields| fields.get("alias").and_then(Value::as_str).map(str::to_owned),
    kept: None,
    message: |alias| Message::with("the alias \"{}\" is taken", [alias]),
};

fn print(shown: &Shown<'_>, member: &str) -> Option<Value> {
    match member {
        "source" | "status" => shown.beside.and_then(|beside| beside.get(member)).cloned(),
        "include" => {
            let given = shown.fields().get("include");
            let names = |name: &str| given.and_then(|given| given.get(name)).cloned().unwrap_or_else(|| json!(["*"]));
            Some(json!({"datasets": names("datasets"), "metrics": names("metrics")}))
        }
        _ => None,
    }
}

fn count(_: &[Item], tally: &Tally, counters: &mut Map<String, Value>) {
    counters.insert("compositions".to_owned(), json!({"promoted": tally.promoted, "deleted": tally.deleted}));
}

fn beside<'a>(cx: &'a ReadContext<'a>, contents: Vec<(Uuid, &'a Fields)>) -> Later<'a, Beside> {
    Box::pin(async move {
        let mut beside = Beside::new();
        for (id, fields) in contents {
            let seen = match source_of(fields) {
                Some(source) => seen(cx, source).await?,
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
            beside.insert(id, json!({"source": source, "status": if is_stale { "stale" } else { "ok" }}));
        }
        Ok(beside)
    })
}

/// The source, if the caller may see it.
pub async fn seen(cx: &ReadContext<'_>, source: RecordId) -> Result<Option<View>, Failure> {
    let catalog = &cx.door.catalog;
    let target = refs::product_id(catalog, source);
    match catalog.get_in(cx.snapshot, cx.caller, &target, States::Alive, &Depth::bare()).await {
        Ok(view) => Ok(Some(view)),
        Err(Problem::NotFound { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

async fn is_gone(cx: &ReadContext<'_>, source: RecordId) -> Result<bool, Failure> {
    let found = cx.snapshot.by_id(cx.caller.account(), &[source]).await?;
    Ok(!found.into_iter().flatten().any(|record| record.state.is_alive()))
}

fn stands<'a>(cx: &'a ReadContext<'a>, items: &'a [Item], _: Deploying) -> Later<'a, Standing> {
    Box::pin(async move {
        let mut violations = Vec::new();
        let above = graph::above(cx).await?;
        for item in items.iter().filter(|item| item.pending.is_some() && !item.is_pending_delete()) {
            let mut broken = |rule: &str, message: Message| {
                violations.push(Violation::new("", rule, message).of_entity(PART.one, item.id.to_string()));
            };
            match source_of(item.fields()) {
                Some(source) if is_gone(cx, source).await? => {
                    broken(RULE_EXISTS, Message::from("the {product} that is composed is gone"));
                }
                None => broken(RULE_EXISTS, Message::from("the composition names no {product}")),
                Some(source) => {
                    if let Some(failure) = graph::wrong(cx, source, above, Reach::Live).await? {
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
        Ok(Standing { violations, ..Standing::default() })
    })
}
