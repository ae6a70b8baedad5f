//! What one caller's catalogue holds.

use std::collections::HashSet;

use emporion_catalog::caller::Caller;
use emporion_products::failure::Failure;
use emporion_products::service::Products;

use super::constraints::{self, ConstraintRow, ForeignKeyTarget};
use super::types::{self, TypeRow};
use crate::schemas;
use crate::session::Session;

/// Ids below are PostgreSQL's own.
const FIRST_OID: i64 = 20_000;
const LAST_OID: i64 = i32::MAX as i64;

pub struct Content {
    pub user: String,
    /// Schemas in which names without one are looked for.
    pub path: Vec<String>,
    pub settings: Vec<(String, String)>,
    pub schemas: Vec<SchemaRow>,
}

pub struct SchemaRow {
    pub oid: i64,
    pub name: String,
    pub description: Option<String>,
    pub tables: Vec<TableRow>,
}

pub struct TableRow {
    pub oid: i64,
    pub name: String,
    pub is_view: bool,
    pub description: Option<String>,
    /// No other schema of the path, or of all where there is none, has a table of the name.
    pub is_visible: bool,
    pub columns: Vec<ColumnRow>,
    pub keys: Vec<ConstraintRow>,
    /// A foreign key begins or ends here.
    pub is_related: bool,
}

pub struct ColumnRow {
    pub name: String,
    pub ty: &'static TypeRow,
    pub is_required: bool,
    pub description: Option<String>,
}

impl Content {
    pub async fn of(products: &Products, session: &Session, caller: &Caller) -> Result<Content, Failure> {
        let listed = schemas::of_caller(products, caller).await?;
        let path = listed.search_path(session);
        let mut oids = HashSet::new();
        let all = listed.into_all();
        let mut rows = Vec::with_capacity(all.len());
        for schema in all {
            let tables = schemas::tables(products, caller, schema.product).await?;
            let oid = oid(&schema.product.to_string(), &mut oids);
            let table = |table: &schemas::Table| {
                let record = table.real.record();
                let oid = self::oid(&format!("{} {}", schema.product, table.name), &mut oids);
                let text = |name: &str| record.and_then(|record| record.body.text(name));
                TableRow {
                    oid,
                    name: table.name.clone(),
                    is_view: text("table_type").is_some_and(|kind| kind.contains("View")),
                    description: text("description"),
                    is_visible: false,
                    columns: table.columns.iter().map(column).collect(),
                    keys: Vec::new(),
                    is_related: false,
                }
            };
            let mut all: Vec<TableRow> = tables.all.iter().map(table).collect();
            constraints::add(&mut all, &tables, schema.product, &mut oids);
            relate(&mut all);
            rows.push(SchemaRow { oid, name: schema.name, description: schema.description, tables: all });
        }
        see(&mut rows, &path);
        let settings = session.settings().into_iter().collect();
        Ok(Content { user: session.name.clone(), path, settings, schemas: rows })
    }

    /// All tables, each with the schema that it is in.
    pub fn tables(&self) -> impl Iterator<Item = (&SchemaRow, &TableRow)> {
        self.schemas.iter().flat_map(|schema| schema.tables.iter().map(move |table| (schema, table)))
    }

    /// All columns with their places, from 1.
    pub fn columns(&self) -> impl Iterator<Item = (&SchemaRow, &TableRow, usize, &ColumnRow)> {
        self.tables().flat_map(|(schema, table)| {
            table.columns.iter().enumerate().map(move |(at, column)| (schema, table, at + 1, column))
        })
    }

    /// A table by its id, and the schema that it is in.
    pub fn table(&self, oid: i64) -> Option<(&SchemaRow, &TableRow)> {
        self.tables().find(|(_, table)| table.oid == oid)
    }

    /// All keys, each with its table and the schema that this is in.
    pub fn keys(&self) -> impl Iterator<Item = (&SchemaRow, &TableRow, &ConstraintRow)> {
        self.tables().flat_map(|(schema, table)| table.keys.iter().map(move |key| (schema, table, key)))
    }

    /// Those that refer to another table, with what they refer to.
    pub fn foreign_keys(&self) -> impl Iterator<Item = (&SchemaRow, &ConstraintRow, &ForeignKeyTarget)> {
        self.keys().filter_map(|(schema, _, key)| Some((schema, key, key.refers.as_ref()?)))
    }

    /// A table as it is called, with its schema or without.
    pub fn named(&self, schema: Option<&str>, name: &str) -> Option<&TableRow> {
        let is_it = |(of, table): &(&SchemaRow, &TableRow)| {
            table.name == name && schema.map_or(table.is_visible, |schema| of.name == schema)
        };
        self.tables().find(is_it).map(|(_, table)| table)
    }
}

impl TableRow {
    /// The name of a column by its place, from 1.
    pub fn column(&self, at: usize) -> &str {
        &self.columns[at - 1].name
    }
}

fn relate(tables: &mut [TableRow]) {
    let refers = |(at, table): (usize, &TableRow)| -> Vec<usize> {
        let leads = table.keys.iter().filter_map(|key| key.refers.as_ref());
        leads.flat_map(|refers| [at, refers.table]).collect()
    };
    let related: Vec<usize> = tables.iter().enumerate().flat_map(refers).collect();
    related.into_iter().for_each(|at| tables[at].is_related = true);
}

/// Tables that are found without their schema.
fn see(rows: &mut [SchemaRow], path: &[String]) {
    let mut counts = std::collections::HashMap::<String, usize>::new();
    for schema in rows.iter() {
        for table in &schema.tables {
            *counts.entry(table.name.clone()).or_default() += 1;
        }
    }
    let mut seen = HashSet::new();
    let mut order: Vec<&mut SchemaRow> = rows.iter_mut().collect();
    order.sort_by_key(|schema| path.iter().position(|name| *name == schema.name).unwrap_or(usize::MAX));
    for schema in order {
        let is_in_path = path.contains(&schema.name);
        for table in &mut schema.tables {
            table.is_visible = match path.is_empty() {
                true => counts[&table.name] == 1,
                false => is_in_path && seen.insert(table.name.clone()),
            };
        }
    }
}

fn column(column: &schemas::Column) -> ColumnRow {
    let schemas::Column { name, ty, is_required, description, .. } = column;
    ColumnRow {
        name: name.clone(),
        ty: types::of_column(*ty),
        is_required: *is_required,
        description: description.clone(),
    }
}

/// The same for the same thing, in every session: clients keep what they were told.
pub(super) fn oid(of: &str, taken: &mut HashSet<i64>) -> i64 {
    let hash = of
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut oid = FIRST_OID + (hash % (LAST_OID - FIRST_OID).unsigned_abs()) as i64;
    while !taken.insert(oid) {
        oid = if oid == LAST_OID { FIRST_OID } else { oid + 1 };
    }
    oid
}
