//! Metrics: what a business measures.

use emporion_catalog::kinds;
use emporion_edge::shape::{Member, Struct, TEXT};

use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, computed, related};
use crate::has;
use crate::list_of;
use crate::members::*;
use crate::noun::{Input, OnPut, Reference};

#[rustfmt::skip]
const TYPES: &[&str] = &[
    "COUNT", "SUM", "AVERAGE", "RATIO", "PERCENTAGE", "MIN", "MAX", "MEDIAN", "MODE", "STANDARD_DEVIATION", "VARIANCE",
    "SIMPLE", "CUMULATIVE", "DERIVED", "CONVERSION", "OTHER",
];
const UNITS: &[&str] =
    &["COUNT", "DOLLARS", "PERCENTAGE", "TIMESTAMP", "SIZE", "REQUESTS", "EVENTS", "TRANSACTIONS", "OTHER"];
const GRANULARITIES: &[&str] = &["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"];

const PART: Member = Member::required("name", TEXT);
const EXPRESSION: Member = text("expression");
const DIMENSION_TYPE: Member = choice("type", &["CATEGORICAL", "TIME"]);
static DIMENSION: Struct =
    Struct { name: "MetricDimension", open: false, members: &[PART, FQN, DIMENSION_TYPE, DESCRIPTION, EXPRESSION] };
static MEASURE: Struct =
    Struct { name: "MetricMeasure", open: false, members: &[PART, FQN, text("aggregation"), DESCRIPTION, EXPRESSION] };
static FILTER: Struct = Struct { name: "MetricFilter", open: false, members: &[Member::required("where", TEXT)] };
const RELATED: Reference = out("relatedMetrics", "related_metric", Input::Fqns, &["metric"], OnPut::ReplaceIfPresent);
const ASSETS: Reference = out("assets", "computed_on", Input::References, &[], OnPut::ReplaceIfGiven);

pub const NOUN: NounDef = NounDef {
    kind: kinds::METRIC,
    entity_type: "metric",
    collection: "metrics",
    tag: "Metrics",
    members: &[
        &[
            both(structure("metricExpression", &CODE)),
            both(choice("metricType", TYPES)),
            both(choice("unitOfMeasurement", UNITS)),
            both(text("customUnitOfMeasurement")),
            both(choice("granularity", GRANULARITIES)),
            both(Member::optional("dimensions", list_of!(DIMENSION))),
            both(Member::optional("measures", list_of!(MEASURE))),
            both(Member::optional("filters", list_of!(FILTER))),
            related(Some(names_or_references("relatedMetrics")), references("relatedMetrics"), RELATED),
            related(Some(references_input("assets")), references("assets"), ASSETS),
            computed(reference("derivedFrom")).fixed(),
            has::REVIEWERS,
            has::PROVIDER,
        ],
        has::DESCRIBED,
    ],
    rename: true,
    ..PLAIN
};
