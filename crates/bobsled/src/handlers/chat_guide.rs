//! `GET chat/guide` and `GET chat/fit`: what can be asked of a product, and whether a question is one for it. Neither asks a
//! source, nor keeps anything.

use std::sync::Arc;

use emporion_products::chat::request::USUAL_LOCALE;
use emporion_products::chat::{prepared, zone};
use emporion_products::failure::Failure;
use serde_json::{Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;

pub async fn guide(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let prepared = prepared::prepare(&door.products, &call.of_product()?, false).await?;
    let (text, questions) = prepared.guide(zone::day(door.products.now_ms()), USUAL_LOCALE);
    Ok(Reply::ok(json!({"text": text, "questions": questions})))
}

pub async fn fit(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let prepared = prepared::prepare(&door.products, &call.of_product()?, false).await?;
    let fit = prepared.fit(call.text("question").unwrap_or_default(), zone::day(door.products.now_ms()), USUAL_LOCALE);
    let names: Vec<Value> = fit.names.iter().map(|(name, of)| json!({"name": name, "type": of})).collect();
    Ok(Reply::ok(json!({"understood": fit.understood, "names": names, "unknownTerms": fit.unknown})))
}
