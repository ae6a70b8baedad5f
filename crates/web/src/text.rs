//! Texts of the pages in each language, and texts of people and sources as they can be shown.

pub mod markdown;
pub mod moment;
pub(crate) mod plain;
pub(crate) mod sentence;
pub(crate) mod shell_words;
pub(crate) mod size;
pub mod texts;
pub mod time_zone;
pub(crate) mod typed_number;
pub(crate) mod unseen;
