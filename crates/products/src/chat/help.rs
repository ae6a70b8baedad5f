//! What is said to who does not know yet what there is: what can be asked, and when there are rows at all.

use std::sync::Arc;

use emporion_semantic::chat::guide::Named;
use emporion_semantic::chat::query::{Aggregate, Measure, Query};
use emporion_semantic::chat::reading::{Asked, Found, Reading, Reason, Thread};
use emporion_semantic::chat::{guide, plan, read};
use jiff::civil::Date;
use serde_json::Value;

use super::conversation::{Conversation, LOOK_UP_TIME};
use super::memory::Read;
use super::outcome::Outcome;
use super::prepared::{Prepared, prepare};
use super::request::USUAL_LOCALE;
use super::wording::refused;
use super::zone;
use crate::databases::Answered;
use crate::failure::Failure;
use crate::request::ProductRequest;
use crate::service::Products;

/// Questions that are proposed.
const PROPOSED: usize = 5;

/// What can be asked: a sentence or two, and questions that would be answered.
pub struct Guide {
    pub text: String,
    pub questions: Vec<String>,
}

/// How well a question fits a product.
#[derive(Debug, Clone, Default)]
pub struct Fit {
    pub understood: Understood,
    /// What it names: the name, and what it is one of.
    pub names: Vec<(String, NamedKind)>,
    pub unknown: Vec<String>,
}

/// How much of a question would be understood, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Understood {
    #[default]
    Not,
    /// Something would be asked back or looked up first.
    Partly,
    /// It would be answered as it stands.
    Whole,
}

impl Understood {
    pub const fn word(self) -> &'static str {
        match self {
            Understood::Not => "not",
            Understood::Partly => "partly",
            Understood::Whole => "whole",
        }
    }
}

/// What a name of a model is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedKind {
    Metric,
    Dataset,
    Field,
}

impl NamedKind {
    pub const fn word(self) -> &'static str {
        match self {
            NamedKind::Metric => "metric",
            NamedKind::Dataset => "dataset",
            NamedKind::Field => "field",
        }
    }
}

/// What can be asked of a product today. No source is asked.
///
/// Errors: 404; 403 for who may not ask it.
pub async fn guide(products: &Arc<Products>, request: &ProductRequest) -> Result<Guide, Failure> {
    let prepared = prepare(products, request, false).await?;
    let (text, questions) = prepared.guide(zone::day(products.now_ms()), USUAL_LOCALE);
    Ok(Guide { text, questions })
}

/// How well a question fits a product today. No source is asked.
///
/// Errors: 404; 403 for who may not ask it.
pub async fn fit(products: &Arc<Products>, request: &ProductRequest, question: &str) -> Result<Fit, Failure> {
    let prepared = prepare(products, request, false).await?;
    Ok(prepared.fit(question, zone::day(products.now_ms()), USUAL_LOCALE))
}

impl Prepared {
    /// What can be asked, in a sentence or two, and questions that would be read.
    pub fn guide(&self, today: Date, locale: &str) -> (String, Vec<String>) {
        let (text, questions) = guide::of(&self.ground, &self.verified, &|dataset| !self.is_closed(dataset));
        let would_be_read = |question: &String| {
            matches!(self.read(question, today, locale), Reading::Query { .. } | Reading::Verified { .. })
        };
        (text, questions.into_iter().filter(would_be_read).take(PROPOSED).collect())
    }

    /// How well a question fits, without asking any source.
    pub fn fit(&self, question: &str, today: Date, locale: &str) -> Fit {
        let ground = &self.ground;
        let names = guide::named(ground, &self.lexicon, question, &|dataset| !self.is_closed(dataset));
        let described = |named: Named| match named {
            Named::Metric(id) => (ground.metric(id).names.shown().to_owned(), NamedKind::Metric),
            Named::Dataset(id) => (ground.dataset(id).names.shown().to_owned(), NamedKind::Dataset),
            Named::Field(id) => (ground.field(id).names.shown().to_owned(), NamedKind::Field),
        };
        let (understood, unknown) = match self.read(question, today, locale) {
            Reading::Query { query, .. } if !self.is_answered(&query, today) => (Understood::Not, Vec::new()),
            Reading::Query { .. } | Reading::Verified { .. } => (Understood::Whole, Vec::new()),
            Reading::LookUp(_) | Reading::Clarify(_) => (Understood::Partly, Vec::new()),
            Reading::Unanswerable { reason: Reason::UnknownTerms(words), .. } => (Understood::Not, words),
            Reading::Unanswerable { .. } => (Understood::Not, Vec::new()),
        };
        Fit { understood, names: names.into_iter().map(described).collect(), unknown }
    }

    /// Whether there is a statement for it over what is lent.
    fn is_answered(&self, query: &Query, today: Date) -> bool {
        plan(&self.ground, query, today).is_ok_and(|planned| !planned.datasets.iter().any(|id| self.is_closed(*id)))
    }

    /// As the first question of a thread.
    fn read(&self, question: &str, today: Date, locale: &str) -> Reading {
        let (thread, found) = (Thread::default(), Found::default());
        let (thread, found, verified) = (&thread, &found, &self.verified[..]);
        read(&self.ground, &self.lexicon, &Asked { text: question, today, locale, thread, found, verified })
    }
}

impl Conversation<'_> {
    /// What can be asked, with questions that would be read.
    pub(super) fn guide(&self, read_so: Read) -> Outcome {
        let (text, questions) = self.prepared.guide(read_so.today, &read_so.locale);
        let mut outcome = refused(Reason::OpenEnded, questions, read_so);
        outcome.answer.text = text;
        outcome
    }

    /// Where a period holds nothing: from when to when there is something, under the same conditions.
    pub(super) async fn elsewhere(&self, query: &Query, answered: &Answered, today: Date) -> Option<String> {
        let is_nothing = match answered.rows.as_slice() {
            [] => true,
            [row] => row.iter().all(Value::is_null),
            _ => false,
        };
        let field = query.time.as_ref().filter(|_| is_nothing)?.field;
        let of = |aggregate| Measure::Of { aggregate, field };
        let ends = Query {
            measures: vec![of(Aggregate::Minimum), of(Aggregate::Maximum)],
            filters: query.filters.clone(),
            via: query.via.clone(),
            ..Query::default()
        };
        let ground = &self.prepared.ground;
        let planned = plan(ground, &ends, today).ok()?;
        let decided = self.prepared.sources.decide_in(planned.source, &planned.sql, &planned.parameters, 1).ok()?;
        let found = self.run(&decided, LOOK_UP_TIME).await.ok()?;
        let [row] = found.rows.as_slice() else { return None };
        let day = |at: usize| row.get(at)?.as_str()?.get(..10)?.parse::<Date>().ok();
        let (first, last) = (day(0)?, day(1)?);
        let label = ground.field(field).names.shown();
        Some(format!("{label} goes from {first} to {last}."))
    }
}
