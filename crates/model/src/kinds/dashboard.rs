//! A dashboard or report: what a tool shows on one page, in charts.

use serde_json::json;

use super::shared::*;

pub const DASHBOARD: KindDef = KindDef {
    name: "dashboard",
    parents: &["dashboard_service"],
    parent_required: true,
    fields: &[
        Field::optional("dashboard_type", SHORT).told(),
        // The workspace or collection that it lies in.
        Field::optional("project", SHORT).told(),
        SOURCE_URL,
        LIFE_CYCLE,
        CERTIFICATION,
        SOURCE_HASH,
        ENTITY_STATUS,
    ],
    facets: DESCRIBED,
    relations: &[relation::CERTIFIED_BY, relation::HAS_CHART, relation::USES_DATA_MODEL],
    series: &[observation::USAGE],
    asset: Asset::Item,
    stewarded: true,
    sample: || json!({}),
    ..PLAIN
};
