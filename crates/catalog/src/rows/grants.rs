//! Grants: what the edge from a product to an asset says of its rows.

use serde_json::{Map, Value};

use crate::id::{Millis, RecordId};
use crate::record::Edge;
use crate::relation::{GRANTED_AT, GRANTED_BY, UNTIL};

/// Who has lent the rows, when, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub by: RecordId,
    pub at: Millis,
    pub until: Option<Millis>,
}

/// The grant that an edge bears.
pub fn of(edge: &Edge) -> Option<Grant> {
    let by = edge.attributes.get(GRANTED_BY)?.as_str()?.parse().ok()?;
    let at = Millis(edge.attributes.get(GRANTED_AT).and_then(Value::as_i64).unwrap_or(0));
    Some(Grant { by, at, until: edge.ends_at() })
}

pub fn is_granted(edge: &Edge) -> bool {
    of(edge).is_some()
}

/// Whether the rows are lent for at least as long.
pub fn outlasts(edge: &Edge, until: Option<Millis>) -> bool {
    is_granted(edge) && edge.lives_until(until)
}

pub fn put(attributes: &mut Map<String, Value>, grant: Grant) {
    take_away(attributes);
    attributes.insert(GRANTED_BY.to_owned(), grant.by.to_string().into());
    attributes.insert(GRANTED_AT.to_owned(), grant.at.0.into());
    if let Some(until) = grant.until {
        attributes.insert(UNTIL.to_owned(), until.0.into());
    }
}

pub fn take_away(attributes: &mut Map<String, Value>) {
    attributes.shift_remove(GRANTED_BY);
    attributes.shift_remove(GRANTED_AT);
    attributes.shift_remove(UNTIL);
}

/// Whether two edges say the same but for their grants.
pub fn differ_in_grant_only(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let bare = |attributes: &Map<String, Value>| {
        let mut bare = attributes.clone();
        take_away(&mut bare);
        bare
    };
    one != other && bare(one) == bare(other)
}
