//! Which records show something of another: those that refer to it, and those that stand below it.
//!
//! They are found when a follower asks, page by page, so that a change costs its writer nothing however many there are.
//! Deliveries do not ask: an index of searches does.

use std::collections::HashSet;

use crate::boxed::Boxed;
use crate::change_set::{Event, EventKind};
use crate::id::{AccountId, RecordId};
use crate::kind::Kind;
use crate::load;
use crate::ports::{Snapshot, StoreResult};
use crate::query::{Keyset, ListQuery, States};
use crate::record::Record;
use crate::registry::Registry;
use crate::relation::Relation;

/// How far a change is to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// In the record alone.
    Nowhere,
    /// In all that refer to it.
    Referrers,
    /// In all that refer to it and all that stand below it, at any depth.
    Everywhere,
    /// The same, and in all that stands below what refers to it: that inherits it.
    Far,
}

/// What a reference shows of a record beside its FQN, which also changes without a word of the event: whoever stands below
/// something that moves has an event of its own.
const SHOWN: &[&str] = &["name", "display_name"];
/// What records below inherit.
const INHERITED: &[&str] = &["owner", "in_domain", "owning_team", "tagged"];

impl Spread {
    /// How far the change that an event tells of is to be seen, for a follower that shows of a record what references
    /// show of it and what it inherits.
    pub fn of(event: &Event) -> Spread {
        let is_inherited = load::INHERITABLE.iter().any(|relation| relation.0.to.contains(&event.kind.name()));
        match Spread::without_heirs(event) {
            Spread::Nowhere => Spread::Nowhere,
            _ if is_inherited => Spread::Far,
            spread => spread,
        }
    }

    fn without_heirs(event: &Event) -> Spread {
        match event.what {
            // Nobody refers to it yet.
            EventKind::Created => Spread::Nowhere,
            EventKind::Deleted | EventKind::Restored => Spread::Referrers,
            // Its edges are gone with it.
            EventKind::Purged => Spread::Nowhere,
            EventKind::Updated => {
                let Some(detail) = &event.detail else { return Spread::Referrers };
                let has = |fields: &[&str]| changed_fields(detail).any(|field| fields.contains(&field));
                match (has(INHERITED), has(SHOWN)) {
                    (true, _) => Spread::Everywhere,
                    (false, true) => Spread::Referrers,
                    (false, false) => Spread::Nowhere,
                }
            }
        }
    }
}

fn changed_fields(detail: &serde_json::Value) -> impl Iterator<Item = &str> {
    let lists = ["added", "updated", "deleted"].into_iter().filter_map(|list| detail.get(list)?.as_array());
    lists.flatten().filter_map(|change| change.get("field")?.as_str()?.split('.').next())
}

/// Finds the records that show something of one that has changed, a page at a time. Some may come twice.
pub struct FanOut {
    account: AccountId,
    /// Whose referrers are still to be found, and the last that was.
    of: Option<RecordId>,
    after: Option<(Relation, RecordId)>,
    /// Whether what stands below referrers shows it as well.
    is_far: bool,
    /// A stack of subtrees still to visit: record, kind of child, cursor. Depth first, so that one page of each level is
    /// held.
    below: Vec<Below>,
}

struct Below {
    parent: RecordId,
    kind: Kind,
    after: Option<Keyset>,
}

impl FanOut {
    pub fn of(registry: &Registry, event: &Event, spread: Spread) -> Option<FanOut> {
        if spread == Spread::Nowhere {
            return None;
        }
        let mut fan_out = FanOut {
            account: event.account,
            of: Some(event.id),
            after: None,
            is_far: spread == Spread::Far,
            below: Vec::new(),
        };
        if matches!(spread, Spread::Everywhere | Spread::Far) {
            fan_out.look_below(registry, event.kind, event.id);
        }
        Some(fan_out)
    }

    fn look_below(&mut self, registry: &Registry, kind: Kind, parent: RecordId) {
        let children = registry.iter().filter(|child| child.0.parents.contains(&kind.name()));
        self.below.extend(children.map(|kind| Below { parent, kind, after: None }));
    }

    /// The next page; `None` when there is no more. A page may be empty.
    pub fn next<'a>(
        &'a mut self,
        snapshot: &'a dyn Snapshot,
        registry: &'a Registry,
        limit: u32,
    ) -> Boxed<'a, StoreResult<Option<Vec<Record>>>> {
        Box::pin(async move {
            if let Some(target) = self.of {
                let found = snapshot.referrers(target, self.after, limit).await?;
                self.after = found.last().copied();
                if found.len() < limit as usize {
                    self.of = None;
                }
                let heirs: HashSet<RecordId> = found
                    .iter()
                    .filter(|(relation, _)| load::INHERITABLE.contains(relation))
                    .map(|(_, id)| *id)
                    .collect();
                let mut ids: Vec<RecordId> = found.into_iter().map(|(_, id)| id).collect();
                ids.sort_unstable();
                ids.dedup();
                let records: Vec<Record> = snapshot.by_id(self.account, &ids).await?.into_iter().flatten().collect();
                let is_far = self.is_far;
                for record in records.iter().filter(|record| is_far && heirs.contains(&record.id)) {
                    self.look_below(registry, record.kind, record.id);
                }
                return Ok(Some(records));
            }
            let Some(below) = self.below.pop() else { return Ok(None) };
            let query = ListQuery {
                parent: Some(below.parent),
                states: States::All,
                after: below.after,
                limit,
                ..ListQuery::of(self.account, below.kind)
            };
            let mut records = snapshot.list(&query).await?;
            // Stores answer one more than the limit, to show that there is more.
            let is_more = records.len() >= limit as usize;
            records.truncate(limit as usize);
            if let Some(last) = records.last().filter(|_| is_more) {
                let after = Some(query.keyset(last));
                self.below.push(Below { parent: below.parent, kind: below.kind, after });
            }
            for record in &records {
                self.look_below(registry, record.kind, record.id);
            }
            Ok(Some(records))
        })
    }
}
