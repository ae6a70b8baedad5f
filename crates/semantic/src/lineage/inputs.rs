//! The columns that an expression is made of.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::rc::Rc;

use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, NamedWindowDefinition,
    NamedWindowExpr, ObjectName, Query, Subscript, Visit, Visitor, WindowType,
};

use super::ColumnName;
use super::query::Work;
use super::scope::{Origins, Scope};

/// All columns of the expression, those of windows and conditions in it, too; of a sub-query those of its answer.
pub fn of(work: &mut Work<'_>, expr: &Expr, scope: &Scope<'_>, windows: &[NamedWindowDefinition]) -> Origins {
    let mut inputs = Inputs::new(work, scope, windows);
    let _: ControlFlow<()> = expr.visit(&mut inputs);
    inputs.finish()
}

struct Inputs<'w, 'k, 's> {
    work: &'w mut Work<'k>,
    scope: &'s Scope<'s>,
    windows: &'s [NamedWindowDefinition],
    found: BTreeSet<Rc<ColumnName>>,
    /// Something could not be resolved.
    is_lost: bool,
    /// Queries around what is visited.
    within: usize,
    /// Accesses to parts of a value around it: names of parts are no columns.
    muted: usize,
    /// The next query is asked only whether it has rows.
    exists: bool,
}

impl<'w, 'k, 's> Inputs<'w, 'k, 's> {
    fn new(work: &'w mut Work<'k>, scope: &'s Scope<'s>, windows: &'s [NamedWindowDefinition]) -> Self {
        let found = BTreeSet::new();
        Inputs { work, scope, windows, found, is_lost: false, within: 0, muted: 0, exists: false }
    }

    fn finish(self) -> Origins {
        (!self.is_lost).then(|| Rc::new(self.found))
    }

    fn add(&mut self, from: &Origins) {
        match from {
            Some(from) if self.work.spend(from.len()).is_some() => self.found.extend(from.iter().cloned()),
            _ => self.is_lost = true,
        }
    }

    fn column(&mut self, parts: &[Ident]) {
        let from = self.scope.column(self.work.dialect, parts).and_then(|column| column.from);
        self.add(&from);
    }

    /// Every column of `name.*`.
    fn columns_of(&mut self, name: &ObjectName) {
        let qualifier: Option<Vec<Ident>> = name.0.iter().map(|part| part.as_ident().cloned()).collect();
        let source = qualifier.and_then(|qualifier| self.scope.source(self.work.dialect, &qualifier));
        match source.and_then(|source| source.columns.clone()) {
            Some(columns) => columns.iter().for_each(|column| self.add(&column.from)),
            None => self.is_lost = true,
        }
    }

    fn sub(&mut self, expr: &Expr) {
        let from = of(self.work, expr, self.scope, self.windows);
        self.add(&from);
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
            match self.work.query(query, Some(self.scope)) {
                Some(outputs) => outputs.iter().for_each(|output| self.add(&output.from)),
                None => self.is_lost = true,
            }
        }
        self.within += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.within -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let is_access = matches!(expr, Expr::CompoundFieldAccess { .. });
        if self.within > 0 {
            return ControlFlow::Continue(());
        }
        if self.muted == 0 {
            match expr {
                Expr::Identifier(name) => self.column(std::slice::from_ref(name)),
                Expr::CompoundIdentifier(parts) => self.column(parts),
                Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
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
        }
        self.muted += usize::from(is_access);
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.within == 0 && matches!(expr, Expr::CompoundFieldAccess { .. }) {
            self.muted -= 1;
        }
        ControlFlow::Continue(())
    }
}
