//! The account's people and programs, with what gives them rights; and its teams.

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation;
use emporion_edge::route::Route;
use http::Method;
use serde_json::{Value, json};

use super::ending::{self, Ended};
use super::frame::{Frame, admitted};
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::saving;
use crate::layout::listing::{List, Listed, Listing};
use crate::layout::shell::Shell;
use crate::records::people::Person;
use crate::records::{address, naming, resolver};
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit, answer};
use crate::text::plain::{first_line, shown};
use crate::text::texts::Texts;

const USERS: List = List { at: "/admin/users", kind: "user", counted: "count.people", limit: 50, new: None };
/// Roles that are looked at for those that are off.
const MOST_ROLES: u32 = 1_000;
const TEAMS: List = List { at: "/admin/teams", kind: "team", counted: "count.teams", limit: 50, new: None };

#[derive(Template)]
#[template(path = "admin/users.html")]
struct Users {
    p: Shell,
    frame: Frame,
    list: Listed,
    /// People and programs, apart.
    total: String,
    rows: Vec<User>,
    faults: Vec<String>,
    /// What was typed of somebody who could not be made.
    typed: Typed,
    /// A password that was made just now: it is shown this once.
    made: Option<(String, String)>,
    /// What was done, in a sentence.
    done: Option<String>,
}

struct User {
    person: Person,
    /// Where each is asked about.
    reset: String,
    disable: String,
    enable: String,
    hand_over: String,
    /// For programs, but those that came with the catalogue.
    delete: Option<String>,
    email: String,
    is_admin: bool,
    is_bot: bool,
    is_disabled: bool,
    is_own: bool,
    roles: String,
}

#[derive(Template)]
#[template(path = "admin/teams.html")]
struct Teams {
    p: Shell,
    frame: Frame,
    list: Listed,
    rows: Vec<Team>,
}

struct Team {
    person: Person,
    line: String,
    roles: String,
    policies: String,
    members: String,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![
        page("/admin/users", "admin_users", users),
        change("/admin/users", "change_user", change_user),
        page("/admin/teams", "admin_teams", teams),
    ]
}

/// What somebody or a team has, each with a word where it is turned off.
fn names(t: Texts, view: &View, relation: relation::Relation, off: &HashSet<RecordId>) -> String {
    let named = view.targets(relation).map(|(_, card)| match off.contains(&card.id) {
        true => format!("{} ({})", shown(&card.name), t.say("admin.off")),
        false => shown(&card.name),
    });
    named.collect::<Vec<_>>().join(", ")
}

/// The roles that give nobody anything.
async fn turned_off(reading: &Reading<'_>) -> Result<HashSet<RecordId>, Fault> {
    let roles = ListQuery::of(reading.account(), reading.catalog().kind("role"));
    let off = ListQuery { fields: vec![("disabled", true.into())], limit: MOST_ROLES, ..roles };
    Ok(reading.list(off, &Depth::bare()).await?.views.iter().map(View::id).collect())
}

async fn users(visit: Arc<Visit>) -> Shown {
    match ending::ACTIONS.into_iter().find(|action| visit.query("ask") == *action) {
        Some(action) => ending::ask(&visit, action, 200, Vec::new()).await,
        None => list(&visit, Told::default()).await,
    }
}

#[derive(Default)]
struct Typed {
    name: String,
    email: String,
    is_admin: bool,
    /// The form was sent: what is wrong stands in it.
    is_sent: bool,
}

/// What is said above the list.
struct Told {
    status: u16,
    faults: Vec<String>,
    typed: Typed,
    /// Of whom a password was made, and which one.
    made: Option<(String, String)>,
    /// What was done, in a sentence.
    done: Option<String>,
}

impl Default for Told {
    fn default() -> Told {
        Told { status: 200, faults: Vec::new(), typed: Typed::default(), made: None, done: None }
    }
}

async fn list(visit: &Visit, told: Told) -> Shown {
    let Told { status, faults, typed, made, done } = told;
    let (p, frame) = admitted(visit, "users")?;
    let listing = Listing::narrowed(visit, USERS).await?;
    let reading = visit.reading().await?;
    let query = listing.query(&reading).await?;
    let apart = |is_bot: bool| ListQuery { fields: vec![("is_bot", Value::Bool(is_bot))], ..query.clone() };
    let counts = reading.counts(vec![apart(false), apart(true)]).await?;
    let rendered = ["count.people", "count.programs"].into_iter().zip(counts);
    let rendered = rendered.filter(|(key, count)| *key == "count.people" || count.number > 0);
    let total: Vec<String> = rendered.map(|(key, count)| visit.t.counted(key, count)).collect();
    let (views, list) = listing.page(&reading, query, &Depth::of(&[relation::HAS_ROLE], false), &[]).await?;
    let off = turned_off(&reading).await?;
    let programs: Vec<&Record> = views.iter().map(|view| &view.record).filter(|one| naming::is_bot(one)).collect();
    let lasting = ending::lasting(&reading, &programs).await?;
    let row = |view: &View| {
        let is = |field: &str| view.field(field) == Some(&Value::Bool(true));
        User {
            person: Person::of_record(&view.record),
            reset: ending::at("reset", &view.record.name),
            disable: ending::at("disable", &view.record.name),
            enable: ending::at("enable", &view.record.name),
            hand_over: ending::at(ending::HAND_OVER, &view.record.name),
            delete: (naming::is_bot(&view.record) && !lasting.contains(&view.id()))
                .then(|| ending::at(ending::DELETE, &view.record.name)),
            email: view.text("email").map(shown).unwrap_or_default(),
            is_admin: is("is_admin"),
            is_bot: is("is_bot"),
            is_disabled: is("disabled"),
            is_own: view.id() == visit.caller().principal.user,
            roles: names(visit.t, view, relation::HAS_ROLE, &off),
        }
    };
    let rows = views.iter().map(row).collect();
    let page = Users { total: total.join(", "), rows, list, p, frame, faults, typed, made, done };
    Ok(headers::page(status, &page))
}

/// Makes somebody, gives somebody a new password, lets nobody in as him any more, or him again.
async fn change_user(visit: Arc<Visit>) -> Shown {
    admitted(&visit, "users")?;
    let sent = visit.form();
    let user = sent.trimmed("user");
    let at = |what: &str| format!("/users/{}/{what}", address::segment(user));
    let reply = match sent.text("do") {
        "create" => {
            let mut body = json!({"name": sent.trimmed("name"), "isAdmin": sent.text("admin") == "yes"});
            if !sent.trimmed("email").is_empty() {
                body["email"] = sent.trimmed("email").into();
            }
            visit.of_management(Method::POST, "/users", Some(&body)).await?
        }
        "reset" => visit.of_management(Method::POST, &at("reset-password"), Some(&json!({}))).await?,
        "enable" => {
            let done = enable(&visit, user).await?;
            return Ok(headers::see_other(&address::with_query("/admin/users", &[("done", done)])));
        }
        action if ["disable", ending::HAND_OVER, ending::DELETE].contains(&action) => return end(&visit, user).await,
        _ => return Err(Fault::NoSuchPage),
    };
    match reply {
        Ok(reply) => match reply["password"].as_str() {
            Some(password) => {
                let name = reply["name"].as_str().unwrap_or_default();
                list(&visit, Told { made: Some((shown(name), password.to_owned())), ..Told::default() }).await
            }
            None => Ok(headers::see_other("/admin/users")),
        },
        Err(refusal) => {
            let (status, faults) = refusal.in_form(visit.t)?;
            let typed = match sent.text("do") {
                "create" => Typed {
                    name: sent.text("name").to_owned(),
                    email: sent.text("email").to_owned(),
                    is_admin: sent.text("admin") == "yes",
                    is_sent: true,
                },
                _ => Typed::default(),
            };
            list(&visit, Told { status, faults, typed, ..Told::default() }).await
        }
    }
}

/// Lets somebody in no more, hands over what he owns, or deletes a program.
async fn end(visit: &Visit, user: &str) -> Shown {
    let sent = visit.form();
    let seen = saving::revision(visit, sent.text("revision"))?;
    let action = ending::ACTIONS.into_iter().find(|action| sent.text("do") == *action).ok_or(Fault::NoSuchPage)?;
    let (to, listed) = (sent.trimmed("to"), sent.text("checked"));
    let ended = if action == ending::DELETE {
        ending::delete(visit, user, to, seen, listed).await?
    } else if !to.is_empty() {
        ending::hand_over(visit, user, to, seen, listed).await?
    } else if action == ending::HAND_OVER {
        Err((400, vec![visit.t.say("ending.no_heir")]))
    } else {
        ending::keep_out(visit, user, seen).await?
    };
    match ended {
        Ok(Ended::Done(done)) => Ok(headers::see_other(&address::with_query("/admin/users", &[("done", done)]))),
        Ok(Ended::Told(done)) => list(visit, Told { done: Some(done), ..Told::default() }).await,
        Err((status, faults)) => ending::ask(visit, action, status, faults).await,
    }
}

/// Lets somebody in again who was disabled. Answers what is said of it.
async fn enable(visit: &Visit, user: &str) -> Result<&'static str, Fault> {
    let target = resolver::target(visit.catalog().kind("user"), user);
    let edit = Arc::new(|_: &View| {
        let mut draft = Draft::default();
        draft.set("disabled", false);
        Ok(draft)
    });
    let command = Command::Change { target, guard: Guard::default(), edit, rules: DoorRules::default() };
    let outcome = visit.catalog().execute(visit.caller(), &command).await?;
    Ok(if naming::is_bot(&outcome.view.record) { "program_enabled" } else { "enabled" })
}

async fn teams(visit: Arc<Visit>) -> Shown {
    let (p, frame) = admitted(&visit, "teams")?;
    let listing = Listing::whole(&visit, TEAMS).await?;
    let reading = visit.reading().await?;
    let query = listing.query(&reading).await?;
    let relations = [relation::DEFAULT_ROLE, relation::HAS_POLICY, relation::MEMBER];
    let (views, list) = listing.page(&reading, query, &Depth::of(&relations, false), &[]).await?;
    let off = turned_off(&reading).await?;
    let row = |view: &View| Team {
        person: Person::of_record(&view.record),
        line: first_line(view.text("description").unwrap_or_default()),
        roles: names(visit.t, view, relation::DEFAULT_ROLE, &off),
        policies: names(visit.t, view, relation::HAS_POLICY, &off),
        members: visit.t.number(view.targets(relation::MEMBER).count() as u64),
    };
    answer(&Teams { rows: views.iter().map(row).collect(), list, p, frame })
}
