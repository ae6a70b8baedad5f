//! A measure of the business, defined once: how it is computed, in which unit, over which span of time.

use serde_json::json;

use super::shared::*;

const EXPRESSION: &[Field] = &[Field::optional("language", SHORT).told(), Field::optional("code", PROSE).told()];
const PART: &[Field] = &[
    Field::required("name", SHORT).told(),
    Field::optional("fqn", SHORT).told(),
    Field::optional("type", SHORT).told(),
    Field::optional("aggregation", SHORT).told(),
    Field::optional("description", PROSE).told(),
    Field::optional("expression", PROSE).told(),
];

pub const METRIC: KindDef = KindDef {
    name: "metric",
    fields: &[
        Field::optional("metric_expression", FieldType::Struct(EXPRESSION)).told().content(),
        Field::optional("metric_type", SHORT).told(),
        Field::optional("unit_of_measurement", SHORT).told(),
        Field::optional("custom_unit_of_measurement", SHORT).told(),
        Field::optional("granularity", SHORT).told(),
        Field::optional("dimensions", FieldType::Structs(PART)).told(),
        Field::optional("measures", FieldType::Structs(PART)).told(),
        Field::optional("filters", FieldType::Structs(&[Field::required("where", PROSE).told()])).told(),
        CERTIFICATION,
        PROVIDER,
        ENTITY_STATUS,
    ],
    facets: REVIEWED,
    relations: &[relation::CERTIFIED_BY, relation::RELATED_METRIC, relation::COMPUTED_ON],
    asset: Asset::Item,
    stewarded: true,
    rules: &[Rule::SystemEntity],
    sample: || json!({}),
    ..PLAIN
};
