//! What a tool of dashboards makes of data before it shows them: a data set, a view or an extract, with its columns.

use serde_json::json;

use super::column::{COLUMN, COLUMNS};
use super::shared::*;

pub const DASHBOARD_DATA_MODEL: KindDef = KindDef {
    name: "dashboard_data_model",
    parents: &["dashboard_service"],
    parent_required: true,
    fields: &[
        Field::required("data_model_type", SHORT).told(),
        Field::optional("columns", FieldType::Structs(COLUMN)).told().content(),
        Field::optional("sql", PROSE).told(),
        // The workspace or collection that it lies in.
        Field::optional("project", SHORT).told(),
        SOURCE_URL,
        LIFE_CYCLE,
        CERTIFICATION,
        SOURCE_HASH,
        ENTITY_STATUS,
    ],
    facets: DESCRIBED,
    relations: &[relation::CERTIFIED_BY],
    parts: &[COLUMNS],
    // It may be called as a dashboard of its service is.
    naming: Naming::Among("model"),
    asset: Asset::Item,
    stewarded: true,
    rules: &[Rule::Columns],
    sample: || json!({"data_model_type": "SupersetDataModel", "columns": [{"name": "id", "data_type": "INT"}]}),
    ..PLAIN
};
