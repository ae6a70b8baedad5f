//! What the body of a subscription says, by its members.

use emporion_catalog::record::Record;
use serde_json::Value;

/// Tries in a row after which a subscription that says nothing has reached its limit.
pub const DEFAULT_RETRIES: u64 = 3;
/// The word for every type of entity.
pub const ALL: &str = "all";
/// The word for requests for access.
pub const TASK: &str = "task";

/// Whether a resource means every type of entity.
pub fn is_all(resource: &str) -> bool {
    resource.eq_ignore_ascii_case(ALL)
}

/// How often an event is tried again at least.
pub fn retries(record: &Record) -> u64 {
    record.body.get("retries").and_then(Value::as_u64).unwrap_or(DEFAULT_RETRIES)
}

pub fn destinations(record: &Record) -> impl Iterator<Item = &Value> {
    record.body.get("destinations").and_then(Value::as_array).into_iter().flatten()
}

pub fn is_enabled(value: &Value) -> bool {
    value.get("enabled") != Some(&Value::Bool(false))
}

pub fn items<'v>(holder: Option<&'v Value>, member: &str) -> &'v [Value] {
    holder.and_then(|holder| holder.get(member)).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub fn text_of<'v>(value: &'v Value, member: &str) -> Option<&'v str> {
    value.get(member).and_then(Value::as_str)
}
