//! The form of a proposed query.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Offer;
use crate::chat::ground::{DatasetId, FieldId, Ground, MetricId, Type};
use crate::chat::query::{
    Aggregate, By, Dimension, Filter, Grain, Having, Limit, Measure, Op, Order, Query, Range, TimeRange, Value,
};

/// Entries of a list, and values of a condition.
const MOST: usize = 20;
const MOST_ROWS: u64 = 1_000;
const MOST_VALUE: usize = 200;
const OPERATORS: [(&str, Op); 12] = [
    ("=", Op::Is),
    ("!=", Op::IsNot),
    ("<", Op::Less),
    ("<=", Op::AtMost),
    (">", Op::More),
    (">=", Op::AtLeast),
    ("between", Op::Between),
    ("contains", Op::Contains),
    ("starts_with", Op::StartsWith),
    ("ends_with", Op::EndsWith),
    ("is_empty", Op::IsEmpty),
    ("is_not_empty", Op::IsNotEmpty),
];
const AGGREGATES: [(&str, Aggregate); 7] = [
    ("count", Aggregate::Count),
    ("count_distinct", Aggregate::CountDistinct),
    ("sum", Aggregate::Sum),
    ("average", Aggregate::Average),
    ("minimum", Aggregate::Minimum),
    ("maximum", Aggregate::Maximum),
    ("median", Aggregate::Median),
];
const GRAINS: [(&str, Grain); 5] = [
    ("day", Grain::Day),
    ("week", Grain::Week),
    ("month", Grain::Month),
    ("quarter", Grain::Quarter),
    ("year", Grain::Year),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    #[serde(default)]
    measures: Vec<WrittenMeasure>,
    #[serde(default)]
    dimensions: Vec<WrittenDimension>,
    #[serde(default, rename = "where")]
    filters: Vec<WrittenFilter>,
    time: Option<WrittenTime>,
    #[serde(default)]
    having: Vec<WrittenHaving>,
    #[serde(default)]
    order_by: Vec<WrittenOrder>,
    limit: Option<u64>,
    list: Option<String>,
    /// It says itself that it has no query.
    #[serde(default)]
    cannot: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMeasure {
    metric: Option<String>,
    count: Option<String>,
    aggregate: Option<String>,
    field: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDimension {
    field: String,
    grain: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFilter {
    field: String,
    op: String,
    #[serde(default)]
    values: Vec<Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTime {
    field: String,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHaving {
    measure: usize,
    op: String,
    values: Vec<Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOrder {
    measure: Option<usize>,
    dimension: Option<usize>,
    #[serde(default)]
    descending: bool,
}

/// The schema of the form, for who writes it.
pub fn schema() -> Json {
    let words = |words: Vec<&str>| json!({"type": "string", "enum": words});
    let id = || json!({"type": "string"});
    let list = |of: Json| json!({"type": "array", "maxItems": MOST, "items": of});
    let object = |members: Json, required: &[&str]| json!({"type": "object", "properties": members, "required": required, "additionalProperties": false});
    let operator = || words(OPERATORS.iter().map(|(word, _)| *word).collect());
    let values = || list(json!({"type": ["string", "number", "boolean"]}));
    let measure = object(
        json!({
            "metric": id(), "count": id(), "field": id(),
            "aggregate": words(AGGREGATES.iter().map(|(word, _)| *word).collect()),
        }),
        &[],
    );
    let grain = words(GRAINS.iter().map(|(word, _)| *word).collect());
    object(
        json!({
            "measures": list(measure),
            "dimensions": list(object(json!({"field": id(), "grain": grain}), &["field"])),
            "where": list(object(json!({"field": id(), "op": operator(), "values": values()}), &["field", "op"])),
            "time": object(json!({"field": id(), "from": id(), "to": id()}), &["field"]),
            "having": list(object(
                json!({"measure": {"type": "integer"}, "op": operator(), "values": values()}),
                &["measure", "op", "values"],
            )),
            "orderBy": list(object(
                json!({"measure": {"type": "integer"}, "dimension": {"type": "integer"}, "descending": {"type": "boolean"}}),
                &[],
            )),
            "limit": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
            "list": id(),
            "cannot": {"type": "boolean"},
        }),
        &[],
    )
}

pub(super) fn read(offer: &Offer, ground: &Ground, proposal: &str) -> Result<Query, String> {
    let written: Written = serde_json::from_str(proposal.trim()).map_err(|error| error.to_string())?;
    if written.cannot {
        return Err("it has no query".to_owned());
    }
    let sizes = [
        written.measures.len(),
        written.dimensions.len(),
        written.filters.len(),
        written.having.len(),
        written.order_by.len(),
    ];
    if sizes.iter().any(|size| *size > MOST) {
        return Err("a list is too long".to_owned());
    }
    let of = Names { offer, ground };
    let measures = written.measures.iter().map(|written| of.measure(written)).collect::<Result<Vec<_>, _>>()?;
    let mut query = Query { measures, ..Query::default() };
    for dimension in &written.dimensions {
        let field = of.field(&dimension.field)?;
        let grain = dimension.grain.as_deref().map(|word| known(&GRAINS, word)).transpose()?;
        query.dimensions.push(Dimension { field, grain });
    }
    for filter in &written.filters {
        let (field, op) = (of.field(&filter.field)?, known(&OPERATORS, &filter.op)?);
        query.filters.push(Filter { field, op, values: of.values(Some(field), op, &filter.values)? });
    }
    if let Some(time) = &written.time {
        let field = of.field(&time.field)?;
        if !matches!(ground.field(field).ty, Type::Date | Type::Timestamp) {
            return Err(format!("{} is no time", time.field));
        }
        let date = |text: &Option<String>| text.as_deref().map(date).transpose();
        let (from, to) = (date(&time.from)?, date(&time.to)?);
        let is_empty = from.zip(to).is_some_and(|(from, to)| from >= to);
        if is_empty || from.is_none() && to.is_none() {
            return Err("the range of time is empty".to_owned());
        }
        query.time = Some(TimeRange { field, range: Range { from, to, grain: None, is_partial: false } });
    }
    for having in &written.having {
        let measure = query.measures.get(having.measure).ok_or("having has no such measure")?.clone();
        let op = known(&OPERATORS, &having.op)?;
        if !matches!(op, Op::Is | Op::IsNot | Op::Less | Op::AtMost | Op::More | Op::AtLeast | Op::Between) {
            return Err("a measure is compared with numbers".to_owned());
        }
        query.having.push(Having { measure, op, values: of.values(None, op, &having.values)? });
    }
    for order in &written.order_by {
        let by = match (order.measure, order.dimension) {
            (Some(at), None) if at < query.measures.len() => By::Measure(at),
            (None, Some(at)) if at < query.dimensions.len() => By::Dimension(at),
            _ => return Err("it is ordered by nothing that it has".to_owned()),
        };
        query.order.push(Order { by, is_descending: order.descending });
    }
    if let Some(rows) = written.limit {
        if !(1..=MOST_ROWS).contains(&rows) {
            return Err("the limit is out of bounds".to_owned());
        }
        query.limit = Some(Limit { rows, is_per_group: false });
    }
    query.listed = written.list.as_deref().map(|id| of.dataset(id)).transpose()?;
    match (query.measures.is_empty(), query.dimensions.is_empty(), query.listed) {
        (true, true, None) => Err("it asks for nothing".to_owned()),
        (false, _, Some(_)) => Err("it asks for figures and for a list".to_owned()),
        _ => Ok(query),
    }
}

/// Names of parts that were offered.
struct Names<'a> {
    offer: &'a Offer,
    ground: &'a Ground,
}

impl Names<'_> {
    fn field(&self, id: &str) -> Result<FieldId, String> {
        let found = self.offer.fields.iter().find(|field| self.ground.path(**field) == id);
        found.copied().ok_or_else(|| "it names a field that was not offered".to_owned())
    }

    fn dataset(&self, id: &str) -> Result<DatasetId, String> {
        let found = self.offer.datasets.iter().find(|dataset| self.ground.dataset(**dataset).names.name == id);
        found.copied().ok_or_else(|| "it names a dataset that was not offered".to_owned())
    }

    fn metric(&self, id: &str) -> Result<MetricId, String> {
        let found = self.offer.metrics.iter().find(|metric| self.ground.metric(**metric).names.name == id);
        found.copied().ok_or_else(|| "it names a metric that was not offered".to_owned())
    }

    fn measure(&self, written: &WrittenMeasure) -> Result<Measure, String> {
        let WrittenMeasure { metric, count, aggregate, field } = written;
        match (metric, count, aggregate, field) {
            (Some(metric), None, None, None) => Ok(Measure::Metric(self.metric(metric)?)),
            (None, Some(dataset), None, None) => Ok(Measure::CountOf(self.dataset(dataset)?)),
            (None, None, Some(aggregate), Some(field)) => {
                let (aggregate, field) = (known(&AGGREGATES, aggregate)?, self.field(field)?);
                let counts = matches!(aggregate, Aggregate::Count | Aggregate::CountDistinct);
                if self.ground.field(field).is_key && !counts {
                    return Err("a key is no figure".to_owned());
                }
                Ok(Measure::Of { aggregate, field })
            }
            _ => Err("a measure is a metric, a count or an aggregate of a field".to_owned()),
        }
    }

    /// The values of a condition, as its field holds them; of a measure, numbers.
    fn values(&self, field: Option<FieldId>, op: Op, written: &[Json]) -> Result<Vec<Value>, String> {
        let count = match op {
            Op::IsEmpty | Op::IsNotEmpty => 0..=0,
            Op::Between => 2..=2,
            Op::Is | Op::IsNot => 1..=MOST,
            _ => 1..=1,
        };
        if !count.contains(&written.len()) {
            return Err("a condition has too many values, or too few".to_owned());
        }
        let ty = field.map_or(Type::Number, |field| self.ground.field(field).ty);
        let value = |json: &Json| match (ty, json) {
            (Type::Number, Json::Number(number)) => Ok(Value::Number(number.to_string())),
            (Type::Boolean, Json::Bool(flag)) => Ok(Value::Boolean(*flag)),
            (Type::Date | Type::Timestamp, Json::String(text)) => Ok(Value::Date(date(text)?)),
            (Type::Text | Type::Other, Json::String(text)) if text.len() <= MOST_VALUE => Ok(Value::Text(text.clone())),
            _ => Err("a value is not of its field's type".to_owned()),
        };
        written.iter().map(value).collect()
    }
}

fn known<T: Copy>(words: &[(&str, T)], word: &str) -> Result<T, String> {
    words.iter().find(|(known, _)| *known == word).map(|(_, it)| *it).ok_or_else(|| "a word is not of the form".into())
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "a date is none".to_owned())
}
