//! Joins: large tables are joined over a condition. The sources of a SELECT and what links them.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, Ident, Query};
use sqlparser::tokenizer::Span;

use super::dialect::Dialect;
use super::refusal::{Refusal, Rule};
use super::scope::{Found, Scope, Source};
use crate::visit::{self, Visitor};

/// Sets of sources that a condition joins, as indices into the frame's sources.
#[derive(Debug, Default)]
pub(super) struct Links(Vec<Vec<usize>>);

impl Links {
    /// The sources from `first` up to `end` belong together.
    pub fn all(&mut self, first: usize, end: usize) {
        self.0.push((first..end).collect());
    }

    pub fn check(&self, sources: &[Source], span: Span) -> Result<(), Refusal> {
        let mut group: Vec<usize> = (0..sources.len()).collect();
        for link in &self.0 {
            let Some(first) = link.first().and_then(|at| group.get(*at)).copied() else { continue };
            let joined: Vec<usize> = link.iter().filter_map(|at| group.get(*at)).copied().collect();
            for place in &mut group {
                if joined.contains(place) {
                    *place = first;
                }
            }
        }
        let mut large: Vec<usize> =
            group.iter().zip(sources).filter(|(_, source)| !source.shape.small).map(|(group, _)| *group).collect();
        large.sort_unstable();
        large.dedup();
        if large.len() > 1 {
            let message = "two large tables stand side by side without a condition that joins them";
            return Err(Refusal::at(Rule::CrossJoin, span, message));
        }
        Ok(())
    }
}

/// Adds the links that a condition makes: each part between ANDs ties together the sources it speaks of.
pub(super) fn conditions(condition: &Expr, scope: &Scope, dialect: Dialect, links: &mut Links) {
    match condition {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            conditions(left, scope, dialect, links);
            conditions(right, scope, dialect, links);
        }
        Expr::Nested(inner) => conditions(inner, scope, dialect, links),
        other => {
            let mut spoken = Spoken { scope, dialect, sources: Vec::new(), queries: 0, unclear: false };
            let _: ControlFlow<()> = visit::look(other, &mut spoken);
            // A column that cannot be resolved here may belong to any source, so it links all of them.
            if spoken.unclear {
                spoken.sources = (0..scope.frames.last().map_or(0, |frame| frame.sources.len())).collect();
            }
            links.0.push(spoken.sources);
        }
    }
}

struct Spoken<'a> {
    scope: &'a Scope,
    dialect: Dialect,
    sources: Vec<usize>,
    queries: usize,
    unclear: bool,
}

impl Spoken<'_> {
    fn qualified(&mut self, parts: &[Ident]) {
        // `alias.column`, or a table by its full name: its last part is the alias then.
        let Some(alias) = parts.len().checked_sub(2).and_then(|at| parts.get(at)) else { return };
        if let Some((0, at)) = self.scope.source(&self.dialect.key(alias)) {
            self.sources.push(at);
        }
    }
}

impl Visitor for Spoken<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::CompoundIdentifier(parts) => self.qualified(parts),
            // Inside a subquery a bare name most likely means the subquery's own.
            Expr::Identifier(ident) if self.queries == 0 => match self.scope.column(&self.dialect.key(ident)) {
                Found::Here(at) => self.sources.push(at),
                Found::Somewhere => self.unclear = true,
                Found::Nowhere => {}
            },
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
