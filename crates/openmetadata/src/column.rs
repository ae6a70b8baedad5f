//! Columns of tables: what a request must say of them, and what the server fills in.
//!
//! Columns are handled in their wire form, after the shape of the request has been checked.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::errors::{OmError, OmResult};
use crate::names;

/// Every data type that the protocol knows.
#[rustfmt::skip]
pub const DATA_TYPES: &[&str] = &[
    "NUMBER", "TINYINT", "SMALLINT", "INT", "BIGINT", "BYTEINT", "BYTES", "FLOAT", "DOUBLE", "DECIMAL", "NUMERIC",
    "TIMESTAMP", "TIMESTAMPZ", "TIME", "DATE", "DATETIME", "INTERVAL", "STRING", "MEDIUMTEXT", "TEXT", "CHAR", "LONG",
    "VARCHAR", "BOOLEAN", "BINARY", "VARBINARY", "ARRAY", "BLOB", "LONGBLOB", "MEDIUMBLOB", "MAP", "STRUCT", "UNION",
    "SET", "GEOGRAPHY", "ENUM", "JSON", "UUID", "VARIANT", "GEOMETRY", "BYTEA", "AGGREGATEFUNCTION", "ERROR", "FIXED",
    "RECORD", "NULL", "SUPER", "HLLSKETCH", "PG_LSN", "PG_SNAPSHOT", "TSQUERY", "TXID_SNAPSHOT", "XML", "MACADDR",
    "TSVECTOR", "UNKNOWN", "CIDR", "INET", "CLOB", "ROWID", "LOWCARDINALITY", "YEAR", "POINT", "POLYGON", "TUPLE",
    "SPATIAL", "TABLE", "NTEXT", "IMAGE", "IPV4", "IPV6", "DATETIMERANGE", "HLL", "LARGEINT", "QUANTILE_STATE",
    "AGG_STATE", "BITMAP", "UINT", "BIT", "MONEY", "MEASURE HIDDEN", "MEASURE VISIBLE", "MEASURE", "KPI", "HEIRARCHY",
    "HIERARCHYID",
];

/// Types that mean nothing without a length.
const WITH_LENGTH: &[&str] = &["CHAR", "VARCHAR", "BINARY", "VARBINARY"];
/// Types that show precision and scale, where they are given.
const WITH_PRECISION: &[&str] = &["DECIMAL", "NUMERIC", "NUMBER"];
/// The name of struct members that have none; the only one that may be repeated.
const UNNAMED: &str = "-";

/// Members that the server alone fills in; what a request says of them is dropped.
const DERIVED: &[&str] = &["fullyQualifiedName", "profile", "customMetrics"];

/// Checks a table's columns and fills in what they leave out: ordinals and the displayed type.
///
/// `stored` are the columns that the table has now. A column that comes without an ordinal keeps the stored one, since
/// the stock client sends ordinals in one request and leaves them out of the next; a new one gets its place. Where that
/// number is another column's, and the request says no number of its own, all are numbered by their places.
/// Errors: 400 that names the column.
pub fn prepare(columns: &mut [Value], stored: &[Value]) -> OmResult<()> {
    check(columns, "columns")?;
    complete(columns, stored);
    Ok(())
}

/// The second half of [`prepare`], for columns that were checked before.
pub fn complete(columns: &mut [Value], stored: &[Value]) {
    fill_ordinals(columns, stored);
    fill_displays(columns);
}

/// The first half of [`prepare`]: what can be said of columns without looking at what is stored. `path` names the list.
pub fn check(columns: &[Value], path: &str) -> OmResult<()> {
    let mut seen: Vec<&str> = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let name = text(column, "name").ok_or_else(|| OmError::missing(format_args!("{path}.name")))?;
        names::check_name(&format!("{path}.name"), name)?;
        seen.push(name);
        check_type(column, &path)?;
        if let Some(children) = column.get("children").and_then(Value::as_array) {
            check(children, &format!("{path}.children"))?;
        }
    }
    seen.retain(|name| *name != UNNAMED);
    seen.sort_unstable();
    match seen.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(OmError::bad_request(format!("Column name {} is repeated in {path}", pair[0]))),
        None => Ok(()),
    }
}

fn check_type(column: &Value, path: &str) -> OmResult<()> {
    let data_type = text(column, "dataType").ok_or_else(|| OmError::missing(format_args!("{path}.dataType")))?;
    if !DATA_TYPES.contains(&data_type) {
        return Err(OmError::violation(format_args!("{path}.dataType"), "is not a known data type"));
    }
    if WITH_LENGTH.contains(&data_type) && is_null(column, "dataLength") {
        return Err(OmError::violation(
            format_args!("{path}.dataLength"),
            "must not be null for column data types char, varchar, binary, varbinary",
        ));
    }
    if data_type == "ARRAY" && is_null(column, "arrayDataType") {
        return Err(OmError::violation(
            format_args!("{path}.arrayDataType"),
            "must not be null for column data type array",
        ));
    }
    Ok(())
}

fn fill_ordinals(columns: &mut [Value], stored: &[Value]) {
    // Of columns with one name the first counts.
    let stored: HashMap<Option<&str>, &Value> = stored.iter().rev().map(|known| (text(known, "name"), known)).collect();
    let (mut comes, mut is_said) = (false, false);
    for (index, column) in columns.iter_mut().enumerate() {
        let known = stored.get(&text(column, "name")).and_then(|known| known.get("ordinalPosition").cloned());
        if is_null(column, "ordinalPosition") {
            comes |= known.is_none();
            set(column, "ordinalPosition", known.unwrap_or_else(|| Value::from(index + 1)));
        } else {
            is_said |= column.get("ordinalPosition") != known.as_ref();
        }
    }
    if comes && !is_said && !have_numbers_of_their_own(columns) {
        for (index, column) in columns.iter_mut().enumerate() {
            set(column, "ordinalPosition", Value::from(index + 1));
        }
    }
}

fn have_numbers_of_their_own(columns: &[Value]) -> bool {
    let mut numbers: Vec<Option<i64>> =
        columns.iter().map(|column| column.get("ordinalPosition").and_then(Value::as_i64)).collect();
    numbers.sort_unstable();
    numbers.windows(2).all(|pair| pair[0] != pair[1])
}

fn fill_displays(columns: &mut [Value]) {
    for column in columns {
        if let Some(children) = column.get_mut("children").and_then(Value::as_array_mut) {
            fill_displays(children);
        }
        if is_null(column, "dataTypeDisplay") {
            let shown = display(column);
            set(column, "dataTypeDisplay", Value::from(shown));
        }
        if let Value::Object(members) = column {
            members.retain(|key, _| !DERIVED.contains(&key.as_str()));
        }
    }
}

/// A column's type as people write it: `varchar(20)`, `decimal(10,2)`, `array<int>`, `struct<a:int,b:text>`.
fn display(column: &Value) -> String {
    let data_type = text(column, "dataType").unwrap_or("UNKNOWN").to_lowercase();
    let number = |member: &str| column.get(member).and_then(Value::as_i64);
    let upper = text(column, "dataType").unwrap_or_default();
    let members = || -> Option<String> {
        let children = column.get("children").and_then(Value::as_array).filter(|children| !children.is_empty())?;
        let shown = |child: &Value| {
            let of = text(child, "dataTypeDisplay").map_or_else(|| display(child), str::to_owned);
            format!("{}:{of}", text(child, "name").unwrap_or(UNNAMED))
        };
        Some(children.iter().map(shown).collect::<Vec<_>>().join(","))
    };
    match upper {
        "ARRAY" => {
            let item = text(column, "arrayDataType").unwrap_or("UNKNOWN").to_lowercase();
            members().map_or_else(|| format!("array<{item}>"), |members| format!("array<{item}<{members}>>"))
        }
        "STRUCT" | "MAP" | "UNION" | "RECORD" | "TUPLE" => {
            members().map_or_else(|| data_type.clone(), |members| format!("{data_type}<{members}>"))
        }
        _ if WITH_LENGTH.contains(&upper) => match number("dataLength") {
            Some(length) => format!("{data_type}({length})"),
            None => data_type,
        },
        _ if WITH_PRECISION.contains(&upper) => match (number("precision"), number("scale")) {
            (Some(precision), Some(scale)) => format!("{data_type}({precision},{scale})"),
            (Some(precision), None) => format!("{data_type}({precision})"),
            _ => data_type,
        },
        _ => data_type,
    }
}

/// Constraints of a table with those first that are stored already, in their stored order: the order says nothing, and
/// clients send another one each time.
pub fn in_known_order(mut constraints: Vec<Value>, stored: &[Value]) -> Vec<Value> {
    let places: HashMap<&Value, usize> = stored.iter().enumerate().rev().map(|(place, known)| (known, place)).collect();
    constraints.sort_by_key(|constraint| places.get(constraint).copied().unwrap_or(usize::MAX));
    constraints
}

/// The table constraints after an upsert that sends `sent`.
///
/// The stock client adds foreign keys by PATCH after a run and leaves them out of the next one's upsert, so stored
/// foreign keys stay while the request names none and their columns are still there.
pub fn merge_constraints(sent: Option<Vec<Value>>, stored: &[Value], columns: &[Value]) -> Vec<Value> {
    let mut constraints = sent.unwrap_or_default();
    let is_foreign = |constraint: &Value| text(constraint, "constraintType") == Some("FOREIGN_KEY");
    if !constraints.iter().any(is_foreign) {
        let columns = folded_names(columns);
        let kept =
            stored.iter().filter(|constraint| is_foreign(constraint) && missing_column(constraint, &columns).is_none());
        constraints.extend(kept.cloned());
    }
    constraints
}

/// Checks that table constraints name columns of the table; case is not compared, since crawlers disagree about it.
pub fn check_constraints(constraints: &[Value], columns: &[Value]) -> OmResult<()> {
    let columns = folded_names(columns);
    for (index, constraint) in constraints.iter().enumerate() {
        if let Some(name) = missing_column(constraint, &columns) {
            return Err(OmError::bad_request(format!(
                "Invalid column name found in table constraint: tableConstraints[{index}].columns names {name}"
            )));
        }
    }
    Ok(())
}

fn folded_names(columns: &[Value]) -> HashSet<String> {
    columns.iter().filter_map(|column| text(column, "name")).map(str::to_lowercase).collect()
}

fn missing_column<'a>(constraint: &'a Value, folded_names: &HashSet<String>) -> Option<&'a str> {
    let names = constraint.get("columns").and_then(Value::as_array)?;
    names.iter().filter_map(Value::as_str).find(|name| !folded_names.contains(&name.to_lowercase()))
}

fn text<'a>(column: &'a Value, member: &str) -> Option<&'a str> {
    column.get(member).and_then(Value::as_str)
}

fn is_null(column: &Value, member: &str) -> bool {
    column.get(member).is_none_or(Value::is_null)
}

fn set(column: &mut Value, member: &str, value: Value) {
    if let Value::Object(members) = column {
        members.insert(member.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn prepared(columns: Value, stored: Value) -> Value {
        let (Value::Array(mut columns), Value::Array(stored)) = (columns, stored) else { panic!("lists") };
        prepare(&mut columns, &stored).expect("fine columns");
        Value::Array(columns)
    }

    fn refused(columns: Value) -> String {
        let Value::Array(mut columns) = columns else { panic!("a list") };
        let error = prepare(&mut columns, &[]).expect_err("should be refused");
        assert_eq!(error.status, 400);
        error.message
    }

    #[test]
    fn lengths_and_array_types_are_demanded_where_they_mean_something() {
        assert!(
            refused(json!([{"name": "a", "dataType": "VARCHAR"}]))
                .starts_with("[columns[0].dataLength must not be null")
        );
        assert!(refused(json!([{"name": "a", "dataType": "ARRAY"}])).contains("columns[0].arrayDataType"));
        let nested = json!([{"name": "s", "dataType": "STRUCT", "children": [{"name": "c", "dataType": "CHAR"}]}]);
        assert!(refused(nested).contains("columns[0].children[0].dataLength"));
        assert!(refused(json!([{"name": "a", "dataType": "PostgresInt"}])).contains("columns[0].dataType"));
        prepared(json!([{"name": "a", "dataType": "INT", "dataLength": 1, "constraint": "NULL"}]), json!([]));
    }

    #[test]
    fn names_are_unique_on_their_level_except_the_unnamed() {
        assert!(
            refused(json!([{"name": "a", "dataType": "INT"}, {"name": "a", "dataType": "TEXT"}]))
                .contains("a is repeated")
        );
        assert!(refused(json!([{"name": "x::y", "dataType": "INT"}])).contains("columns[0].name"));
        prepared(
            json!([
                {"name": "a", "dataType": "INT"},
                {"name": "A", "dataType": "INT"},
                {"name": "s", "dataType": "STRUCT", "children": [
                    {"name": "-", "dataType": "INT"}, {"name": "-", "dataType": "INT"}, {"name": "a", "dataType": "INT"}
                ]}
            ]),
            json!([]),
        );
    }

    #[test]
    fn ordinals_are_kept_and_filled() {
        let columns = json!([{"name": "a", "dataType": "INT"}, {"name": "b", "dataType": "INT"}, {"name": "c", "dataType": "INT", "ordinalPosition": 9}]);
        let stored = json!([{"name": "b", "ordinalPosition": 7}]);
        let columns = prepared(columns, stored);
        let ordinals: Vec<_> = (0..3).map(|index| columns[index]["ordinalPosition"].clone()).collect();
        assert_eq!(ordinals, [1, 7, 9]);
    }

    #[test]
    fn a_column_that_comes_between_others_numbers_all_anew() {
        let column = |name: &str, ordinal: Option<i64>| match ordinal {
            Some(ordinal) => json!({"name": name, "dataType": "INT", "ordinalPosition": ordinal}),
            None => json!({"name": name, "dataType": "INT"}),
        };
        let stored = json!([column("a", Some(1)), column("b", Some(2))]);
        let numbered = |wanted: Value| -> Vec<i64> {
            let columns = prepared(wanted, stored.clone());
            (0..3).filter_map(|index| columns[index]["ordinalPosition"].as_i64()).collect()
        };
        // A patch repeats the numbers that are stored, a PUT leaves them out.
        for known in [[Some(1), Some(2)], [None, None]] {
            let between = json!([column("a", known[0]), column("new", None), column("b", known[1])]);
            assert_eq!(numbered(between), [1, 2, 3]);
            let behind = json!([column("a", known[0]), column("b", known[1]), column("new", None)]);
            assert_eq!(numbered(behind), [1, 2, 3]);
        }
        let said = json!([column("a", Some(1)), column("new", None), column("b", Some(7))]);
        assert_eq!(numbered(said), [1, 2, 7], "what the request itself says stays");
        let twice = json!([column("a", Some(3)), column("b", Some(3)), column("new", None)]);
        assert_eq!(numbered(twice), [3, 3, 3], "however it says it");
    }

    #[test]
    fn the_displayed_type_is_filled_in_where_it_is_missing() {
        let columns = prepared(
            json!([
                {"name": "a", "dataType": "VARCHAR", "dataLength": 20},
                {"name": "b", "dataType": "DECIMAL", "precision": 10, "scale": 2},
                {"name": "c", "dataType": "ARRAY", "arrayDataType": "INT"},
                {"name": "d", "dataType": "STRUCT", "children": [{"name": "x", "dataType": "INT"}, {"name": "y", "dataType": "ARRAY", "arrayDataType": "TEXT"}]},
                {"name": "e", "dataType": "INT", "dataTypeDisplay": "Integer", "dataLength": 1}
            ]),
            json!([]),
        );
        let shown: Vec<_> =
            (0..5).map(|index| columns[index]["dataTypeDisplay"].as_str().unwrap_or("").to_owned()).collect();
        assert_eq!(shown, ["varchar(20)", "decimal(10,2)", "array<int>", "struct<x:int,y:array<text>>", "Integer"]);
    }

    #[test]
    fn preparing_twice_changes_nothing() {
        let columns = json!([{"name": "d", "dataType": "MAP", "fullyQualifiedName": "x", "children": [{"name": "x", "dataType": "INT", "profile": {}}]}]);
        let once = prepared(columns, json!([]));
        assert_eq!(prepared(once.clone(), once.clone()), once);
        assert!(once[0].get("fullyQualifiedName").is_none() && once[0]["children"][0].get("profile").is_none());
    }

    #[test]
    fn foreign_keys_outlive_an_upsert_that_names_none() {
        let columns = [json!({"name": "id"}), json!({"name": "ref"})];
        let primary = json!({"constraintType": "PRIMARY_KEY", "columns": ["ID"]});
        let foreign = json!({"constraintType": "FOREIGN_KEY", "columns": ["ref"], "referredColumns": ["s.d.sc.o.id"]});
        let gone = json!({"constraintType": "FOREIGN_KEY", "columns": ["dropped"]});
        let stored = [primary.clone(), foreign.clone(), gone];
        assert_eq!(merge_constraints(None, &stored, &columns), std::slice::from_ref(&foreign));
        assert_eq!(merge_constraints(Some(vec![primary.clone()]), &stored, &columns), [primary.clone(), foreign]);
        let own = json!({"constraintType": "FOREIGN_KEY", "columns": ["id"]});
        assert_eq!(merge_constraints(Some(vec![own.clone()]), &stored, &columns), [own]);
        assert!(check_constraints(&[primary], &columns).is_ok());
        assert!(check_constraints(&stored, &columns).unwrap_err().message.contains("dropped"));
    }
}
