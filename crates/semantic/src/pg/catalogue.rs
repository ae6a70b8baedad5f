//! A query of the system's catalogue, written for SQLite, which has a picture of it: tables of the names that they have in
//! PostgreSQL, those of the information schema with their schema before the name, and the functions that are named here.

mod elements;
mod recursion;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, ObjectNamePart, Query, SetExpr, TableAlias, TableFactor, TrimWhereField,
    UnaryOperator, Value, ValueWithSpan,
};

use super::column_names::function_name;
use super::names::{self, Name};
use super::product::without_schemas;
use super::system::{ABSENT, OFFERED};
use super::types::{Type, type_name};
use super::typing::{self, Tables, Types};
use crate::guard::{self, Dialect, Refusal, Rule};
use crate::template;
use crate::visit::{self, Visitor, VisitorMut};

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
const MADE: &[&str] = &["datetime", "json_array", "json_object", "like"];

/// Whether a query as it is written may call a function of this name.
pub fn is_called(function: &str) -> bool {
    [OFFERED, OWN, BARE, MADE].iter().any(|names| names.contains(&function))
}

/// A query as the picture is asked.
#[derive(Debug, Clone)]
pub struct Written {
    pub sql: String,
    pub relations: BTreeSet<Name>,
    /// What it answers: names, and types where they can be told; none where that is not known.
    pub columns: Vec<(String, Option<Type>)>,
    /// What its parameters are taken for.
    pub parameters: Vec<Option<Type>>,
    /// Those of them that are arrays of such.
    pub arrays: BTreeSet<usize>,
    /// It may be answered by recursion, which is bounded in its words.
    pub is_recursive: bool,
}

/// `tables` are the relations of the system; `given` the types that the client says parameters are of.
///
/// Errors: what keeps the text from being one query; functions that are not offered; recursion without a relation of the
/// system that it goes through.
pub fn written(sql: &str, tables: &Tables, given: &[Option<Type>]) -> Result<Written, Refusal> {
    guard::read(sql, Dialect::PostgreSql, |mut query| {
        let is_recursive = recursion::bounded(&mut query)?;
        let relations = names::of_query(&query);
        let Types { columns, parameters, arrays, .. } = typing::of_query(&query, tables, given);
        let mut writer = Writer { called: called(&query) };
        match visit::change(&mut query, &mut writer) {
            ControlFlow::Continue(()) => {
                Ok(Written { sql: query.to_string(), relations, columns, parameters, arrays, is_recursive })
            }
            ControlFlow::Break(refusal) => Err(refusal),
        }
    })?
}

/// Whether it is a query; the queries within one are looked at for themselves.
fn reads(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => true,
        SetExpr::SetOperation { left, right, .. } => reads(left) && reads(right),
        _ => false,
    }
}

struct Writer {
    /// What relations are called in the query, and which they are.
    called: Vec<(String, Name)>,
}

fn called(query: &Query) -> Vec<(String, Name)> {
    #[derive(Default)]
    struct AliasCollector(Vec<(String, Name)>);

    impl Visitor for AliasCollector {
        type Break = ();

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            if let TableFactor::Table { name, alias, args: None, .. } = factor
                && let Some(named) = names::of(name)
            {
                let alias = alias.as_ref().map_or_else(|| named.table.clone(), |alias| names::folded(&alias.name));
                self.0.push((alias, named));
            }
            ControlFlow::Continue(())
        }
    }

    let mut called = AliasCollector::default();
    let _: ControlFlow<()> = visit::look(query, &mut called);
    called.0
}

impl Writer {
    /// `c.tableoid`: which relation the row is of.
    fn relation_of_row(&self, parts: &[Ident]) -> Option<Expr> {
        let [.., table, column] = parts else { return None };
        let (_, name) = self.called.iter().find(|(alias, _)| *alias == names::folded(table))?;
        let is_meant = names::folded(column) == "tableoid" && name.is_of_system();
        is_meant.then(|| call("door_regclass", vec![text(&plain(&name.table))]))
    }
}

impl VisitorMut for Writer {
    type Break = Refusal;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Refusal> {
        if !reads(&query.body) {
            return ControlFlow::Break(Refusal::new(Rule::WriteInQuery, "a query changes nothing"));
        }
        without_schemas(&mut query.body);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Refusal> {
        if let SetExpr::Select(select) = &mut *query.body {
            elements::in_rows(select);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Refusal> {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => relation(name, alias),
            TableFactor::Derived { lateral, .. } => *lateral = false,
            TableFactor::Table { name, alias, args: Some(args), .. }
                if let Some(numbers) = elements::series(name, &args.args, alias.as_ref()) =>
            {
                *factor = numbers;
            }
            // What other functions answer rows of is nothing that there is here.
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
        if let Expr::CompoundIdentifier(parts) = expr
            && let Some(relation) = self.relation_of_row(parts)
        {
            *expr = relation;
            return ControlFlow::Continue(());
        }
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
            if ["index", "table", "default", "key", "abort", "action", "collate"].contains(&ident.value.as_str()) {
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

/// A query that stands in a FROM under this name.
fn derived(text: &str, name: &str) -> TableFactor {
    let subquery = Box::new(template::query(Dialect::Sqlite, text).expect("a plain query"));
    let name = Ident::with_quote('"', name);
    let alias = Some(TableAlias { explicit: true, name, columns: Vec::new(), at: None });
    TableFactor::Derived { lateral: false, subquery, alias, sample: None }
}

/// What of a name can stand between quotation marks whatever it is.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect()
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
    let list: Vec<String> = columns.iter().map(|column| format!("NULL AS \"{}\"", plain(column))).collect();
    derived(&format!("SELECT {} WHERE 0", list.join(", ")), &plain(&name))
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
        Expr::Trim { trim_what: Some(what), expr, trim_where, .. } => trimmed(*expr, *what, trim_where)?,
        Expr::AtTimeZone { timestamp, .. } => *timestamp,
        Expr::CompoundFieldAccess { root, access_chain } => elements::accessed(*root, access_chain),
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
        "oid" | "int2" | "int4" | "int8" | "xid" => plain(DataType::Integer(None)),
        "text" | "name" | "varchar" | "char" | "bpchar" => plain(DataType::Text),
        "float4" | "float8" | "numeric" => plain(DataType::Real),
        "regclass" => call("door_regclass", vec![inner]),
        "regtype" => call("door_regtype", vec![inner]),
        "regnamespace" => call("door_regnamespace", vec![inner]),
        _ => inner,
    }
}

/// `TRIM(BOTH '"' FROM x)`. The time for it grows with what is trimmed: that is one character.
fn trimmed(of: Expr, what: Expr, whence: Option<TrimWhereField>) -> Result<Expr, Refusal> {
    let is_short = matches!(&what, Expr::Value(value)
        if matches!(&value.value, Value::Placeholder(text) if text.chars().count() == 3 && text.starts_with('\'')));
    let name = match whence {
        Some(TrimWhereField::Leading) => "ltrim",
        Some(TrimWhereField::Trailing) => "rtrim",
        Some(TrimWhereField::Both) | None => "trim",
    };
    if is_short { Ok(call(name, vec![of, what])) } else { Err(trims_blanks()) }
}

fn trims_blanks() -> Refusal {
    Refusal::new(Rule::FunctionNotAllowed, "in the catalogue, one character is trimmed at a time")
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
    if name == "array_agg" {
        return Ok(elements::aggregated(function));
    }
    if BARE.contains(&name.as_str()) && matches!(function.args, FunctionArguments::None) {
        return Ok(Expr::Function(function));
    }
    let called = match name.as_str() {
        "bool_and" | "every" => "min",
        "bool_or" => "max",
        "char_length" | "character_length" => "length",
        // The same text but for its blanks, and a truth is a number there.
        "json_build_array" => "json_array",
        "json_build_object" => "json_object",
        "now" | "transaction_timestamp" => return Ok(call("datetime", vec![text("now")])),
        known if OFFERED.contains(&known) && !known.starts_with("door_") || OWN.contains(&known) => known,
        privilege if privilege.starts_with("has_") || privilege.ends_with("_is_visible") => return Ok(truth()),
        // The query around them sees to these.
        rows if elements::answers_rows(rows) => return Ok(Expr::Function(function)),
        // Of what there is none of.
        system if ABSENT.iter().any(|begin| system.starts_with(begin)) => return Ok(null()),
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
    Ok(Expr::Function(function))
}

fn text(text: &str) -> Expr {
    Expr::Value(Value::Placeholder(format!("'{text}'")).into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn made(sql: &str) -> Result<Written, Refusal> {
        let columns = [("oid", Type::Oid), ("relname", Type::Name), ("relkind", Type::Char)];
        let columns = columns.map(|(name, ty)| (name.to_owned(), Some(ty))).to_vec();
        let name = Name { schema: None, table: "pg_class".to_owned() };
        written(sql, &Tables::from([(name, Arc::new(columns))]), &[])
    }

    fn write(sql: &str) -> String {
        made(sql).expect(sql).sql
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
        let arrays = "SELECT c.k[2], (c.p).x, array_agg(relname ORDER BY oid) FROM pg_class c";
        let meant = "SELECT door_element(c.k, 2), door_field((c.p), 'x'), \
            ('{' || string_agg(door_quoted(relname), ',' ORDER BY oid) || '}') FROM pg_class c";
        assert_eq!(write(arrays), meant);
        let rows = write("SELECT unnest(k) AS a, generate_subscripts(k, 1) AS b FROM pg_class WHERE oid = 1");
        assert!(
            rows.starts_with("SELECT door_place(k, door_rows.n) AS a, door_rows.n AS b FROM pg_class, (SELECT"),
            "{rows}"
        );
        assert!(rows.ends_with("AS \"door_rows\" WHERE (oid = 1) AND door_rows.n <= door_length(k)"), "{rows}");
        assert_eq!(write("SELECT trim(both '\"' from relname)"), "SELECT trim(relname, '\"')");
        let series = write("SELECT pos.n FROM pg_catalog.generate_series(1, 2) pos(n)");
        assert_eq!(series, "SELECT pos.n FROM (SELECT column1 AS \"n\" FROM (VALUES (1), (2))) AS \"pos\"");
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
            "SELECT trim(both 'ab' from 'a')",
            "WITH x AS (SELECT 1) INSERT INTO pg_class SELECT * FROM x",
            "WITH x AS (DELETE FROM pg_class RETURNING 1) SELECT * FROM x",
        ] {
            assert!(made(sql).is_err(), "{sql}");
        }
        assert!(!write("SELECT * FROM pragma_database_list()").contains("pragma_database_list("));
        assert!(made("WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x").is_ok_and(|written| !written.is_recursive));
        for endless in [
            "WITH RECURSIVE x (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT * FROM x, pg_class",
            "WITH x AS (SELECT oid FROM pg_class UNION ALL SELECT x.oid FROM x, pg_class) SELECT * FROM x",
            "WITH RECURSIVE y AS (WITH x AS (SELECT 1 UNION ALL SELECT n FROM x) SELECT * FROM x) SELECT * FROM y, pg_class",
            "WITH RECURSIVE x AS (SELECT oid FROM pg_class UNION ALL SELECT oid FROM x LIMIT 1000000000) SELECT * FROM x",
        ] {
            assert!(made(endless).is_err(), "{endless}");
        }
        let bounded =
            made("WITH RECURSIVE x AS (SELECT oid FROM pg_class UNION ALL SELECT oid FROM x) SELECT * FROM x");
        assert!(bounded.is_ok_and(|written| written.is_recursive && written.sql.contains("LIMIT 1000)")));
    }

    #[test]
    fn columns_are_called_as_postgresql_calls_them() {
        let columns = |sql| made(sql).expect(sql).columns;
        let named = columns(
            "SELECT version(), relname, 1, c.oid::regclass, a IS NULL AS b, CASE WHEN a THEN 'x' END FROM pg_class c",
        );
        let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["version", "relname", "?column?", "oid", "b", "case"]);
        let types: Vec<Option<Type>> = named.iter().map(|(_, ty)| *ty).collect();
        let (text, name) = (Some(Type::Text), Some(Type::Name));
        assert_eq!(types, [text, name, Some(Type::Int4), text, Some(Type::Bool), None]);
        assert_eq!(columns("SELECT *, 1 AS n FROM pg_class").len(), 4);
        let parameters =
            made("SELECT 1 FROM pg_class WHERE oid = $1 AND relname = $2 LIMIT $3").map(|it| it.parameters);
        assert_eq!(parameters, Ok(vec![Some(Type::Oid), name, Some(Type::Int8)]));
    }
}
