//! The page of a request: who wants what and why, and what is decided.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::command::{Decision, Ref, Term};
use emporion_catalog::id::{Millis, Revision};
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation::Relation;
use emporion_catalog::requests::{AccessRequest, KIND, READ_WITH};
use emporion_catalog::rows::nominal;
use emporion_catalog::rows::roles::ROLES;
use emporion_products::users::operation;

use super::{PATH, Row, has_ended, link, open, shell};
use crate::access::condition::Condition;
use crate::access::role;
use crate::fault::{Fault, wording};
use crate::forms::expiry;
use crate::layout::shell::Shell;
use crate::pages::product::{filtering, giving, personal};
use crate::records::address as addresses;
use crate::records::link::Link;
use crate::records::people::Person;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::moment::Moment;
use crate::text::plain::{shown, shown_prose};
use crate::text::texts::Texts;

#[derive(Template)]
#[template(path = "request.html")]
struct Page {
    p: Shell,
    row: Row,
    reason: String,
    assets: Vec<Link>,
    until: Option<String>,
    /// The form names days alone: said of an end that was asked for within one.
    within_day: Option<String>,
    has_ended: bool,
    /// The end that was asked for has passed before anybody decided.
    has_run_out: bool,
    decided: Option<Decided>,
    role: Role,
    address: String,
    revision: u64,
    is_own: bool,
    is_open: bool,
    /// Whoever asked is disabled or gone: it can only be rejected.
    is_absent: bool,
    may_decide: bool,
    is_role: bool,
    /// Row filters that go on to the role: tables and conditions.
    filters: Vec<(String, Condition)>,
    /// What the form holds.
    typed: Typed,
    today: String,
    faults: Vec<String>,
}

/// What a request for a role means for the product, as far as the reader sees that.
#[derive(Default)]
struct Role {
    /// What approving opens.
    opens: Option<String>,
    /// Approved by the reader it would be in name only.
    in_name: bool,
    /// Where it is given with row filters or masks instead, to who has no role yet.
    filtered: Option<String>,
    /// What has become of what was given.
    became: Option<&'static str>,
}

struct Decided {
    by: Option<Person>,
    at: Option<Moment>,
    words: Option<String>,
}

#[derive(Default)]
struct Typed {
    until: String,
    reason: String,
    /// What approving it like this would give.
    outlook: Option<String>,
}

/// The request that the address names.
async fn named(visit: &Visit, reading: &Reading<'_>) -> Result<AccessRequest, Fault> {
    let missing = || Problem::NotFound { kind: KIND, what: visit.param("id").to_owned() };
    let id = visit.param("id").parse().map_err(|_| missing())?;
    Ok(reading.access_request(id).await?)
}

pub async fn show(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let request = named(&visit, &reading).await?;
    // What has run out meanwhile nobody can give.
    let until = request.until.filter(|until| *until > visit.now);
    let typed = Typed { until: until.map(expiry::day).unwrap_or_default(), ..Typed::default() };
    form(&visit, &reading, &request, typed, (200, Vec::new())).await
}

async fn form(
    visit: &Visit,
    reading: &Reading<'_>,
    request: &AccessRequest,
    typed: Typed,
    (status, faults): (u16, Vec<String>),
) -> Shown {
    let t = visit.t;
    let open = open(reading, std::slice::from_ref(request)).await?;
    let row = Row::of(visit, request, &open);
    let decided = (!request.is_open()).then(|| Decided {
        by: request.decided_by.as_ref().map(|card| Person::of(card)),
        at: request.decided_at.map(|at| visit.moment(at)),
        words: request.words.as_deref().map(shown_prose),
    });
    let filters = reading.filters_that_stay(request).await?;
    let p = shell(visit).below(t.say("request.title"), Some(PATH.into())).below(t.say("request.one"), None);
    Ok(headers::page(
        status,
        &Page {
            p,
            reason: shown_prose(&request.reason),
            assets: request.assets.iter().map(|card| link(card, &open)).collect(),
            until: request.until.map(|until| expiry::rendered(t, until)),
            within_day: request
                .until
                .filter(|until| *until > visit.now && !expiry::is_whole_day(*until))
                .map(|until| t.with("request.until_hint", &[("until", &expiry::rendered(t, until))])),
            has_ended: has_ended(request, visit.now),
            has_run_out: request.is_open() && request.until.is_some_and(|until| until <= visit.now),
            decided,
            role: Role::of(visit, reading, request).await?,
            address: row.address.clone(),
            revision: request.revision.0,
            is_own: request.is_own,
            is_open: request.is_open(),
            is_absent: request.is_open() && request.may_decide && !reading.is_requester_there(request).await?,
            may_decide: request.may_decide,
            is_role: request.wanted.role().is_some(),
            filters: filters.iter().map(|(table, kept)| (shown(table), Condition::of(t, table, kept))).collect(),
            typed,
            today: expiry::day(visit.now),
            faults,
            row,
        },
    ))
}

impl Role {
    async fn of(visit: &Visit, reading: &Reading<'_>, request: &AccessRequest) -> Result<Role, Fault> {
        let mut role = Role::default();
        let (Some(relation), Some(product)) = (request.wanted.role(), &request.product) else { return Ok(role) };
        let target = Ref::Id(product.kind, product.id);
        let view = match reading.get(&target, States::Alive, &Depth::of(&READ_WITH, true)).await {
            Err(Problem::NotFound { .. }) => return Ok(role),
            view => view?,
        };
        if request.may_decide {
            let personal = personal::of(visit, reading, &view).await?;
            let opens = std::iter::once(giving::opened(visit, &view)).chain(personal);
            role.opens = Some(opens.collect::<Vec<_>>().join(" "));
            role.in_name = !nominal::reads_all(&reading.rows(), &view).await?;
            role.filtered = filtered(visit, request, &view, relation).filter(|_| !role.in_name);
        }
        if request.state == "approved" {
            let of = request.requester.as_ref().map(|card| card.id);
            let given = view.edges.iter().find(|edge| edge.relation == relation && Some(edge.to) == of);
            // By a higher role, or through a team.
            let has_it = given.is_none() && reading.has_what_he_asked_for(request, &view).await?;
            role.became = match given {
                Some(edge) if edge.is_nominal() => Some("request.role_in_name"),
                Some(_) => None,
                None if has_it => None,
                None if has_ended(request, visit.now) => Some("request.role_ended"),
                None => Some("request.role_gone"),
            };
        }
        Ok(role)
    }
}

/// The form of row filters and masks, filled in with what is asked for: what is given there decides the request.
fn filtered(visit: &Visit, request: &AccessRequest, view: &View, relation: Relation) -> Option<String> {
    let requester = request.requester.as_ref()?.id;
    let has_none = !view.edges.iter().any(|edge| edge.to == requester && ROLES.contains(&edge.relation));
    let role = operation::Role::ALL.into_iter().find(|one| role::relation(*one) == relation);
    let until = request.until.filter(|until| *until > visit.now).map(expiry::day).unwrap_or_default();
    let role = role.filter(|_| has_none)?;
    Some(filtering::giving(view, requester, role.word(), &until))
}

/// The day that was asked for is the moment that was asked for.
fn is_as_asked(request: &AccessRequest, until: Option<Millis>) -> bool {
    request.until.map(expiry::day) == until.map(expiry::day)
}

/// How long what is asked for would last, in a sentence.
fn outlook(t: Texts, request: &AccessRequest, until: Option<Millis>) -> String {
    let end = if is_as_asked(request, until) { request.until } else { until };
    match end {
        Some(until) => t.with("request.outlook", &[("until", &expiry::rendered(t, until))]),
        None => t.say("request.outlook_endless"),
    }
}

pub async fn decide(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let request = named(&visit, &reading).await?;
    let sent = visit.form();
    let typed = || Typed { until: sent.trimmed("until").to_owned(), reason: sent.prose("reason"), outlook: None };
    let (decision, done) = match sent.text("decision") {
        wish @ ("look" | "approve") => match expiry::typed(visit.t, sent.trimmed("until"), visit.now) {
            Err(fault) => return form(&visit, &reading, &request, typed(), (400, vec![fault])).await,
            // Whoever ends a field with Enter sees what it comes to: a decision is a button of its own.
            Ok(until) if wish == "look" => {
                let typed = Typed { outlook: Some(outlook(visit.t, &request, until)), ..typed() };
                return form(&visit, &reading, &request, typed, (200, Vec::new())).await;
            }
            Ok(until) if is_as_asked(&request, until) => (Decision::Approve(Term::AsAsked), "approved"),
            Ok(None) => (Decision::Approve(Term::Endless), "approved"),
            Ok(Some(until)) => (Decision::Approve(Term::Until(until)), "approved"),
        },
        "reject" if sent.trimmed("reason").is_empty() => {
            let fault = visit.t.say("request.say_why");
            return form(&visit, &reading, &request, typed(), (400, vec![fault])).await;
        }
        "reject" => (Decision::Reject, "rejected"),
        "withdraw" => (Decision::Withdraw, "withdrawn"),
        _ => return Err(Fault::Malformed(visit.t.say("request.no_decision"))),
    };
    let seen = Some(sent.text("revision")).filter(|text| !text.is_empty());
    let seen = seen.map(|text| text.parse().map(Revision)).transpose();
    let seen = seen.map_err(|_| Fault::Malformed(visit.t.say("edit.no_revision")))?;
    let words = sent.prose("reason");
    drop(reading);
    let decided = visit.catalog().decide_access(visit.caller(), request.id, seen, decision, Some(&words)).await;
    match decided {
        Ok(decided) => {
            Ok(headers::see_other(&addresses::with_query(&addresses::of_request(decided.id), &[("done", done)])))
        }
        Err(problem) => {
            let (status, faults) = match problem {
                Problem::Stale { .. } | Problem::Overtaken => (409, vec![visit.t.say("request.stale")]),
                problem => wording::in_form(visit.t, problem)?,
            };
            // What stands in the way may be what has become of it meanwhile.
            let reading = visit.reading().await?;
            let request = named(&visit, &reading).await?;
            form(&visit, &reading, &request, typed(), (status, faults)).await
        }
    }
}
