//! FROM: tables, sub-queries, and how joins put their columns together.

use std::rc::Rc;

use sqlparser::ast::{Ident, JoinConstraint, JoinOperator, ObjectName, Query, TableAlias, TableFactor, TableWithJoins};

use super::ColumnName;
use super::query::Work;
use super::scope::{Joined, Name, Output, Outputs, Scope, Source, only};
use crate::guard::{Dialect, TableName};

/// Which side a column has its values from that both sides have.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
    Both,
}

impl Work<'_> {
    pub fn from(&mut self, items: &[TableWithJoins], outer: Option<&Scope<'_>>) -> Option<Joined> {
        let mut all = Joined::default();
        for item in items {
            let joined = self.joins(item, Some(&Scope { joined: &all, outer }), outer)?;
            all = self.beside(all, joined)?;
        }
        Some(all)
    }

    /// One item of the clause. Every sub-query in it sees what is around the clause (`outer`), a lateral one what
    /// stands to its left, too.
    fn joins(&mut self, item: &TableWithJoins, left: Option<&Scope<'_>>, outer: Option<&Scope<'_>>) -> Option<Joined> {
        let mut all = self.factor(&item.relation, left, outer)?;
        for join in &item.joins {
            let right = self.factor(&join.relation, Some(&Scope { joined: &all, outer: left }), outer)?;
            let (side, constraint) = match &join.join_operator {
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::Left(constraint)
                | JoinOperator::LeftOuter(constraint)
                | JoinOperator::CrossJoin(constraint)
                | JoinOperator::StraightJoin(constraint) => (Side::Left, constraint),
                JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => (Side::Right, constraint),
                JoinOperator::FullOuter(constraint) => (Side::Both, constraint),
                _ => return None,
            };
            all = match constraint {
                JoinConstraint::On(condition) => {
                    let both = self.beside(all, right)?;
                    self.look(condition, &Scope { joined: &both, outer });
                    both
                }
                JoinConstraint::None => self.beside(all, right)?,
                JoinConstraint::Using(columns) => {
                    let keys: Option<Vec<String>> = columns
                        .iter()
                        .map(|column| match column.0.as_slice() {
                            [name] => name.as_ident().map(|name| self.dialect.key(name)),
                            _ => None,
                        })
                        .collect();
                    self.merged(all, right, &keys?, side)?
                }
                JoinConstraint::Natural if all.is_partial || right.is_partial => return None,
                JoinConstraint::Natural => {
                    let keys: Vec<String> = all.visible.iter().filter_map(|column| column.key.clone()).collect();
                    self.spend(keys.len().saturating_mul(right.visible.len()))?;
                    let is_common = |key: &String| right.visible.iter().any(|column| column.key.as_ref() == Some(key));
                    let keys: Vec<String> = keys.into_iter().filter(is_common).collect();
                    self.merged(all, right, &keys, side)?
                }
            };
        }
        Some(all)
    }

    fn beside(&mut self, mut left: Joined, right: Joined) -> Option<Joined> {
        self.spend(right.visible.len())?;
        left.sources.extend(right.sources);
        left.visible.extend(right.visible);
        left.is_partial |= right.is_partial;
        Some(left)
    }

    /// A join by names: the columns of these names are one each.
    fn merged(&mut self, mut left: Joined, mut right: Joined, keys: &[String], side: Side) -> Option<Joined> {
        self.spend(keys.len().saturating_mul(left.visible.len() + right.visible.len()))?;
        let mut merged: Vec<Output> = Vec::with_capacity(keys.len());
        for key in keys {
            let (one, other) = (only(&left.visible, key), only(&right.visible, key));
            let from = match (one, other, side) {
                (Some(one), Some(_), Side::Left) => one.from.clone(),
                (Some(_), Some(other), Side::Right) => other.from.clone(),
                (Some(one), Some(other), Side::Both) => self.both(&one.from, &other.from),
                _ => None,
            };
            let is_written = [one, other].into_iter().flatten().any(|column| column.is_written);
            merged.push(Output { key: Some(key.clone()), from, function: None, is_written });
        }
        let is_merged = |column: &Output| column.key.as_ref().is_some_and(|key| keys.contains(key));
        right.visible.retain(|column| !is_merged(column));
        if self.dialect == Dialect::Sqlite && !left.is_partial {
            // They stay where they were.
            for column in left.visible.iter_mut().filter(|column| is_merged(column)) {
                if let Some(one) = merged.iter().find(|one| one.key == column.key) {
                    *column = one.clone();
                }
            }
        } else {
            left.visible.retain(|column| !is_merged(column));
            merged.append(&mut left.visible);
            left.visible = merged;
        }
        self.beside(left, right)
    }

    fn factor(&mut self, factor: &TableFactor, left: Option<&Scope<'_>>, outer: Option<&Scope<'_>>) -> Option<Joined> {
        self.spend(1)?;
        match factor {
            TableFactor::Table { name, alias, args: None, version: None, json_path: None, .. } => {
                self.table(name, alias.as_ref())
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                let columns = self.subquery(subquery, alias.as_ref(), if *lateral { left } else { outer });
                let name = alias.as_ref().map_or(Name::None, |alias| Name::Alias(self.dialect.key(&alias.name)));
                Some(Joined::of(Source { name, columns }))
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let joined = self.joins(table_with_joins, left, outer)?;
                let Some(alias) = alias else { return Some(joined) };
                let columns = (!joined.is_partial).then_some(joined.visible);
                let columns = columns.and_then(|columns| self.renamed(columns, alias)).map(Rc::new);
                Some(Joined::of(Source { name: Name::Alias(self.dialect.key(&alias.name)), columns }))
            }
            // Functions that answer rows, by the name that they are given; of what they answer nothing is known.
            TableFactor::Table { name, alias, .. } => Some(unknown(self.dialect, alias.as_ref(), Some(name))),
            TableFactor::Function { name, alias, .. } => Some(unknown(self.dialect, alias.as_ref(), Some(name))),
            TableFactor::TableFunction { alias, .. }
            | TableFactor::UNNEST { alias, .. }
            | TableFactor::JsonTable { alias, .. }
            | TableFactor::XmlTable { alias, .. } => Some(unknown(self.dialect, alias.as_ref(), None)),
            _ => None,
        }
    }

    fn subquery(&mut self, query: &Query, alias: Option<&TableAlias>, around: Option<&Scope<'_>>) -> Outputs {
        let outputs = self.query(query, around)?;
        let outputs = match alias {
            Some(alias) => self.renamed(outputs, alias)?,
            None => outputs,
        };
        Some(Rc::new(outputs))
    }

    fn table(&mut self, name: &ObjectName, alias: Option<&TableAlias>) -> Option<Joined> {
        let parts: Vec<&Ident> = name.0.iter().map(|part| part.as_ident()).collect::<Option<_>>()?;
        let (last, before) = parts.split_last()?;
        let key = self.dialect.key(last);
        let cte = self.ctes.iter().rev().find(|(name, _)| before.is_empty() && *name == key);
        let (own, columns) = match cte {
            Some((_, columns)) => (Name::Alias(key), columns.clone()),
            None => self.stored(last, before.last().copied()),
        };
        let columns = match (columns, alias) {
            (Some(columns), Some(alias)) => self.renamed(columns.to_vec(), alias).map(Rc::new),
            (columns, _) => columns,
        };
        self.spend(columns.as_ref().map_or(0, |columns| columns.len()))?;
        let name = alias.map_or(own, |alias| Name::Alias(self.dialect.key(&alias.name)));
        Some(Joined::of(Source { name, columns }))
    }

    /// A table of the source.
    fn stored(&self, name: &Ident, schema: Option<&Ident>) -> (Name, Outputs) {
        let dialect = self.dialect;
        let spelled = |ident: &Ident| match dialect {
            Dialect::PostgreSql => dialect.key(ident),
            Dialect::Sqlite | Dialect::MySql => ident.value.clone(),
        };
        let named = TableName { schema: schema.map(spelled), name: spelled(name) };
        let found = self.known.table(&named);
        let of = found.as_ref().map_or(&named, |(table, _)| table);
        let own = Name::Table {
            schema: of.schema.as_deref().map(|schema| dialect.stored_key(schema)),
            table: dialect.key(name),
        };
        let columns = found.map(|(table, columns)| {
            let output = |column| Output::stored(dialect, ColumnName { table: table.clone(), column });
            Rc::new(columns.into_iter().map(output).collect())
        });
        (own, columns)
    }
}

fn unknown(dialect: Dialect, alias: Option<&TableAlias>, name: Option<&ObjectName>) -> Joined {
    let named = name.and_then(|name| name.0.last()).and_then(|part| part.as_ident());
    let name = alias.map(|alias| &alias.name).or(named);
    let name = name.map_or(Name::None, |name| Name::Alias(dialect.key(name)));
    Joined::of(Source { name, columns: None })
}
