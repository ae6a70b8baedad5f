//! How data can be tested: what a test of the sort asks for, and what it can be made of.

use serde_json::json;

use super::shared::*;

pub const TEST_DEFINITION: KindDef = KindDef {
    name: "test_definition",
    fields: &[
        Field::required("entity_type", SHORT).told(),
        Field::optional("test_platforms", FieldType::Texts { max: 64 }).told(),
        Field::optional("supported_data_types", FieldType::Texts { max: 64 }).told(),
        Field::optional("parameter_definition", FieldType::Opaque).told(),
        Field::optional("data_quality_dimension", SHORT).told(),
        Field::optional("supported_services", FieldType::Texts { max: 256 }).told(),
        Field::optional("sql_expression", PROSE).told(),
        Field::optional("validator_class", SHORT).told(),
        Field::optional("supports_row_level_passed_failed", FieldType::Boolean).told(),
        Field::optional("supports_dynamic_assertion", FieldType::Boolean).told(),
        Field::optional("enabled", FieldType::Boolean).told(),
        PROVIDER,
    ],
    facets: &[Facet::Owners, Facet::Domains],
    stewarded: true,
    rules: &[Rule::SystemEntity],
    sample: || json!({"entity_type": "TABLE"}),
    ..PLAIN
};
