//! Inputs of an expression: the columns that it is made of.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::rc::Rc;

use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, NamedWindowDefinition,
    NamedWindowExpr, ObjectName, Query, Subscript, ValueWithSpan, WindowType,
};

use super::ColumnName;
use super::compared;
use super::query::Work;
use super::scope::{Origins, Output, Scope};
use crate::visit::{self, Visitor};

/// What is in an expression.
#[derive(Clone)]
pub struct ExpressionInputs {
    pub from: Origins,
    /// A value that the statement writes.
    pub is_written: bool,
}

/// All columns of the expression, those of windows and conditions in it, too; of a sub-query those of its answer.
///
/// Where values are asked for, what only tells of them is left out: conditions, counts, and windows.
pub fn of(work: &mut Work<'_>, expr: &Expr, scope: &Scope<'_>, windows: &[NamedWindowDefinition]) -> ExpressionInputs {
    let looking = work.asked.pause();
    let mut inputs = Inputs::new(work, scope, windows);
    let _: ControlFlow<()> = visit::look(expr, &mut inputs);
    let told = inputs.finish();
    work.asked.go_on(looking);
    told
}

struct Inputs<'w, 'k, 's> {
    work: &'w mut Work<'k>,
    scope: &'s Scope<'s>,
    windows: &'s [NamedWindowDefinition],
    found: BTreeSet<Rc<ColumnName>>,
    is_written: bool,
    /// Something could not be resolved.
    is_lost: bool,
    /// Queries around what is visited.
    within: usize,
    /// Expressions around it that were looked at as a whole: accesses to parts of a value, whose names are no columns.
    muted: usize,
    /// The next query is asked only whether it has rows.
    exists: bool,
}

impl<'w, 'k, 's> Inputs<'w, 'k, 's> {
    fn new(work: &'w mut Work<'k>, scope: &'s Scope<'s>, windows: &'s [NamedWindowDefinition]) -> Self {
        let found = BTreeSet::new();
        let (is_written, is_lost, exists) = (false, false, false);
        Inputs { work, scope, windows, found, is_written, is_lost, within: 0, muted: 0, exists }
    }

    fn finish(self) -> ExpressionInputs {
        let from = (!self.is_lost).then(|| Rc::new(self.found));
        ExpressionInputs { from, is_written: self.is_written }
    }

    fn add(&mut self, from: &Origins, is_written: bool) {
        self.is_written |= is_written;
        match from {
            Some(from) if self.work.spend(from.len()).is_some() => self.found.extend(from.iter().cloned()),
            _ => self.is_lost = true,
        }
    }

    fn add_all(&mut self, columns: Option<&[Output]>) {
        match columns {
            Some(columns) => columns.iter().for_each(|column| self.add(&column.from, column.is_written)),
            None => self.is_lost = true,
        }
    }

    fn column(&mut self, parts: &[Ident]) {
        let column = self.scope.column(self.work.dialect, parts);
        self.add_all(column.as_ref().map(std::slice::from_ref));
    }

    /// Every column of `name.*`.
    fn columns_of(&mut self, name: &ObjectName) {
        let qualifier: Option<Vec<Ident>> = name.0.iter().map(|part| part.as_ident().cloned()).collect();
        let source = qualifier.and_then(|qualifier| self.scope.source(self.work.dialect, &qualifier));
        let columns = source.and_then(|source| source.columns.clone());
        self.add_all(columns.as_ref().map(|columns| &columns[..]));
    }

    fn sub(&mut self, expr: &Expr) {
        let told = of(self.work, expr, self.scope, self.windows);
        self.add(&told.from, told.is_written);
    }

    fn query(&mut self, query: &Query) {
        let outputs = self.work.query(query, Some(self.scope));
        self.add_all(outputs.as_deref());
    }

    /// Of a function that answers values of its arguments, these.
    fn values_of(&mut self, function: &Function) {
        match &function.args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(query) => self.query(query),
            FunctionArguments::List(list) => {
                for argument in &list.args {
                    if let FunctionArg::Named { arg: FunctionArgExpr::Expr(value), .. }
                    | FunctionArg::Unnamed(FunctionArgExpr::Expr(value))
                    | FunctionArg::ExprNamed { arg: FunctionArgExpr::Expr(value), .. } = argument
                    {
                        self.sub(value);
                    }
                }
            }
        }
        function.within_group.iter().for_each(|by| self.sub(&by.expr));
    }

    /// Looks at the expression as a whole, where only its values are asked for. `false`: its parts are what it is.
    fn is_whole(&mut self, expr: &Expr) -> bool {
        match expr {
            _ if compared::is_condition(expr) => {}
            Expr::Function(function) if compared::is_count(function) => {}
            Expr::Function(function) => self.values_of(function),
            Expr::Case { conditions, else_result, .. } => {
                conditions.iter().for_each(|case| self.sub(&case.result));
                else_result.iter().for_each(|value| self.sub(value));
            }
            _ => return false,
        }
        true
    }

    fn function(&mut self, function: &Function) {
        if let FunctionArguments::List(list) = &function.args {
            for argument in &list.args {
                let value = match argument {
                    FunctionArg::Named { arg, .. } | FunctionArg::Unnamed(arg) => arg,
                    // The name is an expression, too, and would be taken for a column.
                    FunctionArg::ExprNamed { .. } => return self.is_lost = true,
                };
                match value {
                    FunctionArgExpr::QualifiedWildcard(name) => self.columns_of(name),
                    FunctionArgExpr::WildcardWithOptions(_) => self.is_lost = true,
                    // `count(*)` is made of no column.
                    FunctionArgExpr::Wildcard | FunctionArgExpr::Expr(_) => {}
                }
            }
        }
        match &function.over {
            Some(WindowType::NamedWindow(name)) => self.window(name, 0),
            Some(WindowType::WindowSpec(spec)) => {
                if let Some(name) = &spec.window_name {
                    self.window(name, 0);
                }
            }
            None => {}
        }
    }

    /// A window that is defined beside the list. `depth`: how many lead to it.
    fn window(&mut self, name: &Ident, depth: usize) {
        let key = self.work.dialect.key(name);
        let windows = self.windows;
        let found = windows.iter().find(|NamedWindowDefinition(known, _)| self.work.dialect.key(known) == key);
        match found.map(|NamedWindowDefinition(_, window)| window) {
            Some(NamedWindowExpr::WindowSpec(spec)) if depth <= windows.len() => {
                let ordered = spec.order_by.iter().map(|by| &by.expr);
                spec.partition_by.iter().chain(ordered).for_each(|expr| self.sub(expr));
                if let Some(name) = &spec.window_name {
                    self.window(name, depth + 1);
                }
            }
            Some(NamedWindowExpr::NamedWindow(name)) if depth <= windows.len() => self.window(name, depth + 1),
            _ => self.is_lost = true,
        }
    }

    fn access(&mut self, root: &Expr, chain: &[AccessExpr]) {
        self.sub(root);
        for access in chain {
            match access {
                AccessExpr::Dot(_) => {}
                AccessExpr::Subscript(Subscript::Index { index }) => self.sub(index),
                AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                    [lower_bound, upper_bound, stride].into_iter().flatten().for_each(|bound| self.sub(bound));
                }
            }
        }
    }
}

impl Visitor for Inputs<'_, '_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.within == 0 && self.muted == 0 && !std::mem::take(&mut self.exists) {
            self.query(query);
        }
        self.within += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.within -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        self.is_written |= self.within == 0 && self.muted == 0 && self.work.asked.is_written(&value.value);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.work.spend(1).is_none() {
            self.is_lost = true;
            return ControlFlow::Break(());
        }
        if self.within > 0 {
            return ControlFlow::Continue(());
        }
        if self.muted > 0 {
            self.muted += 1;
            return ControlFlow::Continue(());
        }
        if self.work.asked.is_for_values() && self.is_whole(expr) {
            self.muted = 1;
            return ControlFlow::Continue(());
        }
        match expr {
            Expr::Identifier(name) => self.column(std::slice::from_ref(name)),
            Expr::CompoundIdentifier(parts) => self.column(parts),
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.access(root, access_chain);
                self.muted = 1;
            }
            Expr::Exists { .. } => self.exists = true,
            Expr::Function(function) => self.function(function),
            Expr::MatchAgainst { .. }
            | Expr::JsonAccess { .. }
            | Expr::Lambda(_)
            | Expr::Dictionary(_)
            | Expr::Map(_)
            | Expr::Struct { .. }
            | Expr::Named { .. }
            | Expr::OuterJoin(_)
            | Expr::Prior(_)
            | Expr::Wildcard(_)
            | Expr::QualifiedWildcard(..) => self.is_lost = true,
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        if self.within == 0 {
            self.muted = self.muted.saturating_sub(1);
        }
        ControlFlow::Continue(())
    }
}
