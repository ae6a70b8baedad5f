//! What PostgreSQL says and SQLite does not, or understands otherwise, said for SQLite.
//!
//! SQLite keeps days and moments as texts: `2026-11-20`, `2026-11-20 10:00:00`. So it has to be known of an expression
//! whether it is a time, by the type of its column or by what it was made with; where it cannot be known, texts are
//! compared, which is right for days.

use std::collections::BTreeMap;

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, DateTimeField, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, Interval, OrderByExpr, OrderByKind, Query, TypedString, Value, WindowType,
};

use crate::guard::{Dialect, Refusal, Rule};
use crate::template;

/// What a column or an expression of times holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    Day,
    Moment,
}

/// The columns of times by their names in small letters, of all tables that the statement names.
pub type Times = BTreeMap<String, Time>;

/// The expression, whose parts are written for SQLite already.
///
/// Errors: what SQLite has nothing for.
pub(super) fn write(expr: &mut Expr, times: &Times) -> Result<(), Refusal> {
    let writing = Writing { times };
    if let Some(written) = writing.written(expr)? {
        *expr = written;
    }
    Ok(())
}

/// Where rows stand that have nothing to be ordered by: last, and first where the order is from the greatest down.
pub(super) fn order(query: &mut Query) {
    if let Some(order) = &mut query.order_by
        && let OrderByKind::Expressions(by) = &mut order.kind
    {
        by.iter_mut().for_each(nulls);
    }
}

fn nulls(by: &mut OrderByExpr) {
    use sqlparser::ast::OrderBySort as Sort;
    let is_descending = matches!(by.options.sort, Some(Sort::Desc));
    by.options.nulls_first.get_or_insert(is_descending);
}

/// The time between two times, asked for in seconds or days, needs no interval: `EXTRACT(EPOCH FROM a - b)`.
pub(super) fn between(expr: &mut Expr) {
    let Expr::Extract { field, expr: inner, .. } = expr else { return };
    let Some((left, right)) = difference(inner) else { return };
    let template = match field {
        DateTimeField::Epoch => "(unixepoch(a, 'subsec') - unixepoch(b, 'subsec'))",
        DateTimeField::Day | DateTimeField::Days => "CAST(julianday(a) - julianday(b) AS INTEGER)",
        _ => return,
    };
    *expr = filled(template, &[("a", left), ("b", right)]);
}

fn difference(expr: &Expr) -> Option<(Expr, Expr)> {
    match expr {
        Expr::Nested(inner) => difference(inner),
        Expr::BinaryOp { left, op: BinaryOperator::Minus, right } if !matches!(**right, Expr::Interval(_)) => {
            Some(((**left).clone(), (**right).clone()))
        }
        _ => None,
    }
}

fn filled(template: &str, places: &[(&str, Expr)]) -> Expr {
    template::filled(Dialect::Sqlite, template, places)
}

fn not_offered(what: &str) -> Refusal {
    Refusal::new(Rule::Unsupported, format!("{what} is not offered over a source of SQLite's"))
}

/// Of what was a literal of PostgreSQL's, the text.
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

fn text(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_owned()).into())
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

struct Writing<'a> {
    times: &'a Times,
}

impl Writing<'_> {
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
                self.alike(&mut [of, low, high]);
                None
            }
            Expr::InList { expr: of, list, .. } => {
                let mut all: Vec<&mut Expr> = std::iter::once(&mut **of).chain(list).collect();
                self.alike(&mut all);
                None
            }
            Expr::Like { negated, any: false, expr: of, pattern, escape_char: None } => {
                let found = like(of, pattern);
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
                self.function(function)?
            }
            _ => None,
        })
    }

    /// What sort of time it is; of what cannot be known, nothing.
    fn time(&self, expr: &Expr) -> Option<Time> {
        match expr {
            Expr::Identifier(ident) => self.times.get(&ident.value.to_lowercase()).copied(),
            Expr::CompoundIdentifier(parts) => self.times.get(&parts.last()?.value.to_lowercase()).copied(),
            Expr::Nested(inner) => self.time(inner),
            Expr::Function(function) => match name(function).as_str() {
                "date" | "current_date" => Some(Time::Day),
                "datetime" | "current_timestamp" => Some(Time::Moment),
                "strftime" => {
                    let format = arguments(function).first().and_then(|format| literal(format))?;
                    format.starts_with("%Y-%m-%d %H").then_some(Time::Moment)
                }
                "min" | "max" | "coalesce" | "first_value" | "last_value" | "lag" | "lead" => {
                    arguments(function).into_iter().find_map(|arg| self.time(arg))
                }
                _ => None,
            },
            Expr::Case { conditions, else_result, .. } => {
                let results = conditions.iter().map(|when| &when.result).chain(else_result.as_deref());
                results.into_iter().find_map(|result| self.time(result))
            }
            _ => None,
        }
    }

    fn cast(&self, inner: &Expr, data_type: &DataType) -> Result<Expr, Refusal> {
        let x = || [("x", inner.clone())];
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
                ExactNumberInfo::PrecisionAndScale(_, scale) => {
                    filled(&format!("ROUND(CAST(x AS REAL), {scale})"), &x())
                }
            },
            DataType::Real
            | DataType::Float(_)
            | DataType::Float4
            | DataType::Float8
            | DataType::Double(_)
            | DataType::DoublePrecision => filled("CAST(x AS REAL)", &x()),
            DataType::Boolean | DataType::Bool => filled(
                "CASE WHEN lower(CAST(x AS TEXT)) IN ('t', 'true', 'y', 'yes', 'on', '1') THEN TRUE \
                 WHEN lower(CAST(x AS TEXT)) IN ('f', 'false', 'n', 'no', 'off', '0') THEN FALSE END",
                &x(),
            ),
            DataType::Varchar(Some(length)) | DataType::CharacterVarying(Some(length)) => {
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
        let x = ("x", left.clone());
        Ok(match op {
            Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => {
                self.alike(&mut [left, right]);
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
            Op::Plus | Op::Minus => match (self.time(left), self.time(right)) {
                (Some(Time::Day), None) => {
                    let template =
                        if *op == Op::Minus { "date(x, (-(n)) || ' days')" } else { "date(x, (n) || ' days')" };
                    Some(filled(template, &[x, ("n", right.clone())]))
                }
                (None, Some(Time::Day)) if *op == Op::Plus => {
                    Some(filled("date(x, (n) || ' days')", &[("x", right.clone()), ("n", left.clone())]))
                }
                (Some(Time::Day), Some(Time::Day)) if *op == Op::Minus => {
                    Some(filled("CAST(julianday(x) - julianday(y) AS INTEGER)", &[x, ("y", right.clone())]))
                }
                (None, None) => None,
                _ => {
                    return Err(not_offered(
                        "the time between two moments as an interval (EXTRACT(EPOCH FROM a - b) is)",
                    ));
                }
            },
            _ => None,
        })
    }

    /// Times that are compared are brought into one form: a day is its midnight where it stands beside a moment.
    fn alike(&self, all: &mut [&mut Expr]) {
        let known: Vec<Option<Time>> = all.iter().map(|expr| self.time(expr)).collect();
        let has = |time: Time| known.contains(&Some(time));
        let template = match (has(Time::Moment), has(Time::Day)) {
            (true, _) => "strftime('%Y-%m-%d %H:%M:%f', x)",
            // Who gives a parameter may give a moment.
            (false, true) if all.iter().any(|expr| is_parameter(expr)) => "strftime('%Y-%m-%d %H:%M:%f', x)",
            (false, true) => {
                for expr in all.iter_mut().filter(|expr| literal(expr).is_some()) {
                    **expr = filled("date(x)", &[("x", (**expr).clone())]);
                }
                return;
            }
            (false, false) => return,
        };
        for expr in all.iter_mut().filter(|expr| !matches!(***expr, Expr::Subquery(_))) {
            **expr = filled(template, &[("x", (**expr).clone())]);
        }
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
fn like(of: &Expr, pattern: &Expr) -> Expr {
    let x = ("x", of.clone());
    let Some(pattern) = literal(pattern) else {
        return filled(
            "CASE WHEN instr(p, '\\') > 0 THEN x LIKE p ESCAPE '\\' ELSE glob(replace(replace(replace(replace(\
             replace(p, '[', '[[]'), '*', '[*]'), '?', '[?]'), '%', '*'), '_', '?'), x) END",
            &[x, ("p", pattern.clone())],
        );
    };
    let (mut globbed, mut chars) = (String::new(), pattern.chars());
    while let Some(c) = chars.next() {
        let (c, is_plain) = match c {
            '\\' => (chars.next().unwrap_or('\\'), true),
            c => (c, false),
        };
        match c {
            '%' if !is_plain => globbed.push('*'),
            '_' if !is_plain => globbed.push('?'),
            '*' | '?' | '[' => globbed.extend(['[', c, ']']),
            c => globbed.push(c),
        }
    }
    filled("glob(p, x)", &[x, ("p", text(&globbed))])
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
    let mut modifiers = String::new();
    for pair in words.chunks(2) {
        let [count, unit] = pair else { return Err(wrong()) };
        let count: f64 = count.parse().map_err(|_| wrong())?;
        let count = if is_back { -count } else { count };
        let (times, unit) = match unit.trim_end_matches('s') {
            "year" | "yr" => (12.0, "months"),
            "mon" | "month" => (1.0, "months"),
            "quarter" => (3.0, "months"),
            "week" => (7.0, "days"),
            "day" => (1.0, "days"),
            "hour" | "hr" => (1.0, "hours"),
            "min" | "minute" => (1.0, "minutes"),
            "sec" | "second" => (1.0, "seconds"),
            _ => return Err(wrong()),
        };
        let count = count * times;
        if unit == "months" && count.fract() != 0.0 {
            return Err(wrong());
        }
        let floor = if unit == "months" { ", 'floor'" } else { "" };
        modifiers.push_str(&format!(", '{count:+} {unit}'{floor}"));
    }
    Ok(filled(&format!("datetime(x{modifiers})"), &[("x", time.clone())]))
}

/// An interval that stands beside no time.
pub(super) fn is_left(expr: &Expr) -> Option<Refusal> {
    matches!(expr, Expr::Interval(_)).then(|| not_offered("an interval that is not added to a time"))
}
