//! Everything that is found out before an answer begins; what is wrong with a request is told here.

use std::sync::Arc;
use std::time::Instant;

use emporion_catalog::Problem;
use emporion_catalog::action::Action;
use emporion_catalog::audit_event::AuditEventKind;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::Record;
use emporion_semantic::chat::reading::Thread;
use emporion_semantic::chat::{Ground, Picked, picked};
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::answer::{AnswerWarning, Placed, Status};
use super::basis;
use super::conversation::Conversation;
use super::documents::{self, Sort};
use super::event::Event;
use super::memory::{self, READING, Read};
use super::outcome::Outcome;
use super::persistence::keep;
use super::prepared::{self, Prepared};
use super::question_idempotency::AnswerRef;
use super::request::{Mode, Question};
use super::stamp::Basis;
use super::timings::Timings;
use super::{skill, zone};
use crate::failure::{Code, Failure};
use crate::idempotency::IdempotencyKey;
use crate::in_flight_limit::InFlight;
use crate::noted::{ReadingOutcome, Subject, TablesRead};
use crate::request::ProductRequest;
use crate::rights;
use crate::service::Products;
use crate::subject;
use crate::threads;

/// Messages of a thread that are looked at for what a question builds on: the last ones.
const MOST_MESSAGES: u32 = 200;

/// A question that is allowed, with all that its answer depends on.
pub struct Opened {
    pub question: Question,
    pub way: AnswerSource,
    pub product: RecordId,
    pub subject: Subject,
    /// What its answer has read.
    pub tables: TablesRead,
    pub thread: RecordId,
    pub is_new: bool,
    pub text: String,
    pub today: Date,
    /// What was chosen of what was asked back.
    pub choices: Vec<String>,
    /// The questions that it was asked with, as they were read then.
    pub before: Vec<Read>,
    /// Ids of options that the asker sends and that were not offered to him in the thread.
    pub sent: Vec<String>,
    pub timings: Timings,
    /// The ids of the question and of its answer, in this order.
    pub asked: RecordId,
    pub message: RecordId,
    /// Where the answer is kept already.
    pub is_again: bool,
    pub key: Option<IdempotencyKey>,
    /// What is to be said of the request, beside the answer.
    pub warnings: Vec<AnswerWarning>,
    /// How the question is read is told, too.
    pub is_traced: bool,
    /// What the skill says that stands before the question.
    pub skill: Option<String>,
    pub basis: Basis,
    /// It counts among his questions until it is answered.
    _in_flight: InFlight,
}

impl Opened {
    /// Who may answer, as things are.
    pub fn mode(&self, products: &Products) -> Mode {
        match &self.way {
            AnswerSource::Figures { prepared, .. } if products.language.is_some() && prepared.may_ask_llm => {
                self.question.mode
            }
            _ => Mode::Deterministic,
        }
    }
}

/// What a question is answered from.
pub enum AnswerSource {
    Figures {
        prepared: Arc<Prepared>,
        thread: Box<Thread>,
        /// What it would be about, were there such a document.
        unnamed: Option<Box<documents::Asked>>,
    },
    Documents(Box<documents::Asked>),
}

impl AnswerSource {
    /// What an answer from it shows of tables and documents, of which its asker may lose sight.
    pub fn seen(&self, status: Status, read: &TablesRead, is_preview: bool) -> Map<String, Value> {
        let (mut seen, asked) = match self {
            AnswerSource::Figures { prepared, unnamed, .. } => {
                (prepared.sights.print(status, &read.all(), is_preview), unnamed.as_deref())
            }
            AnswerSource::Documents(asked) => {
                (Map::from_iter([("isPreview".to_owned(), is_preview.into())]), Some(&**asked))
            }
        };
        let asked = asked.filter(|_| matches!(self, AnswerSource::Documents(_)) || status == Status::NotAnswerable);
        seen.extend(asked.map(|asked| ("documents".to_owned(), asked.named().into())));
        seen
    }

    /// What an answer from it rests on.
    fn basis(&self, is_preview: bool) -> Basis {
        let (is_of_documents, stamp) = match self {
            AnswerSource::Figures { prepared, .. } => (false, prepared.stamp),
            AnswerSource::Documents(asked) => (true, asked.stamp()),
        };
        Basis { is_of_documents, is_preview, stamp }
    }
}

/// A question that is counted, and nothing known of it yet.
pub struct Asked {
    pub question: Question,
    pub key: Option<IdempotencyKey>,
    /// The message that answers it already.
    again: Option<AnswerRef>,
    in_flight: InFlight,
}

/// Counts a question.
///
/// Errors: 422 for one that is too long or says nothing, 429 for who asks too much.
pub fn admit(
    products: &Products,
    request: &ProductRequest,
    question: Question,
    key: Option<IdempotencyKey>,
) -> Result<Asked, Failure> {
    question.check()?;
    let user = request.caller.principal.user;
    let in_flight = begin(products, request)?;
    let standing = products.chat_limiter.count(&user.to_string(), products.now_ms());
    if standing.is_over {
        return Err(Failure::rate_limited(standing.retry_after_s));
    }
    Ok(Asked { question, key, again: None, in_flight })
}

/// What was asked and answered before, to be answered again from what its asker may read now. It is no new question, and
/// counts only among those that are answered at a time.
///
/// Errors: 429 for who asks too much at a time.
pub fn admit_again(
    products: &Arc<Products>,
    request: &ProductRequest,
    kept: AnswerRef,
    question: Question,
) -> Result<Asked, Failure> {
    Ok(Asked { question, key: None, again: Some(kept), in_flight: begin(products, request)? })
}

pub(super) fn begin(products: &Products, request: &ProductRequest) -> Result<InFlight, Failure> {
    let limit = &products.questions_at_once;
    limit.try_acquire(request.caller.principal.user).ok_or_else(|| Failure::too_many_questions(limit.most()))
}

pub async fn open(products: &Arc<Products>, request: &ProductRequest, asked: Asked) -> Result<Opened, Failure> {
    let Asked { question, key, again, in_flight } = asked;
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &Depth::bare()).await?;
    let mut warnings = Vec::new();
    let is_traced = question.traces() && rights::may(&reading, Action::EditAll, &view.record).await?;
    if question.traces() && !is_traced {
        let message = "how a question was read is shown to those who may change the product";
        warnings.push(AnswerWarning::new("TRACE_NOT_ALLOWED", message));
    }
    drop(reading);
    let behind = skill::behind(products, request, &question).await?;
    warnings.extend(behind.warning);
    let (product, subject) = (view.id(), Subject::of(&view));
    let kept = match &key {
        Some(key) => AnswerRef::under(key, &products.catalog, &request.caller).await?,
        None => again,
    };
    let thread = kept.map(|kept| kept.thread).or(question.thread);
    let (mut messages, again) = match thread {
        Some(thread) => described(products, request, product, thread, kept.map(|kept| kept.message)).await?,
        None => (Vec::new(), None),
    };
    let is_new = thread.is_none();
    let thread = thread.unwrap_or_else(RecordId::fresh);
    let today = match (&question.today, &question.zone) {
        (Some(today), _) => today.parse().map_err(|_| Failure::bad_request("options.today is no date"))?,
        (None, Some(zone)) => zone.day(products.now_ms()),
        (None, None) => zone::day(products.now_ms()),
    };
    let (mut text, mut day, mut choices, mut sent) = (behind.text, today, Vec::new(), question.choices.clone());
    let (asked, message);
    let mut before = Vec::new();
    if let Some(kept) = kept {
        let read = again.as_ref().and_then(|answer| answer.body.get("answer")?.get(READING)).and_then(Read::parse);
        let read = read.ok_or_else(|| threads::missing(thread))?;
        // What was said before the question, which stands before its answer.
        messages.pop();
        let of_then = if question.is_anew { today } else { read.today };
        (text, day, choices, sent) = (read.text, of_then, read.choices, Vec::new());
        before = read.before;
        (asked, message) = (kept.message, kept.message);
    } else {
        // An answer to what was asked back completes the question that it was asked about.
        if let Some((open, options)) = memory::open(&messages) {
            let mut meant = Picked::None;
            if sent.is_empty() {
                meant = match prepared::prepare(products, request, question.is_preview).await {
                    Ok(prepared) => picked(&prepared.ground, &options, &text),
                    // Who may not ask for figures picks by the labels alone.
                    Err(_) => picked(&Ground::default(), &options, &text),
                };
            }
            // What could be several of the options does not say which: the same is asked again.
            if !sent.is_empty() || meant != Picked::None {
                (text, day, before) = (open.text, open.today, open.before);
                (choices, sent) = sent.into_iter().partition(|id| options.iter().any(|(offered, _)| offered == id));
                if let Picked::One(id) = meant {
                    choices.push(id);
                }
                choices = memory::chained(open.choices, choices);
            }
        }
        // Both are made at one moment, so their ids say which comes first.
        let mut ids = [RecordId::fresh(), RecordId::fresh()];
        ids.sort_unstable();
        [asked, message] = ids;
    }
    let timings = Timings::default();
    let last = memory::about(&messages);
    let all = memory::chained(choices.clone(), sent.clone());
    let way = match documents::sort(products, request, &view, &question, (&text, day, &all), last.as_ref()).await? {
        Sort::Documents(asked) => AnswerSource::Documents(asked),
        Sort::Figures(unnamed) => match (prepared::prepare(products, request, question.is_preview).await, unnamed) {
            (Ok(prepared), unnamed) => {
                let begun = Instant::now();
                let thread = match before.as_slice() {
                    [] => memory::recall(&prepared, &messages),
                    before => memory::built(&prepared, before),
                };
                let thread = Box::new(thread);
                timings.read.add(begun);
                AnswerSource::Figures { prepared, thread, unnamed }
            }
            // Of documents he may ask, were there one of that name.
            (Err(failure), Some(unnamed)) if failure.code == Code::FORBIDDEN => AnswerSource::Documents(unnamed),
            (Err(failure), _) => return Err(failure),
        },
    };
    let basis = way.basis(question.is_preview);
    Ok(Opened {
        question,
        way,
        product,
        subject,
        tables: TablesRead::default(),
        thread,
        is_new,
        text,
        today: day,
        choices,
        before,
        sent,
        timings,
        asked,
        message,
        is_again: kept.is_some(),
        key,
        warnings,
        is_traced,
        skill: behind.prompt,
        basis,
        _in_flight: in_flight,
    })
}

/// What was said last in a thread of the caller's own, oldest first; where an answer is named, what was said before it, and it.
///
/// Errors: 404 for any other thread.
async fn described(
    products: &Products,
    request: &ProductRequest,
    product: RecordId,
    thread: RecordId,
    answer: Option<RecordId>,
) -> Result<(Vec<Record>, Option<Record>), Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let target = threads::id(&products.catalog, thread);
    let found = reading.get(&target, States::Alive, &Depth::bare()).await;
    let found = match found {
        Ok(found) if found.record.parent == Some(product) => found,
        Ok(_) | Err(Problem::NotFound { .. }) => return Err(threads::missing(thread)),
        Err(other) => return Err(other.into()),
    };
    // What somebody else has said, administrators may read; to go on with it is his.
    let own = request.caller.principal.user.to_string();
    if found.record.body.get("user").and_then(Value::as_str) != Some(own.as_str()) {
        return Err(threads::missing(thread));
    }
    let answer = match answer {
        Some(id) => reading.parts_by_id(&[&found], &[id]).await?.pop().flatten(),
        None => None,
    };
    let answer = answer.filter(|answer| answer.state.is_alive());
    let before = threads::latest(&reading, &found.record, answer.as_ref(), MOST_MESSAGES).await?;
    Ok((before, answer))
}

/// Answers what was asked, telling what happens meanwhile, and keeps it in its thread.
///
/// Errors: what is missing by now to ask it.
pub async fn answer(
    products: &Arc<Products>,
    request: &ProductRequest,
    opened: &Opened,
    begun: Instant,
    report: &(dyn Fn(Event) + Send + Sync),
) -> Result<Placed, Failure> {
    let placed = answered(products, request, opened, begun, report).await;
    let given = match &placed {
        Ok(placed) if opened.is_again => ReadingOutcome::Again(placed.usage.rows),
        Ok(placed) => ReadingOutcome::Rows(placed.usage.rows),
        Err(failure) => ReadingOutcome::Nothing(failure),
    };
    let text = || opened.text.clone();
    let (caller, subject, tables) = (&request.caller, &opened.subject, &opened.tables);
    let rows = placed.as_ref().ok().and_then(|placed| placed.answer.table.as_ref()).map(|table| table.row_count);
    let into = opened.question.file.zip(rows);
    // What is asked again for a file is that file, and not a question beside it.
    if into.is_none() || !opened.is_again {
        products.note_reading(caller, AuditEventKind::Question, subject, tables, given, text);
    }
    if let Some((file, rows)) = into {
        products.note_file(caller, file, subject, tables, rows, text);
    }
    placed
}

async fn answered(
    products: &Arc<Products>,
    request: &ProductRequest,
    opened: &Opened,
    begun: Instant,
    report: &(dyn Fn(Event) + Send + Sync),
) -> Result<Placed, Failure> {
    let outcome = Box::pin(converse(products, request, opened, report)).await;
    // Who may ask no longer is told so, whatever he met on the way.
    basis::require(opened.basis, products, request).await?;
    match keep(products, request, opened, outcome?, begun).await {
        Ok(placed) => Ok(placed),
        // The product may be gone since.
        Err(failure) => Err(basis::require(opened.basis, products, request).await.err().unwrap_or(failure)),
    }
}

async fn converse(
    products: &Arc<Products>,
    request: &ProductRequest,
    opened: &Opened,
    report: &(dyn Fn(Event) + Send + Sync),
) -> Result<Outcome, Failure> {
    let Opened { question, timings, is_traced, skill, basis, sent, tables, .. } = opened;
    match &opened.way {
        AnswerSource::Documents(asked) => {
            report(Event::status("matching", "Searching the documents"));
            let begun = Instant::now();
            let mut outcome = asked.answer(products, request).await?;
            timings.look_up.add(begun);
            outcome.answer.provenance.get_or_insert_default().timings = Some(timings.times());
            Ok(outcome)
        }
        AnswerSource::Figures { prepared, thread, unnamed } => {
            let (is_traced, skill) = (*is_traced, skill.as_deref());
            let basis = *basis;
            let conversation = Conversation {
                products,
                request,
                basis,
                prepared,
                question,
                thread,
                before: if opened.is_new { &question.before } else { &[] },
                sent,
                timings,
                tables,
                is_traced,
                skill,
                report,
            };
            let outcome = conversation.answer(opened.text.clone(), opened.today, opened.choices.clone()).await;
            let mut outcome = outcome?;
            if outcome.read.before.is_empty() {
                outcome.read.before.clone_from(&opened.before);
            }
            if outcome.answer.status != Status::NotAnswerable {
                return Ok(outcome);
            }
            if let Some(unnamed) = unnamed {
                if let Some(quoted) = unnamed.in_any(products, request).await? {
                    return Ok(quoted);
                }
                if unnamed.call_unnamed(&mut outcome.answer) {
                    return Ok(outcome);
                }
            }
            let asking = (opened.text.as_str(), question.is_preview);
            documents::point_to(products, request, asking, &mut outcome).await?;
            Ok(outcome)
        }
    }
}
