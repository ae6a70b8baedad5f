//! Asks the gate before a command is made: for doors that follow references of a request themselves, and may tell what
//! they found only to whom the command would be allowed.
//!
//! Nothing is granted here: the commit path asks again when the command is carried out.

use std::sync::Arc;

use foldhash::HashMap;

use crate::action::Action;
use crate::cached_snapshot::CachedSnapshot;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::denials::Denials;
use crate::id::{EdgeId, RecordId, Revision};
use crate::kind::Kind;
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::record::{Body, Card, Edge, Record, State, View};
use crate::relation::OWNING_TEAM;

impl Catalog {
    /// May the caller make a record of the kind below `parent`? `team` is the owning team that the record would name.
    pub(crate) async fn ask_create(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        kind: Kind,
        parent: &View,
        team: Option<&Record>,
    ) -> Result<(), Problem> {
        self.ask_create_in(snapshot, caller, kind, Some(parent), team).await
    }

    /// Below which of these may the caller make a record of the kind? What it turns on is read for all of them at once.
    pub(crate) async fn may_create_in_each(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        kind: Kind,
        parents: &[View],
    ) -> Result<Vec<bool>, Problem> {
        let known = CachedSnapshot::over(snapshot);
        let ids: Vec<RecordId> = parents.iter().map(View::id).collect();
        let found: Vec<Record> = known.by_id(caller.account(), &ids).await?.into_iter().flatten().collect();
        self.access.prefetch(&known, &caller.principal, &found.iter().collect::<Vec<_>>()).await?;
        let mut allowed = Vec::with_capacity(parents.len());
        for parent in parents {
            allowed.push(match Denials::aside(self.ask_create(&known, caller, kind, parent, None)).await {
                Ok(()) => true,
                Err(Problem::Forbidden { .. }) => false,
                Err(problem) => return Err(problem),
            });
        }
        Ok(allowed)
    }

    /// May the caller make a record of a kind that stands below nothing?
    pub(crate) async fn ask_create_at_top(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        kind: Kind,
    ) -> Result<(), Problem> {
        self.ask_create_in(snapshot, caller, kind, None, None).await
    }

    async fn ask_create_in(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        kind: Kind,
        parent: Option<&View>,
        team: Option<&Record>,
    ) -> Result<(), Problem> {
        let cx = self.context(snapshot, caller);
        let id = RecordId::fresh();
        let record = Record {
            id,
            account: caller.account(),
            kind,
            name: String::new(),
            fqn: String::new(),
            parent: parent.map(View::id),
            revision: Revision::FIRST,
            version: 1,
            content_revision: 1,
            created: cx.stamp(),
            updated: cx.stamp(),
            state: State::Alive,
            visibility: kind.0.visibility,
            body: Body::new(),
            change: None,
        };
        let above: Vec<Arc<Card>> = parent.map(|parent| Arc::new(Card::of(&parent.record))).into_iter().collect();
        let mut cards: HashMap<RecordId, Arc<Card>> = above.iter().map(|card| (card.id, card.clone())).collect();
        let owning = team.map(|team| Edge {
            id: EdgeId::fresh(),
            from: id,
            relation: OWNING_TEAM,
            at: String::new(),
            ord: 0,
            to: team.id,
            attributes: serde_json::Map::new(),
            since: Revision::FIRST,
            until: None,
        });
        cards.extend(team.map(|team| (team.id, Arc::new(Card::of(team)))));
        let further = parent.map(|parent| parent.ancestors.as_slice()).unwrap_or_default();
        let ancestors = above.into_iter().chain(further.iter().cloned()).collect();
        let edges = owning.into_iter().collect();
        let planned = View { record, edges, cards, ancestors, inherited: Vec::new() };
        self.access.may_create(&cx, &planned).await.map(drop)
    }

    /// May the caller change at least one of these fields and relations of a record that he sees?
    pub(crate) async fn ask_change(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        record: &Record,
        fields: &[&str],
    ) -> Result<(), Problem> {
        let cx = self.context(snapshot, caller);
        let mut asked: Vec<Action> = Vec::new();
        let mut refusal = None;
        for action in fields.iter().flat_map(|field| Action::each_for_field(field)) {
            if asked.contains(&action) {
                continue;
            }
            asked.push(action);
            match self.access.may(&cx, action, record).await {
                Ok(_) => return Ok(()),
                Err(problem @ Problem::Forbidden { .. }) => refusal = refusal.or(Some(problem)),
                Err(problem) => return Err(problem),
            }
        }
        refusal.map_or(Ok(()), Err)
    }

    /// May the caller delete a record that he sees?
    pub(crate) async fn ask_delete(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        record: &Record,
    ) -> Result<(), Problem> {
        let cx = self.context(snapshot, caller);
        self.access.may(&cx, Action::Delete, record).await.map(drop)
    }
}
