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
/// Cost: a read for each level of what the labels stand in where there are any, none otherwise.
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
    let mut above: HashMap<RecordId, Record> = HashMap::new();
    let mut level: Vec<RecordId> = labelling.values().filter_map(|label| label.parent).collect();
    while !level.is_empty() {
        let found = records(plan, level.into_iter()).await?;
        level = found.values().filter_map(|record| record.parent).collect();
        above.extend(found);
        level.retain(|id| !above.contains_key(id));
    }
    let way = |label: &Record| way(label, &above);
    let mut by_place: HashMap<&str, Vec<RecordId>> = HashMap::new();
    for edge in &labels {
        by_place.entry(&edge.at).or_default().push(edge.to);
    }
    for edge in &fresh {
        let Some(label) = labelling.get(&edge.to) else { continue };
        let own = way(label);
        if says(label, "disabled") || own.iter().any(|(above, _)| says(above, "disabled")) {
            let fqn = &label.fqn;
            return Err(Problem::conflict_in(
                TAGGED.name(),
                format!("Tag label {fqn} is disabled and can't be assigned to a data asset."),
            ));
        }
        let excluding: Vec<_> = own.into_iter().filter(|(above, _)| says(above, "mutually_exclusive")).collect();
        if excluding.is_empty() {
            continue;
        }
        // What stands in one another goes together: the one says the other more exactly.
        let excludes = |other: &Record| {
            let forks = |(above, branch): &(&Record, RecordId)| {
                excluding.iter().any(|(one, own)| one.id == above.id && own != branch)
            };
            way(other).iter().any(forks)
        };
        let rival = by_place[edge.at.as_str()]
            .iter()
            .filter(|other| **other != edge.to)
            .filter_map(|other| labelling.get(other))
            .find(|other| excludes(other));
        if let Some(rival) = rival {
            // Somebody else has put it there.
            if !plan.cx.access.sees(plan.cx, rival).await? {
                let fqn = &label.fqn;
                return Err(Problem::conflict_in(
                    TAGGED.name(),
                    format!("Tag label {fqn} is mutually exclusive with one that is there"),
                ));
            }
            return Err(Problem::conflict_in(
                TAGGED.name(),
                format!(
                    "Tag labels {} and {} are mutually exclusive and can't be assigned together",
                    rival.fqn, label.fqn
                ),
            ));
        }
    }
    Ok(())
}

/// What a label stands in, and what stands in it in turn, each with the branch of it that the label is in.
fn way<'a>(label: &Record, above: &'a HashMap<RecordId, Record>) -> Vec<(&'a Record, RecordId)> {
    let (mut branch, mut next, mut way) = (label.id, label.parent, Vec::new());
    while let Some(record) = next.and_then(|id| above.get(&id)) {
        way.push((record, branch));
        (branch, next) = (record.id, record.parent);
    }
    way
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
