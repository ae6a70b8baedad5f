//! The tables of the picture: those that a query names, with their columns as PostgreSQL 15 has them, and what they hold.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use emporion_semantic::pg::names::Name;
use emporion_semantic::pg::types::Type;
use emporion_semantic::pg::typing::Tables;
use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use super::content::{Content, SchemaRow, TableRow};
use super::key_relations::{self, BTREE, HEAP};
use super::keys::KeyRow;
use super::types::TYPES;
use crate::DATABASE;

/// Of each relation its id, and its columns with their types: `pg_class:1259 oid=oid relname=name …`.
const COLUMNS: &str = include_str!("columns.txt");

/// The owner of everything.
pub const OWNER: i64 = 10;
const SELF: i64 = 16_384;
const CATALOGUE: i64 = 11;
const INFORMATION: i64 = 13_000;

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
    let Some((columns, rows)) = rows(name, content).or_else(|| key_relations::rows(name, content)) else {
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
    Ok(!key_relations::KEYS.contains(&name))
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

pub type Rows = (&'static [&'static str], Vec<Vec<Value>>);

pub fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn maybe(of: Option<&String>) -> Value {
    of.map_or(Value::Null, |value| text(value.as_str()))
}

pub fn number(number: impl TryInto<i64>) -> Value {
    Value::Integer(number.try_into().unwrap_or(i64::MAX))
}

pub fn yes(flag: bool) -> Value {
    text(if flag { "YES" } else { "NO" })
}

/// What a relation holds; `None` for those that are always empty.
fn rows(name: &str, content: &Content) -> Option<Rows> {
    let tables = || content.schemas.iter().flat_map(|schema| schema.tables.iter().map(move |table| (schema, table)));
    let of_tables =
        |row: &dyn Fn(&SchemaRow, &TableRow) -> Vec<Value>| tables().map(|(s, t)| row(s, t)).collect::<Vec<_>>();
    let mut system = vec![("pg_catalog", CATALOGUE), ("information_schema", INFORMATION)];
    let spaces = content.schemas.iter().map(|schema| (schema.name.as_str(), schema.oid));
    let spaces: Vec<(&str, i64)> = system.drain(..).chain(spaces).collect();
    Some(match name {
        "pg_namespace" => {
            let row = |(name, oid): &(&str, i64)| vec![number(*oid), text(*name), number(OWNER)];
            (&["oid", "nspname", "nspowner"], spaces.iter().map(row).collect())
        }
        "pg_class" => (
            &[
                "oid",
                "relname",
                "relnamespace",
                "relowner",
                "relkind",
                "relpersistence",
                "relreplident",
                "relnatts",
                "reltuples",
                "relispopulated",
                "relam",
                "relhasindex",
                "relhastriggers",
            ],
            of_tables(&|schema, table| {
                let kind = if table.is_view { "v" } else { "r" };
                let is_indexed = table.keys.iter().any(KeyRow::is_indexed);
                let head = vec![number(table.oid), text(&table.name), number(schema.oid), number(OWNER)];
                let rest = vec![text(kind), text("p"), text("n"), number(table.columns.len()), Value::Real(-1.0)];
                let keys = vec![number(1), number(HEAP), number(is_indexed), number(table.is_related)];
                head.into_iter().chain(rest).chain(keys).collect()
            })
            .into_iter()
            .chain(content.keys().filter(|(_, _, key)| key.is_indexed()).map(|(schema, _, key)| {
                let head = vec![number(key.index), text(&key.name), number(schema.oid), number(OWNER)];
                let rest = vec![text("i"), text("p"), text("n"), number(key.columns.len()), Value::Real(-1.0)];
                let keys = vec![number(1), number(BTREE), number(0), number(0)];
                head.into_iter().chain(rest).chain(keys).collect()
            }))
            .collect(),
        ),
        "pg_attribute" => {
            let columns = tables().flat_map(|(_, table)| {
                table.columns.iter().enumerate().map(|(at, column)| {
                    let head = vec![number(table.oid), text(&column.name), number(column.ty.oid), number(at + 1)];
                    let rest = vec![
                        number(column.ty.length),
                        number(-1),
                        number(i64::from(column.is_required)),
                        number(1),
                        number(-1),
                    ];
                    head.into_iter().chain(rest).collect()
                })
            });
            (
                &[
                    "attrelid",
                    "attname",
                    "atttypid",
                    "attnum",
                    "attlen",
                    "atttypmod",
                    "attnotnull",
                    "attislocal",
                    "attstattarget",
                ],
                columns.collect(),
            )
        }
        "pg_type" => {
            let row = |row: &super::types::TypeRow| {
                let kind = if row.oid == 705 { "p" } else { "b" };
                let head = vec![number(row.oid), text(row.name), number(CATALOGUE), number(OWNER), number(row.length)];
                let rest = vec![
                    text(kind),
                    text(row.category),
                    number(1),
                    text(","),
                    number(row.element),
                    number(row.array),
                    number(-1),
                    text(format!("{}in", row.name)),
                ];
                head.into_iter().chain(rest).collect()
            };
            (
                &[
                    "oid",
                    "typname",
                    "typnamespace",
                    "typowner",
                    "typlen",
                    "typtype",
                    "typcategory",
                    "typisdefined",
                    "typdelim",
                    "typelem",
                    "typarray",
                    "typtypmod",
                    "typinput",
                ],
                TYPES.iter().map(row).collect(),
            )
        }
        "pg_description" => {
            let described = tables().flat_map(|(_, table)| {
                let columns = table.columns.iter().enumerate().map(|(at, column)| (at + 1, &column.description));
                let all = std::iter::once((0, &table.description)).chain(columns);
                all.filter_map(|(at, said)| Some((table.oid, 1259, at, said.as_ref()?)))
            });
            let schemas =
                content.schemas.iter().filter_map(|schema| Some((schema.oid, 2615, 0, schema.description.as_ref()?)));
            let row = |(oid, class, at, said): (i64, i64, usize, &String)| {
                vec![number(oid), number(class), number(at), text(said)]
            };
            (&["objoid", "classoid", "objsubid", "description"], described.chain(schemas).map(row).collect())
        }
        "pg_database" => {
            let row = vec![
                number(5),
                text(DATABASE),
                number(OWNER),
                number(6),
                text("c"),
                number(1),
                number(-1),
                text("C.UTF-8"),
                text("C.UTF-8"),
            ];
            (
                &[
                    "oid",
                    "datname",
                    "datdba",
                    "encoding",
                    "datlocprovider",
                    "datallowconn",
                    "datconnlimit",
                    "datcollate",
                    "datctype",
                ],
                vec![row],
            )
        }
        "pg_roles" => {
            let row = |name: &str, oid| vec![number(oid), text(name), number(1), number(1), number(-1)];
            (
                &["oid", "rolname", "rolinherit", "rolcanlogin", "rolconnlimit"],
                vec![row(DATABASE, OWNER), row(&content.user, SELF)],
            )
        }
        "pg_user" => (&["usename", "usesysid"], vec![vec![text(&content.user), number(SELF)]]),
        "pg_settings" => {
            let row = |(name, value): &(String, String)| vec![text(name), text(value), text("user")];
            (&["name", "setting", "context"], content.settings.iter().map(row).collect())
        }
        "pg_tables" | "pg_views" => {
            let wants_views = name == "pg_views";
            let row =
                |(schema, table): (&SchemaRow, &TableRow)| vec![text(&schema.name), text(&table.name), text(DATABASE)];
            let columns: &[&str] = match wants_views {
                true => &["schemaname", "viewname", "viewowner"],
                false => &["schemaname", "tablename", "tableowner"],
            };
            (columns, tables().filter(|(_, table)| table.is_view == wants_views).map(row).collect())
        }
        "information_schema.schemata" => {
            let row = |(name, _): &(&str, i64)| vec![text(DATABASE), text(*name), text(DATABASE)];
            (&["catalog_name", "schema_name", "schema_owner"], spaces.iter().map(row).collect())
        }
        "information_schema.tables" => (
            &["table_catalog", "table_schema", "table_name", "table_type", "is_insertable_into", "is_typed"],
            of_tables(&|schema, table| {
                let kind = if table.is_view { "VIEW" } else { "BASE TABLE" };
                vec![text(DATABASE), text(&schema.name), text(&table.name), text(kind), yes(false), yes(false)]
            }),
        ),
        "information_schema.views" => {
            let row = |(schema, table): (&SchemaRow, &TableRow)| {
                vec![text(DATABASE), text(&schema.name), text(&table.name), yes(false)]
            };
            (
                &["table_catalog", "table_schema", "table_name", "is_updatable"],
                tables().filter(|(_, table)| table.is_view).map(row).collect(),
            )
        }
        "information_schema.columns" => {
            let columns = tables().flat_map(|(schema, table)| {
                table.columns.iter().enumerate().map(|(at, column)| {
                    let head =
                        vec![text(DATABASE), text(&schema.name), text(&table.name), text(&column.name), number(at + 1)];
                    let rest = vec![
                        yes(!column.is_required),
                        text(column.ty.written),
                        text("pg_catalog"),
                        text(column.ty.name),
                        yes(false),
                    ];
                    head.into_iter().chain(rest).collect()
                })
            });
            (
                &[
                    "table_catalog",
                    "table_schema",
                    "table_name",
                    "column_name",
                    "ordinal_position",
                    "is_nullable",
                    "data_type",
                    "udt_schema",
                    "udt_name",
                    "is_updatable",
                ],
                columns.collect(),
            )
        }
        "information_schema.information_schema_catalog_name" => (&["catalog_name"], vec![vec![text(DATABASE)]]),
        "information_schema.enabled_roles" => (&["role_name"], vec![vec![maybe(Some(&content.user))]]),
        _ => return None,
    })
}
