//! Dashboards and reports, with the charts and data models that they are put together of.

use emporion_catalog::kinds;

use crate::connection::DASHBOARD;
use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, related, under};
use crate::has;
use crate::members::*;
use crate::noun::{Input, OnPut, Reference};

const CHARTS: Reference = out("charts", "has_chart", Input::Fqns, &["chart"], OnPut::ReplaceIfPresent);
const DATA_MODELS: Reference =
    out("dataModels", "uses_data_model", Input::Fqns, &["dashboard_data_model"], OnPut::ReplaceIfPresent);

pub const NOUN: NounDef = NounDef {
    kind: kinds::DASHBOARD,
    entity_type: "dashboard",
    collection: "dashboards",
    tag: "Dashboards",
    members: &[
        &[
            under("service", "dashboard_service"),
            has::service_type(&DASHBOARD),
            both(choice("dashboardType", &["Dashboard", "Report"])),
            both(text("project")),
            related(Some(fqns("charts")), references("charts"), CHARTS),
            related(Some(fqns("dataModels")), references("dataModels"), DATA_MODELS),
            has::USAGE,
        ],
        has::DESCRIBED,
        has::CRAWLED,
    ],
    ..PLAIN
};
