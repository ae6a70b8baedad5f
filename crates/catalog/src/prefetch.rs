//! What the facts of many records are made of, read for all of them at once: edges, what they lead to, what stands above,
//! the stewards there, and the teams of owners. After that [`crate::facts`] finds it in the snapshot, record by record.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::cached_snapshot::CachedSnapshot;
use crate::climb::MOST_ANCESTORS;
use crate::facet::Facet;
use crate::facts::{FACTUAL, MOST_MEMBERSHIPS};
use crate::id::{AccountId, RecordId};
use crate::load::{self, INHERITABLE};
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::record::{Card, Edge, Record};
use crate::relation::{self, Relation};

/// Reads what the facts of these records, all of one account, are made of.
///
/// Cost: four questions; two to four more where records are held by the stewards of domains that they do not stand below,
/// and three for the teams of owners. However many records there are.
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
    let edges = snapshot.edges_from(&ids, Some(&with_stewards(&FACTUAL))).await?;
    let mut around = Around { snapshot, account, cards: HashMap::new() };
    let parents: Vec<RecordId> = records.iter().filter_map(|record| record.parent).collect();
    let above = around.meet(&edges, parents).await?;
    let mut owners: Vec<RecordId> = owners_among(&edges);
    let from_above = snapshot.edges_from(&above, Some(&with_stewards(&INHERITABLE))).await?;
    let mut farther = around.meet(&from_above, Vec::new()).await?;
    owners.extend(owners_among(&from_above));
    if stewarded {
        let has_domain: HashSet<RecordId> = edges
            .iter()
            .chain(&from_above)
            .filter(|edge| edge.relation == relation::IN_DOMAIN)
            .map(|edge| edge.from)
            .collect();
        let is_homeless = |record: &&Record| !record.kind.is("domain") && !around.has_home(record, &has_domain);
        if records.iter().filter(|record| has_stewards(record)).any(is_homeless)
            && let Some(domain) = load::domain_of_last_resort(snapshot, account).await?
        {
            farther.push(domain.id);
        }
        farther.retain(|id| !above.contains(id));
        let stewards = snapshot.edges_from(&farther, Some(&with_stewards(&INHERITABLE))).await?;
        around.meet(&stewards, Vec::new()).await?;
    }
    if owner_teams {
        teams(&around, owners).await?;
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
async fn teams(around: &Around<'_, '_>, mut owners: Vec<RecordId>) -> Result<(), Problem> {
    owners.sort_unstable();
    owners.dedup();
    let is_team = |id: &RecordId| around.cards.get(id).is_some_and(|card| card.kind.is("team"));
    let (mut teams, users): (Vec<RecordId>, Vec<RecordId>) = owners.into_iter().partition(is_team);
    let memberships = around.snapshot.edges_to(&users, &[relation::MEMBER], MOST_MEMBERSHIPS).await?;
    teams.extend(memberships.iter().map(|edge| edge.from));
    let above = around.snapshot.edges_up(&teams, relation::UNDER_TEAM).await?;
    teams.extend(above.iter().map(|edge| edge.to));
    around.snapshot.cards(around.account, &teams).await?;
    Ok(())
}

/// What was met so far.
struct Around<'s, 'a> {
    snapshot: &'s CachedSnapshot<'a>,
    account: AccountId,
    cards: HashMap<RecordId, Arc<Card>>,
}

impl Around<'_, '_> {
    /// Reads the cards of what edges lead to, and of the places with all above them. Answers the places and everything
    /// above; domains that edges lead to are places, too.
    async fn meet(&mut self, edges: &[Edge], mut places: Vec<RecordId>) -> Result<Vec<RecordId>, Problem> {
        let is_place = |edge: &Edge| edge.relation == relation::IN_DOMAIN;
        places.extend(edges.iter().filter(|edge| is_place(edge)).map(|edge| edge.to));
        let targets: Vec<RecordId> = edges.iter().filter(|edge| !is_place(edge)).map(|edge| edge.to).collect();
        let found = self.snapshot.cards_and_above(self.account, &targets, &places).await?;
        self.cards.extend(found.into_iter().map(|card| (card.id, card)));
        let mut above: HashSet<RecordId> = HashSet::new();
        for place in places {
            let mut next = Some(place);
            while let Some(id) = next
                && above.insert(id)
            {
                next = self.cards.get(&id).and_then(|card| card.parent);
            }
        }
        Ok(above.into_iter().collect())
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
