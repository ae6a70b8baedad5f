//! Charts, each with the dashboards that show it.

use emporion_catalog::kinds;

use crate::connection::DASHBOARD;
use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, related, under};
use crate::has;
use crate::members::*;
use crate::noun::{Direction, Input, OnPut, Reference};

#[rustfmt::skip]
const TYPES: &[&str] = &[
    "Line", "Table", "Bar", "Area", "Pie", "Histogram", "Scatter", "Text", "BoxPlot", "SanKey", "Gauge", "Map", "Graph",
    "Heatmap", "Timeline", "Other",
];
const DASHBOARDS: Reference = Reference {
    direction: Direction::In,
    ..out("dashboards", "has_chart", Input::Fqns, &["dashboard"], OnPut::ReplaceIfPresent)
};

pub const NOUN: NounDef = NounDef {
    kind: kinds::CHART,
    entity_type: "chart",
    collection: "charts",
    tag: "Charts",
    members: &[
        &[
            under("service", "dashboard_service"),
            has::service_type(&DASHBOARD),
            both(choice("chartType", TYPES)),
            related(Some(fqns("dashboards")), references("dashboards"), DASHBOARDS),
            has::USAGE,
        ],
        has::DESCRIBED,
        has::CRAWLED,
    ],
    ..PLAIN
};
