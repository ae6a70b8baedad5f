//! The names by which other parts of a product speak of what its models say.

use std::collections::{HashMap, HashSet};

use emporion_catalog::name;
use serde_json::Value;

use super::document::model_of;
use super::spec::{NAME, SPEC};
use crate::assets::relations::{self, Relation};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::parts::{compositions, item};
use crate::read_context::ReadContext;

/// What there is to be spoken of.
#[derive(Debug, Default)]
pub struct Names {
    /// `field` and `dataset.field`, folded.
    fields: HashSet<String>,
    /// `metric` and `model.metric`, folded.
    metrics: HashSet<String>,
    /// Which tables datasets stand for, by their folded names.
    sources: HashMap<String, String>,
    /// It is composed of others, whose names count, too, and are not looked at here.
    is_composed: bool,
}

/// The names of what is deployed, or of what a deploy would leave.
pub async fn of(cx: &ReadContext<'_>, state: ContentState) -> Result<Names, Failure> {
    let composed = item::of_product(&compositions::spec::SPEC, cx.reading, cx.product).await?;
    if composed.iter().any(|item| item.seen(state).is_some()) {
        return Ok(Names { is_composed: true, ..Names::default() });
    }
    let items = item::of_product(&SPEC, cx.reading, cx.product).await?;
    let mut names = Names::default();
    for fields in items.iter().filter_map(|item| item.seen(state)) {
        let own = name::fold(fields.get(NAME).and_then(Value::as_str).unwrap_or_default());
        let Some(model) = model_of(fields) else { continue };
        for metric in &model.metrics {
            let metric = name::fold(&metric.common.name);
            names.metrics.insert(format!("{own}.{metric}"));
            names.metrics.insert(metric);
        }
        for dataset in &model.datasets {
            let called = name::fold(&dataset.common.name);
            for field in &dataset.fields {
                let field = name::fold(&field.common.name);
                names.fields.insert(format!("{called}.{field}"));
                names.fields.insert(field);
            }
            names.sources.insert(called, dataset.source.clone());
        }
    }
    Ok(names)
}

impl Names {
    pub fn has_metric(&self, wanted: &str) -> bool {
        self.is_composed || self.metrics.contains(&name::fold(wanted))
    }

    /// Whether a model has the field, or one of the tables the column; of a table whose columns nobody knows, nothing is
    /// said.
    pub fn has_field(&self, wanted: &str, tables: &[Relation]) -> bool {
        if self.is_composed || self.fields.contains(&name::fold(wanted)) {
            return true;
        }
        let has = |table: &Relation, column: &str| {
            let columns = table.column_names();
            columns.is_empty() || columns.iter().any(|own| name::fold(own) == name::fold(column))
        };
        match wanted.rsplit_once('.') {
            Some((table, column)) => {
                let source = self.sources.get(&name::fold(table)).map_or(table, String::as_str);
                relations::find(tables, source).is_some_and(|table| has(table, column))
            }
            None => tables.iter().any(|table| has(table, wanted)),
        }
    }
}
