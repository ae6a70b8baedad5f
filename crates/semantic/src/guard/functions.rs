//! Functions: only those on a list. They compute from their arguments and touch no file, network, clock or lock.

use std::collections::HashSet;
use std::sync::LazyLock;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, ObjectName, Spanned,
    Value, WindowType,
};
use sqlparser::tokenizer::Span;

use super::dialect::Dialect;
use super::policy::brief;
use super::refusal::{Refusal, Rule};
use super::series;
use super::walk::{SMALL_ROWS, Walk, idents, unsupported};

/// The most characters that a padding or repeating function may make, and the most rows of a series.
const MAX_MADE: f64 = 10_000.0;

const AGGREGATES: &str = "array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp every group_concat \
    json_agg json_arrayagg json_group_array json_group_object json_object_agg json_objectagg jsonb_agg \
    jsonb_object_agg mode percentile_cont percentile_disc regr_count regr_intercept regr_r2 regr_slope std stddev \
    stddev_pop stddev_samp string_agg sum total var_pop var_samp variance";

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

const SQLITE: &str = "acosh asinh atanh char cosh date datetime format glob hex iif if json json_array json_array_length \
    json_extract json_object json_quote json_type json_valid julianday like likelihood likely printf quote random \
    sinh soundex strftime tanh time timediff typeof unhex unicode unixepoch unlikely";

const POSTGRESQL: &str = "age array_length array_position array_to_string array_upper array_lower ascii bit_length btrim cardinality \
    cbrt chr clock_timestamp date date_bin date_part date_trunc decode div encode extract factorial format gcd \
    initcap isfinite json_array_length json_build_array json_build_object json_extract_path json_extract_path_text \
    json_typeof jsonb_array_length jsonb_build_array jsonb_build_object jsonb_extract_path jsonb_extract_path_text \
    jsonb_typeof justify_days justify_hours justify_interval lcm make_date make_interval make_time make_timestamp \
    make_timestamptz md5 now num_nonnulls num_nulls numeric overlay random regexp_count regexp_like regexp_match \
    regexp_replace regexp_substr repeat row_to_json scale split_part starts_with statement_timestamp \
    string_to_array text timezone to_char to_date to_hex to_json to_jsonb to_number to_timestamp \
    transaction_timestamp translate width_bucket";

const MYSQL: &str = "adddate addtime any_value ascii bin bit_count bit_length char conv convert_tz cot crc32 curdate curtime date \
    date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear elt field find_in_set format \
    from_days from_unixtime hex hour if insert isnull json_array json_contains json_contains_path json_depth \
    json_extract json_keys json_length json_object json_overlaps json_quote json_search json_type json_unquote \
    json_valid json_value last_day lcase locate makedate maketime md5 microsecond mid minute month monthname now \
    oct ord period_add period_diff quarter rand regexp_instr regexp_like regexp_replace regexp_substr repeat \
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
    let aggregate =
        AGGREGATES.split_whitespace().any(|known| known == name) || matches!(name, "min" | "max" | "median");
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
    let known = lists(dialect).contains(key.as_str());
    if known { Ok(key) } else { Err(refused()) }
}

/// A function in an expression.
pub(super) fn call(function: &mut Function, walk: &mut Walk<'_>) -> Result<(), Refusal> {
    let dialect = walk.policy.dialect();
    let span = function.name.span();
    let name = allowed(&function.name, dialect)?;
    let Function { name: _, uses_odbc_syntax, parameters, args, within_group, filter, null_treatment: _, over } =
        function;
    if *uses_odbc_syntax || !matches!(parameters, FunctionArguments::None) {
        return Err(unsupported("this form of a call").or_at(span));
    }
    let is_aggregate =
        AGGREGATES.split_whitespace().any(|known| known == name) || matches!(name.as_str(), "min" | "max");
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

/// Whether a function answers something of several rows.
fn spans_rows(name: &str, is_aggregate: bool, args: &FunctionArguments, dialect: Dialect) -> bool {
    // In SQLite these choose among their arguments where there are several.
    let chooses = dialect == Dialect::Sqlite
        && matches!(name, "min" | "max")
        && matches!(args, FunctionArguments::List(list) if list.args.len() > 1);
    (is_aggregate && !chooses) || WINDOWS.contains(&name)
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

fn arguments(args: &mut [FunctionArg], star: bool, walk: &mut Walk<'_>) -> Result<(), Refusal> {
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

/// A function in FROM; answers whether it makes few rows.
pub(super) fn table_function(
    name: &ObjectName,
    args: &mut [FunctionArg],
    walk: &mut Walk<'_>,
) -> Result<bool, Refusal> {
    let span = name.span();
    let parts = idents(name)?;
    let refused = |message: String| Refusal::at(Rule::TableFunctionNotAllowed, span, message);
    let [ident] = parts.as_slice() else {
        return Err(refused("a function that answers rows is not allowed".to_owned()));
    };
    let key = walk.policy.dialect().key(ident);
    let small = match (walk.policy.dialect(), key.as_str()) {
        (Dialect::PostgreSql, "generate_series") => match series::rows(args) {
            Some(rows) if rows <= MAX_MADE => rows <= SMALL_ROWS as f64,
            _ => {
                let message =
                    format!("a series has plain bounds, numbers or dates, a plain step, and at most {MAX_MADE} rows");
                return Err(refused(message));
            }
        },
        (Dialect::Sqlite, "json_each" | "json_tree")
        | (Dialect::PostgreSql, "json_array_elements_text" | "jsonb_array_elements_text") => true,
        _ => return Err(refused(format!("`{}` answers rows and is not allowed", brief(&ident.value)))),
    };
    arguments(args, false, walk)?;
    Ok(small)
}
