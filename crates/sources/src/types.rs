//! The sources' types in the catalogue's words.

/// PostgreSQL's, by the name in pg_type, its kind and its category; with the word for an array's items.
pub(crate) fn postgresql(name: &str, kind: &str, category: &str) -> (&'static str, Option<&'static str>) {
    if category == "A" {
        let item = name.strip_prefix('_').map_or("UNKNOWN", |item| postgresql(item, "b", "").0);
        return ("ARRAY", Some(item));
    }
    let word = match (kind, name) {
        ("e", _) => "ENUM",
        ("c", _) => "STRUCT",
        (_, "int2") => "SMALLINT",
        (_, "int4") => "INT",
        (_, "int8") => "BIGINT",
        (_, "float4") => "FLOAT",
        (_, "float8") => "DOUBLE",
        (_, "numeric") => "NUMERIC",
        (_, "bool") => "BOOLEAN",
        (_, "text" | "citext") => "TEXT",
        (_, "varchar") => "VARCHAR",
        (_, "bpchar" | "char") => "CHAR",
        (_, "name") => "STRING",
        (_, "date") => "DATE",
        (_, "time" | "timetz") => "TIME",
        (_, "timestamp") => "TIMESTAMP",
        (_, "timestamptz") => "TIMESTAMPZ",
        (_, "interval") => "INTERVAL",
        (_, "bytea") => "BYTEA",
        (_, "json" | "jsonb") => "JSON",
        (_, "uuid") => "UUID",
        (_, "xml") => "XML",
        (_, "inet") => "INET",
        (_, "cidr") => "CIDR",
        (_, "macaddr" | "macaddr8") => "MACADDR",
        (_, "money") => "MONEY",
        (_, "tsvector") => "TSVECTOR",
        (_, "tsquery") => "TSQUERY",
        (_, "pg_lsn") => "PG_LSN",
        (_, "txid_snapshot") => "TXID_SNAPSHOT",
        (_, "pg_snapshot") => "PG_SNAPSHOT",
        (_, "point") => "POINT",
        (_, "polygon") => "POLYGON",
        (_, "geometry") => "GEOMETRY",
        (_, "geography") => "GEOGRAPHY",
        (_, "hstore") => "MAP",
        (_, "bit" | "varbit") => "BIT",
        (_, "tsrange" | "tstzrange" | "daterange") => "DATETIMERANGE",
        // Ranges of numbers are two ends and no number.
        (_, "int4range" | "int8range" | "numrange") => "TUPLE",
        (_, "oid") => "BIGINT",
        _ => "UNKNOWN",
    };
    (word, None)
}

/// Length, precision and scale out of PostgreSQL's type modifier.
pub(crate) fn postgresql_modifier(name: &str, modifier: i32) -> (Option<u64>, Option<u32>, Option<i32>) {
    if modifier < 0 {
        return (None, None, None);
    }
    match name {
        "varchar" | "bpchar" => (u64::try_from(modifier - 4).ok(), None, None),
        "bit" | "varbit" => (u64::try_from(modifier).ok(), None, None),
        "numeric" => {
            let packed = modifier - 4;
            // Eleven bits with a sign, since version 15.
            let scale = ((packed & 0x7ff) ^ 1024) - 1024;
            (None, u32::try_from((packed >> 16) & 0xffff).ok(), Some(scale))
        }
        _ => (None, None, None),
    }
}

/// MySQL's and MariaDB's, by DATA_TYPE.
pub(crate) fn mysql(name: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "tinyint" => "TINYINT",
        "smallint" => "SMALLINT",
        "mediumint" | "int" | "integer" => "INT",
        "bigint" => "BIGINT",
        "decimal" | "numeric" => "DECIMAL",
        "float" => "FLOAT",
        "double" | "real" => "DOUBLE",
        "bit" => "BIT",
        "bool" | "boolean" => "BOOLEAN",
        "char" => "CHAR",
        "varchar" => "VARCHAR",
        "text" | "tinytext" | "longtext" => "TEXT",
        "mediumtext" => "MEDIUMTEXT",
        "binary" => "BINARY",
        "varbinary" => "VARBINARY",
        "blob" | "tinyblob" => "BLOB",
        "mediumblob" => "MEDIUMBLOB",
        "longblob" => "LONGBLOB",
        "date" => "DATE",
        "datetime" => "DATETIME",
        "timestamp" => "TIMESTAMP",
        "time" => "TIME",
        "year" => "YEAR",
        "enum" => "ENUM",
        "set" => "SET",
        "json" => "JSON",
        "uuid" => "UUID",
        "inet4" => "IPV4",
        "inet6" => "IPV6",
        "point" => "POINT",
        "polygon" => "POLYGON",
        "geometry" | "linestring" | "multipoint" | "multilinestring" | "multipolygon" | "geometrycollection" => {
            "GEOMETRY"
        }
        _ => "UNKNOWN",
    }
}

/// SQLite's declared types: the word, length, precision and scale. What says nothing means what the engine makes of it.
pub(crate) fn sqlite(declared: &str) -> (&'static str, Option<u64>, Option<u32>, Option<i32>) {
    let (name, arguments) = declared.split_once('(').unwrap_or((declared, ""));
    let mut numbers = arguments.trim_end_matches(')').split(',').map(str::trim);
    let first = numbers.next().and_then(|part| part.parse::<u32>().ok());
    let second = numbers.next().and_then(|part| part.parse::<i32>().ok());
    let name = name.trim().to_ascii_uppercase();
    let word = match name.as_str() {
        "TINYINT" => "TINYINT",
        "SMALLINT" | "INT2" => "SMALLINT",
        "BIGINT" | "INT8" | "UNSIGNED BIG INT" => "BIGINT",
        "VARCHAR" | "NVARCHAR" | "CHARACTER VARYING" | "VARYING CHARACTER" => "VARCHAR",
        "CHAR" | "CHARACTER" | "NCHAR" | "NATIVE CHARACTER" => "CHAR",
        "DECIMAL" => "DECIMAL",
        "NUMERIC" => "NUMERIC",
        "BOOLEAN" | "BOOL" => "BOOLEAN",
        "DATE" => "DATE",
        "DATETIME" => "DATETIME",
        "TIMESTAMP" => "TIMESTAMP",
        "TIME" => "TIME",
        "JSON" | "JSONB" => "JSON",
        "UUID" => "UUID",
        // Strict tables keep any value there as it is.
        "ANY" => "VARIANT",
        "" => "UNKNOWN",
        // The engine's own rules of affinity, in their order.
        name if name.contains("INT") => "INT",
        name if name.contains("CHAR") || name.contains("CLOB") || name.contains("TEXT") => "TEXT",
        name if name.contains("BLOB") => "BLOB",
        name if name.contains("DOUB") => "DOUBLE",
        name if name.contains("REAL") || name.contains("FLOA") => "FLOAT",
        _ => "NUMERIC",
    };
    match word {
        "VARCHAR" | "CHAR" | "TEXT" => (word, first.map(u64::from), None, None),
        "DECIMAL" | "NUMERIC" => (word, None, first, second),
        _ => (word, None, None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_are_unpacked() {
        assert_eq!(postgresql_modifier("varchar", 24), (Some(20), None, None));
        assert_eq!(postgresql_modifier("numeric", (12 << 16 | 2) + 4), (None, Some(12), Some(2)));
        assert_eq!(postgresql_modifier("numeric", (3 << 16 | 0x7fe) + 4), (None, Some(3), Some(-2)));
        assert_eq!(postgresql_modifier("text", -1), (None, None, None));
        assert_eq!(postgresql("_int4", "b", "A"), ("ARRAY", Some("INT")));
    }

    #[test]
    fn declared_types_of_any_kind_have_a_word() {
        assert_eq!(sqlite("VARCHAR(20)"), ("VARCHAR", Some(20), None, None));
        assert_eq!(sqlite("decimal(12, 2)"), ("DECIMAL", None, Some(12), Some(2)));
        assert_eq!(sqlite("UNSIGNED INTEGER"), ("INT", None, None, None));
        assert_eq!(sqlite("whatever"), ("NUMERIC", None, None, None));
        assert_eq!((sqlite("").0, sqlite("ANY").0), ("UNKNOWN", "VARIANT"));
    }
}
