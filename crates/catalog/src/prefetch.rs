//! What the facts of many records are made of, read for all of them at once: edges, what they lead to, what stands above,
//! the stewards there, and the teams of owners. After that [`crate::facts`] finds it in the snapshot, record by record.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::cached_snapshot::CachedSnapshot;
use crate::climb::MOST_ANCESTORS;
use crate::facet::Facet;
use crate::facts::{FACTUAL, to_all_teams};
use crate::id::{AccountId, RecordId};
use crate::load::{self, INHERITABLE};
use crate::ports::{Around, Snapshot};
use crate::problem::Problem;
use crate::record::{Card, Edge, Record};
use crate::relation::{self, IN_DOMAIN, Relation};

/// Reads what the facts of these records, all of one account, are made of.
///
/// Cost: two questions; one to three more where records are held by the stewards of domains that they do not stand below,
/// and one for the teams of owners. However many records there are.
pub async fn facts(
    snapshot: &CachedSnapshot<'_>,
    account: AccountId,
    records: &[&Record],
    owner_teams: bool,
) -> Result<(), Problem> {
    if records.is_empty() {
        return Ok(());
    }
    let has_stewards = |record: &&Record| record.kind.has_facet(Facet::OwningTeam) || record.kind.is("domain");
    let stewarded = records.iter().any(has_stewards);
    let ids: Vec<RecordId> = records.iter().map(|record| record.id).collect();
    let mut met = Met { snapshot, account, cards: HashMap::new() };
    let parents: Vec<RecordId> = records.iter().filter_map(|record| record.parent).collect();
    let (edges, above) = met.around(&ids, &with_stewards(&FACTUAL), &parents).await?;
    let mut owners: Vec<RecordId> = owners_among(&edges);
    let (from_above, mut farther) = met.around(&above, &with_stewards(&INHERITABLE), &[]).await?;
    owners.extend(owners_among(&from_above));
    if stewarded {
        let has_domain: HashSet<RecordId> = edges
            .iter()
            .chain(&from_above)
            .filter(|edge| edge.relation == relation::IN_DOMAIN)
            .map(|edge| edge.from)
            .collect();
        let is_homeless = |record: &&Record| !record.kind.is("domain") && !met.has_home(record, &has_domain);
        if records.iter().filter(|record| has_stewards(record)).any(is_homeless)
            && let Some(domain) = load::domain_of_last_resort(snapshot, account).await?
        {
            farther.push(domain.id);
        }
        farther.retain(|id| !above.contains(id));
        met.around(&farther, &with_stewards(&INHERITABLE), &[]).await?;
    }
    if owner_teams {
        teams(&met, owners).await?;
    }
    Ok(())
}

/// With the relation that says who stewards a domain, and where a domain takes part in another.
fn with_stewards(relations: &[Relation]) -> Vec<Relation> {
    relations.iter().copied().chain([relation::STEWARD]).collect()
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
    let is_team = |id: &RecordId| met.cards.get(id).is_some_and(|card| card.kind.is("team"));
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
    /// Reads the edges of records, and the cards of what they lead to; of places with all above them. Answers the edges,
    /// and the places with everything above; domains that edges lead to are places, too.
    async fn around(
        &mut self,
        ids: &[RecordId],
        relations: &[Relation],
        places: &[RecordId],
    ) -> Result<(Vec<Edge>, Vec<RecordId>), Problem> {
        let asked = Around { ids, relations: Some(relations), standing: places, places: &[IN_DOMAIN] };
        let (edges, found) = self.snapshot.surroundings(self.account, &asked).await?;
        self.cards.extend(found.into_iter().map(|card| (card.id, card)));
        let (_, places) = asked.split(&edges);
        let mut above: HashSet<RecordId> = HashSet::new();
        for place in places {
            let mut next = Some(place);
            while let Some(id) = next
                && above.insert(id)
            {
                next = self.cards.get(&id).and_then(|card| card.parent);
            }
        }
        Ok((edges, above.into_iter().collect()))
    }

    /// Whether a record, or what it stands below, is in a domain.
    fn has_home(&self, record: &Record, in_domain: &HashSet<RecordId>) -> bool {
        let mut next = Some(record.id);
        let mut parent = record.parent;
        for _ in 0..MOST_ANCESTORS {
            let Some(id) = next else { return false };
            if in_domain.contains(&id) || self.cards.get(&id).is_some_and(|card| card.kind.is("domain")) {
                return true;
            }
            next = parent;
            parent = next.and_then(|id| self.cards.get(&id)).and_then(|card| card.parent);
        }
        false
    }
}
