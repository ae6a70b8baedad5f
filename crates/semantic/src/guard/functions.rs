//! Functions: only those on a list. They compute from their arguments and touch no file, network, clock or lock.

use std::collections::HashSet;
use std::sync::LazyLock;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, ObjectName, Spanned,
    Value, WindowType,
};
use sqlparser::tokenizer::Span;

use super::dialect::Dialect;
use super::names::idents;
use super::refusal::{Refusal, Rule, brief, unsupported};
use super::rows;
use super::walk::Walk;

/// The most characters that a padding or repeating function may make.
const MAX_MADE: f64 = 10_000.0;

const AGGREGATES: &str = "array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp every group_concat \
    json_agg json_arrayagg json_group_array json_group_object json_object_agg json_objectagg jsonb_agg \
    jsonb_object_agg mode percentile_cont percentile_disc regr_count regr_intercept regr_r2 regr_slope std stddev \
    stddev_pop stddev_samp string_agg sum total var_pop var_samp variance";

/// The function of the embedded engine that answers a number as it is, and none for 0: PostgreSQL divides by it.
pub const DIVISOR_FUNCTION: &str = "emporion_divisor";

/// What it says then, and what is said where another source divides by 0.
pub const DIVISION_BY_ZERO: &str = "division by zero";

/// Functions that are nothing without a window or a grouping.
const WINDOWS: &[&str] = &[
    "cume_dist",
    "dense_rank",
    "first_value",
    "grouping",
    "lag",
    "last_value",
    "lead",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "row_number",
];

const COMMON: &str = "abs acos asin atan atan2 ceil ceiling char_length character_length coalesce concat concat_ws cos cume_dist \
    current_date current_time current_timestamp degrees dense_rank exp first_value floor greatest grouping ifnull \
    instr lag last_value lead least left length ln localtime localtimestamp log log10 log2 lower lpad ltrim max \
    min mod nth_value ntile nullif octet_length percent_rank pi position pow power radians rank replace reverse \
    right round row_number rpad rtrim sign sin sqrt strpos substr substring tan trim trunc upper";

const SQLITE: &str = "acosh asinh atanh char cosh date datetime emporion_divisor format glob hex if iif json json_array \
    json_array_length json_extract json_insert json_object json_patch json_quote json_remove json_replace json_set \
    json_type json_valid julianday like likelihood likely median percentile printf quote random regexp sinh soundex \
    strftime tanh time timediff typeof unhex unicode unixepoch unlikely";

const POSTGRESQL: &str = "age array_append array_cat array_length array_lower array_ndims array_position \
    array_positions array_prepend array_remove array_replace array_to_string array_upper ascii bit_length btrim \
    cardinality cbrt chr clock_timestamp convert_from date date_bin date_part date_trunc daterange decode div encode \
    extract factorial format gcd gen_random_uuid initcap int4range int8range isempty isfinite json_array_length \
    json_build_array json_build_object json_extract_path json_extract_path_text json_strip_nulls json_typeof \
    jsonb_array_length jsonb_build_array jsonb_build_object jsonb_extract_path jsonb_extract_path_text jsonb_insert \
    jsonb_path_exists jsonb_path_match jsonb_path_query_array jsonb_path_query_first jsonb_pretty jsonb_set \
    jsonb_strip_nulls jsonb_typeof justify_days justify_hours justify_interval lcm make_date make_interval make_time \
    make_timestamp make_timestamptz md5 min_scale now num_nonnulls num_nulls numeric numrange overlay \
    phraseto_tsquery plainto_tsquery quote_ident quote_literal quote_nullable random regexp_count regexp_instr \
    regexp_like regexp_match regexp_replace regexp_split_to_array regexp_substr repeat row_to_json scale sha256 \
    sha512 split_part starts_with statement_timestamp string_to_array text timezone to_char to_date to_hex to_json \
    to_jsonb to_number to_timestamp to_tsquery to_tsvector transaction_timestamp translate trim_scale ts_headline \
    ts_rank tsrange tstzrange websearch_to_tsquery width_bucket";

const MYSQL: &str = "adddate addtime any_value ascii bin bit_count bit_length char conv convert_tz cot crc32 curdate curtime date \
    date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear elt field find_in_set format \
    from_days from_unixtime hex hour if insert isnull json_array json_contains json_contains_path json_depth \
    json_exists json_extract json_keys json_length json_object json_overlaps json_query json_quote json_search json_type json_unquote \
    json_valid json_value last_day lcase locate makedate maketime md5 median microsecond mid minute month monthname now \
    nvl nvl2 oct ord period_add period_diff quarter rand regexp_instr regexp_like regexp_replace regexp_substr repeat \
    sec_to_time second sha1 sha2 soundex space str_to_date strcmp subdate substring_index subtime time time_format \
    time_to_sec timediff timestamp timestampadd timestampdiff to_days to_seconds truncate ucase unhex \
    unix_timestamp utc_date utc_time utc_timestamp week weekday weekofyear year yearweek";

/// Functions that dialects call without brackets and that tell who is connected where.
const BARE: &[&str] =
    &["current_catalog", "current_role", "current_schema", "current_user", "session_user", "system_user"];

pub(super) fn is_bare(name: &str) -> bool {
    BARE.iter().any(|bare| bare.eq_ignore_ascii_case(name))
}

pub(super) fn refused(name: &str, span: Span) -> Refusal {
    Refusal::at(Rule::FunctionNotAllowed, span, format!("the function `{}` is not allowed", brief(name)))
}

fn lists(dialect: Dialect) -> &'static HashSet<&'static str> {
    static LISTS: [LazyLock<HashSet<&str>>; 3] =
        [LazyLock::new(|| words(SQLITE)), LazyLock::new(|| words(POSTGRESQL)), LazyLock::new(|| words(MYSQL))];
    match dialect {
        Dialect::Sqlite => &LISTS[0],
        Dialect::PostgreSql => &LISTS[1],
        Dialect::MySql => &LISTS[2],
    }
}

fn words(own: &'static str) -> HashSet<&'static str> {
    [COMMON, AGGREGATES, own].into_iter().flat_map(str::split_whitespace).collect()
}

/// Whether any dialect's list has a function, and if so whether it aggregates. The name is in lower case.
pub fn known_function(name: &str) -> Option<bool> {
    let aggregate = AGGREGATES.split_whitespace().any(|known| known == name)
        || matches!(name, "max" | "median" | "min" | "percentile");
    let known =
        [Dialect::Sqlite, Dialect::PostgreSql, Dialect::MySql].iter().any(|dialect| lists(*dialect).contains(name));
    (known || aggregate).then_some(aggregate)
}

/// The plain name of an allowed function, in lower case.
fn allowed(name: &ObjectName, dialect: Dialect) -> Result<String, Refusal> {
    let parts = idents(name)?;
    let shown = parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
    let refused = || refused(&shown, name.span());
    let ident = match parts.as_slice() {
        [ident] => *ident,
        [schema, ident] if dialect == Dialect::PostgreSql && dialect.key(schema) == "pg_catalog" => *ident,
        _ => return Err(refused()),
    };
    let key = dialect.key(ident);
    let known = lists(dialect).contains(key.as_str()) || rows::in_the_list(dialect, &key);
    if known { Ok(key) } else { Err(refused()) }
}

/// A function in an expression.
pub(super) fn call(function: &mut Function, walk: &mut Walk<'_>) -> Result<(), Refusal> {
    let dialect = walk.policy.dialect();
    let span = function.name.span();
    if let FunctionArguments::Subquery(query) = &mut function.args
        && dialect == Dialect::PostgreSql
        && matches!(idents(&function.name)?.as_slice(), [name] if name.quote_style.is_none() && dialect.key(name) == "array")
    {
        return walk.subquery(query);
    }
    let name = allowed(&function.name, dialect)?;
    let Function { name: _, uses_odbc_syntax, parameters, args, within_group, filter, null_treatment: _, over } =
        function;
    if *uses_odbc_syntax || !matches!(parameters, FunctionArguments::None) {
        return Err(unsupported("this form of a call").or_at(span));
    }
    let is_aggregate = AGGREGATES.split_whitespace().any(|known| known == name)
        || matches!(name.as_str(), "max" | "median" | "min" | "percentile");
    walk.aggregates |= over.is_none() && is_aggregate;
    if walk.plain && (over.is_some() || spans_rows(&name, is_aggregate, args, dialect)) {
        let message = format!("`{name}` looks at several rows, and a row filter at one");
        return Err(Refusal::at(Rule::Unsupported, span, message));
    }
    match args {
        FunctionArguments::None => {}
        FunctionArguments::Subquery(_) => return Err(unsupported("a query as the argument of a function").or_at(span)),
        FunctionArguments::List(list) => {
            for clause in &mut list.clauses {
                match clause {
                    FunctionArgumentClause::OrderBy(sorts) => walk.sorts(sorts)?,
                    FunctionArgumentClause::IgnoreOrRespectNulls(_) => {}
                    FunctionArgumentClause::Separator(separator)
                        if matches!(separator.value, Value::SingleQuotedString(_)) => {}
                    _ => return Err(unsupported("this form of a call").or_at(span)),
                }
            }
            bounded(&name, &list.args, dialect).map_err(|refusal| refusal.or_at(span))?;
            let args = if dialect == Dialect::MySql && matches!(name.as_str(), "timestampadd" | "timestampdiff") {
                without_unit(&mut list.args)
            } else {
                &mut list.args
            };
            let args = if takes_rows(&name, dialect) && is_row(args, walk)? { &mut args[1..] } else { args };
            arguments(args, name == "count", walk).map_err(|refusal| refusal.or_at(span))?;
        }
    }
    walk.sorts(within_group)?;
    if let Some(filter) = filter {
        walk.expr(filter)?;
    }
    match over {
        None | Some(WindowType::NamedWindow(_)) => Ok(()),
        Some(WindowType::WindowSpec(window)) => walk.window(window),
    }
}

/// Functions that a whole row can be given to: they show what `*` shows, since hidden columns are gone from the source.
fn takes_rows(name: &str, dialect: Dialect) -> bool {
    const TAKERS: &[&str] = &["count", "json_agg", "jsonb_agg", "row_to_json", "to_json", "to_jsonb"];
    dialect == Dialect::PostgreSql && TAKERS.contains(&name)
}

/// Whether the first argument means all columns of a source: its alias alone, or `alias.*`.
fn is_row(args: &mut [FunctionArg], walk: &Walk<'_>) -> Result<bool, Refusal> {
    match args.first_mut() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(ident)))) => Ok(walk.is_source(ident)),
        Some(FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name))) => walk.qualifier(name).map(|_| true),
        _ => Ok(false),
    }
}

/// Whether a function answers something of several rows.
fn spans_rows(name: &str, is_aggregate: bool, args: &FunctionArguments, dialect: Dialect) -> bool {
    // In SQLite these choose among their arguments where there are several.
    let chooses = dialect == Dialect::Sqlite
        && matches!(name, "min" | "max")
        && matches!(args, FunctionArguments::List(list) if list.args.len() > 1);
    (is_aggregate && !chooses) || WINDOWS.contains(&name) || rows::in_the_list(dialect, name)
}

/// The first argument of these is a word such as DAY, which the parser takes for a column.
fn without_unit(args: &mut [FunctionArg]) -> &mut [FunctionArg] {
    const UNITS: &[&str] = &["MICROSECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"];
    match args.first() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(unit))))
            if UNITS.iter().any(|known| known.eq_ignore_ascii_case(&unit.value)) =>
        {
            &mut args[1..]
        }
        _ => args,
    }
}

pub(super) fn arguments(args: &mut [FunctionArg], star: bool, walk: &mut Walk<'_>) -> Result<(), Refusal> {
    for arg in args {
        match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => walk.expr(expr)?,
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if star => {}
            FunctionArg::ExprNamed { name: Expr::Identifier(_), arg: FunctionArgExpr::Expr(expr), .. }
                if walk.policy.dialect() == Dialect::PostgreSql =>
            {
                walk.expr(expr)?
            }
            FunctionArg::Named { arg: FunctionArgExpr::Expr(expr), .. }
                if walk.policy.dialect() == Dialect::PostgreSql =>
            {
                walk.expr(expr)?
            }
            _ => return Err(unsupported("this argument")),
        }
    }
    Ok(())
}

/// Functions that make long text say how long, in the statement itself.
fn bounded(name: &str, args: &[FunctionArg], dialect: Dialect) -> Result<(), Refusal> {
    let length = match name {
        "lpad" | "rpad" | "repeat" => number(args.get(1)),
        "space" => number(args.first()),
        "printf" | "format" if dialect != Dialect::MySql => {
            let plain = text(args.first()).is_some_and(|format| !format.contains('*') && !four_digits(format));
            return if plain { Ok(()) } else { Err(unsupported("a format that is computed or wide")) };
        }
        _ => return Ok(()),
    };
    match length {
        Some(length) if length <= MAX_MADE => Ok(()),
        _ => {
            Err(Refusal::new(Rule::FunctionNotAllowed, format!("`{name}` takes a plain length of at most {MAX_MADE}")))
        }
    }
}

fn four_digits(format: &str) -> bool {
    format.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() > 3)
}

fn value(arg: Option<&FunctionArg>) -> Option<&Value> {
    match arg? {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => Some(&value.value),
        _ => None,
    }
}

fn number(arg: Option<&FunctionArg>) -> Option<f64> {
    match value(arg)? {
        Value::Number(text, false) => text.parse().ok(),
        _ => None,
    }
}

fn text(arg: Option<&FunctionArg>) -> Option<&str> {
    match value(arg)? {
        Value::SingleQuotedString(text) => Some(text),
        _ => None,
    }
}
