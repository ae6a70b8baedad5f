//! A question of a thread with its answer, and the threads beside it, as they stand on the page.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::{Millis, RecordId};
use emporion_edge::timestamp;
use http::Method;
use serde_json::Value;

use crate::answers::answer::Answer;
use crate::fault::Fault;
use crate::forms::bound::Bound;
use crate::records::address::{self, segment};
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
    pub answer: Answer,
}

impl HtmlSafe for Turn {}

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
            answer,
        }
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
    at: Option<Moment>,
    is_here: bool,
}

impl Threads {
    /// Refused where he may ask nothing.
    pub async fn of(visit: &Visit, product: &str, at: &str, thread: &str) -> Result<Result<Threads, Refusal>, Fault> {
        let path = format!("/chat-threads?limit={THREADS}");
        let listed = visit.of_product(Method::GET, product, &path, None).await?;
        Ok(listed.map(|listed| Threads::told(visit, at, thread, &listed)))
    }

    /// Of what the door tells of them.
    pub fn told(visit: &Visit, at: &str, thread: &str, listed: &Value) -> Threads {
        let here = address::with_query(at, &[("tab", "ask")]);
        let one = |listed: &Value| {
            let id = listed["id"].as_str()?;
            Some(Earlier {
                title: shown(listed["title"].as_str().unwrap_or_default()),
                address: format!("{here}&thread={}", segment(id)),
                at: listed["updatedAt"].as_str().and_then(timestamp::parse).map(|at| visit.moment(Millis(at))),
                is_here: id == thread,
            })
        };
        let earlier = listed["threads"].as_array().into_iter().flatten().filter_map(one).collect();
        Threads { t: visit.t, thread: thread.to_owned(), earlier, here }
    }
}
