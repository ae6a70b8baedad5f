//! Reading a record with what belongs to it: edges, the cards of their targets, ancestors, inherited edges.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use crate::boxed::Boxed;
use crate::climb::MOST_ANCESTORS;
use crate::id::{AccountId, RecordId};
use crate::kind::Origin;
use crate::kinds::DOMAIN;
use crate::ports::{Around, Snapshot};
use crate::problem::Problem;
use crate::record::{Card, Edge, Record, View};
use crate::relation::{self, Relation};

/// How much of a record is read with it.
#[derive(Debug, Clone, Default)]
pub struct Depth {
    /// Relations to read; `None` reads all.
    pub relations: Option<Vec<Relation>>,
    /// Owners, domains, experts and reviewers from above, where the record has none of its own.
    pub inherited: bool,
    /// Without the ancestors: for readers that show nothing of them.
    pub alone: bool,
    /// What is read is told to the caller, with all that it stands below and that has changed: it is asked whether he sees
    /// that. Otherwise nothing of it is described of which that is not certain without asking.
    pub told: bool,
}

impl Depth {
    /// Everything, inherited edges too.
    pub fn full() -> Depth {
        Depth { relations: None, inherited: true, alone: false, told: true }
    }
    /// The same for whoever shows what he reads.
    pub fn told(self) -> Depth {
        Depth { told: true, ..self }
    }
    /// The record and its ancestors only.
    pub fn bare() -> Depth {
        Depth { relations: Some(Vec::new()), ..Depth::default() }
    }
    pub fn of(relations: &[Relation], inherited: bool) -> Depth {
        Depth { relations: Some(relations.to_vec()), inherited, ..Depth::default() }
    }
}

/// Puts records and what belongs to them together: one read for any number of records, and one of what they inherit.
pub fn views<'a>(
    snapshot: &'a dyn Snapshot,
    records: Vec<Record>,
    depth: &'a Depth,
) -> Boxed<'a, Result<Vec<View>, Problem>> {
    Box::pin(async move {
        let Some(account) = records.first().map(|record| record.account) else { return Ok(Vec::new()) };
        let relations = relations_to_read(&records, depth);
        let has_edges = relations.as_deref().is_none_or(|relations| !relations.is_empty());
        let ids: Vec<RecordId> = records.iter().filter(|_| has_edges).map(|record| record.id).collect();
        let parents: Vec<RecordId> =
            records.iter().filter_map(|record| record.parent).filter(|_| !depth.alone).collect();
        let asked = Around { ids: &ids, relations: relations.as_deref(), standing: &parents, ..Around::default() };
        let (mut edges, found) = snapshot.surroundings(account, &asked).await?;
        let mut homes = HashMap::new();
        if let Some(shown) = depth.relations.as_deref() {
            edges.retain(|edge| {
                let is_shown = shown.contains(&edge.relation);
                if !is_shown {
                    homes.entry(edge.from).or_insert_with(Vec::new).push(edge.to);
                }
                is_shown
            });
        }
        let mut cards = Cards::of(found);
        let mut of_source: HashMap<RecordId, Vec<Edge>> = HashMap::new();
        for edge in edges {
            of_source.entry(edge.from).or_default().push(edge);
        }
        let mut views = Vec::with_capacity(records.len());
        for record in records {
            let edges = of_source.remove(&record.id).unwrap_or_default();
            let ancestors = if depth.alone { Vec::new() } else { cards.ancestors(&record) };
            let mut known = HashMap::with_capacity(edges.len() + ancestors.len());
            for card in edges.iter().filter_map(|edge| cards.get(edge.to)).chain(ancestors.iter().cloned()) {
                known.insert(card.id, card);
            }
            views.push(View { record, edges, cards: known, ancestors, inherited: Vec::new() });
        }
        if depth.inherited {
            inherit(snapshot, &mut views, depth.relations.as_deref(), &homes, &mut cards).await?;
        }
        Ok(views)
    })
}

/// The relations that the depth asks for, with that to domains from which something may be inherited.
fn relations_to_read(records: &[Record], depth: &Depth) -> Option<Vec<Relation>> {
    let mut relations = depth.relations.clone()?;
    let inherits = depth.inherited && records.iter().any(|record| record.kind.0.inherits_from == Origin::Domains);
    if inherits && !relations.contains(&relation::IN_DOMAIN) && INHERITABLE.iter().any(|one| relations.contains(one)) {
        relations.push(relation::IN_DOMAIN);
    }
    Some(relations)
}

pub async fn view(snapshot: &dyn Snapshot, record: Record, depth: &Depth) -> Result<View, Problem> {
    let mut views = views(snapshot, vec![record], depth).await?;
    Ok(views.pop().expect("one record gives one view"))
}

/// Adds to the view the cards of records that edges refer to only by attribute.
pub async fn add_cards(snapshot: &dyn Snapshot, view: &mut View, ids: &[RecordId]) -> Result<(), Problem> {
    let missing: Vec<RecordId> = ids.iter().copied().filter(|id| !view.cards.contains_key(id)).collect();
    for card in snapshot.cards(view.record.account, &missing).await?.into_iter().flatten() {
        view.cards.insert(card.id, card);
    }
    Ok(())
}

/// Cards fetched within one snapshot.
#[derive(Default)]
struct Cards(HashMap<RecordId, Arc<Card>>);

impl Cards {
    fn of(found: Vec<Arc<Card>>) -> Cards {
        Cards(found.into_iter().map(|card| (card.id, card)).collect())
    }

    fn get(&self, id: RecordId) -> Option<Arc<Card>> {
        self.0.get(&id).cloned()
    }

    /// What a record stands below, of what was read.
    fn ancestors(&self, record: &Record) -> Vec<Arc<Card>> {
        let mut ancestors: Vec<Arc<Card>> = Vec::new();
        let mut next = record.parent;
        while let Some(card) = next.and_then(|id| self.get(id))
            && ancestors.len() < MOST_ANCESTORS
        {
            next = card.parent;
            ancestors.push(card);
        }
        ancestors
    }
}

/// Fills the inherited edges of a view that was put together elsewhere, with all its own edges.
pub async fn inherit_into(snapshot: &dyn Snapshot, view: &mut View) -> Result<(), Problem> {
    inherit(snapshot, std::slice::from_mut(view), None, &HashMap::new(), &mut Cards::default()).await
}

/// Relations that come from above where a record has none of its own.
pub(crate) const INHERITABLE: [Relation; 4] =
    [relation::OWNER, relation::IN_DOMAIN, relation::EXPERT, relation::REVIEWER];

/// What a record lacks, and where it can come from, the nearest first.
struct Heir {
    relations: Vec<Relation>,
    sources: Vec<Vec<RecordId>>,
}

/// Fills `inherited` of the views. The nearest ancestor that has edges of the relation to living records gives them; a
/// product takes from all of its domains. Of relations that were not `read` nobody knows whether a record lacks them.
async fn inherit(
    snapshot: &dyn Snapshot,
    views: &mut [View],
    read: Option<&[Relation]>,
    homes: &HashMap<RecordId, Vec<RecordId>>,
    cards: &mut Cards,
) -> Result<(), Problem> {
    let mut heirs: Vec<Heir> = Vec::with_capacity(views.len());
    for view in views.iter_mut() {
        view.inherited.clear();
        heirs.push(heir(view, read, homes));
    }
    let mut sources: Vec<RecordId> = heirs.iter().flat_map(|heir| heir.sources.iter().flatten().copied()).collect();
    sources.sort_unstable();
    sources.dedup();
    if sources.is_empty() {
        return Ok(());
    }
    let Some(account) = views.first().map(|view| view.record.account) else { return Ok(()) };
    let asked = Around { ids: &sources, relations: Some(&INHERITABLE), ..Around::default() };
    let (edges, found) = snapshot.surroundings(account, &asked).await?;
    cards.0.extend(found.into_iter().map(|card| (card.id, card)));
    let mut of_source: HashMap<(RecordId, Relation), Vec<&Edge>> = HashMap::new();
    let lives = |id| cards.get(id).is_some_and(|card| card.state.is_alive());
    for edge in edges.iter().filter(|edge| edge.at.is_empty() && lives(edge.to)) {
        of_source.entry((edge.from, edge.relation)).or_default().push(edge);
    }
    for (view, heir) in views.iter_mut().zip(heirs) {
        let mut inherited: Vec<Edge> = Vec::new();
        for relation in heir.relations {
            let first = inherited.len();
            for group in &heir.sources {
                for edge in group.iter().filter_map(|source| of_source.get(&(*source, relation))).flatten() {
                    if inherited[first..].iter().all(|known| known.to != edge.to) {
                        inherited.push((*edge).clone());
                    }
                }
                if inherited.len() > first {
                    break;
                }
            }
            // Below a domain that names no domain edge, the domain itself is the answer.
            if relation == relation::IN_DOMAIN
                && inherited.len() == first
                && let Some(domain) = view.ancestor(DOMAIN.name())
            {
                inherited.push(Edge {
                    id: crate::id::EdgeId::from_uuid(domain.id.uuid()),
                    from: view.record.id,
                    relation,
                    at: String::new(),
                    ord: 0,
                    to: domain.id,
                    attributes: serde_json::Map::new(),
                    since: view.record.revision,
                    until: None,
                });
            }
        }
        for card in inherited.iter().filter_map(|edge| cards.get(edge.to)) {
            view.cards.insert(card.id, card);
        }
        view.inherited = inherited;
    }
    Ok(())
}

/// `homes` are the domains of records, where they are not among the edges of the view.
fn heir(view: &View, read: Option<&[Relation]>, homes: &HashMap<RecordId, Vec<RecordId>>) -> Heir {
    let kind = view.record.kind;
    let relations: Vec<Relation> = INHERITABLE
        .into_iter()
        .filter(|relation| {
            kind.has(*relation)
                && read.is_none_or(|read| read.contains(relation))
                && view.targets(*relation).next().is_none()
                // Only what stands below a domain has its experts from there.
                && (*relation != relation::EXPERT || view.ancestor(DOMAIN.name()).is_some())
        })
        .collect();
    let mut sources: Vec<Vec<RecordId>> = Vec::new();
    if relations.is_empty() {
        return Heir { relations, sources };
    }
    if kind.0.inherits_from == Origin::Domains {
        let is_read = read.is_none_or(|read| read.contains(&relation::IN_DOMAIN));
        let domains: Vec<RecordId> = if is_read {
            view.targets(relation::IN_DOMAIN).map(|(edge, _)| edge.to).collect()
        } else {
            homes.get(&view.record.id).cloned().unwrap_or_default()
        };
        if !domains.is_empty() {
            sources.push(domains);
        }
    }
    sources.extend(view.ancestors.iter().map(|card| vec![card.id]));
    Heir { relations, sources }
}

/// The domain that a record belongs to: the one it stands below, else its own first one, else an ancestor's, else the
/// account's `default`.
pub fn effective_domain<'a>(
    snapshot: &'a dyn Snapshot,
    view: &'a View,
) -> Boxed<'a, Result<Option<Arc<Card>>, Problem>> {
    Box::pin(async move {
        let account = view.record.account;
        if view.record.kind == DOMAIN {
            return Ok(Some(Arc::new(Card::of(&view.record))));
        }
        let read;
        let ancestors = if view.ancestors.is_empty() && view.record.parent.is_some() {
            let parent: Vec<RecordId> = view.record.parent.into_iter().collect();
            read = Cards::of(snapshot.cards_and_above(account, &[], &parent).await?).ancestors(&view.record);
            &read
        } else {
            &view.ancestors
        };
        if let Some(domain) = ancestors.iter().find(|card| card.kind == DOMAIN && card.state.is_alive()) {
            return Ok(Some(domain.clone()));
        }
        let holders: Vec<RecordId> = [view.record.id].into_iter().chain(ancestors.iter().map(|card| card.id)).collect();
        let edges = snapshot.edges_from(&holders, Some(&[relation::IN_DOMAIN])).await?;
        let mut candidates: Vec<RecordId> = Vec::with_capacity(edges.len());
        for holder in holders {
            candidates
                .extend(edges.iter().filter(|edge| edge.from == holder && edge.at.is_empty()).map(|edge| edge.to));
        }
        for card in snapshot.cards(account, &candidates).await?.into_iter().flatten() {
            if card.state.is_alive() {
                return Ok(Some(card));
            }
        }
        domain_of_last_resort(snapshot, account).await
    })
}

/// The domain that holds what belongs to no other.
pub async fn domain_of_last_resort(snapshot: &dyn Snapshot, account: AccountId) -> Result<Option<Arc<Card>>, Problem> {
    let found = snapshot.by_id(account, &[account.record()]).await?;
    let Some(default) = found.into_iter().flatten().next().and_then(|record| default_domain(&record)) else {
        return Ok(None);
    };
    Ok(snapshot.cards(account, &[default]).await?.into_iter().flatten().next())
}

/// The id that an account record keeps of its `default` domain.
pub fn default_domain(account: &Record) -> Option<RecordId> {
    account.body.get("default_domain").and_then(|value| value.as_str()).and_then(|text| text.parse().ok())
}

/// The last state of a record that had a content revision.
pub async fn content_state(snapshot: &dyn Snapshot, id: RecordId, number: u32) -> Result<Option<Record>, Problem> {
    let mut before = None;
    loop {
        let states = snapshot.history(id, before, 64).await?;
        let Some(oldest) = states.last() else { return Ok(None) };
        before = Some(oldest.revision);
        let is_past = oldest.content_revision < number;
        if let Some(state) = states.into_iter().find(|state| state.content_revision == number) {
            return Ok(Some(state));
        }
        if is_past {
            return Ok(None);
        }
    }
}

/// The team that holds a record: its own owning team, else the steward team of its effective domain (or of the nearest
/// domain above that has one).
pub fn owning_team<'a>(snapshot: &'a dyn Snapshot, view: &'a View) -> Boxed<'a, Result<Option<Arc<Card>>, Problem>> {
    Box::pin(async move {
        match named_teams(snapshot, view.record.account, &[view.record.id]).await?.remove(&view.record.id) {
            Some((_, team)) => Ok(Some(team)),
            None => steward_team(snapshot, view).await,
        }
    })
}

/// The living teams that were named for records of an account, with the edges that say so.
pub async fn named_teams(
    snapshot: &dyn Snapshot,
    account: AccountId,
    records: &[RecordId],
) -> Result<HashMap<RecordId, (Edge, Arc<Card>)>, Problem> {
    let mut edges = snapshot.edges_from(records, Some(&[relation::OWNING_TEAM])).await?;
    let mut seen = HashSet::new();
    edges.retain(|edge| seen.insert(edge.from));
    if edges.is_empty() {
        return Ok(HashMap::new());
    }
    let teams: Vec<RecordId> = edges.iter().map(|edge| edge.to).collect();
    let teams = snapshot.cards(account, &teams).await?;
    let named = edges.into_iter().zip(teams).filter_map(|(edge, team)| Some((edge.from, (edge, team?))));
    Ok(named.filter(|(_, (_, team))| team.state.is_alive()).collect())
}

/// The team that holds a record for which no other does: the steward team of its effective domain, or of the nearest
/// domain above that has one.
pub async fn steward_team(snapshot: &dyn Snapshot, view: &View) -> Result<Option<Arc<Card>>, Problem> {
    let mut domain = effective_domain(snapshot, view).await?;
    while let Some(card) = domain {
        if let Some(steward) = steward_of(snapshot, &card).await? {
            return Ok(Some(steward));
        }
        domain = match card.parent {
            Some(parent) => snapshot.cards(card.account, &[parent]).await?.into_iter().flatten().next(),
            None => None,
        };
    }
    Ok(None)
}

/// The steward team of a domain.
pub async fn steward_of(snapshot: &dyn Snapshot, domain: &Card) -> Result<Option<Arc<Card>>, Problem> {
    let edges = snapshot.edges_from(&[domain.id], Some(&[relation::STEWARD])).await?;
    let Some(edge) = edges.first() else { return Ok(None) };
    let card = snapshot.cards(domain.account, &[edge.to]).await?.into_iter().flatten().next();
    Ok(card.filter(|card| card.state.is_alive()))
}

/// A past state: the body of that revision and the edges alive at it.
pub async fn past_view(snapshot: &dyn Snapshot, record: Record) -> Result<View, Problem> {
    let edges = snapshot.edges_at(record.id, record.revision).await?;
    let targets: Vec<RecordId> = edges.iter().map(|edge| edge.to).collect();
    let mut view = view(snapshot, record, &Depth::bare()).await?;
    view.edges = edges;
    add_cards(snapshot, &mut view, &targets).await?;
    Ok(view)
}
