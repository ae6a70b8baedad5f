//! Layers of computation over all groups: shares, running totals, conditions on figures, ranks, the order.

use sqlparser::ast::{BinaryOperator, Expr, Ident, OrderByExpr, Query as Select};

use super::assemble::{Parts, ratio};
use super::columns::lowered;
use super::sql::{self, Block, From};
use super::{OutColumn, PlanProblem, Planner, Role, Statement, TIES};
use crate::chat::ground::Type;
use crate::chat::query::{By, Measure, Order, Range, Share};

/// A SELECT that is not done yet, over those that are.
pub(super) struct Work {
    pub ctes: Vec<(Ident, Select)>,
    pub block: Block,
    /// What the answer shows.
    pub columns: Vec<OutColumn>,
    /// What only the statement needs.
    pub hidden: Vec<OutColumn>,
    /// Its rows are groups, so that conditions on them come after the grouping.
    is_grouped: bool,
}

impl Work {
    pub fn of(block: Block, is_grouped: bool) -> Work {
        Work { ctes: Vec::new(), block, columns: Vec::new(), hidden: Vec::new(), is_grouped }
    }
}

impl Planner<'_> {
    pub(super) fn layers(
        mut self,
        mut work: Work,
        mut parts: Parts,
        measures: &[Measure],
        figures: &[(Expr, Type)],
        compared: Option<Range>,
    ) -> Result<Statement, PlanProblem> {
        let windows = self.query.is_cumulative || self.query.share.is_some() && self.query.part.is_empty();
        let mut later: Vec<Expr> = Vec::new();
        if !self.query.having.is_empty() && !parts.dimensions.is_empty() {
            let nameless: Vec<String> = parts.dimensions.iter().map(|column| lowered(&column.label)).collect();
            self.assume(format!("Rows without {} are left out.", nameless.join(" and ")));
            let groups = work.block.items.iter().take(parts.dimensions.len());
            let known = groups.map(|(value, name)| {
                Expr::IsNotNull(Box::new(match windows {
                    true => Expr::Identifier(name.clone()),
                    false => value.clone(),
                }))
            });
            let known: Vec<Expr> = sql::any(known.collect()).into_iter().collect();
            // Of all rows of a group it is the same; MariaDB knows no columns of rows behind HAVING.
            if windows { later.extend(known) } else { work.block.conditions.extend(known) }
        }
        for having in &self.query.having {
            let at = measures.iter().position(|measure| *measure == having.measure).unwrap_or_default();
            let (figure, ty) = figures.get(at).cloned().ok_or(PlanProblem::NothingAsked)?;
            if !windows {
                let condition = self.on_figure(figure, ty, having.op, &having.values)?;
                let place = if work.is_grouped { &mut work.block.having } else { &mut work.block.conditions };
                place.push(condition);
                continue;
            }
            // Shares are of everything, so groups may go only after them.
            let known = work.columns.iter().find(|column| column.role == Role::Measure && column.of == at);
            let name = match known {
                Some(column) => column.name.clone(),
                None => {
                    let name = parts.columns.hidden("condition");
                    work.block.items.push((figure, self.speech.ident(&name)));
                    work.hidden.push(OutColumn { name: name.clone(), ..blank() });
                    name
                }
            };
            let column = Expr::Identifier(self.speech.ident(&name));
            later.push(self.on_figure(column, ty, having.op, &having.values)?);
        }
        if windows {
            work = self.wrapped(work, "grouped");
            self.windows(&mut work, &mut parts);
            if !later.is_empty() {
                work = self.wrapped(work, "answer");
                work.block.conditions.extend(later);
            }
        }
        let order = self.order();
        let limit = match self.query.limit {
            Some(limit) if !parts.dimensions.is_empty() => {
                work = self.ranked(work, &mut parts, &order, limit.rows, limit.is_per_group)?;
                let by_measure = order.first().is_some_and(|order| !matches!(order.by, By::Dimension(_)));
                (!limit.is_per_group && by_measure).then(|| limit.rows.saturating_add(TIES))
            }
            _ => None,
        };
        if !work.hidden.is_empty() && !work.is_ranked() {
            work = self.wrapped(work, "answer");
        }
        let mut sorted: Vec<OrderByExpr> = Vec::new();
        for order in &order {
            let column = self.sorted_by(&work, order.by).ok_or(PlanProblem::NothingAsked)?;
            let name = Expr::Identifier(self.speech.ident(&column));
            // In an expression MySQL takes the name of an aggregate, or of a column of several tables, for none of the
            // list's.
            let known = work.block.items.iter().find(|(_, known)| known.value == column).map(|(expr, _)| expr.clone());
            let value = match order.by {
                By::Dimension(_) => known.filter(|expr| matches!(expr, Expr::CompoundIdentifier(_))),
                _ => known,
            };
            sorted.extend(self.speech.sorted_as(name, value.filter(|_| work.is_grouped), order.is_descending));
        }
        let shown: Vec<&str> = work.columns.iter().map(|column| column.name.as_str()).collect();
        work.block.items.retain(|(_, name)| shown.contains(&name.value.as_str()));
        work.block.order = sorted;
        work.block.limit = limit;
        let mut block = work.block;
        block.ctes = work.ctes;
        self.statement(block.query(), work.columns, limit, compared)
    }

    /// What was there becomes a table of its own, and a new SELECT over all its columns begins.
    fn wrapped(&self, work: Work, name: &str) -> Work {
        let mut ctes = work.ctes;
        let name = self.free_name(name);
        let items: Vec<(Expr, Ident)> =
            work.block.items.iter().map(|(_, name)| (Expr::Identifier(name.clone()), name.clone())).collect();
        ctes.push((name.clone(), work.block.query()));
        let block = Block { items, from: Some(From::of(sql::table(vec![name], None))), ..Block::default() };
        Work { ctes, block, is_grouped: false, ..work }
    }

    fn windows(&self, work: &mut Work, parts: &mut Parts) {
        let ident = |name: &str| Expr::Identifier(self.speech.ident(name));
        let measures: Vec<OutColumn> =
            work.columns.iter().filter(|column| column.role == Role::Measure).cloned().collect();
        for measure in &measures {
            let sum = sql::call("SUM", vec![ident(&measure.name)]);
            let (expr, column) = if let Some(share) = self.query.share {
                let within = match share {
                    Share::OfTotal => Vec::new(),
                    Share::Of(at) => parts.dimensions.get(at).map(|column| ident(&column.name)).into_iter().collect(),
                };
                let whole = sql::over(sum, within, Vec::new(), false);
                let column = parts.columns.beside(measure, Role::Share, "share", "share", measures.len() == 1);
                (ratio(ident(&measure.name), whole), column)
            } else {
                let time = self.time_dimension().unwrap_or_default();
                let others = parts.dimensions.iter().enumerate().filter(|(at, _)| *at != time);
                let within = others.map(|(_, column)| ident(&column.name)).collect();
                let along = parts.dimensions.get(time).map(|column| self.speech.sorted(ident(&column.name), false));
                let column = parts.columns.beside(
                    measure,
                    Role::Cumulative,
                    "running_total",
                    "running total",
                    measures.len() == 1,
                );
                (sql::over(sum, within, along.unwrap_or_default(), true), column)
            };
            work.block.items.push((expr, self.speech.ident(&column.name)));
            let at = work.columns.iter().position(|known| known.name == measure.name).unwrap_or_default();
            work.columns.insert(at + 1, column);
        }
        self.in_order(work);
    }

    /// The columns as they are shown.
    fn in_order(&self, work: &mut Work) {
        let place = |name: &str| work.columns.iter().position(|column| column.name == name).unwrap_or(usize::MAX);
        work.block.items.sort_by_key(|(_, name)| place(&name.value));
    }

    /// Only the groups of the first ranks, and those that tie with the last of them.
    fn ranked(
        &mut self,
        work: Work,
        parts: &mut Parts,
        order: &[Order],
        rows: u64,
        is_per_group: bool,
    ) -> Result<Work, PlanProblem> {
        let first = order.iter().find(|order| !is_per_group || order.by != By::Dimension(0));
        let first = first.ok_or(PlanProblem::NothingAsked)?;
        let by_dimension = matches!(first.by, By::Dimension(_));
        let ident = |name: &str| Expr::Identifier(self.speech.ident(name));
        let column = self.sorted_by(&work, first.by).ok_or(PlanProblem::NothingAsked)?;
        let mut work = self.wrapped(work, "answer");
        let mut nameless = Vec::new();
        // What is ranked must be something; those among which it is ranked may be without a name.
        for dimension in parts.dimensions.iter().skip(usize::from(is_per_group)) {
            work.block.conditions.push(Expr::IsNotNull(Box::new(ident(&dimension.name))));
            nameless.push(lowered(&dimension.label));
        }
        if !by_dimension {
            work.block.conditions.push(Expr::IsNotNull(Box::new(ident(&column))));
        }
        let within: Vec<Expr> = match parts.dimensions.first() {
            Some(dimension) if is_per_group => vec![ident(&dimension.name)],
            _ => Vec::new(),
        };
        let along = self.speech.sorted(ident(&column), first.is_descending);
        let function = if by_dimension { "DENSE_RANK" } else { "RANK" };
        let place = parts.columns.hidden("place");
        let rank = sql::over(sql::call(function, Vec::new()), within, along, false);
        work.block.items.push((rank, self.speech.ident(&place)));
        work.hidden.push(OutColumn { name: place.clone(), ..blank() });
        let mut work = self.wrapped(work, "ranked");
        work.block.conditions.push(sql::binary(ident(&place), BinaryOperator::LtEq, sql::number(rows)));
        self.assume(format!("Rows without {} are left out.", nameless.join(" or ")));
        Ok(work)
    }

    /// What was asked for, and then the rest, so that the same question has the same answer.
    fn order(&self) -> Vec<Order> {
        let query = self.query;
        let mut order = Vec::new();
        let per_group = query.limit.is_some_and(|limit| limit.is_per_group);
        if per_group && !query.order.iter().any(|order| order.by == By::Dimension(0)) {
            order.push(Order { by: By::Dimension(0), is_descending: false });
        }
        order.extend(&query.order);
        if query.order.is_empty() {
            match self.time_dimension().filter(|_| query.limit.is_none()) {
                Some(time) => order.push(Order { by: By::Dimension(time), is_descending: false }),
                None => order.push(Order { by: By::Measure(0), is_descending: true }),
            }
        }
        for at in 0..query.dimensions.len() {
            if !order.iter().any(|order| order.by == By::Dimension(at)) {
                order.push(Order { by: By::Dimension(at), is_descending: false });
            }
        }
        if query.dimensions.is_empty() {
            order.clear();
        }
        order
    }

    /// The column that an order is by.
    fn sorted_by(&self, work: &Work, by: By) -> Option<String> {
        let wanted = |column: &&OutColumn| match by {
            By::Measure(at) => column.role == Role::Measure && column.of == at,
            By::Dimension(at) => column.role == Role::Dimension && column.of == at,
            By::Change(at) => column.role == Role::Change && column.of == at,
        };
        work.columns.iter().chain(&work.hidden).find(wanted).map(|column| column.name.clone())
    }
}

impl Work {
    fn is_ranked(&self) -> bool {
        // The last layer picks its columns itself.
        self.block.items.iter().all(|(expr, _)| matches!(expr, Expr::Identifier(_))) && self.block.groups == 0
    }
}

fn blank() -> OutColumn {
    OutColumn {
        name: String::new(),
        label: String::new(),
        // Never looked for.
        role: Role::Cumulative,
        ty: Type::Other,
        format: None,
        unit: None,
        of: usize::MAX,
        grain: None,
        stands_for: None,
        mask: None,
    }
}
