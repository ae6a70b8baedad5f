//! A statement that was run against a database, with what it used and who ran it.

use serde_json::json;

use super::shared::*;

/// Letters of a name that is made for a query that nobody has named.
pub const MADE_NAME: usize = 32;

/// Whether a name looks like one that was made, and so is none to show to people: hexadecimal digits, as those are by
/// which clients tell queries from one another.
pub fn looks_made(name: &str) -> bool {
    name.len() == MADE_NAME && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub const QUERY: KindDef = KindDef {
    name: "query",
    parents: &["database_service"],
    parent_required: true,
    fields: &[
        Field::required("query", PROSE),
        // Of the text.
        Field::optional("checksum", SHORT),
        Field::optional("query_type", SHORT).told(),
        Field::optional("exclude_usage", FieldType::Boolean).told(),
        Field::optional("duration", FieldType::Number).told(),
        Field::optional("query_date", FieldType::Millis).told(),
        // Those who ran it and are no users here.
        Field::optional("used_by", FieldType::Texts { max: 4_096 }).told(),
        PROCESSED_LINEAGE,
        ENTITY_STATUS,
    ],
    facets: &[Facet::Owners, Facet::Domains, Facet::Tags, Facet::Followers, Facet::Votes],
    relations: &[relation::USED_IN, relation::RUN_BY, relation::TRIGGERED_BY],
    series: &[observation::QUERY_COST],
    rows: true,
    stewarded: true,
    on_delete: OnDelete::FreesName,
    sample: || json!({"query": "SELECT 1"}),
    ..PLAIN
};
