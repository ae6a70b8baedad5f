//! What one caller may read at one source: the tables, their columns, their row filters.

use std::collections::HashMap;
use std::sync::OnceLock;

use sqlparser::ast::{Ident, TableFactor};

use super::dialect::Dialect;
use super::masks::{Mask, MaskKind};
use super::refusal::{Refusal, Rule, brief};
use super::scope::OutColumn;

/// The most rows that any answer has, whoever asks.
pub const MAX_ROWS: u64 = 10_000;

/// A column of a table; hidden ones do not exist for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub hidden: bool,
    /// What is read instead of its values.
    pub mask: Option<Mask>,
}

impl Column {
    pub fn named(name: impl Into<String>) -> Column {
        Column { name: name.into(), hidden: false, mask: None }
    }
}

/// A table's name as the source stores it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    pub schema: Option<String>,
    pub name: String,
}

/// A table that the caller may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: TableName,
    /// `None` where they are not known: then nothing is checked and nothing can be hidden.
    pub columns: Option<Vec<Column>>,
    /// A condition over the table's own columns; only rows that fulfil it are seen.
    pub filter: Option<String>,
    /// About how many rows it has.
    pub rows: Option<u64>,
}

/// That of a table only those rows are seen which refer to a row of another one that is seen: a row filter that follows a
/// relation of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub columns: Vec<String>,
    /// The other table, of the same source, as the filters leave it; masks do not count here.
    pub to: Table,
    pub to_links: Vec<Link>,
    /// Its columns, as many.
    pub to_columns: Vec<String>,
}

/// A table made ready: the tree that stands for it in a statement.
#[derive(Debug)]
pub(super) struct Allowed {
    pub name: TableName,
    /// Visible columns as stored.
    pub columns: Option<Vec<String>>,
    pub rows: Option<u64>,
    pub filtered: bool,
    /// Those of the columns that a mask stands in place of, and what that leaves of them.
    pub masked: Vec<(OutColumn, MaskKind)>,
    /// What is read instead of the bare name; the alias is put in at each use.
    pub scan: TableFactor,
}

/// A table as it was given, made ready by the first statement that names it: products have many tables, statements few.
#[derive(Debug)]
pub(super) struct Offered {
    pub table: Table,
    pub links: Vec<Link>,
    pub ready: OnceLock<Result<Allowed, Refusal>>,
}

/// Built once per caller and product, used for many statements.
#[derive(Debug)]
pub struct Policy {
    dialect: Dialect,
    database: Option<String>,
    default_schema: Option<String>,
    max_rows: u64,
    tables: Vec<Offered>,
    by_name: HashMap<String, Vec<usize>>,
}

impl Policy {
    pub fn new(dialect: Dialect) -> Policy {
        Policy {
            dialect,
            database: None,
            default_schema: None,
            max_rows: MAX_ROWS,
            tables: Vec::new(),
            by_name: HashMap::new(),
        }
    }

    /// The database of the connection: `database.schema.table` is understood for it and refused for every other.
    pub fn with_database(mut self, name: impl Into<String>) -> Policy {
        self.database = Some(name.into());
        self
    }

    /// Where a table without a schema is looked for first.
    pub fn with_default_schema(mut self, name: impl Into<String>) -> Policy {
        self.default_schema = Some(name.into());
        self
    }

    /// At most so many rows, and never more than 10,000.
    pub fn with_max_rows(mut self, rows: u64) -> Policy {
        self.max_rows = rows.clamp(1, MAX_ROWS);
        self
    }

    /// Keeps a table; of two with one name the first wins, since the same table twice in a product is one table.
    pub(super) fn offer(&mut self, table: Table, links: Vec<Link>, ready: OnceLock<Result<Allowed, Refusal>>) {
        let key = self.dialect.stored_key(&table.name.name);
        let slot = self.by_name.entry(key).or_default();
        if !slot.iter().any(|at| self.tables[*at].table.name == table.name) {
            slot.push(self.tables.len());
            self.tables.push(Offered { table, links, ready });
        }
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub fn max_rows(&self) -> u64 {
        self.max_rows
    }

    /// What is read instead of the column of this name in any of these tables; `None` where they differ in that.
    pub fn mask_of<'p>(&'p self, tables: &[TableName], name: &str) -> Option<&'p Mask> {
        let own = self.tables.iter().map(|offered| &offered.table).filter(|table| tables.contains(&table.name));
        let columns = own.flat_map(|table| table.columns.iter().flatten());
        let mut masks = columns
            .filter(|column| !column.hidden && column.name.eq_ignore_ascii_case(name))
            .map(|column| column.mask.as_ref());
        let first = masks.next()?;
        first.filter(|_| masks.all(|mask| mask == first))
    }

    pub(super) fn offered(&self, at: usize) -> &Offered {
        &self.tables[at]
    }

    /// About how many rows the table has.
    pub(super) fn rows(&self, at: usize) -> Option<u64> {
        self.tables[at].table.rows
    }

    /// The table that a name of one to three parts means.
    pub(super) fn find(&self, parts: &[&Ident]) -> Result<usize, Refusal> {
        let (database, schema, name) = match parts {
            [name] => (None, None, *name),
            [schema, name] => (None, Some(*schema), *name),
            [database, schema, name] => (Some(*database), Some(*schema), *name),
            _ => return Err(Refusal::new(Rule::TableNotAllowed, "a table has a name of at most three parts")),
        };
        let span = name.span;
        if let Some(database) = database {
            let known = self.database.as_deref().map(|known| self.dialect.stored_key(known));
            if known.as_deref() != Some(self.dialect.key(database).as_str()) {
                let message = format!("`{}` is another database", brief(&database.value));
                return Err(Refusal::at(Rule::OtherDatabase, database.span, message));
            }
        }
        let candidates: &[usize] = self.by_name.get(&self.dialect.key(name)).map_or(&[], Vec::as_slice);
        let in_schema = |at: &usize, wanted: &str| {
            let stored = self.tables[*at].table.name.schema.as_deref().or(self.default_schema.as_deref());
            stored.is_some_and(|stored| self.dialect.stored_key(stored) == wanted)
        };
        let found: Vec<usize> = match schema {
            Some(schema) => {
                let wanted = self.dialect.key(schema);
                candidates.iter().filter(|at| in_schema(at, &wanted)).copied().collect()
            }
            None => {
                let default = self.default_schema.as_deref().map(|name| self.dialect.stored_key(name));
                let near: Vec<usize> = match &default {
                    Some(default) => candidates.iter().filter(|at| in_schema(at, default)).copied().collect(),
                    None => Vec::new(),
                };
                if near.is_empty() { candidates.to_vec() } else { near }
            }
        };
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(self.unknown(schema, name)),
            // Names that differ only in case where the source tells them apart: the exact spelling decides.
            several => {
                match several.iter().filter(|at| self.tables[**at].table.name.name == name.value).collect::<Vec<_>>()[..]
                {
                    [one] => Ok(*one),
                    _ => Err(Refusal::at(
                        Rule::AmbiguousName,
                        span,
                        format!("several tables are called `{}`: name the schema", brief(&name.value)),
                    )),
                }
            }
        }
    }

    fn unknown(&self, schema: Option<&Ident>, name: &Ident) -> Refusal {
        let shown = match schema {
            Some(schema) => format!("{}.{}", brief(&schema.value), brief(&name.value)),
            None => brief(&name.value),
        };
        let schema = schema.map(|schema| schema.value.as_str());
        if self.dialect.is_system(schema, &name.value) {
            return Refusal::at(Rule::SystemCatalog, name.span, format!("`{shown}` belongs to the system's catalogue"));
        }
        // SQLite's schemas are attached files, so a schema that no table of the product has is another database.
        let elsewhere = |schema: &str| {
            !self.tables.iter().any(|Offered { table, .. }| {
                let stored = table.name.schema.as_deref().or(self.default_schema.as_deref());
                stored.is_some_and(|stored| stored.eq_ignore_ascii_case(schema))
            })
        };
        match schema {
            Some(schema) if self.dialect == Dialect::Sqlite && elsewhere(schema) => {
                Refusal::at(Rule::OtherDatabase, name.span, format!("`{}` is another database", brief(schema)))
            }
            _ => Refusal::at(Rule::TableNotAllowed, name.span, format!("`{shown}` is no table of this product")),
        }
    }
}
