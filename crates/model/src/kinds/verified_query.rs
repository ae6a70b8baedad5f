//! A question about a product with the query that answers it, checked by a person.

use serde_json::json;

use super::shared::*;

pub const VERIFIED_QUERY: KindDef = KindDef {
    name: "verified_query",
    parents: &["data_product"],
    parent_required: true,
    fields: &[
        Field::required("question", FieldType::Text { max: 500 }).told(),
        // As it is compared with others, which may be longer; absent in what was stored before it was kept.
        Field::optional("question_words", FieldType::Text { max: 2_000 }),
        // An older form of the same, which nobody reads any more.
        Field::optional("question_form", FieldType::Text { max: 2_000 }),
        Field::required("sql", FieldType::Text { max: 50_000 }).told(),
        Field::optional("alternate_questions", FieldType::Texts { max: 500 }).told(),
        // What stands as `:name` in the query and as `{name}` in the question.
        Field::optional("parameters", FieldType::Opaque).told(),
        Field::optional("use_as_onboarding_question", FieldType::Boolean).told(),
        // Whether a source has planned it (`ok`, `unchecked`), and the columns that it would answer.
        Field::optional("status", FieldType::Text { max: 16 }).told(),
        Field::optional("result_columns", FieldType::Opaque).told(),
        Field::optional("verified_by", FieldType::Text { max: 36 }).told(),
        Field::optional("verified_at", FieldType::Millis).told(),
    ],
    part: true,
    shown: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"question": "How many orders?", "sql": "SELECT COUNT(*) FROM orders"}),
    ..PLAIN
};
