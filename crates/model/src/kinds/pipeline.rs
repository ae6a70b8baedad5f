//! A pipeline with its tasks.

use serde_json::json;

use super::shared::*;

const TASK: &[Field] = &[
    Field::required("name", SHORT),
    Field::optional("display_name", SHORT),
    Field::optional("description", PROSE),
    SOURCE_URL,
    Field::optional("downstream_tasks", FieldType::Texts { max: 4_096 }),
    Field::optional("task_type", SHORT),
    Field::optional("task_sql", PROSE),
    Field::optional("start_date", SHORT),
    Field::optional("end_date", SHORT),
    Field::optional("owners", FieldType::Opaque),
];

pub const PIPELINE: KindDef = KindDef {
    name: "pipeline",
    parents: &["pipeline_service"],
    parent_required: true,
    fields: &[
        Field::optional("tasks", FieldType::Structs(TASK)),
        SOURCE_URL,
        Field::optional("concurrency", FieldType::Integer),
        Field::optional("pipeline_location", SHORT),
        Field::optional("start_date", SHORT),
        Field::optional("end_date", SHORT),
        Field::optional("state", SHORT),
        Field::optional("schedule_interval", SHORT),
        LIFE_CYCLE,
        CERTIFICATION,
        SOURCE_HASH,
        ENTITY_STATUS,
    ],
    facets: DESCRIBED,
    relations: &[relation::CERTIFIED_BY],
    series: &[observation::PIPELINE_STATUS, observation::USAGE],
    parts: &[PartList { list: "tasks", one: "task", within: None }],
    asset: Asset::Item,
    stewarded: true,
    rules: &[Rule::PartNames],
    sample: || json!({}),
    ..PLAIN
};
