//! Types that a value may be cast to: those that only hold a value.

use sqlparser::ast::{ArrayElemTypeDef, DataType, ObjectName};

use super::refusal::{Refusal, Rule};

/// Names that the parser has no word for.
const NAMED: &[&str] = &["bpchar", "cidr", "citext", "inet", "money", "name", "year"];

pub(super) fn check(data_type: &DataType) -> Result<(), Refusal> {
    use DataType as T;
    let known = match data_type {
        T::Character(_)
        | T::Char(_)
        | T::CharacterVarying(_)
        | T::CharVarying(_)
        | T::Varchar(_)
        | T::Nvarchar(_)
        | T::Uuid => true,
        T::CharacterLargeObject(_)
        | T::CharLargeObject(_)
        | T::Clob(_)
        | T::Binary(_)
        | T::Varbinary(_)
        | T::Blob(_) => true,
        T::Numeric(_) | T::Decimal(_) | T::DecimalUnsigned(_) | T::Dec(_) | T::Float(_) | T::FloatUnsigned(_) => true,
        T::TinyInt(_)
        | T::TinyIntUnsigned(_)
        | T::Int2(_)
        | T::SmallInt(_)
        | T::SmallIntUnsigned(_)
        | T::MediumInt(_) => true,
        T::Int(_)
        | T::Int4(_)
        | T::Int8(_)
        | T::Integer(_)
        | T::IntUnsigned(_)
        | T::IntegerUnsigned(_)
        | T::BigInt(_) => true,
        T::BigIntUnsigned(_) | T::Signed | T::SignedInteger | T::Unsigned | T::UnsignedInteger => true,
        T::Float4 | T::Float8 | T::Real | T::Double(_) | T::DoublePrecision | T::Bool | T::Boolean => true,
        T::Date | T::Time(..) | T::Datetime(_) | T::Timestamp(..) | T::Interval { .. } => true,
        T::JSON | T::JSONB | T::Text | T::TinyText | T::MediumText | T::LongText | T::Bytea | T::Bit(_) => true,
        T::Array(ArrayElemTypeDef::SquareBracket(inner, _)) => return check(inner),
        T::Custom(name, modifiers) if modifiers.is_empty() => match name.0.as_slice() {
            [part] => part.as_ident().is_some_and(|ident| NAMED.contains(&ident.value.to_ascii_lowercase().as_str())),
            _ => false,
        },
        _ => false,
    };
    if known {
        Ok(())
    } else {
        Err(Refusal::new(Rule::TypeNotAllowed, format!("the type {} is not allowed", shown(data_type))))
    }
}

/// The target of `CONVERT(x USING utf8mb4)`.
pub(super) fn check_charset(name: &ObjectName) -> Result<(), Refusal> {
    const CHARSETS: &[&str] = &["ascii", "binary", "latin1", "utf8", "utf8mb3", "utf8mb4"];
    match name.0.as_slice() {
        [part]
            if part.as_ident().is_some_and(|ident| CHARSETS.contains(&ident.value.to_ascii_lowercase().as_str())) =>
        {
            Ok(())
        }
        _ => Err(Refusal::new(Rule::TypeNotAllowed, "this character set is not allowed")),
    }
}

fn shown(data_type: &DataType) -> String {
    data_type.to_string().chars().filter(|c| !c.is_control()).take(60).collect()
}
