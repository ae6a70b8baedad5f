//! Searches: their queries, and lists that are narrowed by words.

pub(crate) mod examples;
pub(crate) mod leading;
pub(crate) mod marked;
pub(crate) mod name_filter;
pub(crate) mod query;
