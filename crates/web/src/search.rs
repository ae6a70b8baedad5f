//! Searches: their queries, and lists that are narrowed by words.

pub(crate) mod examples;
pub(crate) mod marked;
pub(crate) mod name_filter;
pub(crate) mod products_with_rows;
pub(crate) mod query;
