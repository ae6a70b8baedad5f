//! Personal data: no field shows it, and no figure but a count is made of it.

use std::ops::ControlFlow;

use sqlparser::ast::Expr;

use super::super::ground::DatasetId;
use super::resolve::MAX_DEPTH;
use super::{LayerId, Making};
use crate::visit::{self, Visitor};

impl Making<'_> {
    /// Whether a field's values tell of persons: the model says so, or one of its columns does.
    pub(super) fn is_personal(&self, layer: LayerId, at: usize, expr: &Expr) -> bool {
        let layer = self.layer(layer);
        let said = layer.fields[at].common.extension["pii"] == true;
        said || columns(expr).iter().any(|column| self.is_personal_column(layer.dataset, column))
    }

    /// Whether a field shows what the layers that it is over hide: what a product composes of another it shows no more
    /// of than that one does.
    pub(super) fn is_hidden_below(&self, layer: LayerId, at: usize, depth: usize) -> bool {
        let of = self.layer(layer);
        let Some(below) = of.below else { return false };
        let Ok(expr) = self.read(&of.fields[at].expression, self.ground.dataset(of.dataset).dialect) else {
            return true;
        };
        depth > MAX_DEPTH
            || columns(&expr).iter().any(|name| {
                let other = self.place(layer, name).filter(|other| *other != at);
                self.hides(below, name) || other.is_some_and(|other| self.is_hidden_below(layer, other, depth + 1))
            })
    }

    /// Whether a name means a hidden field, or a column that one is made of.
    fn hides(&self, layer: LayerId, name: &str) -> bool {
        if let Some(at) = self.place(layer, name) {
            return self.layer(layer).fields[at].common.extension["hidden"] == true;
        }
        self.said_of(layer, "hidden").iter().any(|column| column.eq_ignore_ascii_case(name))
            || self.layer(layer).below.is_some_and(|below| self.hides(below, name))
    }

    /// The columns that those fields of a layer are made of which the model says this of.
    fn said_of(&self, layer: LayerId, word: &str) -> Vec<String> {
        let mut kept_back = Vec::new();
        for (at, field) in self.layer(layer).fields.iter().enumerate() {
            if field.common.extension[word] != true {
                continue;
            }
            match self.apart(|| self.field_tree(layer, at, 0)) {
                Ok(expr) => kept_back.extend(columns(&expr)),
                // Any of them may be what it is made of.
                Err(_) => {
                    let table = &self.tables[self.layer(layer).dataset.0];
                    kept_back.extend(table.columns.iter().map(|(name, _)| name.clone()));
                }
            }
        }
        kept_back
    }

    /// Whether a column tells of persons: the catalogue says so, or a field that the model calls personal is made of
    /// it.
    fn is_personal_column(&self, dataset: DatasetId, column: &str) -> bool {
        let is = |other: &String| other.eq_ignore_ascii_case(column);
        if self.tables[dataset.0].personal.iter().any(is) {
            return true;
        }
        self.layers_of(dataset).any(|layer| {
            self.layer(layer).fields.iter().enumerate().any(|(at, field)| {
                let tree = || self.apart(|| self.field_tree(layer, at, 0));
                field.common.extension["pii"] == true && tree().is_ok_and(|expr| columns(&expr).iter().any(is))
            })
        })
    }

    /// The columns that are personal, or that a hidden or personal field is made of.
    pub(super) fn redacted(&self, dataset: DatasetId) -> Vec<String> {
        let mut redacted = self.tables[dataset.0].personal.clone();
        for layer in self.layers_of(dataset) {
            redacted.extend(["hidden", "pii"].iter().flat_map(|word| self.said_of(layer, word)));
        }
        redacted
    }

    /// Whether a metric's expression shows more of personal columns than how many there are.
    pub(super) fn shows_persons(&self, expr: &Expr) -> bool {
        let mut look = Look { making: self, counts: 0 };
        visit::look(expr, &mut look).is_break()
    }
}

/// The columns of an expression over one table.
fn columns(expr: &Expr) -> Vec<String> {
    struct Take(Vec<String>);
    impl Visitor for Take {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(ident) => self.0.push(ident.value.clone()),
                Expr::CompoundIdentifier(parts) => self.0.extend(parts.last().map(|part| part.value.clone())),
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    let mut take = Take(Vec::new());
    let _: ControlFlow<()> = visit::look(expr, &mut take);
    take.0
}

struct Look<'a, 'b> {
    making: &'a Making<'b>,
    /// Counts that the walk is inside of.
    counts: usize,
}

impl Look<'_, '_> {
    fn is_count(expr: &Expr) -> bool {
        matches!(expr, Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("count"))
    }
}

impl Visitor for Look<'_, '_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.counts += usize::from(Self::is_count(expr));
        if let (0, Expr::CompoundIdentifier(parts)) = (self.counts, expr)
            && let [dataset, .., column] = parts.as_slice()
            && let Some(at) = self.making.ground.datasets.iter().position(|it| it.names.name == dataset.value)
            && self.making.is_personal_column(DatasetId(at), &column.value)
        {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.counts -= usize::from(Self::is_count(expr));
        ControlFlow::Continue(())
    }
}
