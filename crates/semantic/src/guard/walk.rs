//! Queries: every clause is known and allowed, every table is found, checked and written with its full name.

use sqlparser::ast::{
    Cte as CteNode, Distinct, Expr, GroupByExpr, GroupByWithModifier, Ident, NamedWindowExpr, OrderBy, OrderByExpr,
    OrderByKind, OrderBySort, Query, Select, SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind, SetExpr,
    SetOperator, SetQuantifier, Spanned, WildcardAdditionalOptions,
};

use super::dialect::Dialect;
use super::plan::{MaskedColumn, Parameters};
use super::policy::{Column, Policy, TableName};
use super::refusal::{Refusal, Rule, brief, unsupported};
use super::scope::{Cte, Frame, OutColumn, SMALL_ROWS, Scope, Shape, Source, renamed};
use super::{joins, limit, recursion};

const MAX_DEPTH: usize = 100;

/// One walk over one statement.
pub(super) struct Walk<'a> {
    pub policy: &'a Policy,
    pub given: &'a Parameters,
    pub scope: Scope,
    /// No subquery and no parameter: a row filter is being checked.
    pub plain: bool,
    /// What stands before the columns of a row filter, so that none of them is looked for outside of its table.
    pub qualifier: Option<Ident>,
    /// An aggregate was called in the SELECT list that is being walked.
    pub aggregates: bool,
    pub expr_depth: usize,
    pub joins: usize,
    depth: usize,
    pub found: Used,
}

/// What the statement turned out to use.
#[derive(Debug, Default)]
pub(super) struct Used {
    pub tables: Vec<TableName>,
    pub filtered: Vec<TableName>,
    pub masked: Vec<MaskedColumn>,
    pub parameters: Vec<String>,
}

impl Used {
    /// Takes down which masked columns of the sources are read: those of this name, or all of them.
    pub fn see<'s>(&mut self, policy: &Policy, sources: impl IntoIterator<Item = &'s Source>, key: Option<&str>) {
        for allowed in sources.into_iter().filter_map(|source| policy.table(source.table?).ok()) {
            let read = allowed.masked.iter().filter(|(column, _)| key.is_none_or(|key| column.key == key));
            for (OutColumn { name, .. }, kind) in read {
                let column = MaskedColumn { table: allowed.name.clone(), column: name.clone(), kind: *kind };
                if !self.masked.contains(&column) {
                    self.masked.push(column);
                }
            }
        }
    }
}

impl<'a> Walk<'a> {
    pub fn new(policy: &'a Policy, given: &'a Parameters) -> Walk<'a> {
        Walk {
            policy,
            given,
            scope: Scope::default(),
            plain: false,
            qualifier: None,
            aggregates: false,
            expr_depth: 0,
            joins: 0,
            depth: 0,
            found: Used::default(),
        }
    }

    pub fn finish(self) -> Used {
        self.found
    }

    pub fn statement(&mut self, query: &mut Query) -> Result<Shape, Refusal> {
        self.query(query)
    }

    /// A row filter over a table with these columns.
    pub fn condition(&mut self, condition: &mut Expr, columns: Option<&[Column]>) -> Result<(), Refusal> {
        let dialect = self.policy.dialect();
        let columns =
            columns.map(|columns| columns.iter().map(|column| OutColumn::stored(&column.name, dialect)).collect());
        self.plain = true;
        let source = Source { alias: None, table: None, shape: Shape { columns, small: false }, is_value: false };
        self.scope.frames.push(Frame { sources: vec![source], ..Frame::default() });
        self.expr(condition)
    }

    pub fn query(&mut self, query: &mut Query) -> Result<Shape, Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Refusal::new(Rule::TooDeep, "queries are nested too deeply"));
        }
        let outer_ctes = self.scope.ctes.len();
        let answer = self.query_inside(query);
        self.scope.ctes.truncate(outer_ctes);
        self.depth -= 1;
        answer
    }

    fn query_inside(&mut self, query: &mut Query) -> Result<Shape, Refusal> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        if let Some(lock) = locks.first() {
            let span = lock.of.as_ref().map_or_else(|| body.span(), Spanned::span);
            return Err(Refusal::at(Rule::Locking, span, "reading does not lock rows"));
        }
        if for_clause.is_some() || settings.is_some() || format_clause.is_some() || !pipe_operators.is_empty() {
            return Err(unsupported("a clause after the query"));
        }
        if let Some(with) = with {
            for cte in &mut with.cte_tables {
                self.cte(cte, with.recursive)?;
            }
        }
        let bounded = limit::literal(limit_clause.as_ref(), fetch.as_ref()).is_some_and(|rows| rows <= SMALL_ROWS);
        let mut shape = match body.as_mut() {
            SetExpr::Select(select) => self.select(select, order_by.as_mut())?,
            other => {
                let shape = self.body(other)?;
                if let Some(order_by) = order_by {
                    self.scope.frames.push(outputs_of(&shape));
                    let done = self.order_by(order_by);
                    self.scope.frames.pop();
                    done?;
                }
                shape
            }
        };
        limit::check(limit_clause.as_mut(), fetch.as_mut(), self)?;
        shape.small |= bounded;
        Ok(shape)
    }

    fn cte(&mut self, cte: &mut CteNode, recursive: bool) -> Result<(), Refusal> {
        let CteNode { alias, query, from, materialized: _, closing_paren_token: _ } = cte;
        if from.is_some() {
            return Err(unsupported("FROM after a common table expression"));
        }
        self.alias(alias)?;
        let key = self.policy.dialect().key(&alias.name);
        let named =
            (!alias.columns.is_empty()).then(|| alias.columns.iter().map(|column| self.named(&column.name)).collect());
        if recursive {
            let shape = Shape { columns: named.clone(), small: false };
            self.scope.ctes.push(Cte {
                key: key.clone(),
                ident: alias.name.clone(),
                shape,
                inside: true,
                refers_to_itself: false,
            });
        }
        // Judged before the walk: afterwards the tables in it are no longer as they were typed.
        let bounded = !recursive || {
            let named: Vec<Ident> = alias.columns.iter().map(|column| column.name.clone()).collect();
            recursion::is_bounded(query, &key, &named, self.policy.dialect())
        };
        let at = self.scope.ctes.len();
        let shape = self.query(query)?;
        let shape = Shape { columns: renamed(shape.columns, named), small: shape.small };
        if recursive {
            let own = self.scope.ctes.get_mut(at - 1).expect("pushed above, and the query restored the length");
            if own.refers_to_itself && !bounded {
                let message = format!(
                    "`{}` calls itself without steps to a bound, as `SELECT n + 1 … WHERE n < 100` has them",
                    brief(&alias.name.value)
                );
                return Err(Refusal::at(Rule::UnboundedRecursion, alias.name.span, message));
            }
            own.shape = shape;
            own.inside = false;
        } else {
            self.scope.ctes.push(Cte { key, ident: alias.name.clone(), shape, inside: false, refers_to_itself: false });
        }
        Ok(())
    }

    fn body(&mut self, body: &mut SetExpr) -> Result<Shape, Refusal> {
        // Chains of UNION lean to the left without brackets, so the parser does not bound them.
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Refusal::new(Rule::TooDeep, "at most 100 queries inside or after one another"));
        }
        let shape = match body {
            SetExpr::Select(select) => self.select(select, None),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                if matches!(op, SetOperator::Minus)
                    || !matches!(set_quantifier, SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None)
                {
                    return Err(unsupported("this set operation"));
                }
                let first = self.body(left)?;
                let second = self.body(right)?;
                Ok(Shape { columns: first.columns, small: first.small && second.small })
            }
            SetExpr::Values(values) => {
                let mut width = 0;
                for row in &mut values.rows {
                    width = row.content.len();
                    for value in &mut row.content {
                        self.expr(value)?;
                    }
                }
                let columns =
                    (1..=width).map(|n| OutColumn { key: format!("column{n}"), name: format!("column{n}") }).collect();
                // MySQL counts from `column_0`.
                let columns = (self.policy.dialect() != Dialect::MySql).then_some(columns);
                Ok(Shape { columns, small: values.rows.len() as u64 <= SMALL_ROWS })
            }
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err(Refusal::at(Rule::WriteInQuery, body.span(), "a query changes nothing"))
            }
            SetExpr::Table(_) => Err(Refusal::new(Rule::NotASelect, "TABLE is not allowed, only SELECT")),
        };
        self.depth -= 1;
        shape
    }

    fn select(&mut self, select: &mut Select, order_by: Option<&mut OrderBy>) -> Result<Shape, Refusal> {
        let first = self.scope.frames.len();
        self.scope.frames.push(Frame::default());
        let outside = std::mem::take(&mut self.aggregates);
        let answer = self.select_inside(select, order_by);
        self.aggregates = outside;
        self.scope.frames.truncate(first);
        answer
    }

    fn select_inside(&mut self, select: &mut Select, order_by: Option<&mut OrderBy>) -> Result<Shape, Refusal> {
        only_ordinary_clauses(select)?;
        // They say how the rows are found, and not which.
        select.select_modifiers = None;
        let mut links = joins::Links::default();
        for (at, from) in select.from.iter_mut().enumerate() {
            if at > 0 {
                self.count_join()?;
            }
            self.table_with_joins(from, &mut links)?;
        }
        self.aggregates = false;
        let columns = self.projection(&mut select.projection)?;
        // Only now: the list itself cannot use its own names.
        let named = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(self.policy.dialect().key(alias)),
            _ => None,
        });
        let outputs = named.collect();
        self.scope.frame().outputs = outputs;
        let single = self.aggregates
            && matches!(&select.group_by, GroupByExpr::Expressions(by, more) if by.is_empty() && more.is_empty());
        match &mut select.distinct {
            None | Some(Distinct::Distinct | Distinct::All) => {}
            Some(Distinct::On(exprs)) => self.exprs(exprs)?,
        }
        if let Some(condition) = &mut select.selection {
            joins::conditions(condition, &self.scope, self.policy.dialect(), &mut links);
            self.expr(condition)?;
        }
        links.check(&self.scope.frame().sources, select.select_token.0.span)?;
        match &mut select.group_by {
            GroupByExpr::All(_) => return Err(unsupported("GROUP BY ALL")),
            GroupByExpr::Expressions(by, modifiers) => {
                self.exprs(by)?;
                for modifier in modifiers {
                    match modifier {
                        GroupByWithModifier::Rollup => {}
                        GroupByWithModifier::GroupingSets(sets) => self.expr(sets)?,
                        GroupByWithModifier::Cube | GroupByWithModifier::Totals => {
                            return Err(unsupported("this GROUP BY"));
                        }
                    }
                }
            }
        }
        if let Some(having) = &mut select.having {
            self.expr(having)?;
        }
        for window in &mut select.named_window {
            match &mut window.1 {
                NamedWindowExpr::NamedWindow(_) => {}
                NamedWindowExpr::WindowSpec(window) => self.window(window)?,
            }
        }
        if let Some(order_by) = order_by {
            self.order_by(order_by)?;
        }
        let alone = select.from.is_empty();
        Ok(Shape { columns, small: single || alone })
    }

    fn projection(&mut self, items: &mut [SelectItem]) -> Result<Option<Vec<OutColumn>>, Refusal> {
        let mut columns = Some(Vec::new());
        for item in items {
            let named = self.output_name(item);
            match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                    self.expr(expr)?;
                    match (&mut columns, named) {
                        (Some(columns), Some(column)) => columns.push(column),
                        _ => columns = None,
                    }
                }
                SelectItem::Wildcard(options) => {
                    plain_wildcard(options)?;
                    self.found.see(self.policy, &self.scope.frame().sources, None);
                    let merged = self.scope.frame().merged;
                    let all: Option<Vec<OutColumn>> = match self.scope.frame().sources.as_slice() {
                        _ if merged => None,
                        [one] => one.shape.columns.clone(),
                        several => several
                            .iter()
                            .map(|source| source.shape.columns.clone())
                            .collect::<Option<Vec<_>>>()
                            .map(|lists| lists.concat()),
                    };
                    columns = columns.zip(all).map(|(before, more)| [before, more].concat());
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    plain_wildcard(options)?;
                    let at = self.qualifier(name)?;
                    self.found.see(self.policy, [self.scope.source_at(at)], None);
                    let more = self.scope.source_at(at).shape.columns.clone();
                    columns = columns.zip(more).map(|(before, more)| [before, more].concat());
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(_), _)
                | SelectItem::ExprWithAliases { .. } => {
                    return Err(unsupported("this form of the SELECT list").or_at(item.span()));
                }
            }
        }
        Ok(columns)
    }

    /// The name of a column of the result, where the statement tells it.
    fn output_name(&self, item: &SelectItem) -> Option<OutColumn> {
        let ident = match item {
            SelectItem::ExprWithAlias { alias, .. } | SelectItem::UnnamedExpr(Expr::Identifier(alias)) => alias,
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last()?,
            _ => return None,
        };
        Some(self.named(ident))
    }

    pub fn order_by(&mut self, order_by: &mut OrderBy) -> Result<(), Refusal> {
        match &mut order_by.kind {
            OrderByKind::Expressions(exprs) if order_by.interpolate.is_none() => self.sorts(exprs),
            _ => Err(unsupported("this ORDER BY")),
        }
    }

    pub fn sorts(&mut self, exprs: &mut [OrderByExpr]) -> Result<(), Refusal> {
        for sort in exprs {
            if sort.with_fill.is_some() || matches!(sort.options.sort, Some(OrderBySort::Using(_))) {
                return Err(unsupported("this ORDER BY").or_at(sort.expr.span()));
            }
            self.expr(&mut sort.expr)?;
        }
        Ok(())
    }

    pub fn exprs(&mut self, exprs: &mut [Expr]) -> Result<(), Refusal> {
        exprs.iter_mut().try_for_each(|expr| self.expr(expr))
    }
}

fn outputs_of(shape: &Shape) -> Frame {
    let outputs = shape.columns.iter().flatten().map(|column| column.key.clone()).collect();
    Frame { outputs, open: shape.columns.is_none(), ..Frame::default() }
}

fn plain_wildcard(options: &WildcardAdditionalOptions) -> Result<(), Refusal> {
    let WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = options;
    let plain = opt_ilike.is_none()
        && opt_exclude.is_none()
        && opt_except.is_none()
        && opt_replace.is_none()
        && opt_rename.is_none()
        && opt_alias.is_none();
    if plain { Ok(()) } else { Err(unsupported("this form of `*`")) }
}

fn only_ordinary_clauses(select: &Select) -> Result<(), Refusal> {
    let span = select.select_token.0.span;
    if let Some(into) = &select.into {
        return Err(Refusal::at(Rule::SelectInto, into.span(), "the result goes to the caller and nowhere else"));
    }
    let ordinary = select.optimizer_hints.is_empty()
        && select.select_modifiers.as_ref().is_none_or(|modifiers| !modifiers.sql_calc_found_rows)
        && select.top.is_none()
        && select.exclude.is_none()
        && select.lateral_views.is_empty()
        && select.prewhere.is_none()
        && select.connect_by.is_empty()
        && select.cluster_by.is_empty()
        && select.distribute_by.is_empty()
        && select.sort_by.is_empty()
        && select.qualify.is_none()
        && select.value_table_mode.is_none()
        && matches!(select.flavor, SelectFlavor::Standard);
    if ordinary { Ok(()) } else { Err(unsupported("a clause of this SELECT").or_at(span)) }
}
