//! What has become of a product: its past, for everybody who sees it. For those who change it, before that: what it was asked
//! and did not answer, which answers were found wrong, what people took words for, each with the way to mend it
//! ([`super::mending`]); what does not run any more, and who uses it. Who asked is not told, nor what was answered.

use std::collections::BTreeSet;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::rows::roles::ROLES;
use emporion_products::chat::review::{self, Chosen, RatedAnswer, Unanswered};
use emporion_products::page::{ListPage, PageRequest};
use emporion_products::parts::verified_queries::query::VerifiedQuery;

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
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};
use crate::text::moment::Moment;
use crate::text::plain::{shown, shown_prose};
use crate::text::texts::Texts;

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
    pub rendered: String,
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

/// `None` where nobody asks the product, a deleted one, say.
async fn review(here: Here<'_>) -> Result<Option<Review>, Fault> {
    let Here { visit, view, .. } = here;
    let (at, t) = (here.address(), visit.t);
    let (unanswered, wrong, choices) = match asked(visit, view.id()).await {
        Ok(lists) => lists,
        Err(refusal) if matches!(refusal.status, 403 | 404) => return Ok(None),
        Err(refusal) => return Err(refusal.into()),
    };
    let (broken, broken_rest) = broken(visit, view.id(), &at).await?;
    let mut known = BTreeSet::new();
    let roles = ROLES.into_iter().flat_map(|role| view.targets(role)).filter(|(edge, _)| known.insert(edge.to));
    let mut people: Vec<Person> = roles.map(|(_, card)| Person::of(card)).collect();
    let access = address::with_query(&at, &[("tab", "access")]);
    let people_rest = Rest::of_all(t, people.len().min(MOST_PEOPLE), people.len());
    people.truncate(MOST_PEOPLE);
    let (products, products_rest) = made_of::those(here).await?;
    Ok(Some(Review {
        unanswered_rest: rest(t, &at, "questions", &unanswered),
        unanswered: unanswered.items.iter().map(|group| Line::of_unanswered(visit, &at, group)).collect(),
        wrong_rest: rest(t, &at, "feedback", &wrong),
        wrong: wrong.items.iter().map(|answer| Line::of_wrong(visit, &at, answer)).collect(),
        choices_rest: rest(t, &at, "choices", &choices),
        choices: choices.items.iter().map(|group| Line::of_choice(visit, &at, group)).collect(),
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

/// What was not answered, what was found wrong, and what words were taken for.
async fn asked(
    visit: &Visit,
    product: RecordId,
) -> Result<(ListPage<Unanswered>, ListPage<RatedAnswer>, ListPage<Chosen>), Refusal> {
    let (products, request) = (&visit.door.calls.products, visit.about(product));
    let page = |list: &str| PageRequest::at(AT_ONCE, &visit.query(list));
    let [questions, feedback, choices] = ["questions", "feedback", "choices"].map(page);
    let unanswered = review::list_unanswered(products, &request, None, &questions);
    let unanswered = visit.serve("unansweredQuestions_list", unanswered).await?;
    let wrong = review::list_rated(products, &request, review::WRONG, &feedback);
    let wrong = visit.serve("chatFeedback_list", wrong).await?;
    let chosen = review::list_chosen(products, &request, &choices);
    Ok((unanswered, wrong, visit.serve("chatChoices_list", chosen).await?))
}

fn rest<T>(t: Texts, at: &str, list: &str, page: &ListPage<T>) -> Option<Rest> {
    Rest::of_list(t, at, ("activity", list), page.items.len(), page.pagination.next_cursor.clone())
}

/// Verified queries that are live and do not run any more, of the page of them that the address asks for.
async fn broken(visit: &Visit, product: RecordId, at: &str) -> Result<(Vec<(String, String)>, Option<Rest>), Fault> {
    let page = match verified::page(visit, product, MOST_QUERIES, &visit.query("broken")).await {
        Ok(page) => page,
        // A page that there is not.
        Err(refusal) if refusal.status == 400 => return Err(refusal.into()),
        Err(_) => return Ok((Vec::new(), None)),
    };
    let line =
        |query: &VerifiedQuery| (shown_prose(&query.content.question), verified::form_at(at, &query.id.to_string()));
    let broken = page.items.iter().filter(|query| query.is_broken()).map(line).collect();
    let rest = Rest::of_page(visit.t, at, ("activity", "broken"), page.items.len(), page.pagination.next_cursor);
    Ok((broken, rest))
}

impl Line {
    pub fn of_unanswered(visit: &Visit, at: &str, group: &Unanswered) -> Line {
        let t = visit.t;
        let reason = t.find(&format!("activity.reason.{}", group.reason));
        let mut more = vec![reason.map_or_else(|| shown(&group.reason), str::to_owned)];
        if !group.terms.is_empty() {
            more.push(t.with("activity.terms", &[("words", &shown(&group.terms.join(", ")))]));
        }
        Line {
            rendered: shown_prose(&group.question),
            more,
            count: Some(t.count("count.asked", group.count as u64)),
            at: Some(visit.moment(Millis(group.last_ms))),
            way: (t.say("activity.mend"), mending::form_at(at, "question", &group.id.to_string())),
        }
    }

    pub fn of_wrong(visit: &Visit, at: &str, answer: &RatedAnswer) -> Line {
        let t = visit.t;
        let way = match &answer.verified_query {
            Some(query) => (t.say("activity.change_query"), verified::form_at(at, query)),
            None => (t.say("activity.mend"), mending::form_at(at, "answer", &answer.message.to_string())),
        };
        let comment = shown_prose(answer.comment.as_deref().unwrap_or_default());
        Line {
            rendered: shown_prose(&answer.question),
            more: (!comment.is_empty())
                .then(|| t.with("activity.comment", &[("words", &comment)]))
                .into_iter()
                .collect(),
            count: None,
            at: Some(visit.moment(Millis(answer.rated_ms))),
            way,
        }
    }

    /// What a word means is said in the model: it is changed there.
    pub fn of_choice(visit: &Visit, at: &str, group: &Chosen) -> Line {
        let t = visit.t;
        let kind = t.find(&format!("activity.target.{}", group.kind));
        let kind = kind.map_or_else(|| shown(&group.kind), str::to_owned);
        Line {
            rendered: shown_prose(&group.words),
            more: vec![t.with("activity.taken_for", &[("target", &shown_prose(&group.target)), ("sort", &kind)])],
            count: Some(t.count("count.chosen", group.count as u64)),
            at: Some(visit.moment(Millis(group.last_ms))),
            way: (t.say("activity.change_model"), address::with_query(at, &[("tab", "model")])),
        }
    }
}
