//! Symmetric relations: to each edge belongs one that leads back. They begin and end in one change set; whoever may change
//! the one end changes both. The other end takes a new revision by it and no new version.

use std::collections::{BTreeMap, HashMap};

use super::planning::Planning;
use super::release::told;
use crate::change_set::{Expect, Write};
use crate::id::{EdgeId, RecordId, Revision};
use crate::problem::Problem;
use crate::record::{Edge, Record};
use crate::relation::Relation;

/// An edge to another record before and after a change; `None` where there is none.
#[derive(Default)]
struct EdgeChange<'e> {
    before: Option<&'e Edge>,
    after: Option<&'e Edge>,
}

impl<'e> EdgeChange<'e> {
    /// Whether it is more than another place in the order.
    fn matters(&self) -> bool {
        let said = |edge: Option<&'e Edge>| edge.map(|edge| &edge.attributes);
        said(self.before) != said(self.after)
    }
}

/// Lets the edges at the other ends follow those that begin and end here.
///
/// Cost: two reads where a symmetric relation changes, else none.
pub async fn follow(plan: &mut Planning<'_>, begun: &[Edge], ended: &[Edge]) -> Result<(), Problem> {
    let here = plan.after.record.id;
    let is_mutual = |edge: &&Edge| edge.relation.0.symmetric && edge.to != here;
    let mut changes: BTreeMap<(RecordId, &'static str), EdgeChange<'_>> = BTreeMap::new();
    for edge in ended.iter().filter(is_mutual) {
        changes.entry((edge.to, edge.relation.name())).or_default().before = Some(edge);
    }
    for edge in begun.iter().filter(is_mutual) {
        changes.entry((edge.to, edge.relation.name())).or_default().after = Some(edge);
    }
    changes.retain(|_, change| change.matters());
    if changes.is_empty() {
        return Ok(());
    }
    let mut others: Vec<RecordId> = changes.keys().map(|(other, _)| *other).collect();
    others.dedup();
    let relations: Vec<Relation> =
        changes.values().filter_map(|change| change.after.or(change.before)).map(|edge| edge.relation).collect();
    let cx = plan.cx;
    let mut theirs: HashMap<RecordId, Vec<Edge>> = HashMap::new();
    for edge in cx.snapshot.edges_from(&others, Some(&relations)).await? {
        theirs.entry(edge.from).or_default().push(edge);
    }
    for other in cx.snapshot.by_id(cx.account(), &others).await?.into_iter().flatten() {
        let (id, known) = (other.id, theirs.remove(&other.id).unwrap_or_default());
        let revision = revise(plan, other);
        for ((_, _), change) in changes.range((id, "")..).take_while(|((other, _), _)| *other == id) {
            let Some(edge) = change.after.or(change.before) else { continue };
            let same = || known.iter().filter(|known| known.relation == edge.relation);
            plan.writes.extend(
                same().filter(|back| back.to == here).map(|back| Write::Unlink { id: back.id, until: revision }),
            );
            if let Some(edge) = change.after {
                let ord = same().map(|known| known.ord + 1).max().unwrap_or(0);
                let back =
                    Edge { id: EdgeId::fresh(), from: id, to: here, ord, since: revision, until: None, ..edge.clone() };
                plan.writes.push(Write::Link(Box::new(back)));
            }
        }
    }
    Ok(())
}

/// Puts a record that is another's other end under its next revision, which is no version.
fn revise(plan: &mut Planning<'_>, mut record: Record) -> Revision {
    let planned = plan.writes.iter().find_map(|write| match write {
        Write::Put { record: planned, .. } if planned.id == record.id => Some(planned.revision),
        _ => None,
    });
    if let Some(revision) = planned {
        return revision;
    }
    let before = record.revision;
    record.revision = before.next();
    plan.expect.push(Expect::RevisionIs { id: record.id, revision: before });
    if record.state.is_alive() {
        plan.events.push(told(plan, &record));
    }
    let revision = record.revision;
    plan.writes.push(Write::Put { record: Box::new(record), replaces: Some(before), silent: true });
    revision
}
