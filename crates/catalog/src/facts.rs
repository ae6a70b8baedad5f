//! What rights can depend on, of one record: who owns it, whose teams these are, where it stands, how it is labelled.

use std::collections::HashMap;
use std::sync::Arc;

use crate::facet::Facet;
use crate::id::{AccountId, RecordId};
use crate::kinds::{DOMAIN, TEAM};
use crate::load::{Depth, owning_team, steward_of, view};
use crate::ports::{Facts, Snapshot, Upward};
use crate::problem::Problem;
use crate::record::{Card, Edge, Record, View};
use crate::relation::{self, Relation};

/// What rights can depend on, of a record. The teams of owners are read only where `owner_teams` asks for them.
pub async fn of_record(
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
pub async fn of_rows(
    snapshot: &dyn Snapshot,
    record: &Record,
    caller: RecordId,
    owner_teams: bool,
) -> Result<Facts, Problem> {
    let mut view = view(snapshot, record.clone(), &Depth::of(&FACTUAL, true)).await?;
    let owned = [relation::OWNER, relation::OWNING_TEAM];
    let is_place = |id: RecordId| view.ancestors.iter().any(|card| card.id == id && card.kind != DOMAIN);
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
    let mut owners = view.own_or_inherited(relation::OWNER);
    let own_team = view.targets(relation::OWNING_TEAM).next().map(|(_, card)| card.clone());
    let owning_team = match &own_team {
        Some(team) => Some(team.id),
        None if record.kind.has_facet(Facet::OwningTeam) => owning_team(snapshot, view).await?.map(|card| card.id),
        // The stewards of a domain hold the domain itself, and what is made in it.
        None if record.kind == DOMAIN => steward_of(snapshot, &Card::of(record)).await?.map(|card| card.id),
        None => None,
    };
    // A team belongs to those of its members who are its owners.
    let leads = view.edges.iter().filter(|edge| {
        edge.relation == relation::MEMBER
            && edge.attributes.get("designation").and_then(|value| value.as_str()) == Some("owner")
    });
    owners.extend(leads.filter_map(|edge| view.cards.get(&edge.to)).cloned());
    owners.extend(own_team.filter(|team| owners.iter().all(|owner| owner.id != team.id)));
    let named = view.own_or_inherited(relation::IN_DOMAIN);
    let mut domains: Vec<String> = named.iter().map(|card| card.fqn.clone()).collect();
    if record.kind == DOMAIN {
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
        certification: view.certified_by().map(|tag| tag.fqn.clone()),
        is_self: record.id == caller,
        visibility: Some(record.visibility),
    })
}

/// The relations that rights can depend on.
pub(crate) const FACTUAL: [Relation; 9] = [
    relation::OWNER,
    relation::OWNING_TEAM,
    relation::REVIEWER,
    relation::EDITOR,
    relation::VIEWER,
    relation::IN_DOMAIN,
    relation::TAGGED,
    relation::CERTIFIED_BY,
    relation::MEMBER,
];

/// FQNs of the teams among the owners, and of those with the teams of the users among them; each with all above.
async fn teams_of(
    snapshot: &dyn Snapshot,
    account: AccountId,
    owners: &[Arc<Card>],
) -> Result<(Vec<String>, Vec<String>), Problem> {
    let (teams, users): (Vec<&Arc<Card>>, Vec<&Arc<Card>>) = owners.iter().partition(|owner| owner.kind == TEAM);
    let teams: Vec<RecordId> = teams.iter().map(|team| team.id).collect();
    let users: Vec<RecordId> = users.iter().map(|user| user.id).collect();
    let (edges, cards) = snapshot.edges_up(account, &to_all_teams(&teams, &users)).await?;
    let (memberships, above): (Vec<Edge>, Vec<Edge>) =
        edges.into_iter().partition(|edge| edge.relation == relation::MEMBER);
    let of_users: Vec<RecordId> = memberships.iter().map(|edge| edge.from).collect();
    let tree = TeamTree::of(above, cards);
    let owning = tree.names(teams);
    let mut all = tree.names(of_users);
    all.extend(owning.iter().cloned());
    all.sort_unstable();
    all.dedup();
    Ok((owning, all))
}

/// From teams, and those that users are in, to all above them.
pub(crate) fn to_all_teams<'a>(teams: &'a [RecordId], users: &'a [RecordId]) -> Upward<'a> {
    Upward { ids: teams, members: users, holding: relation::MEMBER, relation: relation::UNDER_TEAM }
}

/// Teams with all teams above them.
struct TeamTree {
    edges: HashMap<RecordId, Vec<RecordId>>,
    cards: HashMap<RecordId, Arc<Card>>,
}

impl TeamTree {
    fn of(found: Vec<Edge>, cards: Vec<Arc<Card>>) -> TeamTree {
        let mut edges: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
        for edge in found {
            edges.entry(edge.from).or_default().push(edge.to);
        }
        TeamTree { edges, cards: cards.into_iter().map(|card| (card.id, card)).collect() }
    }

    /// FQNs of the living ones among the teams, and of those above them.
    fn names(&self, teams: Vec<RecordId>) -> Vec<String> {
        let mut known: Vec<RecordId> = Vec::new();
        let mut left = teams;
        let mut fqns = Vec::new();
        while let Some(id) = left.pop() {
            let card = self.cards.get(&id).filter(|card| card.state.is_alive() && !known.contains(&id));
            if let Some(card) = card {
                known.push(id);
                fqns.push(card.fqn.clone());
                left.extend(self.edges.get(&id).into_iter().flatten());
            }
        }
        fqns
    }
}
