//! An asset lends its rows to a product where whoever adds it holds them; everybody else's asset is described, and closed.

use std::collections::HashMap;

use async_trait::async_trait;

use crate::command::Lender;
use crate::id::{Millis, RecordId};
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::relation::HAS_ASSET;
use crate::rows::Reader;
use crate::rows::grants::{self, Grant};

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
}
