//! Who holds which tokens and keys. Never the secrets: nobody can read those again.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::Record;
use emporion_edge::route::Route;
use serde_json::Value;

use super::frame::{Frame, admitted};
use crate::door::Door;
use crate::fault::{Fault, wording};
use crate::forms::confirmation::Confirmation;
use crate::layout::listing::{List, Listed, Listing};
use crate::layout::shell::Shell;
use crate::records::people::Person;
use crate::records::{address, naming, resolver};
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::sign_in::credentials::{self, HeldCredential, Uses};

const AT: &str = "/admin/tokens";
/// Holders on a page: what each holds is a question of its own.
const LIST: List = List { at: AT, kind: "user", counted: "count.people", limit: 25, new: None };
/// Programs that are offered.
const MOST_BOTS: u32 = 500;

#[derive(Template)]
#[template(path = "admin/tokens.html")]
struct Page {
    p: Shell,
    frame: Frame,
    list: Listed,
    rows: Vec<HeldCredential>,
    /// Programs that a credential can be made for here, and whether it is the one that was just made; people make their own.
    bots: Vec<(String, String, bool)>,
    lasting: Vec<(u64, String, bool)>,
    /// What was made just now: what it is, and the lines to copy.
    made: Option<(String, String)>,
    faults: Vec<String>,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page(AT, "admin_tokens", show), change(AT, "revoke_credential", save)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    whole(&visit, None, Vec::new(), 200).await
}

async fn whole(visit: &Visit, made: Option<(String, String)>, faults: Vec<String>, status: u16) -> Shown {
    let (p, frame) = admitted(visit, "tokens")?;
    let listing = Listing::narrowed(visit, LIST).await?;
    let reading = visit.reading().await?;
    let query = listing.query(&reading).await?;
    let (holders, list) = listing.page(&reading, query, &Depth::bare(), &[]).await?;
    let users = ListQuery::of(reading.account(), reading.catalog().kind("user"));
    let bots = ListQuery { fields: vec![("is_bot", true.into())], limit: MOST_BOTS, ..users };
    let bots = reading.list(bots, &Depth::bare()).await?.views;
    let chosen = visit.query("bot");
    let bot = |bot: &Record| (bot.name.clone(), naming::rendered_of(bot), bot.name == chosen);
    let bots = bots.iter().map(|view| bot(&view.record)).collect();
    let uses = Uses::of(&reading, &holders.iter().map(SeenId::from).collect::<Vec<_>>()).await?;
    drop(reading);
    let mut rows = Vec::new();
    for view in &holders {
        let is_bot = view.field("is_bot") == Some(&Value::Bool(true));
        for held in visit.catalog().credentials(visit.caller(), view.id()).await? {
            let row = HeldCredential::of(visit, Person::of_record(&view.record), is_bot, &held);
            rows.push(row.used_at(visit, &held, &uses));
        }
    }
    Ok(headers::page(
        status,
        &Page { p, frame, list, rows, bots, lasting: credentials::lasting(visit.t), made, faults },
    ))
}

/// Makes a program, makes a credential for one, or ends one.
async fn save(visit: Arc<Visit>) -> Shown {
    let (p, _) = admitted(&visit, "tokens")?;
    let sent = visit.form();
    if sent.text("do") == "bot" {
        let name = sent.trimmed("name");
        let purpose = Some(sent.trimmed("description")).filter(|text| !text.is_empty());
        return match visit.catalog().create_bot(visit.caller(), name, purpose).await {
            Ok(()) => Ok(headers::see_other(&address::with_query(AT, &[("bot", name), ("done", "created")]))),
            Err(problem) => {
                let (status, faults) = wording::in_form(visit.t, problem)?;
                whole(&visit, None, faults, status).await
            }
        };
    }
    if let what @ ("make" | "key") = sent.text("do") {
        let reading = visit.reading().await?;
        let target = resolver::target(reading.catalog().kind("user"), sent.text("bot"));
        let found = reading.find(&target).await?.filter(|record| States::Alive.holds(record));
        let Some(bot) = found.filter(naming::is_bot) else { return Err(Fault::NoSuchPage) };
        drop(reading);
        let gone = if what == "make" { credentials::ended_by_another(&visit, &bot).await? } else { Vec::new() };
        let p = p.below(visit.t.say("account.make"), None);
        if let Some(asked) = Confirmation::unless_shown(p, &sent, &gone, "account.make", (AT, AT.to_owned())) {
            return asked.shown();
        }
        return match credentials::make(&visit, &bot.name, what, &sent).await? {
            Ok((title, lines)) => {
                let title = format!("{title}: {}", naming::rendered_of(&bot));
                whole(&visit, Some((title, lines)), Vec::new(), 200).await
            }
            Err(refusal) => {
                let (status, faults) = refusal.in_form(visit.t)?;
                whole(&visit, None, faults, status).await
            }
        };
    }
    let back = |done| address::with_query(AT, &[("q", sent.text("q")), ("done", done)]);
    let gone = credentials::removals(&visit, sent.text("holder"), sent.text("id")).await?;
    let p = p.below(visit.t.say(credentials::END), None);
    if let Some(asked) = Confirmation::unless_shown(p, &sent, &gone, credentials::END, (AT, back(""))) {
        return asked.shown();
    }
    credentials::end(&visit, sent.text("id")).await?;
    Ok(headers::see_other(&back("deleted")))
}
