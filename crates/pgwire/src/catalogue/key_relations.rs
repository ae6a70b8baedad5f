//! The relations of the picture that hold keys.

use rusqlite::types::Value;

use super::content::{Content, SchemaRow, TableRow};
use super::fill::{Rows, number, text, yes};
use super::keys::{KeyRow, Kind, Refers};
use crate::DATABASE;

/// Ways to keep rows and indexes.
pub const HEAP: i64 = 2;
pub const BTREE: i64 = 403;
/// How columns of indexes are ordered: as their types are.
const DEFAULT_CLASS: i64 = 10_000;
const PG_CONSTRAINT: i64 = 2_606;
const PG_CLASS: i64 = 1_259;
/// What holds keys and nothing else.
pub const KEYS: &[&str] = &[
    "pg_constraint",
    "pg_depend",
    "pg_index",
    "information_schema.constraint_column_usage",
    "information_schema.key_column_usage",
    "information_schema.referential_constraints",
    "information_schema.table_constraints",
];

fn numbers(columns: &[usize], separator: &str) -> String {
    columns.iter().map(usize::to_string).collect::<Vec<_>>().join(separator)
}

fn array(columns: &[usize]) -> Value {
    text(format!("{{{}}}", numbers(columns, ",")))
}

/// What such a relation holds.
pub fn rows(name: &str, content: &Content) -> Option<Rows> {
    let indexed = || content.keys().filter(|(_, _, key)| key.is_indexed());
    let foreign = || content.keys().filter_map(|(schema, table, key)| Some((schema, table, key, key.refers.as_ref()?)));
    let named = |schema: &SchemaRow, name: &str| [text(DATABASE), text(&schema.name), text(name)];
    let column = |table: &TableRow, at: usize| text(&table.columns[at - 1].name);
    Some(match name {
        "pg_am" => (
            &["oid", "amname", "amtype"],
            vec![vec![number(HEAP), text("heap"), text("t")], vec![number(BTREE), text("btree"), text("i")]],
        ),
        "pg_opclass" => (
            &["oid", "opcmethod", "opcname", "opcnamespace", "opcowner", "opcdefault"],
            vec![vec![number(DEFAULT_CLASS), number(BTREE), text("default_ops"), number(11), number(10), number(1)]],
        ),
        "pg_constraint" => {
            let row = |(schema, table, key): (&SchemaRow, &TableRow, &KeyRow)| {
                let kind = match key.kind {
                    Kind::Primary => "p",
                    Kind::Unique => "u",
                    Kind::Foreign => "f",
                };
                let refers = key.refers.as_ref();
                let (rule, other) =
                    (if refers.is_some() { "a" } else { " " }, refers.map(|it| &schema.tables[it.table]));
                let head = vec![number(key.oid), text(&key.name), number(schema.oid), text(kind), number(1)];
                let places = vec![number(table.oid), number(key.index), number(other.map_or(0, |other| other.oid))];
                let rules =
                    vec![text(rule), text(rule), text(if refers.is_some() { "s" } else { " " }), number(1), number(1)];
                let arrays = vec![array(&key.columns), refers.map_or(Value::Null, |it| array(&it.columns))];
                head.into_iter().chain(places).chain(rules).chain(arrays).collect()
            };
            (
                &[
                    "oid",
                    "conname",
                    "connamespace",
                    "contype",
                    "convalidated",
                    "conrelid",
                    "conindid",
                    "confrelid",
                    "confupdtype",
                    "confdeltype",
                    "confmatchtype",
                    "conislocal",
                    "connoinherit",
                    "conkey",
                    "confkey",
                ],
                content.keys().map(row).collect(),
            )
        }
        "pg_index" => {
            let row = |(_, table, key): (&SchemaRow, &TableRow, &KeyRow)| {
                let (count, is_primary) = (number(key.columns.len()), number(key.kind == Kind::Primary));
                let nothing = text(vec!["0"; key.columns.len()].join(" "));
                let head = vec![number(key.index), number(table.oid), count.clone(), count, number(1), is_primary];
                let states = vec![number(1); 4];
                let class = text(vec![DEFAULT_CLASS.to_string(); key.columns.len()].join(" "));
                let columns = vec![text(numbers(&key.columns, " ")), nothing.clone(), class, nothing];
                head.into_iter().chain(states).chain(columns).collect()
            };
            (
                &[
                    "indexrelid",
                    "indrelid",
                    "indnatts",
                    "indnkeyatts",
                    "indisunique",
                    "indisprimary",
                    "indimmediate",
                    "indisvalid",
                    "indisready",
                    "indislive",
                    "indkey",
                    "indcollation",
                    "indclass",
                    "indoption",
                ],
                indexed().map(row).collect(),
            )
        }
        "pg_depend" => {
            let row = |(_, _, key, _): (_, _, &KeyRow, _)| {
                vec![number(PG_CONSTRAINT), number(key.oid), number(PG_CLASS), number(key.index), text("n")]
            };
            (&["classid", "objid", "refclassid", "refobjid", "deptype"], foreign().map(row).collect())
        }
        "information_schema.table_constraints" => {
            let row = |(schema, table, key): (&SchemaRow, &TableRow, &KeyRow)| {
                let kind = match key.kind {
                    Kind::Primary => "PRIMARY KEY",
                    Kind::Unique => "UNIQUE",
                    Kind::Foreign => "FOREIGN KEY",
                };
                let both = named(schema, &key.name).into_iter().chain(named(schema, &table.name));
                both.chain([text(kind), yes(false), yes(false), yes(true)]).collect()
            };
            (
                &[
                    "constraint_catalog",
                    "constraint_schema",
                    "constraint_name",
                    "table_catalog",
                    "table_schema",
                    "table_name",
                    "constraint_type",
                    "is_deferrable",
                    "initially_deferred",
                    "enforced",
                ],
                content.keys().map(row).collect(),
            )
        }
        "information_schema.key_column_usage" => {
            let rows = content.keys().flat_map(|(schema, table, key)| {
                key.columns.iter().enumerate().map(move |(at, of)| {
                    let there = key.refers.as_ref().map_or(Value::Null, |_| number(at + 1));
                    let both = named(schema, &key.name).into_iter().chain(named(schema, &table.name));
                    both.chain([column(table, *of), number(at + 1), there]).collect()
                })
            });
            (
                &[
                    "constraint_catalog",
                    "constraint_schema",
                    "constraint_name",
                    "table_catalog",
                    "table_schema",
                    "table_name",
                    "column_name",
                    "ordinal_position",
                    "position_in_unique_constraint",
                ],
                rows.collect(),
            )
        }
        "information_schema.referential_constraints" => {
            let row = |(schema, _, key, refers): (&SchemaRow, &TableRow, &KeyRow, &Refers)| {
                let both = named(schema, &key.name).into_iter().chain(named(schema, &refers.key));
                both.chain([text("NONE"), text("NO ACTION"), text("NO ACTION")]).collect()
            };
            (
                &[
                    "constraint_catalog",
                    "constraint_schema",
                    "constraint_name",
                    "unique_constraint_catalog",
                    "unique_constraint_schema",
                    "unique_constraint_name",
                    "match_option",
                    "update_rule",
                    "delete_rule",
                ],
                foreign().map(row).collect(),
            )
        }
        "information_schema.constraint_column_usage" => {
            let rows = content.keys().flat_map(|(schema, table, key)| {
                // A foreign key uses the columns that it refers to.
                let (table, columns) = match &key.refers {
                    Some(refers) => (&schema.tables[refers.table], &refers.columns),
                    None => (table, &key.columns),
                };
                columns.iter().map(move |of| {
                    let table_and_column = named(schema, &table.name).into_iter().chain([column(table, *of)]);
                    table_and_column.chain(named(schema, &key.name)).collect()
                })
            });
            (
                &[
                    "table_catalog",
                    "table_schema",
                    "table_name",
                    "column_name",
                    "constraint_catalog",
                    "constraint_schema",
                    "constraint_name",
                ],
                rows.collect(),
            )
        }
        _ => return None,
    })
}
