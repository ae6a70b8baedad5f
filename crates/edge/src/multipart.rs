//! Forms with files, sent as `multipart/form-data`.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use multer::{Constraints, Multipart, SizeLimit};

pub use multer::Error;

use crate::request::Request;

/// Characters of the name of a file.
const MAX_NAME: usize = 200;

/// A part of a form.
#[derive(Debug)]
pub struct Part {
    pub name: String,
    /// What the client calls the file; without folders, and never empty.
    pub file_name: Option<String>,
    /// What the client says it is.
    pub media_type: Option<String>,
    pub bytes: Bytes,
}

/// The parts of the form that a request sends: so many bytes of the one with this name, so many of each other. `None` where it
/// sends no such form.
///
/// Errors: what cannot be read, or is longer.
pub async fn parts(
    request: &Request,
    (file, most): (&str, usize),
    most_of_others: usize,
) -> Result<Option<Vec<Part>>, Error> {
    let boundary = match request.header("content-type").map(multer::parse_boundary) {
        Some(Ok(boundary)) => boundary,
        Some(Err(Error::NoBoundary)) => return Err(Error::NoBoundary),
        _ => return Ok(None),
    };
    let limits = SizeLimit::new().for_field(file, most as u64).per_field(most_of_others as u64);
    let body = stream::iter([Ok::<Bytes, Infallible>(request.body.clone())]);
    let mut form = Multipart::with_constraints(body, boundary, Constraints::new().size_limit(limits));
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await? {
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            file_name: field.file_name().map(file_name),
            media_type: field.content_type().map(ToString::to_string),
            bytes: field.bytes().await?,
        });
    }
    Ok(Some(parts))
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
