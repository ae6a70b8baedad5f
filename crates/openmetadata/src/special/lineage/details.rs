//! What an edge of lineage says: in this door's words, and as the attributes of an edge of the core.

use std::collections::HashSet;

use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kinds;
use emporion_catalog::problem::Problem;
use emporion_catalog::record::{Edge, Record, View};
use emporion_catalog::relation::{self, DERIVED_FROM};
use emporion_edge::check;
use emporion_edge::shape::{Location, Member, Shape, Struct, Text};
use serde_json::{Map, Value, json};

use crate::errors::{OmError, OmResult};
use crate::list_of;
use crate::members::*;
use crate::names;

/// How this door and the core call what says that there is an edge.
const SOURCES: &[(&str, &str)] = &[
    ("Manual", "manual"),
    ("ViewLineage", "view"),
    ("QueryLineage", "query"),
    ("PipelineLineage", "pipeline"),
    ("DashboardLineage", "dashboard"),
    ("DbtLineage", "model"),
    ("SparkLineage", "job"),
    ("OpenLineage", "event"),
    ("ExternalTableLineage", "external_table"),
    ("CrossDatabaseLineage", "cross_database"),
    ("ChildAssets", "children"),
];
const WIRE_SOURCES: &[&str] = &[
    "Manual",
    "ViewLineage",
    "QueryLineage",
    "PipelineLineage",
    "DashboardLineage",
    "DbtLineage",
    "SparkLineage",
    "OpenLineage",
    "ExternalTableLineage",
    "CrossDatabaseLineage",
    "ChildAssets",
];
/// What an edge says that does not say what says so.
const BY_HAND: &str = "manual";
/// Longest query, in characters.
const MOST_SQL: usize = 1_000_000;
/// More than the columns of any table.
const MOST_COLUMNS: usize = 10_000;
/// A record that is made from more is made from a set of them.
pub const MOST_ORIGINS: usize = 1_000;
/// Members and attributes that the server fills in.
const STAMPS: &[(&str, &str)] = &[
    ("createdAt", "created_at"),
    ("createdBy", "created_by"),
    ("updatedAt", "updated_at"),
    ("updatedBy", "updated_by"),
];
/// The same as the members that a JSON Patch may not change.
pub const STAMPED: &[&str] = &["createdAt", "createdBy", "updatedAt", "updatedBy"];

const SOURCE: Member = choice("source", WIRE_SOURCES);
static COLUMN: Struct =
    Struct { name: "ColumnLineage", open: true, members: &[fqns("fromColumns"), fqn("toColumn"), text("function")] };
static COLUMN_SHAPE: Shape = Shape::Struct(&COLUMN);
const COLUMNS: Shape = Shape::List { of: &COLUMN_SHAPE, min: 0, max: MOST_COLUMNS };
static HOP: Struct = Struct {
    name: "TempLineageTable",
    open: true,
    members: &[Member::required("fromEntity", TEXT), Member::required("toEntity", TEXT)],
};
const TEXT: Shape = emporion_edge::shape::TEXT;
pub static DETAILS: Struct = Struct {
    name: "LineageDetails",
    open: true,
    members: &[
        Member::optional("sqlQuery", Shape::Text(Text::between(0, MOST_SQL))),
        Member::optional("columnsLineage", COLUMNS),
        reference("pipeline"),
        text("description"),
        SOURCE,
        Member::optional("createdAt", MILLIS),
        text("createdBy"),
        Member::optional("updatedAt", MILLIS),
        text("updatedBy"),
        count("assetEdges"),
        Member::optional("tempLineageTables", list_of!(HOP)),
    ],
};

/// The core's word for a source.
pub fn source(wire: &str) -> Option<&'static str> {
    SOURCES.iter().find(|(known, _)| *known == wire).map(|(_, core)| *core)
}

pub fn is_of(edge: &Edge, source: &str) -> bool {
    edge.attributes.get("source").and_then(Value::as_str).unwrap_or(BY_HAND) == source
}

/// The pipeline that makes the one from the other.
pub fn pipeline_of(edge: &Edge) -> Option<RecordId> {
    edge.attributes.get("pipeline")?.as_str()?.parse().ok()
}

/// What an edge is to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Without the stamps.
    attributes: Map<String, Value>,
    pipeline: Option<RecordId>,
}

impl Said {
    /// Reads details whose shape is checked. Columns that are among those already `told` need not exist any more.
    ///
    /// Errors: 400 for a column that is none of the record's, or a pipeline that is none.
    pub fn read(details: &Map<String, Value>, from: &Record, to: &Record, told: Option<&Value>) -> OmResult<Said> {
        let mut attributes = Map::new();
        let said = details.get("source").and_then(Value::as_str).and_then(source);
        attributes.insert("source".to_owned(), said.unwrap_or(BY_HAND).into());
        for (member, attribute) in [("description", "description"), ("sqlQuery", "sql"), ("assetEdges", "asset_edges")]
        {
            if let Some(value) = details.get(member) {
                attributes.insert(attribute.to_owned(), value.clone());
            }
        }
        let told: HashSet<String> =
            told.and_then(Value::as_array).into_iter().flatten().map(Value::to_string).collect();
        let items = list(details, "columnsLineage");
        let mut columns = Vec::with_capacity(items.len());
        if !items.is_empty() {
            let (from, to) = (Inside::of(from), Inside::of(to));
            for item in items {
                columns.push(column(item, &from, &to, told.contains(&item.to_string()))?);
            }
        }
        if !columns.is_empty() {
            attributes.insert("columns".to_owned(), columns.into());
        }
        let hops: Vec<Value> = list(details, "tempLineageTables")
            .iter()
            .map(|hop| json!({"from": hop["fromEntity"], "to": hop["toEntity"]}))
            .collect();
        if !hops.is_empty() {
            attributes.insert("hops".to_owned(), hops.into());
        }
        let pipeline = details.get("pipeline").map(pipeline).transpose()?;
        if let Some(pipeline) = pipeline {
            attributes.insert("pipeline".to_owned(), pipeline.to_string().into());
        }
        Ok(Said { attributes, pipeline })
    }

    /// What makes the edge say this; nothing where it does.
    pub fn draft(&self, view: &View, from: RecordId, now: Millis, by: &str) -> Result<Draft, Problem> {
        let stored = edge_from(view, from);
        let mut draft = Draft::default();
        let mut attributes = self.attributes.clone();
        let before = stored.map(|edge| edge.attributes.clone()).unwrap_or_default();
        if stored.is_some() && without_stamps(&before) == self.attributes {
            return Ok(draft);
        }
        let origins = view.edges.iter().filter(|edge| edge.relation == DERIVED_FROM && edge.at.is_empty()).count();
        if stored.is_none() && origins >= MOST_ORIGINS {
            return Err(Problem::Quota { what: "upstream edges of one entity".to_owned(), limit: MOST_ORIGINS as u64 });
        }
        for (_, stamp) in STAMPS {
            let fresh = if stamp.ends_with("_at") { Value::from(now.0) } else { by.into() };
            let kept = before.get(*stamp).filter(|_| stamp.starts_with("created")).cloned();
            attributes.insert((*stamp).to_owned(), kept.unwrap_or(fresh));
        }
        let place = relation::made_by(from);
        let makers: Vec<RecordId> = makers(view, &place).map(|edge| edge.to).collect();
        let stale = makers.iter().filter(|maker| Some(**maker) != self.pipeline);
        draft.relate(DERIVED_FROM, How::Remove, "pipeline", stale.map(|maker| at(*maker, &place)).collect());
        let mut set = vec![Target { attributes, ..Target::of(Ref::AnyOf(&[], from)) }];
        if let Some(pipeline) = self.pipeline.filter(|pipeline| !makers.contains(pipeline)) {
            set.push(Target::of(Ref::Id(kinds::PIPELINE, pipeline)).at(place));
        }
        draft.relate(DERIVED_FROM, How::Add, "lineage", set);
        Ok(draft)
    }
}

/// What takes edges away, with what they say of pipelines.
pub fn without(view: &View, is_wanted: impl Fn(&Edge) -> bool) -> Draft {
    let edges = view.edges.iter().filter(|edge| edge.relation == DERIVED_FROM && edge.at.is_empty() && is_wanted(edge));
    let mut targets = Vec::new();
    for edge in edges {
        let place = relation::made_by(edge.to);
        targets.extend(makers(view, &place).map(|maker| at(maker.to, &place)));
        targets.push(Target::of(Ref::AnyOf(&[], edge.to)));
    }
    let mut draft = Draft::default();
    draft.relate(DERIVED_FROM, How::Remove, "lineage", targets);
    draft
}

pub fn edge_from(view: &View, from: RecordId) -> Option<&Edge> {
    view.edges.iter().find(|edge| edge.relation == DERIVED_FROM && edge.at.is_empty() && edge.to == from)
}

/// The pipeline that makes the record from the given one, while there is one.
pub fn maker(view: &View, from: RecordId) -> Option<RecordId> {
    makers(view, &relation::made_by(from)).next().map(|edge| edge.to)
}

fn makers<'v>(view: &'v View, place: &str) -> impl Iterator<Item = &'v Edge> {
    view.edges.iter().filter(move |edge| edge.relation == DERIVED_FROM && edge.at == place)
}

fn at(to: RecordId, place: &str) -> Target {
    Target::of(Ref::AnyOf(&[], to)).at(place)
}

fn without_stamps(attributes: &Map<String, Value>) -> Map<String, Value> {
    let is_stamp = |name: &String| STAMPS.iter().any(|(_, stamp)| stamp == name);
    attributes.iter().filter(|(name, _)| !is_stamp(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The details of an edge between records of these FQNs. `pipeline`: the reference to its pipeline, if it is shown.
pub fn print(edge: &Edge, from: &str, to: &str, pipeline: Option<Value>) -> Map<String, Value> {
    let mut details = Map::new();
    let mut put = |member: &str, value: Option<Value>| {
        if let Some(value) = value {
            details.insert(member.to_owned(), value);
        }
    };
    let said = |attribute: &str| edge.attributes.get(attribute).cloned();
    put("sqlQuery", said("sql"));
    let columns =
        said("columns").and_then(|columns| Some(columns.as_array()?.iter().map(|c| shown(c, from, to)).collect()));
    put("columnsLineage", columns.map(Value::Array));
    put("pipeline", pipeline);
    put("description", said("description"));
    let source = SOURCES.iter().find(|(_, core)| is_of(edge, core)).map_or("Manual", |(wire, _)| *wire);
    put("source", Some(source.into()));
    for (member, stamp) in STAMPS {
        put(member, said(stamp));
    }
    put("assetEdges", said("asset_edges"));
    let hops = said("hops").and_then(|hops| {
        let hop = |hop: &Value| json!({"fromEntity": hop["from"], "toEntity": hop["to"]});
        Some(hops.as_array()?.iter().map(hop).collect())
    });
    put("tempLineageTables", hops.map(Value::Array));
    details
}

/// The shape of details that a patch has made.
pub fn checked(details: Value) -> OmResult<Map<String, Value>> {
    let found = check::check(&DETAILS, Location::Body, &details);
    match details {
        Value::Object(members) if found.is_empty() => Ok(members),
        _ => Err(OmError::shape(&found)),
    }
}

fn list<'a>(details: &'a Map<String, Value>, member: &str) -> &'a [Value] {
    details.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn pipeline(reference: &Value) -> OmResult<RecordId> {
    let text = |member: &str| reference.get(member).and_then(Value::as_str).unwrap_or_default();
    if text("type") != "pipeline" {
        return Err(OmError::violation("lineageDetails.pipeline.type", "must be pipeline"));
    }
    text("id").parse().map_err(|_| OmError::not_found("pipeline", text("id")))
}

/// `{from, to, function}` with paths inside the records, so that they hold when a record moves.
fn column(item: &Value, from: &Inside, to: &Inside, is_told: bool) -> OmResult<Value> {
    let mut column = Map::new();
    if let Some(sources) = item.get("fromColumns").and_then(Value::as_array) {
        let paths = sources.iter().filter_map(Value::as_str).map(|fqn| from.path(fqn, is_told).map(Value::from));
        column.insert("from".to_owned(), paths.collect::<OmResult<Vec<Value>>>()?.into());
    }
    if let Some(fqn) = item.get("toColumn").and_then(Value::as_str) {
        column.insert("to".to_owned(), to.path(fqn, is_told)?.into());
    }
    if let Some(function) = item.get("function") {
        column.insert("function".to_owned(), function.clone());
    }
    Ok(column.into())
}

fn shown(column: &Value, from: &str, to: &str) -> Value {
    let mut shown = Map::new();
    let fqn = |above: &str, path: &Value| Value::from(format!("{above}.{}", path.as_str().unwrap_or_default()));
    if let Some(paths) = column["from"].as_array() {
        shown.insert("fromColumns".to_owned(), paths.iter().map(|path| fqn(from, path)).collect());
    }
    if column["to"].is_string() {
        shown.insert("toColumn".to_owned(), fqn(to, &column["to"]));
    }
    if !column["function"].is_null() {
        shown.insert("function".to_owned(), column["function"].clone());
    }
    shown.into()
}

/// The columns, tasks or other parts of a record, by their paths below it.
struct Inside {
    /// The names of the record's FQN.
    above: Vec<String>,
    paths: HashSet<String>,
}

impl Inside {
    fn of(record: &Record) -> Inside {
        let lists = record.kind.0.parts.iter();
        let paths = lists.flat_map(|parts| parts.paths(parts.of(|field| record.body.get(field)))).collect();
        Inside { above: names::split(&record.fqn).unwrap_or_default(), paths }
    }

    /// Errors: 400 where the record has none of that name.
    fn path(&self, fqn: &str, may_be_gone: bool) -> OmResult<String> {
        let names = names::split(fqn).unwrap_or_default();
        let path = names.strip_prefix(self.above.as_slice()).filter(|path| !path.is_empty()).map(names::join);
        path.filter(|path| may_be_gone || self.paths.contains(path))
            .ok_or_else(|| OmError::bad_request(format!("Invalid column name {fqn}")))
    }
}

#[cfg(test)]
#[path = "details_tests.rs"]
mod tests;
