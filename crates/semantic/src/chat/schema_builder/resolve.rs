//! Name resolution: the names in a model's expressions, down to columns.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, Query};

use super::super::ground::DatasetId;
use super::super::{plan, speech};
use super::{LayerId, Making, folded, translate};
use crate::guard::Dialect;
use crate::model::{Expression, expression};
use crate::visit::{self, Visitor, VisitorMut};

/// Fields inside of fields.
pub(super) const MAX_DEPTH: usize = 8;
/// Characters of all that is put into one expression. A statement takes fewer.
const MAX_SIZE: usize = 200_000;

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
    pub(super) fn field_tree(&self, layer: LayerId, at: usize, depth: usize) -> Result<Expr, String> {
        let of = self.layer(layer);
        let field = of.fields.get(at).ok_or("there is no such field")?;
        if depth > MAX_DEPTH {
            return Err("its fields name one another in a circle".to_owned());
        }
        self.spend(&field.expression)?;
        let mut expr = self.read(&field.expression, self.ground.dataset(of.dataset).dialect)?;
        let is_name = matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
        let mut put = Put {
            name: &mut |parts: &[Ident]| {
                let column = match parts {
                    [column] => column,
                    [qualifier, column] if self.is_called(layer, &qualifier.value) => column,
                    _ => return Err(format!("`{}` belongs to another dataset", shown(parts))),
                };
                self.seen_by_field(layer, at, &column.value, depth + 1)
            },
        };
        match (visit::change(&mut expr, &mut put), expr) {
            (ControlFlow::Break(reason), _) => Err(reason),
            // Another name of the same.
            (ControlFlow::Continue(()), Expr::Nested(inner)) if is_name => Ok(*inner),
            (ControlFlow::Continue(()), expr) => Ok(expr),
        }
    }

    /// Counts what is put into one expression: names in it may stand for expressions, again and again.
    ///
    /// Errors: it would be larger than any statement.
    pub(super) fn spend(&self, written: &Expression) -> Result<(), String> {
        let spent = self.spent.get() + written.any().len() + 1;
        self.spent.set(spent);
        if spent > MAX_SIZE { Err("with all that it names it is too large".to_owned()) } else { Ok(()) }
    }

    /// Looks at another expression meanwhile.
    pub(super) fn apart<T>(&self, look: impl FnOnce() -> T) -> T {
        let spent = self.spent.replace(0);
        let seen = look();
        self.spent.set(spent);
        seen
    }

    /// An expression of a model over `dataset.column`.
    pub(super) fn over_columns(&self, model: usize, mut expr: Expr) -> Result<Expr, String> {
        let mut put = Put {
            name: &mut |parts: &[Ident]| {
                let (layer, name) = match parts {
                    [name] => (self.only_one_with(model, &name.value)?, name),
                    [qualifiers @ .., name] => {
                        let qualifier = qualifiers.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
                        let layer = self.layer_named(model, &qualifier).or_else(|| self.called(&qualifier));
                        (layer.ok_or_else(|| format!("there is no dataset `{qualifier}`"))?, name)
                    }
                    [] => return Err("there is no name".to_owned()),
                };
                self.column_tree(layer, &name.value)
            },
        };
        match visit::change(&mut expr, &mut put) {
            ControlFlow::Continue(()) => Ok(expr),
            ControlFlow::Break(reason) => Err(reason),
        }
    }

    /// What is said first of a dataset, by the name that questions know.
    fn called(&self, name: &str) -> Option<LayerId> {
        let found = self.ground.datasets.iter().position(|dataset| folded(&dataset.names.name) == folded(name))?;
        self.layers_of(DatasetId(found)).next()
    }

    /// A field of a dataset, else a column of its table, as `dataset.column`.
    fn column_tree(&self, layer: LayerId, name: &str) -> Result<Expr, String> {
        let known = self.ground.dataset(self.layer(layer).dataset);
        let speech = speech::of(known.dialect);
        let qualify = |column: Ident| Expr::CompoundIdentifier(vec![speech.ident(&known.names.name), column]);
        let Some((is_field, mut expr)) = self.seen(layer, name, 0)? else {
            return Err(format!("there is no column `{}.{name}`", known.names.name));
        };
        let mut put = Put {
            name: &mut |parts: &[Ident]| match parts {
                [column] => Ok(qualify(column.clone())),
                _ => Err("a name of several parts is left".to_owned()),
            },
        };
        match visit::change(&mut expr, &mut put) {
            ControlFlow::Continue(()) if is_field => Ok(plan::sql::bracketed(expr)),
            ControlFlow::Continue(()) => Ok(expr),
            ControlFlow::Break(reason) => Err(reason),
        }
    }

    /// The only dataset of a model with a field or column of this name.
    fn only_one_with(&self, model: usize, name: &str) -> Result<LayerId, String> {
        let own = self.layers_by_name.iter().filter(|((at, _), _)| *at == model).map(|(_, id)| *id);
        let mut holders: Vec<LayerId> = own.filter(|id| self.has(*id, name)).collect();
        // Two that stand for one dataset are one, where both mean the same.
        holders.sort_by_key(|id| (self.layer(*id).dataset, *id));
        let meaning = |id: &LayerId| (self.layer(*id).dataset, self.apart(|| self.seen(*id, name, 0)).ok().flatten());
        holders.dedup_by(|one, other| meaning(one) == meaning(other));
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
    match visit::look(&expr, &mut Look) {
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
