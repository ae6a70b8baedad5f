//! The form of a proposed query.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value as Json;

use super::written::{Written, WrittenCompare, WrittenFilter, WrittenMeasure, WrittenShare};
use super::{Offer, Unread};
use crate::chat::ground::{DatasetId, FieldId, Ground, MetricId, Type};
use crate::chat::query::{
    Aggregate, By, Compare, CompareTo, Dimension, Filter, Grain, Having, Limit, Measure, Op, Order, Query, Range,
    Share, TimeRange, Value,
};

/// Entries of a list, and values of a condition.
pub(super) const MOST: usize = 20;
pub(super) const MOST_ROWS: u64 = 1_000;
const MOST_VALUE: usize = 200;
pub(super) const OPERATORS: [(&str, Op); 12] = [
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
pub(super) const AGGREGATES: [(&str, Aggregate); 7] = [
    ("count", Aggregate::Count),
    ("count_distinct", Aggregate::CountDistinct),
    ("sum", Aggregate::Sum),
    ("average", Aggregate::Average),
    ("minimum", Aggregate::Minimum),
    ("maximum", Aggregate::Maximum),
    ("median", Aggregate::Median),
];
pub(super) const GRAINS: [(&str, Grain); 5] = [
    ("day", Grain::Day),
    ("week", Grain::Week),
    ("month", Grain::Month),
    ("quarter", Grain::Quarter),
    ("year", Grain::Year),
];

pub(super) const COMPARISONS: [&str; 4] = ["previous_period", "same_period_last_year", "range", "values"];

pub(super) fn read(offer: &Offer, ground: &Ground, proposal: &str, today: Date) -> Result<Query, Unread> {
    let written: Written = serde_json::from_str(proposal.trim()).map_err(|error| error.to_string())?;
    if written.cannot {
        return Err(Unread::Cannot);
    }
    let sizes = [
        written.measures.len(),
        written.dimensions.len(),
        written.filters.len(),
        written.having.len(),
        written.order_by.len(),
        written.share.as_ref().map_or(0, |share| share.part.len()),
    ];
    if sizes.iter().any(|size| *size > MOST) {
        return Err("a list is too long".into());
    }
    let of = Names { offer, ground };
    let measures = written.measures.iter().map(|written| of.measure(written)).collect::<Result<Vec<_>, _>>()?;
    let mut query = Query { measures, ..Query::default() };
    for dimension in &written.dimensions {
        let field = of.field(&dimension.field)?;
        let grain = dimension.grain.as_deref().map(|word| known(&GRAINS, word)).transpose()?;
        query.dimensions.push(Dimension { field, grain });
    }
    query.filters = of.filters(&written.filters)?;
    if let Some(time) = &written.time {
        let field = of.field(&time.field)?;
        if !matches!(ground.field(field).ty, Type::Date | Type::Timestamp) {
            return Err(format!("{} is no time", time.field).into());
        }
        query.time = Some(TimeRange { field, range: range(time.from.as_deref(), time.to.as_deref())? });
    }
    query.compare = written.compare.as_ref().map(|compare| of.compare(compare)).transpose()?;
    let is_relative =
        |compare: &Compare| matches!(compare.to, CompareTo::PreviousPeriod | CompareTo::SamePeriodLastYear);
    if let (true, Some(time)) = (query.compare.as_ref().is_some_and(is_relative), &mut query.time) {
        // What is not over is compared with as much of the period before.
        let tomorrow = today.tomorrow().map_err(|_| "there is no tomorrow")?;
        let range = &mut time.range;
        if range.from.is_some_and(|from| from <= today) && range.to.is_some_and(|to| to > tomorrow) {
            (range.to, range.is_partial) = (Some(tomorrow), true);
        }
    }
    (query.share, query.part) = of.share(written.share.as_ref(), &query)?;
    query.is_cumulative = written.cumulative;
    for having in &written.having {
        let measure = query.measures.get(having.measure).ok_or("having has no such measure")?.clone();
        let op = known(&OPERATORS, &having.op)?;
        if !matches!(op, Op::Is | Op::IsNot | Op::Less | Op::AtMost | Op::More | Op::AtLeast | Op::Between) {
            return Err("a measure is compared with numbers".into());
        }
        query.having.push(Having { measure, op, values: of.values(None, op, &having.values)? });
    }
    for order in &written.order_by {
        let by = match (order.measure, order.dimension, order.change) {
            (Some(at), None, None) if at < query.measures.len() => By::Measure(at),
            (None, Some(at), None) if at < query.dimensions.len() => By::Dimension(at),
            (None, None, Some(at)) if at < query.measures.len() && query.compare.is_some() => By::Change(at),
            _ => return Err("it is ordered by nothing that it has".into()),
        };
        query.order.push(Order { by, is_descending: order.descending });
    }
    if let Some(rows) = written.limit {
        if !(1..=MOST_ROWS).contains(&rows) {
            return Err("the limit is out of bounds".into());
        }
        query.limit = Some(Limit { rows, is_per_group: false });
    }
    query.listed = written.list.as_deref().map(|id| of.dataset(id)).transpose()?;
    match (query.measures.is_empty(), query.dimensions.is_empty(), query.listed) {
        (true, true, None) => Err("it asks for nothing".into()),
        (false, _, Some(_)) => Err("it asks for figures and for a list".into()),
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

    fn filters(&self, written: &[WrittenFilter]) -> Result<Vec<Filter>, String> {
        let filter = |filter: &WrittenFilter| {
            let (field, op) = (self.field(&filter.field)?, known(&OPERATORS, &filter.op)?);
            Ok(Filter { field, op, values: self.values(Some(field), op, &filter.values)? })
        };
        written.iter().map(filter).collect()
    }

    fn compare(&self, written: &WrittenCompare) -> Result<Compare, String> {
        let WrittenCompare { kind, from, to, field, first, second } = written;
        let with = match (kind.as_str(), field, first, second) {
            ("previous_period", None, None, None) if from.is_none() && to.is_none() => CompareTo::PreviousPeriod,
            ("same_period_last_year", None, None, None) if from.is_none() && to.is_none() => {
                CompareTo::SamePeriodLastYear
            }
            ("range", None, None, None) if from.is_some() && to.is_some() => {
                CompareTo::Range(range(from.as_deref(), to.as_deref())?)
            }
            ("values", Some(field), Some(first), Some(second)) if from.is_none() && to.is_none() => {
                let field = self.field(field)?;
                let value = |json: &Json| {
                    let mut values = self.values(Some(field), Op::Is, std::slice::from_ref(json))?;
                    values.pop().ok_or_else(|| "a comparison lacks a value".to_owned())
                };
                CompareTo::Values { field, first: value(first)?, second: value(second)? }
            }
            _ => return Err("a comparison is with a period, a range or a value".to_owned()),
        };
        Ok(Compare { to: with, shows_change: true })
    }

    fn share(&self, written: Option<&WrittenShare>, query: &Query) -> Result<(Option<Share>, Vec<Filter>), String> {
        let Some(WrittenShare { dimension, part }) = written else { return Ok((None, Vec::new())) };
        let share = match dimension {
            None => Share::OfTotal,
            Some(at) if *at < query.dimensions.len() => Share::Of(*at),
            Some(_) => return Err("a share is of no dimension that it has".to_owned()),
        };
        Ok((Some(share), self.filters(part)?))
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

/// Half open, with an end at least on one side.
fn range(from: Option<&str>, to: Option<&str>) -> Result<Range, String> {
    let (from, to) = (from.map(date).transpose()?, to.map(date).transpose()?);
    let is_empty = from.zip(to).is_some_and(|(from, to)| from >= to);
    if is_empty || from.is_none() && to.is_none() {
        return Err("the range of time is empty".to_owned());
    }
    Ok(Range { from, to, grain: from.zip(to).and_then(|(from, to)| grain(from, to)), is_partial: false })
}

/// The longest periods of the calendar that a range is made of.
fn grain(from: Date, to: Date) -> Option<Grain> {
    let is_whole = |months: i16| {
        let begins = |date: Date| date.day() == 1 && (i16::from(date.month()) - 1) % months == 0;
        begins(from) && begins(to)
    };
    let periods = [(12, Grain::Year), (3, Grain::Quarter), (1, Grain::Month)];
    let known = periods.into_iter().find(|(months, _)| is_whole(*months)).map(|(_, grain)| grain);
    known.or_else(|| (from.checked_add(1.day()).ok()? == to).then_some(Grain::Day))
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "a date is none".to_owned())
}
