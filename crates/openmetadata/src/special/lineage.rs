//! Lineage: what was made from what. An edge belongs to the entity downstream: who may edit that one's lineage may write it.

mod details;
mod endpoints;
mod graph;
mod read;
mod write;

use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Member, Shape, Struct, UUID};

use self::details::DETAILS;
use self::read::MAX_DEPTH;
use self::write::ADD;
use crate::door::Door;
use crate::list_of;
use crate::members::*;
use crate::operation::row;

const TAG: &str = "Lineage";

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
        Member::optional("upstreamDepth", DEPTH).at(Location::Query),
        Member::optional("downstreamDepth", DEPTH).at(Location::Query),
    ],
};
const DEPTH: Shape = Shape::Integer { min: 0, max: MAX_DEPTH as i64 };

pub fn routes() -> Vec<Route<Door>> {
    let mut routes = vec![Route {
        summary: "Say that one entity was made from another".into(),
        input: &ADD,
        output: None,
        errors: &[404],
        ..row(Method::PUT, "/v1/lineage", "addLineageEdge", TAG, write::put)
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
            ..row(Method::GET, path, "", TAG, read::get)
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
        ..row(Method::PUT, by_name, "addLineageEdgeByName", TAG, write::put_by_name)
    });
    for (path, suffix, by) in [(of_ids, "", ""), (of_names, "ByName", ", of two names")] {
        routes.push(Route {
            operation: format!("getLineageEdge{suffix}").into(),
            summary: format!("Show what is said of one edge{by}").into(),
            output: Some(Shape::Struct(&ONE)),
            errors: &[404],
            ..row(Method::GET, path, "", TAG, read::edge)
        });
    }
    for (path, suffix, by) in [(by_id, "", ""), (by_name, "ByName", ", of two names")] {
        routes.push(Route {
            operation: format!("patchLineageEdge{suffix}").into(),
            summary: format!("Change what is said of one edge by JSON Patch{by}").into(),
            body: Some(Shape::List { of: &Shape::Object, min: 0, max: 10_000 }),
            output: Some(Shape::Struct(&DETAILS)),
            errors: &[404, 415],
            ..row(Method::PATCH, path, "", TAG, write::patch)
        });
        routes.push(Route {
            operation: format!("deleteLineageEdge{suffix}").into(),
            summary: format!("Take one edge away{by}").into(),
            output: None,
            errors: &[404],
            ..row(Method::DELETE, path, "", TAG, write::delete)
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
            ..row(Method::DELETE, path, "", TAG, write::delete_by_source)
        });
    }
    routes
}
