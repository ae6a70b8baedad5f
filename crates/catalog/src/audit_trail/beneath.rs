//! What lies beneath the tables that were read: a view shows rows of what it reads, so whoever asks who read a table is told of
//! those, too. It is looked up as lines are written, by which nobody waits.

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
const MORE_BENEATH: &str = "more_beneath";
/// Views that read views are followed this far.
const STEPS: usize = 8;
/// Of many, so many are named in a line.
const MOST_BENEATH: usize = 100;

/// A table that was read through a view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Beneath {
    pub table: String,
    /// The view that was asked.
    pub through: String,
}

impl Beneath {
    /// Those that a line names.
    pub fn of(event: &AuditEvent) -> Vec<Beneath> {
        let named = event.detail.get(BENEATH).and_then(Value::as_array).into_iter().flatten();
        let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
        named.filter_map(|one| Some(Beneath { table: text(one, "table")?, through: text(one, "through")? })).collect()
    }
}

/// Notes in each line what lies beneath the tables that it names, which are of this kind.
///
/// Cost: of each account whose lines name tables one read of these, one of what they read for every step of views, and where
/// there is a view one of the names.
pub async fn note_all(snapshot: &dyn Snapshot, table: Kind, events: &mut [AuditEvent]) -> StoreResult<()> {
    let mut named: BTreeMap<AccountId, BTreeSet<String>> = BTreeMap::new();
    for event in events.iter() {
        named.entry(event.account).or_default().extend(tables(event).map(str::to_owned));
    }
    for (account, tables) in named.into_iter().filter(|(_, tables)| !tables.is_empty()) {
        let names: Vec<&str> = tables.iter().map(String::as_str).collect();
        let found = snapshot.by_fqn(account, table, &names).await?;
        let beneath = beneath(snapshot, account, &found).await?;
        events.iter_mut().filter(|event| event.account == account).for_each(|event| note(event, &beneath));
    }
    Ok(())
}

/// By the full name of each view among the tables what lies beneath it, views that lie between among it.
async fn beneath(
    snapshot: &dyn Snapshot,
    account: AccountId,
    tables: &[Option<Record>],
) -> StoreResult<HashMap<String, BTreeSet<String>>> {
    let tables = || tables.iter().flatten();
    let reads = view_sources::of(snapshot, tables().map(|table| table.id), STEPS).await?;
    let mut read: Vec<RecordId> = reads.values().flatten().copied().collect();
    read.sort_unstable();
    read.dedup();
    if read.is_empty() {
        return Ok(HashMap::new());
    }
    let cards = snapshot.cards(account, &read).await?;
    let named: HashMap<RecordId, &str> = cards.iter().flatten().map(|card| (card.id, &*card.fqn)).collect();
    let of_view = |id: RecordId| -> BTreeSet<String> {
        let (mut known, mut ahead) = (HashSet::from([id]), vec![id]);
        while let Some(at) = ahead.pop() {
            ahead.extend(reads.get(&at).into_iter().flatten().filter(|read| known.insert(**read)));
        }
        known.remove(&id);
        known.iter().filter_map(|read| named.get(read)).map(|name| (*name).to_owned()).collect()
    };
    let each = tables().map(|table| (table.fqn.clone(), of_view(table.id)));
    Ok(each.filter(|(_, beneath)| !beneath.is_empty()).collect())
}

fn tables(event: &AuditEvent) -> impl Iterator<Item = &str> {
    event.detail.get("tables").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// What the statement named itself is named there.
fn note(event: &mut AuditEvent, beneath: &HashMap<String, BTreeSet<String>>) {
    let own: HashSet<&str> = tables(event).collect();
    let mut told: BTreeMap<&str, &str> = BTreeMap::new();
    for view in tables(event) {
        let tables = beneath.get(view).into_iter().flatten();
        for table in tables.map(String::as_str).filter(|table| !own.contains(table)) {
            told.entry(table).or_insert(view);
        }
    }
    let more = told.len().saturating_sub(MOST_BENEATH);
    let some = told.into_iter().take(MOST_BENEATH);
    let some: Vec<Value> = some.map(|(table, through)| json!({"table": table, "through": through})).collect();
    if !some.is_empty() {
        event.detail.insert(BENEATH.to_owned(), some.into());
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

    #[test]
    fn a_line_names_what_lies_beneath_once_and_not_what_it_names_itself() {
        let detail = json!({"tables": ["s.orders", "s.summary", "s.view"]});
        let Value::Object(detail) = detail else { unreachable!("an object") };
        let mut event = AuditEvent {
            id: AuditEventId::fresh(),
            account: AccountId::GLOBAL,
            at: Millis(1),
            by: Actor::nobody(),
            what: AuditEventKind::Statement,
            about: None,
            detail,
        };
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let many: Vec<String> = (0..MOST_BENEATH).map(|at| format!("t.{at:03}")).collect();
        let many = many.iter().map(String::as_str).chain(["s.orders", "s.people"]).collect::<Vec<_>>();
        let beneath = HashMap::from([
            ("s.summary".to_owned(), all(&["s.people", "s.orders"])),
            ("s.view".to_owned(), all(&many)),
        ]);
        note(&mut event, &beneath);
        let named = Beneath::of(&event);
        let people = Beneath { table: "s.people".into(), through: "s.summary".into() };
        assert_eq!((named.len(), named.first()), (MOST_BENEATH, Some(&people)));
        assert_eq!(event.detail[MORE_BENEATH], json!(1));
    }
}
