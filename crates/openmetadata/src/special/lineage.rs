//! Lineage: what was made from what. An edge belongs to the entity downstream: who may edit that one's lineage may write it.

mod details;
mod graph;

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Draft, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::record::{Card, Record, View};
use emporion_catalog::relation::{self, DERIVED_FROM};
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Place, Shape, Struct, UUID};
use serde_json::{Map, Value, json};

use self::details::{DETAILS, Said};
use super::{Call, change, json_body, ok, path_id, permitted, reference, row};
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::generic::Slot;
use crate::list_of;
use crate::media;
use crate::members::*;
use crate::noun::Noun;
use crate::params;
use crate::patch::{Patch, Rules};

const TAG: &str = "Lineage";
const MAX_DEPTH: u32 = 3;
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
static ADD: Struct =
    Struct { name: "AddLineage", open: false, members: &[Member::required("edge", Shape::Struct(&ENTITIES_EDGE))] };
static EDGE: Struct = Struct {
    name: "LineageEdge",
    open: false,
    members: &[
        Member::required("fromEntity", UUID),
        Member::required("toEntity", UUID),
        text("description"),
        structure("lineageDetails", &DETAILS),
    ],
};
static GRAPH: Struct = Struct {
    name: "EntityLineage",
    open: false,
    members: &[
        reference_required("entity"),
        references("nodes"),
        Member::optional("upstreamEdges", list_of!(EDGE)),
        Member::optional("downstreamEdges", list_of!(EDGE)),
    ],
};
static ONE: Struct =
    Struct { name: "LineageEdgeDetails", open: false, members: &[Member::required("edge", Shape::Object)] };
static DEPTHS: Struct = Struct {
    name: "LineageDepths",
    open: true,
    members: &[
        Member::optional("upstreamDepth", DEPTH).at(Place::Query),
        Member::optional("downstreamDepth", DEPTH).at(Place::Query),
    ],
};
const DEPTH: Shape = Shape::Integer { min: 0, max: MAX_DEPTH as i64 };

pub fn routes() -> Vec<Route<Door>> {
    let mut routes = vec![Route {
        summary: "Say that one entity was made from another".into(),
        input: &ADD,
        output: None,
        errors: &[404],
        ..row(Method::PUT, "/v1/lineage", "addLineageEdge", TAG, put)
    }];
    for (path, suffix, by) in
        [("/v1/lineage/{entity}/{id}", "", ""), ("/v1/lineage/{entity}/name/{fqn}", "ByName", " by its name")]
    {
        routes.push(Route {
            operation: format!("getLineage{suffix}").into(),
            summary: format!("Show what an entity was made from, and what from it,{by} some steps away").into(),
            input: &DEPTHS,
            output: Some(Shape::Struct(&GRAPH)),
            errors: &[404],
            ..row(Method::GET, path, "", TAG, get)
        });
    }
    let by_id = "/v1/lineage/{fromType}/{fromId}/{toType}/{toId}";
    let by_name = "/v1/lineage/{fromType}/name/{fromFqn}/{toType}/name/{toFqn}";
    let of_ids = "/v1/lineage/getLineageEdge/{fromId}/{toId}";
    let of_names = "/v1/lineage/getLineageEdge/{fromType}/name/{fromFqn}/{toType}/name/{toFqn}";
    routes.push(Route {
        summary: "Say that one entity was made from another, both by their names".into(),
        input: &DETAILS,
        output: None,
        errors: &[404],
        ..row(Method::PUT, by_name, "addLineageEdgeByName", TAG, put_by_name)
    });
    for (path, suffix, by) in [(of_ids, "", ""), (of_names, "ByName", ", of two names")] {
        routes.push(Route {
            operation: format!("getLineageEdge{suffix}").into(),
            summary: format!("Show what is said of one edge{by}").into(),
            output: Some(Shape::Struct(&ONE)),
            errors: &[404],
            ..row(Method::GET, path, "", TAG, edge)
        });
    }
    for (path, suffix, by) in [(by_id, "", ""), (by_name, "ByName", ", of two names")] {
        routes.push(Route {
            operation: format!("patchLineageEdge{suffix}").into(),
            summary: format!("Change what is said of one edge by JSON Patch{by}").into(),
            body: Some(Shape::List { of: &Shape::Object, min: 0, max: 10_000 }),
            output: Some(Shape::Struct(&DETAILS)),
            errors: &[404, 415],
            ..row(Method::PATCH, path, "", TAG, patch)
        });
        routes.push(Route {
            operation: format!("deleteLineageEdge{suffix}").into(),
            summary: format!("Take one edge away{by}").into(),
            output: None,
            errors: &[404],
            ..row(Method::DELETE, path, "", TAG, delete)
        });
    }
    let of_source = "/v1/lineage/{entity}/{id}/type/{source}";
    let of_source_by_name = "/v1/lineage/source/name/{entity}/{fqn}/type/{source}";
    for (path, suffix, by) in [(of_source, "", ""), (of_source_by_name, "ByName", ", by its name")] {
        routes.push(Route {
            operation: format!("deleteLineageBySource{suffix}").into(),
            summary: format!("Take away all edges to an entity that one source has made{by}").into(),
            output: None,
            errors: &[404],
            ..row(Method::DELETE, path, "", TAG, delete_by_source)
        });
    }
    routes
}

/// The noun of that type, if lineage is kept of it.
fn noun(door: &Door, entity_type: &str) -> OmResult<&'static Noun> {
    let Some(noun) = door.noun_of_type(entity_type) else {
        return Err(OmError::new(404, format!("Entity type {entity_type} not found")));
    };
    if door.catalog.kind(noun.kind).has(DERIVED_FROM) {
        return Ok(noun);
    }
    Err(OmError::bad_request(format!("Lineage is not kept for entities of type {entity_type}")))
}

/// One of the two entities that the path names.
fn end(call: &Call, kind: &str, id: &str, fqn: &str) -> OmResult<Ref> {
    let request = &call.request;
    if request.param(kind).is_empty() {
        // Nothing says of what type it is, so nothing more can be said of it than that no edge is there.
        return Ok(Ref::AnyOf(&[], request.param(id).parse().map_err(|_| no_edge())?));
    }
    let noun = noun(&call.door, request.param(kind))?;
    Ok(match params::name_in_path(request, fqn).0 {
        name if name.is_empty() => Ref::Id(call.kind(noun.kind), path_id(request, id, noun.entity_type)?),
        name => Ref::Name(call.kind(noun.kind), name),
    })
}

fn ends(call: &Call) -> OmResult<(Ref, Ref)> {
    Ok((end(call, "fromType", "fromId", "fromFqn")?, end(call, "toType", "toId", "toFqn")?))
}

fn no_edge() -> OmError {
    OmError::new(404, "Lineage edge not found")
}

/// The record of a reference in a body, whose shape is checked.
fn referred(call: &Call, reference: &Value) -> OmResult<Ref> {
    let text = |member: &str| reference.get(member).and_then(Value::as_str).unwrap_or_default();
    let noun = noun(&call.door, text("type"))?;
    let id = text("id").parse().map_err(|_| OmError::not_found(noun.entity_type, text("id")))?;
    Ok(Ref::Id(call.kind(noun.kind), id))
}

async fn put(call: Call) -> OmResult<Answer> {
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

async fn put_by_name(call: Call) -> OmResult<Answer> {
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
    let (pipelines, now) = (call.kind("pipeline"), call.door.catalog.now());
    let command = change(Ref::Id(to.kind, to.id), move |view| said.draft(view, from.id, pipelines, now, &by));
    door.catalog.execute(&call.caller, &command).await?;
    Ok(Answer::empty(200))
}

/// The living record that a request names.
async fn seen(call: &Call, target: &Ref) -> OmResult<Record> {
    Ok(call.door.catalog.get(&call.caller, target, States::Alive, &Depth::bare()).await?.record)
}

async fn get(call: Call) -> OmResult<Answer> {
    let noun = noun(&call.door, call.request.param("entity"))?;
    let target = call.target(noun.kind, noun.entity_type)?;
    let query = call.request.query();
    let depth = |name: &str| params::limit_up_to(&query, name, 1, MAX_DEPTH);
    let (up, down) = (depth("upstreamDepth")?, depth("downstreamDepth")?);
    let make = async {
        let start = Card::of(&seen(&call, &target).await?);
        ok(&graph::around(&call, &start, up, down).await?)
    };
    call.door.remembered(&call.caller, &call.base_url(), &call.request, make).await
}

async fn edge(call: Call) -> OmResult<Answer> {
    let (from, to) = ends(&call)?;
    let catalog = &call.door.catalog;
    let snapshot = catalog.snapshot().await?;
    let is_untyped = matches!(to, Ref::AnyOf(..));
    let unknown = |problem| match problem {
        Problem::NotFound { .. } if is_untyped => no_edge(),
        problem => OmError::from(problem),
    };
    let read = async |target: &Ref, depth: Depth| {
        catalog.get_in(&*snapshot, &call.caller, target, States::Alive, &depth).await.map_err(unknown)
    };
    let from = read(&from, Depth::bare()).await?;
    let to = read(&to, Depth::of(&[DERIVED_FROM], false)).await?;
    let edge = details::edge_from(&to, from.id()).ok_or_else(no_edge)?;
    let base = call.base_url();
    let shown = |card: &Card| reference(&call.door, &base, card, false);
    let pipeline = match details::pipeline_of(edge) {
        Some(id) => graph::seen(&call, &*snapshot, &[id]).await?.first().map(|card| shown(card)),
        None => None,
    };
    let mut printed = Map::new();
    printed.insert("fromEntity".to_owned(), shown(&Card::of(&from.record)));
    printed.insert("toEntity".to_owned(), shown(&Card::of(&to.record)));
    printed.extend(details::print(edge, &from.record.fqn, &to.record.fqn, pipeline));
    ok(&json!({ "edge": printed }))
}

async fn patch(call: Call) -> OmResult<Answer> {
    media::expect_patch(&call.request)?;
    let patch = Patch::parse(json_body(&call.request)?)?;
    let (from, to) = ends(&call)?;
    let to = permitted(&call, &to, Action::EditLineage).await?;
    let from = seen(&call, &from).await?;
    let by = call.caller.principal.name.clone();
    let (pipelines, now) = (call.kind("pipeline"), call.door.catalog.now());
    let (slot, target, upstream) = (Slot::default(), Ref::Id(to.kind, to.id), from.clone());
    let edit_slot = slot.clone();
    let command = change(target, move |view| {
        let said = edit_slot.run(|| {
            let before = printed(view, &from).ok_or_else(no_edge)?;
            let rules = Rules { entity_type: "lineage", protected: details::STAMPED, secrets: &[] };
            let after = details::checked(patch.apply(&Value::Object(before.clone()), &rules)?)?;
            Said::read(&after, &from, &to, before.get("columnsLineage"))
        })?;
        said.draft(view, from.id, pipelines, now, &by)
    });
    let outcome = call.door.catalog.execute(&call.caller, &command).await.map_err(|problem| slot.error(problem))?;
    ok(&Value::Object(printed(&outcome.view, &upstream).unwrap_or_default()))
}

/// The details of an edge; of its pipeline no more than whoever writes must know.
fn printed(view: &View, from: &Record) -> Option<Map<String, Value>> {
    let edge = details::edge_from(view, from.id)?;
    let pipeline = details::maker(view, from.id).map(|id| json!({"id": id.to_string(), "type": "pipeline"}));
    Some(details::print(edge, &from.fqn, &view.record.fqn, pipeline))
}

async fn delete(call: Call) -> OmResult<Answer> {
    let (from, to) = ends(&call)?;
    let to = permitted(&call, &to, Action::EditLineage).await?;
    let from = seen(&call, &from).await?.id;
    let slot = Slot::default();
    let edit_slot = slot.clone();
    let command = change(Ref::Id(to.kind, to.id), move |view| {
        edit_slot.run(|| {
            details::edge_from(view, from).ok_or_else(no_edge)?;
            Ok(details::without(view, |edge| edge.to == from))
        })
    });
    call.door.catalog.execute(&call.caller, &command).await.map_err(|problem| slot.error(problem))?;
    Ok(Answer::empty(200))
}

/// Edges to the entity; where it is a pipeline, those too that say that it makes the one from the other.
async fn delete_by_source(call: Call) -> OmResult<Answer> {
    let noun = noun(&call.door, call.request.param("entity"))?;
    let target = call.target(noun.kind, noun.entity_type)?;
    let named = call.request.param("source");
    let source = details::source(named)
        .ok_or_else(|| OmError::bad_request(format!("{named} is none of the sources of lineage")))?;
    let entity = permitted(&call, &target, Action::EditLineage).await?;
    let catalog = &call.door.catalog;
    let own = change(Ref::Id(entity.kind, entity.id), move |view| {
        Ok(details::without(view, |edge| details::is_of(edge, source)))
    });
    catalog.execute(&call.caller, &own).await?;
    let made: Vec<Command> = made_by(&call, entity.id)
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
async fn made_by(call: &Call, pipeline: RecordId) -> OmResult<Vec<Arc<Card>>> {
    let snapshot = call.door.catalog.snapshot().await?;
    let edges = snapshot.edges_to(&[pipeline], &[DERIVED_FROM], MOST_OF_A_PIPELINE).await?;
    let made = edges.iter().filter(|edge| relation::made_from(&edge.at).is_some());
    let mut ids: Vec<RecordId> = made.map(|edge| edge.from).collect();
    ids.sort_unstable();
    ids.dedup();
    graph::seen(call, &*snapshot, &ids).await
}
