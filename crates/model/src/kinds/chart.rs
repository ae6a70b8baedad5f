//! A chart that dashboards show.

use serde_json::json;

use super::shared::*;

pub const CHART: KindDef = KindDef {
    name: "chart",
    parents: &["dashboard_service"],
    parent_required: true,
    fields: &[
        Field::optional("chart_type", SHORT).told(),
        SOURCE_URL,
        LIFE_CYCLE,
        CERTIFICATION,
        SOURCE_HASH,
        ENTITY_STATUS,
    ],
    facets: DESCRIBED,
    relations: &[relation::CERTIFIED_BY],
    series: &[observation::USAGE],
    asset: Asset::Item,
    stewarded: true,
    sample: || json!({}),
    ..PLAIN
};
