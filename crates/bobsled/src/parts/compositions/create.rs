//! `POST compositions`: a product is composed of one other, or of several at once.

use std::sync::Arc;

use emporion_products::failure::{Failure, Violation};
use emporion_products::fields::{self, Checked};
use emporion_products::ids::ProductKey;
use emporion_products::parts::change;
use emporion_products::parts::compositions::create::{self as compositions, CompositionDraft, Created};
use emporion_products::parts::compositions::part::Compositions;
use emporion_products::parts::compositions::shapes::{CREATE, CREATED, OBJECT};
use emporion_products::parts::compositions::spec::SPEC;
use emporion_products::parts::members;
use emporion_products::parts::part::Part;
use http::Method;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::{Key, Makes};
use crate::operation::{Operation, Root};
use crate::parts::paths;
use crate::shapes::common::IDEMPOTENCY_KEY;

/// `POST` on the collection.
pub fn row() -> Operation {
    let summary = "Compose a {product} of others";
    Operation::new(Method::POST, Root::Products, "/{dataProductId}/compositions", "compositions_create", summary)
        .section(paths::of(&SPEC).section)
        .with(&[IDEMPOTENCY_KEY])
        .takes(&CREATE)
        .gives(&CREATED)
        .creates()
        .errors(&[404, 409, 415, 422])
        .by(create)
}

fn drafts(body: &Map<String, Value>) -> Result<Vec<CompositionDraft>, Failure> {
    let (mut drafts, mut broken) = (Vec::new(), Vec::new());
    let mut read = |entry: &Map<String, Value>, at: &str| {
        let key = entry.get("sourceDataProductId").and_then(Value::as_str).unwrap_or_default();
        let pointer = format!("{at}/sourceDataProductId");
        let alias = entry.get("alias").and_then(Value::as_str).map(str::to_owned);
        let include = entry.get("include").filter(|include| include.as_object().is_some_and(|names| !names.is_empty()));
        match ProductKey::parse(key) {
            Some(source) => drafts.push(CompositionDraft { pointer, source, alias, include: include.cloned() }),
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
    if broken.is_empty() { Ok(drafts) } else { Err(Failure::invalid(broken)) }
}

async fn create(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, Some(Makes::part(&SPEC)))?;
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<_>| Compositions.check_body(body, broken);
    let Checked { body, warnings } = fields::check_all(&CREATE, &[&OBJECT], body, call.is_strict(), &check_body)?;
    let drafts = drafts(&body)?;
    let (is_live, is_list) = (change::asks_to_deploy(&body), body.contains_key("sources"));
    let request = call.of_product()?;
    let account = call.location("");
    let print = move |created: &Created| {
        let reply = printed(created, &account, is_list);
        reply.warn(warnings.iter().cloned()).warn(created.warnings.iter().cloned())
    };
    key.answer(&call, print, |stored| compositions::create(&door.products, &request, &drafts, is_live, stored)).await
}

fn printed(created: &Created, account: &str, is_list: bool) -> Reply {
    let Created { product, items, .. } = created;
    let printed: Vec<Value> = items.iter().map(|seen| members::print(&Compositions, seen)).collect();
    let folder = format!("{account}/data-products/{product}/{}", paths::of(&SPEC).folder);
    let location = match items.as_slice() {
        [one] => format!("{folder}/{}", one.item.id),
        _ => folder,
    };
    match printed.as_slice() {
        [one] if !is_list => Reply::created(json!({SPEC.one: one}), location).tag(&items[0].item.tag()),
        _ => Reply::created(json!({SPEC.many: printed, "count": printed.len()}), location),
    }
}
