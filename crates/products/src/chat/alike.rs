//! Readings that come to the same: where each of them gives the same rows, nothing is asked back.

use emporion_semantic::chat::query::{Measure, Query};
use emporion_semantic::chat::reading::{self, About, Clarification};
use emporion_semantic::chat::{Reading, home_of, plan};
use jiff::civil::Date;
use serde_json::Value;

use super::conversation::{Conversation, LOOK_UP_TIME};
use super::memory::{Read, take_ways};
use super::outcome::Outcome;
use crate::failure::{Code, Failure};

/// More readings than are compared, and fewer than which there is no other.
const COMPARED: std::ops::RangeInclusive<usize> = 2..=3;

impl Conversation<'_> {
    /// The answer by the first of the readings that are offered, where the rows of all of them are the same under the rights of the
    /// caller, and say something: it is as if the first of them had been chosen.
    ///
    /// Errors: what a look-up has.
    pub(super) async fn alike(&self, asked: &Clarification, read_so: &Read) -> Result<Option<Outcome>, Failure> {
        // Which time or which figure is meant stays a question, though they are the same today.
        let is_of_name = matches!(asked.about, About::Value | About::Dimension);
        let is_compared = is_of_name && COMPARED.contains(&asked.options.len());
        if !self.question.is_run || !self.sent.is_empty() || !is_compared {
            return Ok(None);
        }
        let mut readings: Vec<(Query, reading::Interpretation, Read)> = Vec::new();
        for option in &asked.options {
            let mut read_so = read_so.clone();
            read_so.choices.push(option.id.clone());
            let Reading::Query { mut query, interpretation } = self.read(&mut read_so).await? else { return Ok(None) };
            take_ways(&self.prepared.ground, &mut query, &read_so.choices);
            readings.push((*query, interpretation, read_so));
        }
        let Some((query, how, read_so)) = readings.first() else { return Ok(None) };
        let Some(rows) = self.rows_of(query, read_so.today).await? else { return Ok(None) };
        for (other, ..) in &readings[1..] {
            let is_same = self.rows_of(other, read_so.today).await?.as_ref() == Some(&rows);
            if !is_same || !self.is_of_the_same(query, other, read_so.today).await? {
                return Ok(None);
            }
        }
        let mut outcome = self.query(query, how, read_so.clone()).await?;
        if let Some(interpretation) = &mut outcome.answer.interpretation {
            let labels: Vec<&str> = asked.options.iter().map(|option| option.label.as_str()).collect();
            interpretation
                .assumptions
                .push(format!("The rows are the same for all that is meant: {}.", labels.join("; ")));
        }
        Ok(Some(outcome))
    }

    /// The conditions in which two readings differ hold for the same rows, and not only for as many: those for which both hold are
    /// as many as those for which one does.
    async fn is_of_the_same(&self, one: &Query, other: &Query, today: Date) -> Result<bool, Failure> {
        // By which way they are counted is another question.
        if one.via != other.via || one.done_by != other.done_by || one.picked != other.picked {
            return Ok(false);
        }
        if one.filters == other.filters && one.members == other.members {
            return Ok(true);
        }
        let new = Query {
            filters: other.filters.iter().filter(|filter| !one.filters.contains(filter)).cloned().collect(),
            members: other.members.iter().filter(|member| !one.members.contains(member)).cloned().collect(),
            ..Query::default()
        };
        let of = |query: &Query| query.listed.or_else(|| home_of(&self.prepared.ground, query.measures.first()?));
        let (Some(home), true) = (of(one), of(one) == of(other)) else { return Ok(false) };
        let counted = |query: &Query, more: &Query| Query {
            measures: vec![Measure::CountOf(home)],
            filters: [query.filters.as_slice(), &more.filters].concat(),
            members: [query.members.as_slice(), &more.members].concat(),
            time: query.time.clone(),
            via: query.via.clone(),
            done_by: query.done_by.clone(),
            ..Query::default()
        };
        let none = Query::default();
        let both = self.rows_of(&counted(one, &new), today).await?;
        let (first, second) = (counted(one, &none), counted(other, &none));
        Ok(both.is_some() && both == self.rows_of(&first, today).await? && both == self.rows_of(&second, today).await?)
    }

    /// All rows of a query in one order; none where it has too many, or nothing but zeros.
    async fn rows_of(&self, query: &Query, today: Date) -> Result<Option<Vec<String>>, Failure> {
        let Ok(planned) = plan(&self.prepared.ground, query, today) else { return Ok(None) };
        if planned.datasets.iter().any(|id| self.is_closed(*id)) {
            return Ok(None);
        }
        let sources = &self.prepared.sources;
        let decided = sources.decide_in(planned.source, &planned.sql, &planned.parameters, self.question.rows)?;
        let answered = match self.run(&decided, LOOK_UP_TIME).await {
            Ok(answered) => answered,
            Err(failure) if failure.code == Code::QUERY_TIMEOUT || failure.code == Code::COST_LIMIT => {
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        let says = |value: &Value| !value.is_null() && value.as_f64() != Some(0.0) && value.as_str() != Some("0");
        if answered.truncated || !answered.rows.iter().flatten().any(says) {
            return Ok(None);
        }
        let mut rows: Vec<String> = answered.rows.iter().map(|row| written(row)).collect();
        rows.sort();
        Ok(Some(rows))
    }
}

/// Fractions as far as a sum in another order has them as well.
fn written(row: &[Value]) -> String {
    let value = |value: &Value| match value {
        Value::Number(number) if !number.is_i64() && !number.is_u64() => {
            number.as_f64().map_or_else(|| number.to_string(), |fraction| format!("{fraction:.9e}"))
        }
        value => value.to_string(),
    };
    row.iter().map(value).collect::<Vec<String>>().join(",")
}
