//! Making compositions: the sources are looked at, and one request may make several.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Outcome};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::reading::{Reading, Seen, SeenId};
use emporion_products::assets::aspect::Aspect;
use emporion_products::commands;
use emporion_products::failure::{Failure, Violation};
use emporion_products::idempotency::{Idempotent, StoredAnswer};
use emporion_products::ids::ProductKey;
use emporion_products::message::Message;
use emporion_products::parts::compositions::graph;
use emporion_products::parts::compositions::graph::Reach;
use emporion_products::parts::compositions::part::Compositions;
use emporion_products::parts::compositions::shapes::{CREATE, CREATED, MAX_ALIAS, OBJECT};
use emporion_products::parts::compositions::spec::{COMPOSITE, SOURCE, SPEC};
use emporion_products::parts::compositions::stale;
use emporion_products::parts::item;
use emporion_products::parts::item::{Item, Shown};
use emporion_products::parts::part::Part;
use emporion_products::parts::spec::Fields;
use emporion_products::parts::unique::Taken;
use emporion_products::parts::{wire, writes};
use emporion_products::problems::RULE_EXISTS;
use emporion_products::read_context::ReadContext;
use emporion_products::refs;
use emporion_products::warning::Warning;
use http::Method;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::commit::{self, Key, Makes};
use crate::door::Door;
use crate::envelope::Reply;
use crate::operation::{Operation, Root};
use crate::shapes::common::IDEMPOTENCY_KEY;
use crate::subject;
use emporion_products::decision::{self, Decision};
use emporion_products::fields::{self, Checked};

/// `POST` on the collection.
pub fn row() -> Operation {
    let summary = "Compose a {product} of others";
    Operation::new(Method::POST, Root::Products, "/{dataProductId}/compositions", "compositions_create", summary)
        .section(SPEC.section)
        .with(&[IDEMPOTENCY_KEY])
        .takes(&CREATE)
        .gives(&CREATED)
        .creates()
        .errors(&[404, 409, 415, 422])
        .by(create)
}

/// What a request asks to be composed.
#[derive(Debug, Clone)]
pub struct CreateRequest {
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

fn requests(body: &Map<String, Value>) -> Result<Vec<CreateRequest>, Failure> {
    let (mut requests, mut broken) = (Vec::new(), Vec::new());
    let mut read = |entry: &Map<String, Value>, at: &str| {
        let key = entry.get("sourceDataProductId").and_then(Value::as_str).unwrap_or_default();
        let pointer = format!("{at}/sourceDataProductId");
        let alias = entry.get("alias").and_then(Value::as_str).map(str::to_owned);
        let include = entry.get("include").filter(|include| include.as_object().is_some_and(|names| !names.is_empty()));
        match ProductKey::parse(key) {
            Some(source) => requests.push(CreateRequest { pointer, source, alias, include: include.cloned() }),
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
    if broken.is_empty() { Ok(requests) } else { Err(Failure::invalid(broken)) }
}

/// Looks the sources up, gives aliases, and holds everything against what the product is composed of already.
///
/// Errors: 422 with every source that the caller cannot see; 409 for what is taken; 422 for cycles and depth.
pub async fn compose(
    reading: &Reading<'_>,
    product: RecordId,
    items: &[Item],
    requests: &[CreateRequest],
) -> Result<Vec<Composed>, Failure> {
    let catalog = reading.catalog();
    let mut sources = Vec::with_capacity(requests.len());
    let mut broken = Vec::new();
    for request in requests {
        let target = refs::product(catalog, &request.source);
        match reading.get(&target, States::Alive, &Depth::bare()).await {
            Ok(view) => sources.push(view),
            Err(Problem::NotFound { what, .. }) => {
                let message = Message::with("there is no {product} \"{}\"", [what]);
                broken.push(Violation::new(request.pointer.clone(), RULE_EXISTS, message));
            }
            Err(other) => return Err(other.into()),
        }
    }
    if !broken.is_empty() {
        return Err(Failure::invalid(broken));
    }
    let above = graph::above(reading, product, Reach::Drafted).await?;
    let staying = items.iter().filter(|item| !item.is_pending_delete());
    let mut taken = Taken::by(&SPEC, staying.map(|item| (item.fields(), ())));
    let mut composed = Vec::with_capacity(requests.len());
    for (request, source) in requests.iter().zip(sources) {
        if let Some(failure) = graph::wrong(reading, product, source.id(), above, Reach::Drafted).await? {
            return Err(failure);
        }
        let alias = request.alias.clone().unwrap_or_else(|| free_alias(&source.record.name, &taken));
        let mut fields = Fields::new();
        fields.insert(SOURCE.to_owned(), source.id().to_string().into());
        fields.insert("alias".to_owned(), alias.into());
        fields.extend(request.include.clone().map(|include| ("include".to_owned(), include)));
        if let Some(clash) = taken.clash(&fields, |()| true) {
            return Err(Failure::taken(clash));
        }
        taken.take(&fields, ());
        composed.push(Composed { item: Item::fresh(writes::fresh_id()), fields });
    }
    Ok(composed)
}

/// The commands that store compositions.
pub fn commands_for(door: &Door, product: RecordId, composed: &[Composed], is_live: bool) -> Vec<Command> {
    let write = if is_live { writes::live } else { writes::drafted };
    composed.iter().flat_map(|one| write(&SPEC, &door.products.catalog, product, &one.item, &one.fields)).collect()
}

/// The name in lower case, with underscores for all else, and a number where that is taken.
fn free_alias(name: &str, taken: &Taken<()>) -> String {
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
    let is_free = |alias: &str| {
        let fields = Fields::from_iter([("alias".to_owned(), alias.into())]);
        taken.clash(&fields, |()| true).is_none()
    };
    let numbered = (2..).map(|number| format!("{slug}_{number}"));
    std::iter::once(slug.to_owned()).chain(numbered).find(|alias| is_free(alias)).unwrap_or_default()
}

async fn create(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, Some(Makes::part(&SPEC)))?;
    let Checked { body, warnings } =
        fields::check_all(&CREATE, &[&OBJECT], body, call.is_strict(), &|body, broken| {
            Compositions.check_body(body, broken)
        })?;
    let composing = Composing {
        requests: requests(&body)?,
        is_live: body.get("isDeployed").and_then(Value::as_bool).unwrap_or(false),
        is_list: body.contains_key("sources"),
        warnings,
    };
    let product = subject::editable(&door, &call).await?.seen();
    let (door, call, composing) = (&*door, &call, &composing);
    let decide = |stored: Option<StoredAnswer<Reply>>| async move {
        let _turn = door.products.turn(product.record_id()).await;
        let decide = |decision| decide(door, call, product, composing, stored.clone(), decision);
        decision::until_it_stands(decide).await
    };
    key.once(door, call, decide).await
}

/// What one request composes.
struct Composing {
    requests: Vec<CreateRequest>,
    is_live: bool,
    is_list: bool,
    warnings: Vec<Warning>,
}

async fn decide(
    door: &Door,
    call: &Call,
    product: SeenId,
    composing: &Composing,
    stored: Option<StoredAnswer<Reply>>,
    decision: Decision,
) -> Result<Idempotent<Reply>, Failure> {
    let &Composing { ref requests, is_live, is_list, ref warnings } = composing;
    let catalog = &door.products.catalog;
    let mut warnings = warnings.clone();
    let reading = catalog.reading(&call.caller).await?;
    let items = item::of_product(&SPEC, &reading, product).await?;
    let cx = ReadContext { products: &door.products, reading: &reading, product };
    let composed = compose(&reading, product.record_id(), &items, requests).await?;
    if is_live {
        let live = items.iter().filter(|item| item.live.is_some());
        let taken = Taken::by(&SPEC, live.map(|item| (item.live_fields(), ())));
        if let Some(clash) = composed.iter().find_map(|one| taken.clash(&one.fields, |()| true)) {
            return Err(Failure::taken(clash));
        }
    }
    let annotations =
        Compositions.annotate(&cx, composed.iter().map(|one| (one.item.id, &one.fields)).collect()).await?;
    let is_stale =
        |one: &&Composed| annotations.get(&one.item.id).is_some_and(|annotation| annotation["status"] == "stale");
    for one in composed.iter().filter(is_stale) {
        warnings.extend(stale::warning(&cx, &one.fields).await?);
    }
    drop(reading);
    let product = product.record_id();
    let mut commands = commands_for(door, product, &composed, is_live);
    if items.is_empty() {
        commands.push(writes::setting(catalog, product, COMPOSITE, true));
    }
    let location = match composed.as_slice() {
        [one] => format!("/data-products/{product}/{}/{}", SPEC.folder, one.item.id),
        _ => format!("/data-products/{product}/{}", SPEC.folder),
    };
    let location = call.location(&location);
    let print = move |outcome: &Outcome| {
        let items: Vec<Item> = composed.iter().map(|one| one.item.clone().after(&SPEC, outcome)).collect();
        let print = |item: &Item| {
            let annotation = annotations.get(&item.id);
            wire::print(&Compositions, &Shown { item, product, aspect: Aspect::Drafted, leads: false, annotation })
        };
        let printed: Vec<Value> = items.iter().map(print).collect();
        let reply = match printed.as_slice() {
            [one] if !is_list => {
                let reply = Reply::created(json!({SPEC.one: one}), location.clone());
                reply.tag(&items[0].tag())
            }
            _ => Reply::created(json!({SPEC.many: printed, "count": printed.len()}), location.clone()),
        };
        reply.warn(warnings.iter().cloned())
    };
    commit::decided(door, call, &decision, &commands::together(commands), stored, print).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use emporion_products::parts::compositions::shapes::is_alias;

    #[test]
    fn an_alias_is_made_of_the_name_and_kept_apart_from_others() {
        let mut taken = Taken::nothing(&SPEC);
        assert_eq!(free_alias("Sales – EMEA 2026!", &taken), "sales_emea_2026");
        assert_eq!(free_alias("2026", &taken), "p_2026");
        assert_eq!(free_alias("Ümsatz", &taken), "msatz");
        assert!(is_alias(&free_alias(&"x y".repeat(80), &taken)) && is_alias(&free_alias("!!!", &taken)));
        taken.take(json!({"alias": "sales"}).as_object().expect("an object"), ());
        assert_eq!(free_alias("Sales", &taken), "sales_2");
    }
}
