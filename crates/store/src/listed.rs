//! Lists and counts: what is the same of them in every engine that has SQL.

use emporion_model::ports::StoreError;
use emporion_model::query::{ListQuery, States};
use emporion_model::relation::{EDITOR, OWNER, OWNING_TEAM, Relation, VIEWER};
use emporion_model::text;
use serde_json::Value;

use crate::rows::{self, ALIVE, DELETED_FREED, DELETED_HOLDING};

/// Relations that make a record visible to the one they lead to.
pub const SHOWN_BY: [Relation; 4] = [OWNER, OWNING_TEAM, EDITOR, VIEWER];

/// Whether nothing restricts it but what it stands below and who sees it. Where records of a kind stand below each other,
/// those above are as many.
pub fn is_held(query: &ListQuery) -> bool {
    let stands = ListQuery { parent: None, roots_only: false, within: None, visible_to: None, ..query.clone() };
    stands.is_whole_kind() && (query.within.is_none() || !query.kind.0.parents.contains(&query.kind.name()))
}

pub fn shown_by() -> String {
    SHOWN_BY.map(|relation| format!("'{}'", relation.name())).join(", ")
}

pub const fn states(states: States) -> &'static [i64] {
    match states {
        States::Alive => &[ALIVE],
        States::Deleted => &[DELETED_HOLDING],
        States::All => &[ALIVE, DELETED_HOLDING],
        States::Dead => &[DELETED_HOLDING, DELETED_FREED],
    }
}

/// All FQNs below one: `/` follows `.`.
pub fn below(fqn: &str) -> (String, String) {
    (format!("{fqn}."), format!("{fqn}/"))
}

/// Whether the folded name or description holds each of the texts. Folding is the core's, so this is not left to the
/// engine. The body is asked for only where the name does not hold them all.
pub fn contains<'a, E: From<StoreError>>(
    name: &str,
    body: impl FnOnce() -> Result<&'a str, E>,
    parts: &[String],
) -> Result<bool, E> {
    let name = text::fold(name);
    if parts.iter().all(|part| name.contains(part)) {
        return Ok(true);
    }
    let body = rows::parse(body()?)?;
    let description = body.get("description").and_then(Value::as_str).map(text::fold).unwrap_or_default();
    Ok(parts.iter().all(|part| name.contains(part) || description.contains(part)))
}
