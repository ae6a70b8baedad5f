//! Looking for lines of the trail.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value, json};

use super::beneath::{self, Beneath, TABLE_IDS};
use crate::audit_event::{AuditCursor, AuditEvent, AuditSpan};
use crate::boxed::Boxed;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::id::{Millis, RecordId};
use crate::problem::Problem;
use crate::record::Record;
use crate::relation;
use crate::text::fold;
use crate::timestamp::{self, DAY_MILLIS};

/// Lines that one step looks at, and steps of one look: what is rare is looked for from page to page.
const STRETCH: u32 = 500;
const MOST_STEPS: usize = 20;

/// What is looked for by its full name, before it is a word.
const NAMED: &[&str] = &["table", "tag", "glossary_term"];
const LABELS: &[&str] = &["tag", "glossary_term"];

/// What is asked for where no door is known.
pub const NO_DOOR: &str = "none";

/// That the line names no such table, and leaves something out.
pub const POSSIBLE: &str = "possible";

/// Which lines are wanted. What is empty is any.
#[derive(Debug, Clone)]
pub struct AuditFilter {
    /// The name of a person or a program, or what pages call him, whatever its marks and capitals; or his id.
    pub by: String,
    /// The name of a sort.
    pub what: String,
    /// The name of a door; or that none is known.
    pub door: String,
    /// In the full name of a product, of a table, or of one beneath a view, of somebody it happened to; or the id of what it was
    /// about, of a table that was read, or of one beneath; or a tag or a term, by its full name or id, which such a table bears
    /// now, or a column of it. By a table, a tag or a term lines come as well that leave out something of what was read.
    pub about: String,
    pub since: Millis,
    /// Without it.
    pub until: Millis,
}

/// What an address means by a text: the record of an id, or a table, a tag or a term of a full name; else a word.
#[derive(Default)]
struct Meant {
    id: Option<RecordId>,
    /// The name of what has that id, in person; of the rest, in full.
    name: Option<String>,
    is_table: bool,
    /// Of a tag or a term: what bears it.
    bearing: Option<HashSet<RecordId>>,
}

/// How a line fits what is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    No,
    Possibly,
    Yes,
}

impl Meant {
    fn is_read(&self) -> bool {
        self.is_table || self.bearing.is_some()
    }

    /// Whether the line says it of this record. Where it holds no id it is found by the name that it has now.
    fn is_about(&self, id: RecordId, event: &AuditEvent) -> bool {
        let is_name = |name: &str| self.name.as_deref().is_some_and(|own| fold(own) == fold(name));
        let ids = event.detail.get(TABLE_IDS).and_then(Value::as_array);
        let is_one = |one: RecordId| one == id || self.bearing.as_ref().is_some_and(|bearing| bearing.contains(&one));
        let is_id = |text: &Value| text.as_str().and_then(|text| text.parse().ok()).is_some_and(is_one);
        let beneath = Beneath::of(event);
        event.about == Some(id)
            || ids.into_iter().flatten().any(is_id)
            || beneath.iter().any(|one| one.id.map_or_else(|| is_name(&one.table), is_one))
            || self.is_table && ids.is_none() && beneath::tables(event).any(is_name)
    }
}

impl AuditFilter {
    /// `called` are those whom pages call what is asked for.
    fn takes(&self, event: &AuditEvent, called: &HashSet<RecordId>, by: &Meant, about: &Meant) -> Fit {
        let is = |wanted: &str, name: &str| fold(wanted) == fold(name);
        let through = event.by.through.as_deref().unwrap_or_default();
        let is_by = || match (by.id, &by.name) {
            (Some(id), name) => {
                let is_his = |name: &String| [through, text(event, "user")].iter().any(|other| is(name, other));
                event.by.id == id || name.as_ref().is_some_and(is_his)
            }
            _ => {
                called.contains(&event.by.id)
                    || [&*event.by.name, through, text(event, "user")].iter().any(|name| is(&self.by, name))
            }
        };
        let is_wanted = (self.by.is_empty() || is_by())
            && (self.what.is_empty() || event.what.name() == self.what)
            && (self.door.is_empty() || event.by.door.as_deref().unwrap_or(NO_DOOR) == self.door);
        if !is_wanted {
            return Fit::No;
        }
        if self.about.is_empty() || about.id.map_or_else(|| self.names(event), |id| about.is_about(id, event)) {
            return Fit::Yes;
        }
        if about.is_read() && beneath::leaves_out(event) { Fit::Possibly } else { Fit::No }
    }

    /// Whether it stands in one of the names of the line.
    fn names(&self, event: &AuditEvent) -> bool {
        let wanted = fold(&self.about);
        let named = beneath::tables(event).chain(["product", "user", "record"].map(|name| text(event, name)));
        named.map(fold).any(|name| name.contains(&*wanted))
            || Beneath::of(event).iter().any(|one| fold(&one.table).contains(&*wanted))
    }
}

fn text<'e>(event: &'e AuditEvent, name: &str) -> &'e str {
    event.detail.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Why a span of days is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidPeriod {
    /// The name of the parameter that is no day.
    NoDay(&'static str),
    /// It ends before it begins.
    EndsBefore,
}

/// The newest lines that are wanted.
#[derive(Debug)]
pub struct AuditPage {
    pub events: Vec<AuditEvent>,
    /// Before which place to go on looking.
    pub next: Option<AuditCursor>,
    /// The tag or the term that is looked for, by its full name: lines are of reads of what bears it.
    pub borne: Option<String>,
}

impl Catalog {
    /// Lines of the caller's account, newest first, at most `limit`.
    ///
    /// Errors: `Forbidden` for who does not administer the account.
    pub fn find_audit_events<'a>(
        &'a self,
        caller: &'a Caller,
        filter: &'a AuditFilter,
        before: Option<AuditCursor>,
        limit: usize,
    ) -> Boxed<'a, Result<AuditPage, Problem>> {
        Box::pin(async move {
            self.may_operate(caller)?;
            // Those that wait are told with the others; what cannot be written is tried again by itself.
            if let Err(problem) = self.write_trail().await {
                tracing::warn!(%problem, "the trail is shown without its newest lines");
            }
            let until = (filter.until, crate::id::AuditEventId::from_uuid(uuid::Uuid::nil()));
            let mut before = before.map_or(until, |before| before.min(until));
            let by = self.meant_by_filter(caller, &filter.by, &[]).await?;
            let about = self.meant_by_filter(caller, &filter.about, NAMED).await?;
            let borne = about.name.clone().filter(|_| about.bearing.is_some());
            let mut found = Vec::new();
            for _ in 0..MOST_STEPS {
                let span = AuditSpan { since: filter.since, before };
                let lines = self.audit_events(caller, &span, STRETCH).await?;
                let is_last = lines.len() < STRETCH as usize;
                let called = self.called(caller, &filter.by, &lines).await?;
                for mut event in lines {
                    before = (event.at, event.id);
                    let fit = filter.takes(&event, &called, &by, &about);
                    if fit == Fit::Possibly {
                        event.detail.insert(POSSIBLE.to_owned(), true.into());
                    }
                    found.extend((fit != Fit::No).then_some(event));
                    if found.len() == limit {
                        return Ok(AuditPage { events: found, next: Some(before), borne });
                    }
                }
                if is_last {
                    return Ok(AuditPage { events: found, next: None, borne });
                }
            }
            Ok(AuditPage { events: found, next: Some(before), borne })
        })
    }

    /// What has this id, also what is deleted; else the first of these kinds that has this full name.
    ///
    /// Cost: one read for each of the kinds, and one of what bears a tag or a term.
    async fn meant_by_filter(&self, caller: &Caller, text: &str, kinds: &[&'static str]) -> Result<Meant, Problem> {
        if text.is_empty() {
            return Ok(Meant::default());
        }
        let reading = self.reading(caller).await?;
        let (mut id, mut found) = (text.parse().ok(), None);
        if let Some(id) = id {
            found = reading.in_any_state(&[id]).await?.pop();
        } else {
            for kind in kinds {
                if found.is_none() {
                    found = reading.by_fqn(self.kind(kind), &[text]).await?.pop().flatten();
                }
            }
            // The full name of a table is a word as well: what stands in that of another one finds that, too.
            id = found.as_ref().filter(|record| LABELS.contains(&record.kind.name())).map(|record| record.id);
        }
        let of_user = |record: &Record| if record.kind.is("user") { record.name.clone() } else { record.fqn.clone() };
        let is = |kinds: &[&str]| found.as_ref().is_some_and(|record| kinds.contains(&record.kind.name()));
        let bearing = match id.filter(|_| is(LABELS)) {
            // Of what his own lines name: who asks administers the account.
            Some(id) => Some(self.store.snapshot().await?.edges_to(&[id], &[relation::TAGGED], u32::MAX).await?),
            None => None,
        };
        let bearing = bearing.map(|edges| edges.iter().map(|edge| edge.from).collect());
        Ok(Meant { id, name: found.as_ref().map(of_user), is_table: is(&["table"]), bearing })
    }

    /// Those behind the lines whom pages call so.
    async fn called(&self, caller: &Caller, name: &str, lines: &[AuditEvent]) -> Result<HashSet<RecordId>, Problem> {
        if name.is_empty() {
            return Ok(HashSet::new());
        }
        let people: BTreeSet<RecordId> = lines.iter().map(|event| event.by.id).collect();
        let people: Vec<RecordId> = people.into_iter().collect();
        let cards = self.reading(caller).await?.cards(&people).await?;
        let is_called = |title: &String| fold(title) == fold(name);
        Ok(cards.iter().filter(|card| card.display_name.as_ref().is_some_and(is_called)).map(|card| card.id).collect())
    }
}

/// A line as programs get it.
pub fn printed(event: &AuditEvent) -> Map<String, Value> {
    let by = json!({"name": &*event.by.name, "id": event.by.id.to_string(), "through": event.by.through.as_deref()});
    let mut line = Map::from_iter([
        ("at".to_owned(), timestamp::print(event.at.0).into()),
        ("id".to_owned(), event.id.to_string().into()),
        ("what".to_owned(), event.what.name().into()),
        ("by".to_owned(), if event.by.name.is_empty() { Value::Null } else { by }),
        ("door".to_owned(), event.by.door.as_deref().into()),
        ("about".to_owned(), event.about.map(|id| id.to_string()).into()),
    ]);
    line.extend(event.detail.clone());
    line
}

/// The columns of a line where it is a row of a table.
pub const COLUMNS: [&str; 9] = ["at", "what", "by", "through", "door", "about", "tables", "rows", "detail"];

/// The cells of a printed line, in the order of [`COLUMNS`]; what has no column of its own is JSON in the last.
pub fn cells(line: &Map<String, Value>) -> Vec<Value> {
    let own = ["at", "id", "what", "by", "door", "about", "product", "user", "record", "tables", "rows"];
    let of = |name: &str| line.get(name).cloned().unwrap_or_default();
    let by = of("by");
    let named = ["product", "user", "record"].iter().find_map(|name| line.get(*name));
    let tables = line
        .get("tables")
        .and_then(Value::as_array)
        .map(|tables| tables.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "));
    let rest = line.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let rest: Map<String, Value> = rest.map(|(name, value)| (name.clone(), value.clone())).collect();
    let detail = if rest.is_empty() { Value::Null } else { Value::Object(rest).to_string().into() };
    vec![
        of("at"),
        of("what"),
        by.get("name").cloned().unwrap_or_default(),
        by.get("through").cloned().unwrap_or_default(),
        of("door"),
        named.cloned().unwrap_or_else(|| of("about")),
        tables.into(),
        of("rows"),
        detail,
    ]
}

impl AuditFilter {
    /// As the parameters of an address say it: `by`, `what`, `door`, `about`, and those of [`period`].
    ///
    /// Errors: as there.
    pub fn of_parameters(value: impl Fn(&str) -> String) -> Result<AuditFilter, InvalidPeriod> {
        let (since, until) = period(&value)?;
        let [by, what, door, about] = ["by", "what", "door", "about"].map(value);
        Ok(AuditFilter { by, what, door, about, since, until })
    }
}

/// As the parameters of an address say it: from when on, and before when; `from` a day on, as `2026-11-28`, `until` another,
/// which is included.
///
/// Errors: a day that is none, and an end before the beginning.
pub fn period(value: impl Fn(&str) -> String) -> Result<(Millis, Millis), InvalidPeriod> {
    let day = |name: &'static str, none: i64, more: i64| match value(name) {
        text if text.is_empty() => Ok(Millis(none)),
        text => timestamp::parse(&format!("{text}T00:00:00Z"))
            .map(|start| Millis(start.saturating_add(more)))
            .ok_or(InvalidPeriod::NoDay(name)),
    };
    let (since, until) = (day("from", i64::MIN, 0)?, day("until", i64::MAX, DAY_MILLIS)?);
    if since < until { Ok((since, until)) } else { Err(InvalidPeriod::EndsBefore) }
}

/// A place as addresses bear it.
pub fn print_place((at, id): AuditCursor) -> String {
    format!("{}.{id}", at.0)
}

pub fn parse_place(text: &str) -> Option<AuditCursor> {
    let (at, id) = text.split_once('.')?;
    Some((Millis(at.parse().ok()?), id.parse().ok()?))
}
