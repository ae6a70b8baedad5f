//! Columns of a table, nested ones included.

use super::shared::*;

/// Where the columns of a record lie.
pub const COLUMNS: PartList = PartList { list: "columns", one: "column", within: Some("children") };

/// One column. `children` hold columns again; they are checked by the rule `columns`.
pub const COLUMN: &[Field] = &[
    Field::required("name", FieldType::Text { max: 256 }),
    Field::required("data_type", FieldType::Text { max: 64 }),
    Field::optional("display_name", SHORT),
    Field::optional("array_data_type", FieldType::Text { max: 64 }),
    Field::optional("data_length", FieldType::Integer),
    Field::optional("precision", FieldType::Integer),
    Field::optional("scale", FieldType::Integer),
    Field::optional("data_type_display", FieldType::Text { max: 100_000 }),
    Field::optional("description", PROSE),
    Field::optional("constraint", FieldType::Text { max: 64 }),
    Field::optional("ordinal_position", FieldType::Integer),
    Field::optional("json_schema", PROSE),
    Field::optional("children", FieldType::Opaque),
    Field::optional("profile", FieldType::Opaque),
    Field::optional("custom_metrics", FieldType::Opaque),
    Field::optional("extension", FieldType::Opaque),
];
