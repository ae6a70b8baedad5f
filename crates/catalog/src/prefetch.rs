//! What the facts of many records are made of, read for all of them at once: edges, what they lead to, what stands above,
//! the stewards there, and the teams of owners. After that [`crate::facts`] finds it in the snapshot, record by record.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::boxed::Boxed;
use crate::cached_snapshot::CachedSnapshot;
use crate::climb::MOST_ANCESTORS;
use crate::facet::Facet;
use crate::facts::{FACTUAL, to_all_teams};
use crate::id::{AccountId, RecordId};
use crate::kinds::{DOMAIN, TEAM};
use crate::load::{self, INHERITABLE};
use crate::ports::{Around, Snapshot, up};
use crate::problem::Problem;
use crate::record::{Card, Edge, Record};
use crate::relation::{self, IN_DOMAIN, Relation};

/// Reads what the facts of these records, all of one account, are made of.
///
/// Cost: one question; one to three more where records are held by the stewards of domains that they do not stand below,
/// and one for the teams of owners. However many records there are.
pub fn facts<'a>(
    snapshot: &'a CachedSnapshot<'a>,
    account: AccountId,
    records: &'a [&'a Record],
    owner_teams: bool,
) -> Boxed<'a, Result<(), Problem>> {
    Box::pin(async move {
        if records.is_empty() {
            return Ok(());
        }
        let has_stewards = |record: &&Record| record.kind.has_facet(Facet::OwningTeam) || record.kind == DOMAIN;
        let stewarded = records.iter().any(has_stewards);
        let ids: HashSet<RecordId> = records.iter().map(|record| record.id).collect();
        let parents: Vec<RecordId> = records.iter().filter_map(|record| record.parent).collect();
        let (of_records, of_places) = (with_stewards(&FACTUAL), from_above());
        let asked = Around {
            ids: &ids.iter().copied().collect::<Vec<_>>(),
            relations: Some(&of_records),
            standing: &parents,
            places: &[IN_DOMAIN],
            above: &of_places,
        };
        let (edges, cards) = snapshot.surroundings(account, &asked).await?;
        let (edges, inherited): (Vec<Edge>, Vec<Edge>) = edges.into_iter().partition(|edge| ids.contains(&edge.from));
        let above = asked.up(&edges, &cards);
        let mut met = Met { snapshot, account, cards: cards.into_iter().map(|card| (card.id, card)).collect() };
        let mut owners: Vec<RecordId> = owners_among(&edges);
        owners.extend(inherited.iter().filter(|edge| edge.relation == relation::OWNER).map(|edge| edge.to));
        if stewarded {
            let in_domain = || edges.iter().chain(&inherited).filter(|edge| edge.relation == IN_DOMAIN);
            let has_domain: HashSet<RecordId> = in_domain().map(|edge| edge.from).collect();
            let mut farther = met.up(inherited.iter().filter(|edge| edge.relation == IN_DOMAIN).map(|edge| edge.to));
            let is_homeless = |record: &&Record| record.kind != DOMAIN && !met.has_home(record, &has_domain);
            if records.iter().filter(|record| has_stewards(record)).any(is_homeless)
                && let Some(domain) = load::domain_of_last_resort(snapshot, account).await?
            {
                farther.push(domain.id);
            }
            farther.retain(|id| above.binary_search(id).is_err());
            let asked =
                Around { ids: &farther, relations: Some(&of_places), places: &[IN_DOMAIN], ..Around::default() };
            let (_, cards) = snapshot.surroundings(account, &asked).await?;
            met.cards.extend(cards.into_iter().map(|card| (card.id, card)));
        }
        if owner_teams {
            teams(&met, owners).await?;
        }
        Ok(())
    })
}

/// With the relation that says who stewards a domain, and where a domain takes part in another.
fn with_stewards(relations: &[Relation]) -> Vec<Relation> {
    relations.iter().copied().chain([relation::STEWARD]).collect()
}

/// What comes down from above, the rows of what lies there too.
fn from_above() -> Vec<Relation> {
    with_stewards(&INHERITABLE).into_iter().chain([relation::OWNING_TEAM]).collect()
}

/// Whom edges make owners: of a team those of its members that lead it.
fn owners_among(edges: &[Edge]) -> Vec<RecordId> {
    let owns = [relation::OWNER, relation::OWNING_TEAM, relation::MEMBER];
    edges.iter().filter(|edge| owns.contains(&edge.relation)).map(|edge| edge.to).collect()
}

/// Whose teams owners are in, and what stands above these.
async fn teams(met: &Met<'_, '_>, mut owners: Vec<RecordId>) -> Result<(), Problem> {
    owners.sort_unstable();
    owners.dedup();
    let is_team = |id: &RecordId| met.cards.get(id).is_some_and(|card| card.kind == TEAM);
    let (teams, users): (Vec<RecordId>, Vec<RecordId>) = owners.into_iter().partition(is_team);
    met.snapshot.edges_up(met.account, &to_all_teams(&teams, &users)).await?;
    Ok(())
}

/// What was met so far.
struct Met<'s, 'a> {
    snapshot: &'s CachedSnapshot<'a>,
    account: AccountId,
    cards: HashMap<RecordId, Arc<Card>>,
}

impl Met<'_, '_> {
    /// Places with everything above them.
    fn up(&self, places: impl Iterator<Item = RecordId>) -> Vec<RecordId> {
        up(places, |id| self.cards.get(&id).and_then(|card| card.parent))
    }

    /// Whether a record, or what it stands below, is in a domain.
    fn has_home(&self, record: &Record, in_domain: &HashSet<RecordId>) -> bool {
        let mut next = Some(record.id);
        let mut parent = record.parent;
        for _ in 0..MOST_ANCESTORS {
            let Some(id) = next else { return false };
            if in_domain.contains(&id) || self.cards.get(&id).is_some_and(|card| card.kind == DOMAIN) {
                return true;
            }
            next = parent;
            parent = next.and_then(|id| self.cards.get(&id)).and_then(|card| card.parent);
        }
        false
    }
}
