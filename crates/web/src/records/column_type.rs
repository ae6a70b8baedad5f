//! Types of columns: as people read them, and whether one holds less than another.

use serde_json::Value;

/// Whole numbers, from the smallest.
const WHOLE: &[&[&str]] = &[&["BYTEINT", "TINYINT"], &["SMALLINT"], &["MEDIUMINT"], &["INT"], &["BIGINT", "LONG"]];
const FLOATING: &[&[&str]] = &[&["FLOAT"], &["DOUBLE"]];
const DECIMAL: &[&str] = &["DECIMAL", "NUMERIC", "NUMBER"];
/// Texts and bytes that have a length, and those that have none.
const SIZED: &[&str] = &["CHAR", "VARCHAR", "BINARY", "VARBINARY", "STRING"];
const ENDLESS: &[&str] = &["TEXT", "MEDIUMTEXT", "NTEXT", "CLOB", "BLOB", "LONGBLOB", "MEDIUMBLOB", "BYTES"];
const OF_DAYS: &[&str] = &["DATETIME", "TIMESTAMP", "TIMESTAMPZ"];

fn text<'c>(column: &'c Value, member: &str) -> &'c str {
    column.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn number(column: &Value, member: &str) -> Option<i64> {
    column.get(member).and_then(Value::as_i64).filter(|number| *number > 0)
}

/// The type as the source writes it; without that, the type with its length.
pub fn rendered(column: &Value) -> String {
    let (display, ty) = (text(column, "data_type_display"), text(column, "data_type"));
    if !display.is_empty() {
        return display.to_owned();
    }
    match (number(column, "data_length"), number(column, "precision"), number(column, "scale")) {
        (_, Some(precision), Some(scale)) => format!("{ty}({precision},{scale})"),
        (_, Some(precision), None) => format!("{ty}({precision})"),
        // Sources that know of none say one.
        (Some(length), None, _) if length > 1 => format!("{ty}({length})"),
        _ => ty.to_owned(),
    }
}

/// Two of them to be compared, written alike: the same type stands in capitals where a program has written it, and in
/// small letters where a source has.
pub fn beside(one: &Value, other: &Value) -> (String, String) {
    let (one, other) = (rendered(one), rendered(other));
    let is_small = |ty: &str| ty.chars().any(char::is_lowercase);
    match is_small(&one) == is_small(&other) {
        true => (one, other),
        false => (one.to_lowercase(), other.to_lowercase()),
    }
}

/// Whether what fitted into the one may not fit into the other.
pub fn is_narrower(old: &Value, new: &Value) -> bool {
    let (before, after) = (text(old, "data_type").to_uppercase(), text(new, "data_type").to_uppercase());
    let rank = |order: &[&[&str]], ty: &str| order.iter().position(|names| names.contains(&ty));
    for order in [WHOLE, FLOATING] {
        if let (Some(before), Some(after)) = (rank(order, &before), rank(order, &after)) {
            return after < before;
        }
    }
    let is = |names: &[&str], ty: &str| names.contains(&ty);
    let is_number = |ty: &str| rank(WHOLE, ty).is_some() || rank(FLOATING, ty).is_some() || is(DECIMAL, ty);
    if is(DECIMAL, &before) && is(DECIMAL, &after) {
        return match (digits(old), digits(new)) {
            (Some((whole, after)), Some((new_whole, new_after))) => new_whole < whole || new_after < after,
            // Without a precision it holds anything.
            (None, Some(_)) => true,
            _ => false,
        };
    }
    if (rank(FLOATING, &before).is_some() || is(DECIMAL, &before)) && rank(WHOLE, &after).is_some() {
        return true;
    }
    if (is(SIZED, &before) || is(ENDLESS, &before)) && is(SIZED, &after) {
        return match (number(old, "data_length"), number(new, "data_length")) {
            (Some(before), Some(after)) => after < before,
            (None, Some(_)) => is(ENDLESS, &before),
            _ => false,
        };
    }
    (is(OF_DAYS, &before) && after == "DATE")
        || ((is(SIZED, &before) || is(ENDLESS, &before)) && (is_number(&after) || after == "BOOLEAN"))
        || (is_number(&before) && after == "BOOLEAN")
}

/// Before and after the point.
fn digits(column: &Value) -> Option<(i64, i64)> {
    let precision = number(column, "precision")?;
    let scale = number(column, "scale").unwrap_or(0);
    Some((precision - scale, scale))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_type_is_narrower_where_less_fits_in() {
        let column = |ty: &str, length: Option<i64>, digits: Option<(i64, i64)>| json!({"data_type": ty, "data_length": length, "precision": digits.map(|d| d.0), "scale": digits.map(|d| d.1)});
        let plain = |ty: &str| column(ty, None, None);
        for (old, new, is_narrow) in [
            (plain("BIGINT"), plain("INT"), true),
            (plain("INT"), plain("BIGINT"), false),
            (plain("DOUBLE"), plain("FLOAT"), true),
            (plain("DOUBLE"), plain("BIGINT"), true),
            (plain("TIMESTAMP"), plain("DATE"), true),
            (plain("DATE"), plain("TIMESTAMP"), false),
            (plain("TEXT"), column("VARCHAR", Some(50), None), true),
            (column("VARCHAR", Some(200), None), column("VARCHAR", Some(50), None), true),
            (column("VARCHAR", Some(50), None), column("VARCHAR", Some(200), None), false),
            (column("VARCHAR", Some(50), None), plain("TEXT"), false),
            (column("DECIMAL", None, Some((10, 2))), column("DECIMAL", None, Some((10, 4))), true),
            (column("DECIMAL", None, Some((10, 2))), column("DECIMAL", None, Some((12, 2))), false),
            (plain("VARCHAR"), plain("INT"), true),
            (plain("INT"), plain("VARCHAR"), false),
        ] {
            assert_eq!(is_narrower(&old, &new), is_narrow, "{old} to {new}");
        }
        assert_eq!(rendered(&column("DECIMAL", None, Some((10, 2)))), "DECIMAL(10,2)");
        assert_eq!(rendered(&column("VARCHAR", Some(50), None)), "VARCHAR(50)");
        assert_eq!(rendered(&json!({"data_type": "INT", "data_type_display": "integer"})), "integer");
        let (crawled, written) =
            (json!({"data_type": "DATE", "data_type_display": "date"}), json!({"data_type": "DATE"}));
        assert_eq!(beside(&written, &crawled), ("date".to_owned(), "date".to_owned()));
        assert_eq!(beside(&written, &written).0, "DATE");
    }
}
