//! What somebody may mean who is still typing, as a piece of a page: a list that the search box shows below itself. Who has
//! typed nothing yet may mean what he opened last.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::finder::{Hit, Refusal, Search, topic};
use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::Fault;
use crate::layout::icon::Icon;
use crate::pages::search;
use crate::records::ownership::OwnershipLine;
use crate::records::{address, kind_names};
use crate::request::handlers::piece;
use crate::request::visit::{Shown, Visit};
use crate::request::visit_history::VisitHistory;
use crate::request::{headers, recent_writes};
use crate::search::marked::Marked;
use crate::search::query;
use crate::text::plain::shown;
use crate::text::texts::Texts;

const MOST: u32 = 10;
/// Characters of what is typed that are said again.
const LONGEST: usize = 60;
/// Characters of a word in which a typo is looked for.
const MISTYPED: usize = 5;

#[derive(Template)]
#[template(path = "suggest.html")]
struct Suggestions {
    t: Texts,
    groups: Vec<Group>,
    /// Where all is that is found for what is typed.
    all: Option<All>,
    /// What he changed last may be missing yet.
    is_behind: bool,
}

/// Those of a kind.
struct Group {
    page: &'static str,
    name: String,
    options: Vec<Choice>,
}

struct All {
    /// Its place, after all others.
    number: usize,
    typed: String,
    address: String,
}

struct Choice {
    /// Its place among all.
    number: usize,
    icon: Icon,
    address: String,
    name: Marked,
    /// Where it stands, or what of it fits where that is not its name.
    beside: Marked,
    whose: String,
}

impl All {
    fn of(typed: &str, groups: &[Group]) -> All {
        All {
            number: groups.iter().map(|group| group.options.len()).sum(),
            typed: match typed.chars().count() > LONGEST {
                true => shown(&typed.chars().take(LONGEST).chain(['…']).collect::<String>()),
                false => shown(typed),
            },
            address: query::address_of(typed),
        }
    }
}

pub fn routes() -> Vec<Route<Door>> {
    vec![piece("/search/suggest", "suggest_page", show)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    let query = visit.query("q");
    let typed = query.trim();
    let suggestions = match typed {
        "" => Suggestions { t: visit.t, groups: seen(&visit).await?, all: None, is_behind: false },
        _ => {
            let is_behind = !recent_writes::is_found(&visit).await?;
            let groups = found(&visit, typed).await?;
            let all = groups.as_ref().map(|groups| All::of(typed, groups));
            Suggestions { t: visit.t, groups: groups.unwrap_or_default(), all, is_behind }
        }
    };
    Ok(headers::page(200, &suggestions).with("vary", emporion_edge::accept::VARY))
}

/// The records that he opened last, as far as he sees them still.
async fn seen(visit: &Visit) -> Result<Vec<Group>, Fault> {
    let cards = visit.reading().await?.cards(&VisitHistory::of(visit).opened()).await?;
    let there = cards.iter().filter_map(|card| Some((card, address::of(card.kind, &card.fqn)?)));
    let options = there.enumerate().map(|(number, (card, address))| Choice {
        number,
        icon: Icon::of(card.kind),
        address,
        name: Marked::plain(card.display_name.as_deref().unwrap_or(&card.name)),
        beside: Marked::plain(&card.fqn),
        whose: String::new(),
    });
    let options: Vec<Choice> = options.collect();
    let group = (!options.is_empty()).then(|| Group { page: "seen", name: visit.t.say("home.seen"), options });
    Ok(group.into_iter().collect())
}

/// What fits what is typed, by kind; `None` where that is no query, or none yet.
async fn found(visit: &Visit, typed: &str) -> Result<Option<Vec<Group>>, Fault> {
    let hits = match visit.door.finder.suggest(visit.caller(), typed, MOST, None).await {
        Ok(found) => found.hits,
        // A query that is not whole yet is no mistake.
        Err(Refusal::Broken { .. }) => return Ok(None),
        Err(Refusal::Problem(problem)) => return Err(problem.into()),
    };
    let hits = if hits.is_empty() && is_more_than_a_name(typed) { answering(visit, typed).await? } else { hits };
    let hits = if hits.is_empty() { completing(visit, typed).await? } else { hits };
    let mut groups: Vec<Group> = Vec::new();
    let placed = hits.iter().filter_map(|hit| Some((hit, search::answer_to(typed, visit, hit)?)));
    for (hit, address) in placed {
        let (name, beside) = rendered(hit);
        let whose = OwnershipLine::of(hit).rendered();
        let choice = Choice { number: 0, icon: Icon::of(hit.kind), address, name, beside, whose };
        match groups.iter_mut().find(|group| group.page == hit.page) {
            Some(group) => group.options.push(choice),
            None => {
                groups.push(Group { page: hit.page, name: kind_names::many(visit.t, hit.page), options: vec![choice] })
            }
        }
    }
    let options = groups.iter_mut().flat_map(|group| &mut group.options);
    options.enumerate().for_each(|(number, option)| option.number = number);
    Ok(Some(groups))
}

/// A question has more words than names have, and a column is named behind its table; a longer word may be mistyped.
fn is_more_than_a_name(typed: &str) -> bool {
    !topic::of(typed).is_empty() || typed.contains('.') || typed.chars().count() >= MISTYPED
}

/// What begins with what a question that is not whole yet is about.
async fn completing(visit: &Visit, typed: &str) -> Result<Vec<Hit>, Fault> {
    let about = topic::of(typed).join(" ");
    if about.is_empty() || !typed.ends_with(char::is_alphanumeric) {
        return Ok(Vec::new());
    }
    match visit.door.finder.suggest(visit.caller(), &about, MOST, None).await {
        Ok(found) => Ok(found.hits),
        Err(Refusal::Broken { .. }) => Ok(Vec::new()),
        Err(Refusal::Problem(problem)) => Err(problem.into()),
    }
}

/// What a search of it would show first.
async fn answering(visit: &Visit, typed: &str) -> Result<Vec<Hit>, Fault> {
    let search = Search { limit: MOST, enough: Some(MOST), is_typed: true, ..Search::of(typed) };
    match visit.door.finder.find(visit.caller(), &search).await {
        Ok(found) => Ok(found.hits),
        Err(Refusal::Broken { .. }) => Ok(Vec::new()),
        Err(Refusal::Problem(problem)) => Err(problem.into()),
    }
}

/// The name with what of it fits; and beside it where it stands, or what else fits.
fn rendered(hit: &Hit) -> (Marked, Marked) {
    let name = hit.display_name.as_deref().unwrap_or(&hit.name);
    let of_name =
        hit.why.iter().find(|why| matches!(why.field.as_str(), "name" | "display_name") && why.fragment == name);
    let marks = of_name.map(|why| why.marks.as_slice()).unwrap_or_default();
    let beside = match hit.why.iter().find(|why| !why.marks.is_empty() && why.fragment != name) {
        Some(why) if of_name.is_none() => Marked::of(&why.fragment, &why.marks),
        _ => Marked::plain(&hit.fqn),
    };
    (Marked::of(name, marks), beside)
}
