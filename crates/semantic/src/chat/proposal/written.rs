//! A proposed query as it is written, and the schema of that.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::form::{AGGREGATES, COMPARISONS, GRAINS, MOST, MOST_ROWS, OPERATORS};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Written {
    #[serde(default)]
    pub measures: Vec<WrittenMeasure>,
    #[serde(default)]
    pub dimensions: Vec<WrittenDimension>,
    #[serde(default, rename = "where")]
    pub filters: Vec<WrittenFilter>,
    pub time: Option<WrittenTime>,
    #[serde(default)]
    pub having: Vec<WrittenHaving>,
    #[serde(default)]
    pub order_by: Vec<WrittenOrder>,
    pub limit: Option<u64>,
    pub list: Option<String>,
    pub compare: Option<WrittenCompare>,
    pub share: Option<WrittenShare>,
    #[serde(default)]
    pub cumulative: bool,
    /// It says itself that it has no query.
    #[serde(default)]
    pub cannot: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenMeasure {
    pub metric: Option<String>,
    pub count: Option<String>,
    pub aggregate: Option<String>,
    pub field: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenDimension {
    pub field: String,
    pub grain: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenFilter {
    pub field: String,
    pub op: String,
    #[serde(default)]
    pub values: Vec<Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenTime {
    pub field: String,
    pub from: Option<String>,
    pub to: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenHaving {
    pub measure: usize,
    pub op: String,
    pub values: Vec<Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenOrder {
    pub measure: Option<usize>,
    pub dimension: Option<usize>,
    /// Of a comparison, by the measure whose change it is.
    pub change: Option<usize>,
    #[serde(default)]
    pub descending: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenCompare {
    pub kind: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub field: Option<String>,
    pub first: Option<Json>,
    pub second: Option<Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenShare {
    /// Of the total of each value of it; of the total without.
    pub dimension: Option<usize>,
    /// Which part is meant.
    #[serde(default, rename = "where")]
    pub part: Vec<WrittenFilter>,
}

/// The schema of the form, for who writes it.
pub fn schema() -> Json {
    let words = |words: Vec<&str>| json!({"type": "string", "enum": words});
    let id = || json!({"type": "string"});
    let list = |of: Json| json!({"type": "array", "maxItems": MOST, "items": of});
    let object = |members: Json, required: &[&str]| json!({"type": "object", "properties": members, "required": required, "additionalProperties": false});
    let operator = || words(OPERATORS.iter().map(|(word, _)| *word).collect());
    let value = || json!({"type": ["string", "number", "boolean"]});
    let values = || list(value());
    let measure = object(
        json!({
            "metric": id(), "count": id(), "field": id(),
            "aggregate": words(AGGREGATES.iter().map(|(word, _)| *word).collect()),
        }),
        &[],
    );
    let filters = || list(object(json!({"field": id(), "op": operator(), "values": values()}), &["field", "op"]));
    let index = || json!({"type": "integer"});
    let grain = words(GRAINS.iter().map(|(word, _)| *word).collect());
    object(
        json!({
            "measures": list(measure),
            "dimensions": list(object(json!({"field": id(), "grain": grain}), &["field"])),
            "where": filters(),
            "time": object(json!({"field": id(), "from": id(), "to": id()}), &["field"]),
            "having": list(object(
                json!({"measure": index(), "op": operator(), "values": values()}),
                &["measure", "op", "values"],
            )),
            "orderBy": list(object(
                json!({"measure": index(), "dimension": index(), "change": index(), "descending": {"type": "boolean"}}),
                &[],
            )),
            "compare": object(
                json!({
                    "kind": words(COMPARISONS.to_vec()), "from": id(), "to": id(),
                    "field": id(), "first": value(), "second": value(),
                }),
                &["kind"],
            ),
            "share": object(json!({"dimension": index(), "where": filters()}), &[]),
            "cumulative": {"type": "boolean"},
            "limit": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
            "list": id(),
            "cannot": {"type": "boolean"},
        }),
        &[],
    )
}
