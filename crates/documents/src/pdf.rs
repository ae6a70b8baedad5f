//! PDF: the text of each page.

use std::time::{Duration, Instant};

use lopdf::{Document, Error, LoadOptions};

use crate::passage::Passages;
use crate::{Fault, Passage};

/// What one compressed part may swell to.
const MAX_PART: usize = 16 << 20;
const MAX_PAGES: usize = 2_000;
const MAX_TIME: Duration = Duration::from_secs(10);

pub(crate) fn passages(bytes: &[u8]) -> Result<Vec<Passage>, Fault> {
    let options = LoadOptions::with_max_decompressed_size(MAX_PART);
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| fault(&error))?;
    if document.is_encrypted() {
        return Err(Fault::Encrypted);
    }
    let began = Instant::now();
    let mut passages = Passages::default();
    for (number, _) in document.get_pages().into_iter().take(MAX_PAGES) {
        if began.elapsed() > MAX_TIME {
            return Err(Fault::TooSlow);
        }
        // A font or a page that cannot be read leaves the others as they are.
        let text: String = document.extract_text_chunks_with_limit(&[number], MAX_PART).into_iter().flatten().collect();
        passages.page(number);
        for paragraph in text.split("\n\n") {
            passages.paragraph(paragraph)?;
        }
    }
    passages.finish()
}

fn fault(error: &Error) -> Fault {
    match error {
        Error::Decryption(_) | Error::InvalidPassword => Fault::Encrypted,
        _ => Fault::Broken,
    }
}
