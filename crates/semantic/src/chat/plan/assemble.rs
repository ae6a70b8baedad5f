//! Figures: aggregates computed apart where they must be, put side by side, and what is computed of them.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr};

use super::columns::Columns;
use super::facts::{Fact, Side};
use super::measures::{Leaf, Shape, placeholder_index};
use super::{OutColumn, PlanProblem, Planner, Role, Statement, condition, sql};
use crate::chat::ground::{Additivity, Type};
use crate::chat::query::{By, CompareTo, Filter, Grain, Measure, Op, Range, Share};
use crate::chat::times;
use crate::visit::{self, VisitorMut};

/// What an aggregation is made of, before it is one statement.
pub(super) struct Parts {
    pub shapes: Vec<Shape>,
    pub leaves: Vec<(Leaf, String)>,
    pub sides: Vec<Side>,
    pub facts: Vec<Fact>,
    pub columns: Columns,
    pub dimensions: Vec<OutColumn>,
}

impl Planner<'_> {
    pub(super) fn aggregate(mut self) -> Result<Statement, PlanProblem> {
        self.check_wishes()?;
        let mut measures: Vec<Measure> = self.query.measures.clone();
        for having in &self.query.having {
            if !measures.contains(&having.measure) {
                measures.push(having.measure.clone());
            }
        }
        let shapes = measures.iter().map(|measure| self.shape(measure)).collect::<Result<Vec<_>, _>>()?;
        self.check_sums(&shapes)?;
        let (sides, compared) = self.sides()?;
        let mut leaves: Vec<(Leaf, String)> = Vec::new();
        for shape in &shapes {
            for leaf in &shape.leaves {
                if !leaves.iter().any(|(known, _)| known == leaf) {
                    leaves.push((leaf.clone(), shape.label.clone()));
                }
            }
        }
        for (measure, shape) in measures.iter().zip(&shapes) {
            self.tell_filters(measure, shape);
        }
        if let Some(all_of) = self.query.all_of {
            let shape = self.shape(&Measure::CountOf(all_of))?;
            leaves.extend(shape.leaves.into_iter().map(|leaf| (Leaf { is_frame: true, ..leaf }, shape.label.clone())));
        }
        let facts = self.facts(&leaves, &sides)?;
        let adds = self.query.share.is_some() || self.query.is_cumulative;
        if adds && facts.iter().any(|fact| fact.placement.root != fact.placement.home) {
            let measure = shapes[0].label.clone();
            return Err(PlanProblem::UnsafeReaggregation { measure, why: "some rows belong to several groups".into() });
        }
        let mut columns = Columns::default();
        let dimensions = self.query.dimensions.iter().enumerate();
        let dimensions: Vec<OutColumn> =
            dimensions.map(|(of, dimension)| columns.dimension(self.ground, dimension, of)).collect();
        let parts = Parts { shapes, leaves, sides, facts, columns, dimensions };
        self.finish(parts, &measures, compared)
    }

    fn check_wishes(&self) -> Result<(), PlanProblem> {
        let query = self.query;
        let (compares, shares) = (query.compare.is_some(), query.share.is_some());
        if query.all_of.is_some() && (compares || shares || query.is_cumulative) {
            return Err(PlanProblem::Combination("Groups without anything beside this figure"));
        }
        if compares && (shares || query.is_cumulative) {
            return Err(PlanProblem::Combination("A comparison of shares or running totals"));
        }
        if shares && query.is_cumulative {
            return Err(PlanProblem::Combination("A share of a running total"));
        }
        if query.is_cumulative && self.time_dimension().is_none() {
            return Err(PlanProblem::Combination("A running total without a grouping by time"));
        }
        let per_group = query.limit.is_some_and(|limit| limit.is_per_group);
        if per_group && query.dimensions.len() < 2 {
            return Err(PlanProblem::Combination("So many of each group without a second grouping"));
        }
        let is_known = |by: &By| match by {
            By::Measure(at) => *at < query.measures.len(),
            By::Dimension(at) => *at < query.dimensions.len(),
            By::Change(at) => *at < query.measures.len() && compares,
        };
        let share = match query.share {
            Some(Share::Of(at)) => at < query.dimensions.len(),
            _ => true,
        };
        if !query.order.iter().all(|order| is_known(&order.by)) || !share {
            return Err(PlanProblem::NothingAsked);
        }
        if shares && query.dimensions.is_empty() && query.part.is_empty() {
            return Err(PlanProblem::Combination("A share of everything"));
        }
        if !query.part.is_empty() && query.share != Some(Share::OfTotal) {
            return Err(PlanProblem::Combination("A part without a share of the whole"));
        }
        Ok(())
    }

    /// Errors: figures that must not be added up, and would be.
    fn check_sums(&self, shapes: &[Shape]) -> Result<(), PlanProblem> {
        let adds = self.query.share.is_some() || self.query.is_cumulative;
        for (at, shape) in shapes.iter().enumerate() {
            let refused =
                |why: &str| Err(PlanProblem::UnsafeReaggregation { measure: shape.label.clone(), why: why.to_owned() });
            // A count restricted to the part is a count itself and no sum, so it need not be additive.
            let is_part = !self.query.part.is_empty() && !self.query.is_cumulative && is_count(shape);
            if adds && !is_part && at < self.query.measures.len() && shape.additivity != Additivity::Additive {
                return refused("its parts do not add up to its total");
            }
            if shape.additivity == Additivity::SemiAdditive
                && !shape.leaves.iter().all(|leaf| self.is_at_one_time(leaf))
            {
                return refused("it is a state at a time, and states of several days do not add up; ask for it by day");
            }
        }
        Ok(())
    }

    /// Whether each group covers at most one point in time of the leaf. A leaf without a time field does.
    fn is_at_one_time(&self, leaf: &Leaf) -> bool {
        let Some(time) = leaf.time else { return true };
        if self.mask_of(time).is_some() {
            return false;
        }
        // Grouping by day fixes one point only where the field is a date, not a timestamp.
        let is_day = self.ground.field(time).ty == Type::Date;
        let finest = Grain::from(self.ground.field(time).finest);
        let is_its = |field| field == time || !self.graph.reaches(leaf.home, self.ground.field(field).dataset);
        let by_time = self.query.dimensions.iter().any(|dimension| match dimension.grain {
            Some(grain) => is_day && grain == finest && is_its(dimension.field),
            None => dimension.field == time,
        });
        let one_day = self.query.time.as_ref().is_some_and(|asked| match (asked.range.from, asked.range.to) {
            (Some(from), Some(to)) => is_day && is_its(asked.field) && from.tomorrow().is_ok_and(|next| next >= to),
            _ => false,
        });
        by_time || one_day
    }

    /// The first dimension of time, by its place.
    pub(super) fn time_dimension(&self) -> Option<usize> {
        let is_time = |dimension: &crate::chat::query::Dimension| {
            dimension.grain.is_some() || self.ground.field(dimension.field).is_time
        };
        self.query.dimensions.iter().position(is_time)
    }

    fn sides(&self) -> Result<(Vec<Side>, Option<Range>), PlanProblem> {
        let query = self.query;
        let now = Side { range: query.time.as_ref().map(|time| time.range), ..Side::default() };
        if let Some(compare) = &query.compare {
            if let CompareTo::Values { field, first, second } = &compare.to {
                let only = |value: &crate::chat::query::Value| {
                    vec![Filter { field: *field, op: Op::Is, values: vec![value.clone()] }]
                };
                let sides = vec![Side { also: only(first), ..now.clone() }, Side { also: only(second), ..now }];
                return Ok((sides, None));
            }
            let buckets: Vec<Grain> = query.dimensions.iter().filter_map(|dimension| dimension.grain).collect();
            if buckets.len() > 1 {
                return Err(PlanProblem::Combination("A comparison of times grouped by several times"));
            }
            let ungrained =
                |dimension: &crate::chat::query::Dimension| dimension.grain.is_none() && self.is_time(dimension.field);
            if query.dimensions.iter().any(ungrained) {
                return Err(PlanProblem::Combination("A comparison of times grouped by single moments"));
            }
            let mut other = self.other_range(&compare.to, buckets.first().copied())?;
            other.range = other.range.map(|range| self.to_end(range));
            if query.time.is_none() && other.range.is_some() {
                return Err(PlanProblem::NothingToCompare);
            }
            let before = Side { range: other.range, shift: other.shift, ..Side::default() };
            return Ok((vec![now, before], other.range));
        }
        if query.share.is_some() && !query.part.is_empty() {
            return Ok((vec![Side { also: query.part.clone(), ..now.clone() }, now], None));
        }
        Ok((vec![now], None))
    }

    pub(super) fn tell_filters(&mut self, measure: &Measure, shape: &Shape) {
        let id = match measure {
            Measure::Metric(id) => id,
            Measure::Over { part, whole } => {
                if let Measure::CountOf(of) = **whole {
                    let name = super::columns::lowered(self.ground.dataset(of).names.shown());
                    let is_whole = self.query.time.is_some() && times::is_there_always(self.ground, of);
                    let whole = if is_whole { ", whatever the period" } else { "" };
                    self.assume(format!("Divided by the number of all {name}, also of those without any{whole}."));
                }
                self.tell_filters(part, shape);
                return self.tell_filters(whole, shape);
            }
            Measure::Per { measure, of } => {
                let name = super::columns::lowered(self.ground.dataset(*of).names.shown());
                self.assume(format!("Divided by the number of {name} among the same rows: those that have any."));
                return self.tell_filters(measure, shape);
            }
            _ => return,
        };
        for filter in &self.ground.metric(*id).default_filters {
            let exact = || filter.chars().filter(|c| !matches!(c, '"' | '`')).collect();
            let condition: String = condition::in_words(self.ground, self.speech.dialect, filter).unwrap_or_else(exact);
            self.assume(format!("{} counts only rows where {condition}.", shape.label));
        }
    }

    fn finish(
        mut self,
        mut parts: Parts,
        measures: &[Measure],
        compared: Option<Range>,
    ) -> Result<Statement, PlanProblem> {
        let (mut work, values) = self.values(&parts)?;
        let side = |shape: &Shape, side: usize| -> Expr {
            let mut expr = shape.expr.clone();
            let put = shape.leaves.iter().map(|leaf| {
                let at = parts.leaves.iter().position(|(known, _)| known == leaf).unwrap_or_default();
                values.get(side).and_then(|values| values.get(at)).cloned().flatten().unwrap_or_else(sql::null)
            });
            let mut put = PutValues { values: put.collect() };
            let _: ControlFlow<()> = visit::change(&mut expr, &mut put);
            match expr {
                Expr::Nested(inner) if matches!(*inner, Expr::Function(_) | Expr::CompoundIdentifier(_)) => *inner,
                other => other,
            }
        };
        let shown = self.query.measures.len();
        let is_union = parts.sides.len() == 1 && parts.facts.len() > 1;
        // In a ranking by change, a missing earlier value of an additive figure counts as 0.
        let from_nothing = self.query.order.iter().any(|order| matches!(order.by, By::Change(_)))
            && parts.shapes.iter().all(|shape| shape.additivity == Additivity::Additive);
        let is_part = !self.query.part.is_empty() || from_nothing;
        // What is counted in one of two periods alone is none in the other.
        let is_apart = compared.is_some()
            || matches!(self.query.compare, Some(crate::chat::query::Compare { to: CompareTo::Values { .. }, .. }));
        let figures = parts.shapes.iter().map(|shape| match (side(shape, 0), shape.ty) {
            // A count is 0, not NULL, for a group without rows on that side.
            (figure, Type::Number) if (is_union || is_apart || self.query.all_of.is_some()) && is_count(shape) => {
                (sql::call("COALESCE", vec![figure, sql::number(0)]), Type::Number)
            }
            // A group may have nothing of the part, or nothing at all.
            (figure, Type::Number) if is_part => (sql::call("COALESCE", vec![figure, sql::number(0)]), Type::Number),
            other => other,
        });
        let figures: Vec<(Expr, Type)> = figures.collect();
        let others = parts.shapes.iter().map(|shape| match shape.ty {
            Type::Number if from_nothing || is_apart && is_count(shape) => {
                sql::call("COALESCE", vec![side(shape, 1), sql::number(0)])
            }
            _ => side(shape, 1),
        });
        let others: Vec<Expr> = if parts.sides.len() == 1 { Vec::new() } else { others.collect() };
        work.columns = parts.dimensions.clone();
        for (at, measure) in measures.iter().take(shown).enumerate() {
            let column = parts.columns.measure(self.ground, measure, figures[at].1, at);
            work.block.items.push((figures[at].0.clone(), self.speech.ident(&column.name)));
            work.columns.push(column.clone());
            if let (Some(other), Some(compare)) = (others.get(at), &self.query.compare) {
                let only = shown == 1;
                let is_number = figures[at].1 == Type::Number;
                let label = match &compare.to {
                    CompareTo::PreviousPeriod => "previous period",
                    CompareTo::SamePeriodLastYear => "a year earlier",
                    CompareTo::Range(_) | CompareTo::Values { .. } => "compared with",
                };
                let mut add = |role: Role, name: &str, label: &str, expr: Expr, is_shown: bool| {
                    let column = parts.columns.beside(&column, role, name, label, only);
                    work.block.items.push((expr, self.speech.ident(&column.name)));
                    match is_shown {
                        true => work.columns.push(column),
                        false => work.hidden.push(column),
                    }
                };
                add(Role::Previous, "previous", label, other.clone(), true);
                let sorts = self.query.order.iter().any(|order| order.by == By::Change(at));
                if is_number && (compare.shows_change || sorts) {
                    let now = figures[at].0.clone();
                    let change = sql::binary(now, BinaryOperator::Minus, other.clone());
                    add(Role::Change, "change", "change", change.clone(), compare.shows_change);
                    if compare.shows_change {
                        let base = sql::call("ABS", vec![other.clone()]);
                        add(Role::ChangePct, "change_pct", "change in per cent", ratio(change, base), true);
                    }
                }
            } else if let (Some(whole), Some(_)) = (others.get(at), self.query.share) {
                let column = parts.columns.beside(&column, Role::Share, "share", "share", shown == 1);
                let share = ratio(figures[at].0.clone(), whole.clone());
                work.block.items.push((share, self.speech.ident(&column.name)));
                work.columns.push(column);
            }
        }
        self.layers(work, parts, measures, &figures, compared)
    }
}

fn is_count(shape: &Shape) -> bool {
    let is_count = |leaf: &Leaf| matches!(&leaf.call, Expr::Function(call) if call.name.to_string() == "COUNT");
    placeholder_index(&shape.expr) == Some(0) && shape.leaves.iter().all(is_count)
}

/// Decimal division; NULL where the divisor is 0.
pub(super) fn ratio(part: Expr, whole: Expr) -> Expr {
    let part = sql::binary(sql::decimal("1e0"), BinaryOperator::Multiply, part);
    let whole = sql::call("NULLIF", vec![whole, sql::number(0)]);
    Expr::BinaryOp { left: Box::new(part), op: BinaryOperator::Divide, right: Box::new(whole) }
}

struct PutValues {
    values: Vec<Expr>,
}

impl VisitorMut for PutValues {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(at) = placeholder_index(expr) {
            *expr = self.values.get(at).cloned().unwrap_or_else(sql::null);
        }
        ControlFlow::Continue(())
    }
}
