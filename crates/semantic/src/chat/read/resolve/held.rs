//! Held conditions: what figures of the model count only. A condition that leaves nothing of them asks for another figure.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value as Literal};

use super::super::field_roles;
use super::super::resolver::{Outcome, Resolution, Resolver};
use super::{counts, totals};
use crate::chat::annotate::shown;
use crate::chat::ground::{DatasetId, FieldId, Ground, MetricId, plain_column};
use crate::chat::plan::{datasets_in, label, parsed};
use crate::chat::query::{Aggregate, CompareTo, Filter, Measure, Op, Query, Value};
use crate::guard::{self, Dialect, How, Plain, Test, Value as Stored};
use crate::visit::{self, VisitorMut};

/// A condition on a column of a dataset.
#[derive(Debug, Clone, PartialEq)]
struct Held {
    of: DatasetId,
    test: Test,
}

/// One aggregate of a metric, its conditions, and what it is made of where these hold.
struct Conditional {
    function: String,
    inner: Option<Expr>,
    held: Vec<Held>,
}

/// What is asked for and cannot be in a figure, with the condition of this.
struct Clash {
    metric: MetricId,
    held: Held,
    asked: Option<Filter>,
}

impl Resolver<'_> {
    /// "critical alarms with severity warning": there are none, whatever the rows are.
    pub fn holds_together(&self) -> Outcome<()> {
        let Some(clash) = clash(self.ground, &self.query) else { return Ok(()) };
        let (name, held) = (self.ground.metric(clash.metric).names.shown(), said(self.ground, &clash.held));
        let asked = clash.asked.map_or_else(|| "others".to_owned(), |filter| named(self.ground, &filter));
        Err(Resolution::Not(format!(
            "{name} holds only rows with {held}: ask for another figure of those with {asked}."
        )))
    }

    /// "and the rejected ones?" after approved changes: what is counted or added up there, under the new condition alone.
    pub fn held_no_longer(&mut self, last: &Query) -> Outcome<()> {
        while let Some(clash) = clash(self.ground, &self.query) {
            let figure = Measure::Metric(clash.metric);
            let is_new = clash.asked.as_ref().is_some_and(|filter| !last.filters.contains(filter));
            let other = bare(self.ground, clash.metric).filter(|_| is_new && last.measures.contains(&figure));
            let Some(other) = other else { return Ok(()) };
            let name = self.ground.metric(clash.metric).names.shown();
            let (shown, held) = (label(self.ground, &other).to_lowercase(), said(self.ground, &clash.held));
            self.notes.push(format!("Took {shown}: {name} holds only rows with {held}."));
            let having = self.query.having.iter_mut().map(|having| &mut having.measure);
            for measure in self.query.measures.iter_mut().chain(having).filter(|measure| **measure == figure) {
                *measure = other.clone();
            }
        }
        Ok(())
    }
}

/// The query with its conditions as those of columns: what is alike so is alike.
pub(in crate::chat::read) fn plainly(ground: &Ground, query: &Query) -> (Query, Vec<String>) {
    let (mut plain, mut conditions) = (query.clone(), Vec::new());
    // What is not paid today has no day of payment, where such days do not lie ahead.
    let undated = |filter: &Filter| match filter.op {
        Op::IsEmpty | Op::IsNotEmpty if !field_roles::ends(ground, filter.field) => {
            Filter { values: Vec::new(), ..filter.clone() }
        }
        _ => filter.clone(),
    };
    plain.filters.retain(|filter| match as_held(ground, &undated(filter)) {
        Some(held) => {
            conditions.push(format!("{held:?}"));
            false
        }
        None => true,
    });
    // A list shows what its conditions are on.
    let is_condition = |field: FieldId| query.filters.iter().any(|filter| filter.field == field);
    plain.dimensions.retain(|one| query.listed.is_none() || !is_condition(one.field));
    conditions.sort();
    (plain, conditions)
}

/// The first figure of which the conditions of the query leave nothing.
fn clash(ground: &Ground, query: &Query) -> Option<Clash> {
    let values = query.compare.as_ref().and_then(|compare| match &compare.to {
        CompareTo::Values { field, first, second } => Some((*field, [first.clone(), second.clone()])),
        _ => None,
    });
    let sides = values.into_iter().flat_map(|(field, values)| values.map(|value| (field, value)));
    let sides = sides.map(|(field, value)| Filter { field, op: Op::Is, values: vec![value] });
    let asked: Vec<Filter> = query.filters.iter().chain(&query.part).cloned().chain(sides).collect();
    // What has no day is in no period.
    let dated = query.time.iter().map(|time| Filter { field: time.field, op: Op::IsNotEmpty, values: Vec::new() });
    let asked: Vec<(Held, Option<Filter>)> = asked
        .into_iter()
        .filter_map(|filter| Some((as_held(ground, &filter)?, Some(filter))))
        .chain(dated.filter_map(|filter| Some((as_held(ground, &filter)?, None))))
        .collect();
    if asked.is_empty() {
        return None;
    }
    query.measures.iter().flat_map(metrics).find_map(|metric| {
        let all = conditionals(ground, metric);
        asked.iter().find_map(|(asked, filter)| {
            let is_same = |held: &&Held| held.of == asked.of && held.test.column == asked.test.column;
            let on_column: Vec<Vec<&Held>> = all
                .iter()
                .map(|one| one.held.iter().filter(is_same).collect())
                .filter(|it: &Vec<_>| !it.is_empty())
                .collect();
            let is_clashing = |held: &&Held| is_apart(&held.test, &asked.test);
            if !on_column.iter().all(|held| held.iter().any(is_clashing)) {
                return None;
            }
            let held = on_column.into_iter().flatten().find(is_clashing)?;
            Some(Clash { metric, held: held.clone(), asked: filter.clone() })
        })
    })
}

fn metrics(measure: &Measure) -> Vec<MetricId> {
    match measure {
        Measure::Metric(id) => vec![*id],
        Measure::Per { measure, .. } => metrics(measure),
        Measure::Over { part, whole } => [metrics(part), metrics(whole)].concat(),
        _ => Vec::new(),
    }
}

/// The figure without its one condition.
pub(in crate::chat::read) fn bare(ground: &Ground, metric: MetricId) -> Option<Measure> {
    let all = conditionals(ground, metric);
    let ([one], Some(of)) = (all.as_slice(), ground.metric(metric).datasets.first().copied()) else { return None };
    if one.held.len() != 1 || !is_one_aggregate(ground, metric) {
        return None;
    }
    let counted = || counts::counting(ground, of).unwrap_or(Measure::CountOf(of));
    let column = one.inner.as_ref().and_then(|inner| field_of(ground, inner));
    let is_key = |field: FieldId| crate::chat::schema_graph::key(ground, of) == Some(field);
    match (one.function.as_str(), column, &one.inner) {
        ("count", None, Some(Expr::Value(_)) | None) | ("sum", None, Some(Expr::Value(_))) => Some(counted()),
        ("count", Some(field), _) if is_key(field) => Some(counted()),
        ("sum", Some(field), _) => {
            Some(totals::total(ground, field).unwrap_or(Measure::Of { aggregate: Aggregate::Sum, field }))
        }
        ("avg", Some(field), _) => Some(Measure::Of { aggregate: Aggregate::Average, field }),
        _ => None,
    }
}

/// Nothing is computed of its aggregate, and it has all its conditions in plain words.
fn is_one_aggregate(ground: &Ground, metric: MetricId) -> bool {
    let metric = ground.metric(metric);
    let Some(first) = metric.datasets.first() else { return false };
    let is_call = matches!(parsed(&metric.expression, ground.dataset(*first).dialect), Some(Expr::Function(_)));
    is_call && metric.default_filters.len() <= 1
}

/// The aggregates of a metric with their conditions, where these are plain.
fn conditionals(ground: &Ground, metric: MetricId) -> Vec<Conditional> {
    let metric = ground.metric(metric);
    let Some(dialect) = metric.datasets.first().map(|first| ground.dataset(*first).dialect) else { return Vec::new() };
    let Some(mut expr) = parsed(&metric.expression, dialect) else { return Vec::new() };
    let mut calls = Calls { found: Vec::new() };
    let _: ControlFlow<()> = visit::change(&mut expr, &mut calls);
    let of_all: Vec<Held> = metric
        .default_filters
        .iter()
        .filter_map(|text| tests_of(ground, &parsed(text, dialect)?, dialect))
        .flatten()
        .collect();
    calls
        .found
        .iter()
        .map(|call| {
            let (condition, inner) = under(call);
            let own = condition.and_then(|condition| tests_of(ground, &condition, dialect)).unwrap_or_default();
            let held = own.into_iter().chain(of_all.iter().cloned()).collect();
            Conditional { function: call.name.to_string().to_lowercase(), inner, held }
        })
        .collect()
}

struct Calls {
    found: Vec<Function>,
}

impl VisitorMut for Calls {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        const AGGREGATES: [&str; 5] = ["count", "sum", "avg", "min", "max"];
        if let Expr::Function(call) = expr
            && AGGREGATES.contains(&call.name.to_string().to_lowercase().as_str())
        {
            self.found.push(call.clone());
        }
        ControlFlow::Continue(())
    }
}

/// `SUM(CASE WHEN condition THEN amount ELSE 0 END)`: the condition, and what is added up where it holds.
fn under(call: &Function) -> (Option<Expr>, Option<Expr>) {
    let FunctionArguments::List(list) = &call.args else { return (None, None) };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))] = list.args.as_slice() else {
        return (call.filter.as_deref().cloned(), None);
    };
    let is_nothing = |expr: &Expr| match expr {
        Expr::Value(value) => {
            matches!(&value.value, Literal::Null) || matches!(&value.value, Literal::Number(digits, _) if digits == "0")
        }
        _ => false,
    };
    match arg {
        Expr::Case { operand: None, conditions, else_result, .. } if call.filter.is_none() => {
            match conditions.as_slice() {
                [only] if else_result.as_deref().is_none_or(is_nothing) => {
                    (Some(only.condition.clone()), Some(only.result.clone()))
                }
                _ => (None, None),
            }
        }
        other => (call.filter.as_deref().cloned(), Some(other.clone())),
    }
}

fn tests_of(ground: &Ground, condition: &Expr, dialect: Dialect) -> Option<Vec<Held>> {
    let [of] = datasets_in(condition, ground)[..] else { return None };
    let held = |plain: Plain| match plain {
        Plain::Test(test) => Some(Held { of, test }),
        _ => None,
    };
    match guard::plain_in(&condition.to_string(), dialect)? {
        Plain::All(parts) => parts.into_iter().map(held).collect(),
        other => held(other).map(|one| vec![one]),
    }
}

/// The field of a column that is written with its dataset.
fn field_of(ground: &Ground, expr: &Expr) -> Option<FieldId> {
    let Expr::CompoundIdentifier(parts) = expr else { return None };
    let [of] = datasets_in(expr, ground)[..] else { return None };
    let column = &parts.last()?.value;
    ground.fields_of(of).find(|field| column_of(ground, *field).as_ref() == Some(column))
}

fn column_of(ground: &Ground, field: FieldId) -> Option<String> {
    let expression = &ground.field(field).expression;
    let is_name = expression.chars().all(|c| c.is_alphanumeric() || c == '_');
    plain_column(expression).or_else(|| is_name.then(|| expression.clone()))
}

/// A condition of a question as one on a column, where its field is one, or is made of one: "paid" of what has a day of payment.
fn as_held(ground: &Ground, filter: &Filter) -> Option<Held> {
    if ground.made_of(filter.field).is_some() {
        return None;
    }
    let field = ground.field(filter.field);
    let of = field.dataset;
    let value = |value: &Value| match value {
        Value::Text(text) => Some(Stored::Text(text.clone())),
        Value::Number(digits) => Some(Stored::Number(digits.clone())),
        Value::Boolean(yes) => Some(Stored::Boolean(*yes)),
        Value::Date(_) => None,
    };
    let how = match filter.op {
        Op::Is => How::OneOf,
        Op::IsNot => How::NoneOf,
        Op::IsEmpty if filter.values.is_empty() => How::Empty,
        // On a day or before it.
        Op::IsNotEmpty => How::Filled,
        _ => return None,
    };
    let values = match filter.op {
        Op::IsNotEmpty => Vec::new(),
        _ => filter.values.iter().map(value).collect::<Option<Vec<_>>>()?,
    };
    if let Some(column) = column_of(ground, filter.field) {
        return Some(Held { of, test: Test { column, how, values } });
    }
    let dialect = ground.dataset(of).dialect;
    let Expr::Case { operand: None, conditions, else_result: Some(otherwise), .. } =
        parsed(&field.expression, dialect)?
    else {
        return None;
    };
    let ([only], [Value::Text(said)]) = (conditions.as_slice(), filter.values.as_slice()) else { return None };
    let text = |expr: &Expr| match expr {
        Expr::Value(value) => value.value.clone().into_string(),
        _ => None,
    };
    let is_so = match (text(&only.result), text(&otherwise)) {
        (Some(yes), Some(_)) if yes == *said => filter.op == Op::Is,
        (Some(_), Some(no)) if no == *said => filter.op != Op::Is,
        _ => return None,
    };
    let Plain::Test(test) = guard::plain_in(&only.condition.to_string(), dialect)? else { return None };
    let how = match test.how {
        how if is_so => how,
        How::Empty => How::Filled,
        How::Filled => How::Empty,
        How::Is | How::OneOf => How::NoneOf,
        How::Other | How::NoneOf => How::OneOf,
        _ => return None,
    };
    Some(Held { of, test: Test { how, ..test } })
}

/// No row meets both.
fn is_apart(one: &Test, other: &Test) -> bool {
    let is_list = |how: How| matches!(how, How::Is | How::OneOf);
    let is_left_out = |how: How| matches!(how, How::Other | How::NoneOf);
    let same = |one: &Stored, other: &Stored| {
        let as_bit = |value: &Stored| match value {
            Stored::Number(digits) if digits == "1" => Some(true),
            Stored::Number(digits) if digits == "0" => Some(false),
            Stored::Boolean(yes) => Some(*yes),
            _ => None,
        };
        one == other || as_bit(one).is_some() && as_bit(one) == as_bit(other)
    };
    let is_among = |value: &Stored, values: &[Stored]| values.iter().any(|other| same(value, other));
    match (one.how, other.how) {
        (How::Empty, How::Empty) => false,
        (How::Empty, _) | (_, How::Empty) => true,
        (first, second) if is_list(first) && is_list(second) => {
            !one.values.iter().any(|it| is_among(it, &other.values))
        }
        (first, second) if is_list(first) && is_left_out(second) => {
            one.values.iter().all(|it| is_among(it, &other.values))
        }
        (first, second) if is_left_out(first) && is_list(second) => {
            other.values.iter().all(|it| is_among(it, &one.values))
        }
        _ => false,
    }
}

/// `severity “critical”`
fn said(ground: &Ground, held: &Held) -> String {
    let is_it = |field: &FieldId| column_of(ground, *field).as_ref() == Some(&held.test.column);
    let field = ground.fields_of(held.of).find(is_it);
    let name = field.map_or(held.test.column.clone(), |field| ground.field(field).names.shown().to_lowercase());
    let value = |value: &Stored| match value {
        Stored::Text(text) => format!("“{text}”"),
        Stored::Number(text) | Stored::Day(text) => text.clone(),
        Stored::Boolean(yes) => yes.to_string(),
    };
    let values = held.test.values.iter().map(value).collect::<Vec<_>>().join(", ");
    match held.test.how {
        How::Empty => format!("no {name}"),
        How::Filled => format!("some {name}"),
        How::Is | How::OneOf => format!("{name} {values}"),
        _ => format!("{name} other than {values}"),
    }
}

fn named(ground: &Ground, filter: &Filter) -> String {
    let name = ground.field(filter.field).names.shown().to_lowercase();
    let values = filter.values.iter().map(|value| format!("“{}”", shown(value))).collect::<Vec<_>>().join(", ");
    match filter.op {
        Op::Is => format!("{name} {values}"),
        Op::IsEmpty => format!("no {name}"),
        Op::IsNotEmpty => format!("some {name}"),
        _ => format!("{name} other than {values}"),
    }
}
