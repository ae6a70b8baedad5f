//! Data models of dashboards, with their columns.

use emporion_catalog::kinds;
use emporion_edge::shape::{Member, Shape};

use super::column_shape::{COLUMNS, COLUMNS_INPUT};
use crate::connection::DASHBOARD;
use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, under};
use crate::has;
use crate::members::*;

#[rustfmt::skip]
const TYPES: &[&str] = &[
    "TableauDataModel", "TableauPublishedDatasource", "TableauEmbeddedDatasource", "SupersetDataModel",
    "MetabaseDataModel", "ModeDataModel", "LookMlView", "LookMlExplore", "PowerBIDataModel", "QlikDataModel",
    "QuickSightDataModel", "SigmaDataModel", "PowerBIDataFlow", "PowerBIDatamart", "MicroStrategyDataset",
    "ThoughtSpotDataModel", "SapS4HanaCdsView", "SsrsDataModel", "OmniDataModel",
];

pub const NOUN: NounDef = NounDef {
    kind: kinds::DASHBOARD_DATA_MODEL,
    entity_type: "dashboardDataModel",
    collection: "dashboard/datamodels",
    tag: "Dashboard Data Models",
    members: &[
        &[
            under("service", "dashboard_service"),
            // Requests may say it; it is that of the service.
            has::service_type(&DASHBOARD).asked_as(choice("serviceType", DASHBOARD.types())).passing(),
            both(Member::required("dataModelType", Shape::Enumeration(TYPES))),
            both(text("sql")),
            both(Member::required("columns", COLUMNS)).asked_as(Member::required("columns", COLUMNS_INPUT)).named(),
            both(text("project")),
        ],
        has::DESCRIBED,
        has::CRAWLED,
    ],
    ..PLAIN
};
