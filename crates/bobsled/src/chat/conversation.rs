//! From a question to its answer: read, looked up, planned, guarded, run and told.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use emporion_edge::timestamp;
use emporion_semantic::chat::ground::{DatasetId, FieldId, JoinId};
use emporion_semantic::chat::query::{Dimension, Filter, Measure, Op, Query, Value as Literal};
use emporion_semantic::chat::reading::{About, Asked, Clarification, Interpretation, Level, Probe, Reason, Thread};
use emporion_semantic::chat::{Ground, PlanProblem, Reading, Statement as Planned, plan, read, tell};
use emporion_semantic::guard::{self, Parameters};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::event::Event;
use super::memory::{Read, WAY, choices, take_ways};
use super::ready::Ready;
use super::request::Question;
use super::timings::Timings;
use crate::asking::{self, Decided};
use crate::databases::{Answered, Fault, Statement};
use crate::door::Door;
use crate::error::{Code, Failure};
use crate::message::Message;
use crate::translate::data_source;

/// Rounds of looking values up; each asks for what the one before has left open.
const ROUNDS: usize = 3;
/// Statements that look values up for one question, and the time for each.
const LOOK_UPS: usize = 40;
const LOOK_UP_TIME: Duration = Duration::from_millis(500);
/// Values that one look-up may find; where there are more, it is not known what is meant.
const LOOKED_UP: u64 = 1_000;
/// Suggestions that are shown.
const SUGGESTIONS: usize = 5;

/// A question being answered.
pub struct Conversation<'a> {
    pub door: &'a Door,
    pub ready: &'a Ready,
    pub question: &'a Question,
    pub thread: &'a Thread,
    pub timings: &'a Timings,
    pub tell: &'a (dyn Fn(Event) + Send + Sync),
}

/// An answer, but for its place in a thread.
pub struct Answer {
    pub status: &'static str,
    pub members: Map<String, Value>,
    pub read: Read,
}

impl Conversation<'_> {
    fn stage(&self, stage: &'static str, label: &str) {
        (self.tell)(Event::new("status", json!({"stage": stage, "label": label})));
    }

    /// Answers the question, as it is read with these choices.
    ///
    /// Errors: 403 `ROWS_NOT_GRANTED` for tables whose rows were not lent; what the source has against the statement.
    pub async fn answer(&self, text: String, today: Date, chosen: Vec<String>) -> Result<Answer, Failure> {
        let mut answer = self.answered(text, today, chosen).await?;
        let provenance = answer.members.entry("provenance").or_insert_with(|| self.provenance(None, None, None));
        provenance["timings"] = self.timings.print();
        Ok(answer)
    }

    async fn answered(&self, text: String, today: Date, chosen: Vec<String>) -> Result<Answer, Failure> {
        if self.question.demands_llm {
            let read = Read {
                text,
                today,
                locale: self.question.locale.clone(),
                choices: chosen,
                found: Vec::new(),
                is_follow_up: false,
                about: None,
            };
            let text = "No model of language is configured, and only one was to answer.";
            let members = Map::from_iter([("text".to_owned(), text.into())]);
            return Ok(Answer { status: "needs_llm", members, read });
        }
        self.stage("parsing", "Reading the question");
        let locale = self.question.locale.clone();
        let mut read_so =
            Read { text, today, locale, choices: chosen, found: Vec::new(), is_follow_up: false, about: None };
        let reading = self.read(&mut read_so).await?;
        match reading {
            Reading::Query { mut query, interpretation } => {
                take_ways(&self.ready.ground, &mut query, &read_so.choices);
                read_so.is_follow_up = interpretation.is_follow_up;
                self.query(&query, &interpretation, read_so).await
            }
            Reading::Verified { id, parameters, interpretation } => {
                self.verified(&id, &parameters, &interpretation, read_so).await
            }
            Reading::Clarify(clarification) => Ok(asked_back(&clarification, read_so)),
            Reading::Unanswerable { reason, suggestions } => Ok(refused(reason, suggestions, read_so)),
            // Three rounds have not settled it: what could not be looked up is not known.
            Reading::LookUp(probes) => {
                let phrases = probes.into_iter().map(|probe| probe.phrase).collect();
                Ok(refused(Reason::UnknownTerms(phrases), Vec::new(), read_so))
            }
        }
    }

    async fn read(&self, read_so: &mut Read) -> Result<Reading, Failure> {
        let mut left = LOOK_UPS;
        for round in 0.. {
            let mut thread = self.thread.clone();
            thread.choices = choices(&read_so.choices);
            let found = read_so.found(&self.ready.ground);
            let asked = Asked {
                text: &read_so.text,
                today: read_so.today,
                locale: &read_so.locale,
                thread: &thread,
                found: &found,
                verified: &self.ready.verified,
            };
            let begun = Instant::now();
            let reading = read(&self.ready.ground, &self.ready.lexicon, &asked);
            self.timings.read.add(begun);
            match reading {
                Reading::LookUp(probes) if round < ROUNDS => {
                    self.stage("matching", "Looking up values");
                    for probe in &probes {
                        let begun = Instant::now();
                        let is_known = self.look_up(probe, &mut left, &mut read_so.found).await?;
                        self.timings.look_up.add(begun);
                        if !is_known {
                            let quoted = &probe.phrase;
                            let sentence =
                                format!("Whether \u{201c}{quoted}\u{201d} is a value could not be looked up.");
                            let reason = Reason::OutsideModel(sentence);
                            return Ok(Reading::Unanswerable { reason, suggestions: Vec::new() });
                        }
                    }
                }
                reading => return Ok(reading),
            }
        }
        Err(Failure::internal())
    }

    /// Asks the source, under the row filters of the caller, which of the fields hold the phrase. Answers whether that is
    /// known of all of them: a value that was found in one may stand in another that could not be asked.
    async fn look_up(
        &self,
        probe: &Probe,
        left: &mut usize,
        found: &mut Vec<(String, String, Option<String>)>,
    ) -> Result<bool, Failure> {
        let wanted = folded(&probe.phrase);
        for field in &probe.fields {
            let path = self.ready.ground.path(*field);
            // Rows that were not lent are as if they were not there.
            if self.is_closed(self.ready.ground.field(*field).dataset) {
                found.push((probe.phrase.clone(), path, None));
                continue;
            }
            if *left == 0 {
                return Ok(false);
            }
            *left -= 1;
            let Some(values) = self.values(*field, &probe.phrase).await? else { return Ok(false) };
            let mut same: Vec<String> = values.into_iter().filter(|value| folded(value) == wanted).collect();
            same.sort();
            if same.is_empty() {
                found.push((probe.phrase.clone(), path.clone(), None));
            }
            for value in same {
                found.push((probe.phrase.clone(), path.clone(), Some(value)));
            }
        }
        Ok(true)
    }

    /// Values of the field that contain the phrase; `None` where that cannot be told.
    async fn values(&self, field: FieldId, phrase: &str) -> Result<Option<Vec<String>>, Failure> {
        let dataset = self.ready.ground.field(field).dataset;
        let query = Query {
            measures: vec![Measure::CountOf(dataset)],
            dimensions: vec![Dimension { field, grain: None }],
            filters: vec![Filter { field, op: Op::Contains, values: vec![Literal::Text(phrase.to_owned())] }],
            ..Query::default()
        };
        let today = Date::constant(2000, 1, 1);
        let Ok(planned) = plan(&self.ready.ground, &query, today) else { return Ok(None) };
        let decided = self.ready.sources.decide(&planned.sql, &planned.parameters, LOOKED_UP)?;
        let answered = match self.run(&decided, LOOK_UP_TIME).await {
            Ok(answered) => answered,
            // A source that is slow to look a value up is not asked about it; one that is gone is told of.
            Err(failure) if failure.code == Code::QUERY_TIMEOUT || failure.code == Code::COST_LIMIT => {
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        if answered.truncated {
            return Ok(None);
        }
        Ok(Some(answered.rows.into_iter().filter_map(|row| Some(row.first()?.as_str()?.to_owned())).collect()))
    }

    async fn run(&self, decided: &Decided<'_>, timeout: Duration) -> Result<Answered, Failure> {
        let Decided { source, policy, plan } = decided;
        let service = source.service.as_ref().ok_or_else(Failure::internal)?;
        let snapshot = self.door.catalog.snapshot().await?;
        let place = asking::place_of(self.door, &*snapshot, service).await?;
        drop(snapshot);
        let kind = data_source::source_type(service).word();
        let permit = self.ready.permit;
        let statement = Statement { plan, policy, cost: self.door.cost_limits, timeout, permit };
        let answered = self.door.databases.run(&place, &statement).await;
        answered.map_err(|fault| match fault {
            // Whoever asks has written no settings, and cannot mend them.
            Fault::Settings { reason, .. } => {
                Failure::data_source_error("the data source cannot be reached as it is set up").detail("reason", reason)
            }
            // The statement is not his.
            Fault::Refused { .. } | Fault::Value { .. } => {
                let reason = fault.reason();
                Failure::data_source_error(Message::verbatim(fault.sentence())).detail("reason", reason)
            }
            fault => self.ready.sources.of_cost(fault.failure(&kind, timeout)),
        })
    }

    async fn execute(&self, decided: &Decided<'_>) -> Result<Answered, Failure> {
        self.stage("executing", "Asking the source");
        let begun = Instant::now();
        let answered = self.run(decided, self.question.timeout).await;
        self.timings.source.add(begun);
        answered
    }

    fn is_closed(&self, dataset: DatasetId) -> bool {
        self.ready.closed.contains(&self.ready.ground.dataset(dataset).table)
    }

    async fn query(&self, query: &Query, how: &Interpretation, read_so: Read) -> Result<Answer, Failure> {
        self.stage("planning", "Planning the query");
        let ground = &self.ready.ground;
        let begun = Instant::now();
        let planned = plan(ground, query, read_so.today);
        self.timings.plan.add(begun);
        let planned = match planned {
            Ok(planned) => planned,
            Err(PlanProblem::AmbiguousPath { ways, .. }) => return Ok(which_way(ground, &ways, read_so)),
            Err(problem) => {
                tracing::debug!(code = problem.code(), "no plan for a question");
                return Ok(refused(Reason::OutsideModel(problem.message(ground)), Vec::new(), read_so));
            }
        };
        let closed = planned.datasets.iter().find(|id| self.is_closed(**id));
        if let Some(closed) = closed {
            let name = ground.dataset(*closed).table.name.clone();
            let message = Message::with("the rows of \"{}\" were not granted to the {product}", [name.as_str()]);
            return Err(Failure::new(Code::ROWS_NOT_GRANTED, message));
        }
        let shown = tell(ground, query, &planned, &[], false);
        let mut interpretation = shown.interpretation;
        complete(&mut interpretation, how);
        (self.tell)(Event::new("interpretation", interpretation.clone()));
        let sql = json!({
            "text": planned.sql,
            "dialect": planned.dialect.name(),
            "parameters": parameters(&planned.parameters),
        });
        if self.question.shows("sql") {
            (self.tell)(Event::new("sql", sql.clone()));
        }
        let mut members = Map::new();
        members.insert("provenance".into(), self.provenance(Some("semantic_parse"), None, Some(&planned)));
        members.insert("confidence".into(), confidence(how));
        members.insert("interpretation".into(), interpretation.clone());
        members.insert("sql".into(), sql);
        if !self.question.is_run {
            members.insert("text".into(), "The query was planned, and not run.".into());
            return Ok(Answer { status: "answered", members, read: read_so });
        }
        let begun = Instant::now();
        let decided = self.ready.sources.decide(&planned.sql, &planned.parameters, self.question.rows)?;
        self.timings.plan.add(begun);
        let mut answered = self.execute(&decided).await?;
        round(&mut answered);
        self.stage("rendering", "Writing the answer");
        let told = tell(ground, query, &planned, &answered.rows, answered.truncated);
        let columns: Vec<Value> = told
            .columns
            .iter()
            .zip(answered.columns.iter().map(|(_, ty)| *ty).chain(std::iter::repeat("VARCHAR")))
            .map(|(column, ty)| {
                let mut printed = json!({"name": column.name, "label": column.label, "type": ty});
                for (name, value) in [("format", &column.format), ("unit", &column.unit)] {
                    if let Some(value) = value {
                        printed[name] = value.as_str().into();
                    }
                }
                printed
            })
            .collect();
        members.insert("text".into(), told.text.into());
        members
            .insert("chart".into(), told.chart.map_or(Value::Null, |spec| json!({"type": "vega-lite", "spec": spec})));
        members.insert("table".into(), table(columns, &answered));
        let status = if answered.rows.is_empty() { "executed_empty" } else { "answered" };
        Ok(Answer { status, members, read: read_so })
    }

    async fn verified(
        &self,
        id: &str,
        given: &[(String, Literal)],
        how: &Interpretation,
        read_so: Read,
    ) -> Result<Answer, Failure> {
        let sql = self.ready.statements.get(id).ok_or_else(Failure::internal)?;
        let mut bound = Parameters::new();
        for (name, value) in given {
            bound.insert(name.clone(), literal(value));
        }
        let begun = Instant::now();
        let decided = self.ready.sources.decide(sql, &bound, self.question.rows)?;
        self.timings.plan.add(begun);
        let shown = json!({
            "text": sql,
            "dialect": decided.policy.dialect().name(),
            "parameters": parameters(&bound),
        });
        if self.question.shows("sql") {
            (self.tell)(Event::new("sql", shown.clone()));
        }
        let mut members = Map::new();
        members.insert("provenance".into(), self.provenance(Some("verified_query"), Some(id), None));
        members.insert("confidence".into(), confidence(how));
        members.insert("sql".into(), shown);
        if !self.question.is_run {
            members.insert("text".into(), "The query was planned, and not run.".into());
            return Ok(Answer { status: "answered", members, read: read_so });
        }
        let answered = self.execute(&decided).await?;
        let columns: Vec<Value> =
            answered.columns.iter().map(|(name, ty)| json!({"name": name, "label": name, "type": ty})).collect();
        members.insert("text".into(), verified_text(&answered).into());
        members.insert("table".into(), table(columns, &answered));
        let status = if answered.rows.is_empty() { "executed_empty" } else { "answered" };
        Ok(Answer { status, members, read: read_so })
    }

    /// `method`: what answers, if anything does.
    fn provenance(&self, method: Option<&str>, query: Option<&str>, planned: Option<&Planned>) -> Value {
        let used = planned.into_iter().flat_map(|planned| &planned.datasets);
        let assets: BTreeSet<String> = used
            .filter_map(|id| self.ready.assets.get(&self.ready.ground.dataset(*id).table))
            .map(ToString::to_string)
            .collect();
        json!({
            "method": method,
            "verifiedQueryId": query,
            "semanticModels": self.ready.models,
            "dataAssets": assets,
            "dataProductVersion": self.ready.version,
            "asOf": timestamp::print(self.door.now_ms()),
        })
    }
}

/// Words of an answer that was asked back about, or refused, and the same in the parts of the answer.
fn asked_back(asked: &Clarification, read: Read) -> Answer {
    let kind = match asked.about {
        About::Metric => "metric",
        About::Dimension => "dimension",
        About::Value => "value",
        About::Time => "time",
        About::JoinPath => "join_path",
        About::Scope => "scope",
    };
    let options: Vec<Value> =
        asked.options.iter().map(|option| json!({"id": option.id, "label": option.label})).collect();
    clarified(kind, &asked.question, options, read)
}

fn which_way(ground: &Ground, ways: &[Vec<JoinId>], read: Read) -> Answer {
    let options = ways.iter().map(|way| {
        let names: Vec<&str> = way.iter().map(|join| ground.join(*join).names.name.as_str()).collect();
        let said: Vec<&str> = way
            .iter()
            .map(|join| {
                let names = &ground.join(*join).names;
                names.description.as_deref().unwrap_or(names.shown())
            })
            .collect();
        json!({"id": format!("{WAY}{}", names.join("+")), "label": said.join(", then ")})
    });
    clarified("join_path", "The tables hang together in several ways. Which one is meant?", options.collect(), read)
}

pub fn clarified(kind: &str, question: &str, options: Vec<Value>, read: Read) -> Answer {
    let mut members = Map::new();
    members.insert("text".into(), question.into());
    members.insert(
        "clarification".into(),
        json!({
            "kind": kind,
            "question": question,
            "options": options,
            "allowFreeText": true,
        }),
    );
    Answer { status: "needs_clarification", members, read }
}

fn refused(reason: Reason, mut suggestions: Vec<String>, read: Read) -> Answer {
    let mut members = Map::new();
    suggestions.truncate(SUGGESTIONS);
    let text = match &reason {
        Reason::UnknownTerms(terms) => {
            let quoted: Vec<String> = terms.iter().map(|term| format!("\u{201c}{term}\u{201d}")).collect();
            members.insert("unknownTerms".into(), terms.iter().map(String::as_str).collect());
            format!("Nothing here is called {}.", quoted.join(" or "))
        }
        Reason::OutsideModel(sentence) => sentence.clone(),
        Reason::OpenEnded => "No figure answers that. Ask for one, or for a break-down.".to_owned(),
    };
    let word = match reason {
        Reason::UnknownTerms(_) => "unknown_terms",
        Reason::OutsideModel(_) => "outside_model",
        Reason::OpenEnded => "open_ended",
    };
    members.insert("reason".into(), word.into());
    members.insert("text".into(), text.into());
    members.insert("suggestions".into(), suggestions.into());
    Answer { status: "not_answerable", members, read }
}

/// What reading has to say beside the planner.
fn complete(interpretation: &mut Value, how: &Interpretation) {
    let Some(members) = interpretation.as_object_mut() else { return };
    let mut assumptions: Vec<Value> = members.get("assumptions").and_then(Value::as_array).cloned().unwrap_or_default();
    for assumption in &how.assumptions {
        let assumption = Value::from(assumption.as_str());
        if !assumptions.contains(&assumption) {
            assumptions.push(assumption);
        }
    }
    for repair in &how.repairs {
        assumptions.push(format!("read \u{201c}{}\u{201d} as {}", repair.written, repair.read).into());
    }
    members.insert("assumptions".into(), assumptions.into());
    let used = how
        .used
        .iter()
        .map(|used| json!({"words": used.words, "from": used.from, "to": used.to, "meaning": used.meaning}));
    members.insert("used".into(), used.collect());
    members.insert("isFollowUp".into(), how.is_follow_up.into());
}

fn confidence(how: &Interpretation) -> Value {
    let level = match how.confidence.level {
        Level::High => "high",
        Level::Medium => "medium",
        Level::Low => "low",
    };
    json!({"level": level, "score": how.confidence.score, "reasons": how.confidence.reasons})
}

fn table(columns: Vec<Value>, answered: &Answered) -> Value {
    json!({
        "columns": columns,
        "rows": answered.rows,
        "rowCount": answered.rows.len(),
        "truncated": answered.truncated,
        "executionTime": u64::try_from(answered.took.as_millis()).unwrap_or(u64::MAX),
    })
}

fn verified_text(answered: &Answered) -> String {
    match (answered.rows.as_slice(), answered.columns.as_slice()) {
        ([], _) => "The query is right, and there are no such rows.".to_owned(),
        ([row], [(name, _)]) => {
            let value = row.first().unwrap_or(&Value::Null);
            format!("{name}: {}.", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        }
        (rows, _) => format!("{} rows answer it, as somebody has verified.", rows.len()),
    }
}

/// Makes figures of fractions with more digits than a client's number holds: a quotient or an average is no exact figure.
fn round(answered: &mut Answered) {
    for row in &mut answered.rows {
        for (value, (_, ty)) in row.iter_mut().zip(&answered.columns) {
            let text = value.as_str().filter(|text| *ty == "NUMBER" && text.contains('.'));
            if let Some(number) = text.and_then(|text| text.parse().ok()).and_then(serde_json::Number::from_f64) {
                *value = Value::Number(number);
            }
        }
    }
}

fn parameters(bound: &Parameters) -> Value {
    bound.iter().map(|(name, value)| json!({"name": name, "value": said(value)})).collect()
}

fn said(value: &guard::Literal) -> Value {
    match value {
        guard::Literal::Null => Value::Null,
        guard::Literal::Boolean(flag) => (*flag).into(),
        guard::Literal::Number(digits) => serde_json::from_str(digits).unwrap_or_else(|_| digits.as_str().into()),
        guard::Literal::Text(text) => text.as_str().into(),
    }
}

fn literal(value: &Literal) -> guard::Literal {
    match value {
        Literal::Text(text) => guard::Literal::Text(text.clone()),
        Literal::Number(digits) => guard::Literal::Number(digits.clone()),
        Literal::Boolean(flag) => guard::Literal::Boolean(*flag),
        Literal::Date(date) => guard::Literal::Text(date.to_string()),
    }
}

/// As values are compared: without regard to case and to spaces around.
fn folded(text: &str) -> String {
    emporion_catalog::name::fold(text.trim())
}

/// Milliseconds since a moment.
pub fn since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
