//! Forms with a file: what is typed into them is read as that of other forms is, the file beside it.

use bytes::Bytes;
use emporion_edge::multipart::{self, Error};
use emporion_edge::request::Request;
use emporion_products::parts::unstructured_assets::document::MAX_FILE;
use url::form_urlencoded::Serializer;

use crate::fault::Fault;

/// What forms call it.
const FILE: &str = "file";
const MOST_TYPED: usize = 64 << 10;
/// As much as such a form sends.
pub const MOST_SENT: usize = MAX_FILE + (1 << 20);

pub struct UploadedFile {
    /// As its sender calls it; without folders, and never empty.
    pub name: String,
    /// What his browser says it is.
    pub media_type: Option<String>,
    pub bytes: Bytes,
}

/// The request as if nothing but texts had been typed, and the file that came with it.
///
/// Errors: the form cannot be read, or is too large.
pub async fn apart(request: &Request) -> Result<(Request, Option<UploadedFile>), Fault> {
    let parts = match multipart::parts(request, (FILE, MAX_FILE), MOST_TYPED).await {
        Ok(Some(parts)) => parts,
        Ok(None) => return Ok((request.clone(), None)),
        Err(Error::FieldSizeExceeded { limit, .. }) => return Err(Fault::TooLarge { limit: limit as usize }),
        // Its texts repeat nothing of the content.
        Err(error) => return Err(Fault::Malformed(error.to_string())),
    };
    let (mut typed, mut file) = (Serializer::new(String::new()), None);
    for part in parts {
        match part.file_name {
            Some(name) if part.name == FILE => {
                file = Some(UploadedFile { name, media_type: part.media_type, bytes: part.bytes });
            }
            Some(_) => {}
            None => drop(typed.append_pair(&part.name, &String::from_utf8_lossy(&part.bytes))),
        }
    }
    Ok((Request { body: typed.finish().into(), ..request.clone() }, file.filter(|file| !file.bytes.is_empty())))
}
