//! The tables of the picture: those that a query names, with their columns as PostgreSQL 15 has them, and what they hold.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use emporion_semantic::pg::names::Name;
use emporion_semantic::pg::types::Type;
use emporion_semantic::pg::typing::Tables;
use rusqlite::{Connection, Result, params_from_iter};

use super::content::Content;
use super::relations;

/// Of each relation its id, and its columns with their types: `pg_class:1259 oid=oid relname=name …`.
const COLUMNS: &str = include_str!("columns.txt");

/// The owner of everything.
pub const OWNER: i64 = 10;

pub struct Relation {
    pub oid: i64,
    columns: Vec<(&'static str, &'static str)>,
}

static RELATIONS: LazyLock<HashMap<&str, Relation>> = LazyLock::new(|| {
    let relation = |line: &'static str| {
        let (head, columns) = line.split_once(' ')?;
        let (name, oid) = head.split_once(':')?;
        let columns = columns.split(' ').filter_map(|column| column.split_once('=')).collect();
        Some((name, Relation { oid: oid.parse().ok()?, columns }))
    };
    COLUMNS.lines().filter_map(relation).collect()
});

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let table = |(called, relation): (&&str, &Relation)| {
        let columns = relation.columns.iter().map(|(name, ty)| ((*name).to_owned(), Type::named(ty)));
        let columns = Arc::new(columns.collect());
        let (schema, table) = called.split_once('.').unwrap_or(("pg_catalog", called));
        let named = |schema: Option<&str>| Name { schema: schema.map(str::to_owned), table: table.to_owned() };
        let alone = (schema == "pg_catalog").then(|| (named(None), Arc::clone(&columns)));
        alone.into_iter().chain([(named(Some(schema)), columns)])
    };
    RELATIONS.iter().flat_map(table).collect()
});

/// The relations of the system, as queries are read by.
pub fn tables() -> &'static Tables {
    &TABLES
}

/// A relation of the system by its name, that of the information schema with its schema.
pub fn relation(name: &str) -> Option<&'static Relation> {
    RELATIONS.get(name)
}

pub fn called(name: &Name) -> String {
    match name.schema.as_deref() {
        Some("information_schema") => format!("information_schema.{}", name.table),
        _ => name.table.clone(),
    }
}

/// Makes a relation and fills it. Whether there is anything that it could hold.
pub fn make(connection: &Connection, name: &str, relation: &Relation, content: &Content) -> Result<bool> {
    let column = |(name, ty): &(&str, &str)| format!("\"{name}\" {}", declared(ty));
    let list: Vec<String> = relation.columns.iter().map(column).collect();
    connection.execute_batch(&format!("CREATE TABLE \"{name}\" ({})", list.join(", ")))?;
    let Some((columns, rows)) = relations::rows(name, content) else {
        return Ok(false);
    };
    let quoted: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    let places = vec!["?"; columns.len()].join(", ");
    let insert = format!("INSERT INTO \"{name}\" ({}) VALUES ({places})", quoted.join(", "));
    let mut insert = connection.prepare(&insert)?;
    for row in rows {
        insert.execute(params_from_iter(row))?;
    }
    // Who asks for keys in words that are not understood is told of none.
    Ok(!relations::is_of_keys(name))
}

/// The type stands in its name; what it begins with says how SQLite compares it.
fn declared(ty: &str) -> String {
    match ty {
        "bool" | "oid" | "int2" | "int4" | "int8" | "xid" => format!("INT_{ty} DEFAULT 0"),
        "float4" | "float8" => format!("REAL_{ty} DEFAULT 0"),
        "cardinal_number" => "INT_int4".to_owned(),
        "char" => "TEXT_char DEFAULT ''".to_owned(),
        "name" | "sql_identifier" => "TEXT_name".to_owned(),
        array if array.starts_with('_') => format!("TEXT_{array}"),
        _ => "TEXT_text".to_owned(),
    }
}
