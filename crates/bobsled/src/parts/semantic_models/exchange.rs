//! Whole models: stored, checked, read in any format, changed.

use std::future::ready;
use std::sync::Arc;

use emporion_catalog::load::Depth;
use emporion_catalog::reading::SeenId;
use emporion_products::content_state::ContentState;
use emporion_products::failure::Failure;
use emporion_products::fields::{self, Checked};
use emporion_products::parts::change::{Content, Writing};
use emporion_products::parts::item::{self, Item, Shown};
use emporion_products::parts::members;
use emporion_products::parts::semantic_models::body::{self, Taken};
use emporion_products::parts::semantic_models::document::model_of;
use emporion_products::parts::semantic_models::examine::{self, Judgement, examination, judge};
use emporion_products::parts::semantic_models::part::SemanticModels;
use emporion_products::parts::semantic_models::shapes::{CHANGE, CREATE, OBJECT};
use emporion_products::parts::semantic_models::spec::SPEC;
use emporion_products::parts::semantic_models::{hidden, redaction};
use emporion_products::parts::spec::Fields;
use emporion_products::read_context::ReadContext;
use emporion_semantic::model::{self, Format};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::{Key, Makes};
use crate::parts::handlers;
use crate::subject;

const YAML: &str = "application/yaml";
const JSON: &str = "application/json";

/// `data` of an answer that shows a model.
pub fn answer(shown: &Shown<'_>) -> Value {
    json!({SPEC.one: members::print(&SemanticModels, shown)})
}

/// `POST` on the collection.
pub async fn create(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, Some(Makes::part(&SPEC)))?;
    let Checked { body, warnings } =
        fields::check_all(&CREATE, &[&OBJECT], body, call.is_strict(), &body::one_document)?;
    let product = subject::editable(&door, &call).await?;
    let prepare = async {
        let is_live = handlers::asks_to_deploy(&body);
        // A large document takes a while, and other requests do not wait for it.
        let reading = tokio::task::spawn_blocking(move || (body::created(&body), body));
        let (taken, body) = reading.await.map_err(|_| Failure::internal())?;
        let taken = taken?;
        Ok(Writing {
            target: None,
            body,
            warnings,
            is_live,
            content: Box::new(move |_| Ok(content(taken.clone()))),
            annotation: None,
            answer: Arc::new(answer),
            condition: call.if_match()?,
        })
    };
    handlers::store(&SemanticModels, &door, &call, product, key, prepare, Some(String::new())).await
}

/// What is to be stored, with the examination that goes with it.
pub fn content(taken: Taken) -> Content {
    Content { fields: taken.fields, examine: examination(taken.report) }
}

/// `POST semantic-models/validate`: says of a body what storing it would, as the product's model of that name where
/// there is one.
pub async fn validate(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let Checked { body, warnings } =
        fields::check_all(&CREATE, &[&OBJECT], call.body()?, call.is_strict(), &body::one_document)?;
    let product = subject::editable(&door, &call).await?.seen();
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_live = handlers::asks_to_deploy(&body);
    let reading = tokio::task::spawn_blocking(move || body::read(&body));
    let judgement = match reading.await.map_err(|_| Failure::internal())? {
        Err(errors) => Judgement { errors, ..Judgement::default() },
        Ok(Taken { fields, report }) => {
            let reading = door.products.catalog.reading(&call.caller).await?;
            let cx = ReadContext { products: &door.products, reading: &reading, product };
            let items = item::of_product(&SPEC, cx.reading, product).await?;
            // A model of that name is the one that this would replace.
            let others: Vec<&Item> = items.iter().filter(|item| !examine::is_called(item, &name)).collect();
            let state = if is_live { ContentState::Live } else { ContentState::Drafted };
            let replaced = items.iter().find(|item| examine::is_called(item, &name)).map(Item::fields);
            judge(&cx, &fields, replaced, &report, &others, state).await?
        }
    };
    Ok(Reply::ok(json!({"validation": judgement.print()})).warn(warnings))
}

/// `GET` of one: in the envelope, or, where a format or YAML is asked for, the document alone.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = handlers::id_of(&SPEC, &call)?;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &Depth::bare()).await?;
    let item = item::find(&SPEC, &reading, &view, id).await?;
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    let hidden = hidden::of_item(&cx, &item).await?;
    let fields = redaction::fields(item.fields(), hidden.as_ref());
    let reply = match document(&fields, call.text("format"), call.request.header("accept")) {
        Some((media_type, text)) => Reply::document(media_type, text),
        None => {
            let (product, annotation) = (view.id(), hidden.as_ref());
            Reply::ok(answer(&Shown { item: &item, product, state: ContentState::Drafted, leads: false, annotation }))
        }
    };
    Ok(reply.tag(&item.tag()))
}

/// The document in the format and the syntax that are asked for; `None` where neither is.
fn document(fields: &Fields, format: Option<&str>, accept: Option<&str>) -> Option<(&'static str, String)> {
    let accepts = |wanted: &[&str]| {
        let named = accept.unwrap_or_default().split(',');
        named.filter_map(|range| range.split(';').next()).any(|range| wanted.contains(&range.trim()))
    };
    let wants_yaml = accepts(&[YAML, "application/x-yaml", "text/yaml"]);
    if format.is_none() && !wants_yaml {
        return None;
    }
    let model = model_of(fields)?;
    let document = model::export(&model, format.and_then(Format::named).unwrap_or(Format::Osi));
    let is_json = !wants_yaml && (format == Some("json") || accepts(&[JSON]));
    if is_json {
        return Some((JSON, document.to_string()));
    }
    Some((YAML, model::to_yaml(&document)))
}

/// The text of a change is read once, however often the change is decided, and other requests do not wait for it.
async fn parse_content(
    door: &Door,
    call: &Call,
    product: SeenId,
    id: Uuid,
    body: &Map<String, Value>,
) -> Result<Option<body::ParsedContent>, Failure> {
    if !body::has_text(body) {
        return Ok(None);
    }
    let name = {
        let reading = door.products.catalog.reading(&call.caller).await?;
        let item = item::find(&SPEC, &reading, product, id).await?;
        body::name_after(item.fields(), body)
    };
    let body = body.clone();
    let read = tokio::task::spawn_blocking(move || body::ParsedContent::parse(&body, name)).await;
    read.map(Some).map_err(|_| Failure::internal())
}

/// `PATCH` of one.
pub async fn change(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let Checked { body, warnings } =
        fields::check_all(&CHANGE, &[&OBJECT], call.body()?, call.is_strict(), &body::at_most_one_document)?;
    if body.get("remove").and_then(Value::as_bool) == Some(true) {
        return Ok(handlers::delete(&SemanticModels, door, call).await?.warn(warnings));
    }
    let id = handlers::id_of(&SPEC, &call)?;
    let product = subject::editable(&door, &call).await?;
    let asked = body.clone();
    let read = parse_content(&door, &call, product.seen(), id, &body).await?;
    let writing = Writing {
        target: Some(id),
        is_live: handlers::asks_to_deploy(&body),
        body,
        warnings,
        content: Box::new(move |before| {
            Ok(content(body::changed(before.unwrap_or(&Fields::new()), &asked, read.as_ref())?))
        }),
        annotation: None,
        answer: Arc::new(answer),
        condition: call.if_match()?,
    };
    handlers::store(&SemanticModels, &door, &call, product, Key::none(), ready(Ok(writing)), None).await
}
