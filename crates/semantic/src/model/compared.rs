//! Compared columns: those that a model's expressions compare with values written in them.

use std::collections::BTreeMap;

use sqlparser::ast::Expr;

use super::check::Columns;
use super::expression::{self, MAX_BYTES};
use super::parts::{Dataset, Expression, Model};
use crate::guard::TableName;
use crate::lineage::{ColumnName, Row};
use crate::stack;

/// Fields are made of fields this often; what lies deeper is not followed.
const MOST_ROUNDS: usize = 8;

/// A column that an expression compares with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The expression's place in the model.
    pub path: String,
    /// The `source` of the dataset whose table has the column.
    pub source: String,
    pub column: String,
}

/// What the expressions of a model compare with values, over tables whose columns are known. Fields are followed to the
/// columns that they are made of.
pub fn compared(model: &Model, columns: &dyn Columns) -> Vec<Compared> {
    // Trees are as deep as their text is long, and are dropped by recursion.
    stack::enough_for(MAX_BYTES / 2, || {
        let (mut row, fields) = row(&model.datasets, columns);
        let mut found = Vec::new();
        for Read { dataset, field, exprs, .. } in &fields {
            let path = format!("/datasets/{dataset}/fields/{field}/expression");
            look(&mut row, Some(*dataset), exprs, &path, &mut found);
        }
        for (at, metric) in model.metrics.iter().enumerate() {
            let path = format!("/metrics/{at}/expression");
            look(&mut row, None, &read(&metric.expression), &path, &mut found);
        }
        found
    })
}

/// The columns of the dataset's table whose values each of its names tells, in lower case: its fields' and the
/// columns'.
pub fn told(dataset: &Dataset, columns: &dyn Columns) -> BTreeMap<String, Vec<String>> {
    stack::enough_for(MAX_BYTES / 2, || {
        let (row, _) = row(std::slice::from_ref(dataset), columns);
        let told = row.names(0).map(|(name, from)| (name, from.into_iter().map(|of| of.column).collect()));
        told.collect()
    })
}

/// A field, read.
struct Read<'a> {
    dataset: usize,
    field: usize,
    name: &'a str,
    exprs: Vec<Expr>,
}

/// What the names of datasets stand for.
fn row<'a>(datasets: &'a [Dataset], columns: &dyn Columns) -> (Row, Vec<Read<'a>>) {
    let mut row = Row::new();
    let mut fields = Vec::new();
    for (at, dataset) in datasets.iter().enumerate() {
        let column = |column| {
            let table = TableName { schema: None, name: dataset.source.clone() };
            ColumnName { table, column }
        };
        let known = columns.of(&dataset.source).unwrap_or_default();
        row.add(&dataset.common.name, known.into_iter().map(column));
        for (n, field) in dataset.fields.iter().enumerate() {
            let (name, exprs) = (field.common.name.as_str(), read(&field.expression));
            fields.push(Read { dataset: at, field: n, name, exprs });
        }
    }
    for _ in 0..MOST_ROUNDS {
        let mut is_new = false;
        for Read { dataset, name, exprs, .. } in &fields {
            for expr in exprs {
                is_new |= row.name(*dataset, name, expr);
            }
        }
        if !is_new {
            break;
        }
    }
    (row, fields)
}

fn look(row: &mut Row, source: Option<usize>, exprs: &[Expr], path: &str, found: &mut Vec<Compared>) {
    for ColumnName { table, column } in exprs.iter().flat_map(|expr| row.compared(source, expr)).collect::<Vec<_>>() {
        let compared = Compared { path: path.to_owned(), source: table.name, column };
        if !found.contains(&compared) {
            found.push(compared);
        }
    }
}

/// What can be read of an expression, in each of its dialects.
fn read(expression: &Expression) -> Vec<Expr> {
    let known = expression.dialects.iter().filter(|(dialect, _)| expression::is_read(dialect));
    known.filter_map(|(_, text)| expression::parse(text).ok()).collect()
}
