//! Compositions: other products whose tables and prompts a product takes over, each under an alias.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::command::Command;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_catalog::relation::COMPOSED_OF;
use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};
use emporion_edge::timestamp;
use http::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::composing::{self, Reach, source_of};
use super::item::{self, Item, Shown};
use super::part::{Beside, Fields, Later, Life, Link, Look, Maker, Part, Tally, Verb, plain};
use super::{handlers, wire, writes};
use crate::call::Call;
use crate::commit::{self, Key};
use crate::door::Door;
use crate::envelope::Reply;
use crate::error::{Code, Failure, Violation};
use crate::fields::{self, Checked};
use crate::ids::ProductKey;
use crate::message::Message;
use crate::operation::{Operation, Root};
use crate::problems::RULE_EXISTS;
use crate::shapes::common::{COUNT, COUNT_OR_NULL, IDEMPOTENCY_KEY, TEXT_OR_NULL, TIME, TIME_OR_NULL};
use crate::translate::asset::Aspect;
use crate::translate::refs;

/// The field of the source.
pub const SOURCE: &str = "source_data_product_id";
/// The setting of products that have compositions.
pub const COMPOSITE: &str = "composite";
const MAX_SOURCES: usize = 20;
const MAX_ALIAS: usize = 50;

const KEY: Shape = Shape::Text(Text::between(1, 128));
const ALIAS: Shape = Shape::Text(Text::between(1, MAX_ALIAS).matching("^[a-z][a-z0-9_]{0,49}$", is_alias));
const NAMES: Shape = Shape::List { of: &Shape::Text(Text::between(1, 255)), min: 0, max: 1_000 };
const STATES: &[&str] = &["ok", "stale"];

static INCLUDE: Struct = Struct {
    name: "CompositionInclude",
    members: &[Member::optional("datasets", NAMES), Member::optional("metrics", NAMES)],
    open: true,
};

static ENTRY: Struct = Struct {
    name: "CompositionSource",
    members: &[
        Member::required("sourceDataProductId", KEY),
        Member::optional("alias", ALIAS),
        Member::optional("include", Shape::Struct(&INCLUDE)),
    ],
    open: true,
};

const ENTRIES: Shape = Shape::List { of: &Shape::Struct(&ENTRY), min: 1, max: MAX_SOURCES };

static CREATE: Struct = Struct {
    name: "CompositionCreate",
    members: &[
        Member::optional("sourceDataProductId", KEY),
        Member::optional("alias", ALIAS),
        Member::optional("include", Shape::Struct(&INCLUDE)),
        Member::optional("sources", ENTRIES),
        Member::optional("isDeployed", Shape::Boolean),
    ],
    open: true,
};

static SOURCE_SHOWN: Struct = Struct {
    name: "ComposedProduct",
    members: &[
        Member::required("name", TEXT_OR_NULL),
        Member::required("version", COUNT_OR_NULL),
        Member::required("deployedAt", TIME_OR_NULL),
        Member::required("accessible", Shape::Boolean),
    ],
    open: true,
};

pub static OBJECT: Struct = Struct {
    name: "Composition",
    members: &[
        Member::required("id", UUID),
        Member::required("dataProductId", UUID),
        Member::required("sourceDataProductId", UUID),
        Member::required("alias", TEXT),
        Member::required("include", Shape::Struct(&INCLUDE)),
        // Stale: the source is gone.
        Member::required("status", Shape::Enumeration(STATES)),
        Member::required("source", Shape::Struct(&SOURCE_SHOWN)),
        Member::required("isDeployed", Shape::Boolean),
        Member::required("pendingDelete", Shape::Boolean),
        Member::required("createdAt", TIME),
        Member::required("createdBy", TEXT_OR_NULL),
        Member::required("updatedAt", TIME),
    ],
    open: true,
};

/// One composition, or all that a request with `sources` makes.
static CREATED: Struct = Struct {
    name: "CompositionsCreated",
    members: &[
        Member::optional("composition", Shape::Struct(&OBJECT)),
        Member::optional("compositions", Shape::List { of: &Shape::Struct(&OBJECT), min: 0, max: usize::MAX }),
        Member::optional("count", COUNT),
    ],
    open: true,
};

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
    search: &[],
    also,
    refuse: plain::refuse,
    complete: |_: &mut Fields, _: &Maker<'_>| {},
    clash,
    lead: plain::lead,
    print,
    link: Some(Link { field: SOURCE, kind: "data_product", relation: COMPOSED_OF, pointer: "/sourceDataProductId" }),
    setting: Some(COMPOSITE),
    beside,
    stands,
    more: plain::more,
    count,
};

/// `POST` on the collection.
pub fn create_row() -> Operation {
    let summary = "Compose a {product} of others";
    Operation::new(Method::POST, Root::Products, "/{dataProductId}/compositions", "compositions_create", summary)
        .section(PART.section)
        .with(&[IDEMPOTENCY_KEY])
        .takes(&CREATE)
        .gives(&CREATED)
        .creates()
        .errors(&[404, 409, 415, 422])
        .by(create)
}

fn is_alias(text: &str) -> bool {
    text.len() <= MAX_ALIAS
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

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

fn clash(fields: &Fields, others: &[&Fields]) -> Option<Violation> {
    let is_same = |name: &str| others.iter().any(|other| other.get(name) == fields.get(name));
    if is_same(SOURCE) {
        return Some(Violation::new("/sourceDataProductId", "unique", "the {product} is composed of it already"));
    }
    is_same("alias").then(|| {
        let alias = fields.get("alias").and_then(Value::as_str).unwrap_or_default();
        Violation::new("/alias", "unique", Message::with("the alias \"{}\" is taken", [alias]))
    })
}

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

fn count(tally: &Tally, counters: &mut Map<String, Value>) {
    counters.insert("compositions".to_owned(), json!({"promoted": tally.promoted, "deleted": tally.deleted}));
}

fn beside<'a>(look: &'a Look<'a>, contents: Vec<(Uuid, &'a Fields)>) -> Later<'a, Beside> {
    Box::pin(async move {
        let mut beside = Beside::new();
        for (id, fields) in contents {
            let seen = match source_of(fields) {
                Some(source) => seen(look, source).await?,
                None => None,
            };
            let is_gone = match (&seen, source_of(fields)) {
                (Some(_), _) => false,
                (None, Some(source)) => is_gone(look, source).await?,
                (None, None) => true,
            };
            let deployed_ms = seen.as_ref().and_then(|view| view.field("deployed_at")?.as_i64());
            let source = json!({
                "name": seen.as_ref().map(|view| view.record.name.as_str()),
                "version": seen.as_ref().map(|view| view.record.revision.0),
                "deployedAt": deployed_ms.map(timestamp::print),
                "accessible": seen.is_some(),
            });
            beside.insert(id, json!({"source": source, "status": if is_gone { "stale" } else { "ok" }}));
        }
        Ok(beside)
    })
}

/// The source, if the caller may see it.
pub async fn seen(look: &Look<'_>, source: RecordId) -> Result<Option<View>, Failure> {
    let catalog = &look.door.catalog;
    let target = refs::product_id(catalog, source);
    match catalog.get_in(look.snapshot, look.caller, &target, States::Alive, &Depth::bare()).await {
        Ok(view) => Ok(Some(view)),
        Err(Problem::NotFound { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

async fn is_gone(look: &Look<'_>, source: RecordId) -> Result<bool, Failure> {
    let found = look.snapshot.by_id(look.caller.account(), &[source]).await?;
    Ok(!found.into_iter().flatten().any(|record| record.state.is_alive()))
}

fn stands<'a>(look: &'a Look<'a>, items: &'a [Item]) -> Later<'a, Vec<Violation>> {
    Box::pin(async move {
        let mut violations = Vec::new();
        let above = composing::above(look).await?;
        for item in items.iter().filter(|item| item.pending.is_some() && !item.is_pending_delete()) {
            let mut broken = |rule: &str, message: Message| {
                violations.push(Violation::new("", rule, message).of_entity(PART.one, item.id.to_string()));
            };
            match source_of(item.fields()) {
                Some(source) if is_gone(look, source).await? => {
                    broken(RULE_EXISTS, Message::from("the {product} that is composed is gone"));
                }
                None => broken(RULE_EXISTS, Message::from("the composition names no {product}")),
                Some(source) => {
                    if let Some(failure) = composing::wrong(look, source, above, Reach::Live).await? {
                        let is_cycle = failure.code == Code::COMPOSITION_CYCLE;
                        let cycle = Message::from("a {product} cannot be composed of itself");
                        match is_cycle {
                            true => broken("acyclic", cycle),
                            false => broken("maxDepth", composing::too_deep().message),
                        }
                    }
                }
            }
        }
        Ok(violations)
    })
}

/// What a request asks to be composed.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Where it stands in the body.
    pub pointer: String,
    pub source: ProductKey,
    pub alias: Option<String>,
    pub include: Option<Value>,
}

/// One composition that can be stored.
#[derive(Debug, Clone)]
pub struct Composed {
    pub item: Item,
    pub fields: Fields,
}

fn wishes(body: &Map<String, Value>) -> Result<Vec<Wish>, Failure> {
    let (mut wishes, mut broken) = (Vec::new(), Vec::new());
    let mut read = |entry: &Map<String, Value>, at: &str| {
        let key = entry.get("sourceDataProductId").and_then(Value::as_str).unwrap_or_default();
        let pointer = format!("{at}/sourceDataProductId");
        let alias = entry.get("alias").and_then(Value::as_str).map(str::to_owned);
        let include = entry.get("include").filter(|include| include.as_object().is_some_and(|names| !names.is_empty()));
        match ProductKey::parse(key) {
            Some(source) => wishes.push(Wish { pointer, source, alias, include: include.cloned() }),
            None => broken.push(Violation::new(pointer, "format", "must name a {product}")),
        }
    };
    match body.get("sources").and_then(Value::as_array) {
        None => read(body, ""),
        Some(entries) => {
            for (index, entry) in entries.iter().filter_map(Value::as_object).enumerate() {
                read(entry, &format!("/sources/{index}"));
            }
        }
    }
    if broken.is_empty() { Ok(wishes) } else { Err(Failure::invalid(broken)) }
}

/// Looks the sources up, gives aliases, and holds everything against what the product is composed of already.
///
/// Errors: 422 with every source that the caller cannot see; 409 for what is taken; 422 for cycles and depth.
pub async fn compose(look: &Look<'_>, items: &[Item], wishes: &[Wish]) -> Result<Vec<Composed>, Failure> {
    let catalog = &look.door.catalog;
    let mut sources = Vec::with_capacity(wishes.len());
    let mut broken = Vec::new();
    for wish in wishes {
        let target = refs::product(catalog, &wish.source);
        match catalog.get_in(look.snapshot, look.caller, &target, States::Alive, &Depth::bare()).await {
            Ok(view) => sources.push(view),
            Err(Problem::NotFound { what, .. }) => {
                let message = Message::with("there is no {product} \"{}\"", [what]);
                broken.push(Violation::new(wish.pointer.clone(), RULE_EXISTS, message));
            }
            Err(other) => return Err(other.into()),
        }
    }
    if !broken.is_empty() {
        return Err(Failure::invalid(broken));
    }
    let above = composing::above(look).await?;
    let staying = items.iter().filter(|item| !item.is_pending_delete());
    let mut taken: Vec<Fields> = staying.map(|item| item.fields().clone()).collect();
    let mut composed = Vec::with_capacity(wishes.len());
    for (wish, source) in wishes.iter().zip(sources) {
        if let Some(failure) = composing::wrong(look, source.id(), above, Reach::Drafted).await? {
            return Err(failure);
        }
        let alias = wish.alias.clone().unwrap_or_else(|| free_alias(&source.record.name, &taken));
        let mut fields = Fields::new();
        fields.insert(SOURCE.to_owned(), source.id().to_string().into());
        fields.insert("alias".to_owned(), alias.into());
        fields.extend(wish.include.clone().map(|include| ("include".to_owned(), include)));
        if let Some(clash) = clash(&fields, &taken.iter().collect::<Vec<_>>()) {
            return Err(Failure::new(Code::CONFLICT, clash.message.clone()).violating(vec![clash]));
        }
        taken.push(fields.clone());
        composed.push(Composed { item: Item::fresh(writes::fresh_id()), fields });
    }
    Ok(composed)
}

/// The commands that store compositions.
pub fn stored(door: &Door, product: RecordId, composed: &[Composed], is_live: bool) -> Vec<Command> {
    let write = if is_live { writes::live } else { writes::drafted };
    composed.iter().flat_map(|one| write(&PART, &door.catalog, product, &one.item, &one.fields)).collect()
}

/// The name in lower case, with underscores for all else, and a number where that is taken.
fn free_alias(name: &str, taken: &[Fields]) -> String {
    let mut slug = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    let slug = slug.trim_end_matches('_');
    let starts_well = slug.starts_with(|c: char| c.is_ascii_lowercase());
    let mut slug = if starts_well { slug.to_owned() } else { format!("p_{slug}") };
    // Room for a number.
    slug.truncate(MAX_ALIAS - 4);
    let slug = slug.trim_end_matches('_');
    let is_free = |alias: &str| taken.iter().all(|fields| fields.get("alias").is_none_or(|other| other != alias));
    let numbered = (2..).map(|number| format!("{slug}_{number}"));
    std::iter::once(slug.to_owned()).chain(numbered).find(|alias| is_free(alias)).unwrap_or_default()
}

async fn create(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body)?;
    let Checked { body, warnings } = fields::check_all(&CREATE, &[&OBJECT], body, call.is_strict(), &also)?;
    let wishes = wishes(&body)?;
    let is_live = body.get("isDeployed").and_then(Value::as_bool).unwrap_or(false);
    let product = handlers::editable(&door, &call).await?;
    if let Some(key) = &key
        && let Some(reply) = key.replay(&door, &call).await?
    {
        return Ok(reply);
    }
    let catalog = &door.catalog;
    let _turn = door.turn(product).await;
    let _graph = door.compositions.lock().await;
    let snapshot = catalog.snapshot().await?;
    let items = item::of_product(&PART, catalog, &*snapshot, &call.caller, product).await?;
    let look = Look { door: &door, caller: &call.caller, snapshot: &*snapshot, product };
    let composed = compose(&look, &items, &wishes).await?;
    if is_live {
        let live: Vec<&Fields> = items.iter().filter(|item| item.live.is_some()).map(Item::live_fields).collect();
        if let Some(clash) = composed.iter().find_map(|one| clash(&one.fields, &live)) {
            return Err(Failure::new(Code::CONFLICT, clash.message.clone()).violating(vec![clash]));
        }
    }
    let beside = beside(&look, composed.iter().map(|one| (one.item.id, &one.fields)).collect()).await?;
    drop(snapshot);
    let mut commands = stored(&door, product, &composed, is_live);
    if items.is_empty() {
        commands.push(writes::setting(catalog, product, COMPOSITE, true));
    }
    let location = match composed.as_slice() {
        [one] => format!("/data-products/{product}/{}/{}", PART.folder, one.item.id),
        _ => format!("/data-products/{product}/{}", PART.folder),
    };
    let location = call.location(&location);
    let is_list = body.contains_key("sources");
    commit::commit(&door, &call, &commit::together(commands), key, move |outcome| {
        let items: Vec<Item> = composed.iter().map(|one| one.item.clone().after(&PART, outcome)).collect();
        let print = |item: &Item| {
            let beside = beside.get(&item.id);
            wire::print(&PART, &Shown { item, product, aspect: Aspect::Drafted, leads: false, beside })
        };
        let printed: Vec<Value> = items.iter().map(print).collect();
        let reply = match printed.as_slice() {
            [one] if !is_list => {
                let reply = Reply::created(json!({PART.one: one}), location.clone());
                reply.tag(&items[0].tag())
            }
            _ => Reply::created(json!({PART.many: printed, "count": printed.len()}), location.clone()),
        };
        reply.warn(warnings.iter().cloned())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_made_of_the_name_and_kept_apart_from_others() {
        assert_eq!(free_alias("Sales – EMEA 2026!", &[]), "sales_emea_2026");
        assert_eq!(free_alias("2026", &[]), "p_2026");
        assert_eq!(free_alias("Ümsatz", &[]), "msatz");
        let taken = json!({"alias": "sales"}).as_object().cloned().into_iter().collect::<Vec<_>>();
        assert_eq!(free_alias("Sales", &taken), "sales_2");
        assert!(is_alias(&free_alias(&"x y".repeat(80), &[])) && is_alias(&free_alias("!!!", &[])));
    }
}
