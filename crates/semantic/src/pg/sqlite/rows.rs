//! Functions that answer rows where a table stands, in PostgreSQL's words for what SQLite has: series of numbers in a
//! column called `value`, and lists of values.
//!
//! They are written before the types of a query are worked out, and read by that as what they have become.

use std::ops::ControlFlow;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Span};
use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, Query, SelectItem, SetExpr, TableAlias, TableFactor,
    TableWithJoins, TypedString, Value, Values,
};

use super::{casts, is_number, literal, not_offered, times};
use crate::guard::{self, Dialect, Refusal, Rule};
use crate::pg::column_names::function_name;
use crate::pg::names::{self, OWN_SERIES, SERIES};
use crate::pg::types::Type;
use crate::template;
use crate::visit::{self, VisitorMut, argument};

/// What has so few rows may stand beside everything, as the guard has it.
const FEW_ROWS: usize = 1_000;
/// Times that are written one by one.
const MOST_TIMES: usize = FEW_ROWS;

/// Writes them in all of a query.
///
/// Errors: series and arrays that are not plain.
pub fn write(query: &mut Query) -> Result<(), Refusal> {
    match visit::change(query, &mut Writer) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(refusal) => Err(refusal),
    }
}

struct Writer;

impl VisitorMut for Writer {
    type Break = Refusal;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Refusal> {
        listed(query);
        if query.order_by.is_some() || query.limit_clause.is_some() || query.fetch.is_some() {
            selected(query);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Refusal> {
        let written = match factor {
            TableFactor::Table { name, args: Some(args), alias, with_ordinality, .. } if is_series(name) => {
                let is_own = alias.as_ref().is_some_and(|alias| alias.name.value == OWN_SERIES);
                if is_own {
                    return ControlFlow::Continue(());
                }
                series(&mut args.args, column(alias.as_ref(), SERIES), *with_ordinality)
                    .map(|query| derived(query, alias.take(), SERIES))
            }
            TableFactor::UNNEST { array_exprs, alias, with_ordinality, .. } => {
                elements(array_exprs, column(alias.as_ref(), "unnest"), *with_ordinality)
                    .map(|query| derived(query, alias.take(), "unnest"))
            }
            _ => return ControlFlow::Continue(()),
        };
        written.map(|written| *factor = written).map_or_else(ControlFlow::Break, ControlFlow::Continue)
    }
}

fn is_series(name: &ObjectName) -> bool {
    names::of(name).is_some_and(|name| name.table == SERIES && name.schema.is_none_or(|schema| schema == "pg_catalog"))
}

/// Of `VALUES (1), (2)` a query: those alone are ordered there, and cut off.
fn selected(query: &mut Query) {
    let Ok(mut of_values) =
        template::query(Dialect::PostgreSql, &format!("SELECT * FROM (VALUES (1)) AS {OWN_SERIES}"))
    else {
        return;
    };
    if let (SetExpr::Values(_), SetExpr::Select(select)) = (&*query.body, &mut *of_values.body)
        && let Some(TableWithJoins { relation: TableFactor::Derived { subquery, .. }, .. }) = select.from.first_mut()
    {
        std::mem::swap(&mut subquery.body, &mut query.body);
        query.body = of_values.body;
    }
}

/// `SELECT generate_series(1, 10)`: the only thing that is listed, of no table.
fn listed(query: &mut Query) {
    let SetExpr::Select(select) = &mut *query.body else { return };
    let [item] = select.projection.as_mut_slice() else { return };
    let (expr, alias) = match item {
        SelectItem::UnnamedExpr(expr) => (expr, None),
        SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.clone())),
        _ => return,
    };
    let Expr::Function(function) = expr else { return };
    if !select.from.is_empty() || function_name(function) != SERIES {
        return;
    }
    let Ok(mut rows) = template::query(Dialect::PostgreSql, &format!("SELECT * FROM {function}")) else { return };
    let SetExpr::Select(of_rows) = &mut *rows.body else { return };
    let name = alias.unwrap_or_else(|| Ident::new(SERIES));
    if let Some(TableWithJoins { relation: TableFactor::Table { alias, .. }, .. }) = of_rows.from.first_mut() {
        *alias = Some(TableAlias { explicit: true, name, columns: Vec::new(), at: None });
    }
    select.from = std::mem::take(&mut of_rows.from);
    select.projection = std::mem::take(&mut of_rows.projection);
}

/// What the only column is called.
fn column(alias: Option<&TableAlias>, function: &str) -> Ident {
    let own = alias.map(|alias| alias.columns.first().map_or(&alias.name, |column| &column.name));
    own.cloned().unwrap_or_else(|| Ident::new(function))
}

fn derived(subquery: Query, alias: Option<TableAlias>, function: &str) -> TableFactor {
    let name = alias.map_or_else(|| Ident::new(function), |alias| alias.name);
    let alias = Some(TableAlias { explicit: true, name, columns: Vec::new(), at: None });
    TableFactor::Derived { lateral: false, subquery: Box::new(subquery), alias, sample: None }
}

/// A query of this form with its column called so.
fn named(form: &str, column: Ident, is_short: bool) -> Result<Query, Refusal> {
    let refused = || not_offered("this function in place of a table");
    let limit = if is_short { format!(" LIMIT {FEW_ROWS}") } else { String::new() };
    let mut query = template::query(Dialect::PostgreSql, &format!("{form}{limit}")).map_err(|_| refused())?;
    if let SetExpr::Select(select) = &mut *query.body
        && let Some(SelectItem::ExprWithAlias { alias, .. }) = select.projection.first_mut()
    {
        *alias = column;
    }
    Ok(query)
}

fn series(args: &mut Vec<FunctionArg>, column: Ident, has_numbers: bool) -> Result<Query, Refusal> {
    if has_numbers {
        return Err(not_offered("WITH ORDINALITY"));
    }
    let given: Vec<&Expr> = args.iter().filter_map(argument).collect();
    if let [from, to, step] = given.as_slice()
        && let Some((from, to, ty)) = ends(from, to)?
    {
        return of_times(from, to, &step_of(step)?, ty, column);
    }
    args.iter_mut().for_each(without_cast);
    let given: Vec<&Expr> = args.iter().filter_map(argument).collect();
    // Of whole numbers the source has one itself.
    if given.iter().any(|expr| is_number(expr) && expr.to_string().contains(['.', 'e', 'E'])) {
        return Err(not_offered("a series of numbers that are not whole"));
    }
    let is_short = guard::rows_of_series(args).is_some_and(|rows| rows < FEW_ROWS as f64);
    let mut query = named(&format!("SELECT value AS x FROM {SERIES}(1, 1) AS {OWN_SERIES}"), column, is_short)?;
    if let SetExpr::Select(select) = &mut *query.body
        && let Some(TableWithJoins { relation: TableFactor::Table { args: Some(own), .. }, .. }) =
            select.from.first_mut()
    {
        std::mem::swap(&mut own.args, args);
    }
    Ok(query)
}

/// A whole number that is cast to one.
fn without_cast(arg: &mut FunctionArg) {
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg else { return };
    if let Expr::Cast { expr: of, data_type, .. } = expr
        && Type::of_data_type(data_type).is_some_and(Type::is_whole)
        && matches!(&**of, Expr::Value(value) if matches!(value.value, Value::Number(..) | Value::Placeholder(_)))
    {
        *expr = std::mem::replace(&mut **of, Expr::Value(Value::Null.into()));
    }
}

/// From when to when a series goes, and of which type its times are; `None` for one of numbers.
///
/// Errors: times that are no literals.
fn ends(from: &Expr, to: &Expr) -> Result<Option<(DateTime, DateTime, Type)>, Refusal> {
    let (said, also) = (type_of(from), type_of(to));
    let ty = match (said, also) {
        (None, None) => return Ok(None),
        (Some(Type::Timestamp), Some(Type::Timestamp) | None) | (None, Some(Type::Timestamp)) => Type::Timestamp,
        // Of days PostgreSQL makes moments with a zone.
        _ => Type::TimestampTz,
    };
    let moment = |expr: &Expr, own: Option<Type>| {
        let written = written(expr).ok_or_else(|| not_plain("a moment that is no literal"))?;
        let own = own.unwrap_or(ty);
        let text = casts::time(written.trim(), own)?;
        let text = if own == Type::Date { format!("{text} 00:00:00") } else { text };
        text.replace(' ', "T").parse::<DateTime>().map_err(|_| not_plain("a moment that there is not"))
    };
    Ok(Some((moment(from, said)?, moment(to, also)?, ty)))
}

fn not_plain(what: &str) -> Refusal {
    let message =
        format!("a series of times has plain bounds and a plain step over an SQLite source, and this one has {what}");
    Refusal::new(Rule::TableFunctionNotAllowed, message)
}

/// The type of a literal that says that it is a time.
fn type_of(expr: &Expr) -> Option<Type> {
    let data_type = match expr {
        Expr::Nested(inner) => return type_of(inner),
        Expr::Cast { data_type, .. } | Expr::TypedString(TypedString { data_type, .. }) => data_type,
        _ => return None,
    };
    Type::of_data_type(data_type).filter(|ty| ty.is_time())
}

/// What a literal says.
fn written(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => written(inner),
        Expr::TypedString(TypedString { value, .. }) => literal(&Expr::Value(value.clone())),
        Expr::Value(_) => literal(expr),
        _ => None,
    }
}

/// How far one time is from the next.
fn step_of(step: &Expr) -> Result<times::IntervalLength, Refusal> {
    let wrong = || not_plain("another step");
    match step {
        Expr::Interval(interval) => times::IntervalLength::of(interval),
        Expr::Nested(inner) => step_of(inner),
        Expr::Cast { expr, .. } => step_of(expr),
        Expr::Value(_) => times::IntervalLength::read(&literal(step).ok_or_else(wrong)?),
        _ => Err(wrong()),
    }
}

fn of_times(
    from: DateTime,
    to: DateTime,
    step: &times::IntervalLength,
    ty: Type,
    column: Ident,
) -> Result<Query, Refusal> {
    let ty = if ty == Type::Timestamp { "TIMESTAMP" } else { "TIMESTAMPTZ" };
    let seconds = step.days * 86_400 + step.seconds;
    if step.months == 0 {
        if seconds == 0 {
            return Err(Refusal::new(Rule::Value, "step size cannot equal zero"));
        }
        let span = to.duration_since(from).as_secs();
        let is_away = span != 0 && span.is_negative() != seconds.is_negative();
        let (first, last) = if is_away { (1, 0) } else { (0, span / seconds) };
        let at = from.to_string().replace('T', " ");
        return named(
            &format!(
                "SELECT CAST(datetime('{at}', (value * {seconds}) || ' seconds') AS {ty}) AS x \
                 FROM {SERIES}({first}, {last}) AS {OWN_SERIES}"
            ),
            column,
            last < FEW_ROWS as i64,
        );
    }
    let is_back = step.months < 0;
    let mut at = from;
    let mut rows = Vec::new();
    while if is_back { at >= to } else { at <= to } {
        if rows.len() == MOST_TIMES {
            return Err(not_plain(&format!("more than {MOST_TIMES} times")));
        }
        rows.push(format!("('{}')", at.to_string().replace('T', " ")));
        // A day that the month lacks becomes its last, and the next one goes on from there.
        let months = Span::new().try_months(step.months);
        let next = months.and_then(|months| at.checked_add(months));
        let next = next.and_then(|at| at.checked_add(SignedDuration::from_secs(seconds)));
        at = next.map_err(|_| not_plain("a moment that there is not"))?;
    }
    let form = match rows.is_empty() {
        true => format!("SELECT CAST(NULL AS {ty}) AS x WHERE false"),
        false => format!("SELECT CAST(column1 AS {ty}) AS x FROM (VALUES {}) AS {OWN_SERIES}", rows.join(", ")),
    };
    named(&form, column, true)
}

fn elements(arrays: &mut Vec<Expr>, column: Ident, has_numbers: bool) -> Result<Query, Refusal> {
    let refused = || not_offered("unnest but of one ARRAY[…]");
    let [array] = arrays.as_mut_slice() else { return Err(refused()) };
    let Some(elements) = listed_in(array).filter(|_| !has_numbers) else { return Err(refused()) };
    if elements.is_empty() {
        return named("SELECT NULL AS x WHERE false", column, true);
    }
    let is_short = elements.len() <= FEW_ROWS;
    let mut query = named(&format!("SELECT column1 AS x FROM (VALUES (1)) AS {OWN_SERIES}"), column, is_short)?;
    if let SetExpr::Select(select) = &mut *query.body
        && let Some(TableWithJoins { relation: TableFactor::Derived { subquery, .. }, .. }) = select.from.first_mut()
        && let SetExpr::Values(Values { rows, .. }) = &mut *subquery.body
        && let Some(like) = rows.pop()
    {
        rows.extend(elements.into_iter().map(|element| {
            let mut row = like.clone();
            row.content = vec![element];
            row
        }));
    }
    Ok(query)
}

/// The elements of `ARRAY[…]`, each as one of the type that the array is cast to.
fn listed_in(array: &mut Expr) -> Option<Vec<Expr>> {
    match array {
        Expr::Nested(inner) => listed_in(inner),
        Expr::Array(array) => Some(std::mem::take(&mut array.elem)),
        Expr::Cast { expr, data_type: sqlparser::ast::DataType::Array(of), kind, .. } => {
            let sqlparser::ast::ArrayElemTypeDef::SquareBracket(of, _) = of else { return None };
            let cast =
                |expr| Expr::Cast { kind: kind.clone(), expr: Box::new(expr), data_type: (**of).clone(), format: None };
            Some(listed_in(expr)?.into_iter().map(cast).collect())
        }
        Expr::Value(value) if matches!(value.value, Value::Null) => Some(Vec::new()),
        _ => None,
    }
}
