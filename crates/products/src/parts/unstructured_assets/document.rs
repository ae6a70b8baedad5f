//! A document on its way into the catalogue: its bytes, its format, and what is read from it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use emporion_catalog::id::RecordId;
use emporion_documents::Format;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::service::Products;

/// The longest document that is taken, in bytes.
pub const MAX_FILE: usize = 25 << 20;

pub struct Document {
    pub kind: &'static str,
    pub format: Format,
    pub bytes: Bytes,
}

/// Why a file is no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentError {
    /// It is said to be something that is not read.
    Unread,
    /// It is not what it is said to be: why not.
    Otherwise(Format, &'static str),
}

/// What the catalogue keeps of a document.
pub struct StoredDocument {
    /// Fields of the asset.
    pub fields: Map<String, Value>,
    /// The bytes in base64.
    pub data: String,
    /// None where no text could be read.
    pub passages: Vec<Value>,
}

impl Document {
    /// Of a file that is called so, and said to be of a media type.
    pub fn of_upload(media_type: Option<&str>, name: &str, bytes: Bytes) -> Result<Document, DocumentError> {
        let told = Format::told(media_type, name).ok_or(DocumentError::Unread)?;
        let format = Format::of_upload(media_type, name, &bytes).ok_or(match told {
            Format::Pdf => DocumentError::Otherwise(told, "it lacks the mark of a PDF"),
            _ => DocumentError::Otherwise(told, "it is not text in UTF-8 without NUL"),
        })?;
        Ok(Document { kind: "file", format, bytes })
    }

    /// In hexadecimal digits.
    pub fn sha256(&self) -> String {
        Sha256::digest(&self.bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads it for the user who has sent it.
    pub async fn stored(self, products: &Products, user: RecordId) -> Result<StoredDocument, Failure> {
        let (kind, format, size) = (self.kind, self.format, self.bytes.len());
        let read = products.documents.read(user, format, self.bytes.clone()).await?;
        let stored = tokio::task::spawn_blocking(move || (self.sha256(), STANDARD.encode(&self.bytes))).await;
        let (sha256, data) = stored.map_err(|_| Failure::internal())?;
        let passages = read.as_deref().unwrap_or_default().iter().map(serde_json::to_value);
        let passages: Vec<Value> = passages.collect::<Result<_, _>>().map_err(|_| Failure::internal())?;
        let mut fields = Map::new();
        fields.insert("kind".to_owned(), kind.into());
        fields.insert("media_type".to_owned(), format.media_type().into());
        fields.insert("size_bytes".to_owned(), size.into());
        fields.insert("sha256".to_owned(), sha256.into());
        fields.insert("status".to_owned(), if read.is_ok() { "ready" } else { "failed" }.into());
        fields.insert("chunk_count".to_owned(), passages.len().into());
        if let Err(error) = &read {
            fields.insert("error".to_owned(), error.to_string().into());
        }
        Ok(StoredDocument { fields, data, passages })
    }
}
