//! `GET chat/guide` and `GET chat/fit`: what can be asked of a product, and whether a question is one for it. Neither asks a
//! source, nor keeps anything.

use std::sync::Arc;

use emporion_products::chat::help::{self, Guide};
use emporion_products::failure::Failure;
use serde_json::{Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;

pub async fn guide(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let Guide { text, questions } = help::guide(&door.products, &call.of_product()?).await?;
    Ok(Reply::ok(json!({"text": text, "questions": questions})))
}

pub async fn fit(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let question = call.text("question").unwrap_or_default();
    let fit = help::fit(&door.products, &call.of_product()?, question).await?;
    let names: Vec<Value> = fit.names.iter().map(|(name, of)| json!({"name": name, "type": of.word()})).collect();
    Ok(Reply::ok(json!({"understood": fit.understood.word(), "names": names, "unknownTerms": fit.unknown})))
}
