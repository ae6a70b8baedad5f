//! Grants that live on although whoever gave them holds the rows no more.

use std::collections::HashSet;

use super::grants::Grant;
use super::holding::held_by;
use crate::boxed::Boxed;
use crate::caller::Principal;
use crate::context::Context;
use crate::id::RecordId;
use crate::problem::Problem;

/// A grant by the asset that is lent, and by whom.
pub type Given = (RecordId, RecordId);

/// Of the grants, each with the asset that it lends, those whose giver has lost the rows since, or cannot act any more.
///
/// Cost: what is read of rows is read once for all givers.
pub fn outlived<'a>(
    cx: &'a Context<'a>,
    grants: &'a [(RecordId, Grant)],
) -> Boxed<'a, Result<HashSet<Given>, Problem>> {
    Box::pin(async move {
        if grants.is_empty() {
            return Ok(HashSet::new());
        }
        let given: HashSet<Given> = grants.iter().map(|(asset, grant)| (*asset, grant.by)).collect();
        let givers: HashSet<RecordId> = given.iter().map(|(_, giver)| *giver).collect();
        let givers: Vec<RecordId> = givers.into_iter().collect();
        let assets: HashSet<RecordId> = given.iter().map(|(asset, _)| *asset).collect();
        let assets: Vec<RecordId> = assets.into_iter().collect();
        let acting = cx.access.principals_of(cx.snapshot, cx.account(), &givers).await?;
        let acting: Vec<&Principal> = acting.values().map(|principal| &**principal).collect();
        let mut outlived = given;
        for (principal, held) in acting.iter().zip(held_by(cx.snapshot, cx.account(), &acting, &assets).await?) {
            outlived.retain(|(asset, giver)| *giver != principal.user || !held.contains(asset));
        }
        Ok(outlived)
    })
}
