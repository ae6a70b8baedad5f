//! What lies beneath the tables that were read: a view shows rows of what it reads, so whoever asks who read a table is told of
//! those, too. It is looked up as lines are written, by which nobody waits; and rests on what crawls found, which nobody changes
//! for the moment of a line.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};

use crate::audit_event::AuditEvent;
use crate::id::{AccountId, RecordId};
use crate::kind::Kind;
use crate::ports::{Snapshot, StoreResult};
use crate::record::Record;
use crate::rows::view_sources;

/// Under it a line names them: each with the view that was asked.
pub const BENEATH: &str = "beneath";
/// The ids of the tables that it names, which stay theirs under other names.
pub const TABLE_IDS: &str = "table_ids";
/// Of these it is not known what they read: views that no crawl has read, what the catalogue does not have, and all where it could
/// not be asked.
pub const UNKNOWN: &str = "beneath_unknown";
pub const MORE_BENEATH: &str = "more_beneath";
const MORE_TABLES: &str = "more_tables";
/// Views that read views are followed this far.
const STEPS: usize = 8;
/// Of many, so many are named in a line.
const MOST_BENEATH: usize = 100;

/// A table that was read through a view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Beneath {
    pub table: String,
    pub id: Option<RecordId>,
    /// The view that was asked.
    pub through: String,
}

impl Beneath {
    /// Those that a line names.
    pub fn of(event: &AuditEvent) -> Vec<Beneath> {
        let named = event.detail.get(BENEATH).and_then(Value::as_array).into_iter().flatten();
        let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
        let of = |one: &Value| {
            let id = text(one, "id").and_then(|id| id.parse().ok());
            Some(Beneath { table: text(one, "table")?, id, through: text(one, "through")? })
        };
        named.filter_map(of).collect()
    }
}

/// Whether more may have been read than the line names.
pub fn leaves_out(event: &AuditEvent) -> bool {
    [UNKNOWN, MORE_BENEATH, MORE_TABLES].iter().any(|name| event.detail.contains_key(*name))
}

/// What is known of one table that a line names.
struct Found {
    id: RecordId,
    /// What lies beneath, by its full names, views that lie between among it.
    beneath: BTreeMap<String, RecordId>,
    /// Of a view among them, or of itself, it is not known what it reads.
    is_unknown: bool,
}

/// Notes in each line what lies beneath the tables that it names, which are of this kind. Where that cannot be found out, the line
/// says so.
///
/// Cost: of each account whose lines name tables one read of these, one of what they read for every step of views, and where
/// there is a view one of what is beneath.
pub(super) async fn note_all(snapshot: &dyn Snapshot, table: Kind, events: &mut [AuditEvent]) {
    let mut named: BTreeMap<AccountId, BTreeSet<String>> = BTreeMap::new();
    for event in events.iter() {
        named.entry(event.account).or_default().extend(tables(event).map(str::to_owned));
    }
    for (account, tables) in named.into_iter().filter(|(_, tables)| !tables.is_empty()) {
        let found = find(snapshot, account, table, &tables).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "lines of the trail do not say what lies beneath views");
            HashMap::new()
        });
        events.iter_mut().filter(|event| event.account == account).for_each(|event| note(event, &found));
    }
}

/// What is known of the tables, by their full names.
async fn find(
    snapshot: &dyn Snapshot,
    account: AccountId,
    table: Kind,
    tables: &BTreeSet<String>,
) -> StoreResult<HashMap<String, Found>> {
    let names: Vec<&str> = tables.iter().map(String::as_str).collect();
    let tops: Vec<Record> = snapshot.by_fqn(account, table, &names).await?.into_iter().flatten().collect();
    let reads = view_sources::crawled(snapshot, tops.iter().map(|table| table.id), STEPS).await?;
    let mut read: Vec<RecordId> = reads.values().flatten().copied().collect();
    read.sort_unstable();
    read.dedup();
    let read = if read.is_empty() { Vec::new() } else { snapshot.by_id(account, &read).await? };
    let known: HashMap<RecordId, &Record> = read.iter().flatten().chain(&tops).map(|one| (one.id, one)).collect();
    let of_table = |table: &Record| {
        let (mut met, mut ahead) = (HashSet::from([table.id]), vec![table.id]);
        while let Some(at) = ahead.pop() {
            ahead.extend(reads.get(&at).into_iter().flatten().filter(|read| met.insert(**read)));
        }
        let all = || met.iter().filter_map(|id| known.get(id)).copied();
        let beneath = all().filter(|one| one.id != table.id).map(|one| (one.fqn.clone(), one.id)).collect();
        let is_unknown = all().any(|one| view_sources::is_view(one) && !reads.contains_key(&one.id));
        Found { id: table.id, beneath, is_unknown }
    };
    Ok(tops.iter().map(|table| (table.fqn.clone(), of_table(table))).collect())
}

pub fn tables(event: &AuditEvent) -> impl Iterator<Item = &str> {
    event.detail.get("tables").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// What the statement named itself is named there.
fn note(event: &mut AuditEvent, found: &HashMap<String, Found>) {
    let own: HashSet<&str> = tables(event).collect();
    let mut told: BTreeMap<&str, (RecordId, &str)> = BTreeMap::new();
    for view in tables(event) {
        let beneath = found.get(view).map(|found| &found.beneath).into_iter().flatten();
        for (table, id) in beneath.filter(|(table, _)| !own.contains(table.as_str())) {
            told.entry(table).or_insert((*id, view));
        }
    }
    let more = told.len().saturating_sub(MOST_BENEATH);
    let some = told.into_iter().take(MOST_BENEATH);
    let one = |(table, (id, through)): (&str, (RecordId, &str))| json!({"table": table, "id": id.to_string(), "through": through});
    let some: Vec<Value> = some.map(one).collect();
    let ids: Vec<Value> = tables(event).filter_map(|name| Some(found.get(name)?.id.to_string().into())).collect();
    let is_unknown = |name: &&str| found.get(*name).is_none_or(|found| found.is_unknown);
    let unknown: Vec<Value> = tables(event).filter(is_unknown).map(Value::from).collect();
    for (name, values) in [(TABLE_IDS, ids), (BENEATH, some), (UNKNOWN, unknown)] {
        if !values.is_empty() {
            event.detail.insert(name.to_owned(), values.into());
        }
    }
    if more > 0 {
        event.detail.insert(MORE_BENEATH.to_owned(), more.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit_event::AuditEventKind;
    use crate::id::{AuditEventId, Millis};
    use crate::record::Actor;

    fn line(detail: Value) -> AuditEvent {
        let Value::Object(detail) = detail else { unreachable!("an object") };
        AuditEvent {
            id: AuditEventId::fresh(),
            account: AccountId::GLOBAL,
            at: Millis(1),
            by: Actor::nobody(),
            what: AuditEventKind::Statement,
            about: None,
            detail,
        }
    }

    fn found(beneath: &[&str]) -> Found {
        let beneath = beneath.iter().map(|name| ((*name).to_owned(), RecordId::fresh())).collect();
        Found { id: RecordId::fresh(), beneath, is_unknown: false }
    }

    #[test]
    fn a_line_names_what_lies_beneath_once_and_not_what_it_names_itself() {
        let mut event = line(json!({"tables": ["s.orders", "s.summary", "s.view"]}));
        let many: Vec<String> = (0..MOST_BENEATH).map(|at| format!("t.{at:03}")).collect();
        let many = many.iter().map(String::as_str).chain(["s.orders", "s.people"]).collect::<Vec<_>>();
        let of = HashMap::from([
            ("s.orders".to_owned(), found(&[])),
            ("s.summary".to_owned(), found(&["s.people", "s.orders"])),
            ("s.view".to_owned(), found(&many)),
        ]);
        note(&mut event, &of);
        let named = Beneath::of(&event);
        let id = of["s.summary"].beneath.get("s.people").copied();
        let people = Beneath { table: "s.people".into(), id, through: "s.summary".into() };
        assert_eq!((named.len(), named.first()), (MOST_BENEATH, Some(&people)));
        assert_eq!((&event.detail[MORE_BENEATH], event.detail.get(UNKNOWN)), (&json!(1), None));
        let ids: Vec<String> = ["s.orders", "s.summary", "s.view"].map(|name| of[name].id.to_string()).into();
        assert_eq!(event.detail[TABLE_IDS], json!(ids));
        assert!(leaves_out(&event));
    }

    #[test]
    fn what_is_not_known_is_said() {
        let mut event = line(json!({"tables": ["s.gone", "s.orders", "s.view"]}));
        let view = Found { is_unknown: true, ..found(&["s.people"]) };
        note(&mut event, &HashMap::from([("s.orders".to_owned(), found(&[])), ("s.view".to_owned(), view)]));
        assert_eq!((&event.detail[UNKNOWN], Beneath::of(&event).len()), (&json!(["s.gone", "s.view"]), 1));
        let mut known = line(json!({"tables": ["s.orders"]}));
        note(&mut known, &HashMap::from([("s.orders".to_owned(), found(&[]))]));
        assert!(!leaves_out(&known) && leaves_out(&line(json!({"tables": [], "more_tables": 1}))));
        // As where nothing could be looked up.
        let mut event = line(json!({"tables": ["s.orders"]}));
        note(&mut event, &HashMap::new());
        assert!(leaves_out(&event));
        let mut event = line(json!({"with": "password"}));
        note(&mut event, &HashMap::new());
        assert_eq!(event.detail.len(), 1);
    }
}
