//! How what a term names is computed: the metrics that bear it, and those called so in models of products that bear it.

use std::collections::{HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::text;
use serde_json::Value;

use crate::access::condition::Condition;
use crate::fault::Fault;
use crate::layout::icon::Icon;
use crate::products::model::Metric;
use crate::records::address;
use crate::records::link::Link;
use crate::text::plain::shown_prose;
use crate::text::texts::Texts;

/// Products whose models are looked at, and models of each.
const MOST_PRODUCTS: usize = 10;
const MOST_MODELS: u32 = 10;

pub struct Measures {
    pub rows: Vec<Measure>,
    /// Where more products bear the term than were looked at.
    pub left_off: Option<String>,
}

pub struct Measure {
    pub link: Link,
    pub unit: String,
    pub expression: String,
    pub filters: Vec<Condition>,
    pub line: String,
    /// The product whose model it is in.
    pub product: Option<Link>,
}

impl Measures {
    /// `bearing`: the records that bear the term, those that the reader sees.
    pub async fn of(
        t: Texts,
        reading: &Reading<'_>,
        term: &View,
        bearing: &HashMap<RecordId, Record>,
    ) -> Result<Measures, Fault> {
        let mut bearing: Vec<&Record> = bearing.values().collect();
        bearing.sort_by(|a, b| a.fqn.cmp(&b.fqn));
        let called = called(term);
        let mut rows: Vec<Measure> = bearing.iter().filter_map(|record| Measure::of_record(t, record)).collect();
        let products: Vec<&Record> = bearing.into_iter().filter(|record| record.kind.is("data_product")).collect();
        let kind = reading.catalog().kind("semantic_model");
        for product in products.iter().take(MOST_PRODUCTS) {
            let query = ListQuery { limit: MOST_MODELS, ..ListQuery::of(reading.account(), kind) };
            for model in reading.parts(*product, query).await? {
                let metrics = model.body.get("document").map(|document| Metric::all(t, document)).unwrap_or_default();
                let is_meant = |metric: &Metric| metric.names().any(|name| called.contains(&folded(name)));
                let meant = metrics.into_iter().filter(is_meant);
                rows.extend(meant.map(|metric| Measure::of_model(product, metric)));
            }
        }
        let many = t.number(MOST_PRODUCTS as u64);
        let left_off = (products.len() > MOST_PRODUCTS).then(|| t.with("term.measures_of", &[("n", &many)]));
        Ok(Measures { rows, left_off })
    }
}

impl Measure {
    /// A metric that is a record of its own.
    fn of_record(t: Texts, record: &Record) -> Option<Measure> {
        let filters = record.body.get("filters").and_then(Value::as_array).into_iter().flatten();
        let filters = filters.filter_map(|filter| filter.get("where")?.as_str());
        let code = record.body.get("metric_expression")?.get("code")?.as_str()?;
        Some(Measure {
            link: Link::of_record(record),
            unit: String::new(),
            expression: shown_prose(code),
            filters: filters.map(|filter| Condition::of_metric(t, &record.name, filter)).collect(),
            line: String::new(),
            product: None,
        })
    }

    fn of_model(product: &Record, metric: Metric) -> Measure {
        let model = address::with_query(&address::of_record(product), &[("tab", "model")]);
        let name = if metric.label.is_empty() { metric.name } else { metric.label };
        Measure {
            link: Link { icon: Icon("other"), name, address: Some(format!("{model}#{}", metric.anchor)) },
            unit: metric.unit,
            expression: metric.expression,
            filters: metric.filters,
            line: metric.line,
            product: Some(Link::of_record(product)),
        }
    }
}

/// What a term is called, folded.
fn called(term: &View) -> HashSet<String> {
    let synonyms = term.field("synonyms").and_then(Value::as_array).into_iter().flatten();
    let names = [Some(&*term.record.name), term.text("display_name")].into_iter().flatten();
    let names = names.chain(synonyms.filter_map(Value::as_str));
    names.map(folded).filter(|name| !name.is_empty()).collect()
}

/// `net_sales` and `Net  sales` are one name.
fn folded(name: &str) -> String {
    text::folded_words(&name.replace('_', " ")).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs_are_read_as_words() {
        assert_eq!(folded("net_sales"), folded(" Net  Sales"));
        assert_ne!(folded("netsales"), folded("net_sales"));
    }
}
