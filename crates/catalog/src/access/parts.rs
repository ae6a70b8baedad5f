//! What belongs to another record: the rights to it are rights to the whole.

use std::collections::HashSet;

use crate::action::Action;
use crate::cached_snapshot::CachedSnapshot;
use crate::caller::Principal;
use crate::climb::MOST_ANCESTORS;
use crate::id::{AccountId, RecordId};
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::record::Record;
use crate::requests::wanted::rows_wanted;

/// Reads what parts belong to, for all of them at once.
pub(super) async fn fetch_wholes(
    known: &CachedSnapshot<'_>,
    account: AccountId,
    records: &[&Record],
) -> Result<(), Problem> {
    let above = |record: &Record| record.parent.filter(|_| record.kind.0.part);
    let mut level: Vec<RecordId> = records.iter().filter_map(|record| above(record)).collect();
    for _ in 0..MOST_ANCESTORS {
        if level.is_empty() {
            break;
        }
        level = known.by_id(account, &level).await?.iter().flatten().filter_map(above).collect();
    }
    Ok(())
}

/// The record that a part belongs to in the end; `None` for what is no part.
pub(super) async fn whole(snapshot: &dyn Snapshot, record: &Record) -> Result<Option<Record>, Problem> {
    let mut whole: Option<Record> = None;
    while let part = whole.as_ref().unwrap_or(record)
        && part.kind.0.part
        && let Some(parent) = part.parent
    {
        let Some(above) = snapshot.by_id(record.account, &[parent]).await?.into_iter().next().flatten() else {
            return Ok(None);
        };
        whole = Some(above);
    }
    Ok(whole)
}

/// What it takes to do something to a part.
pub(super) enum Needed {
    /// This right on the whole.
    OfWhole(Action),
    /// To hold the rows of all of these assets.
    Rows(Vec<RecordId>),
    Nobody,
}

/// What is personal nobody else changes, and only administrators of the account take it away. What asks for something its
/// maker makes and sees, and those see who may give that; it is changed by their decision alone.
pub(super) fn needed(principal: &Principal, part: &Record, action: Action) -> Needed {
    let kind = part.kind.0;
    let is_own = is_made_by(part, principal);
    match action {
        Action::View | Action::Create if kind.asks && is_own => Needed::OfWhole(Action::View),
        Action::View if kind.asks => match rows_wanted(part) {
            // Whether or not the assets are there still.
            Some(_) if principal.is_admin => Needed::OfWhole(Action::EditUsers),
            Some(assets) => Needed::Rows(assets),
            None => Needed::OfWhole(Action::EditUsers),
        },
        _ if kind.asks => Needed::Nobody,
        _ if kind.personal && is_own => Needed::OfWhole(Action::View),
        Action::View if kind.personal => Needed::OfWhole(Action::EditUsers),
        Action::Delete if kind.personal && principal.is_admin => Needed::OfWhole(Action::EditUsers),
        _ if kind.personal => Needed::Nobody,
        Action::View if kind.shown => Needed::OfWhole(Action::View),
        _ => Needed::OfWhole(Action::EditAll),
    }
}

pub(super) fn is_made_by(part: &Record, principal: &Principal) -> bool {
    part.created.by.id == principal.user
}

pub(super) fn holds_all(held: &HashSet<RecordId>, assets: &[RecordId]) -> bool {
    !assets.is_empty() && assets.iter().all(|asset| held.contains(asset))
}
