//! Relations of a product's models to tables of the products that it is composed of, as the product bears them: row filters of
//! those are followed by them, also when they have left the models.

use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_catalog::relation::MODEL_LINKS;
use serde_json::{Value, json};

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
    pub fn of(product: &View) -> Vec<CrossProductLink> {
        let all = product.field(MODEL_LINKS).and_then(|links| links.get(BEYOND)).and_then(Value::as_array);
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
