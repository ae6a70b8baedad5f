//! Reading a record with what belongs to it: edges, the cards of their targets, ancestors, inherited edges.

use std::collections::HashMap;
use std::sync::Arc;

use crate::facet::Facet;
use crate::id::{AccountId, RecordId};
use crate::ports::{Facts, Snapshot};
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
}

impl Depth {
    /// Everything, inherited edges too.
    pub fn full() -> Depth {
        Depth { relations: None, inherited: true, alone: false }
    }
    /// The record and its ancestors only.
    pub fn bare() -> Depth {
        Depth { relations: Some(Vec::new()), inherited: false, alone: false }
    }
    pub fn of(relations: &[Relation], inherited: bool) -> Depth {
        Depth { relations: Some(relations.to_vec()), inherited, alone: false }
    }
}

/// Puts records and what belongs to them together: three reads for any number of records.
pub async fn views(snapshot: &dyn Snapshot, records: Vec<Record>, depth: &Depth) -> Result<Vec<View>, Problem> {
    let ids: Vec<RecordId> = records.iter().map(|record| record.id).collect();
    let edges = match &depth.relations {
        Some(relations) if relations.is_empty() => Vec::new(),
        relations => snapshot.edges_from(&ids, relations.as_deref()).await?,
    };
    let Some(account) = records.first().map(|record| record.account) else { return Ok(Vec::new()) };
    let mut cards = Cards::default();
    let parents = records.iter().filter_map(|record| record.parent).filter(|_| !depth.alone);
    let targets = edges.iter().map(|edge| edge.to).chain(parents);
    cards.fetch(snapshot, account, targets).await?;
    let mut of_source: HashMap<RecordId, Vec<Edge>> = HashMap::new();
    for edge in edges {
        of_source.entry(edge.from).or_default().push(edge);
    }
    let mut views = Vec::with_capacity(records.len());
    for record in records {
        let edges = of_source.remove(&record.id).unwrap_or_default();
        let ancestors = if depth.alone { Vec::new() } else { cards.ancestors(snapshot, &record).await? };
        let mut known = HashMap::with_capacity(edges.len() + ancestors.len());
        for card in edges.iter().filter_map(|edge| cards.get(edge.to)).chain(ancestors.iter().cloned()) {
            known.insert(card.id, card);
        }
        views.push(View { record, edges, cards: known, ancestors, inherited: Vec::new() });
    }
    if depth.inherited {
        inherit(snapshot, &mut views, depth.relations.as_deref(), &mut cards).await?;
    }
    Ok(views)
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
    fn get(&self, id: RecordId) -> Option<Arc<Card>> {
        self.0.get(&id).cloned()
    }

    async fn fetch(
        &mut self,
        snapshot: &dyn Snapshot,
        account: AccountId,
        ids: impl Iterator<Item = RecordId>,
    ) -> Result<(), Problem> {
        let mut missing: Vec<RecordId> = ids.filter(|id| !self.0.contains_key(id)).collect();
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            for card in snapshot.cards(account, &missing).await?.into_iter().flatten() {
                self.0.insert(card.id, card);
            }
        }
        Ok(())
    }

    async fn ancestors(&mut self, snapshot: &dyn Snapshot, record: &Record) -> Result<Vec<Arc<Card>>, Problem> {
        let mut ancestors: Vec<Arc<Card>> = Vec::new();
        let mut next = record.parent;
        while let Some(id) = next {
            // A chain that meets itself can only come from damage; stop rather than turn for ever.
            if ancestors.len() > 64 {
                break;
            }
            self.fetch(snapshot, record.account, std::iter::once(id)).await?;
            let Some(card) = self.get(id) else { break };
            next = card.parent;
            ancestors.push(card);
        }
        Ok(ancestors)
    }
}

/// Fills the inherited edges of a view that was put together elsewhere, with all its own edges.
pub async fn inherit_into(snapshot: &dyn Snapshot, view: &mut View) -> Result<(), Problem> {
    inherit(snapshot, std::slice::from_mut(view), None, &mut Cards::default()).await
}

/// Relations that come from above where a record has none of its own.
const INHERITABLE: [Relation; 4] = [relation::OWNER, relation::IN_DOMAIN, relation::EXPERT, relation::REVIEWER];

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
    cards: &mut Cards,
) -> Result<(), Problem> {
    let mut heirs: Vec<Heir> = Vec::with_capacity(views.len());
    for view in views.iter_mut() {
        view.inherited.clear();
        heirs.push(heir(snapshot, view, read).await?);
    }
    let mut sources: Vec<RecordId> = heirs.iter().flat_map(|heir| heir.sources.iter().flatten().copied()).collect();
    sources.sort_unstable();
    sources.dedup();
    if sources.is_empty() {
        return Ok(());
    }
    let edges = snapshot.edges_from(&sources, Some(&INHERITABLE)).await?;
    let account = views.first().map(|view| view.record.account);
    if let Some(account) = account {
        cards.fetch(snapshot, account, edges.iter().map(|edge| edge.to)).await?;
    }
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
                && let Some(domain) = view.ancestor("domain")
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

async fn heir(snapshot: &dyn Snapshot, view: &View, read: Option<&[Relation]>) -> Result<Heir, Problem> {
    let kind = view.record.kind;
    let relations: Vec<Relation> = INHERITABLE
        .into_iter()
        .filter(|relation| {
            kind.has(*relation)
                && read.is_none_or(|read| read.contains(relation))
                && view.targets(*relation).next().is_none()
                // Only what stands below a domain has its experts from there.
                && (*relation != relation::EXPERT || view.ancestor("domain").is_some())
        })
        .collect();
    let mut sources: Vec<Vec<RecordId>> = Vec::new();
    if relations.is_empty() {
        return Ok(Heir { relations, sources });
    }
    if kind.has_facet(Facet::OwningTeam) && kind.has(relation::IN_DOMAIN) {
        let is_read = read.is_none_or(|read| read.contains(&relation::IN_DOMAIN));
        let domains: Vec<RecordId> = if is_read {
            view.targets(relation::IN_DOMAIN).map(|(edge, _)| edge.to).collect()
        } else {
            let edges = snapshot.edges_from(&[view.record.id], Some(&[relation::IN_DOMAIN])).await?;
            edges.iter().map(|edge| edge.to).collect()
        };
        if !domains.is_empty() {
            sources.push(domains);
        }
    }
    sources.extend(view.ancestors.iter().map(|card| vec![card.id]));
    Ok(Heir { relations, sources })
}

/// The domain that a record belongs to: the one it stands below, else its own first one, else an ancestor's, else the
/// account's `default`.
pub async fn effective_domain(snapshot: &dyn Snapshot, view: &View) -> Result<Option<Arc<Card>>, Problem> {
    let account = view.record.account;
    if view.record.kind.is("domain") {
        return Ok(Some(Arc::new(Card::of(&view.record))));
    }
    let read;
    let ancestors = if view.ancestors.is_empty() && view.record.parent.is_some() {
        read = Cards::default().ancestors(snapshot, &view.record).await?;
        &read
    } else {
        &view.ancestors
    };
    if let Some(domain) = ancestors.iter().find(|card| card.kind.is("domain") && card.state.is_alive()) {
        return Ok(Some(domain.clone()));
    }
    let holders: Vec<RecordId> = [view.record.id].into_iter().chain(ancestors.iter().map(|card| card.id)).collect();
    let edges = snapshot.edges_from(&holders, Some(&[relation::IN_DOMAIN])).await?;
    let mut candidates: Vec<RecordId> = Vec::with_capacity(edges.len());
    for holder in holders {
        candidates.extend(edges.iter().filter(|edge| edge.from == holder && edge.at.is_empty()).map(|edge| edge.to));
    }
    for card in snapshot.cards(account, &candidates).await?.into_iter().flatten() {
        if card.state.is_alive() {
            return Ok(Some(card));
        }
    }
    domain_of_last_resort(snapshot, account).await
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
pub async fn owning_team(snapshot: &dyn Snapshot, view: &View) -> Result<Option<Arc<Card>>, Problem> {
    match named_team(snapshot, view).await? {
        Some((_, team)) => Ok(Some(team)),
        None => steward_team(snapshot, view).await,
    }
}

/// The living team that was named for a record, with the edge that says so.
pub async fn named_team(snapshot: &dyn Snapshot, view: &View) -> Result<Option<(Edge, Arc<Card>)>, Problem> {
    let own = snapshot.edges_from(&[view.record.id], Some(&[relation::OWNING_TEAM])).await?;
    let Some(edge) = own.into_iter().next() else { return Ok(None) };
    let team = snapshot.cards(view.record.account, &[edge.to]).await?.into_iter().flatten().next();
    Ok(team.filter(|team| team.state.is_alive()).map(|team| (edge, team)))
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

/// What rights can depend on, of a record. The teams of owners are read only where `owner_teams` asks for them.
pub async fn facts(
    snapshot: &dyn Snapshot,
    record: &Record,
    caller: RecordId,
    owner_teams: bool,
) -> Result<Facts, Problem> {
    let view = view(snapshot, record.clone(), &Depth::of(&FACTUAL, true)).await?;
    facts_of(snapshot, &view, caller, owner_teams).await
}

/// The same for who may read rows of the record: of its owners only those count to whom the rows belong. Owners of a domain
/// are none of them.
pub async fn facts_of_rows(
    snapshot: &dyn Snapshot,
    record: &Record,
    caller: RecordId,
    owner_teams: bool,
) -> Result<Facts, Problem> {
    let mut view = view(snapshot, record.clone(), &Depth::of(&FACTUAL, true)).await?;
    let owned = [relation::OWNER, relation::OWNING_TEAM];
    let is_place = |id: RecordId| view.ancestors.iter().any(|card| card.id == id && !card.kind.is("domain"));
    let counts = |edge: &Edge| !owned.contains(&edge.relation) || !edge.is_nominal();
    let is_owned = |edges: &[Edge]| edges.iter().any(|edge| owned.contains(&edge.relation));
    let was_owned = is_owned(&view.edges) || is_owned(&view.inherited);
    let edges: Vec<Edge> = view.edges.iter().filter(|edge| counts(edge)).cloned().collect();
    let comes_down = |edge: &&Edge| counts(edge) && (edge.relation != relation::OWNER || is_place(edge.from));
    let inherited: Vec<Edge> = view.inherited.iter().filter(comes_down).cloned().collect();
    (view.edges, view.inherited) = (edges, inherited);
    let mut facts = facts_of(snapshot, &view, caller, owner_teams).await?;
    if was_owned && facts.owners.is_empty() {
        // Somebody owns it all the same: rules for what nobody owns are not meant.
        facts.owners.push(record.id);
    }
    Ok(facts)
}

async fn facts_of(snapshot: &dyn Snapshot, view: &View, caller: RecordId, owner_teams: bool) -> Result<Facts, Problem> {
    let record = &view.record;
    let ids = |relation: Relation| -> Vec<RecordId> { view.targets(relation).map(|(edge, _)| edge.to).collect() };
    let or_inherited = |relation: Relation| -> Vec<Arc<Card>> {
        let own: Vec<Arc<Card>> = view.targets(relation).map(|(_, card)| card.clone()).collect();
        if own.is_empty() { view.inherited_targets(relation).map(|(_, card)| card.clone()).collect() } else { own }
    };
    let mut owners = or_inherited(relation::OWNER);
    let own_team = view.targets(relation::OWNING_TEAM).next().map(|(_, card)| card.clone());
    let owning_team = match &own_team {
        Some(team) => Some(team.id),
        None if record.kind.has_facet(Facet::OwningTeam) => owning_team(snapshot, view).await?.map(|card| card.id),
        // The stewards of a domain hold the domain itself, and what is made in it.
        None if record.kind.is("domain") => steward_of(snapshot, &Card::of(record)).await?.map(|card| card.id),
        None => None,
    };
    // A team belongs to those of its members who are its owners.
    let leads = view.edges.iter().filter(|edge| {
        edge.relation == relation::MEMBER
            && edge.attributes.get("designation").and_then(|value| value.as_str()) == Some("owner")
    });
    owners.extend(leads.filter_map(|edge| view.cards.get(&edge.to)).cloned());
    owners.extend(own_team.filter(|team| owners.iter().all(|owner| owner.id != team.id)));
    let mut domains: Vec<String> = or_inherited(relation::IN_DOMAIN).iter().map(|card| card.fqn.clone()).collect();
    if record.kind.is("domain") {
        domains.push(record.fqn.clone());
    }
    let (owner_teams, owner_in_teams) =
        if owner_teams { teams_of(snapshot, record.account, &owners).await? } else { Default::default() };
    Ok(Facts {
        id: Some(record.id),
        owners: owners.iter().map(|card| card.id).collect(),
        owning_team,
        owner_teams,
        owner_in_teams,
        reviewers: ids(relation::REVIEWER),
        editors: ids(relation::EDITOR),
        viewers: ids(relation::VIEWER),
        domains,
        tags: view.targets(relation::TAGGED).map(|(_, card)| card.fqn.clone()).collect(),
        certification: certification(record),
        is_self: record.id == caller,
        visibility: Some(record.visibility),
    })
}

/// The relations that rights can depend on.
const FACTUAL: [Relation; 8] = [
    relation::OWNER,
    relation::OWNING_TEAM,
    relation::REVIEWER,
    relation::EDITOR,
    relation::VIEWER,
    relation::IN_DOMAIN,
    relation::TAGGED,
    relation::MEMBER,
];

fn certification(record: &Record) -> Option<String> {
    let label = record.body.get("certification")?.get("tag_label")?;
    label.get("tag_fqn")?.as_str().map(str::to_owned)
}

/// FQNs of the teams among the owners, and of those with the teams of the users among them; each with all above.
async fn teams_of(
    snapshot: &dyn Snapshot,
    account: AccountId,
    owners: &[Arc<Card>],
) -> Result<(Vec<String>, Vec<String>), Problem> {
    let (teams, users): (Vec<&Arc<Card>>, Vec<&Arc<Card>>) = owners.iter().partition(|owner| owner.kind.is("team"));
    let teams: Vec<RecordId> = teams.iter().map(|team| team.id).collect();
    let users: Vec<RecordId> = users.iter().map(|user| user.id).collect();
    let owning = with_teams_above(snapshot, account, teams).await?;
    let memberships = snapshot.edges_to(&users, &[relation::MEMBER], MOST_MEMBERSHIPS).await?;
    let mut all = with_teams_above(snapshot, account, memberships.iter().map(|edge| edge.from).collect()).await?;
    all.extend(owning.iter().cloned());
    all.sort_unstable();
    all.dedup();
    Ok((owning, all))
}

/// More than any person's, so that nothing is cut off.
const MOST_MEMBERSHIPS: u32 = 10_000;

async fn with_teams_above(
    snapshot: &dyn Snapshot,
    account: AccountId,
    mut level: Vec<RecordId>,
) -> Result<Vec<String>, Problem> {
    let mut known: Vec<RecordId> = Vec::new();
    let mut fqns = Vec::new();
    while !level.is_empty() {
        let alive: Vec<Record> = snapshot
            .by_id(account, &level)
            .await?
            .into_iter()
            .flatten()
            .filter(|team| team.state.is_alive() && !known.contains(&team.id))
            .collect();
        let ids: Vec<RecordId> = alive.iter().map(|team| team.id).collect();
        known.extend(&ids);
        fqns.extend(alive.into_iter().map(|team| team.fqn));
        level = snapshot.edges_from(&ids, Some(&[relation::UNDER_TEAM])).await?.iter().map(|edge| edge.to).collect();
        level.sort_unstable();
        level.dedup();
    }
    Ok(fqns)
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
