//! Columns of a table, nested ones included.

use super::shared::*;

/// Where the columns of a record lie.
pub const COLUMNS: PartList = PartList { list: "columns", one: "column", within: Some("children") };

/// One column. `children` hold columns again; they are checked by the rule `columns`.
pub const COLUMN: &[Field] = &[
    Field::required("name", FieldType::Text { max: 256 }).told(),
    Field::required("data_type", FieldType::Text { max: 64 }).told(),
    Field::optional("display_name", SHORT).told(),
    Field::optional("array_data_type", FieldType::Text { max: 64 }).told(),
    Field::optional("data_length", FieldType::Integer).told(),
    Field::optional("precision", FieldType::Integer).told(),
    Field::optional("scale", FieldType::Integer).told(),
    Field::optional("data_type_display", FieldType::Text { max: 100_000 }).told(),
    Field::optional("description", PROSE).told(),
    Field::optional("constraint", FieldType::Text { max: 64 }).told(),
    Field::optional("ordinal_position", FieldType::Integer).told(),
    Field::optional("json_schema", PROSE).told(),
    Field::optional("children", FieldType::Opaque).told(),
    Field::optional("profile", FieldType::Opaque),
    Field::optional("custom_metrics", FieldType::Opaque),
    Field::optional("extension", FieldType::Opaque).told(),
];
