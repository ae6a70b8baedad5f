//! The version that a change makes, and how the change is told.

use std::sync::Arc;

use serde_json::{Value, json};

use super::diff::{self, Difference};
use super::planning::Planning;
use crate::context::Context;
use crate::id::RecordId;
use crate::load;
use crate::problem::Problem;
use crate::record::{Change, FieldChange, View};

/// Changes of one user within this time count as one version, where the door asks for it.
const CONSOLIDATION_MS: i64 = 10 * 60 * 1000;

/// Version, content revision, stamp and change description of an altered record.
pub async fn count(plan: &mut Planning<'_>, before: &View, difference: &Difference) -> Result<(), Problem> {
    let cx = plan.cx;
    let kind = plan.kind;
    let described = !difference.change.is_empty() || plan.revived;
    plan.after.record.updated = cx.stamp();
    if difference.content || plan.door.always_revise {
        plan.after.record.content_revision += 1;
    }
    if !described {
        // Hashes, order, followers: only the revision counts them, and nobody is said to have updated the record but for
        // settings and roles.
        if !plan.door.always_revise && !difference.signed {
            plan.after.record.updated = before.record.updated.clone();
        }
        return Ok(());
    }
    let step = if plan.breaking { 10 } else { 1 };
    let young = cx.now.0 - before.record.updated.at.0 < CONSOLIDATION_MS;
    let same_hand = before.record.updated.by.id == cx.caller.principal.user;
    let joins = plan.door.consolidate
        && young
        && same_hand
        && !plan.breaking
        && !plan.revived
        && before.record.version > 1
        // A deletion or a restoration stays a step of its own.
        && before.record.change.as_ref().is_some_and(|change| change.fields().all(|field| field != "deleted"));
    if joins {
        let previous = before.record.change.as_ref().map_or(1, |change| change.previous_version);
        if let Some(base) = version_view(cx, before.record.id, previous).await? {
            let mut change = diff::between(kind, &base, &plan.after).change;
            change.previous_version = previous;
            plan.after.record.change = Some(Arc::new(change));
            return Ok(());
        }
    }
    plan.after.record.version += step;
    plan.after.record.change =
        Some(Arc::new(Change { previous_version: before.record.version, ..difference.change.clone() }));
    Ok(())
}

/// The last state that bore a version.
pub async fn version_view(cx: &Context<'_>, id: RecordId, version: u32) -> Result<Option<View>, Problem> {
    let mut before = None;
    loop {
        let page = cx.snapshot.history(id, before, 64).await?;
        let Some(last) = page.last().map(|record| record.revision) else { return Ok(None) };
        if let Some(record) = page.into_iter().find(|record| record.version == version) {
            return Ok(Some(load::past_view(cx.snapshot, record).await?));
        }
        before = Some(last);
    }
}

/// The change as a log line keeps it.
pub fn change_detail(change: &Change) -> Option<Value> {
    if change.is_empty() {
        return None;
    }
    let list = |changes: &[FieldChange]| {
        changes.iter().map(|c| json!({"field": c.field, "old": c.old, "new": c.new})).collect::<Vec<_>>()
    };
    Some(json!({
        "previous_version": change.previous_version,
        "added": list(&change.added),
        "updated": list(&change.updated),
        "deleted": list(&change.deleted),
    }))
}
