//! `POST unstructured-assets`: a file in a form, or a text in JSON.

use std::sync::Arc;

use bytes::Bytes;
use emporion_catalog::command::Draft;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Seen;
use emporion_documents::Format;
use emporion_products::commands;
use emporion_products::content_state::ContentState;
use emporion_products::failure::{Failure, Violation};
use emporion_products::idempotency::{self, Idempotent, StoredAnswer};
use emporion_products::parts::item::{Item, Shown};
use emporion_products::parts::spec::Fields;
use emporion_products::parts::unstructured_assets::document::MAX_FILE;
use emporion_products::parts::unstructured_assets::document::{Document, StoredDocument};
use emporion_products::parts::unstructured_assets::part::UnstructuredAssets;
use emporion_products::parts::unstructured_assets::part::{CONTENT, PASSAGES_ID, SPEC};
use emporion_products::parts::unstructured_assets::shapes::{CREATE, METADATA, OBJECT};
use emporion_products::parts::writes;
use emporion_products::refs;
use emporion_products::warning::Warning;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::http_failures;
use crate::idempotency_key::{Key, Makes};
use crate::parts::handlers;
use crate::parts::{paths, wire};
use crate::subject;
use crate::upload;
use crate::upload::Upload;
use emporion_products::fields::{self, Checked};

const FORMATS: &str = "text/plain, text/markdown, text/csv, text/html, application/pdf";

/// What a request asks to be kept.
struct CreateRequest {
    body: Map<String, Value>,
    document: Document,
    /// What tells the request from others.
    identity: Value,
    warnings: Vec<Warning>,
}

pub async fn create(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let request = match upload::read(&call).await? {
        Some(upload) => of_form(upload, call.is_strict())?,
        None => of_json(&call)?,
    };
    let key = Key::of(&call, &request.identity, Some(Makes::part(&SPEC)))?;
    let product = subject::editable(&door, &call).await?.seen().record_id();
    key.once(&door, &call, |stored| decide(&door, &call, product, request, stored)).await
}

async fn decide(
    door: &Door,
    call: &Call,
    product: RecordId,
    request: CreateRequest,
    stored: Option<StoredAnswer<Reply>>,
) -> Result<Idempotent<Reply>, Failure> {
    let CreateRequest { body, document, warnings, .. } = request;
    let is_live = handlers::asks_to_deploy(&body);
    let catalog = &door.products.catalog;
    let mut fields: Fields = wire::read(&SPEC, catalog.kind(SPEC.kind), &body);
    let StoredDocument { fields: read, data, passages } = document.stored(&door.products).await?;
    fields.extend(read);
    let mut commands = Vec::with_capacity(4);
    let mut hold = |kind: &str, field: &str, holds: &str, value: Value| {
        let id = RecordId::fresh();
        fields.insert(field.to_owned(), id.to_string().into());
        let mut draft = Draft { name: Some(id.to_string()), ..Draft::default() };
        draft.set(holds, value);
        let parent = Some(refs::product_id(catalog, product));
        commands.push(commands::create(catalog.kind(kind), parent, id, draft));
    };
    hold("document_content", CONTENT, "data", data.into());
    if !passages.is_empty() {
        hold("document_passages", PASSAGES_ID, "passages", passages.into());
    }
    let item = Item::fresh(writes::fresh_id());
    commands.extend(writes::stored(&SPEC, catalog, product, &item, &fields, is_live));
    let location = call.location(&format!("/data-products/{product}/{}/{}", paths::of(&SPEC).folder, item.id));
    let command = commands::together(commands);
    idempotency::commit(catalog, &call.caller, &command, stored, None, move |outcome| {
        let item = item.clone().after(&SPEC, outcome);
        let shown = Shown { item: &item, product, state: ContentState::Drafted, leads: false, annotation: None };
        Reply::new(202, json!({SPEC.one: wire::print(&UnstructuredAssets, &shown)}))
            .located(location.clone())
            .tag(&item.tag())
            .warn(warnings.iter().cloned())
    })
    .await
}

/// Errors: 415 for a file that is none of the formats, or not the one that it is said to be.
fn of_form(upload: Upload, strict: bool) -> Result<CreateRequest, Failure> {
    let Upload { bytes, name, media_type, metadata } = upload;
    let told = Format::told(media_type.as_deref(), &name)
        .ok_or_else(|| http_failures::unsupported_media_type(media_type.as_deref().unwrap_or_default(), FORMATS))?;
    let format = Format::of_upload(media_type.as_deref(), &name, &bytes).ok_or_else(|| {
        let why = match told {
            Format::Pdf => "it lacks the mark of a PDF",
            _ => "it is not text in UTF-8 without NUL",
        };
        http_failures::not_its_media_type(told.media_type(), why)
    })?;
    let checked = fields::check(&METADATA, &[&OBJECT], metadata, strict).map_err(|failure| failure.below("/metadata"));
    let Checked { mut body, mut warnings } = checked?;
    for path in warnings.iter_mut().filter_map(|warning| warning.path.as_mut()) {
        path.insert_str(0, "/metadata");
    }
    if body.get("name").is_none_or(Value::is_null) {
        body.insert("name".to_owned(), name.into());
    }
    let document = Document { kind: "file", format, bytes };
    let identity = json!({"metadata": body, "mediaType": format.media_type(), "sha256": document.sha256()});
    Ok(CreateRequest { body, document, identity, warnings })
}

fn of_json(call: &Call) -> Result<CreateRequest, Failure> {
    let identity = call.body()?;
    let Checked { body, warnings } =
        fields::check_all(&CREATE, &[&OBJECT], identity.clone(), call.is_strict(), &check_body)?;
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
    if text.len() > MAX_FILE {
        return Err(http_failures::payload_too_large(MAX_FILE));
    }
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    let format = Format::of_name(name).filter(|format| *format != Format::Pdf).unwrap_or(Format::Text);
    let document = Document { kind: "text", format, bytes: Bytes::copy_from_slice(text.as_bytes()) };
    Ok(CreateRequest { body, document, identity, warnings })
}

fn check_body(body: &Map<String, Value>, broken: &mut Vec<Violation>) {
    match body.get("kind").and_then(Value::as_str) {
        Some("file") => {
            broken.push(Violation::new("/kind", "multipart", "a file is sent as multipart/form-data"));
        }
        Some("url") => {
            // Whoever could name addresses could reach what only this server reaches.
            broken.push(Violation::new("/url", "allowedHost", "this server fetches nothing from addresses"));
        }
        Some("text") if body.get("text").is_none_or(Value::is_null) => {
            broken.push(Violation::new("/text", "required", "is required"));
        }
        _ => {}
    }
}
