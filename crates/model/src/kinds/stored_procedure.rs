//! A routine that a database keeps.

use serde_json::json;

use super::shared::*;

const CODE: &[Field] = &[Field::optional("language", SHORT).told(), Field::optional("code", PROSE).told()];

pub const STORED_PROCEDURE: KindDef = KindDef {
    name: "stored_procedure",
    parents: &["database_schema"],
    parent_required: true,
    fields: &[
        Field::required("stored_procedure_code", FieldType::Struct(CODE)).told().content(),
        Field::optional("stored_procedure_type", SHORT).told(),
        SOURCE_URL,
        LIFE_CYCLE,
        CERTIFICATION,
        SOURCE_HASH,
        PROCESSED_LINEAGE,
        ENTITY_STATUS,
    ],
    facets: DESCRIBED,
    relations: &[relation::CERTIFIED_BY],
    asset: Asset::Item,
    stewarded: true,
    sample: || json!({"stored_procedure_code": {"language": "SQL", "code": "SELECT 1"}}),
    ..PLAIN
};
