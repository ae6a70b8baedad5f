//! An answer on its page while it is made. What there is of it is written with the templates of the page as often as there is
//! more, for the script to put it where what was there before stands; at the end it is what the page would show.

use std::sync::Arc;

use askama::Template;
use askama::filters::HtmlSafe;
use bytes::Bytes;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer as Sent;
use emporion_edge::stream::Stream;
use emporion_products::chat::answer::{self, Status, Table};
use emporion_products::chat::event::Event;
use emporion_products::chat::event_stream::Followed;

use super::turn::{Threads, Turn};
use super::{ask, unanswered};
use crate::access::condition::Condition;
use crate::answers::answer::Answer;
use crate::fault::Fault;
use crate::records::address;
use crate::request::events::{self, Events};
use crate::request::headers;
use crate::request::visit::Visit;
use crate::text::texts::Texts;

pub const MEDIA_TYPE: &str = "text/event-stream";

/// Pieces of the page: the answer, what went wrong, and, when it is there, what else of the page it changes.
#[derive(Template)]
#[template(path = "parts/coming.html")]
pub struct Coming {
    t: Texts,
    turn: Option<Turn>,
    /// What is being done; none at the end.
    stage: Option<String>,
    /// What readers of screens are told.
    rendered: String,
    faults: Vec<String>,
    done: Option<Done>,
}

impl HtmlSafe for Coming {}

pub struct Done {
    /// Where the answer can be found.
    pub at: String,
    pub thread: String,
    pub threads: Option<Threads>,
}

/// What there is of an answer.
struct Making {
    visit: Arc<Visit>,
    view: Box<View>,
    events: Events,
    question: String,
    may_verify: bool,
    /// The thread and the message, once they are told.
    place: Option<(RecordId, RecordId)>,
    answer: answer::Answer,
    stage: &'static str,
    end: Option<End>,
}

enum End {
    Done,
    Failed(Vec<String>),
}

/// Whether somebody shows the answer as it comes.
pub fn is_followed(visit: &Visit) -> bool {
    visit.request.header("accept") == Some(MEDIA_TYPE)
}

/// The answer whose events these are.
pub async fn follow(visit: Arc<Visit>, view: Box<View>, question: String, events: Events) -> Result<Sent, Fault> {
    let may_verify = visit.reading().await?.may(Action::EditAll, &view.record).await?;
    let (place, answer) = (None, answer::Answer::default());
    let making = Making { visit, view, events, question, may_verify, place, answer, stage: "reading", end: None };
    let pieces = futures_util::stream::unfold(making, |mut making| async move {
        let piece = making.next().await?;
        Some((piece, making))
    });
    Ok(sent(200, Stream::of(pieces)))
}

/// That no answer is made.
pub fn refused(visit: &Visit, status: u16, faults: Vec<String>) -> Sent {
    let piece = Coming::refused(visit.t, faults).piece();
    sent(status, Stream::of(futures_util::stream::once(std::future::ready(piece))))
}

fn sent(status: u16, pieces: Stream) -> Sent {
    let answer = headers::secured(Sent::streamed(status, MEDIA_TYPE, pieces));
    answer.with("cache-control", "no-store").with("x-accel-buffering", "no")
}

impl Coming {
    pub fn refused(t: Texts, faults: Vec<String>) -> Coming {
        Coming { t, turn: None, stage: None, rendered: String::new(), faults, done: None }
    }

    /// `stage` is what is being done.
    pub fn making(t: Texts, turn: Turn, stage: &str) -> Coming {
        let doing = t.say(&format!("ask.doing.{stage}"));
        Coming { turn: Some(turn), stage: Some(doing.clone()), rendered: doing, ..Coming::refused(t, Vec::new()) }
    }

    pub fn failed(t: Texts, turn: Turn, why: Vec<String>) -> Coming {
        Coming { turn: Some(turn), ..Coming::refused(t, why) }
    }

    pub fn done(t: Texts, turn: Turn, done: Done) -> Coming {
        let rendered = turn.answer.text.clone();
        Coming { turn: Some(turn), rendered, done: Some(done), ..Coming::refused(t, Vec::new()) }
    }

    fn piece(&self) -> Bytes {
        // Templates write into memory; what they call does not fail.
        events::piece(&self.render().unwrap_or_default())
    }
}

impl Making {
    async fn next(&mut self) -> Option<Bytes> {
        if self.end.is_some() {
            return None;
        }
        let reported = self.events.next().await;
        if reported.is_empty() {
            // Without its end it is none.
            self.end = Some(End::Failed(vec![self.visit.t.say("ask.cut_off")]));
        }
        let mut is_more = reported.is_empty();
        for one in reported {
            let Followed::Event { event, .. } = one else { continue };
            is_more = true;
            self.take(event);
        }
        if !is_more {
            return Some(events::beat());
        }
        Some(match self.coming().await {
            Ok(coming) => coming.piece(),
            Err(fault) => {
                tracing::info!(?fault, "an answer that was made could not be shown");
                self.end = Some(End::Done);
                let t = self.visit.t;
                Coming::refused(t, vec![t.say("ask.cut_off")]).piece()
            }
        })
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::MessageStart { thread, message, .. } => self.place = Some((thread, message)),
            Event::Status { stage, .. } => {
                self.stage = match stage {
                    "executing" => "asking",
                    "rendering" => "writing",
                    _ => "reading",
                }
            }
            Event::Interpretation(interpretation) => self.answer.interpretation = Some(interpretation),
            Event::Sql(sql) => self.answer.sql = Some(sql),
            Event::Chart(chart) => self.answer.chart = Some(chart),
            Event::Table(piece) => {
                let table = self.answer.table.get_or_insert_with(|| Table {
                    columns: piece.columns,
                    is_truncated: piece.is_truncated,
                    ..Table::default()
                });
                table.rows.extend(piece.rows);
            }
            Event::TextDelta(delta) => self.answer.text.push_str(&delta),
            Event::Error { code, message, .. } => {
                let t = self.visit.t;
                self.end = Some(End::Failed(unanswered::unanswered(t, &code, &t.translated(&message))));
            }
            Event::Done(done) if self.end.is_none() => {
                self.end = Some(End::Done);
                let rows = self.answer.table.take().map(|table| table.rows);
                self.answer = done.answer;
                if let (Some(rows), Some(table)) = (rows, &mut self.answer.table) {
                    table.rows = rows;
                }
            }
            _ => {}
        }
    }

    async fn coming(&mut self) -> Result<Coming, Fault> {
        let (visit, t) = (&*self.visit, self.visit.t);
        let at = address::of_record(&self.view.record);
        let place = self.place.map(|(thread, message)| (thread.to_string(), message.to_string()));
        let (thread, message) = place.unwrap_or_default();
        let mut reported = self.answer.clone();
        match self.end {
            None => reported.status = Status::Answered,
            Some(End::Failed(_)) => reported.status = Status::Failed,
            Some(End::Done) => {}
        }
        let mut answer = [Answer::of(visit, &message, &reported, std::slice::from_ref(&self.question))];
        let is_whole = matches!(self.end, Some(End::Done));
        if is_whole {
            ask::try_searches(visit, &mut answer).await;
            ask::name_sources(visit, &visit.reading().await?, &self.view, &mut answer).await?;
            let messages = ask::messages(visit, self.view.id(), &thread).await?;
            let place = messages.iter().position(|one| one.id.to_string() == message);
            answer[0].restate(place.map_or(&[], |place| &messages[..=place]));
        }
        let [answer] = answer;
        let answer = Answer { is_whole, ..answer };
        let mut turn = Turn::of(visit, (&at, self.view.id()), &thread, self.may_verify, answer);
        turn.filters = Condition::all_yours(t, &self.view, &visit.caller().principal);
        Ok(match &self.end {
            None => Coming::making(t, turn, self.stage),
            Some(End::Failed(why)) => Coming::failed(t, turn, why.clone()),
            Some(End::Done) => {
                let threads = Threads::of(visit, self.view.id(), &at, &thread).await.ok();
                Coming::done(t, turn, Done { at: ask::answer_at(&at, &thread, &message), threads, thread })
            }
        })
    }
}
