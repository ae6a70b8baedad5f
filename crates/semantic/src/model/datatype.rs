//! The interchange's logical types of fields, and what other formats and databases call them.

pub(crate) const STRING: &str = "String";
pub(crate) const INTEGER: &str = "Integer";
pub(crate) const DECIMAL: &str = "Decimal";
pub(crate) const FLOAT: &str = "Float";
pub(crate) const BOOLEAN: &str = "Boolean";
pub(crate) const DATE: &str = "Date";
pub(crate) const TIME: &str = "Time";
pub(crate) const DATE_TIME: &str = "DateTime";
pub(crate) const DATE_TIME_TZ: &str = "DateTimeTz";

/// The logical type of a type of SQL or of the catalogue, `NUMBER(12,2)`; of a logical type it is that type. `None` for
/// what has no word in the interchange.
pub(crate) fn logical(word: &str) -> Option<&'static str> {
    let (name, arguments) = word.split_once('(').unwrap_or((word, ""));
    let name = name.trim().to_ascii_uppercase();
    let is_whole =
        || arguments.trim_end_matches([')', ' ']).split_once(',').is_some_and(|(_, scale)| scale.trim() == "0");
    Some(match name.as_str() {
        "STRING" | "VARCHAR" | "CHAR" | "CHARACTER" | "BPCHAR" | "TEXT" | "MEDIUMTEXT" | "NTEXT" | "ENUM" | "UUID" => {
            STRING
        }
        "INTEGER" | "TINYINT" | "SMALLINT" | "INT" | "BIGINT" | "BYTEINT" | "YEAR" => INTEGER,
        "NUMBER" | "NUMERIC" | "DECIMAL" if is_whole() => INTEGER,
        "NUMBER" | "NUMERIC" | "DECIMAL" | "MONEY" => DECIMAL,
        "FLOAT" | "REAL" | "DOUBLE" | "DOUBLE PRECISION" => FLOAT,
        "BOOLEAN" | "BOOL" => BOOLEAN,
        "DATE" => DATE,
        "TIME" => TIME,
        "DATETIME" | "TIMESTAMP" | "TIMESTAMP_NTZ" => DATE_TIME,
        "DATETIMETZ" | "TIMESTAMPZ" | "TIMESTAMPTZ" | "TIMESTAMP_TZ" | "TIMESTAMP_LTZ" => DATE_TIME_TZ,
        _ => return None,
    })
}

/// Snowflake's type for a logical one; what is none stays as it is.
pub(super) fn snowflake(data_type: &str) -> &str {
    match data_type {
        STRING => "TEXT",
        // Its INTEGER is this one.
        INTEGER => "NUMBER(38,0)",
        DECIMAL => "NUMBER",
        FLOAT => "FLOAT",
        BOOLEAN => "BOOLEAN",
        DATE => "DATE",
        TIME => "TIME",
        DATE_TIME => "TIMESTAMP_NTZ",
        DATE_TIME_TZ => "TIMESTAMP_TZ",
        other => other,
    }
}

/// Whether values of it are texts, which questions call by name. Without a type they may be.
pub(super) fn may_be_text(data_type: Option<&str>) -> bool {
    let Some(data_type) = data_type else { return true };
    let is_text = |word: &str| ["string", "text", "char", "enum"].iter().any(|part| word.contains(part));
    logical(data_type).map_or_else(|| is_text(&data_type.to_lowercase()), |logical| logical == STRING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_one_logical_word_whoever_names_them() {
        for (word, wanted) in [
            ("VARCHAR(20)", Some("String")),
            ("number(38, 0)", Some("Integer")),
            ("NUMBER(12,2)", Some("Decimal")),
            ("NUMBER", Some("Decimal")),
            ("TIMESTAMPZ", Some("DateTimeTz")),
            ("geography", None),
        ] {
            assert_eq!(logical(word), wanted, "{word}");
        }
        for word in [STRING, INTEGER, DECIMAL, FLOAT, BOOLEAN, DATE, TIME, DATE_TIME, DATE_TIME_TZ] {
            assert_eq!((logical(word), logical(snowflake(word))), (Some(word), Some(word)));
        }
        assert!(may_be_text(None) && may_be_text(Some("citext")) && !may_be_text(Some("INT")));
    }
}
