//! Columns that the expressions of a model compare with values written in them.

use sqlparser::ast::Expr;

use super::check::Columns;
use super::expression::{self, MAX_BYTES};
use super::{Expression, Model};
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
        let mut row = Row::new();
        for dataset in &model.datasets {
            let column = |column| {
                let table = TableName { schema: None, name: dataset.source.clone() };
                ColumnName { table, column }
            };
            let known = columns.of(&dataset.source).unwrap_or_default();
            row.add(&dataset.common.name, known.into_iter().map(column));
        }
        let mut fields = Vec::new();
        for (at, dataset) in model.datasets.iter().enumerate() {
            for (n, field) in dataset.fields.iter().enumerate() {
                let path = format!("/datasets/{at}/fields/{n}/expression");
                fields.push((at, path, field.common.name.as_str(), read(&field.expression)));
            }
        }
        for _ in 0..MOST_ROUNDS {
            let mut is_new = false;
            for (at, _, name, exprs) in &fields {
                for expr in exprs {
                    is_new |= row.name(*at, name, expr);
                }
            }
            if !is_new {
                break;
            }
        }
        let mut found = Vec::new();
        for (at, path, _, exprs) in &fields {
            look(&mut row, Some(*at), exprs, path, &mut found);
        }
        for (at, metric) in model.metrics.iter().enumerate() {
            let path = format!("/metrics/{at}/expression");
            look(&mut row, None, &read(&metric.expression), &path, &mut found);
        }
        found
    })
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
