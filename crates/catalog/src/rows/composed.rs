//! What a composition takes over of the product that it names as its source. Rows of the source's tables are read through
//! the whole by those who may read them through the source.

use serde_json::Value;

use crate::id::RecordId;
use crate::name;
use crate::record::Record;

/// How many compositions stand above one another at most.
pub const MAX_DEPTH: usize = 3;
/// The kind of a composition, and its field with the id of the source.
pub const COMPOSITION: &str = "composition";
pub const SOURCE: &str = "source_data_product_id";

/// The source of a composition, whether or not it is still there.
pub fn source_of(composition: &Record) -> Option<RecordId> {
    composition.body.get(SOURCE)?.as_str()?.parse().ok()
}

/// Whether a composition takes a table over, by its whole name or the last part of it.
pub fn includes(include: Option<&Value>, table: &str) -> bool {
    names(include, "datasets").is_none_or(|mut names| names.any(|name| name == "*" || is_named(name, table)))
}

/// Whether a composition takes a metric over.
pub fn includes_metric(include: Option<&Value>, metric: &str) -> bool {
    names(include, "metrics").is_none_or(|mut names| names.any(|name| name == "*" || name.eq_ignore_ascii_case(metric)))
}

/// `None`: everything is taken over.
fn names<'a>(include: Option<&'a Value>, what: &str) -> Option<impl Iterator<Item = &'a str>> {
    Some(include?.get(what)?.as_array()?.iter().filter_map(Value::as_str))
}

/// Whether an entry of `include` means a table.
pub fn is_named(name: &str, table: &str) -> bool {
    let last = name::split(table).and_then(|mut parts| parts.pop()).unwrap_or_default();
    [table, &last].iter().any(|own| name.eq_ignore_ascii_case(own))
}
