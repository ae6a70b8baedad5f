//! A subscription is read in the name of whoever said where it goes: nobody is sent what he could not look at himself, be
//! it by a subscription that somebody else made. Who then says what is sent there, or how, and is no administrator, reads it
//! from then on: else an owner could have sent to him what its maker sees. An administrator lends his eyes to what he has made
//! and, by naming an address that was not there, to what he owns: what he puts right for others opens nothing to them. Whoever
//! makes one owns it, where nobody is said to.

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::id::{EdgeId, RecordId, Revision};
use crate::kinds::event_subscription::{ACTS_FOR, ENDPOINT};
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::{Edge, View};
use crate::relation::OWNER;

/// Where it goes; its secrets go with it.
const DESTINATIONS: &str = "destinations";
/// What is sent there.
const WIDENS: &[&str] = &["resources", "input", "enabled"];

pub struct Subscriber;

#[async_trait]
impl Hooks for Subscriber {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let principal = &plan.cx.caller.principal;
        let (user, is_trusted) = (principal.user, principal.is_trusted());
        let before = plan.before.as_ref().and_then(|before| before.field(ACTS_FOR).cloned());
        let turns = match is_trusted {
            true => leads_elsewhere(plan) && is_owned_by(plan, user),
            false => plan.differs(DESTINATIONS) || plan.alters_secrets(),
        };
        let widens = !is_trusted && WIDENS.iter().any(|field| plan.differs(field));
        let acts_for = match before {
            Some(before) if !turns && !widens => before,
            _ => user.to_string().into(),
        };
        plan.after.record.body.insert(ACTS_FOR.into(), acts_for);
        // Administrators see it anyway.
        if plan.is_new() && !is_trusted && !plan.after.edges.iter().any(|edge| edge.relation == OWNER) {
            plan.after.edges.push(Edge {
                id: EdgeId::fresh(),
                from: plan.after.record.id,
                relation: OWNER,
                at: String::new(),
                ord: 0,
                to: user,
                attributes: Map::new(),
                since: Revision(0),
                until: None,
            });
        }
        Ok(())
    }
}

/// Whether it goes to an address that it did not go to before.
fn leads_elsewhere(plan: &Planning<'_>) -> bool {
    let before = plan.before.as_ref().map(addresses).unwrap_or_default();
    addresses(&plan.after).iter().any(|address| !before.contains(address))
}

fn is_owned_by(plan: &Planning<'_>, user: RecordId) -> bool {
    let edges = plan.before.iter().flat_map(|before| &before.edges);
    edges.into_iter().any(|edge| edge.relation == OWNER && edge.to == user)
}

fn addresses(view: &View) -> Vec<Option<&Value>> {
    let destinations = view.field(DESTINATIONS).and_then(Value::as_array);
    destinations.into_iter().flatten().map(|destination| destination.pointer(ENDPOINT)).collect()
}
