//! Who came in, who read rows, who was refused: what changes nothing, newest first.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use askama::Template;
use bytes::Bytes;
use emporion_catalog::audit_event::{AuditEvent, AuditEventKind};
use emporion_catalog::audit_trail::{
    AuditFilter, BENEATH_UNKNOWN, Beneath, COLUMNS, MORE_BENEATH, NO_DOOR, POSSIBLE, cells, parse_place, print_place,
    printed,
};
use emporion_catalog::id::RecordId;
use emporion_catalog::record::Card;
use emporion_catalog::timestamp::DAY_MILLIS;
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;
use emporion_edge::stream::Stream;
use futures_util::stream;
use serde_json::Value;

use super::frame::{Frame, admitted};
use super::trail::{no_period, note_export};
use crate::access::action_labels;
use crate::door::Door;
use crate::fault::Fault;
use crate::layout::shell::Shell;
use crate::records::people::Person;
use crate::records::{address, naming};
use crate::request::handlers::page;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::moment::Moment;
use crate::text::plain::{shown, spaced};
use crate::text::texts::Texts;

const PAGE: usize = 50;
const ADDRESS: &str = address::READS;
const TABLE: &str = "/admin/audit/reads.csv";
const LINES: &str = "/admin/audit/reads.jsonl";
/// That an answer was shown once more.
const AGAIN: &str = "again";
/// Lines of a file that are read at a time.
const EXPORTED_AT_ONCE: usize = 500;

#[derive(Template)]
#[template(path = "admin/reads.html")]
struct Page {
    p: Shell,
    frame: Frame,
    asked: Asked,
    sorts: Vec<(&'static str, String)>,
    doors: Vec<(&'static str, String)>,
    kept: String,
    /// Of whom and of what the lines are, where the address says it by ids.
    meant: Vec<String>,
    rows: Vec<Row>,
    older: Option<String>,
    /// Where all of them can be fetched.
    table: String,
    lines: String,
    fault: Option<String>,
}

/// What the address asks for.
struct Asked {
    by: String,
    what: String,
    door: String,
    about: String,
    from: String,
    until: String,
}

struct Row {
    what: String,
    /// What it was done to, and where that is.
    about: String,
    address: Option<String>,
    details: Vec<String>,
    person: Option<Person>,
    by: String,
    through: Option<String>,
    door: Option<String>,
    at: Moment,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![
        page(ADDRESS, "admin_reads", show),
        page(TABLE, "admin_reads_csv", |visit| export(visit, true)),
        page(LINES, "admin_reads_jsonl", |visit| export(visit, false)),
    ]
}

impl Asked {
    fn of(visit: &Visit) -> Asked {
        let query = |name: &str| visit.query(name).trim().to_owned();
        Asked {
            by: query("by"),
            what: query("what"),
            door: query("door"),
            about: query("about"),
            from: query("from"),
            until: query("until"),
        }
    }

    fn address(&self, page: &str, before: &str) -> String {
        address::with_query(
            page,
            &[
                ("by", &self.by),
                ("what", &self.what),
                ("door", &self.door),
                ("about", &self.about),
                ("from", &self.from),
                ("until", &self.until),
                ("before", before),
            ],
        )
    }
}

/// Errors: what is wrong with the days.
fn filter(visit: &Visit) -> Result<AuditFilter, String> {
    let filter = AuditFilter::of_parameters(|name| visit.query(name).trim().to_owned());
    filter.map_err(|invalid| no_period(visit.t, invalid))
}

/// All lines that the address asks for, as a file: one of JSON for each, or a table.
async fn export(visit: Arc<Visit>, is_table: bool) -> Shown {
    admitted(&visit, "reads")?;
    let filter = filter(&visit).map_err(Fault::Malformed)?;
    note_export(&visit, "reads", is_table);
    let (kind, name) = match is_table {
        true => ("text/csv; charset=utf-8", "reads.csv"),
        false => ("application/x-ndjson", "reads.jsonl"),
    };
    let pieces = stream::unfold(Some((visit, filter, None, true)), move |state| async move {
        let (visit, filter, before, is_first) = state?;
        let found = match visit.catalog().find_audit_events(visit.caller(), &filter, before, EXPORTED_AT_ONCE).await {
            Ok(found) => found,
            // A file that breaks off has no last line: what is read of it is true.
            Err(problem) => {
                tracing::warn!(%problem, "an export of the trail broke off");
                return None;
            }
        };
        let lines = found.events.iter().map(printed);
        let columns = COLUMNS.map(emporion_export::Column::named);
        let piece = match is_table {
            true => {
                let rows = lines.map(|line| read_by_people(visit.t, cells(&line)));
                emporion_export::csv_piece(&columns, rows, is_first).ok()?
            }
            false => lines.map(|line| Value::Object(line).to_string() + "\n").collect::<String>().into(),
        };
        let next = found.next.map(|next| (visit, filter, Some(next), false));
        Some((Bytes::from(piece), next))
    });
    Ok(headers::secured(Answer::streamed(200, kind, Stream::of(pieces)))
        .with("content-disposition", &headers::attachment("audit", name))
        .with("cache-control", "no-store"))
}

/// A row whose door is called what pages call it.
fn read_by_people(t: Texts, mut cells: Vec<Value>) -> Vec<Value> {
    for (name, cell) in COLUMNS.iter().zip(&mut cells) {
        if let ("door", Value::String(door)) = (*name, &*cell) {
            *cell = t.door(door).into();
        }
    }
    cells
}

async fn show(visit: Arc<Visit>) -> Shown {
    let (p, frame) = admitted(&visit, "reads")?;
    let asked = Asked::of(&visit);
    let (catalog, t) = (visit.catalog(), visit.t);
    let (found, next, borne, status, fault) = match filter(&visit) {
        Ok(filter) => {
            let before = parse_place(&visit.query("before"));
            let found = catalog.find_audit_events(visit.caller(), &filter, before, PAGE).await?;
            (found.events, found.next, found.borne, 200, None)
        }
        Err(fault) => (Vec::new(), None, None, 400, Some(fault)),
    };
    let ids = [("admin.only_by", &asked.by), ("admin.only_about", &asked.about)];
    let ids: Vec<(&str, RecordId)> = ids.iter().filter_map(|(key, text)| Some((*key, text.parse().ok()?))).collect();
    let mut named: Vec<RecordId> =
        found.iter().flat_map(|event| event.about.into_iter().chain([event.by.id])).collect();
    named.extend(ids.iter().map(|(_, id)| *id));
    named.sort_unstable();
    named.dedup();
    let cards = visit.reading().await?.cards(&named).await?;
    let cards: HashMap<RecordId, &Card> = cards.iter().map(|card| (card.id, &**card)).collect();
    let meant = |(key, id): &(&str, RecordId)| Some(t.with(key, &[("name", &naming::rendered(cards.get(id)?))]));
    let kept_days = usize::try_from(catalog.trail_settings().kept_ms / DAY_MILLIS).unwrap_or_default();
    let page = Page {
        sorts: AuditEventKind::ALL
            .iter()
            .map(|sort| (sort.name(), t.say(&format!("audit_event.{}", sort.name()))))
            .collect(),
        doors: t.doors().into_iter().chain([(NO_DOOR, t.say("admin.no_door"))]).collect(),
        kept: t.count("admin.kept", kept_days),
        meant: match borne {
            Some(label) => vec![t.with("admin.only_bearing", &[("name", &shown(&label))])],
            None => ids.iter().filter_map(meant).collect(),
        },
        rows: rows(&visit, &found, &cards),
        older: next.map(|next| asked.address(ADDRESS, &print_place(next))),
        table: asked.address(TABLE, ""),
        lines: asked.address(LINES, ""),
        p,
        frame,
        fault,
        asked,
    };
    Ok(headers::page(status, &page))
}

/// A line for each, but for answers that were only shown once more: the line of their question says so.
fn rows(visit: &Visit, found: &[AuditEvent], cards: &HashMap<RecordId, &Card>) -> Vec<Row> {
    let is_again = |event: &AuditEvent| event.detail.contains_key(AGAIN);
    let text = |event: &AuditEvent| event.detail.get("text").cloned();
    let of = |event: &AuditEvent| (event.what, event.by.id, event.about, event.by.door.clone(), text(event));
    let mut lines: Vec<(&AuditEvent, usize)> = Vec::new();
    for event in found {
        match lines.last_mut() {
            Some((last, again)) if is_again(last) && text(event).is_some() && of(last) == of(event) => {
                (*last, *again) = (event, *again + usize::from(is_again(event)));
            }
            _ => lines.push((event, usize::from(is_again(event)))),
        }
    }
    let row = |(event, again): (&AuditEvent, usize)| {
        let mut row = row(visit, event, cards);
        row.details.extend((again > 0).then(|| visit.t.count("admin.shown_again", again)));
        row
    };
    lines.into_iter().map(row).collect()
}

/// What a door calls something that was tried, in words: as it is known, or by what is done and to what.
fn operation(t: Texts, name: &str) -> String {
    let known = t.find(&format!("audit_event.operation.{name}")).map(str::to_owned);
    let words: Vec<String> = name.split('_').flat_map(|part| words_of(&spaced(part))).collect();
    known.or_else(|| tried(t, &words)).unwrap_or_else(|| words.join(" "))
}

fn words_of(spaced: &str) -> Vec<String> {
    spaced.split_whitespace().map(str::to_lowercase).collect()
}

/// `patch table by FQN` and `edit table` change a table; `data products list` lists data products.
fn tried(t: Texts, words: &[String]) -> Option<String> {
    let verb =
        |word: &String| t.find(&format!("audit_event.tried.{word}")).map(|_| format!("audit_event.tried.{word}"));
    let (key, kind) = match words {
        [first, kind @ ..] if verb(first).is_some() => (verb(first)?, kind),
        [kind @ .., last] => (verb(last)?, kind),
        [] => return None,
    };
    let end = kind.iter().position(|word| word == "by" || word == "async").unwrap_or(kind.len());
    let kind = kind[..end].join("_");
    let singular = kind.strip_suffix('s').unwrap_or(&kind);
    let kind = [&*kind, singular].into_iter().find_map(|kind| t.find(&format!("kind.{kind}")))?;
    Some(t.with(&key, &[("kind", kind)]))
}

/// Words of this program, in those of the reader; what nobody has put into words stands as it is.
fn in_words(t: Texts, name: &str, text: &str) -> String {
    match name {
        "operation" => operation(t, text),
        "action" => action_labels::rendered(t, text),
        "kind" => t.find(&format!("kind.{text}")).map_or_else(|| text.replace('_', " "), str::to_owned),
        "failed" => {
            let known = t.find(&format!("audit_event.failed.{text}")).map(str::to_owned);
            known.unwrap_or_else(|| text.to_lowercase().replace('_', " "))
        }
        _ => t.find(&format!("audit_event.{name}.{text}")).map_or_else(|| shown(text), str::to_owned),
    }
}

/// What was read through each view, in a sentence.
fn beneath(t: Texts, event: &AuditEvent) -> Vec<String> {
    let mut of_views: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Beneath { table, through, .. } in Beneath::of(event) {
        of_views.entry(through).or_default().push(shown(&table));
    }
    let sentence = |(view, tables): (String, Vec<String>)| {
        t.with("admin.read_through", &[("view", &shown(&view)), ("tables", &tables.join(", "))])
    };
    let more = event.detail.get(MORE_BENEATH).and_then(Value::as_u64);
    let more = more.map(|more| t.with("admin.more_beneath", &[("n", &t.number(more))]));
    let unknown = event.detail.get(BENEATH_UNKNOWN).and_then(Value::as_array).into_iter().flatten();
    let unknown: Vec<String> = unknown.filter_map(Value::as_str).map(shown).collect();
    let unknown = (!unknown.is_empty()).then(|| t.with("admin.beneath_unknown", &[("tables", &unknown.join(", "))]));
    let possible = event.detail.contains_key(POSSIBLE).then(|| t.say("admin.possible"));
    of_views.into_iter().map(sentence).chain(more).chain(unknown).chain(possible).collect()
}

fn row(visit: &Visit, event: &AuditEvent, cards: &HashMap<RecordId, &Card>) -> Row {
    let t = visit.t;
    let text = |name: &str| event.detail.get(name).and_then(Value::as_str);
    let number = |name: &str| event.detail.get(name).and_then(Value::as_u64);
    let card = event.about.and_then(|id| cards.get(&id)).copied();
    let named = ["product", "user", "record"].iter().find_map(|name| text(name));
    let tables = event.detail.get("tables").and_then(Value::as_array);
    let tables: Vec<String> = tables.into_iter().flatten().filter_map(Value::as_str).map(shown).collect();
    let mut details = Vec::new();
    if let Some(rows) = number("rows") {
        details.push(t.count("admin.rows_read", usize::try_from(rows).unwrap_or(usize::MAX)));
    }
    if !tables.is_empty() {
        let more = number("more_tables").map(|more| format!("+{more}"));
        details.push(tables.into_iter().chain(more).collect::<Vec<_>>().join(", "));
    }
    details.extend(beneath(t, event));
    if let Some(count) = number("count") {
        details.push(t.count("admin.left_out", usize::try_from(count).unwrap_or(usize::MAX)));
    }
    if let Some(times) = number("times") {
        details.push(t.count("admin.times", usize::try_from(times).unwrap_or(usize::MAX)));
    }
    if event.detail.contains_key("preview") {
        details.push(t.say(match text("preview") {
            Some("row_filters") => "admin.preview_filters",
            Some("file") => "admin.preview_file",
            _ => "admin.preview",
        }));
    }
    if event.detail.contains_key("held_back") {
        details.push(t.say("admin.held_back_sign_in"));
    }
    let told = ["kind", "failed", "class", "label", "with", "operation", "action", "format", "trail", "keys", "text"];
    details.extend(told.iter().filter_map(|name| {
        let text = text(name).filter(|text| !text.is_empty())?;
        Some(t.with(&format!("audit_event.said.{name}"), &[("text", &in_words(t, name, text))]))
    }));
    Row {
        what: t.say(&format!("audit_event.{}", event.what.name())),
        about: named.map(shown).or(card.map(naming::rendered)).unwrap_or_default(),
        address: card.and_then(|card| address::of(card.kind, &card.fqn)),
        details,
        person: cards.get(&event.by.id).filter(|card| card.kind.is("user")).map(|card| Person::of(card)),
        by: shown(&event.by.name),
        through: event.by.through.as_deref().map(shown),
        door: event.by.door.as_deref().map(|door| t.door(door)),
        at: visit.moment(event.at),
    }
}
