//! The types that columns have here.

use emporion_semantic::pg::types::Type;

use crate::values::told;

/// A type of PostgreSQL's that a column, or a value of the catalogue, can have.
pub struct TypeRow {
    pub oid: i64,
    pub name: &'static str,
    /// As people write it.
    pub written: &'static str,
    pub length: i64,
    pub category: &'static str,
    /// Of an array, what it is of.
    pub element: i64,
    pub array: i64,
}

const fn row(
    oid: i64,
    name: &'static str,
    written: &'static str,
    length: i64,
    category: &'static str,
    element: i64,
    array: i64,
) -> TypeRow {
    TypeRow { oid, name, written, length, category, element, array }
}

pub const TYPES: &[TypeRow] = &[
    row(16, "bool", "boolean", 1, "B", 0, 1000),
    row(17, "bytea", "bytea", -1, "U", 0, 1001),
    row(18, "char", "\"char\"", 1, "Z", 0, 1002),
    row(19, "name", "name", 64, "S", 18, 1003),
    row(20, "int8", "bigint", 8, "N", 0, 1016),
    row(21, "int2", "smallint", 2, "N", 0, 1005),
    row(22, "int2vector", "int2vector", -1, "A", 21, 1006),
    row(23, "int4", "integer", 4, "N", 0, 1007),
    row(25, "text", "text", -1, "S", 0, 1009),
    row(26, "oid", "oid", 4, "N", 0, 1028),
    row(114, "json", "json", -1, "U", 0, 199),
    row(199, "_json", "json[]", -1, "A", 114, 0),
    row(700, "float4", "real", 4, "N", 0, 1021),
    row(701, "float8", "double precision", 8, "N", 0, 1022),
    row(705, "unknown", "unknown", -2, "X", 0, 0),
    row(1000, "_bool", "boolean[]", -1, "A", 16, 0),
    row(1007, "_int4", "integer[]", -1, "A", 23, 0),
    row(1009, "_text", "text[]", -1, "A", 25, 0),
    row(1015, "_varchar", "character varying[]", -1, "A", 1043, 0),
    row(1016, "_int8", "bigint[]", -1, "A", 20, 0),
    row(1022, "_float8", "double precision[]", -1, "A", 701, 0),
    row(1042, "bpchar", "character", -1, "S", 0, 1014),
    row(1043, "varchar", "character varying", -1, "S", 0, 1015),
    row(1082, "date", "date", 4, "D", 0, 1182),
    row(1083, "time", "time without time zone", 8, "D", 0, 1183),
    row(1114, "timestamp", "timestamp without time zone", 8, "D", 0, 1115),
    row(1115, "_timestamp", "timestamp without time zone[]", -1, "A", 1114, 0),
    row(1182, "_date", "date[]", -1, "A", 1082, 0),
    row(1184, "timestamptz", "timestamp with time zone", 8, "D", 0, 1185),
    row(1186, "interval", "interval", 16, "T", 0, 1187),
    row(1231, "_numeric", "numeric[]", -1, "A", 1700, 0),
    row(1700, "numeric", "numeric", -1, "N", 0, 1231),
    row(2205, "regclass", "regclass", 4, "N", 0, 2210),
    row(2950, "uuid", "uuid", 16, "U", 0, 2951),
    row(3802, "jsonb", "jsonb", -1, "U", 0, 3807),
];

pub fn by_oid(oid: i64) -> Option<&'static TypeRow> {
    TYPES.iter().find(|row| row.oid == oid)
}

pub fn by_name(name: &str) -> Option<&'static TypeRow> {
    let name = name.trim().strip_prefix("pg_catalog.").unwrap_or(name.trim());
    TYPES.iter().find(|row| row.name == name || row.written.eq_ignore_ascii_case(name))
}

/// What the values of a column are sent as.
pub fn of_column(ty: Option<Type>) -> &'static TypeRow {
    by_oid(told(ty.unwrap_or(Type::Text)).oid().into()).expect("it stands in the list")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_by_every_name() {
        assert_eq!(by_name("pg_catalog.int8").map(|row| row.oid), Some(20));
        assert_eq!(by_name("double precision").map(|row| row.oid), Some(701));
        assert_eq!(by_oid(1700).map(|row| row.written), Some("numeric"));
        assert_eq!(of_column(Type::of_word("INT")).name, "int8");
        for word in ["GEOMETRY", "UNKNOWN", "DATE", "TIMESTAMPZ", "JSON", "BLOB", "BOOLEAN", "DOUBLE", "TIME"] {
            assert_eq!(
                of_column(Type::of_word(word)).oid,
                i64::from(told(Type::of_word(word).unwrap_or(Type::Text)).oid())
            );
        }
    }
}
