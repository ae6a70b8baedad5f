//! Every top domain has a steward team, made with it: it holds what no other team does.

use async_trait::async_trait;
use serde_json::{Map, json};

use crate::change_set::{Event, EventKind, Write};
use crate::id::{EdgeId, RecordId, Revision};
use crate::kind::Visibility;
use crate::kinds::TEAM;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::{Body, Card, Edge, Record, State};
use crate::relation;
use crate::rules::team_tree;

/// The steward team's name under its domain.
pub const NAME: &str = "Stewards";

pub struct StewardTeam;

#[async_trait]
impl Hooks for StewardTeam {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if !plan.is_new() || plan.after.record.parent.is_some() {
            return Ok(());
        }
        let domain = plan.after.record.clone();
        let kind = TEAM;
        let id = RecordId::fresh();
        let mut body = Body::new();
        body.insert("team_type".into(), json!("Group"));
        body.insert("description".into(), json!("Holds what no other team of the domain does."));
        let team = Record {
            id,
            account: domain.account,
            kind,
            name: NAME.to_owned(),
            fqn: kind.fqn(Some(&domain.fqn), NAME, Some(id)),
            parent: Some(domain.id),
            revision: Revision::FIRST,
            version: 1,
            content_revision: 1,
            created: plan.cx.stamp(),
            updated: plan.cx.stamp(),
            state: State::Alive,
            visibility: Visibility::Open,
            body,
            change: None,
        };
        let edge = |from, relation, to, attributes| Edge {
            id: EdgeId::fresh(),
            from,
            relation,
            at: String::new(),
            ord: 0,
            to,
            attributes,
            since: Revision::FIRST,
            until: None,
        };
        let mut owner = Map::new();
        owner.insert("designation".into(), json!("owner"));
        let member = edge(id, relation::MEMBER, plan.cx.caller.principal.user, owner);
        plan.after.cards.insert(id, std::sync::Arc::new(Card::of(&team)));
        plan.after.edges.push(edge(domain.id, relation::STEWARD, id, Map::new()));
        plan.events.push(Event {
            account: team.account,
            at: plan.cx.now,
            by: plan.cx.caller.actor(),
            what: EventKind::Created,
            kind,
            id,
            fqn: team.fqn.clone(),
            revision: team.revision,
            detail: None,
        });
        plan.writes.push(Write::Put { record: Box::new(team), replaces: None, silent: false });
        plan.writes.push(Write::Link(Box::new(member)));
        if let Some(everybody) = team_tree::everybody(plan.cx).await? {
            plan.writes.push(Write::Link(Box::new(team_tree::under(id, everybody))));
        }
        plan.raises_epoch = true;
        Ok(())
    }
}
