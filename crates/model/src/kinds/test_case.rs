//! A test of a table or of one of its columns. What it came to is kept beside it, by time.

use serde_json::json;

use super::shared::*;
use crate::name;

const VALUE: &[Field] = &[Field::optional("name", SHORT).told(), Field::optional("value", PROSE).told()];

/// How the newest result was, and when that was: what lists are asked for by.
pub const STATUS: &str = "test_case_status";
pub const TESTED_AT: &str = "tested_at";

pub const TEST_CASE: KindDef = KindDef {
    name: "test_case",
    parents: &["table"],
    parent_required: true,
    fields: &[
        Field::optional("parameter_values", FieldType::Structs(VALUE)).told(),
        Field::optional("compute_passed_failed_row_count", FieldType::Boolean).told(),
        Field::optional("use_dynamic_assertion", FieldType::Boolean).told(),
        Field::optional("dimension_columns", FieldType::Texts { max: 4_096 }).told(),
        Field::optional("top_dimensions", FieldType::Count).told(),
        ENTITY_STATUS,
        Field::optional(STATUS, SHORT).told().silent(),
        Field::optional(TESTED_AT, FieldType::Millis).told().silent(),
    ],
    facets: &[Facet::Owners, Facet::Reviewers, Facet::Domains, Facet::Tags, Facet::Followers],
    relations: &[relation::OF_DEFINITION],
    series: &[observation::TEST_RESULT],
    part: true,
    shown: true,
    attends: true,
    naming: Naming::Path,
    sample: || json!({}),
    ..PLAIN
};

/// The column that a test is of, as its name says; none of a test of the whole table.
pub fn column(name: &str) -> Option<String> {
    let mut path = name::split(name)?;
    path.pop();
    let quoted: Vec<String> = path.iter().map(|part| name::quote(part)).collect();
    Some(quoted.join(".")).filter(|column| !column.is_empty())
}

/// The name of a test of a column, or of the whole table.
pub fn named(column: Option<&str>, own: &str) -> String {
    name::join(column, own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::TEST_CASE;

    #[test]
    fn the_name_of_a_test_says_what_it_is_of() {
        for (of, own, name, fqn) in [
            (None, "rows", "rows", "s.t.rows"),
            (Some("id"), "filled", "id.filled", "s.t.id.filled"),
            (Some("a.b"), "x.y", "a.b.\"x.y\"", "s.t.a.b.\"x.y\""),
            (Some("\"a.b\""), "filled", "\"a.b\".filled", "s.t.\"a.b\".filled"),
        ] {
            assert_eq!(named(of, own), name);
            assert_eq!(column(name).as_deref(), of);
            assert_eq!(TEST_CASE.own_name(name), own);
            assert_eq!(TEST_CASE.fqn(Some("s.t"), name, None), fqn);
        }
    }
}
