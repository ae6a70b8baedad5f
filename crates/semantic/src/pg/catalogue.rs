//! A query of the system's catalogue, written for SQLite, which has a picture of it: tables of the names that they have in
//! PostgreSQL, those of the information schema with their schema before the name, and the functions that are named here.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, ObjectNamePart, Query, SelectItem, SetExpr, TableAlias, TableFactor,
    UnaryOperator, Value, ValueWithSpan,
};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::Parser;

use super::column_names::{self, function_name, type_name};
use super::names::{self, Name};
use super::product::without_schemas;
use crate::guard::{self, Dialect, Refusal, Rule};
use crate::visit::{self, VisitorMut};

/// Functions that whoever has the picture offers; of these names and no others.
pub const OFFERED: &[&str] = &[
    "array_lower",
    "array_to_string",
    "array_upper",
    "col_description",
    "current_catalog",
    "current_database",
    "current_role",
    "current_schema",
    "current_schemas",
    "current_setting",
    "current_user",
    "door_any",
    "door_array",
    "door_matches",
    "door_regclass",
    "door_regnamespace",
    "door_regtype",
    "format_type",
    "obj_description",
    "pg_backend_pid",
    "pg_encoding_to_char",
    "pg_get_userbyid",
    "pg_table_is_visible",
    "quote_ident",
    "session_user",
    "set_config",
    "to_regclass",
    "to_regtype",
    "user",
    "version",
];
/// Functions that SQLite has itself, and that hold to the sizes of what they are given.
const OWN: &[&str] = &[
    "abs",
    "avg",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "dense_rank",
    "length",
    "lower",
    "ltrim",
    "max",
    "min",
    "nullif",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "trim",
    "upper",
];
/// What is called without brackets in either engine.
const BARE: &[&str] = &["current_date", "current_time", "current_timestamp"];

/// Functions that what is written comes to call, without having been asked for.
const MADE: &[&str] = &["datetime", "like"];

/// Whether a query as it is written may call a function of this name.
pub fn is_called(function: &str) -> bool {
    [OFFERED, OWN, BARE, MADE].iter().any(|names| names.contains(&function))
}

/// A query as the picture is asked.
#[derive(Debug, Clone)]
pub struct Written {
    pub sql: String,
    pub relations: BTreeSet<Name>,
    /// What it answers, where its list says so: names, and types where they can be told from the list alone. `None` for a
    /// list with a `*`.
    pub columns: Option<Vec<(String, Option<&'static str>)>>,
}

/// Errors: what keeps the text from being one query; functions that are not offered.
pub fn written(sql: &str) -> Result<Written, Refusal> {
    guard::read(sql, Dialect::PostgreSql, |mut query| {
        if query.with.as_ref().is_some_and(|with| with.recursive) {
            return Err(Refusal::new(Rule::UnboundedRecursion, "the catalogue is not asked recursively"));
        }
        let relations = names::of_query(&query);
        let columns = columns(&query.body);
        match visit::change(&mut query, &mut Writer) {
            ControlFlow::Continue(()) => Ok(Written { sql: query.to_string(), relations, columns }),
            ControlFlow::Break(refusal) => Err(refusal),
        }
    })?
}

fn columns(body: &SetExpr) -> Option<Vec<(String, Option<&'static str>)>> {
    match body {
        SetExpr::Select(select) => select.projection.iter().map(column).collect(),
        SetExpr::Query(query) => columns(&query.body),
        SetExpr::SetOperation { left, .. } => columns(left),
        _ => None,
    }
}

fn column(item: &SelectItem) -> Option<(String, Option<&'static str>)> {
    match item {
        SelectItem::UnnamedExpr(expr) => Some((column_names::of(expr), type_of(expr))),
        SelectItem::ExprWithAlias { expr, alias } => Some((names::folded(alias), type_of(expr))),
        _ => None,
    }
}

/// The type of what an expression gives, where it needs no look at what it is made of.
fn type_of(expr: &Expr) -> Option<&'static str> {
    use BinaryOperator::{And, Eq, Gt, GtEq, Lt, LtEq, NotEq, Or, StringConcat};
    match expr {
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => type_of(inner),
        Expr::BinaryOp { op: And | Or | Eq | NotEq | Gt | GtEq | Lt | LtEq, .. }
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Like { .. }
        | Expr::Exists { .. }
        | Expr::Between { .. }
        | Expr::AnyOp { .. }
        | Expr::UnaryOp { op: UnaryOperator::Not, .. } => Some("bool"),
        Expr::BinaryOp { op: StringConcat, .. } => Some("text"),
        Expr::Value(value) => match &value.value {
            Value::Boolean(_) => Some("bool"),
            Value::Number(..) => Some("int4"),
            Value::SingleQuotedString(_) | Value::EscapedStringLiteral(_) => Some("text"),
            _ => None,
        },
        Expr::Cast { data_type, .. } => match type_name(data_type).as_str() {
            "bool" => Some("bool"),
            "oid" => Some("oid"),
            "int2" => Some("int2"),
            "int4" => Some("int4"),
            "int8" => Some("int8"),
            "text" | "varchar" | "name" | "regtype" | "regproc" => Some("text"),
            _ => None,
        },
        Expr::Case { conditions, .. } => conditions.iter().find_map(|when| type_of(&when.result)),
        Expr::Function(function) => match function_name(function).as_str() {
            "count" => Some("int8"),
            "pg_backend_pid" => Some("int4"),
            "coalesce" => arguments(function).into_iter().find_map(type_of),
            name if name.starts_with("has_") || name.ends_with("_is_visible") => Some("bool"),
            name if OFFERED.contains(&name) => Some("text"),
            _ => None,
        },
        _ => None,
    }
}

fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let plain = |argument| match argument {
        &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expr)) => Some(expr),
        _ => None,
    };
    list.args.iter().filter_map(plain).collect()
}

/// Whether it is a query; the queries within one are looked at for themselves.
fn reads(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => true,
        SetExpr::SetOperation { left, right, .. } => reads(left) && reads(right),
        _ => false,
    }
}

struct Writer;

impl VisitorMut for Writer {
    type Break = Refusal;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Refusal> {
        if !reads(&query.body) {
            return ControlFlow::Break(Refusal::new(Rule::WriteInQuery, "a query changes nothing"));
        }
        without_schemas(&mut query.body);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Refusal> {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => relation(name, alias),
            TableFactor::Derived { lateral, .. } => *lateral = false,
            // What functions answer rows of is nothing that there is here.
            TableFactor::Table { name, alias, .. } | TableFactor::Function { name, alias, .. } => {
                *factor = no_rows(name.0.last().map(ToString::to_string).unwrap_or_default(), alias.take());
            }
            TableFactor::TableFunction { alias, .. } | TableFactor::UNNEST { alias, .. } => {
                *factor = no_rows("unnest".to_owned(), alias.take());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Refusal> {
        if let Expr::CompoundIdentifier(parts) = expr
            && parts.len() > 2
        {
            parts.drain(..parts.len() - 2);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Refusal> {
        let own = std::mem::replace(expr, null());
        match rewritten(own) {
            Ok(rewritten) => {
                *expr = rewritten;
                ControlFlow::Continue(())
            }
            Err(refusal) => ControlFlow::Break(refusal),
        }
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<Refusal> {
        match Dialect::Sqlite.printed(&value.value) {
            Ok(Some(literal)) => value.value = Value::Placeholder(literal),
            Ok(None) => {}
            Err(refusal) => return ControlFlow::Break(refusal),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_ident(&mut self, ident: &mut Ident) -> ControlFlow<Refusal> {
        // Words of SQLite's that are none of PostgreSQL's.
        if ident.quote_style.is_none() && ident.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            ident.value = ident.value.to_ascii_lowercase();
            if ["index", "table", "default", "key", "abort", "action"].contains(&ident.value.as_str()) {
                ident.quote_style = Some('"');
            }
        }
        ControlFlow::Continue(())
    }
}

/// `pg_catalog.pg_class` is `pg_class`, `information_schema.tables` is one name.
fn relation(name: &mut ObjectName, alias: &mut Option<TableAlias>) {
    let Some(Name { schema: Some(schema), table }) = names::of(name) else { return };
    let called = if schema == "pg_catalog" { table.clone() } else { format!("{schema}.{table}") };
    *name = ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote('"', called))]);
    if alias.is_none() && schema != "pg_catalog" {
        *alias =
            Some(TableAlias { explicit: true, name: Ident::with_quote('"', table), columns: Vec::new(), at: None });
    }
}

fn no_rows(function: String, alias: Option<TableAlias>) -> TableFactor {
    let (name, columns) = match alias {
        Some(alias) => (alias.name.value, alias.columns.into_iter().map(|column| column.name.value).collect()),
        None => (function.clone(), Vec::new()),
    };
    let columns: Vec<String> = match columns.is_empty() {
        false => columns,
        true if function.ends_with("pg_get_keywords") => ["word", "catcode", "catdesc"].map(str::to_owned).into(),
        true => vec![name.clone()],
    };
    let plain = |name: &String| name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let list: Vec<String> = columns.iter().map(|column| format!("NULL AS \"{}\"", plain(column))).collect();
    let text = format!("SELECT {} WHERE 0", list.join(", "));
    let parsed = Parser::new(&SQLiteDialect {}).try_with_sql(&text).and_then(|mut parser| parser.parse_query());
    let name = Ident::with_quote('"', plain(&name));
    let alias = Some(TableAlias { explicit: true, name, columns: Vec::new(), at: None });
    TableFactor::Derived { lateral: false, subquery: parsed.expect("a plain query"), alias, sample: None }
}

fn null() -> Expr {
    Expr::Value(Value::Null.into())
}

fn truth() -> Expr {
    Expr::Value(Value::Boolean(true).into())
}

fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let argument = |expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr));
    let args = arguments.into_iter().map(argument).collect();
    Expr::Function(Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::new(name))]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() }),
        within_group: Vec::new(),
        filter: None,
        null_treatment: None,
        over: None,
    })
}

fn not(expr: Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(expr))) }
}

/// An expression whose parts are written already.
fn rewritten(expr: Expr) -> Result<Expr, Refusal> {
    Ok(match expr {
        Expr::Function(function) => return offered(function),
        Expr::Cast { expr, data_type, .. } => cast(*expr, &type_name(&data_type)),
        Expr::TypedString(typed) => Expr::Value(typed.value),
        Expr::Collate { expr, .. } => *expr,
        Expr::Trim { trim_characters: Some(_), .. } => return Err(trims_blanks()),
        Expr::AtTimeZone { timestamp, .. } => *timestamp,
        Expr::CompoundFieldAccess { .. } => null(),
        Expr::Array(array) => call("door_array", array.elem),
        Expr::BinaryOp { left, op, right } => operator(*left, op, *right)?,
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => any(*left, *right),
        Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => not(any(*left, *right)),
        Expr::Like { negated, any, expr, pattern, escape_char } => {
            let escape_char =
                escape_char.or_else(|| Some(Box::new(Expr::Value(Value::Placeholder("'\\'".into()).into()))));
            Expr::Like { negated, any, expr, pattern, escape_char }
        }
        Expr::ILike { negated, any, expr, pattern, escape_char } => {
            let [expr, pattern] = [expr, pattern].map(|side| Box::new(call("lower", vec![*side])));
            return rewritten(Expr::Like { negated, any, expr, pattern, escape_char });
        }
        other => other,
    })
}

fn operator(left: Expr, op: BinaryOperator, right: Expr) -> Result<Expr, Refusal> {
    let word = match &op {
        BinaryOperator::PGRegexMatch => "~",
        BinaryOperator::PGRegexIMatch => "~*",
        BinaryOperator::PGRegexNotMatch => "!~",
        BinaryOperator::PGRegexNotIMatch => "!~*",
        BinaryOperator::PGCustomBinaryOperator(parts) => parts.last().map_or("", String::as_str),
        _ => return Ok(Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }),
    };
    let matches = |is_exact: bool| {
        let flag = Expr::Value(Value::Boolean(is_exact).into());
        call("door_matches", vec![left.clone(), right.clone(), flag])
    };
    let plain = |op| Expr::BinaryOp { left: Box::new(left.clone()), op, right: Box::new(right.clone()) };
    Ok(match word {
        "~" => matches(true),
        "~*" => matches(false),
        "!~" => not(matches(true)),
        "!~*" => not(matches(false)),
        "=" => plain(BinaryOperator::Eq),
        "<>" | "!=" => plain(BinaryOperator::NotEq),
        "||" => plain(BinaryOperator::StringConcat),
        _ => return Err(Refusal::new(Rule::OperatorNotAllowed, "this operator is not offered in the catalogue")),
    })
}

fn any(left: Expr, right: Expr) -> Expr {
    let right = match right {
        Expr::Nested(inner) => *inner,
        other => other,
    };
    let expr = Box::new(left);
    match right {
        Expr::Subquery(subquery) => Expr::InSubquery { expr, subquery, negated: false },
        right => call("door_any", vec![*expr, right]),
    }
}

fn cast(inner: Expr, to: &str) -> Expr {
    let plain = |data_type| Expr::Cast { kind: CastKind::Cast, expr: Box::new(inner.clone()), data_type, format: None };
    match to {
        "oid" | "int" | "int2" | "int4" | "int8" | "integer" | "smallint" | "bigint" | "xid" => {
            plain(DataType::Integer(None))
        }
        "text" | "name" | "varchar" | "char" | "bpchar" | "character varying" | "character" => plain(DataType::Text),
        "float4" | "float8" | "real" | "double precision" | "numeric" | "decimal" => plain(DataType::Real),
        "regclass" => call("door_regclass", vec![inner]),
        "regtype" => call("door_regtype", vec![inner]),
        "regnamespace" => call("door_regnamespace", vec![inner]),
        _ => inner,
    }
}

fn trims_blanks() -> Refusal {
    Refusal::new(Rule::FunctionNotAllowed, "in the catalogue, blanks are trimmed and nothing else")
}

fn offered(mut function: Function) -> Result<Expr, Refusal> {
    let name = function_name(&function);
    if ["trim", "ltrim", "rtrim"].contains(&name.as_str())
        && !matches!(&function.args, FunctionArguments::List(list) if list.args.len() == 1)
    {
        return Err(trims_blanks());
    }
    if matches!(function.args, FunctionArguments::Subquery(_)) {
        // An array of what a query answers.
        return Ok(null());
    }
    if BARE.contains(&name.as_str()) && matches!(function.args, FunctionArguments::None) {
        return Ok(Expr::Function(function));
    }
    let called = match name.as_str() {
        "array_agg" => "string_agg",
        "bool_and" | "every" => "min",
        "bool_or" => "max",
        "char_length" | "character_length" => "length",
        "now" | "transaction_timestamp" => return Ok(call("datetime", vec![text("now")])),
        known if OFFERED.contains(&known) && !known.starts_with("door_") || OWN.contains(&known) => known,
        privilege if privilege.starts_with("has_") || privilege.ends_with("_is_visible") => return Ok(truth()),
        // Of what there is none of.
        system
            if ["pg_", "_pg_", "inet_", "txid_", "json_", "to_reg", "array_", "row_to_json", "unnest", "generate_"]
                .iter()
                .any(|begin| system.starts_with(begin)) =>
        {
            return Ok(null());
        }
        _ => {
            let message = format!("the function {name} is not offered in the catalogue");
            return Err(Refusal::new(Rule::FunctionNotAllowed, message));
        }
    };
    function.name = ObjectName(vec![ObjectNamePart::Identifier(Ident::new(called))]);
    if matches!(function.args, FunctionArguments::None) {
        let list = FunctionArgumentList { duplicate_treatment: None, args: Vec::new(), clauses: Vec::new() };
        function.args = FunctionArguments::List(list);
    }
    if name == "array_agg"
        && let FunctionArguments::List(list) = &mut function.args
    {
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(text(","))));
    }
    Ok(Expr::Function(function))
}

fn text(text: &str) -> Expr {
    Expr::Value(Value::Placeholder(format!("'{text}'")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(sql: &str) -> String {
        written(sql).expect(sql).sql
    }

    #[test]
    fn names_lose_their_schemas() {
        let sql = "SELECT pg_catalog.pg_class.oid FROM pg_catalog.pg_class, information_schema.tables t, information_schema.views";
        let meant = r#"SELECT pg_class.oid FROM "pg_class", "information_schema.tables" t, "information_schema.views" AS "views""#;
        assert_eq!(write(sql), meant);
    }

    #[test]
    fn what_psql_asks_is_written_for_sqlite() {
        let sql = "SELECT c.oid::pg_catalog.regclass FROM pg_catalog.pg_class c WHERE c.relname OPERATOR(pg_catalog.~) E'^(a\\'b)$' \
            COLLATE pg_catalog.default AND n.nspname !~ '^pg_' AND c.oid = ANY (ARRAY[1, 2])";
        let meant = r#"SELECT door_regclass(c.oid) FROM "pg_class" c WHERE door_matches(c.relname, '^(a''b)$', true) AND NOT (door_matches(n.nspname, '^pg_', true)) AND door_any(c.oid, door_array(1, 2))"#;
        assert_eq!(write(sql), meant);
        assert_eq!(write("SELECT current_user, $1::text"), "SELECT current_user(), CAST(:p1 AS TEXT)");
        assert_eq!(write("SELECT 1 WHERE a LIKE 'x\\_y'"), "SELECT 1 WHERE a LIKE 'x\\_y' ESCAPE '\\'");
    }

    #[test]
    fn only_functions_that_are_known_are_called() {
        assert_eq!(write("SELECT pg_catalog.pg_table_size(1)"), "SELECT NULL");
        assert_eq!(write("SELECT has_table_privilege('a', 'SELECT')"), "SELECT true");
        for sql in [
            "SELECT randomblob(1000000000)",
            "SELECT load_extension('x')",
            "SELECT door_any(1, 2)",
            "SELECT printf('%d', 1)",
            "SELECT ltrim('a', 'b')",
            "WITH x AS (SELECT 1) INSERT INTO pg_class SELECT * FROM x",
            "WITH x AS (DELETE FROM pg_class RETURNING 1) SELECT * FROM x",
        ] {
            assert!(written(sql).is_err(), "{sql}");
        }
        assert!(!write("SELECT * FROM pragma_database_list()").contains("pragma_database_list("));
        assert!(written("WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x").is_err());
    }

    #[test]
    fn columns_are_called_as_postgresql_calls_them() {
        let columns = |sql| written(sql).expect(sql).columns.expect("no star");
        let named = columns(
            "SELECT version(), relname, 1, c.oid::regclass, a IS NULL AS b, CASE WHEN a THEN 'x' END FROM pg_class c",
        );
        let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["version", "relname", "?column?", "oid", "b", "case"]);
        let types: Vec<Option<&str>> = named.iter().map(|(_, ty)| *ty).collect();
        assert_eq!(types, [Some("text"), None, Some("int4"), None, Some("bool"), Some("text")]);
        assert!(written("SELECT * FROM pg_class").expect("a query").columns.is_none());
    }
}
