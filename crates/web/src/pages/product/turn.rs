//! A question of a thread with its answer, and the threads beside it, as they stand on the page.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::{Millis, RecordId};
use emporion_products::page::PageRequest;
use emporion_products::threads::list::{self, ThreadFilter};

use super::{ask, rows_file};
use crate::access::condition::Condition;
use crate::answers::answer::Answer;
use crate::forms::bound::Bound;
use crate::records::address;
use crate::request::internal_client::Refusal;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

const THREADS: usize = 20;

#[derive(Template)]
#[template(path = "parts/answer.html")]
pub struct Turn {
    pub t: Texts,
    pub bound: Bound,
    /// Where questions go.
    pub form: String,
    /// Where it is said what an answer was worth.
    pub judged: String,
    pub thread: String,
    pub may_verify: bool,
    /// The reader's own row filters: it was computed of these rows.
    pub filters: Vec<Condition>,
    /// What was typed to follow it, and what is wrong with that.
    pub refused: Option<RefusedBound>,
    /// Where its rows are files.
    csv: String,
    workbook: String,
    /// Where others find the question, to ask it by their own rights.
    link: Option<String>,
    pub answer: Answer,
}

impl HtmlSafe for Turn {}

/// A bound that a question was to be followed with.
pub struct RefusedBound {
    pub message: String,
    pub is_below: bool,
    pub threshold: String,
    pub faults: Vec<String>,
}

impl Turn {
    /// On the page of the product at this address.
    pub fn of(visit: &Visit, (product, of): (&str, RecordId), thread: &str, may_verify: bool, answer: Answer) -> Turn {
        Turn {
            t: visit.t,
            bound: visit.bound_to(of),
            form: format!("{product}/ask"),
            judged: format!("{product}/answers"),
            thread: thread.to_owned(),
            may_verify,
            filters: Vec::new(),
            refused: None,
            csv: rows_file::address(product, thread, &answer.message, "csv"),
            workbook: rows_file::address(product, thread, &answer.message, "xlsx"),
            link: answer.restated.as_ref().and_then(|restated| ask::asking_at(product, restated)),
            answer,
        }
    }

    /// It is one figure, which can be held against a threshold.
    pub fn is_followable(&self) -> bool {
        self.answer.is_figure && self.answer.is_whole
    }
}

/// What the visitor has asked the product before.
#[derive(Template)]
#[template(path = "parts/threads.html")]
pub struct Threads {
    t: Texts,
    here: String,
    thread: String,
    earlier: Vec<Earlier>,
}

impl HtmlSafe for Threads {}

struct Earlier {
    title: String,
    address: String,
    at: Moment,
    is_here: bool,
}

impl Threads {
    /// Refused where he may ask nothing.
    pub async fn of(visit: &Visit, product: RecordId, at: &str, thread: &str) -> Result<Threads, Refusal> {
        let (request, filter) = (visit.about(product), ThreadFilter::default());
        let page = PageRequest::at(THREADS, "");
        let listing = list::list(&visit.door.calls.products, &request, &filter, &page);
        let listed = visit.serve("chatThreads_list", listing).await?;
        let earlier = listed.items.into_iter().map(|(listed, _)| (listed.id, listed.title, listed.updated_ms));
        Ok(Threads::reported(visit, at, thread, earlier))
    }

    /// Of these: the id of each, its title, and when it has changed.
    pub fn reported(
        visit: &Visit,
        at: &str,
        thread: &str,
        listed: impl Iterator<Item = (RecordId, Option<String>, i64)>,
    ) -> Threads {
        let here = address::with_query(at, &[("tab", "ask")]);
        let one = |(id, title, updated_ms): (RecordId, Option<String>, i64)| Earlier {
            title: shown(&title.unwrap_or_default()),
            address: format!("{here}&thread={id}"),
            at: visit.moment(Millis(updated_ms)),
            is_here: id.to_string() == thread,
        };
        let earlier = listed.map(one).collect();
        Threads { t: visit.t, thread: thread.to_owned(), earlier, here }
    }
}
