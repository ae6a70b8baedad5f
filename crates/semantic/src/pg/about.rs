//! What a query is about: the system's catalogue, tables, or nothing that is stored.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, Query, SelectItem, SetExpr};

use super::column_names::function_name;
use super::names::{self, Name};
use super::system;
use super::types::type_name;
use crate::guard::{self, Dialect, Refusal, Rule};
use crate::visit::{self, Visitor};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    System,
    Tables(BTreeSet<Name>),
    /// What is said in it alone.
    Nothing,
}

/// Errors: what keeps the text from being one query; one that is about the system and about tables, too.
pub fn about(sql: &str) -> Result<About, Refusal> {
    guard::read(sql, Dialect::PostgreSql, |query| {
        let named = names::of_query(&query);
        let of_system = named.iter().filter(|name| name.is_of_system()).count();
        Ok(match (named.len(), of_system) {
            (0, _) if visit::look(&query, &mut SystemCallFinder).is_break() => About::System,
            (0, _) => About::Nothing,
            (_, 0) => About::Tables(named),
            (all, some) if all == some => About::System,
            _ => {
                let message =
                    "a statement reads the catalogue or the tables of a data product, and this one names both";
                return Err(Refusal::new(Rule::Unsupported, message));
            }
        })
    })?
}

/// Stops at what the system alone answers.
struct SystemCallFinder;

impl Visitor for SystemCallFinder {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        // Arrays as values are the catalogue's.
        let SetExpr::Select(select) = &*query.body else { return ControlFlow::Continue(()) };
        let is_array = |item: &SelectItem| {
            matches!(
                item,
                SelectItem::UnnamedExpr(Expr::Array(_)) | SelectItem::ExprWithAlias { expr: Expr::Array(_), .. }
            )
        };
        if select.projection.iter().any(is_array) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let is_of_system = match expr {
            Expr::Function(function) => system::is_of_system(&function_name(function)),
            Expr::Cast { data_type, .. } => type_name(data_type).starts_with("reg"),
            Expr::Collate { .. } | Expr::CompoundFieldAccess { .. } => true,
            Expr::BinaryOp { op, .. } => matches!(
                op,
                BinaryOperator::PGRegexMatch
                    | BinaryOperator::PGRegexIMatch
                    | BinaryOperator::PGRegexNotMatch
                    | BinaryOperator::PGRegexNotIMatch
                    | BinaryOperator::PGCustomBinaryOperator(_)
            ),
            _ => false,
        };
        if is_of_system { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_about_what_it_names_or_calls() {
        let of = |sql: &str| about(sql).expect(sql);
        for sql in ["SELECT 1", "SELECT now(), upper('x')", "SELECT * FROM generate_series(1, 10)"] {
            assert_eq!(of(sql), About::Nothing, "{sql}");
        }
        for sql in ["SELECT version()", "SELECT * FROM pg_class", "SELECT 'pg_class'::regclass", "SELECT ARRAY[1]"] {
            assert_eq!(of(sql), About::System, "{sql}");
        }
        assert!(matches!(of("SELECT * FROM generate_series(1, 2), orders"), About::Tables(named) if named.len() == 1));
        assert!(about("SELECT 1 FROM orders, pg_class").is_err());
    }
}
