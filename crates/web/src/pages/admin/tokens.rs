//! Who holds which tokens and keys. Never the secrets: nobody can read those again.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::load::Depth;
use emporion_edge::route::Route;
use serde_json::Value;

use super::{Frame, admitted};
use crate::door::Door;
use crate::forms::confirmation::Confirmation;
use crate::layout::listing::{List, Listed, Listing};
use crate::layout::shell::Shell;
use crate::records::address;
use crate::records::people::Person;
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit, answer};
use crate::sign_in::credentials::{self, HeldCredential};

const AT: &str = "/admin/tokens";
/// Holders on a page: what each holds is a question of its own.
const LIST: List = List { at: AT, kind: "user", counted: "count.people", limit: 25, new: None };

#[derive(Template)]
#[template(path = "admin/tokens.html")]
struct Page {
    p: Shell,
    frame: Frame,
    list: Listed,
    rows: Vec<HeldCredential>,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page(AT, "admin_tokens", show), change(AT, "revoke_credential", revoke)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    let (p, frame) = admitted(&visit, "tokens")?;
    let listing = Listing::narrowed(&visit, LIST).await?;
    let reading = visit.reading().await?;
    let query = listing.query(&reading).await?;
    let (holders, list) = listing.page(&reading, query, &Depth::bare(), &[]).await?;
    drop(reading);
    let mut rows = Vec::new();
    for view in &holders {
        let is_bot = view.field("is_bot") == Some(&Value::Bool(true));
        for held in visit.catalog().credentials(visit.caller(), view.id()).await? {
            rows.push(HeldCredential::of(&visit, Person::of_record(&view.record), is_bot, &held));
        }
    }
    answer(&Page { p, frame, list, rows })
}

async fn revoke(visit: Arc<Visit>) -> Shown {
    let (p, _) = admitted(&visit, "tokens")?;
    let sent = visit.form();
    let back = |done| address::with_query(AT, &[("q", sent.text("q")), ("done", done)]);
    let gone = credentials::removals(&visit, sent.text("holder"), sent.text("id")).await?;
    let p = p.below(visit.t.say(credentials::END), None);
    if let Some(asked) = Confirmation::unless_shown(p, &sent, &gone, credentials::END, (AT, back(""))) {
        return asked.shown();
    }
    credentials::end(&visit, sent.text("id")).await?;
    Ok(headers::see_other(&back("deleted")))
}
