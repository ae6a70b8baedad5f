//! Labels that may not be put on: disabled ones, and two of a vocabulary whose members exclude one another.
//!
//! What hangs there already stays as it is, so that a vocabulary can be closed while it is in use.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::planning::Planning;
use crate::id::RecordId;
use crate::problem::Problem;
use crate::record::{Edge, Record};
use crate::relation::TAGGED;

/// Looks at the labels that the plan adds.
///
/// Cost: two reads where there are any, none otherwise.
pub async fn check(plan: &Planning<'_>) -> Result<(), Problem> {
    // Thousands of columns can bear labels.
    let before = plan.before.iter().flat_map(|before| &before.edges).filter(|edge| edge.relation == TAGGED);
    let known: HashSet<(RecordId, &str)> = before.map(|edge| (edge.to, edge.at.as_str())).collect();
    let labels: Vec<&Edge> = plan.after.edges.iter().filter(|edge| edge.relation == TAGGED).collect();
    let fresh: Vec<&Edge> =
        labels.iter().copied().filter(|edge| !known.contains(&(edge.to, edge.at.as_str()))).collect();
    if fresh.is_empty() {
        return Ok(());
    }
    let labelling = records(plan, labels.iter().map(|edge| edge.to)).await?;
    let above = records(plan, labelling.values().filter_map(|label| label.parent)).await?;
    let parent = |label: &Record| label.parent.and_then(|parent| above.get(&parent));
    let mut by_place: HashMap<&str, Vec<RecordId>> = HashMap::new();
    for edge in &labels {
        by_place.entry(&edge.at).or_default().push(edge.to);
    }
    for edge in &fresh {
        let Some(label) = labelling.get(&edge.to) else { continue };
        if says(label, "disabled") || parent(label).is_some_and(|parent| says(parent, "disabled")) {
            let fqn = &label.fqn;
            return Err(Problem::conflict(format!(
                "Tag label {fqn} is disabled and can't be assigned to a data asset."
            )));
        }
        if !parent(label).is_some_and(|parent| says(parent, "mutually_exclusive")) {
            continue;
        }
        let rival = by_place[edge.at.as_str()]
            .iter()
            .filter(|other| **other != edge.to)
            .filter_map(|other| labelling.get(other))
            .find(|other| other.parent == label.parent);
        if let Some(rival) = rival {
            // Somebody else has put it there.
            if !plan.cx.access.sees(plan.cx, rival).await? {
                let fqn = &label.fqn;
                return Err(Problem::conflict(format!("Tag label {fqn} is mutually exclusive with one that is there")));
            }
            return Err(Problem::conflict(format!(
                "Tag labels {} and {} are mutually exclusive and can't be assigned together",
                rival.fqn, label.fqn
            )));
        }
    }
    Ok(())
}

async fn records(
    plan: &Planning<'_>,
    ids: impl Iterator<Item = RecordId>,
) -> Result<HashMap<RecordId, Record>, Problem> {
    let mut ids: Vec<RecordId> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let found = plan.cx.snapshot.by_id(plan.cx.account(), &ids).await?;
    Ok(found.into_iter().flatten().map(|record| (record.id, record)).collect())
}

fn says(record: &Record, field: &str) -> bool {
    record.body.get(field).and_then(Value::as_bool).unwrap_or(false)
}
