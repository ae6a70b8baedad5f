//! A measure of the business, defined once: how it is computed, in which unit, over which span of time.

use serde_json::json;

use super::shared::*;

const EXPRESSION: &[Field] = &[Field::optional("language", SHORT), Field::optional("code", PROSE)];
const PART: &[Field] = &[
    Field::required("name", SHORT),
    Field::optional("fqn", SHORT),
    Field::optional("type", SHORT),
    Field::optional("aggregation", SHORT),
    Field::optional("description", PROSE),
    Field::optional("expression", PROSE),
];

pub const METRIC: KindDef = KindDef {
    name: "metric",
    fields: &[
        Field::optional("metric_expression", FieldType::Struct(EXPRESSION)).content(),
        Field::optional("metric_type", SHORT),
        Field::optional("unit_of_measurement", SHORT),
        Field::optional("custom_unit_of_measurement", SHORT),
        Field::optional("granularity", SHORT),
        Field::optional("dimensions", FieldType::Structs(PART)),
        Field::optional("measures", FieldType::Structs(PART)),
        Field::optional("filters", FieldType::Structs(&[Field::required("where", PROSE)])),
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
