//! Reading lineage: the surroundings of an entity, and what is said of one edge.

use emporion_catalog::command::Ref;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::SeenCard;
use emporion_catalog::record::Card;
use emporion_catalog::relation::DERIVED_FROM;
use emporion_edge::answer::Answer;
use serde_json::{Map, json};

use super::endpoints::{ends, no_edge, noun, seen};
use super::{details, graph};
use crate::errors::{OmError, OmResult};
use crate::operation::{Call, ok, reference};
use crate::params;

/// How many steps away an answer reaches.
pub const MAX_DEPTH: u32 = 3;

pub async fn get(call: Call) -> OmResult<Answer> {
    let noun = noun(&call.door, call.request.param("entity"))?;
    let target = call.target(noun)?;
    let query = call.request.query();
    let depth = |name: &str| params::limit_up_to(&query, name, 1, MAX_DEPTH);
    let (up, down) = (depth("upstreamDepth")?, depth("downstreamDepth")?);
    let make = async {
        let start = SeenCard::from(&seen(&call, &target).await?);
        ok(&graph::around(&call, &start, up, down).await?)
    };
    call.door.remembered(&call.caller, &call.base, &call.request, make).await
}

pub async fn edge(call: Call) -> OmResult<Answer> {
    let (from, to) = ends(&call)?;
    let reading = call.reading().await?;
    let is_untyped = matches!(to, Ref::AnyOf(..));
    let unknown = |problem| match problem {
        Problem::NotFound { .. } if is_untyped => no_edge(),
        problem => OmError::from(problem),
    };
    let read = async |target: &Ref, depth: Depth| reading.get(target, States::Alive, &depth).await.map_err(unknown);
    let from = read(&from, Depth::bare()).await?;
    let to = read(&to, Depth::of(&[DERIVED_FROM], false)).await?;
    let edge = details::edge_from(&to, from.id()).ok_or_else(no_edge)?;
    let base = &call.base;
    let shown = |card: &Card| reference(&call.door, base, card, false);
    let pipeline = match details::pipeline_of(edge) {
        Some(id) => reading.cards(&[id]).await?.first().map(|card| shown(card)),
        None => None,
    };
    let mut printed = Map::new();
    printed.insert("fromEntity".to_owned(), shown(&Card::of(&from.record)));
    printed.insert("toEntity".to_owned(), shown(&Card::of(&to.record)));
    printed.extend(details::print(edge, &from.record.fqn, &to.record.fqn, pipeline));
    ok(&json!({ "edge": printed }))
}
