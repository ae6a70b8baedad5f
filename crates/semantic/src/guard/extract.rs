//! Lineage of stored queries: the tables that one reads. Nothing is judged, and what cannot be read has no lineage.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{ObjectName, Query, Statement};
use sqlparser::parser::Parser;

use super::dialect::Dialect;
use super::lex;
use super::policy::TableName;
use crate::stack;
use crate::visit::{self, Visitor};

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
    let found = of_definition(sql, dialect, |defined| visit(&defined.query, dialect));
    found.unwrap_or_default().into_iter().collect()
}

/// The query that defines a view, from itself or from its whole CREATE VIEW statement; `None` for what is neither.
pub fn defining_query(sql: &str, dialect: Dialect) -> Option<String> {
    of_definition(sql, dialect, |defined| defined.query.to_string())
}

/// A query, or that of a CREATE VIEW statement.
pub(crate) struct Defined {
    pub query: Box<Query>,
    /// The statement gives the columns other names.
    pub is_renamed: bool,
}

/// Makes something of a definition, with stack enough for it; `None` of what defines nothing, or is longer or deeper
/// than what is looked at.
pub(crate) fn of_definition<T>(sql: &str, dialect: Dialect, make: impl FnOnce(Defined) -> T) -> Option<T> {
    let (tokens, depth) = lex::of_definition(sql, dialect)?;
    stack::enough_for(depth, || {
        let mut parser = Parser::new(dialect.parser()).with_tokens_with_locations(tokens);
        match parser.parse_statement().ok()? {
            Statement::Query(query) => Some(make(Defined { query, is_renamed: false })),
            Statement::CreateView(view) => {
                Some(make(Defined { is_renamed: !view.columns.is_empty(), query: view.query }))
            }
            _ => None,
        }
    })
}

fn visit(query: &Query, dialect: Dialect) -> BTreeSet<NamedTable> {
    let mut tables = Tables { dialect, ctes: Vec::new(), lengths: Vec::new(), found: BTreeSet::new() };
    let _: ControlFlow<()> = visit::look(query, &mut tables);
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
