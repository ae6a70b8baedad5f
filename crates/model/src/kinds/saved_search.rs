//! A search that somebody keeps for himself, under a name.

use serde_json::json;

use super::shared::*;

pub const TITLE: &str = "title";
/// As the language of searches writes it.
pub const QUERY: &str = "query";
/// In which order what is found stands, where it is not the usual one.
pub const SORT: &str = "sort";
/// Whether he is told of what it finds that is new.
pub const FOLLOWED: &str = "followed";

pub const SAVED_SEARCH: KindDef = KindDef {
    name: "saved_search",
    parents: &["user"],
    parent_required: true,
    fields: &[
        Field::required(TITLE, FieldType::Text { max: 80 }),
        Field::required(QUERY, FieldType::Text { max: 2_000 }),
        Field::optional(SORT, FieldType::Text { max: 32 }),
        Field::optional(FOLLOWED, FieldType::Boolean),
    ],
    part: true,
    personal: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"title": "Tables of nobody", "query": "kind:table -has:owner"}),
    ..PLAIN
};
