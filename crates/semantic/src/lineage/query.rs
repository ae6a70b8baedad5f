//! Queries: common table expressions, set operations, and the lists of SELECT.

use std::rc::Rc;

use sqlparser::ast::{
    Cte, Expr, OrderBy, Query, Select, SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetOperator,
    TableAlias, WildcardAdditionalOptions, With,
};

use super::Known;
use super::compared::Asked;
use super::inputs::{self, ExpressionInputs};
use super::scope::{Joined, Origins, Output, Outputs, Scope};
use crate::guard::Dialect;

/// Steps that one view may take: columns looked at, and origins put together.
// A view over ten tables of 100 columns takes some 10,000.
const MOST_STEPS: usize = 2_000_000;
/// Rounds after which what a recursive query is made of no longer changes.
const MOST_ROUNDS: usize = 16;
/// Longer texts are no explanation.
const MOST_FUNCTION: usize = 1_000;

pub struct Work<'k> {
    pub dialect: Dialect,
    pub known: &'k dyn Known,
    /// Common table expressions by the key of their name, the innermost last.
    pub ctes: Vec<(String, Outputs)>,
    pub(super) asked: Asked,
    steps: usize,
}

impl<'k> Work<'k> {
    pub fn new(dialect: Dialect, known: &'k dyn Known) -> Work<'k> {
        Work { dialect, known, ctes: Vec::new(), asked: Asked::Made, steps: 0 }
    }

    /// Counts steps; `None` when they are too many.
    pub fn spend(&mut self, steps: usize) -> Option<()> {
        self.steps = self.steps.saturating_add(steps.max(1));
        (self.steps <= MOST_STEPS).then_some(())
    }

    /// Both, where both are known.
    pub fn both(&mut self, one: &Origins, other: &Origins) -> Origins {
        let (one, other) = (one.as_ref()?, other.as_ref()?);
        self.spend(one.len() + other.len())?;
        if Rc::ptr_eq(one, other) || other.is_subset(one) {
            return Some(one.clone());
        }
        Some(Rc::new(one.union(other).cloned().collect()))
    }

    /// The columns of the answer; `None` where they cannot be told.
    pub fn query(&mut self, query: &Query, outer: Option<&Scope<'_>>) -> Option<Vec<Output>> {
        self.spend(1)?;
        if !query.pipe_operators.is_empty() {
            return None;
        }
        let before = self.ctes.len();
        if let Some(with) = &query.with {
            self.with(with, outer);
        }
        let outputs = match &*query.body {
            SetExpr::Select(select) => self.select(select, query.order_by.as_ref(), outer),
            other => self.body(other, outer),
        };
        self.ctes.truncate(before);
        outputs
    }

    fn body(&mut self, body: &SetExpr, outer: Option<&Scope<'_>>) -> Option<Vec<Output>> {
        match body {
            SetExpr::Select(select) => self.select(select, None, outer),
            SetExpr::Query(query) => self.query(query, outer),
            SetExpr::SetOperation { left, op, right, .. } => {
                let (one, other) = (self.body(left, outer), self.body(right, outer));
                let (one, other) = (one?, other?);
                match op {
                    // What the other side holds only says what goes.
                    SetOperator::Except | SetOperator::Minus => Some(one),
                    SetOperator::Union | SetOperator::Intersect => self.united(one, other),
                }
            }
            SetExpr::Values(values) => {
                let nothing = Joined::default();
                let scope = Scope { joined: &nothing, outer };
                let mut outputs: Option<Vec<Output>> = None;
                for row in &values.rows {
                    let row: Vec<Output> =
                        row.iter().map(|cell| self.made(cell, None, &scope, &[])).collect::<Option<_>>()?;
                    outputs = Some(match outputs {
                        None => row,
                        Some(above) => self.united(above, row)?,
                    });
                }
                outputs
            }
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) | SetExpr::Table(_) => {
                None
            }
        }
    }

    fn united(&mut self, one: Vec<Output>, other: Vec<Output>) -> Option<Vec<Output>> {
        if one.len() != other.len() {
            return None;
        }
        let mut united = Vec::with_capacity(one.len());
        for (one, other) in one.into_iter().zip(other) {
            self.spend(1)?;
            let from = self.both(&one.from, &other.from);
            let function = one.function.filter(|function| other.function.as_ref() == Some(function));
            let is_written = one.is_written || other.is_written;
            united.push(Output { key: one.key, from, function, is_written });
        }
        Some(united)
    }

    fn with(&mut self, with: &With, outer: Option<&Scope<'_>>) {
        // SQLite needs no word to let a query read itself, or one behind it.
        let is_recursive = with.recursive || self.dialect == Dialect::Sqlite;
        let first = self.ctes.len();
        if is_recursive {
            let unknown = with.cte_tables.iter().map(|cte| (self.dialect.key(&cte.alias.name), None));
            self.ctes.extend(unknown.collect::<Vec<_>>());
        }
        for (place, cte) in with.cte_tables.iter().enumerate() {
            let outputs = match is_recursive {
                true => self.recursive(cte, first + place, outer),
                false => self.cte(cte, outer),
            };
            match is_recursive {
                true => self.ctes[first + place].1 = outputs.map(Rc::new),
                false => self.ctes.push((self.dialect.key(&cte.alias.name), outputs.map(Rc::new))),
            }
        }
    }

    fn cte(&mut self, cte: &Cte, outer: Option<&Scope<'_>>) -> Option<Vec<Output>> {
        let outputs = self.query(&cte.query, outer)?;
        self.renamed(outputs, &cte.alias)
    }

    /// A query that may read its own answer: begins with what it is made of without itself, and goes on until nothing
    /// is added.
    fn recursive(&mut self, cte: &Cte, place: usize, outer: Option<&Scope<'_>>) -> Option<Vec<Output>> {
        if let SetExpr::SetOperation { left, op: SetOperator::Union, .. } = &*cte.query.body
            && cte.query.with.is_none()
            && let Some(seed) = self.body(left, outer)
        {
            self.ctes[place].1 = self.renamed(seed, &cte.alias).map(Rc::new);
        }
        for _ in 0..MOST_ROUNDS {
            let outputs = self.cte(cte, outer)?;
            let same = self.ctes[place].1.as_ref().is_none_or(|before| {
                before.len() == outputs.len() && before.iter().zip(&outputs).all(|(one, other)| one.from == other.from)
            });
            if same {
                return Some(outputs);
            }
            self.ctes[place].1 = Some(Rc::new(outputs));
        }
        None
    }

    /// The columns under the names that an alias gives them, which may be fewer.
    pub fn renamed(&mut self, mut outputs: Vec<Output>, alias: &TableAlias) -> Option<Vec<Output>> {
        if alias.columns.len() > outputs.len() || alias.at.is_some() {
            return None;
        }
        self.spend(outputs.len())?;
        for (output, column) in outputs.iter_mut().zip(&alias.columns) {
            output.key = Some(self.dialect.key(&column.name));
        }
        Some(outputs)
    }

    fn select(
        &mut self,
        select: &Select,
        order_by: Option<&OrderBy>,
        outer: Option<&Scope<'_>>,
    ) -> Option<Vec<Output>> {
        let is_plain = select.flavor == SelectFlavor::Standard
            && select.exclude.is_none()
            && select.lateral_views.is_empty()
            && select.connect_by.is_empty()
            && select.value_table_mode.is_none();
        if !is_plain {
            return None;
        }
        let joined = self.from(&select.from, outer)?;
        let outputs = self.projection(select, &joined, outer);
        if self.is_looking() {
            // Names of the list are known in the other clauses.
            let named = Joined { visible: outputs.clone().unwrap_or_default(), ..Joined::default() };
            let scope = Scope { joined: &joined, outer: Some(&Scope { joined: &named, outer }) };
            self.look(&select.projection, &scope);
            self.look(&select.distinct, &scope);
            self.look(&select.selection, &scope);
            self.look(&select.group_by, &scope);
            self.look(&select.having, &scope);
            self.look(&select.named_window, &scope);
            self.look(&select.qualify, &scope);
            if let Some(order_by) = order_by {
                self.look(order_by, &scope);
            }
        }
        outputs
    }

    /// The columns of the list of SELECT.
    fn projection(&mut self, select: &Select, joined: &Joined, outer: Option<&Scope<'_>>) -> Option<Vec<Output>> {
        let scope = Scope { joined, outer };
        let mut outputs = Vec::with_capacity(select.projection.len());
        for item in &select.projection {
            self.spend(1)?;
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    outputs.push(self.made(expr, self.name_of(expr), &scope, &select.named_window)?);
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let key = Some(self.dialect.key(alias));
                    outputs.push(self.made(expr, key, &scope, &select.named_window)?);
                }
                SelectItem::Wildcard(options) if is_bare(options) && !joined.is_partial => {
                    self.spend(joined.visible.len())?;
                    outputs.extend(joined.visible.iter().cloned());
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)
                    if is_bare(options) =>
                {
                    let qualifier: Option<Vec<_>> = name.0.iter().map(|part| part.as_ident().cloned()).collect();
                    let columns = scope.source(self.dialect, &qualifier?)?.columns.clone()?;
                    self.spend(columns.len())?;
                    outputs.extend(columns.iter().cloned());
                }
                _ => return None,
            }
        }
        Some(outputs)
    }

    /// The name of an expression that is given none.
    fn name_of(&self, expr: &Expr) -> Option<String> {
        match plain(expr) {
            Expr::Identifier(name) => Some(self.dialect.key(name)),
            Expr::CompoundIdentifier(parts) => parts.last().map(|name| self.dialect.key(name)),
            _ => None,
        }
    }

    /// An expression as a column. `None` only when the steps are used up.
    fn made(
        &mut self,
        expr: &Expr,
        key: Option<String>,
        scope: &Scope<'_>,
        windows: &[sqlparser::ast::NamedWindowDefinition],
    ) -> Option<Output> {
        let column = match plain(expr) {
            Expr::Identifier(name) => Some(scope.column(self.dialect, std::slice::from_ref(name))),
            Expr::CompoundIdentifier(parts) => Some(scope.column(self.dialect, parts)),
            _ => None,
        };
        self.spend(1)?;
        Some(match column {
            Some(found) => Output { key: key.clone(), ..found.unwrap_or_else(|| Output::unknown(key)) },
            None => {
                let ExpressionInputs { from, is_written } = inputs::of(self, expr, scope, windows);
                let text = expr.to_string();
                let function = (text.len() <= MOST_FUNCTION).then(|| text.into());
                Output { key, from, function, is_written }
            }
        })
    }
}

fn plain(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => plain(inner),
        other => other,
    }
}

fn is_bare(options: &WildcardAdditionalOptions) -> bool {
    let WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = options;
    opt_ilike.is_none()
        && opt_exclude.is_none()
        && opt_except.is_none()
        && opt_replace.is_none()
        && opt_rename.is_none()
        && opt_alias.is_none()
}
