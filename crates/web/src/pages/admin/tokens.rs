//! Who holds which tokens and keys. Never the secrets: nobody can read those again.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_edge::route::Route;
use serde_json::Value;

use super::{Frame, admitted};
use crate::door::Door;
use crate::forms::confirmation::{self, Confirmation};
use crate::layout::paging::Paged;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::records::people::Person;
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit, answer};
use crate::search::name_filter::NameFilter;
use crate::sign_in::credentials::{self, HeldCredential};

const AT: &str = "/admin/tokens";
/// Holders on a page: what each holds is a question of its own.
const PAGE: u32 = 25;

#[derive(Template)]
#[template(path = "admin/tokens.html")]
struct Page {
    p: Shell,
    frame: Frame,
    words: String,
    rows: Vec<HeldCredential>,
    next: Option<String>,
    /// What the visitor has changed last may be missing.
    is_behind: bool,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page(AT, "admin_tokens", show), change(AT, "revoke_credential", revoke)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    let (p, frame) = admitted(&visit, "tokens")?;
    let words = visit.query("q");
    let called = NameFilter::of(&visit, &words).await?;
    let reading = visit.reading().await?;
    let users = ListQuery { limit: PAGE, ..ListQuery::of(reading.account(), reading.catalog().kind("user")) };
    let query = called.narrow(&reading, users).await?;
    let at = |after: &str| address::with_query(AT, &[("q", &words), ("after", after)]);
    let found = Paged::of(&visit, &reading, query, &Depth::bare(), at).await?;
    drop(reading);
    let mut rows = Vec::new();
    for view in &found.views {
        let is_bot = view.field("is_bot") == Some(&Value::Bool(true));
        for held in visit.catalog().credentials(visit.caller(), view.id()).await? {
            rows.push(HeldCredential::of(&visit, Person::of_record(&view.record), is_bot, &held));
        }
    }
    answer(&Page { p, frame, words, rows, next: found.next, is_behind: called.is_behind })
}

async fn revoke(visit: Arc<Visit>) -> Shown {
    let (p, _) = admitted(&visit, "tokens")?;
    let sent = visit.form();
    let back = |done| address::with_query(AT, &[("q", sent.text("q")), ("done", done)]);
    let gone = credentials::removals(&visit, sent.text("holder"), sent.text("id")).await?;
    if !confirmation::is_confirmed(&sent, &gone) {
        let button = visit.t.say("leaving.end");
        return Confirmation::of_form(p.below(button.clone(), None), &sent, &gone, button, (AT, back(""))).shown();
    }
    credentials::end(&visit, sent.text("id")).await?;
    Ok(headers::see_other(&back("deleted")))
}
