//! Functions of the system: those that the picture of its catalogue has, and how those are called that there are none of.

use super::names::SERIES;
use super::types::Type;

/// Functions that whoever has the picture offers; of these names and no others.
pub const OFFERED: &[&str] = &[
    "array_lower",
    "array_to_string",
    "array_upper",
    "col_description",
    "current_catalog",
    "current_database",
    "current_role",
    "current_schema",
    "current_schemas",
    "current_setting",
    "current_user",
    "door_any",
    "door_array",
    "door_element",
    "door_field",
    "door_length",
    "door_matches",
    "door_pair",
    "door_place",
    "door_quoted",
    "door_regclass",
    "door_regnamespace",
    "door_regtype",
    "format_type",
    "obj_description",
    "pg_backend_pid",
    "pg_encoding_to_char",
    "pg_get_constraintdef",
    "pg_get_indexdef",
    "pg_get_userbyid",
    "pg_table_is_visible",
    "quote_ident",
    "quote_literal",
    "quote_nullable",
    "session_user",
    "set_config",
    "to_regclass",
    "to_regtype",
    "user",
    "version",
];

/// How functions of the system are called that there are none of.
pub(super) const ABSENT: &[&str] = &["pg_", "_pg_", "inet_", "txid_", "to_reg", "array_", "unnest", "generate_"];

/// What a function of the system answers, where it is one: texts, but for those whose names say otherwise.
pub(super) fn answers(function: &str) -> Option<Type> {
    match function {
        "pg_backend_pid" => Some(Type::Int4),
        name if name.starts_with("has_") || name.ends_with("_is_visible") => Some(Type::Bool),
        name => OFFERED.contains(&name).then_some(Type::Text),
    }
}

/// Whether a function is the system's, and none of what is computed with.
pub(super) fn is_of_system(function: &str) -> bool {
    let is_absent = ABSENT.iter().any(|begin| function.starts_with(begin)) && function != SERIES;
    is_absent || answers(function).is_some()
}
