//! What the visitor follows, and what has become of it.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::record::Record;
use emporion_edge::route::Route;

use crate::access::notifications;
use crate::door::Door;
use crate::following::choosing::{self, Choosing};
use crate::following::mark;
use crate::following::questions;
use crate::following::told::Told;
use crate::forms::bound::Bound;
use crate::layout::shell::Shell;
use crate::pages::searches::{self, Saved};
use crate::records::address;
use crate::records::link::Link;
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};

pub const PATH: &str = "/following";
/// Changes on the page, and things in its list.
const MOST_TOLD: usize = 20;
const MOST_KEPT: usize = 100;

#[derive(Template)]
#[template(path = "following.html")]
struct Page {
    p: Shell,
    told: Option<Told>,
    kept: Vec<Kept>,
    rest: Option<String>,
    questions: Vec<questions::Listed>,
    searches: Vec<Saved>,
    choosing: Choosing,
}

/// Something that he follows.
struct Kept {
    link: Link,
    kind: String,
    /// Where he leaves off; not where it is deleted.
    form: Option<String>,
    bound: Bound,
}

impl Kept {
    fn of(visit: &Visit, record: &Record) -> Kept {
        let (link, is_alive) = (Link::of_record(record), record.state.is_alive());
        Kept {
            kind: visit.t.say(&format!("kind.{}", record.kind.name())),
            form: link.address.is_some().then(|| mark::form_of(record)).filter(|_| is_alive),
            link: if is_alive { link } else { link.closed() },
            bound: visit.bound_to(record.id),
        }
    }
}

pub fn routes() -> Vec<Route<Door>> {
    vec![
        page(PATH, "following", show),
        change(PATH, "change_following", save),
        change("/following/questions", "stop_question", stop),
        change("/following/test", "test_chat", test),
    ]
}

async fn show(visit: Arc<Visit>) -> Shown {
    whole(&visit, Vec::new(), 200).await
}

async fn save(visit: Arc<Visit>) -> Shown {
    let faults = choosing::save(&visit, &visit.form()).await?;
    match faults.is_empty() {
        true => Ok(headers::see_other(&address::with_query(PATH, &[("done", "saved")]))),
        false => whole(&visit, faults, 400).await,
    }
}

/// Sends a message to the chat service that he has chosen.
async fn test(visit: Arc<Visit>) -> Shown {
    visit.door.may_try(visit.caller().principal.user)?;
    let faults = choosing::test(&visit).await?;
    match faults.is_empty() {
        true => Ok(headers::see_other(&address::with_query(PATH, &[("done", "tested")]))),
        false => whole(&visit, faults, 400).await,
    }
}

async fn whole(visit: &Visit, faults: Vec<String>, status: u16) -> Shown {
    let reading = visit.reading().await?;
    let followed = reading.followed().await?;
    let rest = followed.len().saturating_sub(MOST_KEPT);
    let mut p = visit.shell("").below(visit.t.say("following.title"), None);
    p.news = None;
    let page = Page {
        p,
        told: Told::of(visit, &reading, &followed, MOST_TOLD).await?,
        questions: questions::listed(visit, &reading).await?,
        searches: searches::followed(&reading).await?,
        choosing: Choosing::of(visit, &reading, faults).await?,
        kept: followed.iter().take(MOST_KEPT).map(|one| Kept::of(visit, &one.record)).collect(),
        rest: (rest > 0).then(|| visit.t.count("home.others", rest)),
    };
    Ok(headers::page(status, &page).with("set-cookie", &notifications::looked(visit)))
}

/// Follows a question no more.
async fn stop(visit: Arc<Visit>) -> Shown {
    questions::stop(&visit, visit.form().text("question")).await?;
    Ok(headers::see_other(&address::with_query(PATH, &[("done", "unfollowed")])))
}
