//! Types of SQLite's expressions, as far as their form tells: the engine itself knows types of stored columns only.

use std::collections::BTreeMap;
use std::rc::Rc;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArguments, Ident, JoinConstraint, JoinOperator, ObjectName, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, TableWithJoins, UnaryOperator,
    Value,
};

use super::dialect::Dialect;
use super::engine;
use super::extract::of_definition;
use crate::visit::argument;

/// What a column of a result holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Number,
    Text,
    Binary,
    /// What a stored column holds, in the word that was given for it.
    Stored(&'static str),
}

/// Names and answers of columns, where these are known.
pub type Columns = Vec<(String, Option<Answer>)>;

/// The columns of tables and views, by their names in lower case.
pub type Tables = BTreeMap<String, Columns>;

/// No table of the engine has more columns.
const MAX_COLUMNS: usize = 2_000;

/// What the columns of a statement for SQLite, or of a view from its CREATE VIEW, answer over `tables`.
///
/// `None` where not even their number is known.
pub fn answers(sql: &str, tables: &Tables) -> Option<Vec<Option<Answer>>> {
    of_definition(sql, Dialect::Sqlite, |defined| {
        let columns = Reading { tables, named: Vec::new() }.query(&defined.query)?;
        Some(columns.iter().map(|(_, answer)| *answer).collect())
    })
    .flatten()
}

type Known = Option<Rc<Columns>>;

/// What a FROM makes visible, by the names that it has there.
type Sources = Vec<(Option<String>, Known)>;

struct Reading<'a> {
    tables: &'a Tables,
    /// Common table expressions, the innermost last.
    named: Vec<(String, Known)>,
}

fn key(ident: &Ident) -> String {
    Dialect::Sqlite.key(ident)
}

fn renamed(columns: Known, alias: Option<&TableAlias>) -> Known {
    let (columns, alias) = match alias {
        Some(alias) if !alias.columns.is_empty() => (columns?, alias),
        _ => return columns,
    };
    let names = alias.columns.iter().map(|column| column.name.value.clone());
    (alias.columns.len() == columns.len())
        .then(|| Rc::new(names.zip(columns.iter().map(|(_, answer)| *answer)).collect()))
}

/// What both say, or the one that says something.
fn agreed(answers: impl IntoIterator<Item = Option<Answer>>) -> Option<Answer> {
    let mut known = answers.into_iter().flatten();
    let first = known.next()?;
    known.all(|answer| answer == first).then_some(first)
}

impl Reading<'_> {
    fn query(&mut self, query: &Query) -> Known {
        let outside = self.named.len();
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            let name = key(&cte.alias.name);
            // Inside of itself, it is not known yet.
            self.named.push((name.clone(), None));
            let columns = renamed(self.query(&cte.query), Some(&cte.alias));
            self.named.push((name, columns));
        }
        let columns = self.body(&query.body);
        self.named.truncate(outside);
        columns
    }

    fn body(&mut self, body: &SetExpr) -> Known {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, right, .. } => {
                let (left, right) = (self.body(left)?, self.body(right));
                let right = right.filter(|right| right.len() == left.len());
                let both = left.iter().enumerate().map(|(at, (name, answer))| {
                    let other = right.as_ref().and_then(|right| right[at].1);
                    (name.clone(), agreed([*answer, other]))
                });
                Some(Rc::new(both.collect()))
            }
            SetExpr::Values(values) => {
                let row = values.rows.first()?;
                let none = Sources::new();
                let columns = row.iter().zip(1..).map(|(expr, n)| (format!("column{n}"), self.expr(expr, &none)));
                Some(Rc::new(columns.collect()))
            }
            _ => None,
        }
    }

    fn select(&mut self, select: &Select) -> Known {
        let mut sources = Sources::new();
        let mut is_merged = false;
        for from in &select.from {
            self.from(from, &mut sources, &mut is_merged);
        }
        let mut columns = Columns::new();
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let name = match expr {
                        Expr::Identifier(name) => name.value.clone(),
                        Expr::CompoundIdentifier(parts) => parts.last()?.value.clone(),
                        _ => String::new(),
                    };
                    columns.push((name, self.expr(expr, &sources)));
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    columns.push((alias.value.clone(), self.expr(expr, &sources)));
                }
                SelectItem::Wildcard(_) if !is_merged => {
                    for (_, known) in &sources {
                        columns.extend(known.as_ref()?.iter().cloned());
                        if columns.len() > MAX_COLUMNS {
                            return None;
                        }
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let name = last(name)?;
                    let (_, known) = sources.iter().find(|(alias, _)| alias.as_ref() == Some(&name))?;
                    columns.extend(known.as_ref()?.iter().cloned());
                }
                _ => return None,
            }
            if columns.len() > MAX_COLUMNS {
                return None;
            }
        }
        Some(Rc::new(columns))
    }

    fn from(&mut self, from: &TableWithJoins, sources: &mut Sources, is_merged: &mut bool) {
        self.factor(&from.relation, sources, is_merged);
        for join in &from.joins {
            self.factor(&join.relation, sources, is_merged);
            *is_merged |= match &join.join_operator {
                JoinOperator::Join(by)
                | JoinOperator::Inner(by)
                | JoinOperator::Left(by)
                | JoinOperator::LeftOuter(by)
                | JoinOperator::Right(by)
                | JoinOperator::RightOuter(by)
                | JoinOperator::FullOuter(by)
                | JoinOperator::CrossJoin(by) => matches!(by, JoinConstraint::Using(_) | JoinConstraint::Natural),
                _ => true,
            };
        }
    }

    fn factor(&mut self, factor: &TableFactor, sources: &mut Sources, is_merged: &mut bool) {
        let (alias, columns, own) = match factor {
            TableFactor::Table { name, alias, args: None, .. } => (alias, self.table(name), last(name)),
            TableFactor::Derived { subquery, alias, .. } => (alias, self.query(subquery), None),
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                return self.from(table_with_joins, sources, is_merged);
            }
            TableFactor::Table { name, alias, .. } | TableFactor::Function { name, alias, .. } => {
                (alias, None, last(name))
            }
            _ => (&None, None, None),
        };
        let columns = renamed(columns, alias.as_ref());
        sources.push((alias.as_ref().map(|alias| key(&alias.name)).or(own), columns));
    }

    fn table(&self, name: &ObjectName) -> Known {
        let own = last(name)?;
        if name.0.len() == 1
            && let Some((_, columns)) = self.named.iter().rev().find(|(named, _)| *named == own)
        {
            return columns.clone();
        }
        self.tables.get(&own).cloned().map(Rc::new)
    }

    fn expr(&mut self, expr: &Expr, sources: &Sources) -> Option<Answer> {
        match expr {
            Expr::Identifier(name) => column(None, name, sources),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [.., table, name] => column(Some(&key(table)), name, sources),
                _ => None,
            },
            Expr::Value(value) => match &value.value {
                Value::Null | Value::Placeholder(_) => None,
                Value::Number(..) | Value::Boolean(_) => Some(Answer::Number),
                Value::HexStringLiteral(_) => Some(Answer::Binary),
                _ => Some(Answer::Text),
            },
            Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => self.expr(inner, sources),
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => self.expr(expr, sources),
            Expr::BinaryOp { op: BinaryOperator::StringConcat | BinaryOperator::Arrow, .. } => Some(Answer::Text),
            Expr::BinaryOp { op: BinaryOperator::LongArrow, .. } => None,
            Expr::Cast { data_type, .. } => Some(engine::cast(data_type)),
            Expr::Case { conditions, else_result, .. } => {
                let results = conditions.iter().map(|when| &when.result).chain(else_result.as_deref());
                self.same(results.collect(), sources)
            }
            Expr::Subquery(query) => self.query(query)?.first()?.1,
            Expr::Function(function) => self.function(function, sources),
            Expr::Substring { .. } | Expr::Trim { .. } => Some(Answer::Text),
            // Conditions are numbers here.
            Expr::BinaryOp { .. }
            | Expr::UnaryOp { .. }
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
            | Expr::InList { .. }
            | Expr::InSubquery { .. }
            | Expr::Between { .. }
            | Expr::Like { .. }
            | Expr::Exists { .. }
            | Expr::Position { .. }
            | Expr::Ceil { .. }
            | Expr::Floor { .. } => Some(Answer::Number),
            _ => None,
        }
    }

    /// Of expressions of which one is the answer.
    fn same(&mut self, exprs: Vec<&Expr>, sources: &Sources) -> Option<Answer> {
        let answers: Vec<Option<Answer>> = exprs.into_iter().map(|expr| self.expr(expr, sources)).collect();
        agreed(answers)
    }

    fn function(&mut self, function: &Function, sources: &Sources) -> Option<Answer> {
        let name = last(&function.name)?;
        if let Some(answer) = engine::answered(&name) {
            return Some(answer);
        }
        let FunctionArguments::List(list) = &function.args else { return None };
        let given = list.args.iter().filter_map(argument);
        // These answer one of their arguments.
        match name.as_str() {
            "iif" | "if" => self.same(given.skip(1).collect(), sources),
            "coalesce" | "ifnull" | "max" | "min" => self.same(given.collect(), sources),
            "first_value" | "lag" | "last_value" | "lead" | "likelihood" | "likely" | "nth_value" | "nullif"
            | "unlikely" => self.same(given.take(1).collect(), sources),
            _ => None,
        }
    }
}

fn last(name: &ObjectName) -> Option<String> {
    name.0.last()?.as_ident().map(key)
}

fn column(table: Option<&str>, name: &Ident, sources: &Sources) -> Option<Answer> {
    let mut near = sources.iter().filter(|(alias, _)| table.is_none() || alias.as_deref() == table);
    near.find_map(|(_, known)| known.as_ref()?.iter().find(|(own, _)| own.eq_ignore_ascii_case(&name.value)))?.1
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
