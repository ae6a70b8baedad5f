//! Types of fields: what the model says, else its column, else what its expression makes.

use sqlparser::ast::{BinaryOperator, DataType, Expr, UnaryOperator, Value};

use super::super::ground::Type;
use crate::guard::Dialect;
use crate::model::datatype;

pub(super) fn of(said: Option<&str>, column: Option<&str>, expr: &Expr, dialect: Dialect) -> Type {
    // A column's own type decides how it is compared; what the model says of it may be only how it is meant.
    let column = column.and_then(|word| known(word, dialect));
    let said = said.and_then(|word| known(word, dialect));
    match (said, column) {
        // In SQLite and in texts, dates are texts.
        (Some(said @ (Type::Date | Type::Timestamp)), Some(Type::Text)) => {
            if dialect == Dialect::Sqlite {
                said
            } else {
                Type::Text
            }
        }
        (Some(Type::Date | Type::Timestamp), Some(Type::Number)) => Type::Number,
        (Some(Type::Text), Some(column @ (Type::Number | Type::Boolean | Type::Date | Type::Timestamp))) => column,
        (Some(said), _) => said,
        (None, Some(column)) => column,
        (None, None) => made(expr),
    }
}

fn known(word: &str, dialect: Dialect) -> Option<Type> {
    let lower = word.trim().to_ascii_lowercase();
    if dialect == Dialect::MySql && lower.starts_with("tinyint(1)") {
        return Some(Type::Boolean);
    }
    if let Some(logical) = datatype::logical(word) {
        return Some(match logical {
            datatype::STRING => Type::Text,
            datatype::INTEGER | datatype::DECIMAL | datatype::FLOAT => Type::Number,
            datatype::BOOLEAN => Type::Boolean,
            datatype::DATE => Type::Date,
            datatype::DATE_TIME | datatype::DATE_TIME_TZ => Type::Timestamp,
            _ => Type::Other,
        });
    }
    let name = lower.split('(').next().unwrap_or_default().trim();
    Some(match name {
        "character varying" | "nvarchar" | "nchar" | "clob" | "longtext" | "tinytext" | "citext" | "name" => Type::Text,
        "int2" | "int4" | "int8" | "float4" | "float8" | "mediumint" | "serial" | "bigserial" | "unsigned big int"
        | "long" => Type::Number,
        "timestamp without time zone" | "timestamp with time zone" => Type::Timestamp,
        _ => return None,
    })
}

/// Whether a column's values are moments, and not what a clock on the wall shows.
pub(super) fn has_zone(word: &str) -> bool {
    datatype::logical(word) == Some(datatype::DATE_TIME_TZ) || word.eq_ignore_ascii_case("timestamp with time zone")
}

fn made(expr: &Expr) -> Type {
    use BinaryOperator as Op;
    match expr {
        Expr::Nested(inner) => made(inner),
        Expr::BinaryOp { op: Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo, .. } => Type::Number,
        Expr::BinaryOp { op: Op::StringConcat, .. } => Type::Text,
        Expr::BinaryOp {
            op: Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq | Op::And | Op::Or, ..
        }
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::InList { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::UnaryOp { op: UnaryOperator::Not, .. } => Type::Boolean,
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, .. } | Expr::Extract { .. } => Type::Number,
        Expr::Cast { data_type, .. } => match data_type {
            DataType::Date => Type::Date,
            DataType::Timestamp(..) | DataType::Datetime(_) => Type::Timestamp,
            DataType::Boolean | DataType::Bool => Type::Boolean,
            DataType::Signed => Type::Number,
            other => datatype::logical(&other.to_string()).map_or(Type::Other, |logical| match logical {
                datatype::STRING => Type::Text,
                datatype::INTEGER | datatype::DECIMAL | datatype::FLOAT => Type::Number,
                _ => Type::Other,
            }),
        },
        Expr::Case { conditions, else_result, .. } => {
            let mut results = conditions.iter().map(|case| &case.result).chain(else_result.as_deref()).map(made);
            let first = results.next().unwrap_or(Type::Other);
            if results.all(|other| other == first) { first } else { Type::Other }
        }
        Expr::Value(value) => match &value.value {
            Value::Number(..) => Type::Number,
            Value::SingleQuotedString(_) => Type::Text,
            Value::Boolean(_) => Type::Boolean,
            _ => Type::Other,
        },
        Expr::Substring { .. } | Expr::Trim { .. } => Type::Text,
        Expr::Function(function) => match function.name.to_string().to_ascii_lowercase().as_str() {
            "lower" | "upper" | "concat" | "concat_ws" | "substr" | "replace" | "left" | "right" | "strftime"
            | "to_char" | "date_format" | "trim" => Type::Text,
            "abs" | "round" | "length" | "char_length" | "floor" | "ceil" | "ceiling" | "year" | "month"
            | "quarter" | "julianday" | "datediff" | "mod" | "power" | "sqrt" => Type::Number,
            "date" | "date_trunc" | "from_days" => Type::Date,
            "datetime" => Type::Timestamp,
            _ => Type::Other,
        },
        _ => Type::Other,
    }
}
