//! Measures taken apart: aggregates over the rows of one dataset each, and what is computed of them.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
};

use super::tree::{datasets_in, masks_in, parsed};
use super::{PlanProblem, Planner, sql};
use crate::chat::ground::{Additivity, DatasetId, FieldId, MaskShows, MetricId, Type};
use crate::chat::query::{Aggregate, Measure};
use crate::chat::times;
use crate::guard;
use crate::visit::{self, VisitorMut};

/// How an aggregate bears rows that come more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bears {
    /// It counts the rows of its home: over others, the distinct keys are counted.
    Rows,
    /// Least, greatest and distinct values are the same then.
    Repetition,
    Nothing,
}

/// One aggregate over the rows of one dataset.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    pub home: DatasetId,
    /// With names as `dataset.column`.
    pub call: Expr,
    pub bears: Bears,
    /// Conditions that always hold, written like the call.
    pub filters: Vec<String>,
    /// What it is dated by: the time that its metric declares, else that of its home.
    pub time: Option<FieldId>,
    pub declares_time: bool,
    /// Its rows are there for their groups: conditions on other rows, and times of others, are none of theirs.
    pub is_frame: bool,
}

/// A measure as an expression over its leaves, which stand in it as `#0`, `#1`….
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub expr: Expr,
    pub leaves: Vec<Leaf>,
    pub additivity: Additivity,
    pub ty: Type,
    pub label: String,
}

pub(super) fn placeholder(at: usize) -> Expr {
    Expr::Identifier(Ident::new(format!("#{at}")))
}

/// The index of the leaf that an identifier of [`Shape::expr`] stands for.
pub(super) fn placeholder_index(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Identifier(ident) => ident.value.strip_prefix('#')?.parse().ok(),
        _ => None,
    }
}

impl Planner<'_> {
    pub(super) fn shape(&self, measure: &Measure) -> Result<Shape, PlanProblem> {
        let label = super::columns::label(self.ground, measure);
        let one = |leaf: Leaf, additivity: Additivity, ty: Type| Shape {
            expr: placeholder(0),
            leaves: vec![leaf],
            additivity,
            ty,
            label: label.clone(),
        };
        let leaf = |home: DatasetId, call: Expr, bears: Bears| Leaf {
            home,
            call,
            bears,
            filters: Vec::new(),
            time: times::of(self.ground, home).field(),
            declares_time: false,
            is_frame: false,
        };
        match measure {
            Measure::CountOf(dataset) => {
                Ok(one(leaf(*dataset, sql::count_rows(), Bears::Rows), Additivity::Additive, Type::Number))
            }
            Measure::CountThrough { what, through } => {
                let join = self.ground.join(*through);
                if *what == join.from {
                    let (_, to_column) = join.on.first().ok_or(PlanProblem::NothingAsked)?;
                    if self.ground.dataset(join.to).mask_of(to_column) == Some(MaskShows::Nothing) {
                        return Err(PlanProblem::Masked { name: to_column.clone() });
                    }
                    let other = self.named_column(join.to, to_column);
                    let call = sql::call("COUNT", vec![other]);
                    return Ok(one(leaf(join.from, call, Bears::Nothing), Additivity::Additive, Type::Number));
                }
                if *what != join.to {
                    return Err(PlanProblem::NoPath { from: *what, to: join.from });
                }
                let key = self.key(*what, &label)?;
                let call = sql::function("COUNT", vec![key], true);
                Ok(one(leaf(join.from, call, Bears::Repetition), Additivity::NonAdditive, Type::Number))
            }
            Measure::Of { aggregate, field } => {
                let (call, bears) = self.call_of(*aggregate, *field)?;
                let known = self.ground.field(*field);
                let additivity = match aggregate {
                    Aggregate::Count | Aggregate::Sum => Additivity::Additive,
                    _ => Additivity::NonAdditive,
                };
                let ty = match aggregate {
                    Aggregate::Minimum | Aggregate::Maximum => known.ty,
                    _ => Type::Number,
                };
                Ok(one(leaf(known.dataset, call, bears), additivity, ty))
            }
            Measure::Metric(id) => self.shape_of_metric(*id, label),
            Measure::Per { measure, of } => self.shape_per(measure, *of, label),
            Measure::Over { part, whole } => self.shape_over(part, whole, label),
        }
    }

    /// Over the rows that belong to one of `of`, so that both are of the same.
    fn shape_per(&self, measure: &Measure, of: DatasetId, label: String) -> Result<Shape, PlanProblem> {
        let part = self.shape(measure)?;
        let unclear = PlanProblem::Combination("This figure per one of something");
        let ([leaf], Additivity::Additive) = (part.leaves.as_slice(), part.additivity) else { return Err(unclear) };
        let (mut leaf, mut whole) = (leaf.clone(), leaf.clone());
        if of == leaf.home {
            (whole.call, whole.bears) = (sql::count_rows(), Bears::Rows);
        } else {
            self.graph.way(leaf.home, of)?;
            let key = self.key(of, &label)?;
            let has = format!("{key} IS NOT NULL");
            leaf.filters.push(has.clone());
            leaf.bears = Bears::Nothing;
            (whole.call, whole.bears) = (sql::function("COUNT", vec![key], true), Bears::Repetition);
            whole.filters.push(has);
        }
        Ok(Shape {
            expr: sql::bracketed(super::assemble::ratio(part.expr, placeholder(1))),
            leaves: vec![leaf, whole],
            additivity: Additivity::NonAdditive,
            ty: Type::Number,
            label,
        })
    }

    /// Over a count of its own rows.
    fn shape_over(&self, part: &Measure, whole: &Measure, label: String) -> Result<Shape, PlanProblem> {
        // Of what stays, those of other times and those without any are there, too.
        let is_frame = match whole {
            Measure::CountOf(of) => times::is_there_always(self.ground, *of),
            Measure::Of { aggregate: Aggregate::Sum, field } => {
                let of = self.ground.field(*field).dataset;
                times::own(self.ground, of).is_none_or(|_| times::stays(self.ground, of))
            }
            _ => false,
        };
        let (part, whole) = (self.shape(part)?, self.shape(whole)?);
        let ([other], Additivity::Additive) = (whole.leaves.as_slice(), part.additivity) else {
            return Err(PlanProblem::Combination("This figure per one of something"));
        };
        // Of groups without any, it is nothing for each.
        let part_or_none = sql::call("COALESCE", vec![part.expr, sql::number(0)]);
        let leaves = [part.leaves, vec![Leaf { is_frame, ..other.clone() }]].concat();
        Ok(Shape {
            expr: sql::bracketed(super::assemble::ratio(part_or_none, placeholder(leaves.len() - 1))),
            leaves,
            additivity: Additivity::NonAdditive,
            ty: Type::Number,
            label,
        })
    }

    fn call_of(&self, aggregate: Aggregate, field: FieldId) -> Result<(Expr, Bears), PlanProblem> {
        match (aggregate, self.mask_of(field)) {
            (_, None) | (Aggregate::CountDistinct, Some(MaskShows::Hash(_))) => {}
            (Aggregate::Count, Some(shows)) if shows != MaskShows::Nothing => {}
            _ => return Err(self.masked(field)),
        }
        let known = self.ground.field(field);
        let name = &self.ground.dataset(known.dataset).names.name;
        let value = self.field(field, name)?;
        let is_number = known.ty == Type::Number && !known.is_key;
        let call = |function: &str| sql::call(function, vec![value.clone()]);
        Ok(match aggregate {
            Aggregate::Count => (call("COUNT"), Bears::Nothing),
            Aggregate::CountDistinct => (sql::function("COUNT", vec![value], true), Bears::Repetition),
            Aggregate::Minimum if known.ty != Type::Boolean => (call("MIN"), Bears::Repetition),
            Aggregate::Maximum if known.ty != Type::Boolean => (call("MAX"), Bears::Repetition),
            Aggregate::Periods(grain) if matches!(known.ty, Type::Date | Type::Timestamp) => {
                let calendar = &self.ground.calendar;
                let fiscal = if calendar.is_fiscal { i64::from(calendar.fiscal_start) - 1 } else { 0 };
                let period = self.speech.truncated(value, grain, calendar.week_starts_on_sunday, fiscal);
                (sql::function("COUNT", vec![period], true), Bears::Repetition)
            }
            Aggregate::Spread if is_number => {
                let apart = sql::binary(call("MAX"), BinaryOperator::Minus, call("MIN"));
                (sql::bracketed(apart), Bears::Repetition)
            }
            Aggregate::Sum if is_number => (call("SUM"), Bears::Nothing),
            Aggregate::Average if is_number => (sql::call("AVG", vec![self.speech.in_full(value)]), Bears::Nothing),
            Aggregate::Median if is_number => {
                (self.speech.median(value).ok_or(PlanProblem::NotInDialect("a median"))?, Bears::Nothing)
            }
            _ => return Err(PlanProblem::NotANumber { field }),
        })
    }

    fn shape_of_metric(&self, id: MetricId, label: String) -> Result<Shape, PlanProblem> {
        let metric = self.ground.metric(id);
        let bad = || PlanProblem::BadExpression { name: metric.names.shown().to_owned() };
        let first = *metric.datasets.first().ok_or_else(bad)?;
        let mut expr = parsed(&metric.expression, self.speech.dialect).ok_or_else(bad)?;
        let mut take = TakeAggregates { calls: Vec::new(), is_bad: false };
        let _: ControlFlow<()> = visit::change(&mut expr, &mut take);
        if take.is_bad || take.calls.is_empty() || !datasets_in(&expr, self.ground).is_empty() {
            return Err(bad());
        }
        let mut leaves = Vec::new();
        for function in take.calls {
            let call = Expr::Function(function.clone());
            let named = datasets_in(&call, self.ground);
            let shown = masks_in(&call, self.ground);
            let tells = match shown {
                Some(MaskShows::Nothing) => false,
                Some(shows) if is_distinct(&function) => matches!(shows, MaskShows::Hash(_)),
                _ => true,
            };
            let is_counted = is_bare_count(&function) && tells;
            if shown.is_some() && !is_counted {
                return Err(PlanProblem::Masked { name: metric.names.shown().to_owned() });
            }
            let home = match named.as_slice() {
                [] => first,
                [one] => *one,
                several => {
                    let reaches_all =
                        |home: &&DatasetId| several.iter().all(|other| self.graph.reaches(**home, *other));
                    let home = several.iter().find(reaches_all).copied();
                    home.ok_or(PlanProblem::NoPath { from: several[0], to: several[1] })?
                }
            };
            let bears = self.bears(&function, home);
            let call = if bears == Bears::Rows { sql::count_rows() } else { call };
            let time = times::of_metric(self.ground, id, home).field();
            let filters = self.filters_for(&metric.default_filters, home);
            leaves.push(Leaf {
                home,
                call,
                bears,
                filters,
                time,
                declares_time: metric.time.is_some(),
                is_frame: false,
            });
        }
        let is_masked = |filter: &String| {
            let condition = parsed(filter, self.speech.dialect);
            condition.is_none_or(|condition| masks_in(&condition, self.ground).is_some())
        };
        if metric.default_filters.iter().any(is_masked) {
            return Err(PlanProblem::Masked { name: metric.names.shown().to_owned() });
        }
        if metric.default_filters.iter().any(|filter| !leaves.iter().any(|leaf| leaf.filters.contains(filter))) {
            return Err(bad());
        }
        let ty = match leaves.as_slice() {
            [leaf] if placeholder_index(&expr) == Some(0) => self.type_of(leaf),
            _ => Type::Number,
        };
        // A sum of what is not counted in rows or added up is none, whatever the model says.
        let adds = leaves.iter().all(|leaf| adds_up(&leaf.call)) && is_linear(&expr);
        let additivity = if adds { metric.additivity } else { Additivity::NonAdditive };
        Ok(Shape { expr: sql::bracketed(expr), leaves, additivity, ty, label })
    }

    /// The filters of a metric that can be asked of the rows of `home`.
    fn filters_for(&self, filters: &[String], home: DatasetId) -> Vec<String> {
        let applies = |text: &&String| {
            parsed(text, self.speech.dialect).is_some_and(|expr| {
                let named = datasets_in(&expr, self.ground);
                !named.is_empty() && named.iter().all(|dataset| self.graph.reaches(home, *dataset))
            })
        };
        let mut filters: Vec<String> = filters.iter().filter(applies).cloned().collect();
        filters.sort();
        filters
    }

    fn bears(&self, function: &Function, home: DatasetId) -> Bears {
        let name = function.name.to_string().to_ascii_lowercase();
        let FunctionArguments::List(list) = &function.args else { return Bears::Nothing };
        let is_distinct = is_distinct(function);
        let is_whole = function.filter.is_none();
        let key = &self.ground.dataset(home).primary_key;
        match (name.as_str(), list.args.as_slice()) {
            ("min" | "max", _) => Bears::Repetition,
            ("count", [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]) if is_whole && !is_distinct => Bears::Rows,
            // A column of the key is never empty, and as the whole key it is there once.
            ("count", [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::CompoundIdentifier(parts)))])
                if is_whole
                    && (!is_distinct || key.len() == 1)
                    && parts.last().is_some_and(|part| key.contains(&part.value)) =>
            {
                Bears::Rows
            }
            ("count", _) if is_distinct => Bears::Repetition,
            _ => Bears::Nothing,
        }
    }

    fn type_of(&self, leaf: &Leaf) -> Type {
        let Expr::Function(function) = &leaf.call else { return Type::Number };
        let name = function.name.to_string().to_ascii_lowercase();
        let FunctionArguments::List(list) = &function.args else { return Type::Number };
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::CompoundIdentifier(parts)))] = list.args.as_slice()
        else {
            return Type::Number;
        };
        let (true, Some(column)) = (matches!(name.as_str(), "min" | "max"), parts.last()) else { return Type::Number };
        let is_it = |field: &FieldId| {
            let known = parsed(&self.ground.field(*field).expression, self.speech.dialect);
            matches!(known, Some(Expr::Identifier(ident)) if ident.value == column.value)
        };
        self.ground.fields_of(leaf.home).find(is_it).map_or(Type::Number, |field| self.ground.field(field).ty)
    }

    /// The only column of a dataset's key, as `dataset.column`.
    pub(super) fn key(&self, dataset: DatasetId, label: &str) -> Result<Expr, PlanProblem> {
        let known = self.ground.dataset(dataset);
        // Columns of other keys may be empty, and are what rows are known by only where there is no primary one.
        let other = known.unique_keys.first().filter(|_| known.primary_key.is_empty());
        let single = match other.unwrap_or(&known.primary_key).as_slice() {
            [one] => Some(one),
            _ => None,
        };
        let column = single.ok_or_else(|| PlanProblem::UnsafeReaggregation {
            measure: label.to_owned(),
            why: format!("{} have no key of one column by which each would be counted once", known.names.shown()),
        })?;
        match known.mask_of(column) {
            None | Some(MaskShows::Hash(_)) => Ok(self.named_column(dataset, column)),
            Some(_) => Err(PlanProblem::Masked { name: format!("{}.{column}", known.names.name) }),
        }
    }

    fn named_column(&self, dataset: DatasetId, column: &str) -> Expr {
        self.column(&self.ground.dataset(dataset).names.name, column)
    }
}

/// Whether sums of it over groups are its sum over all.
fn adds_up(call: &Expr) -> bool {
    let Expr::Function(function) = call else { return false };
    matches!(function.name.to_string().to_ascii_lowercase().as_str(), "sum" | "count" | "total")
        && !is_distinct(function)
}

/// Sums and differences of leaves, and those times or by a number.
fn is_linear(expr: &Expr) -> bool {
    use sqlparser::ast::BinaryOperator as Op;
    let is_number = |expr: &Expr| matches!(expr, Expr::Value(_));
    match expr {
        Expr::Nested(inner) => is_linear(inner),
        Expr::BinaryOp { left, op: Op::Plus | Op::Minus, right } => is_linear(left) && is_linear(right),
        Expr::BinaryOp { left, op: Op::Multiply, right } => {
            is_number(left) && is_linear(right) || is_linear(left) && is_number(right)
        }
        Expr::BinaryOp { left, op: Op::Divide, right } => is_linear(left) && is_number(right),
        other => placeholder_index(other).is_some(),
    }
}

/// Puts `#0`, `#1`… in the place of aggregates; the same one twice is one.
struct TakeAggregates {
    calls: Vec<Function>,
    is_bad: bool,
}

impl VisitorMut for TakeAggregates {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr {
            let name = function.name.to_string().to_ascii_lowercase();
            if function.over.is_some() {
                self.is_bad = true;
            } else if guard::known_function(&name) == Some(true) && !is_scalar(&name, function) {
                let at = self.calls.iter().position(|known| known == function).unwrap_or_else(|| {
                    self.calls.push(function.clone());
                    self.calls.len() - 1
                });
                *expr = placeholder(at);
            }
        }
        ControlFlow::Continue(())
    }
}

/// SQLite's MIN and MAX of several arguments choose among them.
fn is_scalar(name: &str, function: &Function) -> bool {
    matches!(name, "min" | "max") && matches!(&function.args, FunctionArguments::List(list) if list.args.len() > 1)
}

/// Whether a figure counts a column as it is: that many are there, whatever is shown of them.
fn is_distinct(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    list.duplicate_treatment == Some(DuplicateTreatment::Distinct)
}

fn is_bare_count(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    let is_bare = |arg: &FunctionArg| {
        matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(_) | Expr::CompoundIdentifier(_))))
    };
    // A condition of its own compares, too.
    let is_plain = function.filter.is_none() && function.over.is_none() && list.clauses.is_empty();
    is_plain && function.name.to_string().eq_ignore_ascii_case("count") && list.args.iter().all(is_bare)
}
