//! An asset lends its rows to a product where whoever adds it holds them; everybody else's asset is described, and closed. The
//! same holds of what a product comes back with.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;

use crate::action::Action;
use crate::command::Lender;
use crate::context::Context;
use crate::id::{Millis, RecordId};
use crate::kinds::{DATA_PRODUCT, DOMAIN};
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::query::{DeletedWith, ListQuery, States};
use crate::record::{Edge, Record};
use crate::relation::HAS_ASSET;
use crate::rows::Reader;
use crate::rows::grants::{self, Grant};

/// Products that are looked at in one read.
const AT_ONCE: u32 = 1_000;

pub struct Lending;

#[async_trait]
impl Hooks for Lending {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let mut of_lender: HashMap<RecordId, HashMap<RecordId, Option<Millis>>> = HashMap::new();
        for (asset, lender, until) in std::mem::take(&mut plan.lent) {
            let lender = match lender {
                Lender::Caller | Lender::CallerAgain => plan.cx.caller.principal.user,
                Lender::User(user) => user,
                Lender::Nobody => continue,
            };
            of_lender.entry(lender).or_default().insert(asset, until);
        }
        for (lender, assets) in of_lender {
            let cx = plan.cx;
            let principal = if lender == cx.caller.principal.user {
                Some(cx.caller.principal.clone())
            } else {
                // Who has left, or was disabled, holds nothing any more.
                cx.access.principal(cx.snapshot, cx.account(), lender).await?
            };
            let Some(principal) = principal else { continue };
            let named: Vec<RecordId> = assets.keys().copied().collect();
            let held = Reader::new(cx.access, cx.snapshot, &principal).held(&named).await?;
            for edge in plan.after.edges.iter_mut().filter(|edge| edge.relation == HAS_ASSET) {
                let Some(until) = assets.get(&edge.to).copied().filter(|_| held.contains(&edge.to)) else { continue };
                if !grants::outlasts(edge, until) {
                    grants::put(&mut edge.attributes, Grant { by: lender, at: cx.now, until });
                }
            }
        }
        Ok(())
    }

    /// The side of the asset could take nothing back of what was deleted: it comes back without the grants of rows that are
    /// not the restorer's.
    async fn restoring(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let cx = plan.cx;
        if cx.caller.principal.is_admin {
            return Ok(());
        }
        if shares_below(cx, &plan.after.record).await? {
            return Err(Problem::Forbidden {
                who: cx.caller.principal.name.to_string(),
                action: Action::Delete.name(),
                kind: plan.kind.name(),
                why: Some(
                    "products come back with it that share rows which are not yours: an administrator restores it"
                        .into(),
                ),
            });
        }
        let closed = not_held(cx, &plan.after.edges).await?;
        for edge in plan.after.edges.iter_mut().filter(|edge| edge.relation == HAS_ASSET && closed.contains(&edge.to)) {
            grants::take_away(&mut edge.attributes);
        }
        Ok(())
    }
}

/// Assets that are lent by these edges, and whose rows the caller does not hold.
pub(crate) async fn not_held(cx: &Context<'_>, edges: &[Edge]) -> Result<HashSet<RecordId>, Problem> {
    let lent = edges.iter().filter(|edge| edge.relation == HAS_ASSET && grants::is_granted(edge)).map(|edge| edge.to);
    let mut lent: HashSet<RecordId> = lent.collect();
    if lent.is_empty() || cx.caller.principal.is_admin {
        return Ok(HashSet::new());
    }
    let named: Vec<RecordId> = lent.iter().copied().collect();
    let held = Reader::new(cx.access, cx.snapshot, &cx.caller.principal).held(&named).await?;
    lent.retain(|asset| !held.contains(asset));
    Ok(lent)
}

/// Whether products that went with a record share rows that the caller does not hold.
pub(crate) async fn shares_below(cx: &Context<'_>, record: &Record) -> Result<bool, Problem> {
    if record.kind != DOMAIN {
        return Ok(false);
    }
    let mut query = ListQuery {
        states: States::Dead,
        deleted_with: Some(DeletedWith::Record(record.id)),
        limit: AT_ONCE,
        ..ListQuery::of(record.account, DATA_PRODUCT)
    };
    loop {
        let products = cx.snapshot.list(&query).await?;
        let ids: Vec<RecordId> = products.iter().map(|product| product.id).collect();
        let edges = cx.snapshot.edges_from(&ids, Some(&[HAS_ASSET])).await?;
        if !not_held(cx, &edges).await?.is_empty() {
            return Ok(true);
        }
        match products.last().filter(|_| products.len() == AT_ONCE as usize) {
            Some(last) => query.after = Some(query.keyset(last)),
            None => return Ok(false),
        }
    }
}
