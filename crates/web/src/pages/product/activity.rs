//! What has become of a product: its past, for everybody who sees it. For those who change it, before that: what it was asked
//! and did not answer, which answers were found wrong, what people took words for, each with the way to mend it
//! ([`super::mending`]); what does not run any more, and who uses it. Who asked is not told, nor what was answered.

use std::collections::BTreeSet;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::id::Millis;
use emporion_catalog::rows::roles::ROLES;
use emporion_edge::timestamp;
use serde_json::Value;

use super::trust::{self, Trust};
use super::{made_of, mending, verified};
use crate::fault::Fault;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::products::part_changes;
use crate::records::address;
use crate::records::history::History;
use crate::records::link::Link;
use crate::records::people::Person;
use crate::records::record::{Here, Top};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::moment::Moment;
use crate::text::plain::{shown, shown_prose};

/// Lines of a list on one page.
const AT_ONCE: usize = 10;
/// Verified queries that are held against their tables.
const MOST_QUERIES: usize = 100;
const MOST_PEOPLE: usize = 20;

#[derive(Template)]
#[template(path = "product/activity.html")]
struct Page {
    p: Shell,
    top: Top,
    review: Option<Review>,
    history: History,
}

/// What those who change a product are told of it.
struct Review {
    unanswered: Vec<Line>,
    unanswered_rest: Option<Rest>,
    wrong: Vec<Line>,
    wrong_rest: Option<Rest>,
    choices: Vec<Line>,
    choices_rest: Option<Rest>,
    /// Verified queries that do not run any more, with the forms that change them.
    broken: Vec<(String, String)>,
    broken_rest: Option<Rest>,
    /// There is something to say of them.
    shows_broken: bool,
    people: Vec<Person>,
    people_rest: Option<Rest>,
    access: String,
    products: Vec<Link>,
    products_rest: Option<Rest>,
    /// What is known of how its tables are used and made.
    evidence: Vec<Trust>,
}

/// Something that was asked, or chosen.
pub struct Line {
    pub said: String,
    /// What else is known of it.
    pub more: Vec<String>,
    pub count: Option<String>,
    pub at: Option<Moment>,
    /// What mends it is called so, and lies there.
    pub way: (String, String),
}

pub async fn tab(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let is_past = ["from", "before", "parts"].iter().any(|name| !visit.query(name).is_empty());
    let review = match !is_past && reading.may(Action::EditAll, &view.record).await? {
        true => review(here).await?,
        false => None,
    };
    let history = History::with_parts(here, part_changes::KINDS).await?;
    let page = Page { p: here.shell(), top: here.top_of("activity").await?, review, history };
    Ok(headers::page(200, &page))
}

/// `None` where the door of questions does not know the product, a deleted one, say.
async fn review(here: Here<'_>) -> Result<Option<Review>, Fault> {
    let Here { visit, view, .. } = here;
    let (product, at, t) = (view.id().to_string(), here.address(), visit.t);
    let mut lists = Vec::new();
    for (path, list) in
        [("unanswered-questions", "questions"), ("chat-feedback", "feedback"), ("chat-choices", "choices")]
    {
        let asked = format!("/{path}?limit={AT_ONCE}");
        match visit.page_of_product(&product, &asked, &visit.query(list)).await? {
            Ok((mut told, next)) => {
                let lines = told[list].as_array_mut().map(std::mem::take).unwrap_or_default();
                let rest = Rest::of_list(t, &at, ("activity", list), lines.len(), next);
                lists.push((lines, rest));
            }
            Err(refusal) if matches!(refusal.status, 403 | 404) => return Ok(None),
            Err(refusal) => return Err(refusal.into()),
        }
    }
    let [(unanswered, unanswered_rest), (wrong, wrong_rest), (choices, choices_rest)] =
        <[_; 3]>::try_from(lists).map_err(|_| Fault::Broken)?;
    let (broken, broken_rest) = broken(visit, &product, &at).await?;
    let mut known = BTreeSet::new();
    let roles = ROLES.into_iter().flat_map(|role| view.targets(role)).filter(|(edge, _)| known.insert(edge.to));
    let mut people: Vec<Person> = roles.map(|(_, card)| Person::of(card)).collect();
    let access = address::with_query(&at, &[("tab", "access")]);
    let people_rest = Rest::of_all(t, people.len().min(MOST_PEOPLE), people.len());
    people.truncate(MOST_PEOPLE);
    let (products, products_rest) = made_of::those(here).await?;
    Ok(Some(Review {
        unanswered: unanswered.iter().map(|told| Line::of_unanswered(visit, &at, told)).collect(),
        unanswered_rest,
        wrong: wrong.iter().map(|told| Line::of_wrong(visit, &at, told)).collect(),
        wrong_rest,
        choices: choices.iter().map(|told| Line::of_choice(visit, &at, told)).collect(),
        choices_rest,
        shows_broken: !broken.is_empty() || broken_rest.is_some() || !visit.query("broken").is_empty(),
        broken,
        broken_rest,
        people,
        people_rest,
        access,
        products,
        products_rest,
        evidence: trust::use_and_make(here).await?,
    }))
}

/// Verified queries that are live and do not run any more, of the page of them that the address asks for.
async fn broken(visit: &Visit, product: &str, at: &str) -> Result<(Vec<(String, String)>, Option<Rest>), Fault> {
    let path = format!("/verified-queries?limit={MOST_QUERIES}");
    let (told, next) = match visit.page_of_product(product, &path, &visit.query("broken")).await? {
        Ok(page) => page,
        // A page that there is not.
        Err(refusal) if refusal.status == 400 => return Err(refusal.into()),
        Err(_) => return Ok((Vec::new(), None)),
    };
    let queries = told["verifiedQueries"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_broken = |query: &&Value| query["isDeployed"] == true && query["status"] == "broken";
    let line =
        |query: &Value| (text(query, "question"), verified::form_at(at, query["id"].as_str().unwrap_or_default()));
    let broken = queries.iter().filter(is_broken).map(line).collect();
    Ok((broken, Rest::of_page(visit.t, at, ("activity", "broken"), queries.len(), next)))
}

/// A text of the door's, as it can be shown.
pub fn text(told: &Value, name: &str) -> String {
    shown_prose(told[name].as_str().unwrap_or_default())
}

pub fn texts(told: &Value, name: &str) -> Vec<String> {
    told[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn moment(visit: &Visit, told: &Value, name: &str) -> Option<Moment> {
    told[name].as_str().and_then(timestamp::parse).map(|at| visit.moment(Millis(at)))
}

impl Line {
    pub fn of_unanswered(visit: &Visit, at: &str, told: &Value) -> Line {
        let t = visit.t;
        let reason = told["reason"].as_str().unwrap_or_default();
        let mut more = vec![t.find(&format!("activity.reason.{reason}")).map_or_else(|| shown(reason), str::to_owned)];
        let terms = texts(told, "unknownTerms");
        if !terms.is_empty() {
            more.push(t.with("activity.terms", &[("words", &shown(&terms.join(", ")))]));
        }
        Line {
            said: text(told, "question"),
            more,
            count: Some(t.count("count.asked", told["count"].as_u64().unwrap_or(0))),
            at: moment(visit, told, "lastAskedAt"),
            way: (t.say("activity.mend"), mending::form_at(at, "question", told["id"].as_str().unwrap_or_default())),
        }
    }

    pub fn of_wrong(visit: &Visit, at: &str, told: &Value) -> Line {
        let t = visit.t;
        let way = match told["verifiedQueryId"].as_str() {
            Some(query) => (t.say("activity.change_query"), verified::form_at(at, query)),
            None => {
                (t.say("activity.mend"), mending::form_at(at, "answer", told["messageId"].as_str().unwrap_or_default()))
            }
        };
        let comment = text(told, "comment");
        Line {
            said: text(told, "question"),
            more: (!comment.is_empty())
                .then(|| t.with("activity.comment", &[("words", &comment)]))
                .into_iter()
                .collect(),
            count: None,
            at: moment(visit, told, "ratedAt"),
            way,
        }
    }

    /// What a word means is said in the model: it is changed there.
    pub fn of_choice(visit: &Visit, at: &str, told: &Value) -> Line {
        let t = visit.t;
        let kind = told["kind"].as_str().unwrap_or_default();
        let kind = t.find(&format!("activity.target.{kind}")).map_or_else(|| shown(kind), str::to_owned);
        Line {
            said: text(told, "words"),
            more: vec![t.with("activity.taken_for", &[("target", &text(told, "target")), ("sort", &kind)])],
            count: Some(t.count("count.chosen", told["count"].as_u64().unwrap_or(0))),
            at: moment(visit, told, "lastChosenAt"),
            way: (t.say("activity.change_model"), address::with_query(at, &[("tab", "model")])),
        }
    }
}
