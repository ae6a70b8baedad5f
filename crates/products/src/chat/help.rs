//! What is said to who does not know yet what there is: what can be asked, and when there are rows at all.

use std::sync::Arc;

use emporion_semantic::chat::ground::FieldId;
use emporion_semantic::chat::guide::Named;
use emporion_semantic::chat::query::{Aggregate, Filter, Measure, Query};
use emporion_semantic::chat::reading::{Asked, Found, Reading, Reason, Thread};
use emporion_semantic::chat::{OutColumn, PlanProblem, Role, Statement as Planned, guide, numbers, plan, read};
use emporion_semantic::model::Granularity;
use jiff::civil::Date;
use serde_json::Value;

use super::answer::{AnswerWarning, DATA_BEGINS, DATA_ENDS};
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
        let would_be_read = |question: &String| match self.read(question, today, locale) {
            // "by month", of what is known by years.
            Reading::Query { query, .. } => {
                !matches!(plan(&self.ground, &query, today), Err(PlanProblem::TooFine { .. }))
            }
            reading => matches!(reading, Reading::Verified { .. }),
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

    /// Where a period holds nothing: from when to when there is something, under the same conditions; and that the data ends
    /// before, or begins behind it, where nothing could have fitted. A figure of 0 is nothing only then.
    pub(super) async fn elsewhere(
        &self,
        query: &Query,
        planned: &Planned,
        answered: &Answered,
        today: Date,
    ) -> DataExtent {
        self.data_extent(query, planned, answered, today).await.unwrap_or_default()
    }

    async fn data_extent(
        &self,
        query: &Query,
        planned: &Planned,
        answered: &Answered,
        today: Date,
    ) -> Option<DataExtent> {
        let found = AnswerContents::of(planned, answered);
        let field = match &query.time {
            Some(time) if found.is_nothing || found.is_zero => time.field,
            _ => query.dimensions.iter().find(|dimension| dimension.grain.is_some() && found.is_dateless)?.field,
        };
        let known = self.prepared.ground.field(field);
        let label = known.names.shown();
        let (first, last) = self.ends(query, field, Vec::new(), today).await?;
        let (Some(from), Some(to)) = (day(&first), day(&last)) else {
            let sentence = format!("{label} holds “{last}”, say, which is no day: no period of it can be told.");
            return Some(DataExtent { sentence: Some(sentence), warning: None });
        };
        let range = query.time.as_ref()?.range;
        let warning = match (range.from, range.to) {
            (Some(begin), _) if begin > to => Some((DATA_ENDS, "ends", to)),
            (_, Some(end)) if end <= from => Some((DATA_BEGINS, "begins", from)),
            _ => None,
        };
        let ends = match (found.is_nothing, &warning) {
            (true, _) if !query.filters.is_empty() => {
                let ends = self.ends(query, field, query.filters.clone(), today).await;
                ends.and_then(|(first, last)| day(&first).zip(day(&last)))
            }
            (false, None) => None,
            _ => Some((from, to)),
        };
        let said = |day: Date| said(known.finest, day);
        let warning = warning.map(|(code, verb, day)| AnswerWarning {
            day: Some(said(day)),
            ..AnswerWarning::new(code, format!("The data {verb} with {}.", said(day)))
        });
        let sentence = ends.map(|(first, last)| format!("{label} goes from {} to {}.", said(first), said(last)));
        Some(DataExtent { sentence, warning })
    }

    /// The least and the greatest value of a time.
    async fn ends(&self, of: &Query, field: FieldId, filters: Vec<Filter>, today: Date) -> Option<(String, String)> {
        let end = |aggregate| Measure::Of { aggregate, field };
        let measures = vec![end(Aggregate::Minimum), end(Aggregate::Maximum)];
        let ends = Query { measures, filters, via: of.via.clone(), ..Query::default() };
        let planned = plan(&self.prepared.ground, &ends, today).ok()?;
        let decided = self.prepared.sources.decide_in(planned.source, &planned.sql, &planned.parameters, 1).ok()?;
        let found = self.run(&decided, LOOK_UP_TIME).await.ok()?;
        let [row] = found.rows.as_slice() else { return None };
        let text = |at: usize| row.get(at)?.as_str().map(str::to_owned);
        Some((text(0)?, text(1)?))
    }
}

/// What is said of a period that holds nothing.
#[derive(Default)]
pub(super) struct DataExtent {
    pub sentence: Option<String>,
    pub warning: Option<AnswerWarning>,
}

/// How much an answer holds.
struct AnswerContents {
    is_nothing: bool,
    /// There are figures, and each is 0 or nothing.
    is_zero: bool,
    /// Grouped by periods, and none of its rows has one.
    is_dateless: bool,
}

impl AnswerContents {
    fn of(planned: &Planned, answered: &Answered) -> AnswerContents {
        let rows = &answered.rows;
        let is_nothing = match rows.as_slice() {
            [] => true,
            [row] => row.iter().all(Value::is_null),
            _ => false,
        };
        let columns = |is_it: &dyn Fn(&OutColumn) -> bool| -> Vec<usize> {
            planned.columns.iter().enumerate().filter(|(_, column)| is_it(column)).map(|(at, _)| at).collect()
        };
        let are_all = |columns: &[usize], is_it: &dyn Fn(&Value) -> bool| {
            !columns.is_empty() && rows.iter().all(|row| columns.iter().all(|at| row.get(*at).is_none_or(is_it)))
        };
        let is_zero = |value: &Value| value.is_null() || numbers::of(value) == Some(0.0);
        let (figures, periods) = (columns(&|it| it.role == Role::Measure), columns(&|it| it.grain.is_some()));
        AnswerContents {
            is_nothing,
            is_zero: are_all(&figures, &is_zero),
            is_dateless: !rows.is_empty() && are_all(&periods, &Value::is_null),
        }
    }
}

fn day(value: &str) -> Option<Date> {
    value.get(..10)?.parse().ok()
}

/// A day, or the period that begins with it where nothing finer is known.
fn said(finest: Granularity, day: Date) -> String {
    match finest {
        Granularity::Day => day.to_string(),
        Granularity::Month => format!("{}-{:02}", day.year(), day.month()),
        Granularity::Quarter => format!("{}-Q{}", day.year(), (day.month() - 1) / 3 + 1),
        Granularity::Year => day.year().to_string(),
    }
}
