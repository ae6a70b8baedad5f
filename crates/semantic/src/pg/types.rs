//! The types that values have for PostgreSQL's clients.

use sqlparser::ast::DataType;

/// A type, as far as it matters how values of it are compared, reckoned with, sent and taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Bool,
    /// A whole number whose sum is a whole number.
    Int4,
    Int8,
    Numeric,
    Float8,
    Text,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Json,
    Bytea,
    /// Of the system's catalogue alone.
    Oid,
    Name,
    Char,
    /// Arrays of texts, of truths, of whole numbers and of ids.
    Texts,
    Bools,
    Wholes,
    Oids,
}

impl Type {
    /// What a column holds, by the catalogue's word for its type; `None` where it may hold anything.
    pub fn of_word(word: &str) -> Option<Type> {
        Some(match word {
            "TINYINT" | "SMALLINT" | "INT" | "BYTEINT" | "YEAR" => Type::Int4,
            "BIGINT" | "LONG" => Type::Int8,
            "DECIMAL" | "NUMERIC" | "NUMBER" => Type::Numeric,
            "FLOAT" | "DOUBLE" => Type::Float8,
            "BOOLEAN" => Type::Bool,
            "DATE" => Type::Date,
            "TIME" => Type::Time,
            "TIMESTAMP" | "DATETIME" => Type::Timestamp,
            "TIMESTAMPZ" => Type::TimestampTz,
            "JSON" => Type::Json,
            "BINARY" | "VARBINARY" | "BLOB" | "BYTES" | "BYTEA" | "LONGBLOB" | "MEDIUMBLOB" => Type::Bytea,
            "UNKNOWN" | "VARIANT" | "ARRAY" | "STRUCT" | "MAP" | "INTERVAL" | "" => return None,
            _ => Type::Text,
        })
    }

    /// By PostgreSQL's own name; `None` for those that nothing is known of here.
    pub fn named(name: &str) -> Option<Type> {
        Some(match name {
            "bool" => Type::Bool,
            "int2" | "int4" | "xid" | "cardinal_number" => Type::Int4,
            "int8" => Type::Int8,
            "numeric" => Type::Numeric,
            "float4" | "float8" => Type::Float8,
            "text" | "varchar" | "bpchar" | "uuid" | "string" => Type::Text,
            "date" => Type::Date,
            "time" | "timetz" => Type::Time,
            "timestamp" | "datetime" => Type::Timestamp,
            "timestamptz" => Type::TimestampTz,
            "interval" => Type::Interval,
            "json" | "jsonb" => Type::Json,
            "bytea" => Type::Bytea,
            "oid" => Type::Oid,
            "name" | "sql_identifier" => Type::Name,
            "char" => Type::Char,
            _ => return None,
        })
    }

    pub(super) fn of_data_type(data_type: &DataType) -> Option<Type> {
        match type_name(data_type).as_str() {
            // Names of what the system has.
            name if name.starts_with("reg") => Some(Type::Text),
            name => Type::named(name),
        }
    }

    /// An array of such values.
    pub(super) fn array(self) -> Option<Type> {
        match self {
            Type::Bool => Some(Type::Bools),
            Type::Oid => Some(Type::Oids),
            ty if ty.is_text() => Some(Type::Texts),
            ty if ty.is_whole() => Some(Type::Wholes),
            _ => None,
        }
    }

    pub fn is_number(self) -> bool {
        self.is_whole() || matches!(self, Type::Numeric | Type::Float8)
    }

    pub fn is_whole(self) -> bool {
        matches!(self, Type::Int4 | Type::Int8 | Type::Oid)
    }

    /// A point in time with its day.
    pub fn is_moment(self) -> bool {
        matches!(self, Type::Timestamp | Type::TimestampTz)
    }

    pub fn is_time(self) -> bool {
        self == Type::Date || self.is_moment()
    }

    fn is_text(self) -> bool {
        matches!(self, Type::Text | Type::Name | Type::Char)
    }

    /// What both become where they stand beside each other; `None` where they do not go together.
    pub(super) fn common(self, other: Type) -> Option<Type> {
        const LADDERS: [&[Type]; 2] = [
            &[Type::Oid, Type::Int4, Type::Int8, Type::Numeric, Type::Float8],
            &[Type::Date, Type::Timestamp, Type::TimestampTz],
        ];
        if self == other {
            return Some(self);
        }
        if self.is_text() && other.is_text() {
            return Some(Type::Text);
        }
        let step = |ladder: &[Type], of: Type| ladder.iter().position(|one| *one == of);
        LADDERS.iter().find_map(|ladder| Some(ladder[step(ladder, self)?.max(step(ladder, other)?)]))
    }
}

/// As PostgreSQL calls it.
pub(super) fn type_name(data_type: &DataType) -> String {
    let name = data_type.to_string().to_ascii_lowercase().replace('"', "");
    let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
    let name = name.split('(').next().unwrap_or_default().trim();
    let known = match name {
        "int" | "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "real" => "float4",
        "float" | "double precision" => "float8",
        "decimal" | "dec" => "numeric",
        "boolean" => "bool",
        "character varying" => "varchar",
        "char" | "character" => "bpchar",
        name if name.starts_with("timestamp") && name.ends_with("with time zone") => "timestamptz",
        name => name.split(' ').next().unwrap_or_default(),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_types_the_wider_one_holds_both() {
        for (one, other, both) in [
            (Type::Int4, Type::Numeric, Some(Type::Numeric)),
            (Type::Float8, Type::Int8, Some(Type::Float8)),
            (Type::Date, Type::Timestamp, Some(Type::Timestamp)),
            (Type::Name, Type::Text, Some(Type::Text)),
            (Type::Bool, Type::Bool, Some(Type::Bool)),
            (Type::Date, Type::Int4, None),
            (Type::Text, Type::Int4, None),
        ] {
            assert_eq!((one.common(other), other.common(one)), (both, both));
        }
    }

    #[test]
    fn words_and_names_mean_types() {
        assert_eq!((Type::of_word("DATETIME"), Type::of_word("ENUM")), (Some(Type::Timestamp), Some(Type::Text)));
        assert_eq!((Type::of_word("VARIANT"), Type::named("int2vector")), (None, None));
        assert_eq!(Type::of_data_type(&DataType::BigInt(None)), Some(Type::Int8));
    }
}
