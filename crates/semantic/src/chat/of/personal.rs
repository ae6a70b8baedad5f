//! What tells of persons: no field shows it, and no figure but a count is made of it.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Visit, Visitor};

use super::super::ground::DatasetId;
use super::Making;

impl Making<'_> {
    /// Whether a field's values tell of persons: the model says so, or one of its columns does.
    pub(super) fn is_personal(&self, dataset: DatasetId, at: usize, expr: &Expr) -> bool {
        let said = self.written[dataset.0][at].common.extension["pii"] == true;
        said || columns(expr).iter().any(|column| self.is_personal_column(dataset, column))
    }

    /// Whether a column tells of persons: the catalogue says so, or a field that the model calls personal is made of it.
    fn is_personal_column(&self, dataset: DatasetId, column: &str) -> bool {
        let is = |other: &String| other.eq_ignore_ascii_case(column);
        if self.tables[dataset.0].personal.iter().any(is) {
            return true;
        }
        self.written[dataset.0].iter().enumerate().any(|(at, field)| {
            field.common.extension["pii"] == true
                && self.field_tree(dataset, at, 0).is_ok_and(|expr| columns(&expr).iter().any(is))
        })
    }

    /// The columns that are personal, or that a hidden or personal field is made of.
    pub(super) fn redacted(&self, dataset: DatasetId) -> Vec<String> {
        let table = &self.tables[dataset.0];
        let mut redacted = table.personal.clone();
        for (at, field) in self.written[dataset.0].iter().enumerate() {
            let extension = &field.common.extension;
            if extension["hidden"] != true && extension["pii"] != true {
                continue;
            }
            match self.field_tree(dataset, at, 0) {
                Ok(expr) => redacted.extend(columns(&expr)),
                // Any of them may be what it is made of.
                Err(_) => redacted.extend(table.columns.iter().map(|(name, _)| name.clone())),
            }
        }
        redacted
    }

    /// Whether a metric's expression shows more of personal columns than how many there are.
    pub(super) fn shows_persons(&self, expr: &Expr) -> bool {
        let mut look = Look { making: self, counts: 0 };
        expr.visit(&mut look).is_break()
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
    let _: ControlFlow<()> = expr.visit(&mut take);
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
