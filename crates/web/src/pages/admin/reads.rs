//! Who came in, who read rows, who was refused: what changes nothing, newest first.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::deed::{Deed, DeedKind, DeedPlace};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::record::Card;
use emporion_catalog::timestamp;
use emporion_catalog::trail::DeedFilter;
use emporion_edge::route::Route;
use serde_json::Value;

use super::{Frame, admitted};
use crate::door::Door;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::records::people::Person;
use crate::request::handlers::page;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::moment::Moment;
use crate::text::plain::shown;

const PAGE: usize = 50;
const ADDRESS: &str = "/admin/audit/reads";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Template)]
#[template(path = "admin/reads.html")]
struct Page {
    p: Shell,
    frame: Frame,
    asked: Asked,
    sorts: Vec<(&'static str, String)>,
    doors: Vec<(&'static str, String)>,
    kept: String,
    rows: Vec<Row>,
    older: Option<String>,
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
    vec![page(ADDRESS, "admin_reads", show)]
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

    fn address(&self, (at, id): DeedPlace) -> String {
        address::with_query(
            ADDRESS,
            &[
                ("by", &self.by),
                ("what", &self.what),
                ("door", &self.door),
                ("about", &self.about),
                ("from", &self.from),
                ("until", &self.until),
                ("before", &format!("{}.{id}", at.0)),
            ],
        )
    }

    /// `None` for a day that is none.
    fn filter(&self) -> Option<DeedFilter> {
        let day = |text: &str| timestamp::parse(&format!("{text}T00:00:00Z"));
        let since = if self.from.is_empty() { i64::MIN } else { day(&self.from)? };
        let until = if self.until.is_empty() { i64::MAX } else { day(&self.until)? + DAY_MS };
        let (by, what) = (self.by.clone(), self.what.clone());
        let (door, about) = (self.door.clone(), self.about.clone());
        Some(DeedFilter { by, what, door, about, since: Millis(since), until: Millis(until) })
    }
}

fn place(text: &str) -> Option<DeedPlace> {
    let (at, id) = text.split_once('.')?;
    Some((Millis(at.parse().ok()?), id.parse().ok()?))
}

async fn show(visit: Arc<Visit>) -> Shown {
    let (p, frame) = admitted(&visit, "reads")?;
    let asked = Asked::of(&visit);
    let (catalog, t) = (visit.catalog(), visit.t);
    let (found, next, status, fault) = match asked.filter() {
        Some(filter) => {
            let before = place(&visit.query("before"));
            let found = catalog.find_deeds(visit.caller(), &filter, before, PAGE).await?;
            (found.deeds, found.next, 200, None)
        }
        None => (Vec::new(), None, 400, Some(t.say("admin.no_day"))),
    };
    let mut named: Vec<RecordId> = found.iter().flat_map(|deed| deed.about.into_iter().chain([deed.by.id])).collect();
    named.sort_unstable();
    named.dedup();
    let cards = visit.reading().await?.cards(&named).await?;
    let cards: HashMap<RecordId, &Card> = cards.iter().map(|card| (card.id, &**card)).collect();
    let kept_days = usize::try_from(catalog.trail_settings().kept_ms / DAY_MS).unwrap_or_default();
    let page = Page {
        sorts: DeedKind::ALL.iter().map(|sort| (sort.name(), t.say(&format!("deed.{}", sort.name())))).collect(),
        doors: t.doors(),
        kept: t.count("admin.kept", kept_days),
        rows: found.iter().map(|deed| row(&visit, deed, &cards)).collect(),
        older: next.map(|next| asked.address(next)),
        p,
        frame,
        fault,
        asked,
    };
    Ok(headers::page(status, &page))
}

fn row(visit: &Visit, deed: &Deed, cards: &HashMap<RecordId, &Card>) -> Row {
    let t = visit.t;
    let text = |name: &str| deed.detail.get(name).and_then(Value::as_str);
    let number = |name: &str| deed.detail.get(name).and_then(Value::as_u64);
    let card = deed.about.and_then(|id| cards.get(&id)).copied();
    let named = ["product", "user", "record"].iter().find_map(|name| text(name));
    let tables = deed.detail.get("tables").and_then(Value::as_array);
    let tables: Vec<String> = tables.into_iter().flatten().filter_map(Value::as_str).map(shown).collect();
    let mut details = Vec::new();
    if let Some(rows) = number("rows") {
        details.push(t.count("admin.rows_read", usize::try_from(rows).unwrap_or(usize::MAX)));
    }
    if !tables.is_empty() {
        let more = number("more_tables").map(|more| format!("+{more}"));
        details.push(tables.into_iter().chain(more).collect::<Vec<_>>().join(", "));
    }
    if let Some(count) = number("count") {
        details.push(t.count("admin.left_out", usize::try_from(count).unwrap_or(usize::MAX)));
    }
    let plain = ["failed", "class", "label", "with", "operation", "action", "format", "text"];
    details.extend(plain.iter().filter_map(|name| text(name)).filter(|text| !text.is_empty()).map(shown));
    Row {
        what: t.say(&format!("deed.{}", deed.what.name())),
        about: named.map(shown).unwrap_or_default(),
        address: card.and_then(|card| address::of(card.kind, &card.fqn)),
        details,
        person: cards.get(&deed.by.id).filter(|card| card.kind.is("user")).map(|card| Person::of(card)),
        by: shown(&deed.by.name),
        through: deed.by.through.as_deref().map(shown),
        door: deed.by.door.as_deref().map(|door| t.door(door)),
        at: visit.moment(deed.at),
    }
}
