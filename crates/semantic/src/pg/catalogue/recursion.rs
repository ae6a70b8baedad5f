//! Queries of the catalogue that follow something from row to row: only through relations of the system, and so far.

use std::ops::ControlFlow;

use sqlparser::ast::{Cte, Expr, LimitClause, Query, Value};

use crate::guard::{Refusal, Rule};
use crate::pg::names::{self, Name};
use crate::visit::{self, VisitorMut};

/// Rows that recursion makes at most. What there is to be followed, types of types and parts of parts, has a few.
const MOST_ROWS: usize = 1_000;

/// Bounds the recursion of a query. Whether there is any.
///
/// Errors: recursion that goes on by itself, and what cannot be bounded.
pub fn bounded(query: &mut Query) -> Result<bool, Refusal> {
    let mut bounding = Bounding { is_recursive: false };
    match visit::change(query, &mut bounding) {
        ControlFlow::Continue(()) => Ok(bounding.is_recursive),
        ControlFlow::Break(refusal) => Err(refusal),
    }
}

struct Bounding {
    is_recursive: bool,
}

impl VisitorMut for Bounding {
    type Break = Refusal;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Refusal> {
        let Some(with) = &mut query.with else { return ControlFlow::Continue(()) };
        for table in with.cte_tables.iter_mut().filter(|table| names_itself(table)) {
            let is_bounded = with.recursive && is_of_system(table) && table.query.limit_clause.is_none();
            if !is_bounded {
                let message = "the catalogue is asked recursively through its own relations alone";
                return ControlFlow::Break(Refusal::new(Rule::UnboundedRecursion, message));
            }
            let most = Expr::Value(Value::Number(MOST_ROWS.to_string(), false).into());
            let limit = LimitClause::LimitOffset { limit: Some(most), offset: None, limit_by: Vec::new() };
            table.query.limit_clause = Some(limit);
            self.is_recursive = true;
        }
        ControlFlow::Continue(())
    }
}

fn names_itself(table: &Cte) -> bool {
    let own = Name { schema: None, table: names::folded(&table.alias.name) };
    names::of_query(&table.query).contains(&own)
}

fn is_of_system(table: &Cte) -> bool {
    names::of_query(&table.query).iter().any(Name::is_of_system)
}
