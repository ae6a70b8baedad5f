//! A pipeline with its tasks.

use serde_json::json;

use super::shared::*;

const TASK: &[Field] = &[
    Field::required("name", SHORT).told(),
    Field::optional("display_name", SHORT).told(),
    Field::optional("description", PROSE).told(),
    SOURCE_URL,
    Field::optional("downstream_tasks", FieldType::Texts { max: 4_096 }).told(),
    Field::optional("task_type", SHORT).told(),
    Field::optional("task_sql", PROSE).told(),
    Field::optional("start_date", SHORT).told(),
    Field::optional("end_date", SHORT).told(),
    Field::optional("owners", FieldType::Opaque).told(),
];

pub const PIPELINE: KindDef = KindDef {
    name: "pipeline",
    parents: &["pipeline_service"],
    parent_required: true,
    fields: &[
        Field::optional("tasks", FieldType::Structs(TASK)).told(),
        SOURCE_URL,
        Field::optional("concurrency", FieldType::Integer).told(),
        Field::optional("pipeline_location", SHORT).told(),
        Field::optional("start_date", SHORT).told(),
        Field::optional("end_date", SHORT).told(),
        Field::optional("state", SHORT).told(),
        Field::optional("schedule_interval", SHORT).told(),
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
