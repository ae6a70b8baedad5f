//! Grants that live on although whoever gave them holds the rows no more.

use std::collections::{HashMap, HashSet};

use super::Reader;
use super::grants::Grant;
use crate::context::Context;
use crate::id::RecordId;
use crate::problem::Problem;

/// A grant by the asset that is lent, and by whom.
pub type Given = (RecordId, RecordId);

/// Of the grants, each with the asset that it lends, those whose giver has lost the rows since, or cannot act any more.
pub async fn outlived(cx: &Context<'_>, grants: &[(RecordId, Grant)]) -> Result<HashSet<Given>, Problem> {
    let mut of_giver: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
    for (asset, grant) in grants {
        of_giver.entry(grant.by).or_default().push(*asset);
    }
    let mut outlived = HashSet::new();
    for (giver, assets) in of_giver {
        let held = match cx.access.principal(cx.snapshot, cx.registry, cx.account(), giver).await? {
            Some(principal) => Reader::new(cx.access, cx.snapshot, &principal).held(&assets).await?,
            None => HashSet::new(),
        };
        outlived.extend(assets.into_iter().filter(|asset| !held.contains(asset)).map(|asset| (asset, giver)));
    }
    Ok(outlived)
}
