//! The text of documents: which formats are read, and the passages that can be quoted from them. Pure: bytes in, text out.
//!
//! Documents come from anybody, so what can be is bounded: the bytes that a compressed part may swell to, the text that is
//! taken, the length of a passage. Libraries make more of a file than that, in ways that nobody has counted: who reads what
//! others have made bounds the memory and the time of the process.

mod extract_error;
mod format;
mod html;
mod passage;
mod pdf;
mod prose;
mod rows;

pub use extract_error::ExtractError;
pub use format::Format;
pub use passage::Passage;

/// The text that is taken of one document, in bytes.
pub const MAX_TEXT: usize = 8_000_000;

/// The passages of a document, in its order.
///
/// Costs up to seconds of one processor for the largest documents, and memory of a few times their size; of those that are
/// made to harm, as much as there is.
/// Errors: what kept the text from being read. The parser of PDF may panic on files that are made to break it.
pub fn passages(format: Format, bytes: &[u8]) -> Result<Vec<Passage>, ExtractError> {
    match format {
        Format::Text => prose::passages(text(bytes)?, prose::Headings::None),
        Format::Markdown => prose::passages(text(bytes)?, prose::Headings::Markdown),
        Format::Csv => rows::passages(text(bytes)?),
        Format::Html => html::passages(text(bytes)?),
        Format::Pdf => pdf::passages(bytes),
    }
}

fn text(bytes: &[u8]) -> Result<&str, ExtractError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ExtractError::NotText)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[cfg(test)]
mod tests;
