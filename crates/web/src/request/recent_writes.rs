//! Read your own writes: each change leaves in a cookie how far the log has come, and the author's next search waits
//! until that much can be found. Lists that he narrows by words wait for it a moment, and say where it may be missing; what
//! goes beside a page, or is asked for while he types, waits a little and then does without.

use std::time::Duration;

use emporion_catalog::id::Seq;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use http::HeaderValue;

use crate::fault::Fault;
use crate::request::cookies;
use crate::request::visit::Visit;

const COOKIE: &str = "emporion_written";
/// Seconds after which searches have caught up in any case.
const LASTING: u32 = 60;
/// How long a page waits for searches that it can do without, whatever of it they are for.
const PATIENCE: Duration = Duration::from_millis(300);
/// How long a list waits.
const PATIENCE_OF_LISTS: Duration = Duration::from_secs(1);

/// Leaves with the answer what was written for it.
pub fn keep(request: &Request, mut answer: Answer, newest: Option<Seq>) -> Answer {
    if let Some(Seq(seq)) = newest {
        let secure = cookies::secure(request);
        let cookie = format!("{COOKIE}={seq}; Path=/; Max-Age={LASTING}; HttpOnly; SameSite=Lax{secure}");
        answer.headers.append("set-cookie", HeaderValue::from_str(&cookie).expect("a number is plain text"));
    }
    answer
}

/// The place in the log that the visitor's searches have to know: what he wrote last, or what the address asks for.
/// Never one that the log has not reached: it may have been put back since.
pub async fn at_least(visit: &Visit) -> Result<Option<Seq>, Fault> {
    let written = cookies::cookie(&visit.request, COOKIE).and_then(|seq| seq.parse().ok());
    let asked = visit.query("at_least").parse().ok();
    match written.max(asked) {
        None => Ok(None),
        Some(seq) => Ok(Some(visit.catalog().log_head().await?.min(Seq(seq)))),
    }
}

/// Whether that much can be found, now or in a little while. A request waits once, and keeps what it was told.
pub async fn is_found(visit: &Visit) -> Result<bool, Fault> {
    is_found_within(visit, PATIENCE).await
}

/// The same, for lists that are narrowed by words.
pub async fn is_found_in_lists(visit: &Visit) -> Result<bool, Fault> {
    is_found_within(visit, PATIENCE_OF_LISTS).await
}

async fn is_found_within(visit: &Visit, patience: Duration) -> Result<bool, Fault> {
    if let Some(is_found) = visit.is_found.get() {
        return Ok(*is_found);
    }
    let is_found = match at_least(visit).await? {
        None => true,
        Some(seq) => visit.door.finder.knows(seq, patience).await?,
    };
    Ok(*visit.is_found.get_or_init(|| is_found))
}
