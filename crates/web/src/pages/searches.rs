//! The searches that the visitor keeps under names of his own: for him alone, on the page of searches and on his first one.

use std::sync::Arc;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, Ref};
use emporion_catalog::finder::{Refusal, SORTS, Search};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::saved_search::{FOLLOWED, QUERY, SORT, TITLE};
use emporion_catalog::name::fold;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;
use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::{Fault, wording};
use crate::following::choosing::Choosing;
use crate::following::searches;
use crate::forms::confirmation::{Confirmation, Removal};
use crate::forms::form::Form;
use crate::layout::shell::Shell;
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::search::query;
use crate::text::plain::shown;
use crate::text::texts::Texts;

const AT: &str = "/searches";
/// As many as one person keeps.
const MOST: usize = 50;
const LONGEST_TITLE: usize = 80;
const LONGEST_QUERY: usize = 2_000;

#[derive(Template)]
#[template(path = "searches.html")]
struct Page {
    p: Shell,
    kept: Vec<Saved>,
    title: String,
    query: String,
    sort: String,
    faults: Vec<String>,
}

/// A search that is kept.
pub struct Saved {
    pub id: RecordId,
    pub title: String,
    pub query: String,
    pub address: String,
    is_followed: bool,
}

/// Those of the visitor, as other pages show them.
#[derive(Template)]
#[template(path = "parts/searches.html")]
pub struct Searches {
    t: Texts,
    kept: Vec<Saved>,
}

impl HtmlSafe for Searches {}

impl Searches {
    /// `None` where he keeps none.
    pub async fn of(visit: &Visit, reading: &Reading<'_>) -> Result<Option<Searches>, Fault> {
        let kept = kept(reading).await?;
        Ok((!kept.is_empty()).then(|| Searches::with(visit.t, kept)))
    }

    pub fn with(t: Texts, kept: Vec<Saved>) -> Searches {
        Searches { t, kept }
    }
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page(AT, "saved_searches", show), change(AT, "change_saved_searches", save)]
}

/// Those that he follows.
pub async fn followed(reading: &Reading<'_>) -> Result<Vec<Saved>, Fault> {
    Ok(kept(reading).await?.into_iter().filter(|one| one.is_followed).collect())
}

/// By their names.
async fn kept(reading: &Reading<'_>) -> Result<Vec<Saved>, Fault> {
    let found = searches::own(reading).await?;
    let mut kept: Vec<Saved> = found.iter().map(Saved::of).collect();
    kept.sort_by_cached_key(|one| fold(&one.title));
    Ok(kept)
}

impl Saved {
    fn of(record: &Record) -> Saved {
        let text = |field: &str| record.body.get(field).and_then(serde_json::Value::as_str).unwrap_or_default();
        let is_followed = searches::is_followed(record);
        Saved { is_followed, ..Saved::new(record.id, text(TITLE), text(QUERY), text(SORT)) }
    }

    pub fn new(id: RecordId, title: &str, query: &str, sort: &str) -> Saved {
        Saved {
            id,
            title: title.to_owned(),
            query: shown(query),
            address: query::sorted(query, sort),
            is_followed: false,
        }
    }
}

async fn show(visit: Arc<Visit>) -> Shown {
    whole(&visit, &Form::of(&visit.request), 200, Vec::new()).await
}

async fn whole(visit: &Visit, sent: &Form, status: u16, faults: Vec<String>) -> Shown {
    let reading = visit.reading().await?;
    // What was typed to be kept stays in its form; what was typed for another name is told of above.
    let is_new = sent.text("do") == "save";
    let typed = |name: &str| if is_new { sent.text(name).to_owned() } else { String::new() };
    let page = Page {
        p: visit
            .shell("")
            .below(visit.t.say("search.title"), Some("/search".to_owned()))
            .below(visit.t.say("searches.title"), None),
        kept: kept(&reading).await?,
        title: typed("title"),
        query: typed("q"),
        sort: typed("sort"),
        faults,
    };
    Ok(headers::page(status, &page))
}

async fn save(visit: Arc<Visit>) -> Shown {
    let sent = visit.form();
    let reading = visit.reading().await?;
    let kind = reading.catalog().kind("saved_search");
    let kept = kept(&reading).await?;
    let chosen = kept.iter().find(|one| one.id.to_string() == sent.text("id"));
    if let Some(one) = chosen.filter(|_| sent.text("do") == "remove") {
        let rendered = visit.t.with("leaving.search", &[("name", &shown(&one.title)), ("query", &one.query)]);
        let gone = vec![Removal { id: one.id.to_string(), rendered }];
        let button = "leaving.remove_search";
        let p = visit.shell("").below(visit.t.say("searches.title"), Some(AT.to_owned()));
        let p = p.below(visit.t.say(button), None);
        if let Some(asked) = Confirmation::unless_shown(p, &sent, &gone, button, (AT, AT.to_owned())) {
            return asked.shown();
        }
    }
    let (title, query) = (sent.trimmed("title").to_owned(), sent.trimmed("q").to_owned());
    let mut faults = Vec::new();
    if matches!(sent.text("do"), "save" | "rename") {
        let renamed = chosen.filter(|_| sent.text("do") == "rename");
        faults.extend(wrong_title(visit.t, &kept, &title, renamed));
    }
    let (command, to) = match (sent.text("do"), chosen) {
        ("save", _) => {
            faults.extend(wrong_query(&visit, &query).await?);
            if kept.len() >= MOST {
                faults.push(visit.t.count("searches.too_many", MOST));
            }
            let sort =
                SORTS.iter().map(|(name, _)| *name).find(|name| *name == sent.text("sort")).unwrap_or(SORTS[0].0);
            let id = RecordId::fresh();
            let mut draft = Draft { name: Some(id.to_string()), ..Draft::default() };
            draft.set(TITLE, title);
            draft.set(QUERY, query.as_str());
            draft.set(SORT, sort);
            let is_followed = sent.text("followed") == "yes";
            draft.set(FOLLOWED, is_followed);
            let user = Ref::Id(reading.catalog().kind("user"), visit.caller().principal.user);
            let (parent, rules) = (Some(user), DoorRules::default());
            let to = query::sorted(&query, sort);
            let done = if is_followed && !is_told(&visit, &reading).await? { "saved_unsent" } else { "saved" };
            (Command::Create { kind, parent, draft, id: Some(id), rules }, format!("{to}&done={done}"))
        }
        ("rename", Some(one)) => {
            let edit = Arc::new(move |_: &_| {
                let mut draft = Draft::default();
                draft.set(TITLE, title.as_str());
                Ok(draft)
            });
            let (target, guard, rules) = (Ref::Id(kind, one.id), Guard::None, DoorRules::default());
            (Command::Change { target, guard, edit, rules }, format!("{AT}?done=saved"))
        }
        (wanted @ ("follow" | "unfollow"), Some(one)) => {
            let (is_followed, done) = if wanted == "follow" { (true, "followed") } else { (false, "unfollowed") };
            let edit = Arc::new(move |_: &_| {
                let mut draft = Draft::default();
                draft.set(FOLLOWED, is_followed);
                Ok(draft)
            });
            let (target, guard, rules) = (Ref::Id(kind, one.id), Guard::None, DoorRules::default());
            let (back, done) = match (sent.text("from"), is_followed && !is_told(&visit, &reading).await?) {
                // Where it is chosen.
                (_, true) => ("/following", "followed_unsent"),
                ("list", false) => ("/following", done),
                (_, false) => (AT, done),
            };
            (Command::Change { target, guard, edit, rules }, format!("{back}?done={done}"))
        }
        ("remove", Some(one)) => {
            let how = Deletion { hard: true, ..Deletion::SOFT };
            let (target, guard) = (Ref::Id(kind, one.id), Guard::None);
            (Command::Delete { target, guard, how }, format!("{AT}?done=deleted"))
        }
        // It is gone already, or somebody else's.
        ("rename" | "follow" | "unfollow" | "remove", None) => {
            return Err(Problem::NotFound { kind: kind.name(), what: String::new() }.into());
        }
        _ => return Err(Fault::Malformed(visit.t.say("searches.nothing"))),
    };
    if !faults.is_empty() {
        drop(reading);
        return whole(&visit, &sent, 400, faults).await;
    }
    match reading.execute(&command).await {
        Ok(_) => Ok(headers::see_other(&to)),
        Err(problem) => {
            let (status, faults) = wording::in_form(visit.t, problem)?;
            whole(&visit, &sent, status, faults).await
        }
    }
}

/// Whether news of what searches find are sent to the visitor.
async fn is_told(visit: &Visit, reading: &Reading<'_>) -> Result<bool, Fault> {
    Ok(Choosing::of(visit, reading, Vec::new()).await?.sends_searches())
}

/// Names are told apart as people do.
fn wrong_title(t: Texts, kept: &[Saved], title: &str, own: Option<&Saved>) -> Option<String> {
    if title.is_empty() || title.chars().count() > LONGEST_TITLE || shown(title) != title {
        let most = LONGEST_TITLE.to_string();
        return Some(t.with("searches.wrong_title", &[("n", &most)]));
    }
    let is_taken = |one: &Saved| fold(&one.title) == fold(title) && own.is_none_or(|own| own.id != one.id);
    kept.iter().any(is_taken).then(|| t.with("fault.name_taken", &[("name", title)]))
}

/// Only what can be searched for is kept.
async fn wrong_query(visit: &Visit, query: &str) -> Result<Option<String>, Fault> {
    if query.is_empty() || query.chars().count() > LONGEST_QUERY {
        return Ok(Some(visit.t.say("searches.wrong_query")));
    }
    let search = Search { limit: 0, ..Search::of(query) };
    match visit.door.finder.find(visit.caller(), &search).await {
        Ok(_) => Ok(None),
        Err(Refusal::Broken { message, .. }) => {
            Ok(Some(format!("{}: {}", visit.t.say("search.broken"), shown(&visit.t.translated(&message)))))
        }
        Err(Refusal::Problem(problem)) => Err(problem.into()),
    }
}
