//! A file and what is said of it, sent as `multipart/form-data`.

use std::convert::Infallible;

use bytes::Bytes;
use emporion_products::failure::{Failure, RULE_TYPE, Violation};
use emporion_products::message::Message;
use emporion_products::parts::unstructured_assets::document::MAX_FILE;
use futures_util::stream;
use multer::{Constraints, Error, Multipart, SizeLimit};
use serde_json::Value;

use crate::call::Call;
use crate::{http_failures, mount};

const MAX_METADATA: usize = 64 << 10;
const MAX_NAME: usize = 200;
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
    let boundary = match call.request.header("content-type").map(multer::parse_boundary) {
        Some(Ok(boundary)) => boundary,
        Some(Err(Error::NoBoundary)) => return Err(http_failures::without_boundary()),
        _ => return Ok(None),
    };
    let limits = SizeLimit::new().for_field(FILE, MAX_FILE as u64).for_field(METADATA, MAX_METADATA as u64);
    let constraints = Constraints::new().size_limit(limits.per_field(MAX_METADATA as u64));
    let body = stream::iter([Ok::<Bytes, Infallible>(call.bytes().clone())]);
    let mut form = Multipart::with_constraints(body, boundary, constraints);
    let (mut file, mut metadata) = (None, None);
    let mut broken = Vec::new();
    while let Some(field) = form.next_field().await.map_err(failure)? {
        let part = field.name().unwrap_or_default().to_owned();
        let (name, media_type) = (field.file_name().map(file_name), field.content_type().map(ToString::to_string));
        let bytes = field.bytes().await.map_err(failure)?;
        let is_new = match part.as_str() {
            FILE => file.replace((bytes, name, media_type)).is_none(),
            METADATA => metadata.replace(bytes).is_none(),
            _ => {
                let message = Message::with("the form has no part \"{}\", only file and metadata", [part.clone()]);
                broken.push(Violation::new(format!("/{part}"), "unknown", message));
                true
            }
        };
        if !is_new {
            broken.push(Violation::new(format!("/{part}"), "unique", "stands twice in the form"));
        }
    }
    let metadata = metadata.map_or(Ok(Value::Null), |bytes| parsed(&bytes))?;
    let Some((bytes, name, media_type)) = file else {
        broken.push(Violation::new("/file", "required", "is required"));
        return Err(Failure::invalid(broken));
    };
    if bytes.is_empty() {
        broken.push(Violation::new("/file", "minLength", "is empty"));
    }
    if !broken.is_empty() {
        return Err(Failure::invalid(broken));
    }
    let name = name.unwrap_or_else(|| file_name(""));
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
        Error::FieldSizeExceeded { limit, field_name } => {
            let failure = http_failures::payload_too_large(usize::try_from(limit).unwrap_or(usize::MAX));
            failure.detail("part", field_name)
        }
        // Its texts repeat nothing of the content.
        other => Failure::bad_request(Message::verbatim(format!("the form cannot be read: {other}"))),
    }
}

/// The last segment of a path in either spelling, without characters that mean something to a terminal, a file system
/// or a header.
pub fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_safe = |c: &char| {
        !c.is_control()
            && !matches!(c, '"' | '<' | '>' | '|' | '*' | '?' | ':' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let name: String = last.chars().filter(is_safe).take(MAX_NAME).collect();
    let name = name.trim().trim_start_matches('.').trim();
    if name.is_empty() { "file".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_folders_and_what_could_harm() {
        for (given, name) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\a b.csv", "a b.csv"),
            ("x\u{202e}fdp.exe\n", "xfdp.exe"),
            ("..", "file"),
            ("", "file"),
            ("Über.md", "Über.md"),
        ] {
            assert_eq!(file_name(given), name, "{given}");
        }
        assert_eq!(file_name(&"a".repeat(500)).len(), MAX_NAME);
    }
}
