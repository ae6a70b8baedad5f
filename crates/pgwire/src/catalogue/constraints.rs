//! The keys of tables, as constraints and as the indexes that PostgreSQL would have for them.

use std::collections::HashSet;

use emporion_catalog::id::RecordId;
use emporion_products::reach::following::Reference;

use super::content::{TableRow, oid};
use super::functions::quoted;
use crate::schemas::Tables;

/// Names have so many bytes at most.
const MOST_BYTES: usize = 63;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Primary,
    Unique,
    Foreign,
}

impl Kind {
    /// As `pg_constraint` has it.
    pub fn letter(self) -> &'static str {
        match self {
            Kind::Primary => "p",
            Kind::Unique => "u",
            Kind::Foreign => "f",
        }
    }

    /// As the standard has it.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Primary => "PRIMARY KEY",
            Kind::Unique => "UNIQUE",
            Kind::Foreign => "FOREIGN KEY",
        }
    }
}

/// A key of a table, by the places of its columns from 1.
#[derive(Debug, Clone)]
pub struct ConstraintRow {
    pub oid: i64,
    pub name: String,
    pub kind: Kind,
    pub columns: Vec<usize>,
    /// The index that goes with it; of a foreign key, that of the key which it refers to.
    pub index: i64,
    pub refers: Option<ForeignKeyTarget>,
}

/// What a foreign key refers to: a table of its schema by its place.
#[derive(Debug, Clone)]
pub struct ForeignKeyTarget {
    pub table: usize,
    pub key: String,
    pub columns: Vec<usize>,
}

/// Gives the tables of a product their keys.
pub fn add(rows: &mut [TableRow], tables: &Tables, product: RecordId, oids: &mut HashSet<i64>) {
    for (row, table) in rows.iter_mut().zip(&tables.all) {
        let keys = table.real.keys();
        add_key(row, Kind::Primary, &keys.primary, product, oids);
        keys.unique.iter().for_each(|key| drop(add_key(row, Kind::Unique, key, product, oids)));
    }
    for reference in &tables.references {
        refer(rows, reference, product, oids);
    }
}

/// The places of columns; none unless the table has all of them.
fn places(table: &TableRow, columns: &[String]) -> Vec<usize> {
    let place = |name: &String| table.columns.iter().position(|column| column.name == *name).map(|at| at + 1);
    columns.iter().map(place).collect::<Option<_>>().unwrap_or_default()
}

fn named(table: &TableRow, columns: &[String], ending: &str) -> String {
    let taken = |name: &String| table.keys.iter().any(|key| key.name == *name);
    let mut begin =
        std::iter::once(table.name.as_str()).chain(columns.iter().map(String::as_str)).collect::<Vec<_>>().join("_");
    begin.truncate(begin.floor_char_boundary(MOST_BYTES - 9));
    let numbers = std::iter::once(String::new()).chain((1..).map(|number: u32| number.to_string()));
    numbers.map(|number| format!("{begin}_{ending}{number}")).find(|name| !taken(name)).unwrap_or_default()
}

/// The key over these columns, which may be there already.
fn add_key(
    table: &mut TableRow,
    kind: Kind,
    columns: &[String],
    product: RecordId,
    oids: &mut HashSet<i64>,
) -> Option<ConstraintRow> {
    let places = places(table, columns);
    if places.is_empty() {
        return None;
    }
    let is_same = |key: &&ConstraintRow| key.kind != Kind::Foreign && key.columns == places;
    if let Some(known) = table.keys.iter().find(is_same) {
        return Some(known.clone());
    }
    let name = match kind {
        Kind::Primary => named(table, &[], "pkey"),
        _ => named(table, columns, "key"),
    };
    let mut oid = |what: &str| oid(&format!("{product} {} {name} {what}", table.name), oids);
    let key =
        ConstraintRow { oid: oid("key"), index: oid("index"), name: name.clone(), kind, columns: places, refers: None };
    table.keys.push(key.clone());
    Some(key)
}

fn refer(rows: &mut [TableRow], reference: &Reference, product: RecordId, oids: &mut HashSet<i64>) {
    let Reference { from, to, columns, to_columns } = reference;
    let places = places(&rows[*from], columns);
    if places.is_empty() {
        return;
    }
    // What is referred to is a key, whether the catalogue says so or not.
    let Some(key) = add_key(&mut rows[*to], Kind::Unique, to_columns, product, oids) else { return };
    let name = named(&rows[*from], columns, "fkey");
    let oid = oid(&format!("{product} {} {name} key", rows[*from].name), oids);
    let refers = Some(ForeignKeyTarget { table: *to, key: key.name, columns: key.columns });
    let row = ConstraintRow { oid, name, kind: Kind::Foreign, columns: places, index: key.index, refers };
    rows[*from].keys.push(row);
}

impl ConstraintRow {
    /// As PostgreSQL writes the constraint. `near`: the tables that a foreign key may lead to, as they are called here.
    pub fn definition(&self, table: &TableRow, near: &[TableRow], called: impl Fn(&TableRow) -> String) -> String {
        let refers = self.refers.as_ref().map(|ForeignKeyTarget { table, columns, .. }| {
            let other = &near[*table];
            format!(" REFERENCES {}({})", called(other), names(other, columns))
        });
        format!("{} ({}){}", self.kind.words(), names(table, &self.columns), refers.unwrap_or_default())
    }

    /// Whether PostgreSQL would have an index for it.
    pub fn is_indexed(&self) -> bool {
        self.kind != Kind::Foreign
    }
}

pub fn names(table: &TableRow, columns: &[usize]) -> String {
    let names = columns.iter().map(|at| quoted(table.column(*at)));
    names.collect::<Vec<_>>().join(", ")
}
