//! What has changed lately in the domains of the visitor, or in all: first what is new to him, what others have done since
//! he last looked. What one did to records of a kind in one place, each within an hour of the next, stands together and can
//! be unfolded; of a record the last change counts. Only what the reader sees is in it, and counted.

use std::collections::{HashMap, HashSet};

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::change_set::{Event, EventKind};
use emporion_catalog::id::{Millis, RecordId, Seq};
use emporion_catalog::kind::Kind;
use emporion_catalog::name;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::reading::log::Line;
use emporion_catalog::record::Record;

use super::own_domains::OwnDomains;
use super::recent_lines::{RecentLines, Runs, service_of};
use crate::fault::Fault;
use crate::layout::icon::Icon;
use crate::pages::sources::run;
use crate::records::link::Link;
use crate::records::{address, naming};
use crate::request::visit::Visit;
use crate::request::visit_history::Place;
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

const MOST: usize = 10;
/// Single changes that one entry unfolds.
const MOST_SINGLE: usize = 20;
/// Of those that stand in no entry, so many unfold.
const MOST_UNFOLDED: usize = 200;
/// What somebody does within so long of it belongs together, in milliseconds.
const TOGETHER: i64 = 3_600_000;
/// What the address asks with for those in all domains.
const ALL: &str = "all";

#[derive(Template)]
#[template(path = "parts/changes.html")]
pub struct Changes {
    t: Texts,
    /// Where all this is, and how and where the others are looked at.
    within: String,
    others: Option<(String, &'static str)>,
    /// `None` where he has not looked before.
    news: Option<News>,
    /// Before that, newest first; by the visitor himself also since.
    earlier: Vec<Entry>,
    earlier_title: String,
    /// What is said where there is nothing.
    none: String,
}

impl HtmlSafe for Changes {}

pub struct News {
    /// How many, since when.
    pub rendered: String,
    pub since: Moment,
    /// Newest first.
    pub entries: Vec<Entry>,
    /// How many of the changes stand in no entry, the first of them, and how many there are besides.
    pub left_out: Option<(String, Vec<Single>, Option<String>)>,
}

pub struct Entry {
    /// What changed; of several, what was done, and where that is.
    pub link: Link,
    /// What was done to a single one, and by whom.
    pub done: Option<(String, String)>,
    pub at: Moment,
    /// Each of several, as many as are told, and how many others there are.
    pub each: Vec<Single>,
    pub others: Option<String>,
}

pub struct Single {
    pub link: Link,
    pub at: Moment,
}

/// Changes that belong together.
struct Together {
    kind: Kind,
    what: EventKind,
    by: RecordId,
    /// The name that the log has of him.
    called: String,
    /// The FQN of what the records stand in; of what a run of an ingestion wrote, the service.
    place: Option<String>,
    is_run: bool,
    newest: Millis,
    oldest: Millis,
    total: usize,
    /// Which users they are, if they are any: some may be programs.
    users: Vec<RecordId>,
    each: Vec<Single>,
}

/// As much of it as is shown, newest first.
struct Gathered {
    found: Vec<Together>,
    most: usize,
    /// Changes that found no place any more, and the first of them.
    left_out: usize,
    unfolded: Vec<Single>,
}

impl Changes {
    /// `looked`: where the visitor's last look at the page ended.
    pub async fn of(visit: &Visit, reading: &Reading<'_>, head: Seq, looked: Option<Place>) -> Result<Changes, Fault> {
        let t = visit.t;
        let RecentLines { mut lines, after, runs } = RecentLines::of(reading, head).await?;
        // What was done shortly before this may belong to something later, and is not looked at.
        let begins = lines.first().map(|line| line.event.at).filter(|_| after.0 > 0);
        let own = OwnDomains::of(visit, reading).await?;
        let is_own = !own.is_empty() && visit.query("changes") != ALL;
        if is_own {
            lines = own.of_lines(reading, lines).await?;
        }
        let himself = visit.caller().principal.user;
        let since = looked.map_or(head, Place::seq);
        let mut reported: HashSet<RecordId> = HashSet::new();
        let mut news = Gathered::of(MOST);
        for line in lines.iter().rev().filter(|line| line.seq > since && line.event.by.id != himself) {
            if reported.insert(line.event.id) {
                news.add(visit, line);
            }
        }
        let many = reported.len();
        let mut earlier = Gathered::of(MOST - news.found.len());
        let mut has_own_news = false;
        for line in lines.iter().rev() {
            if reported.insert(line.event.id) {
                has_own_news |= line.seq > since;
                earlier.add(visit, line);
            }
        }
        let all = || news.found.iter().chain(&earlier.found);
        let people = naming::people(reading, all().map(|of| of.by)).await?;
        let bots = bots(reading, all()).await?;
        let places = places(reading, all()).await?;
        let entries = |found: Vec<Together>, begins: Option<Millis>| {
            let entry = |mut of: Together| {
                if let Some(name) = people.get(&of.by) {
                    of.called.clone_from(name);
                }
                let is_whole = begins.is_none_or(|begins| of.oldest.0 - begins.0 > TOGETHER);
                match of.is_run && of.total > 1 {
                    true => run_entry(visit, of, &runs),
                    false => entry(visit, of, is_whole, &places, &bots),
                }
            };
            found.into_iter().map(entry).collect::<Vec<Entry>>()
        };
        // Since he looked, nothing was passed over.
        let are_all = since >= after;
        let news = looked.map(|looked| News {
            rendered: rendered(t, many, are_all),
            since: Moment::since(looked.at(), visit.now, t),
            left_out: (news.left_out > 0).then(|| {
                let besides = news.left_out - news.unfolded.len();
                let besides = (besides > 0).then(|| t.count("home.others", besides));
                (t.count("home.others", news.left_out), news.unfolded, besides)
            }),
            entries: entries(news.found, begins.filter(|_| !are_all)),
        });
        let earlier = (entries(earlier.found, begins), has_own_news);
        Ok(Changes::reported(t, (is_own, !own.is_empty()), news, earlier))
    }

    /// In the domains of the visitor, or in all, and whether he has any; `earlier` with whether some of that is new, and his own.
    pub fn reported(
        t: Texts,
        (is_own, has_own): (bool, bool),
        news: Option<News>,
        (earlier, has_own_news): (Vec<Entry>, bool),
    ) -> Changes {
        let (here, there) = (("home.news_mine", "/"), ("home.news_all", "/?changes=all"));
        let (within, others) = if is_own { (here, there) } else { (there, here) };
        Changes {
            t,
            within: t.say(within.0),
            others: has_own.then(|| (t.say(others.0), others.1)),
            news,
            earlier,
            earlier_title: t.say(if has_own_news { "home.before_own" } else { "home.before" }),
            none: t.say(if is_own { "home.news_mine_empty" } else { "home.news_empty" }),
        }
    }
}

fn rendered(t: Texts, many: usize, are_all: bool) -> String {
    let rendered = t.count("home.news_since", many);
    match many {
        0 => t.say("home.new_none"),
        _ if are_all => rendered,
        _ => t.with("home.new_at_least", &[("many", &rendered)]),
    }
}

impl Gathered {
    fn of(most: usize) -> Gathered {
        Gathered { found: Vec::new(), most, left_out: 0, unfolded: Vec::new() }
    }

    /// The next older change.
    fn add(&mut self, visit: &Visit, line: &Line) {
        let event = &line.event;
        let (place, name) = parted(&event.fqn);
        let address = address::of(event.kind, &event.fqn).filter(|_| line.is_there && event.what != EventKind::Deleted);
        let link = Link { icon: Icon::of(event.kind), name: shown(&name), address };
        let single = Single { link, at: visit.moment(event.at) };
        let service = service_of(event);
        let user = event.kind.is("user").then_some(event.id);
        let (place, is_run) = if service.is_some() { (service, true) } else { (place, false) };
        if let Some(known) = self.found.iter_mut().find(|known| known.takes(event, place.as_deref(), is_run)) {
            known.oldest = event.at;
            known.total += 1;
            known.users.extend(user);
            if known.each.len() < MOST_SINGLE {
                known.each.push(single);
            }
        } else if self.found.len() < self.most {
            self.found.push(Together {
                kind: event.kind,
                what: event.what,
                by: event.by.id,
                called: shown(&event.by.name),
                place,
                is_run,
                newest: event.at,
                oldest: event.at,
                total: 1,
                users: user.into_iter().collect(),
                each: vec![single],
            });
        } else {
            self.left_out += 1;
            if self.unfolded.len() < MOST_UNFOLDED {
                self.unfolded.push(single);
            }
        }
    }
}

impl Together {
    fn takes(&self, event: &Event, place: Option<&str>, is_run: bool) -> bool {
        // A run writes schemas, tables and what they are made of, and is one thing.
        let is_alike = is_run || (self.kind, self.what) == (event.kind, event.what);
        is_alike
            && (self.by, self.is_run) == (event.by.id, is_run)
            && self.place.as_deref() == place
            && self.oldest.0 - event.at.0 <= TOGETHER
    }
}

/// What something stands in, and its name.
fn parted(fqn: &str) -> (Option<String>, String) {
    let Some(last) = name::split(fqn).and_then(|mut names| names.pop()) else { return (None, fqn.to_owned()) };
    let above = fqn.strip_suffix(&name::quote(&last)).and_then(|rest| rest.strip_suffix('.'));
    (above.map(str::to_owned), last)
}

/// By the name of their kind, and their FQN.
type Places = HashMap<(&'static str, String), Record>;

/// The records that several stand in which changed together, as far as the reader sees them.
async fn places<'a>(reading: &Reading<'_>, found: impl Iterator<Item = &'a Together>) -> Result<Places, Fault> {
    let mut wanted: HashMap<&'static str, Vec<&str>> = HashMap::new();
    for of in found.filter(|of| of.total > 1 && !of.is_run) {
        for kind in of.kind.0.parents {
            wanted.entry(kind).or_default().extend(of.place.as_deref());
        }
    }
    let mut places = HashMap::new();
    for (kind, mut fqns) in wanted {
        fqns.sort_unstable();
        fqns.dedup();
        let records = reading.by_fqn(reading.catalog().kind(kind), &fqns).await?.into_iter().flatten();
        places.extend(
            records.filter(|record| record.state.is_alive()).map(|record| ((kind, record.fqn.clone()), record)),
        );
    }
    Ok(places)
}

/// Those of the users that changed together who are programs.
async fn bots<'a>(
    reading: &Reading<'_>,
    found: impl Iterator<Item = &'a Together>,
) -> Result<HashSet<RecordId>, Fault> {
    let users: Vec<RecordId> = found.filter(|of| of.total > 1).flat_map(|of| of.users.iter().copied()).collect();
    let users = reading.records(&users, States::All).await?;
    Ok(users.iter().filter(|user| naming::is_bot(user)).map(|record| record.id).collect())
}

/// How many of what changed together; programs are no people.
fn many(t: Texts, of: &Together, folder: &str, bots: &HashSet<RecordId>) -> String {
    let programs = of.users.iter().filter(|id| bots.contains(id)).count();
    let others = of.total - programs;
    let counted = t.count(&format!("count.{}", counted(folder)), others);
    match (others, programs) {
        (_, 0) => counted,
        (0, _) => t.count("count.bots", programs),
        _ => t.with("home.people_and_bots", &[("people", &counted), ("bots", &t.count("count.bots", programs))]),
    }
}

fn entry(visit: &Visit, of: Together, is_whole: bool, places: &Places, bots: &HashSet<RecordId>) -> Entry {
    let (t, at) = (visit.t, visit.moment(of.newest));
    let what = t.say(&format!("event.{}", of.what.name()));
    let folder = address::folder(of.kind).unwrap_or_default();
    let many = many(t, &of, folder, bots);
    let mut each = of.each;
    if of.total == 1
        && let Some(single) = each.pop()
    {
        return Entry { link: single.link, done: Some((what, of.called)), at, each, others: None };
    }
    let mut many = many;
    if !is_whole {
        many = t.with("home.changed_at_least", &[("many", &many)]);
    }
    let place = of.place.map(|fqn| {
        let record = of.kind.0.parents.iter().find_map(|kind| places.get(&(*kind, fqn.clone())));
        (fqn, record)
    });
    let (name, address) = match place {
        // What lies deep is known by its whole path.
        Some((fqn, Some(record))) if record.parent.is_none() => {
            (naming::rendered_of(record), address::of(record.kind, &fqn))
        }
        Some((fqn, record)) => (shown(&fqn), record.and_then(|record| address::of(record.kind, &fqn))),
        None => (String::new(), Some(format!("/{}", listed(folder)))),
    };
    let key = if name.is_empty() { "home.changed" } else { "home.changed_in" };
    let rendered = t.with(key, &[("by", &of.called), ("what", &what), ("many", &many), ("place", &name)]);
    let others = of.total - each.len();
    Entry {
        link: Link { icon: Icon::of(of.kind), name: rendered, address },
        done: None,
        at,
        each,
        others: (others > 0).then(|| t.count("home.others", others)),
    }
}

/// What a run of an ingestion wrote, in one line.
fn run_entry(visit: &Visit, of: Together, runs: &Runs) -> Entry {
    let (t, fqn) = (visit.t, of.place.unwrap_or_default());
    let service = runs.service(&fqn);
    let name = service.map_or_else(|| shown(&fqn), naming::rendered_of);
    let address = service.and_then(|record| address::of(record.kind, &record.fqn));
    let written = runs.at(&fqn, of.newest).map(|run| run::line(t, &run.value));
    Entry {
        link: Link {
            icon: service.map_or(Icon::of(of.kind), |record| Icon::of(record.kind)),
            name: t.with("home.ingested", &[("place", &name)]),
            address: address.map(|address| address::with_query(&address, &[("tab", "runs")])),
        },
        done: Some((written.unwrap_or_else(|| t.count("count.results", of.total)), of.called)),
        at: visit.moment(of.newest),
        each: Vec::new(),
        others: None,
    }
}

/// What the records of a folder are counted as.
fn counted(folder: &str) -> &str {
    match folder {
        "services" => "sources",
        "glossary" => "glossaries",
        folder => folder,
    }
}

/// Where all records of a folder are listed that stand in nothing.
fn listed(folder: &str) -> &str {
    match folder {
        "services" => "sources",
        "teams" => "people",
        folder => folder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_parted_from_what_it_stands_in() {
        assert_eq!(parted("Sales.Orders"), (Some("Sales".to_owned()), "Orders".to_owned()));
        assert_eq!(parted("a.\"b.c\""), (Some("a".to_owned()), "b.c".to_owned()));
        assert_eq!(parted("\"b.c\""), (None, "b.c".to_owned()));
        assert_eq!(parted("Sales"), (None, "Sales".to_owned()));
    }
}
