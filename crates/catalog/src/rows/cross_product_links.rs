//! Relations of the models of a product that is composed of others, as the product bears them: row filters of those others are
//! followed by them, from table to table, also when they have left the models. Edges lead from the product to what they lead to,
//! by which it is found from there.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::id::{EdgeId, RecordId, Revision};
use crate::record::{Edge, Record, View};
use crate::relation::{MODEL_LINKS, REFERS_BEYOND};

/// The member of [`MODEL_LINKS`].
pub const BEYOND: &str = "beyond";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossProductLink {
    pub from: RecordId,
    pub to: RecordId,
    /// None where a model says it by more than columns.
    pub columns: Vec<String>,
    pub to_columns: Vec<String>,
}

impl CrossProductLink {
    pub fn of(product: &Record) -> Vec<CrossProductLink> {
        let all = product.body.get(MODEL_LINKS).and_then(|links| links.get(BEYOND)).and_then(Value::as_array);
        let read = |link: &Value| {
            let id = |member: &str| link.get(member)?.as_str()?.parse().ok();
            let names = |member: &str| -> Vec<String> {
                let all = link.get(member).and_then(Value::as_array).into_iter().flatten();
                all.filter_map(Value::as_str).map(str::to_owned).collect()
            };
            let (columns, to_columns) = (names("columns"), names("toColumns"));
            Some(CrossProductLink { from: id("from")?, to: id("to")?, columns, to_columns })
        };
        all.into_iter().flatten().filter_map(read).collect()
    }

    pub fn print(&self) -> Value {
        let CrossProductLink { from, to, columns, to_columns } = self;
        json!({"from": from.to_string(), "to": to.to_string(), "columns": columns, "toColumns": to_columns})
    }
}

/// Has edges lead from the product to what its links lead to.
pub fn refer(product: &mut View) {
    let ends: HashSet<RecordId> = CrossProductLink::of(&product.record).into_iter().map(|link| link.to).collect();
    product.edges.retain(|edge| edge.relation != REFERS_BEYOND || ends.contains(&edge.to));
    let known: HashSet<RecordId> =
        product.edges.iter().filter(|edge| edge.relation == REFERS_BEYOND).map(|edge| edge.to).collect();
    let new = ends.into_iter().filter(|to| !known.contains(to));
    product.edges.extend(new.map(|to| Edge {
        id: EdgeId::fresh(),
        from: product.record.id,
        relation: REFERS_BEYOND,
        at: String::new(),
        ord: 0,
        to,
        attributes: Map::new(),
        since: Revision(0),
        until: None,
    }));
}
