//! Column lineage: which columns a view's are made of, told by its query alone, and which ones a query compares with
//! values.
//!
//! Names are resolved as the dialect does it: aliases, joins, common table expressions, sub-queries, set operations and
//! `*` over the tables that are known. What decides which rows there are (conditions of joins, WHERE, GROUP BY, ORDER
//! BY) makes no column. A column with anything in it that cannot be resolved has no origins: rather none than a wrong
//! one.

mod compared;
mod from;
mod inputs;
mod query;
mod row;
mod scope;

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::guard::{self, Dialect, TableName};
use compared::Asked;

pub(crate) use row::Row;

/// A column of a table, both as the source stores them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnName {
    pub table: TableName,
    pub column: String,
}

/// What a column of a view is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The view's column.
    pub column: String,
    /// Sorted, without repetition, at least one.
    pub from: Vec<ColumnName>,
    /// How, where it is more than one column taken over.
    pub function: Option<String>,
}

/// Tables by the names that statements give them.
pub trait Known {
    /// The table with its columns in order; `None` where it or they are not known. A name without a schema means the
    /// schema of the view.
    fn table(&self, named: &TableName) -> Option<(TableName, Vec<String>)>;
}

/// The origins of a view's columns, from its defining query or its whole CREATE VIEW statement. `columns` are the
/// view's own, in order. Columns without origins, or whose origins cannot be known, are left out.
pub fn columns_read(sql: &str, dialect: Dialect, columns: &[String], known: &dyn Known) -> Vec<Derived> {
    let derived = guard::of_definition(sql, dialect, |defined| {
        let outputs = query::Work::new(dialect, known).query(&defined.query, None)?;
        named(dialect, outputs, columns, defined.is_renamed)
    });
    derived.flatten().unwrap_or_default()
}

/// The columns of tables that a statement compares with values written in it, or with parameters that are `given`
/// values beside it; sorted, without repetition. What cannot be resolved is not among them, and a statement that the
/// guard cannot read has none.
pub fn columns_compared(sql: &str, dialect: Dialect, known: &dyn Known, given: BTreeSet<String>) -> Vec<ColumnName> {
    let compared = guard::read(sql, dialect, |query| {
        let mut work = query::Work::new(dialect, known);
        work.asked = Asked::values(given);
        work.query(&query, None);
        work.asked.compared()
    });
    compared.map(|compared| named_once(&compared)).unwrap_or_default()
}

fn named_once(columns: &BTreeSet<Rc<ColumnName>>) -> Vec<ColumnName> {
    columns.iter().map(|column| (**column).clone()).collect()
}

/// The outputs as the view's columns, which they are by their place. `None` where names or numbers tell that they are
/// not.
fn named(dialect: Dialect, outputs: Vec<scope::Output>, columns: &[String], is_renamed: bool) -> Option<Vec<Derived>> {
    let is_of = |output: &scope::Output, column: &String| {
        let stored = dialect.stored_key(column);
        output.key.as_ref().is_none_or(|key| {
            // SQLite tells columns of one name apart by a number.
            is_renamed || *key == stored || stored.strip_prefix(key.as_str()).is_some_and(|rest| rest.starts_with(':'))
        })
    };
    if outputs.len() != columns.len() || !outputs.iter().zip(columns).all(|(output, column)| is_of(output, column)) {
        return None;
    }
    let derived = outputs.into_iter().zip(columns).filter_map(|(output, column)| {
        let from: Vec<ColumnName> = output.from?.iter().map(|origin| (**origin).clone()).collect();
        let function = output.function.map(|function| function.to_string());
        (!from.is_empty()).then(|| Derived { column: column.clone(), from, function })
    });
    Some(derived.collect())
}
