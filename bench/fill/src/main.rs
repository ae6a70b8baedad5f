//! `fill <store file> <kind> <fqn> <copies> [varied]`: multiplies one record of a store that nobody serves.
//!
//! The copies have the fields, the parent and the edges of the record and names of their own; with `varied` also texts of
//! their own, and columns. They go through the
//! store's writer, so that log, tallies and indexes are those of records that clients made.

mod words;

use std::path::Path;

use anyhow::{Context, Result, bail};
use emporion_catalog::change_set::{ChangeSet, Event, EventKind, Permit, Write};
use emporion_catalog::id::{EdgeId, RecordId, Revision};
use emporion_catalog::ports::{Snapshot, Store};
use emporion_catalog::record::{Edge, Record};
use emporion_catalog::registry::Registry;
use emporion_store::SqliteStore;
use words::Words;

/// Records in one transaction.
const TURN: u64 = 1_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, kind, fqn, copies, is_varied) = match arguments.as_slice() {
        [file, kind, fqn, copies] => (file, kind, fqn, copies, false),
        [file, kind, fqn, copies, varied] if varied == "varied" => (file, kind, fqn, copies, true),
        _ => bail!("usage: fill <store file> <kind> <fqn> <copies> [varied]"),
    };
    let copies: u64 = copies.parse().context("the number of copies")?;
    let registry = Registry::standard();
    let options = emporion_store::Options { group: usize::MAX, ..Default::default() };
    let store = SqliteStore::open(Path::new(file), registry.clone(), options)?;
    let snapshot = store.snapshot().await?;
    let template = template(&*snapshot, &registry, kind, fqn).await?;
    let edges = snapshot.edges_from(&[template.id], None).await?;
    drop(snapshot);
    let mut made = 0;
    while made < copies {
        let turn = TURN.min(copies - made);
        let sets = (made..made + turn).map(|number| copy(&template, &edges, number, is_varied)).collect();
        for stored in store.commit(sets).await? {
            if let Err(lost) = stored {
                bail!("a copy was not stored: {lost:?}");
            }
        }
        made += turn;
    }
    Ok(())
}

/// The record of that kind and FQN, in whichever account.
async fn template(snapshot: &dyn Snapshot, registry: &Registry, kind: &str, fqn: &str) -> Result<Record> {
    let kind = registry.get(kind).with_context(|| format!("there is no kind {kind}"))?;
    let mut after = emporion_catalog::id::Seq(0);
    loop {
        let events = snapshot.events(after, 1_000).await?;
        let Some((last, _)) = events.last() else { bail!("there is no {} {fqn}", kind.name()) };
        after = *last;
        if let Some((_, event)) = events.iter().find(|(_, event)| event.kind == kind && event.fqn == fqn) {
            let found = snapshot.by_id(event.account, &[event.id]).await?.into_iter().flatten().next();
            return found.context("the record is gone");
        }
    }
}

fn copy(template: &Record, edges: &[Edge], number: u64, is_varied: bool) -> ChangeSet {
    let id = RecordId::fresh();
    let name = format!("{}-{number:07}", template.name);
    let prefix = template.fqn.strip_suffix(&template.name).unwrap_or_default();
    let fqn = format!("{prefix}{name}");
    let mut record = Record {
        id,
        fqn: fqn.clone(),
        name,
        revision: Revision::FIRST,
        version: 1,
        content_revision: 1,
        change: None,
        ..template.clone()
    };
    if is_varied {
        Words::of(number).describe(&mut record.body);
    }
    let mut set = ChangeSet::new(Permit::for_tests());
    set.events.push(Event {
        account: record.account,
        at: record.created.at,
        by: record.created.by.clone(),
        what: EventKind::Created,
        kind: record.kind,
        id,
        fqn,
        revision: record.revision,
        detail: None,
    });
    set.writes.push(Write::Put { record: Box::new(record), replaces: None, silent: false });
    for edge in edges {
        let link = Edge { id: EdgeId::fresh(), from: id, since: Revision::FIRST, ..edge.clone() };
        set.writes.push(Write::Link(Box::new(link)));
    }
    set
}
