//! `PATCH unstructured-assets/{id}`: name, description and tags, as a draft or live.

use std::sync::Arc;

use emporion_edge::etag::IfMatch;
use emporion_products::failure::Failure;
use emporion_products::fields::{self, Checked};
use emporion_products::parts::change;
use emporion_products::parts::members;
use emporion_products::parts::unstructured_assets::part::SPEC;
use emporion_products::parts::unstructured_assets::shapes::{OBJECT, UPDATE};
use emporion_products::parts::unstructured_assets::write::{self, DocumentChange};
use serde_json::{Map, Value};

use super::create::printed;
use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::parts::handlers;

pub async fn update(door: Arc<Door>, call: Call, condition: Option<IfMatch>) -> Result<Reply, Failure> {
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<_>| {
        fields::says_nothing(body, "say what to change", broken);
        fields::cannot_be_removed(body, &["name"], broken);
    };
    let Checked { body, warnings } =
        fields::check_all(&UPDATE, &[&OBJECT], call.body()?, call.is_strict(), &check_body)?;
    let change = DocumentChange {
        id: handlers::id_of(&SPEC, &call)?,
        fields: members::changes(&UPDATE, door.products.catalog.kind(SPEC.kind), &body),
        is_live: change::asks_to_deploy(&body),
        condition,
    };
    let written = write::update(&door.products, &call.of_product()?, &change).await?;
    Ok(printed(200, &written).warn(warnings))
}
