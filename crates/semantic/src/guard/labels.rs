//! Labels of columns of an answer that the statement gives no name.
//!
//! SQLite and MariaDB call such a column by its text. The text that they see is the guard's, with row filters in it,
//! and so another one for each caller: where it differs from the caller's own, the column is named by that.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, SelectItem, SetExpr};

use super::dialect::Dialect;
use crate::visit::{self, Visitor};

/// Longer names are cut off. MariaDB takes 256 characters.
const MAX_BYTES: usize = 200;

/// Gives the columns of the outermost query names where the engine would make them of a query inside them.
pub(super) fn give(query: &mut Query, dialect: Dialect) {
    if dialect == Dialect::PostgreSql {
        return;
    }
    let Some(items) = first_items(&mut query.body) else { return };
    for item in items {
        if let SelectItem::UnnamedExpr(expr) = item
            && holds_query(expr)
            && let Some(name) = name(expr, dialect)
        {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: dialect.quoted(&name) };
        }
    }
}

/// The list that names the columns: that of the first of several queries.
fn first_items(body: &mut SetExpr) -> Option<&mut Vec<SelectItem>> {
    match body {
        SetExpr::Select(select) => Some(&mut select.projection),
        SetExpr::Query(query) => first_items(&mut query.body),
        SetExpr::SetOperation { left, .. } => first_items(left),
        _ => None,
    }
}

fn holds_query(expr: &Expr) -> bool {
    struct Look;
    impl Visitor for Look {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    visit::look(expr, &mut Look).is_break()
}

fn name(expr: &Expr, dialect: Dialect) -> Option<String> {
    let text = expr.to_string();
    let mut name: String = text.chars().filter(|c| dialect.quotable(c.encode_utf8(&mut [0; 4]))).collect();
    name.truncate(name.floor_char_boundary(MAX_BYTES));
    Some(name).filter(|name| !name.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use sqlparser::ast::Statement;
    use sqlparser::parser::Parser;

    use super::*;

    fn given(sql: &str, dialect: Dialect) -> String {
        let mut parsed = Parser::parse_sql(dialect.parser(), sql).unwrap();
        let Some(Statement::Query(mut query)) = parsed.pop() else { panic!("a query") };
        give(&mut query, dialect);
        query.to_string()
    }

    #[test]
    fn what_holds_a_query_is_called_as_its_caller_wrote_it() {
        assert_eq!(
            given("SELECT a, (SELECT max(\"b\") FROM t) + 1 FROM u UNION SELECT 1, (SELECT 2)", Dialect::Sqlite),
            "SELECT a, (SELECT max(\"b\") FROM t) + 1 AS \"(SELECT max(b) FROM t) + 1\" FROM u UNION SELECT 1, (SELECT 2)"
        );
        assert_eq!(
            given("SELECT EXISTS (SELECT 1) AS x, EXISTS (SELECT 1)", Dialect::MySql),
            "SELECT EXISTS (SELECT 1) AS x, EXISTS (SELECT 1) AS `EXISTS (SELECT 1)`"
        );
        // PostgreSQL calls them by the first word.
        assert_eq!(given("SELECT (SELECT 1)", Dialect::PostgreSql), "SELECT (SELECT 1)");
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let sql = format!("SELECT (SELECT '{}')", "ä".repeat(200));
        assert!(given(&sql, Dialect::Sqlite).ends_with("ää\""));
    }
}
