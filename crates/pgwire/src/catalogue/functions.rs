//! The functions of the system that queries of the catalogue call.

use std::sync::Arc;

use regex::RegexBuilder;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, Result};

use super::content::{Content, SchemaRow, TableRow};
use super::{constraints, fill, types};
use crate::session::VERSION;
use crate::{DATABASE, arrays};

/// Expressions are no longer, and no larger when they are compiled.
const MOST_PATTERN: usize = 1_000;
const MOST_EXPRESSION: usize = 64 << 10;
/// What elements are joined to is no longer.
const MOST_JOINED: usize = 1 << 16;

type Body = fn(&Content, &[Value]) -> Result<Value>;

const FUNCTIONS: &[(&str, Body)] = &[
    ("array_lower", |_, given| Ok(elements(given.first()).map_or(Value::Null, |_| Value::Integer(1)))),
    ("array_to_string", |_, given| {
        let separator = shown(given.get(1)).unwrap_or_default();
        let Some(all) = elements(given.first()) else { return Ok(Value::Null) };
        if all.len().saturating_mul(separator.len()) > MOST_JOINED {
            return Err(Error::UserFunctionError("the text would be too long".into()));
        }
        Ok(Value::Text(all.join(&separator)))
    }),
    ("array_upper", |_, given| Ok(elements(given.first()).map_or(Value::Null, |all| Value::Integer(all.len() as i64)))),
    ("col_description", |content, given| {
        let column = integer(given.get(1)).and_then(|at| usize::try_from(at - 1).ok());
        let table = integer(given.first()).and_then(|oid| content.table(oid));
        Ok(text(table.zip(column).and_then(|((_, table), at)| table.columns.get(at)?.description.clone())))
    }),
    ("current_catalog", |_, _| Ok(Value::Text(DATABASE.to_owned()))),
    ("current_database", |_, _| Ok(Value::Text(DATABASE.to_owned()))),
    ("current_role", |content, _| Ok(Value::Text(content.user.clone()))),
    ("current_schema", |content, _| Ok(text(content.path.first().cloned()))),
    ("current_schemas", |content, given| {
        let system = integer(given.first()).filter(|flag| *flag != 0).map(|_| "pg_catalog".to_owned());
        Ok(array(system.into_iter().chain(content.path.clone())))
    }),
    ("current_setting", |content, given| {
        let name = shown(given.first()).unwrap_or_default().to_ascii_lowercase();
        let found = content.settings.iter().find(|(known, _)| *known == name);
        Ok(text(found.map(|(_, value)| value.clone())))
    }),
    ("current_user", |content, _| Ok(Value::Text(content.user.clone()))),
    ("door_any", |_, given| {
        let Some(wanted) = shown(given.first()) else { return Ok(Value::Null) };
        Ok(elements(given.get(1)).map_or(Value::Null, |all| Value::Integer(all.contains(&wanted).into())))
    }),
    ("door_array", |_, given| {
        let element = |value| shown(Some(value)).map_or_else(|| "NULL".to_owned(), |element| arrays::quoted(&element));
        Ok(Value::Text(format!("{{{}}}", given.iter().map(element).collect::<Vec<_>>().join(","))))
    }),
    ("door_element", |_, given| {
        // Of a vector, the first one is called 0.
        let first = if is_array(given.first()) { 1 } else { 0 };
        Ok(element(given.first(), integer(given.get(1)).and_then(|at| at.checked_sub(first))))
    }),
    ("door_field", |_, given| {
        let (Some(pair), Some(field)) = (shown(given.first()), shown(given.get(1))) else { return Ok(Value::Null) };
        let Some((x, n)) = pair.trim_matches(['(', ')']).split_once(',') else { return Ok(Value::Null) };
        Ok(whole_or_text(Some(if field == "n" { n } else { x }.to_owned())))
    }),
    ("door_length", |_, given| Ok(elements(given.first()).map_or(Value::Null, |all| Value::Integer(all.len() as i64)))),
    ("door_matches", |_, given| {
        let (Some(value), Some(pattern)) = (shown(given.first()), shown(given.get(1))) else { return Ok(Value::Null) };
        if pattern.len() > MOST_PATTERN {
            return Err(Error::UserFunctionError("a pattern is too long".into()));
        }
        let is_exact = integer(given.get(2)) != Some(0);
        let built = RegexBuilder::new(&pattern).case_insensitive(!is_exact).size_limit(MOST_EXPRESSION).build();
        let regex = built.map_err(|error| Error::UserFunctionError(error.into()))?;
        Ok(Value::Integer(regex.is_match(&value).into()))
    }),
    ("door_pair", |_, given| {
        let at = integer(given.get(1));
        let element = element(given.first(), at.and_then(|at| at.checked_sub(1)));
        Ok(shown(Some(&element)).zip(at).map_or(Value::Null, |(x, n)| Value::Text(format!("({x},{n})"))))
    }),
    ("door_place", |_, given| Ok(element(given.first(), integer(given.get(1)).and_then(|at| at.checked_sub(1))))),
    ("door_quoted", |_, given| {
        Ok(Value::Text(shown(given.first()).map_or_else(|| "NULL".to_owned(), |element| arrays::quoted(&element))))
    }),
    ("door_regclass", |content, given| match regclass(content, given.first()) {
        Some(value) => Ok(value),
        None => {
            let name = shown(given.first()).unwrap_or_default();
            Err(Error::UserFunctionError(format!("relation \"{name}\" does not exist").into()))
        }
    }),
    ("door_regnamespace", |content, given| {
        let schema = content.schemas.iter().find(|schema| match given.first() {
            Some(Value::Integer(oid)) => schema.oid == *oid,
            other => Some(&schema.name) == shown(other).as_ref(),
        });
        Ok(match given.first() {
            Some(Value::Integer(_)) => text(schema.map(|schema| schema.name.clone())),
            _ => schema.map_or(Value::Null, |schema| Value::Integer(schema.oid)),
        })
    }),
    ("door_regtype", |_, given| Ok(regtype(given.first()))),
    ("format_type", |_, given| {
        let Some(oid) = integer(given.first()) else { return Ok(Value::Null) };
        Ok(Value::Text(types::by_oid(oid).map_or("???", |row| row.written).to_owned()))
    }),
    ("obj_description", |content, given| {
        let Some(oid) = integer(given.first()) else { return Ok(Value::Null) };
        let schema = || content.schemas.iter().find(|schema| schema.oid == oid)?.description.clone();
        Ok(text(content.table(oid).and_then(|(_, table)| table.description.clone()).or_else(schema)))
    }),
    ("pg_backend_pid", |_, _| Ok(Value::Integer(1))),
    ("pg_encoding_to_char", |_, _| Ok(Value::Text("UTF8".to_owned()))),
    ("pg_get_constraintdef", |content, given| {
        let Some(oid) = integer(given.first()) else { return Ok(Value::Null) };
        let found = content.keys().find(|(_, _, key)| key.oid == oid);
        Ok(text(found.map(|(schema, table, key)| key.definition(table, &schema.tables, |other| called(schema, other)))))
    }),
    ("pg_get_indexdef", |content, given| {
        let Some(oid) = integer(given.first()) else { return Ok(Value::Null) };
        let found = content.keys().find(|(_, _, key)| key.is_indexed() && key.index == oid);
        Ok(text(found.and_then(|(schema, table, key)| match integer(given.get(1)).filter(|at| *at != 0) {
            Some(at) => Some(constraints::names(table, &[*key.columns.get(usize::try_from(at - 1).ok()?)?])),
            None => {
                let (name, table_name) =
                    (quoted(&key.name), format!("{}.{}", quoted(&schema.name), quoted(&table.name)));
                let columns = constraints::names(table, &key.columns);
                Some(format!("CREATE UNIQUE INDEX {name} ON {table_name} USING btree ({columns})"))
            }
        })))
    }),
    ("pg_get_userbyid", |content, given| {
        let is_owner = integer(given.first()) == Some(fill::OWNER);
        Ok(Value::Text(if is_owner { DATABASE.to_owned() } else { content.user.clone() }))
    }),
    ("pg_table_is_visible", |content, given| {
        let found = integer(given.first()).and_then(|oid| content.table(oid));
        Ok(found.map_or(Value::Null, |(_, table)| Value::Integer(table.is_visible.into())))
    }),
    ("quote_ident", |_, given| Ok(text(shown(given.first()).map(|name| quoted(&name))))),
    ("quote_literal", |_, given| Ok(text(shown(given.first()).map(|value| literal(&value))))),
    ("quote_nullable", |_, given| {
        Ok(text(Some(shown(given.first()).map_or_else(|| "NULL".to_owned(), |value| literal(&value)))))
    }),
    ("session_user", |content, _| Ok(Value::Text(content.user.clone()))),
    ("set_config", |_, given| Ok(text(shown(given.get(1))))),
    ("to_regclass", |content, given| Ok(regclass(content, given.first()).unwrap_or(Value::Null))),
    ("to_regtype", |_, given| Ok(regtype(given.first()))),
    ("user", |content, _| Ok(Value::Text(content.user.clone()))),
    ("version", |_, _| Ok(Value::Text(format!("PostgreSQL {VERSION} (Emporion {})", env!("CARGO_PKG_VERSION"))))),
];

pub fn offer(connection: &Connection, content: &Arc<Content>) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for (name, body) in FUNCTIONS {
        let content = content.clone();
        connection.create_scalar_function(*name, -1, flags, move |context: &Context<'_>| {
            let given: Vec<Value> = (0..context.len()).map(|at| Value::from(context.get_raw(at))).collect();
            body(&content, &given)
        })?;
    }
    Ok(())
}

fn text(text: Option<String>) -> Value {
    text.map_or(Value::Null, Value::Text)
}

fn integer(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Integer(number) => Some(*number),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn shown(value: Option<&Value>) -> Option<String> {
    match ValueRef::from(value?) {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn array(elements: impl Iterator<Item = String>) -> Value {
    let quoted = elements.map(|element| arrays::quoted(&element));
    Value::Text(format!("{{{}}}", quoted.collect::<Vec<_>>().join(",")))
}

fn is_array(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Text(text)) if text.starts_with('{'))
}

fn whole_or_text(of: Option<String>) -> Value {
    match of.as_deref().map(str::parse) {
        Some(Ok(number)) => Value::Integer(number),
        _ => text(of),
    }
}

/// The one at this place, from 0.
fn element(of: Option<&Value>, at: Option<i64>) -> Value {
    let found = at.and_then(|at| elements(of)?.into_iter().nth(usize::try_from(at).ok()?));
    whole_or_text(found)
}

/// Of an array in braces, or a vector with blanks between its numbers.
fn elements(value: Option<&Value>) -> Option<Vec<String>> {
    let text = shown(value)?;
    let Some(elements) = arrays::of_text(&text) else {
        return Some(text.split_whitespace().map(str::to_owned).collect());
    };
    let shown = |element: bytes::Bytes| String::from_utf8_lossy(&element).into_owned();
    Some(elements.into_iter().flatten().map(shown).collect())
}

/// A table as it is called here: without its schema where it is found so.
fn called(schema: &SchemaRow, table: &TableRow) -> String {
    match table.is_visible {
        true => quoted(&table.name),
        false => format!("{}.{}", quoted(&schema.name), quoted(&table.name)),
    }
}

/// Of an id the name, of a name the id.
fn regclass(content: &Content, value: Option<&Value>) -> Option<Value> {
    match value? {
        Value::Null => Some(Value::Null),
        Value::Integer(oid) => {
            let name = content.table(*oid).map_or_else(|| oid.to_string(), |(schema, table)| called(schema, table));
            Some(Value::Text(name))
        }
        other => {
            let name = shown(Some(other))?;
            if let Ok(oid) = name.parse() {
                return Some(Value::Integer(oid));
            }
            let (schema, table) = parts(&name);
            if schema.as_deref().is_none_or(|schema| schema == "pg_catalog")
                && let Some(relation) = fill::relation(&table)
            {
                return Some(Value::Integer(relation.oid));
            }
            content.named(schema.as_deref(), &table).map(|table| Value::Integer(table.oid))
        }
    }
}

/// `schema.table` as it is written, with quotation marks or without.
fn parts(name: &str) -> (Option<String>, String) {
    let (mut parts, mut is_quoted) = (vec![String::new()], false);
    for c in name.trim().chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => parts.push(String::new()),
            c if is_quoted => parts.last_mut().expect("one at least").push(c),
            c => parts.last_mut().expect("one at least").extend(c.to_lowercase()),
        }
    }
    let table = parts.pop().unwrap_or_default();
    (parts.pop(), table)
}

fn regtype(value: Option<&Value>) -> Value {
    match value {
        Some(Value::Integer(oid)) => text(types::by_oid(*oid).map(|row| row.written.to_owned())),
        other => {
            let found = shown(other).and_then(|name| types::by_name(&name));
            found.map_or(Value::Null, |row| Value::Integer(row.oid))
        }
    }
}

fn literal(value: &str) -> String {
    let quoted = value.replace('\'', "''").replace('\\', "\\\\");
    if value.contains('\\') { format!("E'{quoted}'") } else { format!("'{quoted}'") }
}

pub fn quoted(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_that_is_offered_is_there() {
        let names: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, emporion_semantic::pg::system::OFFERED);
    }

    #[test]
    fn arrays_are_taken_apart() {
        let all = |text: &str| elements(Some(&Value::Text(text.to_owned()))).expect("elements");
        assert_eq!(all("{a,\"b,c\"}"), ["a", "b,c"]);
        assert_eq!(all("1 2"), ["1", "2"]);
        assert_eq!(all("{\"a\\\"b\",\"\"}"), ["a\"b", ""]);
        assert!(all("{}").is_empty());
        assert_eq!(parts("Sales.\"My.Table\""), (Some("sales".to_owned()), "My.Table".to_owned()));
    }
}
