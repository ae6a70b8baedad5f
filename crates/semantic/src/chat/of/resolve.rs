//! The names in a model's expressions, down to columns.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, Query, Visit, VisitMut, Visitor, VisitorMut};

use super::super::ground::DatasetId;
use super::super::{plan, speech};
use super::{Making, folded, real, translate};
use crate::guard::Dialect;
use crate::model::{Expression, expression};

/// Fields inside of fields.
const MAX_DEPTH: usize = 8;

impl Making<'_> {
    /// The expression of a dialect as a tree of that dialect, with its names as they were written.
    ///
    /// Errors: what is wrong with it.
    pub(super) fn read(&self, written: &Expression, dialect: Dialect) -> Result<Expr, String> {
        let others: &[&str] = match dialect {
            Dialect::Sqlite => &["SQLITE"],
            Dialect::PostgreSql => &["POSTGRESQL", "POSTGRES"],
            Dialect::MySql => &["MYSQL", "MARIADB"],
        };
        let own = written.dialects.iter().find(|(name, _)| others.iter().any(|other| other.eq_ignore_ascii_case(name)));
        if let Some((_, text)) = own {
            let expr = plan::parsed(text, dialect).ok_or("it cannot be read as SQL")?;
            return no_query(expr);
        }
        let text = written.for_dialect("ANSI_SQL").ok_or("it is in no dialect that the source speaks")?;
        self.read_ansi(text, dialect)
    }

    pub(super) fn read_ansi(&self, text: &str, dialect: Dialect) -> Result<Expr, String> {
        expression::look(text)?;
        let expr = plan::parsed_ansi(text).ok_or("it cannot be read as SQL")?;
        let expr = translate::to(expr, speech::of(dialect), self.ground.calendar.week_starts_on_sunday);
        // The standard leaves it to each engine whether seven halves are three.
        Ok(translate::divided(expr))
    }

    /// A field's expression over the columns of its table.
    pub(super) fn field_tree(&self, dataset: DatasetId, at: usize, depth: usize) -> Result<Expr, String> {
        let field = self.written.get(dataset.0).and_then(|fields| fields.get(at)).ok_or("there is no such field")?;
        if depth > MAX_DEPTH {
            return Err("its fields name one another in a circle".to_owned());
        }
        let known = self.ground.dataset(dataset);
        let mut expr = self.read(&field.expression, known.dialect)?;
        let speech = speech::of(known.dialect);
        let own = folded(known.names.name.rsplit('.').next().unwrap_or_default());
        let mut put = Put {
            name: &mut |parts: &[Ident]| {
                let column = match parts {
                    [column] => column,
                    [qualifier, column] if folded(&qualifier.value) == own => column,
                    _ => return Err(format!("`{}` belongs to another dataset", shown(parts))),
                };
                if let Some(real) = real(&self.tables[dataset.0], &column.value) {
                    return Ok(Expr::Identifier(speech.ident(&real)));
                }
                let other =
                    self.written[dataset.0].iter().position(|it| folded(&it.common.name) == folded(&column.value));
                match other.filter(|other| *other != at) {
                    Some(other) => Ok(plan::sql::bracketed(self.field_tree(dataset, other, depth + 1)?)),
                    None => Err(format!("there is no column `{}`", column.value)),
                }
            },
        };
        match VisitMut::visit(&mut expr, &mut put) {
            ControlFlow::Continue(()) => Ok(expr),
            ControlFlow::Break(reason) => Err(reason),
        }
    }

    /// An expression of a model over `dataset.column`.
    pub(super) fn over_columns(&self, model: usize, mut expr: Expr) -> Result<Expr, String> {
        let mut put = Put {
            name: &mut |parts: &[Ident]| {
                let (dataset, name) = match parts {
                    [name] => (self.only_one_with(model, &name.value)?, name),
                    [qualifiers @ .., name] => {
                        let qualifier = qualifiers.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
                        let dataset = self.dataset_named(model, &qualifier).or_else(|| self.called(&qualifier));
                        (dataset.ok_or_else(|| format!("there is no dataset `{qualifier}`"))?, name)
                    }
                    [] => return Err("there is no name".to_owned()),
                };
                self.column_tree(dataset, &name.value)
            },
        };
        match VisitMut::visit(&mut expr, &mut put) {
            ControlFlow::Continue(()) => Ok(expr),
            ControlFlow::Break(reason) => Err(reason),
        }
    }

    /// A dataset by the name that questions know.
    fn called(&self, name: &str) -> Option<DatasetId> {
        self.ground.datasets.iter().position(|dataset| folded(&dataset.names.name) == folded(name)).map(DatasetId)
    }

    /// A field of a dataset, else a column of its table, as `dataset.column`.
    fn column_tree(&self, dataset: DatasetId, name: &str) -> Result<Expr, String> {
        let known = self.ground.dataset(dataset);
        let speech = speech::of(known.dialect);
        let qualify = |column: Ident| Expr::CompoundIdentifier(vec![speech.ident(&known.names.name), column]);
        let field = self.written[dataset.0].iter().position(|field| folded(&field.common.name) == folded(name));
        if let Some(at) = field {
            let mut expr = self.field_tree(dataset, at, 0)?;
            let mut put = Put {
                name: &mut |parts: &[Ident]| match parts {
                    [column] => Ok(qualify(column.clone())),
                    _ => Err("a name of several parts is left".to_owned()),
                },
            };
            if let ControlFlow::Break(reason) = VisitMut::visit(&mut expr, &mut put) {
                return Err(reason);
            }
            return Ok(plan::sql::bracketed(expr));
        }
        match real(&self.tables[dataset.0], name) {
            Some(column) => Ok(qualify(speech.ident(&column))),
            None => Err(format!("there is no column `{}.{name}`", known.names.name)),
        }
    }

    /// The only dataset of a model with a field or column of this name.
    fn only_one_with(&self, model: usize, name: &str) -> Result<DatasetId, String> {
        let mut holders: Vec<DatasetId> =
            self.datasets_by_name.iter().filter(|((at, _), _)| *at == model).map(|(_, id)| *id).collect();
        holders.sort();
        holders.dedup();
        holders.retain(|id| {
            let is_field = self.written[id.0].iter().any(|field| folded(&field.common.name) == folded(name));
            let table = &self.tables[id.0];
            is_field || !table.columns.is_empty() && real(table, name).is_some()
        });
        match holders.as_slice() {
            [one] => Ok(*one),
            [] => Err(format!("there is no field `{name}`")),
            _ => Err(format!("`{name}` does not say its dataset, and several have it")),
        }
    }
}

fn shown(parts: &[Ident]) -> String {
    parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".")
}

fn no_query(expr: Expr) -> Result<Expr, String> {
    struct Look;
    impl Visitor for Look {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
    }
    match expr.visit(&mut Look) {
        ControlFlow::Continue(()) => Ok(expr),
        ControlFlow::Break(()) => Err("an expression holds no query".to_owned()),
    }
}

/// Puts something else in the place of each name.
struct Put<'a> {
    name: &'a mut dyn FnMut(&[Ident]) -> Result<Expr, String>,
}

impl VisitorMut for Put<'_> {
    type Break = String;

    // After its children: what was put in is not looked at again.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        let put = match expr {
            Expr::Identifier(ident) => (self.name)(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(parts) => (self.name)(parts),
            _ => return ControlFlow::Continue(()),
        };
        match put {
            Ok(other) => {
                *expr = other;
                ControlFlow::Continue(())
            }
            Err(reason) => ControlFlow::Break(reason),
        }
    }
}
