//! Writing lineage: an edge is said, changed and taken away by who may edit the lineage of the entity downstream.

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Draft, Ref};
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::{self, DERIVED_FROM};
use emporion_edge::answer::Answer;
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Map, Value, json};

use super::details::{self, DETAILS, Said};
use super::endpoints::{ends, no_edge, noun, referred, seen};
use crate::errors::{OmError, OmResult};
use crate::generic::ErrorCarrier;
use crate::media;
use crate::members::*;
use crate::operation::{Call, change, json_body, ok, permitted};
use crate::patch::{Patch, Rules};

/// Edges that a pipeline can be taken from at once, and how many entities are changed together.
const MOST_OF_A_PIPELINE: u32 = 10_000;
const TURN: usize = 500;

static ENTITIES_EDGE: Struct = Struct {
    name: "EntitiesEdge",
    open: false,
    members: &[
        reference_required("fromEntity"),
        reference_required("toEntity"),
        text("description"),
        structure("lineageDetails", &DETAILS),
    ],
};
pub static ADD: Struct =
    Struct { name: "AddLineage", open: false, members: &[Member::required("edge", Shape::Struct(&ENTITIES_EDGE))] };

pub async fn put(call: Call) -> OmResult<Answer> {
    let mut body = call.body(&ADD)?;
    let Some(Value::Object(mut edge)) = body.shift_remove("edge") else { return Err(OmError::missing("edge")) };
    let (from, to) = (referred(&call, &edge["fromEntity"])?, referred(&call, &edge["toEntity"])?);
    let mut details = match edge.shift_remove("lineageDetails") {
        Some(Value::Object(details)) => details,
        _ => Map::new(),
    };
    if let Some(description) = edge.shift_remove("description") {
        details.entry("description").or_insert(description);
    }
    link(&call, &from, &to, &details).await
}

pub async fn put_by_name(call: Call) -> OmResult<Answer> {
    let (from, to) = ends(&call)?;
    let details = if call.request.body.is_empty() { Map::new() } else { call.body(&DETAILS)? };
    link(&call, &from, &to, &details).await
}

async fn link(call: &Call, from: &Ref, to: &Ref, details: &Map<String, Value>) -> OmResult<Answer> {
    let to = permitted(call, to, Action::EditLineage).await?;
    let from = seen(call, from).await?;
    if from.id == to.id {
        return Err(OmError::bad_request(
            "An entity can not be made from itself: fromEntity and toEntity are the same",
        ));
    }
    let said = Said::read(details, &from, &to, None)?;
    let (door, by) = (call.door.clone(), call.caller.principal.name.clone());
    let now = call.door.catalog.now();
    let command = change(Ref::Id(to.kind, to.id), move |view| said.draft(view, from.id, now, &by));
    door.catalog.execute(&call.caller, &command).await?;
    Ok(Answer::empty(200))
}

pub async fn patch(call: Call) -> OmResult<Answer> {
    media::expect_patch(&call.request)?;
    let patch = Patch::parse(json_body(&call.request)?)?;
    let (from, to) = ends(&call)?;
    let to = permitted(&call, &to, Action::EditLineage).await?;
    let from = seen(&call, &from).await?;
    let by = call.caller.principal.name.clone();
    let now = call.door.catalog.now();
    let (carrier, target, upstream) = (ErrorCarrier::default(), Ref::Id(to.kind, to.id), from.clone());
    let edit_carrier = carrier.clone();
    let command = change(target, move |view| {
        let said = edit_carrier.run(|| {
            let before = printed(view, &from).ok_or_else(no_edge)?;
            let rules = Rules { entity_type: "lineage", protected: details::STAMPED, secrets: &[] };
            let after = details::checked(patch.apply(&Value::Object(before.clone()), &rules)?)?;
            Said::read(&after, &from, &to, before.get("columnsLineage"))
        })?;
        said.draft(view, from.id, now, &by)
    });
    let outcome = call.door.catalog.execute(&call.caller, &command).await.map_err(|problem| carrier.error(problem))?;
    ok(&Value::Object(printed(&outcome.view, &upstream).unwrap_or_default()))
}

/// The details of an edge; of its pipeline no more than whoever writes must know.
fn printed(view: &View, from: &Record) -> Option<Map<String, Value>> {
    let edge = details::edge_from(view, from.id)?;
    let pipeline = details::maker(view, from.id).map(|id| json!({"id": id.to_string(), "type": "pipeline"}));
    Some(details::print(edge, &from.fqn, &view.record.fqn, pipeline))
}

pub async fn delete(call: Call) -> OmResult<Answer> {
    let (from, to) = ends(&call)?;
    let to = permitted(&call, &to, Action::EditLineage).await?;
    let from = seen(&call, &from).await?.id;
    let carrier = ErrorCarrier::default();
    let edit_carrier = carrier.clone();
    let command = change(Ref::Id(to.kind, to.id), move |view| {
        edit_carrier.run(|| {
            details::edge_from(view, from).ok_or_else(no_edge)?;
            Ok(details::without(view, |edge| edge.to == from))
        })
    });
    call.door.catalog.execute(&call.caller, &command).await.map_err(|problem| carrier.error(problem))?;
    Ok(Answer::empty(200))
}

/// Edges to the entity; where it is a pipeline, those too that say that it makes the one from the other.
pub async fn delete_by_source(call: Call) -> OmResult<Answer> {
    let noun = noun(&call.door, call.request.param("entity"))?;
    let target = call.target(noun)?;
    let named = call.request.param("source");
    let source = details::source(named)
        .ok_or_else(|| OmError::bad_request(format!("{named} is none of the sources of lineage")))?;
    let entity = permitted(&call, &target, Action::EditLineage).await?;
    let catalog = &call.door.catalog;
    let own = change(Ref::Id(entity.kind, entity.id), move |view| {
        Ok(details::without(view, |edge| details::is_of(edge, source)))
    });
    catalog.execute(&call.caller, &own).await?;
    let made: Vec<Command> = made_by(&call, &entity)
        .await?
        .into_iter()
        .map(|made| {
            let is_made = move |view: &View| -> Draft {
                let pipeline = Some(entity.id);
                details::without(view, |edge| details::is_of(edge, source) && details::pipeline_of(edge) == pipeline)
            };
            change(Ref::Id(made.kind, made.id), move |view| Ok(is_made(view)))
        })
        .collect();
    for turn in made.chunks(TURN) {
        catalog.execute(&call.caller, &Command::Together(turn.to_vec())).await?;
    }
    Ok(Answer::empty(200))
}

/// What the caller sees of the entities that a pipeline makes.
async fn made_by(call: &Call, pipeline: &Record) -> OmResult<Vec<Record>> {
    let reading = call.reading().await?;
    let mut sources = reading.sources(&[pipeline], &[DERIVED_FROM], MOST_OF_A_PIPELINE).await?;
    let made = sources.edges.iter().filter(|edge| relation::made_from(&edge.at).is_some());
    Ok(made.filter_map(|edge| sources.records.remove(&edge.from)).collect())
}
