//! `PATCH unstructured-assets/{id}`: name, description and tags, as a draft or live.

use std::sync::Arc;

use emporion_catalog::reading::{Seen, SeenId};
use emporion_edge::etag::IfMatch;
use emporion_products::commands;
use emporion_products::content_state::ContentState;
use emporion_products::failure::Failure;
use emporion_products::idempotency::Idempotent;
use emporion_products::parts::item;
use emporion_products::parts::item::Shown;
use emporion_products::parts::unstructured_assets::part::SPEC;
use emporion_products::parts::unstructured_assets::part::UnstructuredAssets;
use emporion_products::parts::unstructured_assets::shapes::{OBJECT, UPDATE};
use emporion_products::parts::writes;
use emporion_products::warning::Warning;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::Key;
use crate::parts::handlers;
use crate::parts::wire;
use crate::subject;
use emporion_products::decision::{self, Decision};
use emporion_products::fields::{self, Checked};
use emporion_products::parts::change;

pub async fn update(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<_>| {
        fields::says_nothing(body, "say what to change", broken);
        fields::cannot_be_removed(body, &["name"], broken);
    };
    let Checked { body, warnings } =
        fields::check_all(&UPDATE, &[&OBJECT], call.body()?, call.is_strict(), &check_body)?;
    let id = handlers::id_of(&SPEC, &call)?;
    let condition = call.if_match()?;
    let product = subject::editable(&door, &call).await?.seen();
    let _turn = door.products.turn(product.record_id()).await;
    let change = Change { product, id, condition: condition.as_ref(), body: &body, warnings: &warnings };
    let decide = |decision| decide(&door, &call, change, decision);
    Key::none().once(&door, &call, |_| decision::until_it_stands(decide)).await
}

#[derive(Clone, Copy)]
struct Change<'a> {
    product: SeenId,
    id: Uuid,
    condition: Option<&'a IfMatch>,
    body: &'a Map<String, Value>,
    warnings: &'a [Warning],
}

async fn decide(
    door: &Door,
    call: &Call,
    change: Change<'_>,
    decision: Decision,
) -> Result<Idempotent<Reply>, Failure> {
    let Change { product, id, condition, body, warnings } = change;
    let catalog = &door.products.catalog;
    let reading = catalog.reading(&call.caller).await?;
    let item = item::find(&SPEC, &reading, product, id).await?;
    drop(reading);
    let product = product.record_id();
    change::check_tag(condition, &item)?;
    let mut wanted = writes::own(&SPEC, catalog, item.fields());
    wire::change(&UPDATE, catalog.kind(SPEC.kind), body, &mut wanted);
    let commands = writes::stored(&SPEC, catalog, product, &item, &wanted, handlers::asks_to_deploy(body));
    let warnings = warnings.to_vec();
    let reply = move |item: &item::Item| {
        let shown = Shown { item, product, state: ContentState::Drafted, leads: false, annotation: None };
        Reply::ok(json!({SPEC.one: wire::print(&UnstructuredAssets, &shown)}))
            .tag(&item.tag())
            .warn(warnings.iter().cloned())
    };
    if commands.is_empty() {
        return Ok(Idempotent::Fresh(reply(&item)));
    }
    let command = commands::together(commands);
    decision
        .commit(&door.products, &call.caller, &command, None, move |outcome| reply(&item.clone().after(&SPEC, outcome)))
        .await
}
