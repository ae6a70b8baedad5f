//! What a crawl finds. Everything is sorted by name (columns by position), so that the same database gives the same value.

use std::borrow::Cow;

use emporion_semantic::guard::TableName;
use emporion_semantic::lineage::Derived;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Database {
    pub name: String,
    /// What the server says of itself.
    pub version: String,
    /// All schemas that the account may use, those without tables too.
    pub schemas: Vec<Schema>,
    /// The one schema that was looked at, where the connection names one.
    pub only_schema: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schema {
    pub name: String,
    pub comment: Option<String>,
    pub tables: Vec<Table>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TableKind {
    Table,
    Partitioned,
    Foreign,
    View,
    MaterializedView,
}

impl TableKind {
    pub const fn is_view(self) -> bool {
        matches!(self, TableKind::View | TableKind::MaterializedView)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub name: String,
    pub kind: TableKind,
    pub comment: Option<String>,
    pub columns: Vec<Column>,
    /// Columns of the primary key in its order; empty without one.
    pub primary_key: Vec<String>,
    pub unique_keys: Vec<Key>,
    pub foreign_keys: Vec<ForeignKey>,
    /// How a partitioned table lies in parts, where the source says so.
    pub partition: Option<Partition>,
    /// About how many rows, where the source keeps count.
    pub rows: Option<u64>,
    /// The query of a view.
    pub definition: Option<String>,
    /// Tables that the view reads.
    pub reads: Vec<TableName>,
    /// What the columns of the view are made of.
    pub derived: Vec<Derived>,
    /// Why its columns are not known, where that can be said.
    pub fault: Option<Cow<'static, str>>,
}

impl Table {
    /// A table of which nothing else is known.
    pub fn new(name: String, kind: TableKind) -> Table {
        Table {
            name,
            kind,
            comment: None,
            columns: Vec::new(),
            primary_key: Vec::new(),
            unique_keys: Vec::new(),
            foreign_keys: Vec::new(),
            partition: None,
            rows: None,
            definition: None,
            reads: Vec::new(),
            derived: Vec::new(),
            fault: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: String,
    /// From 1.
    pub ordinal: u32,
    /// As the source writes it, `numeric(12,2)`.
    pub native_type: String,
    /// The catalogue's word for it, `NUMERIC`.
    pub data_type: &'static str,
    /// The catalogue's word for the items of an array.
    pub array_data_type: Option<&'static str>,
    pub length: Option<u64>,
    pub precision: Option<u32>,
    /// Negative where digits before the point are rounded.
    pub scale: Option<i32>,
    pub nullable: bool,
    pub default: Option<String>,
    pub comment: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub name: String,
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    pub name: String,
    pub columns: Vec<String>,
    pub to: TableName,
    pub to_columns: Vec<String>,
}

/// What decides in which part of a table a row lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// From one value to another; else it is single values, or hashes of them.
    pub by_range: bool,
    /// Columns in the order of the key. Expressions of it have no place here.
    pub columns: Vec<String>,
}

/// A line of the list of tables.
#[derive(Debug, Clone, PartialEq)]
pub struct TableSummary {
    pub database: String,
    pub schema: String,
    pub name: String,
    pub kind: TableKind,
    pub rows: Option<u64>,
}

impl Database {
    /// The list of tables of what was crawled.
    pub fn summaries(&self) -> Vec<TableSummary> {
        let tables = self.schemas.iter().flat_map(|schema| schema.tables.iter().map(move |table| (schema, table)));
        tables
            .map(|(schema, table)| TableSummary {
                database: self.name.clone(),
                schema: schema.name.clone(),
                name: table.name.clone(),
                kind: table.kind,
                rows: table.rows,
            })
            .collect()
    }
}
