//! What stands around records, asked for as a whole: edges, cards of what they lead to, and what is above.

use std::sync::Arc;

use foldhash::{HashMap, HashSet, HashSetExt};

use super::snapshot::Snapshot;
use super::store::StoreResult;
use crate::climb::Climb;
use crate::id::{AccountId, EdgeId, RecordId};
use crate::record::{Card, Edge};
use crate::relation::Relation;

/// Edges, and the cards of what they lead to and of what that stands below.
pub type Surroundings = (Vec<Edge>, Vec<Arc<Card>>);

/// Adds what was found above, as far as it is not there.
pub fn join((edges, cards): (&mut Vec<Edge>, &mut Vec<Arc<Card>>), farther: Surroundings) {
    let known: HashSet<EdgeId> = edges.iter().map(|edge| edge.id).collect();
    edges.extend(farther.0.into_iter().filter(|edge| !known.contains(&edge.id)));
    let known: HashSet<RecordId> = cards.iter().map(|card| card.id).collect();
    cards.extend(farther.1.into_iter().filter(|card| !known.contains(&card.id)));
}

/// What is asked around records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    pub ids: &'a [RecordId],
    /// `None`: all.
    pub relations: Option<&'a [Relation]>,
    pub standing: &'a [RecordId],
    pub places: &'a [Relation],
    /// What to read also of everything that is standing somewhere, of the places, and of all above these.
    pub above: &'a [Relation],
}

impl<'a> Around<'a> {
    /// Whose cards are asked for by these edges: of some by themselves, of others with everything above.
    pub fn split(&self, edges: &[Edge]) -> (Vec<RecordId>, Vec<RecordId>) {
        let (places, plain): (Vec<&Edge>, Vec<&Edge>) =
            edges.iter().partition(|edge| self.places.contains(&edge.relation));
        let standing = self.standing.iter().copied().chain(places.iter().map(|edge| edge.to));
        (unique(plain.iter().map(|edge| edge.to)), unique(standing))
    }

    /// What is standing somewhere and the places that the edges lead to, with all above them by these cards.
    pub fn up(&self, edges: &[Edge], cards: &[Arc<Card>]) -> Vec<RecordId> {
        let parents: HashMap<RecordId, Option<RecordId>> = cards.iter().map(|card| (card.id, card.parent)).collect();
        up(self.split(edges).1.into_iter(), |id| parents.get(&id).copied().flatten())
    }

    /// What is asked of all that is above.
    pub fn farther<'b>(&self, above: &'b [RecordId]) -> Around<'b>
    where
        'a: 'b,
    {
        Around { ids: above, relations: Some(self.above), places: self.places, ..Around::default() }
    }
}

/// What is followed upwards, from where to where.
#[derive(Debug, Clone, Copy)]
pub struct Upward<'a> {
    pub ids: &'a [RecordId],
    /// What begins where edges of another relation, `holding`, lead to these.
    pub members: &'a [RecordId],
    pub holding: Relation,
    pub relation: Relation,
}

impl Upward<'_> {
    /// The records that it begins with, by the edges that hold the members.
    pub fn start(&self, holding: &[Edge]) -> Vec<RecordId> {
        unique(self.ids.iter().copied().chain(holding.iter().map(|edge| edge.from)))
    }
}

/// Places with everything above them, in the order of their ids.
pub fn up(places: impl Iterator<Item = RecordId>, parent: impl Fn(RecordId) -> Option<RecordId>) -> Vec<RecordId> {
    let mut above: HashSet<RecordId> = HashSet::new();
    for place in places {
        let mut next = Some(place);
        while let Some(id) = next.filter(|id| above.insert(*id)) {
            next = parent(id);
        }
    }
    unique(above.into_iter())
}

pub(super) fn unique(ids: impl Iterator<Item = RecordId>) -> Vec<RecordId> {
    let mut ids: Vec<RecordId> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// [`Snapshot::surroundings`] by one question for edges, and those for the cards; where edges above are asked for, twice.
pub async fn step_by_step<S: Snapshot + ?Sized>(
    snapshot: &S,
    account: AccountId,
    asked: &Around<'_>,
) -> StoreResult<Surroundings> {
    let (mut edges, mut cards) = in_two_steps(snapshot, account, asked).await?;
    if !asked.above.is_empty() {
        let above = asked.up(&edges, &cards);
        let farther = in_two_steps(snapshot, account, &asked.farther(&above)).await?;
        join((&mut edges, &mut cards), farther);
    }
    Ok((edges, cards))
}

async fn in_two_steps<S: Snapshot + ?Sized>(
    snapshot: &S,
    account: AccountId,
    asked: &Around<'_>,
) -> StoreResult<Surroundings> {
    let edges = snapshot.edges_from(asked.ids, asked.relations).await?;
    let (targets, standing) = asked.split(&edges);
    let cards = snapshot.cards_and_above(account, &targets, &standing).await?;
    Ok((edges, cards))
}

/// [`Snapshot::cards_and_above`] by one question for each level.
pub async fn level_by_level<S: Snapshot + ?Sized>(
    snapshot: &S,
    account: AccountId,
    ids: &[RecordId],
    standing: &[RecordId],
) -> StoreResult<Vec<Arc<Card>>> {
    let mut climb = Climb::new(ids, standing);
    loop {
        let missing = climb.missing();
        if missing.is_empty() {
            return Ok(climb.into_cards());
        }
        let cards = snapshot.cards(account, &missing).await?;
        climb.learn(missing, cards);
    }
}
