//! Why a document gave no passages.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExtractError {
    /// It is said to be text, and is not UTF-8.
    NotText,
    /// More text than is taken of one document.
    TooMuchText,
    /// A compressed part swells to more than is followed.
    TooLarge,
    /// Reading it takes more memory than is given to one document.
    TooMuchMemory,
    /// Reading it takes longer than is given to one document.
    TooSlow,
    /// The file does not keep to its format.
    Broken,
    /// It can be read with a password only.
    Encrypted,
    /// There is no text in it, as in scanned pages.
    NoText,
}

impl fmt::Display for ExtractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            // The bound of a part, in words.
            ExtractError::TooLarge => "a part of the file inflates to more than 16 MiB",
            ExtractError::NotText => "the text is not UTF-8",
            ExtractError::TooMuchText => "the document holds more text than is read of one",
            ExtractError::TooMuchMemory => "reading the document takes too much memory",
            ExtractError::TooSlow => "reading the document takes too long",
            ExtractError::Broken => "the file is damaged or does not keep to its format",
            ExtractError::Encrypted => "the file is encrypted",
            ExtractError::NoText => "the document holds no text",
        })
    }
}

impl std::error::Error for ExtractError {}
