//! How much a kind alone says of which records the caller sees.

use std::collections::HashMap;

use super::Reading;
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::listing::Outline;
use crate::problem::Problem;

/// What the caller sees of a kind that is no part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KindVisibility {
    Nothing,
    Everything,
    /// What is open, and of what was granted that from which an edge (owner, owning team, editor, viewer) leads to one of
    /// these. The rest is not seen, or has to be looked at one by one.
    Open {
        linked_to: Vec<RecordId>,
        look_at_rest: bool,
    },
    /// Each record has to be looked at.
    Each,
}

impl Reading<'_> {
    /// What the caller sees of these kinds, by their names. Where he stands in domains is asked once for all of them.
    pub fn sights<'a>(
        &'a self,
        kinds: &'a [Kind],
    ) -> Boxed<'a, Result<HashMap<&'static str, KindVisibility>, Problem>> {
        Box::pin(async move {
            let principal = &self.caller.principal;
            let mut stands: Option<bool> = None;
            let mut sights = HashMap::with_capacity(kinds.len());
            for kind in kinds {
                let sight = match self.catalog.outline(principal, *kind) {
                    Outline::Nothing => KindVisibility::Nothing,
                    Outline::Everything => KindVisibility::Everything,
                    Outline::Each => KindVisibility::Each,
                    Outline::Edges { ids, by_standing: false } => {
                        KindVisibility::Open { linked_to: ids, look_at_rest: false }
                    }
                    Outline::Edges { ids, by_standing: true } => {
                        let look_at_rest = match stands {
                            Some(stands) => stands,
                            None => !self.catalog.standing(&*self.snapshot, principal, *kind).await?.is_empty(),
                        };
                        stands = Some(look_at_rest);
                        KindVisibility::Open { linked_to: ids, look_at_rest }
                    }
                };
                sights.insert(kind.name(), sight);
            }
            Ok(sights)
        })
    }
}
