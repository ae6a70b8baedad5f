//! From a question to its answer: read, looked up, planned, guarded, run and told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use emporion_semantic::chat::ground::DatasetId;
use emporion_semantic::chat::query::Query;
use emporion_semantic::chat::reading::{self, Asked, Level, Reason, Thread};
use emporion_semantic::chat::{self, PlanProblem, Reading, guide, plan, plan_listing, read, render};
use jiff::civil::Date;

use super::answer::{Answer, Chart, ChartFormat, Interpretation, Method, Moment, Origin, Provenance, Status};
use super::basis;
use super::event::Event;
use super::help::DataExtent;
use super::memory::{self, Read, choices, take_ways};
use super::outcome::Outcome;
use super::prepared::Prepared;
use super::request::{Mode, Question};
use super::stamp::Basis;
use super::tables::SourceTable;
use super::timings::Timings;
use super::trace;
use super::wording::{
    self, asked_back, columns, complete, confidence, refused, round, sql, way_described, way_id, which_way, with_rows,
};
use crate::asking::{self, Decided};
use crate::data_sources::data_source;
use crate::databases::{Answered, DatabaseError, Statement};
use crate::failure::{Code, Failure};
use crate::limits::DEFAULT_ROWS;
use crate::message::Message;
use crate::noted::TablesRead;
use crate::request::ProductRequest;
use crate::service::Products;

/// Rounds of looking values up; each asks for what the one before has left open.
const ROUNDS: usize = 4;
/// Statements that look values up for one question, and the time for each.
const LOOK_UPS: usize = 120;
/// All of them together: what is left then is not looked up.
const LOOKING_UP: Duration = Duration::from_secs(4);
pub(super) const LOOK_UP_TIME: Duration = Duration::from_millis(500);

/// A question being answered.
pub struct Conversation<'a> {
    pub products: &'a Arc<Products>,
    pub request: &'a ProductRequest,
    pub basis: Basis,
    pub prepared: &'a Prepared,
    pub question: &'a Question,
    pub thread: &'a Thread,
    /// Words of questions that it refines, which nobody has asked here; oldest first.
    pub before: &'a [String],
    /// Ids of options that nobody has offered: each counts where it would be offered.
    pub sent: &'a [String],
    pub timings: &'a Timings,
    pub tables: &'a TablesRead,
    /// How the question was read is told, too.
    pub is_traced: bool,
    /// What a model of language is told of a skill.
    pub skill: Option<&'a str>,
    pub report: &'a (dyn Fn(Event) + Send + Sync),
}

/// What a question comes to that others refine. Where it can mean several things, what is chosen would be without them.
fn alone(reading: Reading, words: &str) -> Reading {
    match reading {
        Reading::Clarify(_) => {
            let sentence = format!("\u{201c}{words}\u{201d} can mean several things: ask it first, and this after it.");
            Reading::Unanswerable { reason: Reason::OutsideModel(sentence), suggestions: vec![words.to_owned()] }
        }
        other => other,
    }
}

/// "the last reading", of hundreds on one day.
fn is_of_many(query: &Query, planned: &chat::Statement, answered: &Answered) -> bool {
    let is_one = query.keeps_ties && query.listed.is_some() && query.limit.is_some_and(|limit| limit.rows == 1);
    is_one && planned.limit == Some(answered.rows.len() as u64)
}

impl Conversation<'_> {
    pub(super) fn stage(&self, stage: &'static str, label: &str) {
        (self.report)(Event::status(stage, label));
    }

    /// Answers the question, as it is read with these choices.
    ///
    /// Errors: 403 `ROWS_NOT_GRANTED` for tables whose rows were not lent; what the source has against the statement.
    pub async fn answer(&self, text: String, today: Date, chosen: Vec<String>) -> Result<Outcome, Failure> {
        let mut outcome = self.answered(text, today, chosen).await?;
        let provenance = outcome.answer.provenance.get_or_insert_with(|| self.provenance(None, None, &[]));
        provenance.timings = Some(self.timings.times());
        Ok(outcome)
    }

    async fn answered(&self, text: String, today: Date, chosen: Vec<String>) -> Result<Outcome, Failure> {
        if self.question.mode == Mode::Llm && self.language().is_none() {
            return Ok(self.needs_llm(text, today, chosen));
        }
        self.stage("parsing", "Reading the question");
        if !self.before.is_empty() {
            return Box::pin(self.refining(text, today, chosen)).await;
        }
        let (reading, read_so) = self.chosen(text, today, chosen).await?;
        let trace = self.is_traced.then(|| trace::of(self.prepared, self.thread, &read_so, &reading));
        let mut outcome = Box::pin(self.answer_to(reading, read_so)).await?;
        outcome.answer.trace = trace;
        Ok(outcome)
    }

    /// Reads the questions before it, without running them. One that means nothing to the asker is answered in its place:
    /// what would be left of it means something else.
    async fn refining(&self, text: String, today: Date, chosen: Vec<String>) -> Result<Outcome, Failure> {
        let mut before: Vec<Read> = Vec::new();
        for words in self.before {
            let thread = memory::built(self.prepared, &before);
            let asking = Conversation { thread: &thread, before: &[], ..*self };
            let (reading, mut read_so) = asking.chosen(words.clone(), today, Vec::new()).await?;
            let Reading::Query { interpretation, .. } = &reading else {
                return asking.answer_to(alone(reading, words), read_so).await;
            };
            read_so.is_follow_up = interpretation.is_follow_up;
            before.push(read_so);
        }
        let thread = memory::built(self.prepared, &before);
        let mut outcome = Conversation { thread: &thread, before: &[], ..*self }.answered(text, today, chosen).await?;
        outcome.read.before = before;
        Ok(outcome)
    }

    /// The question as it is read with these choices, and with those of the asker's own that fit.
    async fn chosen(&self, text: String, today: Date, chosen: Vec<String>) -> Result<(Reading, Read), Failure> {
        let locale = self.question.locale.clone();
        let mut read_so = Read { choices: chosen, ..Read::of(text, today, locale) };
        let mut reading = self.read(&mut read_so).await?;
        while let Reading::Clarify(asked) = &reading {
            let is_offered = |id: &&String| asked.options.iter().any(|option| option.id == **id);
            let new = self.sent.iter().find(|id| is_offered(id) && !read_so.choices.contains(id));
            let Some(new) = new else { break };
            read_so.choices.push(new.clone());
            reading = self.read(&mut read_so).await?;
        }
        Ok((reading, read_so))
    }

    async fn answer_to(&self, reading: Reading, mut read_so: Read) -> Result<Outcome, Failure> {
        match reading {
            Reading::Query { mut query, interpretation } => {
                take_ways(&self.prepared.ground, &mut query, &read_so.choices);
                read_so.is_follow_up = interpretation.is_follow_up;
                self.query(&query, &interpretation, read_so).await
            }
            Reading::Verified { id, parameters, interpretation } => {
                self.verified(&id, &parameters, &interpretation, read_so).await
            }
            Reading::Clarify(clarification) => match Box::pin(self.alike(&clarification, &read_so)).await? {
                Some(outcome) => Ok(outcome),
                None => Ok(asked_back(&clarification, read_so)),
            },
            Reading::Unanswerable { .. } if guide::is_asked(&read_so.text) => Ok(self.guide(read_so)),
            Reading::Unanswerable { reason: Reason::OpenEnded, suggestions } => {
                Ok(refused(Reason::OpenEnded, suggestions, read_so))
            }
            Reading::Unanswerable { reason, suggestions } => {
                let is_whole = !matches!(reason, Reason::UnknownTerms(_));
                let kept_back = self.kept_back(&reason);
                let mut refused = refused(reason, suggestions, read_so);
                if let Some(said) = kept_back {
                    refused.answer.text = said;
                }
                match self.question.mode {
                    Mode::Deterministic => Ok(refused),
                    // On the heap: a proposal is answered by this conversation once more.
                    Mode::Auto | Mode::Llm => Ok(Box::pin(self.proposed(refused, is_whole)).await),
                }
            }
            // Three rounds have not settled it: what could not be looked up is not known.
            Reading::LookUp(probes) => {
                let phrases = probes.into_iter().map(|probe| probe.phrase).collect();
                Ok(refused(Reason::UnknownTerms(phrases), Vec::new(), read_so))
            }
        }
    }

    /// Why nothing is known of words that name a personal field, for who may change the model that has it: for everybody else
    /// it is a word that nobody knows.
    fn kept_back(&self, reason: &Reason) -> Option<String> {
        let Reason::UnknownTerms(terms) = reason else { return None };
        let called = wording::kept_back(&self.prepared.ground, terms).filter(|_| self.prepared.may_edit)?;
        Some(format!("\u{201c}{called}\u{201d} is not shown in answers: it is personal, or a mask hides it."))
    }

    pub(super) async fn read(&self, read_so: &mut Read) -> Result<Reading, Failure> {
        let mut left = LOOK_UPS;
        let looking = Instant::now();
        for round in 0.. {
            let mut thread = self.thread.clone();
            thread.choices = choices(&read_so.choices);
            let found = read_so.found(&self.prepared.ground);
            let asked = Asked {
                text: &read_so.text,
                today: read_so.today,
                locale: &read_so.locale,
                thread: &thread,
                found: &found,
                verified: &self.prepared.verified,
            };
            let begun = Instant::now();
            let reading = read(&self.prepared.ground, &self.prepared.lexicon, &asked);
            self.timings.read.add(begun);
            match reading {
                Reading::LookUp(probes) if round < ROUNDS => {
                    self.stage("matching", "Looking up values");
                    for probe in &probes {
                        if looking.elapsed() > LOOKING_UP {
                            left = 0;
                        }
                        let begun = Instant::now();
                        let is_known = self.look_up(probe, &mut left, &mut read_so.found).await?;
                        self.timings.look_up.add(begun);
                        if !is_known {
                            let quoted = &probe.phrase;
                            let sentence = format!(
                                "I do not know the word \u{201c}{quoted}\u{201d}, and could not look it up in the data."
                            );
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

    pub(super) async fn run(&self, decided: &Decided<'_>, timeout: Duration) -> Result<Answered, Failure> {
        let Decided { source, policy, plan, .. } = decided;
        // A model of language may have thought for long, and look-ups, too.
        basis::require(self.basis, self.products, self.request).await?;
        self.tables.add(decided);
        let service = source.service.as_ref().ok_or_else(Failure::internal)?;
        let target = asking::target_of(self.products, service).await?;
        let kind = data_source::source_type(service).word();
        let permit = self.prepared.permit;
        let user = self.request.caller.principal.user;
        let _permit = self.products.statements.permit(user, service.id, timeout).await?;
        let statement = Statement { plan, policy, cost: self.products.cost_limits, timeout, permit };
        let answered = self.products.databases.run(&target, &statement).await;
        answered.map_err(|error| match error {
            // Whoever asks has written no settings, and cannot mend them.
            DatabaseError::Settings { reason, .. } => {
                Failure::data_source_error("the data source cannot be reached as it is set up").detail("reason", reason)
            }
            // What he asked about stands in the statement.
            DatabaseError::Value { .. } if !plan.parameters.is_empty() => {
                let reason = error.reason();
                let sentence = format!("the source takes no such value as the question has: {}", error.sentence());
                Failure::invalid_field("/message", "value", Message::verbatim(sentence)).detail("reason", reason)
            }
            // The statement is not his.
            DatabaseError::Refused { .. } | DatabaseError::Value { .. } => {
                let reason = error.reason();
                Failure::data_source_error(Message::verbatim(error.sentence())).detail("reason", reason)
            }
            error => self.prepared.sources.of_cost(error.failure(&kind, timeout)),
        })
    }

    pub(super) async fn execute(&self, decided: &Decided<'_>) -> Result<Answered, Failure> {
        self.stage("executing", "Asking the source");
        let begun = Instant::now();
        let answered = self.run(decided, self.question.timeout).await;
        self.timings.source.add(begun);
        answered
    }

    pub(super) fn is_closed(&self, dataset: DatasetId) -> bool {
        self.prepared.is_closed(dataset)
    }

    pub(super) async fn query(
        &self,
        query: &Query,
        how: &reading::Interpretation,
        read_so: Read,
    ) -> Result<Outcome, Failure> {
        self.stage("planning", "Planning the query");
        let ground = &self.prepared.ground;
        let begun = Instant::now();
        // Who wants more rows than answers show by themselves wants all of a list; with one more it is known that there are more.
        let rows = self.question.rows;
        let planned = match rows > DEFAULT_ROWS.unsigned_abs() {
            true => plan_listing(ground, query, read_so.today, rows + 1),
            false => plan(ground, query, read_so.today),
        };
        self.timings.plan.add(begun);
        let planned = match planned {
            Ok(planned) => planned,
            Err(PlanProblem::AmbiguousPath { from, ways, .. }) => {
                let way = ways.iter().map(|way| way_id(ground, way)).find(|id| self.sent.contains(id));
                let mut query = query.clone();
                if let Some(way) = way.filter(|way| !read_so.choices.contains(way)) {
                    let mut read_so = read_so;
                    read_so.choices.push(way);
                    take_ways(ground, &mut query, &read_so.choices);
                    return Box::pin(self.query(&query, how, read_so)).await;
                }
                let Some(way) = self.nearest_alike(from, &ways).await?.filter(|way| !query.passes(way)) else {
                    return Ok(which_way(ground, from, &ways, read_so));
                };
                query.via.extend(way);
                let mut outcome = Box::pin(self.query(&query, how, read_so)).await?;
                if let Some(interpretation) = &mut outcome.answer.interpretation {
                    let way = way_described(ground, from, way);
                    interpretation.assumptions.push(format!("{way}: the other ways between these lead to the same"));
                }
                return Ok(outcome);
            }
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
        let shown = render(ground, query, &planned, &[], false);
        let mut interpretation = Interpretation::of_query(shown.interpretation);
        complete(&mut interpretation, how);
        if let (Some(zone), None) = (&self.question.zone, &self.question.today)
            && interpretation.has_time()
        {
            interpretation.assumptions.push(format!("today is {} in {}", read_so.today, zone.name));
        }
        (self.report)(Event::Interpretation(interpretation.clone()));
        let sql = sql(&planned.sql, planned.dialect, &planned.parameters);
        if self.question.shows("sql") || how.confidence.level == Level::Low {
            (self.report)(Event::Sql(sql.clone()));
        }
        let tables: Vec<SourceTable> = planned.datasets.iter().map(|id| ground.dataset(*id).source_table()).collect();
        let answer = Answer {
            provenance: Some(self.provenance(Some(Method::SemanticParse), None, &tables)),
            confidence: Some(confidence(how)),
            interpretation: Some(interpretation),
            sql: Some(sql),
            ..Answer::new(Status::Answered, "The query was planned, and not run.")
        };
        if !self.question.is_run {
            return Ok(Outcome::new(answer, read_so));
        }
        let begun = Instant::now();
        let sources = &self.prepared.sources;
        let decided = sources.decide_in(planned.source, &planned.sql, &planned.parameters, self.question.rows)?;
        self.timings.plan.add(begun);
        let mut answered = self.execute(&decided).await?;
        round(&mut answered);
        if is_of_many(query, &planned, &answered) {
            let shared = render(ground, query, &planned, &answered.rows, true).text;
            let sentence = format!("{shared} None of them is the one: ask \"when\" for the day, or \"how many\".");
            return Ok(refused(Reason::OutsideModel(sentence), Vec::new(), read_so));
        }
        self.stage("rendering", "Writing the answer");
        let reported = render(ground, query, &planned, &answered.rows, answered.truncated);
        let columns = columns(reported.columns, &answered);
        let DataExtent { sentence, warning } = self.elsewhere(query, &planned, &answered, read_so.today).await;
        let text = [Some(reported.text), sentence].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let chart = reported.chart.map(|spec| Chart { format: ChartFormat::VegaLite, spec });
        let mut answer = with_rows(answer, text, columns, answered);
        answer.warnings.extend(warning);
        Ok(Outcome::new(Answer { chart, ..answer }, read_so))
    }

    /// `method`: what answers, if anything does.
    pub(super) fn provenance(&self, method: Option<Method>, query: Option<&str>, tables: &[SourceTable]) -> Provenance {
        let used = tables.iter().filter_map(|table| self.prepared.assets.get(table));
        let assets: BTreeSet<String> = used.map(ToString::to_string).collect();
        let origin = Origin {
            verified_query_id: query.map(str::to_owned),
            semantic_models: self.prepared.models.clone(),
            data_assets: assets.into_iter().collect(),
            documents: None,
            data_products: None,
            data_product_version: self.prepared.version,
            as_of: Some(Moment(self.products.now_ms())),
        };
        Provenance { method, origin: Some(origin), timings: None }
    }
}
