//! Answers by a statement as somebody wrote it, where the engine has planned none.

use std::time::Instant;

use emporion_semantic::chat::ground::{MaskShows, Metric};
use emporion_semantic::chat::query::Value as Literal;
use emporion_semantic::chat::reading::{Interpretation, Level};
use emporion_semantic::chat::{TableColumn, of_written};
use emporion_semantic::guard::Parameters;

use super::answer::{Answer, Chart, ChartFormat, Method, Provenance, Status};
use super::conversation::Conversation;
use super::event::Event;
use super::memory::Read;
use super::outcome::Outcome;
use super::wording::{self, confidence, literal, round, rows_text, with_rows};
use crate::asking::Decided;
use crate::failure::Failure;

/// A statement that may run, and what is told of it.
pub(super) struct Stated<'a> {
    pub decided: Decided<'a>,
    pub sql: &'a str,
    pub parameters: &'a Parameters,
    pub provenance: Provenance,
    pub how: &'a Interpretation,
    /// What several rows are said to be.
    pub rows: &'static str,
    /// They are drawn, where they can be: somebody has vouched for what they mean.
    pub is_drawn: bool,
}

impl Conversation<'_> {
    /// The answer of a verified query, with the values of its slots.
    pub(super) async fn verified(
        &self,
        id: &str,
        given: &[(String, Literal)],
        how: &Interpretation,
        read: Read,
    ) -> Result<Outcome, Failure> {
        let sql = self.prepared.statements.get(id).ok_or_else(Failure::internal)?;
        let bound: Parameters = given.iter().map(|(name, value)| (name.clone(), literal(value))).collect();
        let begun = Instant::now();
        let decided = self.prepared.sources.decide(sql, &bound, self.question.rows)?;
        self.timings.plan.add(begun);
        let provenance = self.provenance(Some(Method::VerifiedQuery), Some(id), &[]);
        let rows = "answer it, as somebody has verified";
        self.stated(Stated { decided, sql, parameters: &bound, provenance, how, rows, is_drawn: true }, read).await
    }

    /// A column of a statement that somebody wrote: what bears the name of a metric is called as that one, with its unit; what
    /// bears that of a masked column is shown as this one is, a year as one and not as its first day.
    fn called(&self, name: &str, ty: &'static str, decided: &Decided<'_>) -> TableColumn {
        let is_it = |metric: &&Metric| metric.names.name.eq_ignore_ascii_case(name);
        let metric = self.prepared.ground.metrics.iter().find(is_it);
        let mask = decided.policy.mask_of(&decided.plan.tables, name).map(wording::shows);
        TableColumn {
            name: name.to_owned(),
            label: metric.map_or(name, |metric| metric.names.shown()).to_owned(),
            ty,
            format: metric.and_then(|metric| metric.format.clone()),
            unit: metric.and_then(|metric| metric.unit.clone()),
            grain: (mask == Some(MaskShows::Year)).then_some("year"),
            mask,
        }
    }

    pub(super) async fn stated(&self, stated: Stated<'_>, read: Read) -> Result<Outcome, Failure> {
        let Stated { decided, sql, parameters, provenance, how, rows, is_drawn } = stated;
        let sql = wording::sql(sql, decided.policy.dialect(), parameters);
        if self.question.shows("sql") || how.confidence.level == Level::Low {
            (self.report)(Event::Sql(sql.clone()));
        }
        let answer = Answer {
            provenance: Some(provenance),
            confidence: Some(confidence(how)),
            sql: Some(sql),
            ..Answer::new(Status::Answered, "The query was planned, and not run.")
        };
        if !self.question.is_run {
            return Ok(Outcome::new(answer, read));
        }
        let mut answered = self.execute(&decided).await?;
        round(&mut answered);
        let named: Vec<TableColumn> =
            answered.columns.iter().map(|(name, ty)| self.called(name, ty, &decided)).collect();
        let chart = is_drawn.then(|| of_written(&self.prepared.ground, &named, &answered.rows)).flatten();
        let chart = chart.map(|spec| Chart { format: ChartFormat::VegaLite, spec });
        let columns = wording::columns(named, &answered);
        let text = rows_text(&answered, rows);
        Ok(Outcome::new(Answer { chart, ..with_rows(answer, text, columns, answered) }, read))
    }
}
