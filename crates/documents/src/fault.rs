//! Why a document gave no passages.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is said to be text, and is not UTF-8.
    NotText,
    /// More text than is taken of one document.
    TooMuchText,
    /// A compressed part swells to more than is followed.
    TooLarge,
    /// Reading it takes longer than is given to one document.
    TooSlow,
    /// The file does not keep to its format.
    Broken,
    /// It can be read with a password only.
    Encrypted,
    /// There is no text in it, as in scanned pages.
    NoText,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            // The bound of a part, in words.
            Fault::TooLarge => "a part of the file inflates to more than 16 MiB",
            Fault::NotText => "the text is not UTF-8",
            Fault::TooMuchText => "the document holds more text than is read of one",
            Fault::TooSlow => "reading the document takes too long",
            Fault::Broken => "the file is damaged or does not keep to its format",
            Fault::Encrypted => "the file is encrypted",
            Fault::NoText => "the document holds no text",
        })
    }
}

impl std::error::Error for Fault {}
