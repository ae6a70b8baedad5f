//! What PostgreSQL says and SQLite does not, or understands otherwise, said for SQLite.
//!
//! SQLite keeps days and moments as texts: `2026-11-20`, `2026-11-20 10:00:00`. What an expression holds is known before
//! anything is written (`typing`); where it cannot be known, it is left as it is.

mod casts;
mod patterns;
pub(super) mod rows;
mod texts;
mod times;

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, Ident, NamedWindowDefinition, NamedWindowExpr, OrderByExpr, OrderByKind, Query, SetExpr,
    TableAlias, TableFactor, TypedString, Value, WindowType,
};

use super::column_names::function_name;
use super::types::Type;
use super::typing::Types;
use crate::guard::{DIVISOR_FUNCTION, Dialect, Refusal, Rule};
use crate::template;

pub(super) use times::is_left;

/// The expression, whose parts are written for SQLite already.
///
/// Errors: what SQLite has nothing for.
pub(super) fn write(expr: &mut Expr, types: &Types) -> Result<(), Refusal> {
    let writing = Translator { types };
    if let Some(written) = writing.written(expr)? {
        // Some operands are written several times, and stand in one another.
        if written.to_string().len() > MAX_BYTES {
            return Err(Refusal::new(
                Rule::TooLong,
                "the statement becomes too long when it is written for its source",
            ));
        }
        *expr = written;
    }
    Ok(())
}

/// An expression that is longer is refused.
const MAX_BYTES: usize = 20_000;

/// Where rows stand that have nothing to be ordered by: last, and first where the order is from the greatest down.
pub(super) fn order(query: &mut Query) {
    if let Some(order) = &mut query.order_by
        && let OrderByKind::Expressions(by) = &mut order.kind
    {
        by.iter_mut().for_each(nulls);
    }
    if let SetExpr::Select(select) = &mut *query.body {
        for NamedWindowDefinition(_, window) in &mut select.named_window {
            if let NamedWindowExpr::WindowSpec(window) = window {
                window.order_by.iter_mut().for_each(nulls);
            }
        }
    }
}

fn nulls(by: &mut OrderByExpr) {
    use sqlparser::ast::OrderBySort as Sort;
    let is_descending = matches!(by.options.sort, Some(Sort::Desc));
    by.options.nulls_first.get_or_insert(is_descending);
}

fn filled(template: &str, places: &[(&str, Expr)]) -> Expr {
    template::filled(Dialect::Sqlite, template, places)
}

fn not_offered(what: &str) -> Refusal {
    Refusal::new(Rule::Unsupported, format!("{what} is not offered over an SQLite source"))
}

/// The text of a literal.
fn literal(expr: &Expr) -> Option<String> {
    let Expr::Value(value) = expr else { return None };
    match &value.value {
        Value::SingleQuotedString(text) => Some(text.clone()),
        Value::Placeholder(written) => Some(written.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'")),
        _ => None,
    }
}

fn is_number(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::Number(..)))
}

fn is_parameter(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value)
        if matches!(&value.value, Value::Placeholder(name) if name.starts_with(':')))
}

/// Printed as the dialect writes it: the parser's own way leaves some quotes as they are.
fn text(text: &str) -> Expr {
    let written = Dialect::Sqlite.text(text).unwrap_or_else(|| "''".to_owned());
    Expr::Value(Value::Placeholder(written).into())
}

fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let plain = |arg| match arg {
        &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expr)) => Some(expr),
        _ => None,
    };
    list.args.iter().filter_map(plain).collect()
}

struct Translator<'a> {
    types: &'a Types,
}

impl Translator<'_> {
    fn written(&self, expr: &mut Expr) -> Result<Option<Expr>, Refusal> {
        Ok(match expr {
            Expr::Value(_) => match (literal(expr), self.types.of(expr)) {
                (Some(written), Some(ty)) => casts::taken(&written, ty)?,
                _ => None,
            },
            // A list is written by what compares with it.
            Expr::Cast { expr: inner, data_type: DataType::Array(_), .. } if matches!(&**inner, Expr::Value(_)) => None,
            Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr: inner, data_type, .. } => {
                Some(casts::cast(inner, data_type)?)
            }
            Expr::TypedString(TypedString { data_type, value, .. }) => {
                Some(casts::cast(&Expr::Value(value.clone()), data_type)?)
            }
            Expr::Extract { field, expr: inner, .. } => Some(times::extract(&field.to_string(), inner)?),
            Expr::AtTimeZone { timestamp, time_zone } => {
                let zone = literal(time_zone).unwrap_or_default().to_ascii_lowercase();
                if !["utc", "gmt", "z", "etc/utc"].contains(&zone.as_str()) {
                    return Err(not_offered("a time zone but UTC"));
                }
                Some((**timestamp).clone())
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right)?,
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.alike(&mut [left, right]);
                None
            }
            Expr::Between { expr: of, low, high, .. } => {
                self.alike(&mut [of, low, high]);
                None
            }
            Expr::InList { expr: of, list, .. } => {
                self.alike(&mut std::iter::once(&mut **of).chain(list).collect::<Vec<_>>());
                None
            }
            Expr::Like { negated, any: false, expr: of, pattern, escape_char } => {
                let escape = match escape_char {
                    Some(escape) => literal(escape).ok_or_else(|| not_offered("an ESCAPE that is no literal"))?,
                    None => "\\".to_owned(),
                };
                let found = texts::like(of, pattern, &escape)?;
                Some(if *negated { filled("(NOT (x))", &[("x", found)]) } else { found })
            }
            Expr::ILike { negated, any: false, expr: of, pattern, escape_char } => {
                let escape = escape_char.take().unwrap_or_else(|| Box::new(text("\\")));
                let (expr, pattern) = (of.clone(), pattern.clone());
                Some(Expr::Like { negated: *negated, any: false, expr, pattern, escape_char: Some(escape) })
            }
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => self.listed(left, right, false),
            Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => self.listed(left, right, true),
            Expr::Position { expr: part, r#in: whole } => {
                Some(filled("instr(x, y)", &[("x", (**whole).clone()), ("y", (**part).clone())]))
            }
            Expr::Substring { special, .. } => {
                *special = true;
                None
            }
            Expr::Function(function) => {
                if let Some(WindowType::WindowSpec(window)) = &mut function.over {
                    window.order_by.iter_mut().for_each(nulls);
                }
                if let FunctionArguments::List(list) = &mut function.args {
                    for clause in &mut list.clauses {
                        if let FunctionArgumentClause::OrderBy(by) = clause {
                            by.iter_mut().for_each(nulls);
                        }
                    }
                }
                self.function(function)?
            }
            _ => None,
        })
    }

    fn binary(&self, left: &mut Expr, op: &BinaryOperator, right: &mut Expr) -> Result<Option<Expr>, Refusal> {
        use BinaryOperator as Op;
        Ok(match op {
            Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => {
                self.alike(&mut [left, right]);
                None
            }
            Op::Plus | Op::Minus => self.summed(left, *op == Op::Minus, right)?,
            Op::Divide | Op::Modulo => self.divided(left, *op == Op::Modulo, right),
            _ => None,
        })
    }

    fn summed(&self, left: &Expr, is_minus: bool, right: &Expr) -> Result<Option<Expr>, Refusal> {
        let later = |day: &Expr, days: &Expr| {
            let template = if is_minus { "date(x, (-(n)) || ' days')" } else { "date(x, (n) || ' days')" };
            filled(template, &[("x", day.clone()), ("n", days.clone())])
        };
        let is_time = |ty: Option<Type>| ty.is_some_and(Type::is_time);
        if let Some(step) = times::step(right) {
            return times::moved(left, &step, is_minus, self.types).map(Some);
        }
        if let Some(step) = times::step(left).filter(|_| !is_minus) {
            return times::moved(right, &step, false, self.types).map(Some);
        }
        Ok(match (self.types.of(left), self.types.of(right)) {
            (Some(Type::Date), Some(days)) if days.is_whole() => Some(later(left, right)),
            (Some(days), Some(Type::Date)) if days.is_whole() && !is_minus => Some(later(right, left)),
            (Some(Type::Date), Some(Type::Date)) if is_minus => Some(filled(
                "CAST(julianday(x) - julianday(y) AS INTEGER)",
                &[("x", left.clone()), ("y", right.clone())],
            )),
            (one, other) if is_minus && is_time(one) && is_time(other) => Some(times::between(left, right)),
            (one, other) if is_time(one) || is_time(other) => {
                return Err(not_offered("a sum or a difference of a time and of what may be one"));
            }
            _ => None,
        })
    }

    /// Nothing is divided by nothing, and only whole numbers are divided into such.
    fn divided(&self, left: &Expr, is_rest: bool, right: &Expr) -> Option<Expr> {
        let both = self.types.of(left).zip(self.types.of(right)).and_then(|(one, other)| one.common(other));
        let divisor = divisor(right);
        let is_exact = both.is_some_and(|both| !both.is_whole());
        let is_real = matches!(left, Expr::Cast { data_type: DataType::Real, .. })
            || is_number(left) && left.to_string().contains('.');
        let template = match (is_rest, is_exact) {
            (false, true) if !is_real => "CAST(x AS REAL) / y",
            (true, true) => "mod(x, y)",
            _ if divisor == *right => return None,
            (false, _) => "x / y",
            (true, false) => "x % y",
        };
        Some(filled(template, &[("x", left.clone()), ("y", divisor)]))
    }

    /// What is compared is brought into one form: a day is its midnight where it stands beside a moment. Columns of one sort
    /// are compared as they are written; what is bound is written in one way, and columns may not be.
    fn alike(&self, all: &mut [&mut Expr]) {
        let types: Vec<Option<Type>> = all.iter().map(|expr| self.types.of(expr)).collect();
        let is_bound = all.iter().any(|expr| is_parameter(expr));
        let has_moments = types.iter().flatten().any(|ty| ty.is_moment());
        let is_mixed = types.iter().any(|ty| !ty.is_some_and(Type::is_moment));
        let is_said = is_bound || all.iter().any(|expr| literal(expr).is_some());
        let template = match types.contains(&Some(Type::Date)) {
            _ if has_moments && (is_said || is_mixed) => "strftime('%Y-%m-%d %H:%M:%f', x)",
            true if !has_moments && is_bound => "date(x)",
            _ => return,
        };
        for expr in all.iter_mut() {
            **expr = filled(template, &[("x", (**expr).clone())]);
        }
    }

    fn listed(&self, left: &mut Expr, right: &mut Expr, negated: bool) -> Option<Expr> {
        match right {
            Expr::Nested(inner) => self.listed(left, inner, negated),
            Expr::Array(array) => {
                self.alike(&mut std::iter::once(&mut *left).chain(&mut array.elem).collect::<Vec<_>>());
                Some(Expr::InList { expr: Box::new(left.clone()), list: array.elem.clone(), negated })
            }
            _ => None,
        }
    }

    fn function(&self, function: &mut Function) -> Result<Option<Expr>, Refusal> {
        let called = function_name(function);
        if let ("mod", [of, by]) = (called.as_str(), arguments(function).as_slice()) {
            let rest = self.divided(of, true, by);
            return Ok(Some(rest.unwrap_or_else(|| filled("x % y", &[("x", (*of).clone()), ("y", (*by).clone())]))));
        }
        let args: Vec<Expr> = arguments(function).into_iter().cloned().collect();
        let places: Vec<(&str, Expr)> = ["x", "y", "z"].into_iter().zip(args.iter().cloned()).collect();
        let renamed = match called.as_str() {
            "char_length" | "character_length" => "length",
            "btrim" => "trim",
            "chr" => "char",
            "ascii" => "unicode",
            "bool_and" | "every" => "min",
            "bool_or" => "max",
            _ => "",
        };
        if !renamed.is_empty() {
            function.name = sqlparser::ast::ObjectName::from(vec![sqlparser::ast::Ident::new(renamed)]);
            return Ok(None);
        }
        let template = match (called.as_str(), args.as_slice()) {
            ("now" | "transaction_timestamp" | "statement_timestamp" | "clock_timestamp" | "localtimestamp", _) => {
                "CURRENT_TIMESTAMP"
            }
            ("date_part", [field, of]) => {
                return Ok(Some(times::extract(&literal(field).unwrap_or_default(), of)?));
            }
            ("date_trunc", [grain, of]) => return Ok(Some(times::truncated(grain, of)?)),
            ("date_trunc", [grain, of, zone]) if literal(zone).is_some_and(|zone| zone.eq_ignore_ascii_case("utc")) => {
                return Ok(Some(times::truncated(grain, of)?));
            }
            ("date_trunc", _) => return Err(not_offered("a time zone but UTC")),
            ("to_char", [of, format]) => return Ok(Some(times::shown(of, format)?)),
            ("to_timestamp", [_]) => "datetime(x, 'unixepoch')",
            ("to_timestamp", [of, pattern]) => return Ok(Some(patterns::read(of, pattern, Type::Timestamp)?)),
            ("to_date", [of, pattern]) => return Ok(Some(patterns::read(of, pattern, Type::Date)?)),
            ("greatest", [_, _]) => "coalesce(max(x, y), x, y)",
            ("greatest", [_, _, _]) => "coalesce(max(x, y, z), max(x, y), max(y, z), max(x, z), x, y, z)",
            ("least", [_, _]) => "coalesce(min(x, y), x, y)",
            ("least", [_, _, _]) => "coalesce(min(x, y, z), min(x, y), min(y, z), min(x, z), x, y, z)",
            ("greatest" | "least", [one]) => return Ok(Some(one.clone())),
            ("greatest" | "least", _) => return Err(not_offered(&format!("{called} of more than three"))),
            ("strpos", [_, _]) => "instr(x, y)",
            ("left", [_, _]) => "substr(x, 1, CASE WHEN y < 0 THEN max(length(x) + y, 0) ELSE y END)",
            ("right", [_, _]) => {
                "CASE WHEN y = 0 THEN '' WHEN y < 0 THEN substr(x, 1 - y) ELSE substr(x, max(length(x) - y + 1, 1)) END"
            }
            ("array_agg" | "string_to_array" | "array_length" | "array_to_string" | "cardinality" | "unnest", _) => {
                return Err(not_offered("an array"));
            }
            ("random", []) => "(random() / 18446744073709551616.0 + 0.5)",
            _ => return Ok(None),
        };
        Ok(Some(filled(template, &places)))
    }
}

/// `(…) AS t (a, b)`: there, a common table alone gives names to columns.
pub(super) fn name_columns(factor: &mut TableFactor) {
    let TableFactor::Derived { subquery, alias: Some(alias), .. } = factor else { return };
    if alias.columns.is_empty() {
        return;
    }
    let Ok(mut named) = template::query(Dialect::Sqlite, "WITH t AS (SELECT 1) SELECT * FROM t") else { return };
    let inner = TableAlias { name: Ident::new("t"), explicit: false, ..alias.clone() };
    alias.columns.clear();
    if let Some(table) = named.with.as_mut().and_then(|with| with.cte_tables.first_mut()) {
        table.alias = inner;
        std::mem::swap(&mut table.query, subquery);
    }
    // The query that stood there has not been moved: its box was.
    **subquery = named;
}

/// The same, where it is not nothing.
fn divisor(of: &Expr) -> Expr {
    let is_something = match of {
        Expr::Value(value) => matches!(&value.value, Value::Number(digits, _) if digits.parse() != Ok(0.0)),
        Expr::Function(function) => function_name(function) == "nullif",
        _ => false,
    };
    match is_something {
        true => of.clone(),
        false => filled(&format!("{DIVISOR_FUNCTION}(x)"), &[("x", of.clone())]),
    }
}
