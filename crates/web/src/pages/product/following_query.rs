//! Members that follow a query: what a product says of that, and the form that gives it one. What would come of it is shown
//! before it is saved.

use std::collections::HashSet;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::action::Action;
use emporion_catalog::command::Draft;
use emporion_catalog::id::RecordId;
use emporion_catalog::member_query::{Given, MOST_MEMBERS};
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation::{HAS_ASSET, MEMBER_QUERY, MEMBERS_KEPT};
use emporion_edge::answer::Answer;
use serde_json::Value;

use crate::fault::{Fault, wording};
use crate::forms::edit::command;
use crate::forms::edit_menu::Group;
use crate::forms::form::Form;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::records::link::Link;
use crate::records::people::Person;
use crate::records::record::{FormPage, Here, OwnForm, RecordPage};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::search::examples::{Example, examples};
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

const EDIT: &str = "members";
/// The member of the form with the query whose preview its sender was shown.
const PREVIEWED: &str = "previewed";
/// How many of those that would come or go are named.
const MOST_NAMED: usize = 20;

/// What is said of a product whose members follow a query.
#[derive(Template)]
#[template(path = "parts/following_query.html")]
pub struct FollowingQuery {
    pub t: Texts,
    /// The clauses, in words.
    pub words: Vec<String>,
    /// `None` where it names something that the visitor does not see.
    pub query: Option<String>,
    pub count: String,
    pub by: Option<Person>,
    pub since: Moment,
    /// Nothing enters any more: whoever gave the query may not edit the product.
    pub is_stopped: bool,
    /// Why something that matches is not among the members, and since when.
    pub missed: Option<(String, Moment)>,
    /// Where it is changed, for who may.
    pub edit: Option<String>,
}

impl HtmlSafe for FollowingQuery {}

impl FollowingQuery {
    pub async fn of(here: Here<'_>) -> Result<Option<FollowingQuery>, Fault> {
        let Here { visit, reading, view, .. } = here;
        let Some(given) = Given::of(&view.record) else { return Ok(None) };
        let t = visit.t;
        let is_open = is_open(reading, &given).await?;
        let by = reading.cards(&[given.by]).await?.first().map(|card| Person::of(card));
        let may_edit = reading.may(Action::EditAll, &view.record).await?;
        let missed = given.missed.map(|(missed, at)| {
            let said = t.with(&format!("members.missed.{}", missed.name()), &[("n", &t.number(MOST_MEMBERS as u64))]);
            (said, Moment::since(at, visit.now, t))
        });
        Ok(Some(FollowingQuery {
            t,
            words: if is_open { in_words(visit, &given.query) } else { vec![t.say("members.hidden")] },
            count: t.count("members.count", by_query(view).count()),
            query: is_open.then(|| shown(&given.query)),
            by,
            since: Moment::of(given.since, visit.now, t),
            is_stopped: !reading.lets_in_by_query(&view.record).await?,
            missed,
            edit: may_edit.then(|| address::with_query(&here.address(), &[("edit", EDIT)])),
        }))
    }
}

/// Whether the visitor sees all that a query names.
async fn is_open(reading: &Reading<'_>, given: &Given) -> Result<bool, Fault> {
    Ok(given.names.is_empty() || reading.cards(&given.names).await?.len() == given.names.len())
}

fn by_query(view: &View) -> impl Iterator<Item = RecordId> + '_ {
    view.edges.iter().filter(|edge| edge.relation == HAS_ASSET && edge.is_by_query()).map(|edge| edge.to)
}

/// What a query asks, clause by clause, as people say it.
fn in_words(visit: &Visit, query: &str) -> Vec<String> {
    let Ok(clauses) = visit.door.finder.clauses(query) else { return vec![shown(query)] };
    clauses.all.iter().map(|clause| clause_in_words(visit.t, clause)).collect()
}

fn clause_in_words(t: Texts, clause: &str) -> String {
    let (positive, is_negated) = clause.strip_prefix('-').map_or((clause, false), |rest| (rest, true));
    let said = positive.split_once(':').and_then(|(field, value)| {
        let said = t.find(&format!("members.clause.{field}"))?;
        let value = shown(&value.replace(',', ", ").replace(['"', '\''], ""));
        Some(said.replace("{value}", &value))
    });
    let said = match said {
        Some(said) => said,
        None if positive.contains([':', '(', '<', '>']) => shown(positive),
        None => t.with("members.clause.word", &[("value", &shown(positive))]),
    };
    if is_negated { t.with("members.clause.not", &[("said", &said)]) } else { said }
}

#[derive(Template)]
#[template(path = "product/following_query_edit.html")]
struct Page {
    p: Shell,
    title: String,
    name: String,
    address: String,
    revision: u64,
    query: String,
    preview: Option<Preview>,
    hint: String,
    /// What can be typed, as searches say it.
    examples: Vec<Example>,
    faults: Vec<String>,
}

/// What would come of a query.
struct Preview {
    /// The query that it is of.
    query: String,
    words: Vec<String>,
    /// What enters, and what leaves.
    lists: [Listed; 2],
    stay: String,
    is_end: bool,
}

struct Listed {
    count: String,
    links: Vec<Link>,
    rest: Option<Rest>,
}

pub const FORM: OwnForm = OwnForm {
    name: EDIT,
    save: |page, visit, reading, view, sent| Box::pin(save(page, visit, reading, view, sent)),
    page: Some(FormPage {
        offered: Some((label, Group::Contents)),
        action: Action::EditAll,
        show: |here| Box::pin(form(here)),
    }),
};

fn label(product: &View) -> &'static str {
    if Given::of(&product.record).is_some() { "members.change" } else { "members.edit" }
}

async fn form(here: Here<'_>) -> Shown {
    let query = match Given::of(&here.view.record) {
        Some(given) if is_open(here.reading, &given).await? => given.query,
        _ => String::new(),
    };
    page(here, 200, query, None, Vec::new())
}

fn page(here: Here<'_>, status: u16, query: String, preview: Option<Preview>, faults: Vec<String>) -> Shown {
    let Here { visit, view, .. } = here;
    let page = Page {
        p: here.shell(),
        name: naming::rendered_of(&view.record),
        address: here.address(),
        revision: view.record.revision.0,
        query,
        preview,
        hint: visit.t.with("members.hint", &[("n", &visit.t.number(MOST_MEMBERS as u64))]),
        examples: examples(visit.t),
        title: visit.t.say(label(view)),
        faults,
    };
    Ok(headers::page(status, &page))
}

/// The change: the query, given anew by the visitor.
fn draft(query: &str) -> Draft {
    let mut draft = Draft::default();
    draft.set(MEMBER_QUERY, if query.is_empty() { Value::Null } else { query.into() });
    draft.set(MEMBERS_KEPT, Value::Null);
    draft
}

/// Shows what would come of it, and stores what was shown. `None` where the product has changed between reading and writing.
async fn save(
    record_page: &'static RecordPage,
    visit: &Visit,
    reading: Reading<'_>,
    view: &View,
    sent: &Form,
) -> Result<Option<Answer>, Fault> {
    reading.ask_change(&view.record, &[MEMBER_QUERY]).await?;
    let here = Here { page: record_page, visit, reading: &reading, view };
    let query = sent.trimmed("query").to_owned();
    let command = command::change(view, draft(&query));
    let is_shown = sent.fields().any(|(name, value)| name == PREVIEWED && value == query)
        && sent.text("revision") == view.record.revision.0.to_string();
    if !is_shown {
        return match visit.catalog().dry_run(visit.caller(), &command).await {
            Ok(outcome) => {
                let preview = preview(here, &query, &outcome.view).await?;
                page(here, 200, query, Some(preview), Vec::new()).map(Some)
            }
            Err(Problem::Stale { .. } | Problem::Overtaken) => Ok(None),
            Err(problem) => refused(here, query, problem).map(Some),
        };
    }
    match reading.execute(&command).await {
        Ok(_) => {
            let pairs = [("tab", "assets"), ("done", "saved")];
            Ok(Some(headers::see_other(&address::with_query(&address::of_record(&view.record), &pairs))))
        }
        Err(Problem::Stale { .. } | Problem::Overtaken) => Ok(None),
        Err(problem) => {
            let reading = visit.reading().await?;
            refused(Here { page: record_page, visit, reading: &reading, view }, query, problem).map(Some)
        }
    }
}

fn refused(here: Here<'_>, query: String, problem: Problem) -> Shown {
    let (status, faults) = wording::in_form(here.visit.t, problem)?;
    page(here, status, query, None, faults)
}

async fn preview(here: Here<'_>, query: &str, after: &View) -> Result<Preview, Fault> {
    let Here { visit, view, .. } = here;
    let had: HashSet<RecordId> =
        view.edges.iter().filter(|edge| edge.relation == HAS_ASSET).map(|edge| edge.to).collect();
    let has: HashSet<RecordId> =
        after.edges.iter().filter(|edge| edge.relation == HAS_ASSET).map(|edge| edge.to).collect();
    let enter: Vec<RecordId> = by_query(after).filter(|id| !had.contains(id)).collect();
    let leave: Vec<RecordId> = by_query(view).filter(|id| !has.contains(id)).collect();
    // What the visitor does not see is not counted either.
    let stay: Vec<RecordId> = by_query(after).filter(|id| had.contains(id)).collect();
    let seen = async |ids: Vec<RecordId>| here.reading.cards(&ids).await.map(|cards| cards.len());
    let is_end = query.is_empty();
    Ok(Preview {
        query: query.to_owned(),
        words: if is_end { Vec::new() } else { in_words(visit, query) },
        lists: [listed(here, "members.enter", &enter).await?, listed(here, "members.leave", &leave).await?],
        stay: match is_end {
            true => visit.t.count("members.by_hand", seen(by_query(view).collect()).await?),
            false => visit.t.count("members.stay", seen(stay).await?),
        },
        is_end,
    })
}

/// The number of records, and the first of those that the visitor sees.
async fn listed(here: Here<'_>, key: &str, ids: &[RecordId]) -> Result<Listed, Fault> {
    let first: Vec<RecordId> = ids.iter().copied().take(MOST_NAMED).collect();
    let records = here.reading.records(&first, States::Alive).await?;
    let links: Vec<Link> = records.iter().map(Link::of_record).collect();
    let t = here.visit.t;
    Ok(Listed { count: t.count(key, ids.len()), rest: Rest::of_all(t, links.len(), ids.len()), links })
}
