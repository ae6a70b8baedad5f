//! What PostgreSQL says and SQLite does not, or understands otherwise, said for SQLite.
//!
//! SQLite keeps days and moments as texts: `2026-11-20`, `2026-11-20 10:00:00`. So it has to be known of an expression
//! whether it is a time, by the type of its column or by what it was made with; where it cannot be known, texts are
//! compared, which is right for days.

use std::collections::BTreeMap;

use sqlparser::ast::{
    BinaryOperator, CastKind, CharacterLength, DataType, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, Interval, NamedWindowDefinition, NamedWindowExpr, OrderByExpr,
    OrderByKind, Query, SelectItem, SetExpr, TypedString, Value, WindowType,
};

use crate::guard::{Dialect, Refusal, Rule};
use crate::template;

/// What a column or an expression holds, as far as that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    Date,
    Timestamp,
    /// No time.
    Other,
    /// Of several columns of one name some hold times.
    Mixed,
}

/// Columns by their names in small letters, of all tables that the statement names and of what it calls so itself.
pub type ColumnTypes = BTreeMap<String, ColumnType>;

/// Notes what a column of this name holds.
pub fn note(times: &mut ColumnTypes, name: &str, holds: ColumnType) {
    let known = times.entry(name.to_lowercase()).or_insert(holds);
    if *known != holds {
        *known = ColumnType::Mixed;
    }
}

/// The same of the columns that a common table gives names to.
pub(super) fn note_columns(times: &mut ColumnTypes, query: &Query) {
    for table in query.with.iter().flat_map(|with| &with.cte_tables) {
        let items = projection(&table.query.body);
        for (at, column) in table.alias.columns.iter().enumerate() {
            let holds = match items.get(at) {
                Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) => {
                    (Translator { times }).holds(expr)
                }
                Some(_) => Some(ColumnType::Mixed),
                None => continue,
            };
            note(times, &column.name.value, holds.unwrap_or(ColumnType::Mixed));
        }
    }
}

/// What the columns of a query's answer hold; none where it asks for all columns of a table.
pub(super) fn answered(times: &ColumnTypes, body: &SetExpr) -> Vec<Option<ColumnType>> {
    let of_item = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
            Some((Translator { times }).holds(expr))
        }
        _ => None,
    };
    // One `*` moves all that stand behind it.
    projection(body).iter().map(of_item).collect::<Option<_>>().unwrap_or_default()
}

/// Of a union, that of its first part.
fn projection(body: &SetExpr) -> &[SelectItem] {
    match body {
        SetExpr::Select(select) => &select.projection,
        SetExpr::SetOperation { left, .. } => projection(left),
        SetExpr::Query(query) => projection(&query.body),
        _ => &[],
    }
}

/// The same of what a query's columns are called in it.
pub(super) fn note_aliases(times: &mut ColumnTypes, body: &SetExpr) {
    match body {
        SetExpr::Select(select) => {
            for item in &select.projection {
                if let SelectItem::ExprWithAlias { expr, alias } = item
                    && let Some(holds) = (Translator { times }).holds(expr)
                {
                    note(times, &alias.value, holds);
                }
            }
        }
        SetExpr::SetOperation { left, right, .. } => {
            note_aliases(times, left);
            note_aliases(times, right);
        }
        SetExpr::Query(query) => note_aliases(times, &query.body),
        _ => {}
    }
}

/// The expression, whose parts are written for SQLite already.
///
/// Errors: what SQLite has nothing for.
pub(super) fn write(expr: &mut Expr, times: &ColumnTypes) -> Result<(), Refusal> {
    let writing = Translator { times };
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

/// The time between two times, asked for in seconds or days, needs no interval: `EXTRACT(EPOCH FROM a - b)`.
pub(super) fn between(expr: &mut Expr, times: &ColumnTypes) {
    let (field, inner) = match expr {
        Expr::Extract { field, expr: inner, .. } => (field.to_string(), &**inner),
        Expr::Function(function) if name(function) == "date_part" => match arguments(function).as_slice() {
            [field, of] => (literal(field).unwrap_or_default(), *of),
            _ => return,
        },
        _ => return,
    };
    let Some((left, right)) = difference(inner, &Translator { times }) else { return };
    let template = match field.to_ascii_lowercase().as_str() {
        "epoch" => "(unixepoch(a, 'subsec') - unixepoch(b, 'subsec'))",
        "day" | "days" => "((unixepoch(a) - unixepoch(b)) / 86400)",
        _ => return,
    };
    *expr = filled(template, &[("a", left), ("b", right)]);
}

fn difference(expr: &Expr, writing: &Translator<'_>) -> Option<(Expr, Expr)> {
    match expr {
        Expr::Nested(inner) => difference(inner, writing),
        Expr::BinaryOp { left, op: BinaryOperator::Minus, right } => {
            let is_time = |of: &Expr| matches!(writing.holds(of), Some(ColumnType::Date | ColumnType::Timestamp));
            (is_time(left) && is_time(right)).then(|| ((**left).clone(), (**right).clone()))
        }
        _ => None,
    }
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

/// A day, and perhaps a time of it, as everybody writes them.
fn is_time_literal(text: &str) -> bool {
    let bytes = text.trim().as_bytes();
    let is_day = bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_day
        && match &bytes[10..] {
            [] => true,
            [b' ' | b'T', rest @ ..] => {
                (rest.len() >= 5 || matches!(rest, [b'+' | b'-', ..]))
                    && rest.iter().all(|byte| byte.is_ascii_digit() || b":.+-Z ".contains(byte))
            }
            _ => false,
        }
}

/// A literal or a parameter without the zone that is written behind its time: beside a day, and beside a moment that has none,
/// PostgreSQL reads over it. Drivers for Java write it behind each time that they bind.
fn without_zone(expr: &Expr) -> Expr {
    const CUT: &str = "CASE WHEN instr(substr(x, 11), '+') > 0 THEN rtrim(substr(x, 1, 9 + instr(substr(x, 11), '+'))) \
                       WHEN instr(substr(x, 11), '-') > 0 THEN rtrim(substr(x, 1, 9 + instr(substr(x, 11), '-'))) \
                       ELSE x END";
    if is_parameter(expr) {
        return filled(CUT, &[("x", expr.clone())]);
    }
    let Some(written) = literal(expr).filter(|written| is_time_literal(written)) else { return expr.clone() };
    let (day, time) = written.trim().split_at(10);
    let time = time.find(['+', '-', 'Z']).map_or(time, |at| &time[..at]);
    text(&format!("{day}{}", time.trim_end()))
}

/// The same with its zone in the form that SQLite reads: `+02:00` where `+02` is written.
fn with_zone(expr: &Expr) -> Expr {
    const MINUTES: &str = "CASE WHEN substr(x, 11) GLOB '*[+-][0-9][0-9]' THEN x || ':00' ELSE x END";
    match literal(expr).is_some() || is_parameter(expr) {
        true => filled(MINUTES, &[("x", expr.clone())]),
        false => expr.clone(),
    }
}

fn has_zone(data_type: &DataType) -> bool {
    use sqlparser::ast::TimezoneInfo;
    matches!(data_type, DataType::Timestamp(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz))
}

fn name(function: &Function) -> String {
    function.name.to_string().to_ascii_lowercase()
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
    times: &'a ColumnTypes,
}

impl Translator<'_> {
    fn written(&self, expr: &mut Expr) -> Result<Option<Expr>, Refusal> {
        Ok(match expr {
            Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr: inner, data_type, .. } => {
                Some(self.cast(inner, data_type)?)
            }
            Expr::TypedString(TypedString { data_type, value, .. }) => {
                Some(self.cast(&Expr::Value(value.clone()), data_type)?)
            }
            Expr::Extract { field, expr: inner, .. } => Some(extract(&field.to_string(), inner)?),
            Expr::AtTimeZone { timestamp, time_zone } => {
                let zone = literal(time_zone).unwrap_or_default().to_ascii_lowercase();
                if !["utc", "gmt", "z", "etc/utc"].contains(&zone.as_str()) {
                    return Err(not_offered("a time zone but UTC"));
                }
                Some((**timestamp).clone())
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right)?,
            Expr::Between { expr: of, low, high, .. } => {
                self.alike(&mut [of, low, high])?;
                None
            }
            Expr::InList { expr: of, list, .. } => {
                let mut all: Vec<&mut Expr> = std::iter::once(&mut **of).chain(list).collect();
                self.alike(&mut all)?;
                None
            }
            Expr::Like { negated, any: false, expr: of, pattern, escape_char } => {
                let escape = match escape_char {
                    Some(escape) => literal(escape).ok_or_else(|| not_offered("an ESCAPE that is no literal"))?,
                    None => "\\".to_owned(),
                };
                let found = like(of, pattern, &escape)?;
                Some(if *negated { filled("(NOT (x))", &[("x", found)]) } else { found })
            }
            Expr::ILike { negated, any: false, expr: of, pattern, escape_char } => {
                let escape = escape_char.take().unwrap_or_else(|| Box::new(text("\\")));
                let (expr, pattern) = (of.clone(), pattern.clone());
                Some(Expr::Like { negated: *negated, any: false, expr, pattern, escape_char: Some(escape) })
            }
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => listed(left, right, false),
            Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => listed(left, right, true),
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

    /// What it holds, written for SQLite already or not; of what cannot be known, nothing.
    fn holds(&self, expr: &Expr) -> Option<ColumnType> {
        let column = |name: &str| self.times.get(&name.to_lowercase()).copied();
        match expr {
            Expr::Identifier(ident) => column(&ident.value),
            Expr::CompoundIdentifier(parts) => column(&parts.last()?.value),
            Expr::Nested(inner) => self.holds(inner),
            Expr::Value(_) => match literal(expr) {
                Some(_) => None,
                None if is_parameter(expr) => column(&expr.to_string()),
                None => Some(ColumnType::Other),
            },
            Expr::Cast { data_type, .. } | Expr::TypedString(TypedString { data_type, .. }) => Some(match data_type {
                DataType::Date => ColumnType::Date,
                DataType::Timestamp(..) | DataType::TimestampNtz(..) | DataType::Datetime(_) => ColumnType::Timestamp,
                _ => ColumnType::Other,
            }),
            Expr::BinaryOp { left, op: BinaryOperator::Plus | BinaryOperator::Minus, right } => {
                match (self.holds(left), self.holds(right)) {
                    _ if matches!(**right, Expr::Interval(_)) => Some(ColumnType::Timestamp),
                    (Some(ColumnType::Date), Some(ColumnType::Other))
                    | (Some(ColumnType::Other), Some(ColumnType::Date)) => Some(ColumnType::Date),
                    (Some(ColumnType::Mixed), _) | (_, Some(ColumnType::Mixed)) => Some(ColumnType::Mixed),
                    (None, _) | (_, None) => None,
                    _ => Some(ColumnType::Other),
                }
            }
            Expr::Subquery(query) => match projection(&query.body) {
                [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] => self.holds(expr),
                _ => None,
            },
            Expr::Function(function) => match name(function).as_str() {
                "date" | "current_date" => Some(ColumnType::Date),
                "datetime" | "current_timestamp" | "date_trunc" | "now" | "to_timestamp" | "localtimestamp" => {
                    Some(ColumnType::Timestamp)
                }
                "strftime" => {
                    let format = arguments(function).first().and_then(|format| literal(format))?;
                    Some(if format.starts_with("%Y-%m-%d %H") { ColumnType::Timestamp } else { ColumnType::Other })
                }
                "min" | "max" | "coalesce" | "nullif" | "greatest" | "least" | "first_value" | "last_value" | "lag"
                | "lead" => arguments(function).into_iter().find_map(|arg| self.holds(arg)),
                _ => Some(ColumnType::Other),
            },
            Expr::Case { conditions, else_result, .. } => {
                let results = conditions.iter().map(|when| &when.result).chain(else_result.as_deref());
                results.into_iter().find_map(|result| self.holds(result))
            }
            _ => Some(ColumnType::Other),
        }
    }

    fn cast(&self, inner: &Expr, data_type: &DataType) -> Result<Expr, Refusal> {
        let x = || [("x", inner.clone())];
        let is_of_time = matches!(
            data_type,
            DataType::Date | DataType::Timestamp(..) | DataType::TimestampNtz(..) | DataType::Datetime(_)
        );
        if is_of_time && literal(inner).is_some_and(|text| !is_time_literal(&text)) {
            return Err(not_offered("a day that is not written as 2025-01-31"));
        }
        let x = || match is_of_time {
            true if has_zone(data_type) => [("x", with_zone(inner))],
            true => [("x", without_zone(inner))],
            false => x(),
        };
        Ok(match data_type {
            DataType::Date => filled("date(x)", &x()),
            DataType::Timestamp(..) | DataType::TimestampNtz(..) | DataType::Datetime(_) => filled("datetime(x)", &x()),
            DataType::Time(..) => filled("time(x)", &x()),
            DataType::Integer(_)
            | DataType::Int(_)
            | DataType::Int2(_)
            | DataType::Int4(_)
            | DataType::Int8(_)
            | DataType::BigInt(_)
            | DataType::SmallInt(_) => match is_number(inner) {
                true => filled("CAST(ROUND(x) AS INTEGER)", &x()),
                false => filled("CASE typeof(x) WHEN 'integer' THEN x ELSE CAST(ROUND(x) AS INTEGER) END", &x()),
            },
            DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => match info {
                ExactNumberInfo::None => filled("CAST(x AS REAL)", &x()),
                ExactNumberInfo::Precision(_) => filled("ROUND(CAST(x AS REAL))", &x()),
                ExactNumberInfo::PrecisionAndScale(_, scale) if *scale >= 0 => {
                    filled(&format!("ROUND(CAST(x AS REAL), {scale})"), &x())
                }
                ExactNumberInfo::PrecisionAndScale(..) => return Err(not_offered("a scale below nothing")),
            },
            DataType::Real
            | DataType::Float(_)
            | DataType::Float4
            | DataType::Float8
            | DataType::Double(_)
            | DataType::DoublePrecision => filled("CAST(x AS REAL)", &x()),
            DataType::Boolean | DataType::Bool => filled(
                "CASE WHEN typeof(x) IN ('integer', 'real') THEN x <> 0 \
                 WHEN lower(CAST(x AS TEXT)) IN ('t', 'true', 'y', 'yes', 'on', '1') THEN TRUE \
                 WHEN lower(CAST(x AS TEXT)) IN ('f', 'false', 'n', 'no', 'off', '0') THEN FALSE END",
                &x(),
            ),
            DataType::Varchar(Some(CharacterLength::IntegerLength { length, unit: None }))
            | DataType::CharacterVarying(Some(CharacterLength::IntegerLength { length, unit: None })) => {
                filled(&format!("substr(CAST(x AS TEXT), 1, {length})"), &x())
            }
            DataType::Text
            | DataType::Varchar(None)
            | DataType::CharacterVarying(None)
            | DataType::Uuid
            | DataType::String(_) => filled("CAST(x AS TEXT)", &x()),
            DataType::Custom(name, _) if name.to_string().eq_ignore_ascii_case("name") => {
                filled("CAST(x AS TEXT)", &x())
            }
            other => return Err(not_offered(&format!("a value of the type {other}"))),
        })
    }

    fn binary(&self, left: &mut Expr, op: &BinaryOperator, right: &mut Expr) -> Result<Option<Expr>, Refusal> {
        use BinaryOperator as Op;
        Ok(match op {
            Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => {
                self.alike(&mut [left, right])?;
                None
            }
            Op::Plus | Op::Minus if matches!(right, Expr::Interval(_)) => {
                let Expr::Interval(interval) = &*right else { return Ok(None) };
                Some(moved(left, interval, *op == Op::Minus)?)
            }
            Op::Plus if matches!(left, Expr::Interval(_)) => {
                let Expr::Interval(interval) = &*left else { return Ok(None) };
                Some(moved(right, interval, false)?)
            }
            Op::Plus | Op::Minus => {
                let holds = |expr: &Expr| match literal(expr) {
                    Some(text) => Some(if is_time_literal(&text) { ColumnType::Date } else { ColumnType::Other }),
                    None => self.holds(expr),
                };
                match (holds(left), holds(right)) {
                    (Some(ColumnType::Date), Some(ColumnType::Other)) => {
                        let template =
                            if *op == Op::Minus { "date(x, (-(n)) || ' days')" } else { "date(x, (n) || ' days')" };
                        Some(filled(template, &[("x", left.clone()), ("n", right.clone())]))
                    }
                    (Some(ColumnType::Other), Some(ColumnType::Date)) if *op == Op::Plus => {
                        Some(filled("date(x, (n) || ' days')", &[("x", right.clone()), ("n", left.clone())]))
                    }
                    (Some(ColumnType::Date), Some(ColumnType::Date)) if *op == Op::Minus => Some(filled(
                        "CAST(julianday(x) - julianday(y) AS INTEGER)",
                        &[("x", left.clone()), ("y", right.clone())],
                    )),
                    (None | Some(ColumnType::Other), None | Some(ColumnType::Other)) => None,
                    (Some(ColumnType::Timestamp), Some(ColumnType::Timestamp)) => {
                        return Err(not_offered(
                            "the time between two moments as an interval (EXTRACT(EPOCH FROM a - b) is)",
                        ));
                    }
                    _ => return Err(not_offered("a sum or a difference of a time and of what may be one")),
                }
            }
            _ => None,
        })
    }

    /// ColumnTypes that are compared are brought into one form: a day is its midnight where it stands beside a moment. Columns of
    /// moments are compared as they are.
    fn alike(&self, all: &mut [&mut Expr]) -> Result<(), Refusal> {
        let known: Vec<Option<ColumnType>> = all.iter().map(|expr| self.holds(expr)).collect();
        let has = |time: ColumnType| known.contains(&Some(time));
        if !has(ColumnType::Date) && !has(ColumnType::Timestamp) {
            return Ok(());
        }
        if all.iter().filter_map(|expr| literal(expr)).any(|text| !is_time_literal(&text)) {
            return Err(not_offered("a day that is not written as 2025-01-31"));
        }
        let is_bound = all.iter().any(|expr| is_parameter(expr));
        // What is of no type is of that of what it stands beside.
        let is_untyped = |expr: &Expr| literal(expr).is_some() || is_parameter(expr);
        let untyped: Vec<bool> =
            all.iter().zip(&known).map(|(expr, holds)| holds.is_none() && is_untyped(expr)).collect();
        for (expr, _) in all.iter_mut().zip(&untyped).filter(|(_, untyped)| **untyped) {
            **expr = without_zone(expr);
        }
        // Columns of one sort are compared as they are written; what is bound is written in one way, and columns may not be.
        let is_of_moments = has(ColumnType::Timestamp);
        if is_of_moments && (is_bound || known.iter().any(|holds| *holds != Some(ColumnType::Timestamp))) {
            for expr in all.iter_mut() {
                **expr = filled("strftime('%Y-%m-%d %H:%M:%f', x)", &[("x", (**expr).clone())]);
            }
        } else if !is_of_moments {
            for (expr, _) in all.iter_mut().zip(&untyped).filter(|(_, untyped)| **untyped || is_bound) {
                **expr = filled("date(x)", &[("x", (**expr).clone())]);
            }
        }
        Ok(())
    }

    fn function(&self, function: &mut Function) -> Result<Option<Expr>, Refusal> {
        let called = name(function);
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
                return Ok(Some(extract(&literal(field).unwrap_or_default(), of)?));
            }
            ("date_trunc", [grain, of]) => return Ok(Some(truncated(grain, of)?)),
            ("date_trunc", [grain, of, zone]) if literal(zone).is_some_and(|zone| zone.eq_ignore_ascii_case("utc")) => {
                return Ok(Some(truncated(grain, of)?));
            }
            ("date_trunc", _) => return Err(not_offered("a time zone but UTC")),
            ("to_char", [of, format]) => return Ok(Some(shown(of, format)?)),
            ("to_timestamp", [_]) => "datetime(x, 'unixepoch')",
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
            ("random", []) => "(random() / 18446744073709551616.0 + 0.5)",
            _ => return Ok(None),
        };
        Ok(Some(filled(template, &places)))
    }
}

fn listed(left: &Expr, right: &Expr, negated: bool) -> Option<Expr> {
    match right {
        Expr::Nested(inner) => listed(left, inner, negated),
        Expr::Array(array) => Some(Expr::InList { expr: Box::new(left.clone()), list: array.elem.clone(), negated }),
        _ => None,
    }
}

/// SQLite's LIKE knows no case, and GLOB does.
fn like(of: &Expr, pattern: &Expr, escape: &str) -> Result<Expr, Refusal> {
    let x = ("x", of.clone());
    let Some(pattern) = literal(pattern) else {
        if escape != "\\" {
            return Err(not_offered("an ESCAPE of a pattern that is no literal"));
        }
        return Ok(filled(
            "CASE WHEN instr(p, '\\') > 0 THEN x LIKE p ESCAPE '\\' ELSE glob(replace(replace(replace(replace(\
             replace(p, '[', '[[]'), '*', '[*]'), '?', '[?]'), '%', '*'), '_', '?'), x) END",
            &[x, ("p", pattern.clone())],
        ));
    };
    let (mut globbed, mut chars) = (String::new(), pattern.chars());
    while let Some(c) = chars.next() {
        let (c, is_plain) = match escape.chars().next() {
            Some(escape) if escape == c => (chars.next().unwrap_or(c), true),
            _ => (c, false),
        };
        match c {
            '%' if !is_plain => globbed.push('*'),
            '_' if !is_plain => globbed.push('?'),
            '*' | '?' | '[' => globbed.extend(['[', c, ']']),
            c => globbed.push(c),
        }
    }
    Ok(filled("glob(p, x)", &[x, ("p", text(&globbed))]))
}

/// A part of a time, as a number.
fn extract(field: &str, of: &Expr) -> Result<Expr, Refusal> {
    let template = match field.to_ascii_lowercase().as_str() {
        "year" | "years" => "CAST(strftime('%Y', x) AS INTEGER)",
        "quarter" => "((CAST(strftime('%m', x) AS INTEGER) + 2) / 3)",
        "month" | "months" => "CAST(strftime('%m', x) AS INTEGER)",
        "week" | "weeks" => "CAST(strftime('%V', x) AS INTEGER)",
        "isoyear" => "CAST(strftime('%G', x) AS INTEGER)",
        "day" | "days" => "CAST(strftime('%d', x) AS INTEGER)",
        "doy" => "CAST(strftime('%j', x) AS INTEGER)",
        "dow" => "CAST(strftime('%w', x) AS INTEGER)",
        "isodow" => "((CAST(strftime('%w', x) AS INTEGER) + 6) % 7 + 1)",
        "hour" | "hours" => "CAST(strftime('%H', x) AS INTEGER)",
        "minute" | "minutes" => "CAST(strftime('%M', x) AS INTEGER)",
        "second" | "seconds" => "CAST(strftime('%f', x) AS REAL)",
        "epoch" => "unixepoch(x, 'subsec')",
        other => return Err(not_offered(&format!("EXTRACT of {other}"))),
    };
    Ok(filled(template, &[("x", of.clone())]))
}

fn truncated(grain: &Expr, of: &Expr) -> Result<Expr, Refusal> {
    let grain = literal(grain).unwrap_or_default().to_ascii_lowercase();
    let template = match grain.as_str() {
        "year" => "strftime('%Y-%m-%d %H:%M:%S', x, 'start of year')",
        "quarter" => {
            "strftime('%Y-%m-%d %H:%M:%S', x, 'start of month', '-' || ((strftime('%m', x) - 1) % 3) || ' months')"
        }
        "month" => "strftime('%Y-%m-%d %H:%M:%S', x, 'start of month')",
        "week" => "strftime('%Y-%m-%d %H:%M:%S', x, 'start of day', '-6 days', 'weekday 1')",
        "day" => "strftime('%Y-%m-%d %H:%M:%S', x, 'start of day')",
        "hour" => "strftime('%Y-%m-%d %H:00:00', x)",
        "minute" => "strftime('%Y-%m-%d %H:%M:00', x)",
        "second" => "strftime('%Y-%m-%d %H:%M:%S', x)",
        other => return Err(not_offered(&format!("date_trunc to '{other}'"))),
    };
    Ok(filled(template, &[("x", of.clone())]))
}

/// Of a pattern, those that are written one by one.
const MOST_PARTS: usize = 8;

/// `to_char` of a time, in the patterns that are common.
fn shown(of: &Expr, format: &Expr) -> Result<Expr, Refusal> {
    const PATTERNS: [(&str, &str); 14] = [
        ("YYYY", "%Y"),
        ("IYYY", "%G"),
        ("HH24", "%H"),
        ("DDD", "%j"),
        ("MM", "%m"),
        ("DD", "%d"),
        ("MI", "%M"),
        ("SS", "%S"),
        ("IW", "%V"),
        ("ID", "%u"),
        ("Mon", "\u{1}"),
        ("Dy", "\u{2}"),
        ("Q", "\u{3}"),
        ("YY", "\u{4}"),
    ];
    let no_such = || not_offered("to_char with this pattern");
    let format = literal(format).ok_or_else(no_such)?;
    let mut rest = format.as_str();
    let mut written = String::new();
    while let Some(c) = rest.chars().next() {
        if let Some((known, means)) = PATTERNS.iter().find(|(known, _)| rest.starts_with(known)) {
            written.push_str(means);
            rest = &rest[known.len()..];
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (plain, behind) = quoted.split_once('"').ok_or_else(no_such)?;
            written.push_str(&plain.replace('%', "%%"));
            rest = behind;
        } else if c.is_ascii_alphanumeric() {
            return Err(no_such());
        } else {
            written.push_str(if c == '%' { "%%" } else { &rest[..c.len_utf8()] });
            rest = &rest[c.len_utf8()..];
        }
    }
    if written.chars().filter(|c| ('\u{1}'..='\u{4}').contains(c)).count() > MOST_PARTS {
        return Err(no_such());
    }
    let place = |mark: char| match mark {
        '\u{1}' => "substr('JanFebMarAprMayJunJulAugSepOctNovDec', strftime('%m', x) * 3 - 2, 3)",
        '\u{2}' => "substr('SunMonTueWedThuFriSat', strftime('%w', x) * 3 + 1, 3)",
        '\u{3}' => "((strftime('%m', x) + 2) / 3)",
        _ => "substr(strftime('%Y', x), 3)",
    };
    let mut parts = Vec::new();
    let mut plain = String::new();
    for c in written.chars() {
        if ('\u{1}'..='\u{4}').contains(&c) {
            parts.extend((!plain.is_empty()).then(|| said(&std::mem::take(&mut plain), of)));
            parts.push(filled(place(c), &[("x", of.clone())]));
        } else {
            plain.push(c);
        }
    }
    parts.extend((!plain.is_empty()).then(|| said(&plain, of)));
    let joined = parts.into_iter().reduce(|left, right| filled("(a || b)", &[("a", left), ("b", right)]));
    Ok(joined.unwrap_or_else(|| text("")))
}

fn said(format: &str, of: &Expr) -> Expr {
    filled("strftime(f, x)", &[("f", text(format)), ("x", of.clone())])
}

/// So much later or earlier; a day that the month lacks becomes its last.
fn moved(time: &Expr, interval: &Interval, is_back: bool) -> Result<Expr, Refusal> {
    let wrong = || not_offered("this interval");
    let said = literal(&interval.value).or_else(|| match &*interval.value {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => Some(digits.clone()),
            _ => None,
        },
        _ => None,
    });
    let said = said.ok_or_else(wrong)?.to_ascii_lowercase();
    let said = match &interval.leading_field {
        Some(field) => format!("{said} {}", field.to_string().to_ascii_lowercase()),
        None => said,
    };
    let words: Vec<&str> = said.split_whitespace().collect();
    let (mut months, mut days, mut seconds) = (0.0, 0.0, 0.0);
    for pair in words.chunks(2) {
        let [count, unit] = pair else { return Err(wrong()) };
        let count: f64 = count.parse().map_err(|_| wrong())?;
        let (sum, times) = match unit.trim_end_matches('s') {
            "year" | "yr" => (&mut months, 12.0),
            "mon" | "month" => (&mut months, 1.0),
            "quarter" => (&mut months, 3.0),
            "week" => (&mut days, 7.0),
            "day" => (&mut days, 1.0),
            "hour" | "hr" => (&mut seconds, 3_600.0),
            "min" | "minute" => (&mut seconds, 60.0),
            "sec" | "second" => (&mut seconds, 1.0),
            _ => return Err(wrong()),
        };
        *sum += count * times;
    }
    if [months, days, seconds].iter().any(|sum: &f64| sum.fract() != 0.0 || sum.abs() > 1e9) || words.is_empty() {
        return Err(wrong());
    }
    let mut modifiers = String::new();
    for (sum, unit, floor) in [(months, "months", ", 'floor'"), (days, "days", ""), (seconds, "seconds", "")] {
        let sum: f64 = if is_back { -sum } else { sum };
        if sum != 0.0 {
            modifiers.push_str(&format!(", '{sum:+} {unit}'{floor}"));
        }
    }
    Ok(filled(&format!("datetime(x{modifiers})"), &[("x", time.clone())]))
}

/// An interval that stands beside no time.
pub(super) fn is_left(expr: &Expr) -> Option<Refusal> {
    matches!(expr, Expr::Interval(_)).then(|| not_offered("an interval that is not added to a time"))
}
