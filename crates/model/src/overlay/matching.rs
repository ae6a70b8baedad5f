//! Whether a planned record belongs to a list: what an engine asks its indexes, asked of one record.

use serde_json::Value;

use crate::kind::Visibility;
use crate::number;
use crate::ports::{Snapshot, StoreResult};
use crate::query::ListQuery;
use crate::record::Record;
use crate::relation::{EDITOR, OWNER, OWNING_TEAM, VIEWER};

/// The conditions that the record itself answers.
pub fn of_record(query: &ListQuery, record: &Record) -> bool {
    let is_below = |fqn: &String| record.fqn.strip_prefix(fqn.as_str()).is_some_and(|rest| rest.starts_with('.'));
    query.states.holds(record)
        && record.account == query.account
        && record.kind == query.kind
        && query.parent.is_none_or(|parent| record.parent == Some(parent))
        && !(query.roots_only && record.parent.is_some())
        && query.within.as_ref().is_none_or(is_below)
        && query.ids.as_ref().is_none_or(|ids| ids.contains(&record.id))
        && query.name.as_ref().is_none_or(|name| record.name == *name)
        && query.fields.iter().all(|(field, value)| equals(record.body.get(*field), value))
        && query.containing.iter().all(|part| contains(record, part))
        && query.since.is_none_or(|since| record.created.at >= since)
        && (!query.hidden || record.visibility != Visibility::Open)
}

/// The conditions that its edges answer.
pub async fn of_edges(query: &ListQuery, record: &Record, snapshot: &dyn Snapshot) -> StoreResult<bool> {
    if let Some((source, relation)) = query.linked_from
        && snapshot.edges_from(&[source], Some(&[relation])).await?.iter().all(|edge| edge.to != record.id)
    {
        return Ok(false);
    }
    let asks_visibility = query.visible_to.is_some() && record.visibility != Visibility::Open;
    if query.linked.is_empty() && query.unlinked.is_empty() && !asks_visibility {
        return Ok(true);
    }
    let edges = snapshot.edges_from(&[record.id], None).await?;
    let shows = [OWNER, OWNING_TEAM, EDITOR, VIEWER];
    let is_shown = |ids: &Vec<_>| edges.iter().any(|edge| shows.contains(&edge.relation) && ids.contains(&edge.to));
    Ok(query
        .linked
        .iter()
        .all(|(relation, to)| edges.iter().any(|edge| edge.relation == *relation && to.contains(&edge.to)))
        && !query.unlinked.iter().any(|relation| edges.iter().any(|edge| edge.relation == *relation))
        && (!asks_visibility || query.visible_to.as_ref().is_none_or(is_shown)))
}

/// An absent field equals null, and for booleans false.
fn equals(found: Option<&Value>, wanted: &Value) -> bool {
    match (found.unwrap_or(&Value::Null), wanted) {
        (Value::Null, Value::Bool(false)) => true,
        (Value::Number(found), Value::Number(wanted)) => number::is_same(found, wanted),
        (found, wanted) => found == wanted,
    }
}

fn contains(record: &Record, part: &str) -> bool {
    let description = record.body.get("description").and_then(Value::as_str);
    crate::text::fold(&record.name).contains(part)
        || description.is_some_and(|text| crate::text::fold(text).contains(part))
}
