//! Visitors of syntax trees: one walk over statements for all who look at them, and one for those who change them.
//!
//! The parser's own walk is generated anew for each visitor that it is given, over every sort of node that there is,
//! each with a guard of the stack. So it is given one of each alone, which hands on what it meets through a trait
//! object. What a visitor can meet stands here; whoever needs more adds it.

use std::ops::ControlFlow;

use sqlparser::ast::{
    self, Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, Query, TableFactor, ValueWithSpan, Visit, VisitMut,
};

macro_rules! visitors {
    ($(#[$doc:meta])* $own:ident, $through:ident, $keeping:ident: $($hook:ident($node:ty)),+ $(,)?) => {
        $(#[$doc])*
        pub(crate) trait $own {
            type Break;

            $(fn $hook(&mut self, _node: $node) -> ControlFlow<Self::Break> {
                ControlFlow::Continue(())
            })+
        }

        /// What the parser's walk is given.
        struct $through<'a>(&'a mut dyn $own<Break = ()>);

        impl ast::$own for $through<'_> {
            type Break = ();

            $(fn $hook(&mut self, node: $node) -> ControlFlow<()> {
                self.0.$hook(node)
            })+
        }

        /// Why a visitor stopped, which the walk need not know.
        struct $keeping<'a, V: $own> {
            visitor: &'a mut V,
            reason: Option<V::Break>,
        }

        impl<V: $own> $own for $keeping<'_, V> {
            type Break = ();

            $(fn $hook(&mut self, node: $node) -> ControlFlow<()> {
                self.visitor.$hook(node).map_break(|reason| self.reason = Some(reason))
            })+
        }
    };
}

visitors! {
    /// Looks at a tree: at a node before what lies in it, and after it.
    Visitor, Through, Keeping:
    pre_visit_query(&Query),
    post_visit_query(&Query),
    pre_visit_relation(&ObjectName),
    pre_visit_table_factor(&TableFactor),
    pre_visit_expr(&Expr),
    post_visit_expr(&Expr),
    pre_visit_value(&ValueWithSpan),
}

visitors! {
    /// Changes a tree: a node before what lies in it, and after it.
    VisitorMut, ThroughMut, KeepingMut:
    pre_visit_query(&mut Query),
    post_visit_query(&mut Query),
    pre_visit_table_factor(&mut TableFactor),
    pre_visit_expr(&mut Expr),
    post_visit_expr(&mut Expr),
    pre_visit_value(&mut ValueWithSpan),
    pre_visit_ident(&mut Ident),
}

/// What a function is given at a place, where that is a plain value and no name or star.
pub(crate) fn argument(arg: &FunctionArg) -> Option<&Expr> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    }
}

/// Shows the visitor all of the tree, or as much as it wants to see.
pub(crate) fn look<V: Visitor>(tree: &impl Visit, visitor: &mut V) -> ControlFlow<V::Break> {
    let mut keeping = Keeping { visitor, reason: None };
    let _: ControlFlow<()> = tree.visit(&mut Through(&mut keeping));
    keeping.reason.map_or(ControlFlow::Continue(()), ControlFlow::Break)
}

/// The same for who changes what it sees.
pub(crate) fn change<V: VisitorMut>(tree: &mut impl VisitMut, visitor: &mut V) -> ControlFlow<V::Break> {
    let mut keeping = KeepingMut { visitor, reason: None };
    let _: ControlFlow<()> = tree.visit(&mut ThroughMut(&mut keeping));
    keeping.reason.map_or(ControlFlow::Continue(()), ControlFlow::Break)
}
