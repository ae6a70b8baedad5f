//! An asset lends its rows to a product where whoever adds it holds them; everybody else's asset is described, and closed.

use std::collections::HashMap;

use async_trait::async_trait;

use crate::command::Lender;
use crate::id::RecordId;
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
        let mut of_lender: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
        for (asset, lender) in std::mem::take(&mut plan.lent) {
            let lender = match lender {
                Lender::Caller | Lender::CallerAgain => plan.cx.caller.principal.user,
                Lender::User(user) => user,
                Lender::Nobody => continue,
            };
            of_lender.entry(lender).or_default().push(asset);
        }
        for (lender, assets) in of_lender {
            let cx = plan.cx;
            let principal = if lender == cx.caller.principal.user {
                Some(cx.caller.principal.clone())
            } else {
                // Who has left, or was disabled, holds nothing any more.
                cx.access.principal(cx.snapshot, cx.registry, cx.account(), lender).await?
            };
            let Some(principal) = principal else { continue };
            let held = Reader::new(cx.access, cx.snapshot, &principal).held(&assets).await?;
            let grant = Grant { by: lender, at: cx.now, until: None };
            let edges = plan.after.edges.iter_mut().filter(|edge| edge.relation == HAS_ASSET);
            for edge in edges.filter(|edge| held.contains(&edge.to) && !grants::outlasts(edge, None)) {
                grants::put(&mut edge.attributes, grant);
            }
        }
        Ok(())
    }
}
