//! What happened, newest first: who changed what, when, through which program and by which door.

mod file;
mod requests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use askama::Template;
use emporion_catalog::audit_trail::{NO_DOOR, period};
use emporion_catalog::change_set::{Event, EventKind};
use emporion_catalog::id::{RecordId, Revision, Seq};
use emporion_catalog::name;
use emporion_catalog::observation::INGESTION_RUN;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::reading::log::Line;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation;
use emporion_edge::route::Route;

use super::frame::{Frame, admitted};
use super::trail::no_period;
use crate::access::bans;
use crate::door::Door;
use crate::fault::Fault;
use crate::layout::shell::Shell;
use crate::pages::sources::run;
use crate::records::address;
use crate::records::difference;
use crate::records::naming::{PEOPLE, named_record, unmarked};
use crate::records::people::Person;
use crate::request::handlers::page;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

const ADDRESS: &str = "/admin/audit";
const PAGE: usize = 50;
/// What is told of one change; the rest is counted.
const MOST_CHANGES: usize = 4;
/// Changes whose states are read together, and edges in them after which no more are.
const AT_ONCE: usize = 10;
const MOST_EDGES: usize = 10_000;
/// Lines of the log that one step looks at, and steps of one page: a rare filter is looked for from page to page.
const STRETCH: u32 = 500;
const MOST_STEPS: usize = 20;
/// Kinds of what a question leaves.
const OF_QUESTIONS: &[&str] = &["chat_thread", "chat_message"];
/// What is prepared: what comes of it has lines of its own.
const PREPARED: &[&str] = &["draft"];

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct Page {
    p: Shell,
    frame: Frame,
    asked: Asked,
    kinds: Vec<(String, String)>,
    events: Vec<(&'static str, String)>,
    doors: Vec<(&'static str, String)>,
    count: String,
    rows: Vec<Row>,
    older: Option<String>,
    /// Where all of them can be fetched.
    table: String,
    lines: String,
    /// The first lines looked at do not fit: what fits may be older.
    is_searching: bool,
    fault: Option<String>,
}

/// What the address asks for.
struct Asked {
    by: String,
    /// Whom that means.
    who: Option<RecordId>,
    about: String,
    kind: String,
    what: String,
    door: String,
    from: String,
    until: String,
}

struct Row {
    /// Where he is still there; else by the name he had.
    person: Option<Person>,
    by: String,
    door: Option<String>,
    through: Option<String>,
    what: String,
    /// Of a change: what of it, in words.
    changes: Vec<String>,
    /// The others, and how many they are.
    other_changes: Vec<String>,
    more: String,
    kind: String,
    name: String,
    address: Option<String>,
    at: Moment,
    seq: String,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![
        page(ADDRESS, "admin_audit", show),
        page(file::TABLE, "admin_audit_csv", |visit| file::export(visit, true)),
        page(file::LINES, "admin_audit_jsonl", |visit| file::export(visit, false)),
    ]
}

impl Asked {
    async fn of(visit: &Visit, reading: &Reading<'_>) -> Result<Asked, Fault> {
        let query = |name: &str| visit.query(name).trim().to_owned();
        let by = query("by");
        let who = if by.is_empty() { None } else { named_record(reading, PEOPLE, &by).await?.ok().map(|(_, id)| id) };
        Ok(Asked {
            by,
            who,
            about: query("about"),
            kind: query("kind"),
            what: query("what"),
            door: query("door"),
            from: query("from"),
            until: query("until"),
        })
    }

    fn address(&self, page: &str, before: &str) -> String {
        address::with_query(
            page,
            &[
                ("by", &self.by),
                ("about", &self.about),
                ("kind", &self.kind),
                ("what", &self.what),
                ("door", &self.door),
                ("from", &self.from),
                ("until", &self.until),
                ("before", before),
            ],
        )
    }

    fn takes(&self, event: &Event) -> bool {
        let plainly = |name: &str| unmarked(name).to_lowercase();
        let by = plainly(&self.by);
        let through = event.by.through.as_deref().unwrap_or_default();
        let is_by =
            || self.who == Some(event.by.id) || [&*event.by.name, through].iter().any(|name| plainly(name) == by);
        let is_about = || plainly(&event.fqn).contains(&plainly(&self.about)) || event.id.to_string() == self.about;
        (by.is_empty() || is_by())
            && (self.about.is_empty() || is_about())
            && self.takes_kind(event)
            && (self.what.is_empty() || event.what.name() == self.what)
            && (self.door.is_empty() || event.by.door.as_deref().unwrap_or(NO_DOOR) == self.door)
    }

    /// Threads, what is said in them, and drafts are shown where they are asked for: a question stands among the reads.
    fn takes_kind(&self, event: &Event) -> bool {
        match self.kind.as_str() {
            // Nor is it told each time a followed question was asked.
            "" => {
                let is_asked = event.kind.is("followed_question") && event.is_of_itself_alone();
                !is_asked && !OF_QUESTIONS.iter().chain(PREPARED).any(|kind| event.kind.is(kind))
            }
            kind => event.kind.is(kind),
        }
    }

    /// From which time on, and up to which, the last day included.
    ///
    /// Errors: what is wrong with the days.
    fn days(&self, t: Texts) -> Result<(i64, i64), String> {
        let asked = |name: &str| if name == "from" { self.from.clone() } else { self.until.clone() };
        period(asked).map(|(since, until)| (since.0, until.0)).map_err(|invalid| no_period(t, invalid))
    }
}

async fn show(visit: Arc<Visit>) -> Shown {
    let (p, frame) = admitted(&visit, "audit")?;
    let reading = visit.reading().await?;
    let asked = Asked::of(&visit, &reading).await?;
    let (lines, next, status, fault) = match asked.days(visit.t) {
        Ok(days) => {
            let before = visit.query("before").parse().ok().map(Seq);
            let (lines, next) = newest(&visit, &reading, &asked, days, before).await?;
            (lines, next, 200, None)
        }
        Err(fault) => (Vec::new(), None, 400, Some(fault)),
    };
    let there = lines.iter().filter(|line| line.is_there).map(|line| line.event.id);
    let mut named: Vec<RecordId> = there.chain(lines.iter().map(|line| line.event.by.id)).collect();
    named.sort_unstable();
    named.dedup();
    let cards = reading.cards(&named).await?;
    let cards: HashMap<RecordId, &Card> = cards.iter().map(|card| (card.id, &**card)).collect();
    let mut changes = changes(&visit, &reading, &lines).await?;
    changes.extend(runs(&visit, &reading, &lines).await?);
    let rows = lines.iter().map(|line| row(&visit, line, &cards, changes.remove(&line.seq).unwrap_or_default()));
    let rows: Vec<Row> = rows.collect();
    let mut kinds: Vec<(String, String)> = reading
        .catalog()
        .registry()
        .iter()
        .map(|kind| {
            let name = kind.name();
            (name.to_owned(), kind_rendered(visit.t, name))
        })
        .collect();
    kinds.sort_by(|a, b| a.1.cmp(&b.1));
    let events = EventKind::ALL.iter().map(|one| (one.name(), visit.t.say(&format!("event.{}", one.name()))));
    let page = Page {
        doors: visit.t.doors().into_iter().chain([(NO_DOOR, visit.t.say("admin.no_door"))]).collect(),
        count: visit.t.count("admin.lines", rows.len()),
        older: next.map(|next| asked.address(ADDRESS, &next.0.to_string())),
        table: asked.address(file::TABLE, ""),
        lines: asked.address(file::LINES, ""),
        is_searching: next.is_some() && lines.len() < PAGE,
        p,
        frame,
        kinds,
        events: events.collect(),
        rows,
        fault,
        asked,
    };
    Ok(headers::page(status, &page))
}

/// The newest lines that fit, before a place; and the place before which to go on.
async fn newest(
    visit: &Visit,
    reading: &Reading<'_>,
    asked: &Asked,
    (from, until): (i64, i64),
    before: Option<Seq>,
) -> Result<(Vec<Line>, Option<Seq>), Fault> {
    let mut end = match before {
        Some(before) => before,
        None if until < i64::MAX => Seq(reading.first_at(until).await?.0 + 1),
        None => Seq(visit.catalog().log_head().await?.0 + 1),
    };
    // The line before it is of interest no more.
    let start = if from > i64::MIN { reading.first_at(from).await? } else { Seq(0) };
    let mut found: Vec<Line> = Vec::new();
    for _ in 0..MOST_STEPS {
        if end.0 <= start.0 + 1 || found.len() >= PAGE {
            break;
        }
        let after = Seq(end.0.saturating_sub(u64::from(STRETCH) + 1).max(start.0));
        let limit = u32::try_from(end.0 - after.0 - 1).unwrap_or(STRETCH);
        let mut lines = reading.log(after, limit, &|event| asked.takes(event)).await?.found;
        lines.reverse();
        found.extend(lines);
        end = Seq(after.0 + 1);
    }
    if found.len() > PAGE {
        end = found[PAGE - 1].seq;
        found.truncate(PAGE);
    }
    Ok((found, (end.0 > start.0 + 1).then_some(end)))
}

/// What each change has made of its record: told of the state that it has left and of the one before, as far as these are
/// kept, until that much has been read that the rest of the page only says that something changed. An event of which a
/// record makes no state has the revision that was there: what is observed of it, or the end of something that it led to.
async fn changes(visit: &Visit, reading: &Reading<'_>, lines: &[Line]) -> Result<HashMap<Seq, Vec<String>>, Fault> {
    let is_told = |event: &Event| {
        let is_update = event.what == EventKind::Updated && event.revision.0 > 1 && !event.notes_observations();
        is_update || (requests::are_meant(event) && event.what == EventKind::Created)
    };
    let updates: Vec<&Line> = lines.iter().filter(|line| is_told(&line.event)).collect();
    let mut reported: HashMap<Seq, Vec<String>> = HashMap::new();
    let mut left: Vec<(Seq, View)> = Vec::new();
    let mut edges_read = 0;
    for some in updates.chunks(AT_ONCE) {
        if edges_read > MOST_EDGES {
            break;
        }
        let states = states(reading, some).await?;
        edges_read += states.values().map(|state| state.edges.len()).sum::<usize>();
        let of_requests: Vec<&&Line> = some.iter().filter(|line| requests::are_meant(&line.event)).collect();
        let each = of_requests.iter().map(|line| (&line.event, states.get(&(line.event.id, line.event.revision))));
        let said = requests::said(visit.t, reading, &each.collect::<Vec<_>>()).await?;
        reported.extend(of_requests.iter().map(|line| line.seq).zip(said));
        for line in some {
            let event = &line.event;
            if requests::are_meant(event) {
                continue;
            }
            let (Some(new), Some(old)) = (states.get(&(event.id, event.revision)), states.get(&before(event))) else {
                continue;
            };
            if event.detail.is_none() && new.record.updated.at != event.at {
                continue;
            }
            reported.insert(line.seq, difference::sentences(visit.t, old, new));
            if event.kind.is("team") && are_fewer(old, new) {
                left.push((line.seq, new.clone()));
            }
        }
    }
    // Whoever leaves a team is held back by it no more: who audits is told, whoever was free to do it.
    let bans = bans::of_teams(reading, left.iter().flat_map(|(_, team)| &*team.edges)).await?;
    for (seq, team) in left {
        if let Some(policies) = bans.get(&team.id()) {
            let told = visit.t.with("admin.left", &[("policies", &difference::listed(visit.t, policies))]);
            reported.entry(seq).or_default().insert(0, told);
        }
    }
    Ok(reported)
}

/// What came of the newest run of an ingestion, where only that is noted of its source.
async fn runs(visit: &Visit, reading: &Reading<'_>, lines: &[Line]) -> Result<HashMap<Seq, Vec<String>>, Fault> {
    let is_noted = |event: &Event| event.notes_observations() && event.kind.series(INGESTION_RUN.name()).is_some();
    let noted: Vec<&Line> = lines.iter().filter(|line| is_noted(&line.event)).collect();
    let mut sources: Vec<RecordId> = noted.iter().map(|line| line.event.id).collect();
    sources.sort_unstable();
    sources.dedup();
    let sources = reading.records(&sources, States::All).await?;
    let newest = reading.newest_observations(&sources, &[INGESTION_RUN]).await?;
    let of = |line: &&Line| {
        let run = newest.iter().find(|run| run.record == line.event.id && run.at <= line.event.at)?;
        let ended = run.value["endDate"].as_i64().filter(|end| *end <= line.event.at.0);
        Some((line.seq, vec![ended.map_or_else(|| visit.t.say("admin.run_began"), |_| run::line(visit.t, &run.value))]))
    };
    Ok(noted.iter().filter_map(of).collect())
}

/// Whether somebody is no member any more.
fn are_fewer(old: &View, new: &View) -> bool {
    let members =
        |view: &View| -> HashSet<RecordId> { view.targets(relation::MEMBER).map(|(edge, _)| edge.to).collect() };
    !members(old).is_subset(&members(new))
}

fn before(event: &Event) -> (RecordId, Revision) {
    (event.id, Revision(event.revision.0.saturating_sub(1)))
}

/// The states that these changes have left, and those before.
async fn states(reading: &Reading<'_>, lines: &[&Line]) -> Result<HashMap<(RecordId, Revision), View>, Fault> {
    let pairs = lines.iter().flat_map(|line| [(line.event.id, line.event.revision), before(&line.event)]);
    let mut wanted: Vec<(RecordId, Revision)> = pairs.collect();
    wanted.sort_unstable();
    wanted.dedup();
    let states = reading.states(&wanted).await?;
    Ok(wanted.into_iter().zip(states).filter_map(|(of, state)| Some((of, state?))).collect())
}

fn row(visit: &Visit, line: &Line, cards: &HashMap<RecordId, &Card>, mut changes: Vec<String>) -> Row {
    let event = &line.event;
    changes.extend((changes.is_empty() && event.notes_observations()).then(|| visit.t.say("admin.observed")));
    let other_changes = changes.split_off(changes.len().min(MOST_CHANGES));
    let card = cards.get(&event.id).filter(|_| line.is_there);
    let kind = kind_rendered(visit.t, event.kind.name());
    Row {
        person: cards.get(&event.by.id).filter(|card| card.kind.is("user")).map(|card| Person::of(card)),
        by: shown(&event.by.name),
        door: event.by.door.as_deref().map(|door| visit.t.door(door)),
        through: event.by.through.as_deref().map(shown),
        what: match event.notes_observations() {
            true => visit.t.say("admin.noted"),
            false => visit.t.say(&format!("event.{}", event.what.name())),
        },
        more: visit.t.count("diff.more", other_changes.len()),
        changes,
        other_changes,
        name: name_of(event, card.copied(), &kind),
        kind,
        address: card.and_then(|card| address::of(card.kind, &card.fqn)),
        at: visit.moment(event.at),
        seq: visit.t.number(line.seq.0),
    }
}

fn kind_rendered(t: Texts, kind: &str) -> String {
    t.find(&format!("kind.{kind}")).map_or_else(|| kind.replace('_', " "), str::to_owned)
}

/// As ids are written: a hash of as many digits is a name like others.
fn is_id(name: &str) -> bool {
    name.parse::<RecordId>().is_ok_and(|id| id.to_string() == name)
}

/// What the record of a line is called. Of names that are ids nobody knows anything: what bears one is called by its title,
/// where it has any, below what has a name.
fn name_of(event: &Event, card: Option<&Card>, kind: &str) -> String {
    let names = name::split(&event.fqn).unwrap_or_default();
    let (ids, names): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| is_id(name));
    if ids.is_empty() {
        return shown(&event.fqn);
    }
    let title = card.and_then(|card| card.display_name.as_deref());
    let rendered = names.iter().map(String::as_str).chain(title).map(shown).collect::<Vec<_>>().join(" / ");
    if rendered.is_empty() { kind.to_owned() } else { rendered }
}
