//! The surroundings of one record: what it was made from and what was made from it, some steps away.

use std::collections::{HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::{Limits, SeenCard};
use emporion_catalog::record::Edge;
use emporion_catalog::relation::DERIVED_FROM;
use serde_json::{Value, json};

use super::details;
use crate::errors::OmResult;
use crate::operation::{Call, reference};

/// An answer shows no more nodes, and no more edges a step.
const MOST_NODES: usize = 1_000;
const MOST_EDGES: usize = 5_000;
/// Bytes that the details of an answer take together. Queries and columns that have no room are shown with their edge
/// alone.
const MOST_DETAILS: usize = 8 << 20;
/// What is around a record, as the caller sees it.
pub async fn around(call: &Call, start: &SeenCard, up: u32, down: u32) -> OmResult<Value> {
    let reading = call.reading().await?;
    let limits = Limits { up, down, nodes: MOST_NODES, edges: MOST_EDGES };
    let walked = reading.walk(start, DERIVED_FROM, limits).await?;
    let pipelines: HashMap<RecordId, Value> = {
        let edges = walked.up.iter().chain(&walked.down);
        let ids: HashSet<RecordId> = edges.filter_map(details::pipeline_of).collect();
        let shown = reading.cards(&ids.into_iter().collect::<Vec<_>>()).await?;
        shown.iter().map(|card| (card.id, reference(&call.door, &call.base, card, false))).collect()
    };
    let mut room = MOST_DETAILS;
    let mut print = |edge: &Edge| printed(&walked.cards, edge, &pipelines, &mut room);
    let (upstream, downstream): (Vec<Value>, Vec<Value>) =
        (walked.up.iter().filter_map(&mut print).collect(), walked.down.iter().filter_map(&mut print).collect());
    let base = &call.base;
    let nodes: Vec<Value> = walked.nodes.iter().map(|card| reference(&call.door, base, card, false)).collect();
    Ok(json!({
        "entity": reference(&call.door, base, start, false),
        "nodes": nodes,
        "upstreamEdges": upstream,
        "downstreamEdges": downstream,
    }))
}

fn printed(
    cards: &HashMap<RecordId, SeenCard>,
    edge: &Edge,
    pipelines: &HashMap<RecordId, Value>,
    room: &mut usize,
) -> Option<Value> {
    let (from, to) = (cards.get(&edge.to)?, cards.get(&edge.from)?);
    let pipeline = details::pipeline_of(edge).and_then(|pipeline| pipelines.get(&pipeline).cloned());
    let mut details = details::print(edge, &from.fqn, &to.fqn, pipeline);
    let long = ["sqlQuery", "columnsLineage", "tempLineageTables"];
    let length: usize =
        long.iter().filter_map(|member| details.get(*member)).map(|value| value.to_string().len()).sum();
    match room.checked_sub(length) {
        Some(left) => *room = left,
        None => details.retain(|member, _| !long.contains(&member.as_str())),
    }
    let mut shown = json!({"fromEntity": from.id.to_string(), "toEntity": to.id.to_string()});
    if let Some(description) = details.get("description") {
        shown["description"] = description.clone();
    }
    shown["lineageDetails"] = details.into();
    Some(shown)
}
