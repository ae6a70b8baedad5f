//! A file and what is said of it, sent as `multipart/form-data`.

use bytes::Bytes;
use emporion_edge::multipart::{self, Error, Part};
use emporion_products::failure::{Failure, RULE_TYPE, Violation};
use emporion_products::message::Message;
use emporion_products::parts::unstructured_assets::document::MAX_FILE;
use serde_json::Value;

use crate::call::Call;
use crate::{http_failures, mount};

const MAX_METADATA: usize = 64 << 10;
/// The parts of a request.
const FILE: &str = "file";
const METADATA: &str = "metadata";

/// What came with a request.
#[derive(Debug)]
pub struct Upload {
    pub bytes: Bytes,
    /// What the client calls the file; without folders, and never empty.
    pub name: String,
    /// What the client says it is.
    pub media_type: Option<String>,
    /// Canonical JSON; null where there is none.
    pub metadata: Value,
}

/// `None` when the request is not a form.
///
/// Errors: 400 for a form that cannot be read, 415 for one without a boundary, 413 for parts that are too long, 422 for parts that are missing, twice
/// there, or not known.
pub async fn read(call: &Call) -> Result<Option<Upload>, Failure> {
    let parts = multipart::parts(&call.request, (FILE, MAX_FILE), MAX_METADATA).await.map_err(failure)?;
    let Some(parts) = parts else { return Ok(None) };
    let (mut file, mut metadata) = (None, None);
    let mut broken = Vec::new();
    for part in parts {
        let name = part.name.clone();
        let is_new = match name.as_str() {
            FILE => file.replace(part).is_none(),
            METADATA => metadata.replace(part.bytes).is_none(),
            _ => {
                let message = Message::with("the form has no part \"{}\", only file and metadata", [name.clone()]);
                broken.push(Violation::new(format!("/{name}"), "unknown", message));
                true
            }
        };
        if !is_new {
            broken.push(Violation::new(format!("/{name}"), "unique", "stands twice in the form"));
        }
    }
    let metadata = metadata.map_or(Ok(Value::Null), |bytes| parsed(&bytes))?;
    let Some(Part { file_name, media_type, bytes, .. }) = file else {
        broken.push(Violation::new("/file", "required", "is required"));
        return Err(Failure::invalid(broken));
    };
    if bytes.is_empty() {
        broken.push(Violation::new("/file", "minLength", "is empty"));
    }
    if !broken.is_empty() {
        return Err(Failure::invalid(broken));
    }
    let name = file_name.unwrap_or_else(|| multipart::file_name(""));
    Ok(Some(Upload { bytes, name, media_type, metadata }))
}

fn parsed(bytes: &[u8]) -> Result<Value, Failure> {
    let value = emporion_edge::json::parse_strictly(bytes).map_err(|error| {
        Failure::invalid_field("/metadata", RULE_TYPE, Message::verbatim(format!("is not JSON: {error}")))
    })?;
    mount::from_wire(value).map_err(|contradiction| http_failures::contradiction(&contradiction))
}

fn failure(error: Error) -> Failure {
    match error {
        Error::NoBoundary => http_failures::without_boundary(),
        Error::FieldSizeExceeded { limit, field_name } => {
            let failure = http_failures::payload_too_large(usize::try_from(limit).unwrap_or(usize::MAX));
            failure.detail("part", field_name)
        }
        // Its texts repeat nothing of the content.
        other => Failure::bad_request(Message::verbatim(format!("the form cannot be read: {other}"))),
    }
}
