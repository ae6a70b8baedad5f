//! What the columns of views are made of, as far as the crawl knows the tables that they name.

use std::collections::HashMap;

use emporion_semantic::guard::{Dialect, TableName};
use emporion_semantic::lineage::{Derived, Known, columns_read};

use crate::metadata::{Column, Schema};

/// Tables by the keys of their names. Some servers have several of one key.
struct Tables<'t> {
    dialect: Dialect,
    by_key: HashMap<(String, String), Vec<Found<'t>>>,
}

struct Found<'t> {
    name: TableName,
    columns: &'t [Column],
}

impl<'t> Tables<'t> {
    fn of(schemas: &'t [Schema], dialect: Dialect) -> Tables<'t> {
        let tables = schemas.iter().flat_map(|schema| schema.tables.iter().map(move |table| (schema, table)));
        let mut by_key: HashMap<_, Vec<Found<'t>>> = HashMap::new();
        for (schema, table) in tables {
            let key = (dialect.stored_key(&schema.name), dialect.stored_key(&table.name));
            let name = TableName { schema: Some(schema.name.clone()), name: table.name.clone() };
            by_key.entry(key).or_default().push(Found { name, columns: &table.columns });
        }
        Tables { dialect, by_key }
    }
}

/// The tables as the views of one schema name them.
struct SeenFrom<'t> {
    tables: &'t Tables<'t>,
    schema: &'t str,
}

impl Known for SeenFrom<'_> {
    fn table(&self, named: &TableName) -> Option<(TableName, Vec<String>)> {
        let Tables { dialect, by_key } = self.tables;
        let schema = named.schema.as_deref().unwrap_or(self.schema);
        let found = by_key.get(&(dialect.stored_key(schema), dialect.stored_key(&named.name)))?.as_slice();
        let is_exact =
            |found: &&Found<'_>| found.name.schema.as_deref() == Some(schema) && found.name.name == named.name;
        let only = if let [only] = found { Some(only) } else { None };
        let Found { name, columns } = found.iter().find(is_exact).or(only)?;
        // Of what could not be read, the columns are not known.
        (!columns.is_empty()).then(|| (name.clone(), names(columns)))
    }
}

fn names(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|column| column.name.clone()).collect()
}

/// Tells of every view what its columns are made of.
pub fn tell(schemas: &mut [Schema], dialect: Dialect) {
    let tables = Tables::of(schemas, dialect);
    let mut told: Vec<Vec<Derived>> = Vec::new();
    for schema in schemas.iter() {
        let known = SeenFrom { tables: &tables, schema: &schema.name };
        told.extend(schema.tables.iter().map(|table| match &table.definition {
            Some(sql) if table.kind.is_view() => columns_read(sql, dialect, &names(&table.columns), &known),
            _ => Vec::new(),
        }));
    }
    for (table, derived) in schemas.iter_mut().flat_map(|schema| &mut schema.tables).zip(told) {
        table.derived = derived;
    }
}
