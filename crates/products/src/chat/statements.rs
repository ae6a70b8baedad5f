//! Answers by a statement as somebody wrote it, where the engine has planned none.

use std::time::Instant;

use emporion_semantic::chat::query::Value as Literal;
use emporion_semantic::chat::reading::{Interpretation, Level};
use emporion_semantic::guard::Parameters;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::conversation::Conversation;
use super::event::Event;
use super::memory::Read;
use super::wording::{confidence, literal, parameters, round, rows_text, table};
use crate::asking::Decided;
use crate::failure::Failure;

/// A statement that may run, and what is told of it.
pub(super) struct Stated<'a> {
    pub decided: Decided<'a>,
    pub sql: &'a str,
    pub parameters: &'a Parameters,
    pub provenance: Value,
    pub how: &'a Interpretation,
    /// What several rows are said to be.
    pub rows: &'static str,
}

impl Conversation<'_> {
    /// The answer of a verified query, with the values of its slots.
    pub(super) async fn verified(
        &self,
        id: &str,
        given: &[(String, Literal)],
        how: &Interpretation,
        read: Read,
    ) -> Result<Answer, Failure> {
        let sql = self.prepared.statements.get(id).ok_or_else(Failure::internal)?;
        let bound: Parameters = given.iter().map(|(name, value)| (name.clone(), literal(value))).collect();
        let begun = Instant::now();
        let decided = self.prepared.sources.decide(sql, &bound, self.question.rows)?;
        self.timings.plan.add(begun);
        let provenance = self.provenance(Some("verified_query"), Some(id), &[]);
        let rows = "answer it, as somebody has verified";
        self.stated(Stated { decided, sql, parameters: &bound, provenance, how, rows }, read).await
    }

    pub(super) async fn stated(&self, stated: Stated<'_>, read: Read) -> Result<Answer, Failure> {
        let Stated { decided, sql, parameters: bound, provenance, how, rows } = stated;
        let shown = json!({
            "text": sql,
            "dialect": decided.policy.dialect().name(),
            "parameters": parameters(bound),
        });
        if self.question.shows("sql") || how.confidence.level == Level::Low {
            (self.tell)(Event::new("sql", shown.clone()));
        }
        let mut members = Map::new();
        members.insert("provenance".into(), provenance);
        members.insert("confidence".into(), confidence(how));
        members.insert("sql".into(), shown);
        if !self.question.is_run {
            members.insert("text".into(), "The query was planned, and not run.".into());
            return Ok(Answer { status: "answered", members, read });
        }
        let mut answered = self.execute(&decided).await?;
        round(&mut answered);
        let columns: Vec<Value> =
            answered.columns.iter().map(|(name, ty)| json!({"name": name, "label": name, "type": ty})).collect();
        members.insert("text".into(), rows_text(&answered, rows).into());
        members.insert("table".into(), table(columns, &answered));
        let status = if answered.rows.is_empty() { "executed_empty" } else { "answered" };
        Ok(Answer { status, members, read })
    }
}
