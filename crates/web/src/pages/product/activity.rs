//! What has become of a product: its past, for everybody who sees it. For those who change it, before that: what it was asked
//! and did not answer, which answers were found wrong, what people took words for, each with the way to mend it; what does
//! not run any more, and who uses it. Who asked is not told, nor what was answered.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::record::View;
use emporion_catalog::relation::{self, Relation};
use emporion_catalog::rows::roles::ROLES;
use emporion_edge::route::Route;
use emporion_edge::timestamp;
use http::Method;
use serde_json::{Value, json};

use super::trust::{self, Trust};
use super::{PAGE, verified, warned};
use crate::address::{self, segment};
use crate::door::Door;
use crate::fault::Fault;
use crate::form::Form;
use crate::headers;
use crate::history::History;
use crate::inward::Refusal;
use crate::link::Link;
use crate::moment::Moment;
use crate::people::Person;
use crate::plain::{shown, shown_prose};
use crate::record::{Here, Top, back, change};
use crate::rest::Rest;
use crate::shell::Shell;
use crate::visit::{Shown, Visit};

/// Lines of a list on one page.
const AT_ONCE: usize = 10;
/// Pages of a list in which one line of it is looked for, and lines of each.
const MOST_PAGES: usize = 20;
const OF_PAGE: usize = 100;
/// Models that are looked through for what a word can be a synonym of, and things of all of them.
const MOST_MODELS: usize = 10;
const MOST_TARGETS: usize = 1_000;
/// Verified queries that are held against their tables.
const MOST_QUERIES: usize = 100;
const MOST_PEOPLE: usize = 20;
const MOST_USING: u32 = 50;
/// The longest question of a verified query.
const LONGEST: usize = 500;
/// How others are made of a product.
const USED_BY: &[Relation] = &[relation::INPUT_PORT, relation::COMPOSED_OF];

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
    people: Vec<Person>,
    people_rest: Option<Rest>,
    access: String,
    products: Vec<Link>,
    products_rest: Option<Rest>,
    /// What is known of how its tables are used and made.
    evidence: Vec<Trust>,
}

/// Something that was asked, or chosen.
struct Line {
    said: String,
    /// What else is known of it.
    more: Vec<String>,
    count: Option<String>,
    at: Option<Moment>,
    /// What mends it is called so, and lies there.
    way: (String, String),
}

#[derive(Template)]
#[template(path = "product/mending.html")]
struct Mending {
    p: Shell,
    top: Top,
    form: String,
    back: String,
    asked: Asked,
    targets: Vec<Named>,
    targets_rest: Option<Rest>,
    typed: Typed,
    faults: Vec<String>,
}

/// The question that is mended.
struct Asked {
    /// `question` of one that was not answered, `answer` of one that was rated wrong.
    kind: &'static str,
    id: String,
    text: String,
    /// The same, as it can be shown.
    said: String,
    terms: Vec<String>,
    examples: Vec<String>,
    comment: String,
    sql: String,
}

/// Something that a word can be a synonym of.
struct Named {
    value: String,
    name: String,
    is_chosen: bool,
}

struct Typed {
    term: String,
    target: String,
    question: String,
    sql: String,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![change(&PAGE, "activity", "mend_question", mend), back(&PAGE, "activity", "product_activity", "activity")]
}

pub async fn tab(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    for kind in ["question", "answer"] {
        let id = visit.query(kind);
        if !id.is_empty() {
            reading.require(Action::EditAll, &view.record).await?;
            let asked = asked(visit, &view.id().to_string(), kind, &id).await?.ok_or(Fault::NoSuchPage)?;
            return mending(here, asked, None, Vec::new(), 200).await;
        }
    }
    let is_past = ["from", "before"].iter().any(|name| !visit.query(name).is_empty());
    let review = match !is_past && reading.may(Action::EditAll, &view.record).await? {
        true => review(here).await?,
        false => None,
    };
    let page = Page { p: here.shell(), top: here.top_of("activity").await?, review, history: History::of(here).await? };
    Ok(headers::page(200, &page))
}

/// `None` where the door of questions does not know the product, a deleted one, say.
async fn review(here: Here<'_>) -> Result<Option<Review>, Fault> {
    let Here { visit, reading, view, .. } = here;
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
    let mut known = BTreeSet::new();
    let roles = ROLES.into_iter().flat_map(|role| view.targets(role)).filter(|(edge, _)| known.insert(edge.to));
    let mut people: Vec<Person> = roles.map(|(_, card)| Person::of(card)).collect();
    let access = address::with_query(&at, &[("tab", "access")]);
    let people_rest = Rest::of_all(t, people.len().min(MOST_PEOPLE), people.len());
    people.truncate(MOST_PEOPLE);
    let sources = reading.sources(&[view], USED_BY, MOST_USING).await?;
    // What a product is composed of is said by a part of it.
    let using = sources
        .records
        .values()
        .filter_map(|record| if record.kind.is("data_product") { Some(record.id) } else { record.parent });
    let using: BTreeSet<RecordId> = using.collect();
    let using: Vec<RecordId> = using.into_iter().collect();
    let cards = if using.is_empty() { Vec::new() } else { reading.cards(&using).await? };
    let mut products: Vec<Link> = cards.iter().map(|card| Link::of(card)).collect();
    products.sort_by(|a, b| a.name.cmp(&b.name));
    let products_rest = Rest::of_more(t, products.len(), sources.edges.len() >= MOST_USING as usize);
    Ok(Some(Review {
        unanswered: unanswered.iter().map(|told| Line::of_unanswered(visit, &at, told)).collect(),
        unanswered_rest,
        wrong: wrong.iter().map(|told| Line::of_wrong(visit, &at, told)).collect(),
        wrong_rest,
        choices: choices.iter().map(|told| Line::of_choice(visit, &at, told)).collect(),
        choices_rest,
        broken: broken(visit, &product, &at).await?,
        people,
        people_rest,
        access,
        products,
        products_rest,
        evidence: trust::use_and_make(here).await?,
    }))
}

/// Verified queries that are live and do not run any more.
async fn broken(visit: &Visit, product: &str, at: &str) -> Result<Vec<(String, String)>, Fault> {
    let path = format!("/verified-queries?limit={MOST_QUERIES}");
    let Ok(told) = visit.of_product(Method::GET, product, &path, None).await? else { return Ok(Vec::new()) };
    let queries = told["verifiedQueries"].as_array().into_iter().flatten();
    let is_broken = |query: &&Value| query["isDeployed"] == true && query["status"] == "broken";
    let line =
        |query: &Value| (text(query, "question"), verified::form_at(at, query["id"].as_str().unwrap_or_default()));
    Ok(queries.filter(is_broken).map(line).collect())
}

/// A text of the door's, as it can be shown.
fn text(told: &Value, name: &str) -> String {
    shown_prose(told[name].as_str().unwrap_or_default())
}

fn texts(told: &Value, name: &str) -> Vec<String> {
    told[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn moment(visit: &Visit, told: &Value, name: &str) -> Option<Moment> {
    told[name].as_str().and_then(timestamp::parse).map(|at| visit.moment(Millis(at)))
}

impl Line {
    fn of_unanswered(visit: &Visit, at: &str, told: &Value) -> Line {
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
            way: (t.say("activity.mend"), mending_at(at, "question", told["id"].as_str().unwrap_or_default())),
        }
    }

    fn of_wrong(visit: &Visit, at: &str, told: &Value) -> Line {
        let t = visit.t;
        let way = match told["verifiedQueryId"].as_str() {
            Some(query) => (t.say("activity.change_query"), verified::form_at(at, query)),
            None => (t.say("activity.mend"), mending_at(at, "answer", told["messageId"].as_str().unwrap_or_default())),
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
    fn of_choice(visit: &Visit, at: &str, told: &Value) -> Line {
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

fn mending_at(at: &str, kind: &str, id: &str) -> String {
    address::with_query(at, &[("tab", "activity"), (kind, id)])
}

/// The question that was not answered, or the answer that was rated wrong; `None` where there is none of that id any more.
async fn asked(visit: &Visit, product: &str, kind: &'static str, id: &str) -> Result<Option<Asked>, Fault> {
    let (path, list, member) = match kind {
        "question" => ("unanswered-questions", "questions", "id"),
        _ => ("chat-feedback", "feedback", "messageId"),
    };
    let mut cursor = String::new();
    for _ in 0..MOST_PAGES {
        let (told, next) = visit.page_of_product(product, &format!("/{path}?limit={OF_PAGE}"), &cursor).await??;
        if let Some(told) = told[list].as_array().into_iter().flatten().find(|told| told[member] == id) {
            return Ok(Some(Asked {
                kind,
                id: id.to_owned(),
                text: told["question"].as_str().unwrap_or_default().to_owned(),
                said: text(told, "question"),
                terms: texts(told, "unknownTerms"),
                examples: texts(told, "examples").iter().map(|one| shown_prose(one)).collect(),
                comment: text(told, "comment"),
                sql: told["sql"].as_str().unwrap_or_default().to_owned(),
            }));
        }
        match next {
            Some(next) => cursor = next,
            None => break,
        }
    }
    Ok(None)
}

async fn mending(here: Here<'_>, asked: Asked, typed: Option<Typed>, faults: Vec<String>, status: u16) -> Shown {
    let (visit, at) = (here.visit, here.address());
    let typed = typed.unwrap_or_else(|| Typed {
        term: if let [only] = asked.terms.as_slice() { only.clone() } else { String::new() },
        target: String::new(),
        question: asked.text.chars().take(LONGEST).collect(),
        sql: asked.sql.clone(),
    });
    let (targets, targets_rest) = match asked.kind {
        "question" => targets(visit, &here.view.id().to_string(), &typed.target).await?,
        _ => (Vec::new(), None),
    };
    let page = Mending {
        p: here.shell(),
        top: here.top_of("activity").await?,
        form: format!("{at}/activity"),
        back: address::with_query(&at, &[("tab", "activity")]),
        asked,
        targets,
        targets_rest,
        typed,
        faults,
    };
    Ok(headers::page(status, &page))
}

/// What the live models have names for: figures first, then tables, then columns.
async fn targets(visit: &Visit, product: &str, chosen: &str) -> Result<(Vec<Named>, Option<Rest>), Fault> {
    let path = format!("/semantic-models?limit={MOST_MODELS}&isDeployed=true");
    let listed = match visit.of_product(Method::GET, product, &path, None).await? {
        Ok(listed) => listed,
        Err(refusal) if matches!(refusal.status, 403 | 404) => return Ok((Vec::new(), None)),
        Err(refusal) => return Err(refusal.into()),
    };
    let mut named = [Vec::new(), Vec::new(), Vec::new()];
    for listed in listed["semanticModels"].as_array().into_iter().flatten() {
        let id = listed["id"].as_str().unwrap_or_default();
        let path = format!("/semantic-models/{}", segment(id));
        let Ok(told) = visit.of_product(Method::GET, product, &path, None).await? else { continue };
        let model = &told["semanticModel"];
        let inner = &model["document"]["semantic_model"][0];
        let of = |value: &Value, list: &str| value[list].as_array().cloned().unwrap_or_default();
        let own = |part: &Value| part["name"].as_str().unwrap_or_default().to_owned();
        let one = |kind: &str, name: String| {
            let sort = visit.t.say(&format!("activity.target.{kind}"));
            let values = [("name", &*shown(&name)), ("sort", &*sort), ("model", &*text(model, "name"))];
            let value = format!("{kind}/{id}/{name}");
            Named { name: visit.t.with("activity.named", &values), is_chosen: value == chosen, value }
        };
        named[0].extend(of(inner, "metrics").iter().map(|metric| one("metric", own(metric))));
        for dataset in of(inner, "datasets") {
            let fields = of(&dataset, "fields");
            named[2].extend(fields.iter().map(|field| one("field", format!("{}.{}", own(&dataset), own(field)))));
            named[1].push(one("table", own(&dataset)));
        }
    }
    let mut named: Vec<Named> = named.into_iter().flatten().collect();
    let rest = Rest::of_all(visit.t, named.len().min(MOST_TARGETS), named.len());
    named.truncate(MOST_TARGETS);
    Ok((named, rest))
}

async fn mend(visit: Arc<Visit>, view: Box<View>) -> Shown {
    visit.reading().await?.require(Action::EditAll, &view.record).await?;
    let (sent, product, at) = (visit.form(), view.id().to_string(), address::of_record(&view.record));
    let (kind, id) = match (sent.text("question_id"), sent.text("answer_id")) {
        ("", "") => return Err(Fault::NoSuchPage),
        ("", id) => ("answer", id),
        (id, _) => ("question", id),
    };
    let (path, body) = match (sent.text("do"), kind) {
        ("synonym", "question") => (format!("/unanswered-questions/{}/synonym", segment(id)), synonym(&sent)),
        ("verify", "question") => (format!("/unanswered-questions/{}/verified-query", segment(id)), query(&sent)),
        ("verify", _) => ("/verified-queries".to_owned(), query(&sent)),
        _ => return Err(Fault::NoSuchPage),
    };
    let refusal = match visit.of_product_warned(None, Method::POST, &product, &path, Some(&body)).await? {
        Ok((_, warnings)) => return Ok(headers::see_other(&warned::address_after(&at, "saved", &warnings))),
        Err(refusal) => refusal,
    };
    let reading = visit.reading().await?;
    again(Here { page: &PAGE, visit: &visit, reading: &reading, view: &view }, (kind, id), &sent, refusal).await
}

/// What was typed stays, also where who asked has taken the question back meanwhile.
async fn again(here: Here<'_>, (kind, id): (&'static str, &str), sent: &Form, refusal: Refusal) -> Shown {
    let visit = here.visit;
    let found = asked(visit, &here.view.id().to_string(), kind, id).await?;
    let (status, faults) = match (&found, refusal.status) {
        (None, 404) => (409, vec![visit.t.say("activity.gone")]),
        _ => refusal.in_form(visit.t)?,
    };
    let typed = Typed {
        term: sent.trimmed("term").to_owned(),
        target: sent.text("target").to_owned(),
        question: sent.trimmed("question").to_owned(),
        sql: sent.prose("sql"),
    };
    let gone = || Asked {
        kind,
        id: id.to_owned(),
        text: sent.text("asked").to_owned(),
        said: shown_prose(sent.text("asked")),
        terms: Vec::new(),
        examples: Vec::new(),
        comment: String::new(),
        sql: String::new(),
    };
    mending(here, found.unwrap_or_else(gone), Some(typed), faults, status).await
}

fn synonym(sent: &Form) -> Value {
    let mut target = sent.text("target").splitn(3, '/');
    let mut next = || target.next().unwrap_or_default();
    let (kind, model, name) = (next(), next(), next());
    json!({"term": sent.trimmed("term"), "kind": kind, "semanticModelId": model, "target": name})
}

fn query(sent: &Form) -> Value {
    json!({"question": sent.trimmed("question"), "sql": sent.prose("sql").trim(), "isDeployed": false})
}
