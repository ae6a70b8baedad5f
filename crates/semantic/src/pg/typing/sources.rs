//! What a FROM makes visible, and the columns that names mean there.

use std::sync::Arc;

use sqlparser::ast::{
    Expr, FunctionArg, JoinConstraint, JoinOperator, ObjectName, TableAlias, TableFactor, TableWithJoins,
};

use super::TypeInference;
use crate::pg::names::{self, OWN_SERIES, SERIES};
use crate::pg::types::Type;
use crate::visit::argument;

/// Names and types; `None` where not even the names are known.
pub type Columns = Option<Arc<Vec<(String, Option<Type>)>>>;

#[derive(Default)]
pub struct Scope {
    /// By the names that they have here.
    sources: Vec<(Option<String>, Columns)>,
    /// Columns of two tables have become one.
    is_merged: bool,
    /// What the columns of the answer are called.
    pub aliases: Vec<(String, Option<Type>)>,
}

impl Scope {
    pub fn of_aliases(aliases: Vec<(String, Option<Type>)>) -> Scope {
        Scope { aliases, ..Scope::default() }
    }

    pub fn alias(&self, name: &str) -> Option<Type> {
        self.aliases.iter().find(|(own, _)| own == name)?.1
    }
}

/// Under the names that an alias gives to columns: to the first of them.
pub fn renamed(columns: Columns, alias: Option<&TableAlias>) -> Columns {
    let (columns, alias) = match alias {
        Some(alias) if !alias.columns.is_empty() => (columns?, alias),
        _ => return columns,
    };
    let mut columns = columns.to_vec();
    for (column, given) in columns.iter_mut().zip(&alias.columns) {
        column.0 = names::folded(&given.name);
    }
    Some(Arc::new(columns))
}

fn constraint(join: &JoinOperator) -> Option<&JoinConstraint> {
    match join {
        JoinOperator::Join(by)
        | JoinOperator::Inner(by)
        | JoinOperator::Left(by)
        | JoinOperator::LeftOuter(by)
        | JoinOperator::Right(by)
        | JoinOperator::RightOuter(by)
        | JoinOperator::FullOuter(by)
        | JoinOperator::CrossJoin(by) => Some(by),
        _ => None,
    }
}

/// Sources fold names in ways of their own.
fn is_called(column: &str, name: &str) -> bool {
    column == name || column.to_lowercase() == name.to_lowercase()
}

impl TypeInference<'_> {
    pub(super) fn from(&mut self, from: &TableWithJoins) {
        self.factor(&from.relation);
        for join in &from.joins {
            self.factor(&join.relation);
            match constraint(&join.join_operator) {
                Some(JoinConstraint::On(condition)) => self.each_of_type([condition], Type::Bool),
                Some(JoinConstraint::None) => {}
                Some(JoinConstraint::Using(_) | JoinConstraint::Natural) | None => {
                    self.scopes.last_mut().into_iter().for_each(|scope| scope.is_merged = true);
                }
            }
        }
    }

    fn factor(&mut self, factor: &TableFactor) {
        let (alias, columns, own) = match factor {
            TableFactor::Table { name, alias, args: None, .. } => (alias, self.table(name), last(name)),
            TableFactor::Derived { subquery, alias, .. } => (alias, self.query(subquery), None),
            TableFactor::NestedJoin { table_with_joins, alias: None } => return self.from(table_with_joins),
            TableFactor::Table { name, alias, args: Some(args), .. } => {
                let columns = self.rows_of(name, alias.as_ref(), &args.args);
                (alias, columns, last(name))
            }
            TableFactor::UNNEST { alias, array_exprs, .. } => {
                let types: Vec<Option<Type>> = array_exprs.iter().map(|array| self.element(array)).collect();
                let columns = types.into_iter().map(|ty| (called(alias.as_ref(), "unnest"), ty)).collect();
                (alias, Some(Arc::new(columns)), Some("unnest".to_owned()))
            }
            TableFactor::Function { name, alias, .. } => (alias, None, last(name)),
            _ => (&None, None, None),
        };
        let columns = renamed(columns, alias.as_ref());
        let name = alias.as_ref().map(|alias| names::folded(&alias.name)).or(own);
        self.scopes.last_mut().into_iter().for_each(|scope| scope.sources.push((name.clone(), columns.clone())));
    }

    /// The columns of what a function answers in place of a table, where it is a series.
    fn rows_of(&mut self, name: &ObjectName, alias: Option<&TableAlias>, args: &[FunctionArg]) -> Columns {
        let given = args.iter().filter_map(argument);
        let given: Vec<&Expr> = given.collect();
        if last(name)? != SERIES {
            self.each(given);
            return None;
        }
        let ends = given.get(..2).unwrap_or_default();
        let ty = match self.alike(ends) {
            Some(Type::Date) => Type::TimestampTz,
            ty => ty.unwrap_or(Type::Int4),
        };
        ends.iter().for_each(|end| self.settle(end, Some(ty)));
        let ty = Some(ty);
        self.each(given.into_iter().skip(2));
        let is_own = alias.is_some_and(|alias| alias.name.value == OWN_SERIES);
        let column = if is_own { "value".to_owned() } else { called(alias, SERIES) };
        Some(Arc::new(vec![(column, ty)]))
    }

    fn element(&mut self, array: &Expr) -> Option<Type> {
        match array {
            Expr::Array(array) => self.alike(&array.elem.iter().collect::<Vec<_>>()),
            Expr::Nested(inner) => self.element(inner),
            other => {
                self.expr(other);
                None
            }
        }
    }

    fn table(&self, name: &ObjectName) -> Columns {
        let called = names::of(name)?;
        let common = self.named.iter().rev().find(|(name, _)| called.schema.is_none() && *name == called.table);
        match common {
            Some((_, columns)) => columns.clone(),
            None => self.tables.get(&called).cloned(),
        }
    }

    /// All columns that are visible, or those of one source.
    pub(super) fn all_columns(&self, of: Option<&str>) -> Option<Vec<(String, Option<Type>)>> {
        let scope = self.scopes.last().filter(|scope| of.is_some() || !scope.is_merged)?;
        let near = scope.sources.iter().filter(|(alias, _)| of.is_none_or(|of| alias.as_deref() == Some(of)));
        let columns: Option<Vec<_>> = near.map(|(_, columns)| columns.as_deref().cloned()).collect();
        columns.filter(|columns| !columns.is_empty()).map(|columns| columns.concat())
    }

    /// A column of the query that is nearest, where those that it may mean are of one type.
    pub(super) fn column(&self, table: Option<&str>, name: &str) -> Option<Type> {
        for scope in self.scopes.iter().rev() {
            let near = scope.sources.iter().filter(|(alias, _)| table.is_none() || alias.as_deref() == table);
            let columns = near.filter_map(|(_, columns)| columns.as_ref()).flat_map(|columns| columns.iter());
            let mut meant = columns.filter(|(own, _)| is_called(own, name)).map(|(_, ty)| *ty);
            if let Some(first) = meant.next() {
                return first.filter(|_| meant.all(|other| other == first));
            }
        }
        None
    }
}

/// What the only column of a function's rows is called.
fn called(alias: Option<&TableAlias>, function: &str) -> String {
    alias.map_or_else(|| function.to_owned(), |alias| names::folded(&alias.name))
}

fn last(name: &ObjectName) -> Option<String> {
    name.0.last()?.as_ident().map(names::folded)
}
