//! PDF: the text of each page.

use lopdf::{DecompressError, Document, Error, LoadOptions};

use crate::passage::Passages;
use crate::{ExtractError, Passage};

/// What one compressed part may swell to.
const MAX_PART: usize = 16 << 20;
const MAX_PAGES: usize = 2_000;

pub(crate) fn passages(bytes: &[u8]) -> Result<Vec<Passage>, ExtractError> {
    let options = LoadOptions::with_max_decompressed_size(MAX_PART);
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| fault(&error))?;
    if document.is_encrypted() {
        return Err(ExtractError::Encrypted);
    }
    let mut passages = Passages::default();
    let mut swells = false;
    for (number, _) in document.get_pages().into_iter().take(MAX_PAGES) {
        // A font or a page that cannot be read leaves the others as they are.
        let chunks = document.extract_text_chunks_with_limit(&[number], MAX_PART);
        swells |= chunks.iter().any(|chunk| chunk.as_ref().is_err_and(is_swelling));
        let text: String = chunks.into_iter().flatten().collect();
        passages.page(number);
        for paragraph in text.split("\n\n") {
            passages.paragraph(paragraph)?;
        }
    }
    match passages.finish() {
        Err(ExtractError::NoText) if swells => Err(ExtractError::TooLarge),
        done => done,
    }
}

fn is_swelling(error: &Error) -> bool {
    matches!(error, Error::Decompress(DecompressError::MemoryLimitExceeded { .. }))
}

fn fault(error: &Error) -> ExtractError {
    match error {
        Error::Decryption(_) | Error::InvalidPassword => ExtractError::Encrypted,
        error if is_swelling(error) => ExtractError::TooLarge,
        _ => ExtractError::Broken,
    }
}
