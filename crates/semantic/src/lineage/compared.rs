//! Compared columns: those that a statement compares with values that it writes.
//!
//! A column is followed through aliases, sub-queries, common table expressions and functions around it, and so is a
//! value. What only tells of a column is not the column: a count of it, whether it is null, the order of rows by it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::rc::Rc;

use sqlparser::ast::{
    self, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Value,
};

use super::ColumnName;
use super::inputs::{self, ExpressionInputs};
use super::query::Work;
use super::scope::Scope;
use crate::visit::{self, Visitor};

/// What is asked of columns.
#[derive(Debug, Default)]
pub enum Asked {
    /// What they are made of.
    #[default]
    Made,
    /// Whose values they tell, and which of these are compared with written ones.
    Values {
        compared: BTreeSet<Rc<ColumnName>>,
        /// What an expression holds is found out more often than once; it is looked through once.
        is_paused: bool,
        /// Parameters that are given values beside the statement.
        given: BTreeSet<String>,
    },
}

impl Asked {
    pub fn values(given: BTreeSet<String>) -> Asked {
        Asked::Values { compared: BTreeSet::new(), is_paused: false, given }
    }

    /// Whether a value is written: it stands there, or beside the statement for a parameter.
    pub fn is_written(&self, value: &Value) -> bool {
        match (value, self) {
            (Value::Null, _) | (Value::Placeholder(_), Asked::Made) => false,
            (Value::Placeholder(name), Asked::Values { given, .. }) => given.contains(name.trim_start_matches(':')),
            _ => true,
        }
    }

    pub fn is_for_values(&self) -> bool {
        matches!(self, Asked::Values { .. })
    }

    /// Looks for no comparisons from now on; says whether it did before.
    pub fn pause(&mut self) -> bool {
        match self {
            Asked::Made => false,
            Asked::Values { is_paused, .. } => !std::mem::replace(is_paused, true),
        }
    }

    pub fn go_on(&mut self, is_looking: bool) {
        if let Asked::Values { is_paused, .. } = self {
            *is_paused = !is_looking;
        }
    }

    /// The columns that were compared until now.
    pub fn compared(&mut self) -> BTreeSet<Rc<ColumnName>> {
        match self {
            Asked::Made => BTreeSet::new(),
            Asked::Values { compared, .. } => std::mem::take(compared),
        }
    }
}

impl Work<'_> {
    pub fn is_looking(&self) -> bool {
        matches!(self.asked, Asked::Values { is_paused: false, .. })
    }

    /// Looks through a clause for comparisons, where these are asked for.
    pub fn look(&mut self, clause: &impl ast::Visit, scope: &Scope<'_>) {
        if self.is_looking() {
            let _: ControlFlow<()> = visit::look(clause, &mut Look { work: self, scope, within: 0 });
        }
    }
}

struct Look<'w, 'k, 's> {
    work: &'w mut Work<'k>,
    scope: &'s Scope<'s>,
    /// Queries around what is visited.
    within: usize,
}

impl Look<'_, '_, '_> {
    fn told(&mut self, expr: &Expr) -> ExpressionInputs {
        inputs::of(self.work, expr, self.scope, &[])
    }

    fn compare<'e>(&mut self, one: &Expr, others: impl IntoIterator<Item = &'e Expr>) {
        let one = self.told(one);
        for other in others {
            let other = self.told(other);
            self.meet(&one, &other);
        }
    }

    fn meet(&mut self, one: &ExpressionInputs, other: &ExpressionInputs) {
        let Asked::Values { compared, .. } = &mut self.work.asked else { return };
        for (side, facing) in [(one, other), (other, one)] {
            let is_value = facing.is_written && facing.from.as_ref().is_some_and(|from| from.is_empty());
            if is_value && let Some(columns) = &side.from {
                compared.extend(columns.iter().cloned());
            }
        }
    }

    fn compare_with_query(&mut self, one: &Expr, query: &Query) {
        let one = self.told(one);
        let is_looking = self.work.asked.pause();
        let answered = self.work.query(query, Some(self.scope));
        self.work.asked.go_on(is_looking);
        for column in answered.into_iter().flatten() {
            self.meet(&one, &ExpressionInputs { from: column.from, is_written: column.is_written });
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::BinaryOp { left, op, right } if compares(op) => self.compare(left, [&**right]),
            Expr::AnyOp { left, right, .. }
            | Expr::AllOp { left, right, .. }
            | Expr::IsDistinctFrom(left, right)
            | Expr::IsNotDistinctFrom(left, right)
            | Expr::Like { expr: left, pattern: right, .. }
            | Expr::ILike { expr: left, pattern: right, .. }
            | Expr::SimilarTo { expr: left, pattern: right, .. }
            | Expr::RLike { expr: left, pattern: right, .. } => self.compare(left, [&**right]),
            Expr::InList { expr, list, .. } => self.compare(expr, list),
            Expr::InUnnest { expr, array_expr, .. } => self.compare(expr, [&**array_expr]),
            Expr::InSubquery { expr, subquery, .. } => self.compare_with_query(expr, subquery),
            Expr::Between { expr, low, high, .. } => self.compare(expr, [&**low, &**high]),
            Expr::MemberOf(member) => self.compare(&member.value, [&*member.array]),
            Expr::Case { operand: Some(operand), conditions, .. } => {
                self.compare(operand, conditions.iter().map(|case| &case.condition));
            }
            Expr::Function(function) if is_comparison(function) => {
                if let [first, others @ ..] = arguments(function).as_slice() {
                    self.compare(first, others.iter().copied());
                }
            }
            _ => {}
        }
    }
}

impl Visitor for Look<'_, '_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.within == 0 {
            // Its own clauses are looked through on the way.
            self.work.query(query, Some(self.scope));
        }
        self.within += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.within -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.within == 0 {
            self.expr(expr);
        }
        ControlFlow::Continue(())
    }
}

/// Whether an expression answers a truth: it says something of the values in it, and is none of them.
pub fn is_condition(expr: &Expr) -> bool {
    match expr {
        Expr::BinaryOp { op, .. } => compares(op),
        Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::IsJson { .. }
        | Expr::IsNormalized { .. }
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::InUnnest { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::SimilarTo { .. }
        | Expr::RLike { .. }
        | Expr::AnyOp { .. }
        | Expr::AllOp { .. }
        | Expr::Exists { .. }
        | Expr::MemberOf(_) => true,
        _ => false,
    }
}

/// Whether a function counts, and tells nothing of what it counts.
pub fn is_count(function: &Function) -> bool {
    const COUNTS: &[&str] =
        &["bit_length", "char_length", "character_length", "count", "length", "octet_length", "regr_count"];
    is_one_of(function, COUNTS)
}

/// Whether a function compares its first argument with the others.
fn is_comparison(function: &Function) -> bool {
    const COMPARISONS: &[&str] =
        &["field", "find_in_set", "glob", "like", "nullif", "regexp", "regexp_like", "starts_with", "strcmp"];
    is_one_of(function, COMPARISONS)
}

fn is_one_of(function: &Function, names: &[&str]) -> bool {
    let name = function.name.0.last().and_then(|part| part.as_ident());
    name.is_some_and(|name| names.iter().any(|known| name.value.eq_ignore_ascii_case(known)))
}

fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let given = list.args.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value),
        _ => None,
    });
    given.collect()
}

fn compares(op: &BinaryOperator) -> bool {
    matches!(
        op,
        BinaryOperator::Gt
            | BinaryOperator::Lt
            | BinaryOperator::GtEq
            | BinaryOperator::LtEq
            | BinaryOperator::Spaceship
            | BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Match
            | BinaryOperator::Regexp
            | BinaryOperator::Glob
            | BinaryOperator::PGOverlap
            | BinaryOperator::PGRegexMatch
            | BinaryOperator::PGRegexIMatch
            | BinaryOperator::PGRegexNotMatch
            | BinaryOperator::PGRegexNotIMatch
            | BinaryOperator::PGLikeMatch
            | BinaryOperator::PGILikeMatch
            | BinaryOperator::PGNotLikeMatch
            | BinaryOperator::PGNotILikeMatch
            | BinaryOperator::PGStartsWith
            | BinaryOperator::AtAt
            | BinaryOperator::AtArrow
            | BinaryOperator::ArrowAt
            | BinaryOperator::Question
            | BinaryOperator::QuestionAnd
            | BinaryOperator::QuestionPipe
            | BinaryOperator::Overlaps
    )
}
