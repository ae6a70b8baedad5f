//! `POST unstructured-assets`: a file in a form, or a text in JSON.

use std::sync::Arc;

use bytes::Bytes;
use emporion_documents::Format;
use emporion_products::failure::{Failure, Violation};
use emporion_products::fields::{self, Checked};
use emporion_products::parts::change;
use emporion_products::parts::item::SeenItem;
use emporion_products::parts::members;
use emporion_products::parts::unstructured_assets::document::{Document, DocumentError, MAX_FILE};
use emporion_products::parts::unstructured_assets::part::{SPEC, UnstructuredAssets};
use emporion_products::parts::unstructured_assets::shapes::{CREATE, METADATA, OBJECT};
use emporion_products::parts::unstructured_assets::write::{self, DocumentDraft};
use emporion_products::warning::Warning;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::http_failures;
use crate::idempotency_key::{Key, Makes};
use crate::parts::paths;
use crate::upload::{self, Upload};

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
    let CreateRequest { body, document, warnings, .. } = request;
    let fields = members::read(&SPEC, door.products.catalog.kind(SPEC.kind), &body);
    let draft = DocumentDraft { fields, document, is_live: change::asks_to_deploy(&body) };
    let request = call.of_product()?;
    let account = call.location("");
    let print = move |written: &SeenItem| {
        let SeenItem { product, item, .. } = written;
        let folder = paths::of(&SPEC).folder;
        let location = format!("{account}/data-products/{product}/{folder}/{}", item.id);
        printed(202, written).located(location).warn(warnings.iter().cloned())
    };
    key.answer(&call, print, |stored| write::create(&door.products, &request, draft, stored)).await
}

/// The asset that was written.
pub fn printed(status: u16, written: &SeenItem) -> Reply {
    Reply::new(status, json!({SPEC.one: members::print(&UnstructuredAssets, written)})).tag(&written.item.tag())
}

/// Errors: 415 for a file that is none of the formats, or not the one that it is said to be.
fn of_form(upload: Upload, strict: bool) -> Result<CreateRequest, Failure> {
    let Upload { bytes, name, media_type, metadata } = upload;
    let document = Document::of_upload(media_type.as_deref(), &name, bytes).map_err(|why| match why {
        DocumentError::Unread => {
            http_failures::unsupported_media_type(media_type.as_deref().unwrap_or_default(), FORMATS)
        }
        DocumentError::Otherwise(declared, why) => http_failures::not_its_media_type(declared.media_type(), why),
    })?;
    let checked = fields::check(&METADATA, &[&OBJECT], metadata, strict).map_err(|failure| failure.below("/metadata"));
    let Checked { mut body, mut warnings } = checked?;
    for path in warnings.iter_mut().filter_map(|warning| warning.path.as_mut()) {
        path.insert_str(0, "/metadata");
    }
    if body.get("name").is_none_or(Value::is_null) {
        body.insert("name".to_owned(), name.into());
    }
    let identity = json!({"metadata": body, "mediaType": document.format.media_type(), "sha256": document.sha256()});
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
