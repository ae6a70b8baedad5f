//! Proposals: queries that something else makes, in a form of JSON. What it is told of the ground, how its answer is
//! read.
//!
//! Nothing of a proposal is trusted: it may name only what it was offered, and say only what the form has words for.

mod form;
pub mod sql;
#[cfg(test)]
mod tests;
mod written;

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::{Value, json};

pub use written::schema;

use super::dates::any_phrase;
use super::ground::{DatasetId, FieldId, Ground, MetricId, Names, Type};
use super::query::{Filter, Query};
use super::words::{Phrases, lemmas, tokens};

/// At most so many parts of a ground are offered to the model for one question.
const MOST_PARTS: usize = 60;
const MOST_TEXT: usize = 300;

/// Why a proposal means no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It says so itself.
    Cannot,
    /// What is wrong with it, for a log.
    Wrong(String),
}

impl From<String> for Unread {
    fn from(why: String) -> Unread {
        Unread::Wrong(why)
    }
}

impl From<&str> for Unread {
    fn from(why: &str) -> Unread {
        Unread::Wrong(why.to_owned())
    }
}

/// What one question may be about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offer {
    metrics: Vec<MetricId>,
    fields: Vec<FieldId>,
    datasets: Vec<DatasetId>,
}

impl Offer {
    /// The parts nearest to a question, of datasets that are `open`. All of them where there are few.
    pub fn of(ground: &Ground, question: &str, open: &dyn Fn(DatasetId) -> bool) -> Offer {
        let asked: BTreeSet<String> =
            tokens(question).unwrap_or_default().into_iter().map(|token| token.lemma).collect();
        let near = |names: &Names| {
            let texts = [Some(names.name.as_str()), names.label.as_deref(), names.description.as_deref()];
            let texts = texts.into_iter().flatten().chain(names.synonyms.iter().map(String::as_str));
            let words: BTreeSet<String> = texts.flat_map(lemmas).collect();
            words.intersection(&asked).count()
        };
        let datasets: Vec<DatasetId> = (0..ground.datasets.len()).map(DatasetId).filter(|id| open(*id)).collect();
        let is_open = |metric: &MetricId| ground.metric(*metric).datasets.iter().all(|id| open(*id));
        let mut metrics: Vec<MetricId> = (0..ground.metrics.len()).map(MetricId).filter(is_open).collect();
        let mut fields: Vec<FieldId> = datasets.iter().flat_map(|id| ground.fields_of(*id)).collect();
        metrics.sort_by_key(|id| std::cmp::Reverse(near(&ground.metric(*id).names)));
        fields.sort_by_key(|id| {
            let field = ground.field(*id);
            std::cmp::Reverse(2 * near(&field.names) + near(&ground.dataset(field.dataset).names))
        });
        // Metrics get at most a third; what they leave goes to fields.
        metrics.truncate(MOST_PARTS / 3);
        fields.truncate(MOST_PARTS.saturating_sub(metrics.len() + datasets.len().min(MOST_PARTS / 3)));
        let datasets = datasets.into_iter().take(MOST_PARTS / 3).collect();
        Offer { metrics, fields, datasets }
    }

    pub fn is_empty(&self) -> bool {
        self.metrics.is_empty() && self.datasets.is_empty()
    }

    /// The same in another order.
    #[must_use]
    pub fn reversed(mut self) -> Offer {
        self.metrics.reverse();
        self.fields.reverse();
        self.datasets.reverse();
        self
    }

    /// As it is told: names and descriptions, and no values.
    pub fn print(&self, ground: &Ground) -> Value {
        let named = |id: String, names: &Names| {
            let mut printed = named(names);
            printed["id"] = id.into();
            printed
        };
        let metrics = self.metrics.iter().map(|id| {
            let names = &ground.metric(*id).names;
            named(names.name.clone(), names)
        });
        let fields = self.fields.iter().map(|id| {
            let field = ground.field(*id);
            let mut printed = named(ground.path(*id), &field.names);
            printed["type"] = word(field.ty).into();
            printed
        });
        let datasets = self.datasets.iter().map(|id| {
            let names = &ground.dataset(*id).names;
            named(names.name.clone(), names)
        });
        json!({
            "metrics": metrics.collect::<Vec<_>>(),
            "fields": fields.collect::<Vec<_>>(),
            "datasets": datasets.collect::<Vec<_>>(),
        })
    }

    /// The query that a proposal means, in canonical form.
    ///
    /// Errors: why there is none.
    pub fn read(&self, ground: &Ground, proposal: &str, today: Date) -> Result<Query, Unread> {
        form::read(self, ground, proposal, today).map(super::query::Query::canonical)
    }
}

/// The names of a part, and what it is.
fn named(names: &Names) -> Value {
    let mut printed = json!({"label": names.shown()});
    if !names.synonyms.is_empty() {
        printed["alsoCalled"] = names.synonyms.iter().map(String::as_str).collect();
    }
    if let Some(description) = &names.description {
        printed["description"] = description.chars().take(MOST_TEXT).collect::<String>().into();
    }
    printed
}

const fn word(ty: Type) -> &'static str {
    match ty {
        Type::Number => "number",
        Type::Text => "text",
        Type::Date => "date",
        Type::Timestamp => "timestamp",
        Type::Boolean => "boolean",
        Type::Other => "other",
    }
}

/// Values that must be looked up before they are believed: of conditions, and those that are compared.
pub fn values(query: &Query) -> Vec<(FieldId, String)> {
    use super::query::{CompareTo, Op, Value::Text};
    let of = |filter: &Filter| {
        let texts = filter.values.iter().filter_map(|value| match value {
            Text(text) if matches!(filter.op, Op::Is | Op::IsNot) => Some((filter.field, text.clone())),
            _ => None,
        });
        texts.collect::<Vec<_>>()
    };
    let mut found: Vec<_> = query.filters.iter().chain(&query.part).flat_map(of).collect();
    if let Some(CompareTo::Values { field, first, second }) = query.compare.as_ref().map(|compare| &compare.to) {
        let texts = [first, second].into_iter().filter_map(|value| match value {
            Text(text) => Some((*field, text.clone())),
            _ => None,
        });
        found.extend(texts);
    }
    found
}

/// Puts values as they are stored in the place of those that were proposed.
pub fn put(query: &mut Query, field: FieldId, proposed: &str, stored: &str) {
    use super::query::{CompareTo, Value::Text};
    let filters = query.filters.iter_mut().chain(&mut query.part).filter(|filter| filter.field == field);
    let compared = match query.compare.as_mut().map(|compare| &mut compare.to) {
        Some(CompareTo::Values { field: own, first, second }) if *own == field => vec![first, second],
        _ => Vec::new(),
    };
    for value in filters.flat_map(|filter| &mut filter.values).chain(compared) {
        if matches!(value, Text(text) if text == proposed) {
            *value = Text(stored.to_owned());
        }
    }
}

/// Whether a text only goes on from what was said before, so that it means nothing alone.
pub fn goes_on(question: &str) -> bool {
    static MARKERS: Phrases = Phrases::named("proposal.MARKERS");
    tokens(question).is_none_or(|tokens| any_phrase(&tokens, 0, &MARKERS).is_some())
}
