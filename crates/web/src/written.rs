//! What somebody has changed, he finds: each change leaves in a cookie how far the log has come, and his next search waits
//! until that much can be found. What goes beside a page, or is asked for while he types, waits for it a little and then
//! does without.

use std::time::Duration;

use emporion_catalog::id::Seq;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use http::HeaderValue;

use crate::fault::Fault;
use crate::session;
use crate::visit::Visit;

const COOKIE: &str = "emporion_written";
/// Seconds after which searches have caught up in any case.
const LASTING: u32 = 60;
/// How long a page waits for searches that it can do without.
pub const PATIENCE: Duration = Duration::from_millis(300);

/// Leaves with the answer what was written for it.
pub fn keep(request: &Request, mut answer: Answer, newest: Option<Seq>) -> Answer {
    if let Some(Seq(seq)) = newest {
        let secure = session::secure(request);
        let cookie = format!("{COOKIE}={seq}; Path=/; Max-Age={LASTING}; HttpOnly; SameSite=Lax{secure}");
        answer.headers.append("set-cookie", HeaderValue::from_str(&cookie).expect("a number is plain text"));
    }
    answer
}

/// The place in the log that the visitor's searches have to know: what he wrote last, or what the address asks for.
/// Never one that the log has not reached: it may have been put back since.
pub async fn at_least(visit: &Visit) -> Result<Option<Seq>, Fault> {
    let written = session::cookie(&visit.request, COOKIE).and_then(|seq| seq.parse().ok());
    let asked = visit.query("at_least").parse().ok();
    match written.max(asked) {
        None => Ok(None),
        Some(seq) => Ok(Some(visit.catalog().log_head().await?.min(Seq(seq)))),
    }
}

/// Whether that much can be found, now or in a little while.
pub async fn is_found(visit: &Visit) -> Result<bool, Fault> {
    match at_least(visit).await? {
        None => Ok(true),
        Some(seq) => Ok(visit.door.finder.knows(seq, PATIENCE).await?),
    }
}
