//! The tables that a stored query reads, for lineage: nothing is judged, and what cannot be read has no lineage.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{ObjectName, Query, Statement, Visit, Visitor};
use sqlparser::parser::Parser;

use super::dialect::Dialect;
use super::policy::TableName;
use crate::stack;

/// The tables below a view, from its defining query or its whole CREATE VIEW statement; sorted, without repetition.
///
/// Names are as the statement spells them after the dialect's folding; a missing schema stays missing.
pub fn tables_read(sql: &str, dialect: Dialect) -> Vec<TableName> {
    let tables: BTreeSet<TableName> = tables_named(sql, dialect).into_iter().map(|named| named.table).collect();
    tables.into_iter().collect()
}

/// A table as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedTable {
    pub table: TableName,
    /// What stands before the schema.
    pub database: Option<String>,
}

/// The same, with the database where the statement says it.
pub fn tables_named(sql: &str, dialect: Dialect) -> Vec<NamedTable> {
    if sql.len() > super::MAX_DEFINITION {
        return Vec::new();
    }
    // No operator and its operand are shorter than two bytes.
    stack::enough_for(sql.len() / 2, || {
        let found = parsed(sql, dialect).map(|query| visit(&query, dialect));
        found.unwrap_or_default().into_iter().collect()
    })
}

/// The query that defines a view, from itself or from its whole CREATE VIEW statement; `None` for what is neither.
pub fn defining_query(sql: &str, dialect: Dialect) -> Option<String> {
    if sql.len() > super::MAX_DEFINITION {
        return None;
    }
    stack::enough_for(sql.len() / 2, || parsed(sql, dialect).map(|query| query.to_string()))
}

/// The query, or that of a CREATE VIEW statement. Whoever asks has stack enough for it.
pub(super) fn parsed(sql: &str, dialect: Dialect) -> Option<Box<Query>> {
    let parser = Parser::new(dialect.parser()).try_with_sql(sql);
    match parser.and_then(|mut parser| parser.parse_statement()).ok()? {
        Statement::Query(query) => Some(query),
        Statement::CreateView(view) => Some(view.query),
        _ => None,
    }
}

fn visit(query: &Query, dialect: Dialect) -> BTreeSet<NamedTable> {
    let mut tables = Tables { dialect, ctes: Vec::new(), lengths: Vec::new(), found: BTreeSet::new() };
    let _: ControlFlow<()> = query.visit(&mut tables);
    tables.found
}

struct Tables {
    dialect: Dialect,
    ctes: Vec<String>,
    lengths: Vec<usize>,
    found: BTreeSet<NamedTable>,
}

impl Visitor for Tables {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.lengths.push(self.ctes.len());
        let names = query.with.iter().flat_map(|with| &with.cte_tables).map(|cte| self.dialect.key(&cte.alias.name));
        self.ctes.extend(names);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        let length = self.lengths.pop().unwrap_or_default();
        self.ctes.truncate(length);
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        let parts: Vec<_> = name.0.iter().filter_map(|part| part.as_ident()).collect();
        let Some((last, before)) = parts.split_last() else { return ControlFlow::Continue(()) };
        if before.is_empty() && self.ctes.contains(&self.dialect.key(last)) {
            return ControlFlow::Continue(());
        }
        let stored = |ident: &sqlparser::ast::Ident| match self.dialect {
            Dialect::PostgreSql => self.dialect.key(ident),
            Dialect::Sqlite | Dialect::MySql => ident.value.clone(),
        };
        let mut above = before.iter().rev().map(|part| stored(part));
        let table = TableName { schema: above.next(), name: stored(last) };
        self.found.insert(NamedTable { table, database: above.next() });
        ControlFlow::Continue(())
    }
}
