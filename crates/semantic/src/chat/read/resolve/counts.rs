//! Counts: figures of a model that count things, and things that several figures count.

use super::super::resolver::{Outcome, Resolution, Resolver};
use crate::chat::ground::{DatasetId, Ground, Metric, MetricId};
use crate::chat::query::Measure;
use crate::chat::reading::{About, Clarification, Offer};
use crate::chat::times;

/// How many rows of what a measure counts.
pub(in crate::chat::read) fn counted(ground: &Ground, measure: &Measure) -> Option<DatasetId> {
    match measure {
        Measure::CountOf(dataset) => Some(*dataset),
        Measure::Metric(id) => {
            let metric = ground.metric(*id);
            let words = metric.expression.to_lowercase();
            let is_count = crate::chat::lexicon::is_count(&metric.expression) && !words.contains("distinct");
            is_count.then(|| metric.datasets.first().copied()).flatten()
        }
        _ => None,
    }
}

/// How many rows there are, as the model counts them.
pub(in crate::chat::read) fn number(ground: &Ground, dataset: DatasetId) -> Measure {
    counting(ground, dataset).unwrap_or(Measure::CountOf(dataset))
}

/// The one figure of a model that counts these rows, all of them.
pub(in crate::chat::read) fn counting(ground: &Ground, dataset: DatasetId) -> Option<Measure> {
    let key = ground.dataset(dataset).primary_key.as_slice();
    let is_it = |metric: &Metric| {
        let of = of(metric);
        let is_all = of.as_deref().is_some_and(|of| {
            let of = of.strip_prefix("distinct").unwrap_or(of);
            of == "*" || matches!(key, [key] if of == column(ground, dataset, key))
        });
        metric.datasets == [dataset] && metric.default_filters.is_empty() && is_all
    };
    let mut metrics = metrics(ground, is_it);
    let (one, None) = (metrics.next()?, metrics.next()) else { return None };
    Some(Measure::Metric(one))
}

/// Figures that count these things by the rows of others: buyers, by their orders.
fn through_others(ground: &Ground, dataset: DatasetId) -> Vec<MetricId> {
    let counts_them = |metric: &Metric| {
        let of = of(metric);
        let mut joins = ground.joins.iter().filter(|join| join.to == dataset);
        joins.any(|join| match join.on.as_slice() {
            [(name, _)] => of == Some(format!("distinct{}", column(ground, join.from, name))),
            _ => false,
        })
    };
    metrics(ground, counts_them).collect()
}

/// What stands in a metric that is a count and nothing else.
fn of(metric: &Metric) -> Option<String> {
    let text: String = metric.expression.chars().filter(|c| !c.is_whitespace() && !"\"`".contains(*c)).collect();
    text.to_lowercase().strip_prefix("count(")?.strip_suffix(')').map(str::to_owned)
}

fn column(ground: &Ground, dataset: DatasetId, name: &str) -> String {
    format!("{}.{name}", ground.dataset(dataset).names.name).to_lowercase()
}

fn metrics<'a>(ground: &'a Ground, is_it: impl Fn(&Metric) -> bool + 'a) -> impl Iterator<Item = MetricId> + 'a {
    (0..ground.metrics.len()).map(MetricId).filter(move |id| is_it(ground.metric(*id)))
}

impl Resolver<'_> {
    /// "customers in 2025": those who signed up then, or those whom a figure of the model counts by their orders.
    pub fn counted_otherwise(&mut self) -> Outcome<()> {
        let [Measure::CountOf(dataset)] = self.query.measures.as_slice() else { return Ok(()) };
        let dataset = *dataset;
        let ground = self.ground;
        let others = through_others(ground, dataset);
        let about = format!("count of {}", ground.dataset(dataset).names.name);
        let own = format!("{about}|dataset:{}", ground.dataset(dataset).names.name);
        let id = |metric: &MetricId| format!("{about}|metric:{}", ground.metric(*metric).names.name);
        let is_chosen = |id: &str| self.choices.iter().any(|choice| choice.id == id);
        if others.is_empty() || is_chosen(&own) {
            return Ok(());
        }
        if let Some(metric) = others.iter().find(|metric| is_chosen(&id(metric))) {
            self.query.measures = vec![Measure::Metric(*metric)];
            return Ok(());
        }
        let by = times::own(ground, dataset).map(|field| format!(" by {}", ground.field(field).names.shown()));
        let label = format!("Number of {}{}", self.shown(dataset), by.unwrap_or_default());
        let mut options = vec![Offer { id: own, label }];
        options.extend(
            others
                .iter()
                .take(4)
                .map(|metric| Offer { id: id(metric), label: ground.metric(*metric).names.shown().into() }),
        );
        let question = format!("Which {} are to be counted?", self.shown(dataset));
        Err(Resolution::Ask(Clarification { about: About::Metric, question, options }))
    }
}
