//! What the relations of the picture hold: each is declared once, by what its rows are of and by its columns, each with what
//! it is of a row. Columns that are not named here are empty, as PostgreSQL's are of what there is none of.

use rusqlite::types::Value;

use super::constraints::{ConstraintRow, ForeignKeyTarget, Kind};
use super::content::{Content, SchemaRow, TableRow};
use super::fill::OWNER;
use super::types::{TYPES, TypeRow};
use crate::DATABASE;

const SELF: i64 = 16_384;
const CATALOGUE: i64 = 11;
const INFORMATION: i64 = 13_000;
/// Ways to keep rows and indexes.
const HEAP: i64 = 2;
const BTREE: i64 = 403;
/// How columns of indexes are ordered: as their types are.
const DEFAULT_CLASS: i64 = 10_000;
/// The relations that others speak of.
const PG_CONSTRAINT: i64 = 2_606;
const PG_CLASS: i64 = 1_259;
const PG_NAMESPACE: i64 = 2_615;

/// Names of columns, and rows of as many values.
pub type Rows = (Vec<&'static str>, Vec<Vec<Value>>);

type Filling = (&'static str, fn(&Content) -> Rows);

const RELATIONS: &[Filling] = &[
    ("information_schema.columns", columns),
    ("information_schema.enabled_roles", |content| filled([content], &[("role_name", |it| text(&it.user))])),
    ("information_schema.information_schema_catalog_name", |_| filled([()], &[("catalog_name", |()| text(DATABASE))])),
    ("information_schema.schemata", schemata),
    ("information_schema.tables", tables),
    ("information_schema.views", views),
    ("pg_am", pg_am),
    ("pg_attribute", pg_attribute),
    ("pg_class", pg_class),
    ("pg_database", pg_database),
    ("pg_description", pg_description),
    ("pg_namespace", pg_namespace),
    ("pg_opclass", pg_opclass),
    ("pg_roles", pg_roles),
    ("pg_settings", pg_settings),
    ("pg_tables", pg_tables),
    ("pg_type", pg_type),
    ("pg_user", |content| filled([content], &[("usename", |it| text(&it.user)), ("usesysid", |_| number(SELF))])),
    ("pg_views", pg_views),
];

/// Those that hold keys and nothing else.
const OF_KEYS: &[Filling] = &[
    ("information_schema.constraint_column_usage", constraint_column_usage),
    ("information_schema.key_column_usage", key_column_usage),
    ("information_schema.referential_constraints", referential_constraints),
    ("information_schema.table_constraints", table_constraints),
    ("pg_constraint", pg_constraint),
    ("pg_depend", pg_depend),
    ("pg_index", pg_index),
];

/// What a relation holds; `None` for those that are always empty.
pub fn rows(name: &str, content: &Content) -> Option<Rows> {
    RELATIONS.iter().chain(OF_KEYS).find(|(of, _)| *of == name).map(|(_, rows)| rows(content))
}

pub fn is_of_keys(name: &str) -> bool {
    OF_KEYS.iter().any(|(of, _)| *of == name)
}

type Column<R> = (&'static str, fn(&R) -> Value);

fn filled<R>(of: impl IntoIterator<Item = R>, columns: &[Column<R>]) -> Rows {
    let row = |row: R| columns.iter().map(|(_, value)| value(&row)).collect();
    (columns.iter().map(|(name, _)| *name).collect(), of.into_iter().map(row).collect())
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn number(number: impl TryInto<i64>) -> Value {
    Value::Integer(number.try_into().unwrap_or(i64::MAX))
}

fn yes(flag: bool) -> Value {
    text(if flag { "YES" } else { "NO" })
}

/// Numbers as arrays and vectors have them.
fn joined(columns: &[usize], separator: &str) -> String {
    columns.iter().map(usize::to_string).collect::<Vec<_>>().join(separator)
}

fn array(columns: &[usize]) -> Value {
    text(format!("{{{}}}", joined(columns, ",")))
}

/// As many of the same, in a vector.
fn each(key: &ConstraintRow, of: i64) -> Value {
    text(vec![of.to_string(); key.columns.len()].join(" "))
}

/// The schemas by their names and ids, those of the system first.
fn spaces(content: &Content) -> impl Iterator<Item = (&str, i64)> {
    let own = content.schemas.iter().map(|schema| (schema.name.as_str(), schema.oid));
    [("pg_catalog", CATALOGUE), ("information_schema", INFORMATION)].into_iter().chain(own)
}

fn pg_namespace(content: &Content) -> Rows {
    filled(
        spaces(content),
        &[("oid", |it| number(it.1)), ("nspname", |it| text(it.0)), ("nspowner", |_| number(OWNER))],
    )
}

fn schemata(content: &Content) -> Rows {
    filled(
        spaces(content),
        &[("catalog_name", |_| text(DATABASE)), ("schema_name", |it| text(it.0)), ("schema_owner", |_| text(DATABASE))],
    )
}

/// A table, or the index that a key would have.
struct Class<'c> {
    schema: &'c SchemaRow,
    table: &'c TableRow,
    index: Option<&'c ConstraintRow>,
}

fn pg_class(content: &Content) -> Rows {
    let tables = content.tables().map(|(schema, table)| Class { schema, table, index: None });
    let indexes = content.keys().filter(|(_, _, key)| key.is_indexed());
    let indexes = indexes.map(|(schema, table, key)| Class { schema, table, index: Some(key) });
    filled(tables.chain(indexes), &[
        ("oid", |it| number(it.index.map_or(it.table.oid, |key| key.index))),
        ("relname", |it| text(it.index.map_or(&it.table.name, |key| &key.name))),
        ("relnamespace", |it| number(it.schema.oid)), ("relowner", |_| number(OWNER)),
        ("relkind", |it| text(if it.index.is_some() { "i" } else { ["r", "v"][usize::from(it.table.is_view)] })),
        ("relpersistence", |_| text("p")), ("relreplident", |_| text("n")),
        ("relnatts", |it| number(it.index.map_or(it.table.columns.len(), |key| key.columns.len()))),
        ("reltuples", |_| Value::Real(-1.0)), ("relispopulated", |_| number(1)),
        ("relam", |it| number(if it.index.is_some() { BTREE } else { HEAP })),
        ("relhasindex", |it| number(it.index.is_none() && it.table.keys.iter().any(ConstraintRow::is_indexed))),
        ("relhastriggers", |it| number(it.index.is_none() && it.table.is_related)),
    ])
}

fn pg_attribute(content: &Content) -> Rows {
    filled(content.columns(), &[
        ("attrelid", |(_, table, ..)| number(table.oid)), ("attname", |(.., column)| text(&column.name)),
        ("atttypid", |(.., column)| number(column.ty.oid)), ("attnum", |(_, _, at, _)| number(*at)),
        ("attlen", |(.., column)| number(column.ty.length)), ("atttypmod", |_| number(-1)),
        ("attnotnull", |(.., column)| number(column.is_required)), ("attislocal", |_| number(1)),
        ("attstattarget", |_| number(-1)),
    ])
}

fn pg_type(_: &Content) -> Rows {
    filled(TYPES, &[
        ("oid", |it: &&TypeRow| number(it.oid)), ("typname", |it| text(it.name)),
        ("typnamespace", |_| number(CATALOGUE)), ("typowner", |_| number(OWNER)), ("typlen", |it| number(it.length)),
        ("typtype", |it| text(if it.name == "unknown" { "p" } else { "b" })), ("typcategory", |it| text(it.category)),
        ("typisdefined", |_| number(1)), ("typdelim", |_| text(",")), ("typelem", |it| number(it.element)),
        ("typarray", |it| number(it.array)), ("typtypmod", |_| number(-1)),
        ("typinput", |it| text(format!("{}in", it.name))),
    ])
}

fn pg_description(content: &Content) -> Rows {
    let columns = content.columns().map(|(_, table, at, column)| (table.oid, PG_CLASS, at, &column.description));
    let tables = content.tables().map(|(_, table)| (table.oid, PG_CLASS, 0, &table.description));
    let schemas = content.schemas.iter().map(|schema| (schema.oid, PG_NAMESPACE, 0, &schema.description));
    let described = tables.chain(columns).chain(schemas);
    let described = described.filter_map(|(oid, class, at, said)| Some((oid, class, at, said.as_ref()?)));
    filled(described, &[
        ("objoid", |it| number(it.0)), ("classoid", |it| number(it.1)), ("objsubid", |it| number(it.2)),
        ("description", |it| text(it.3)),
    ])
}

fn pg_database(_: &Content) -> Rows {
    filled([()], &[
        ("oid", |()| number(5)), ("datname", |()| text(DATABASE)), ("datdba", |()| number(OWNER)),
        ("encoding", |()| number(6)), ("datlocprovider", |()| text("c")), ("datallowconn", |()| number(1)),
        ("datconnlimit", |()| number(-1)), ("datcollate", |()| text("C.UTF-8")), ("datctype", |()| text("C.UTF-8")),
    ])
}

fn pg_roles(content: &Content) -> Rows {
    filled([(DATABASE, OWNER), (content.user.as_str(), SELF)], &[
        ("oid", |it| number(it.1)), ("rolname", |it| text(it.0)), ("rolinherit", |_| number(1)),
        ("rolcanlogin", |_| number(1)), ("rolconnlimit", |_| number(-1)),
    ])
}

fn pg_settings(content: &Content) -> Rows {
    filled(
        &content.settings,
        &[("name", |it| text(&it.0)), ("setting", |it| text(&it.1)), ("context", |_| text("user"))],
    )
}

fn pg_tables(content: &Content) -> Rows {
    filled(content.tables().filter(|(_, table)| !table.is_view), &[
        ("schemaname", |(schema, _)| text(&schema.name)), ("tablename", |(_, table)| text(&table.name)),
        ("tableowner", |_| text(DATABASE)),
    ])
}

fn pg_views(content: &Content) -> Rows {
    filled(content.tables().filter(|(_, table)| table.is_view), &[
        ("schemaname", |(schema, _)| text(&schema.name)), ("viewname", |(_, table)| text(&table.name)),
        ("viewowner", |_| text(DATABASE)),
    ])
}

fn tables(content: &Content) -> Rows {
    filled(content.tables(), &[
        ("table_catalog", |_| text(DATABASE)), ("table_schema", |(schema, _)| text(&schema.name)),
        ("table_name", |(_, table)| text(&table.name)),
        ("table_type", |(_, table)| text(if table.is_view { "VIEW" } else { "BASE TABLE" })),
        ("is_insertable_into", |_| yes(false)), ("is_typed", |_| yes(false)),
    ])
}

fn views(content: &Content) -> Rows {
    filled(content.tables().filter(|(_, table)| table.is_view), &[
        ("table_catalog", |_| text(DATABASE)), ("table_schema", |(schema, _)| text(&schema.name)),
        ("table_name", |(_, table)| text(&table.name)), ("is_updatable", |_| yes(false)),
    ])
}

fn columns(content: &Content) -> Rows {
    filled(content.columns(), &[
        ("table_catalog", |_| text(DATABASE)), ("table_schema", |(schema, ..)| text(&schema.name)),
        ("table_name", |(_, table, ..)| text(&table.name)), ("column_name", |(.., column)| text(&column.name)),
        ("ordinal_position", |(_, _, at, _)| number(*at)), ("is_nullable", |(.., column)| yes(!column.is_required)),
        ("data_type", |(.., column)| text(column.ty.written)), ("udt_schema", |_| text("pg_catalog")),
        ("udt_name", |(.., column)| text(column.ty.name)), ("is_updatable", |_| yes(false)),
    ])
}

fn pg_am(_: &Content) -> Rows {
    filled(
        [(HEAP, "heap", "t"), (BTREE, "btree", "i")],
        &[("oid", |it| number(it.0)), ("amname", |it| text(it.1)), ("amtype", |it| text(it.2))],
    )
}

fn pg_opclass(_: &Content) -> Rows {
    filled([()], &[
        ("oid", |()| number(DEFAULT_CLASS)), ("opcmethod", |()| number(BTREE)), ("opcname", |()| text("default_ops")),
        ("opcnamespace", |()| number(CATALOGUE)), ("opcowner", |()| number(OWNER)), ("opcdefault", |()| number(1)),
    ])
}

/// What holds of what a foreign key refers to; of other keys, nothing.
fn rule(key: &ConstraintRow, letter: &str) -> Value {
    text(if key.refers.is_some() { letter } else { " " })
}

fn pg_constraint(content: &Content) -> Rows {
    filled(content.keys(), &[
        ("oid", |(_, _, key)| number(key.oid)), ("conname", |(_, _, key)| text(&key.name)),
        ("connamespace", |(schema, ..)| number(schema.oid)), ("contype", |(_, _, key)| text(key.kind.letter())),
        ("convalidated", |_| number(1)), ("conrelid", |(_, table, _)| number(table.oid)),
        ("conindid", |(_, _, key)| number(key.index)),
        ("confrelid", |(schema, _, key)| number(key.refers.as_ref().map_or(0, |to| schema.tables[to.table].oid))),
        ("confupdtype", |(_, _, key)| rule(key, "a")), ("confdeltype", |(_, _, key)| rule(key, "a")),
        ("confmatchtype", |(_, _, key)| rule(key, "s")), ("conislocal", |_| number(1)),
        ("connoinherit", |_| number(1)), ("conkey", |(_, _, key)| array(&key.columns)),
        ("confkey", |(_, _, key)| key.refers.as_ref().map_or(Value::Null, |to| array(&to.columns))),
    ])
}

fn pg_index(content: &Content) -> Rows {
    filled(content.keys().filter(|(_, _, key)| key.is_indexed()), &[
        ("indexrelid", |(_, _, key)| number(key.index)), ("indrelid", |(_, table, _)| number(table.oid)),
        ("indnatts", |(_, _, key)| number(key.columns.len())),
        ("indnkeyatts", |(_, _, key)| number(key.columns.len())), ("indisunique", |_| number(1)),
        ("indisprimary", |(_, _, key)| number(key.kind == Kind::Primary)), ("indimmediate", |_| number(1)),
        ("indisvalid", |_| number(1)), ("indisready", |_| number(1)), ("indislive", |_| number(1)),
        ("indkey", |(_, _, key)| text(joined(&key.columns, " "))), ("indcollation", |(_, _, key)| each(key, 0)),
        ("indclass", |(_, _, key)| each(key, DEFAULT_CLASS)), ("indoption", |(_, _, key)| each(key, 0)),
    ])
}

fn pg_depend(content: &Content) -> Rows {
    filled(content.foreign_keys(), &[
        ("classid", |_| number(PG_CONSTRAINT)), ("objid", |(_, key, _)| number(key.oid)),
        ("refclassid", |_| number(PG_CLASS)), ("refobjid", |(_, key, _)| number(key.index)),
        ("deptype", |_| text("n")),
    ])
}

fn table_constraints(content: &Content) -> Rows {
    filled(content.keys(), &[
        ("constraint_catalog", |_| text(DATABASE)), ("constraint_schema", |(schema, ..)| text(&schema.name)),
        ("constraint_name", |(_, _, key)| text(&key.name)), ("table_catalog", |_| text(DATABASE)),
        ("table_schema", |(schema, ..)| text(&schema.name)), ("table_name", |(_, table, _)| text(&table.name)),
        ("constraint_type", |(_, _, key)| text(key.kind.words())), ("is_deferrable", |_| yes(false)),
        ("initially_deferred", |_| yes(false)), ("enforced", |_| yes(true)),
    ])
}

fn key_column_usage(content: &Content) -> Rows {
    let used = content.keys().flat_map(|(schema, table, key)| {
        (0..key.columns.len()).map(move |at| (schema, table, key, at))
    });
    filled(used, &[
        ("constraint_catalog", |_| text(DATABASE)),
        ("constraint_schema", |(schema, ..)| text(&schema.name)),
        ("constraint_name", |(_, _, key, _)| text(&key.name)), ("table_catalog", |_| text(DATABASE)),
        ("table_schema", |(schema, ..)| text(&schema.name)), ("table_name", |(_, table, ..)| text(&table.name)),
        ("column_name", |(_, table, key, at)| text(table.column(key.columns[*at]))),
        ("ordinal_position", |(.., at)| number(at + 1)),
        ("position_in_unique_constraint", |(_, _, key, at)| { key.refers.as_ref().map_or(Value::Null, |_| number(at + 1)) }),
    ])
}

fn referential_constraints(content: &Content) -> Rows {
    filled(content.foreign_keys(), &[
        ("constraint_catalog", |_| text(DATABASE)), ("constraint_schema", |(schema, ..)| text(&schema.name)),
        ("constraint_name", |(_, key, _)| text(&key.name)), ("unique_constraint_catalog", |_| text(DATABASE)),
        ("unique_constraint_schema", |(schema, ..)| text(&schema.name)),
        ("unique_constraint_name", |(.., to)| text(&to.key)), ("match_option", |_| text("NONE")),
        ("update_rule", |_| text("NO ACTION")), ("delete_rule", |_| text("NO ACTION")),
    ])
}

/// A foreign key uses the columns that it refers to.
fn constraint_column_usage(content: &Content) -> Rows {
    let used = content.keys().flat_map(|(schema, table, key)| {
        let (table, columns) = match &key.refers {
            Some(ForeignKeyTarget { table, columns, .. }) => (&schema.tables[*table], columns),
            None => (table, &key.columns),
        };
        columns.iter().map(move |at| (schema, table, table.column(*at), key))
    });
    filled(used, &[
        ("table_catalog", |_| text(DATABASE)), ("table_schema", |(schema, ..)| text(&schema.name)),
        ("table_name", |(_, table, ..)| text(&table.name)), ("column_name", |(_, _, column, _)| text(*column)),
        ("constraint_catalog", |_| text(DATABASE)), ("constraint_schema", |(schema, ..)| text(&schema.name)),
        ("constraint_name", |(.., key)| text(&key.name)),
    ])
}
