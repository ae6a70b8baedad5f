//! A query of a product's tables, written for the source that has them.
//!
//! Schemas of the client's are products and are unknown to the source: the tables get the names that they have there, and
//! columns lose what stood before the name of their table. Nothing is decided here: the guard reads what comes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, Expr, Ident, ObjectName, ObjectNamePart, Query, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, Value, ValueWithSpan,
};

use super::arrays;
use super::column_names;
use super::names::{self, Name};
use super::sqlite;
use super::types::Type;
use super::typing::{self, Tables, Types};
use crate::guard::{self, Dialect, Refusal, Rule};
use crate::template;
use crate::visit::{self, Visitor, VisitorMut};

/// A table as its source calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Real {
    pub schema: Option<String>,
    pub table: String,
}

/// A query as its source is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub sql: String,
    /// What the columns of its answer hold, as far as that is known; none where their number is not known.
    pub columns: Vec<Option<Type>>,
    /// What its parameters are taken for.
    pub parameters: Vec<Option<Type>>,
    /// Those of them that are arrays of such.
    pub arrays: BTreeSet<usize>,
}

/// What a client says of the parameters of a query.
pub struct Given<'a> {
    /// The types that they are of.
    pub types: &'a [Option<Type>],
    /// How many elements an array has.
    pub count: &'a dyn Fn(usize) -> Option<usize>,
}

/// The query for a source of this dialect. Its parameters, `$1` and so on, are called `p1` there, and the elements of one that
/// is an array as `arrays::element_name` says.
///
/// Errors: what keeps the text from being one query, or a part of it from being written for the source.
pub fn written(
    sql: &str,
    dialect: Dialect,
    real: &BTreeMap<Name, Real>,
    tables: &Tables,
    given: &Given<'_>,
) -> Result<Written, Refusal> {
    guard::read(sql, Dialect::PostgreSql, |mut query| {
        // Before the types: from then on nothing is moved.
        if dialect == Dialect::Sqlite {
            sqlite::rows::write(&mut query)?;
        }
        if dialect != Dialect::PostgreSql {
            name_columns(&mut query, dialect);
        }
        let types = typing::of_query(&query, tables, given.types);
        let mut writer = Writer { dialect, real, types: &types, count: given.count };
        if let ControlFlow::Break(refusal) = visit::change(&mut query, &mut writer) {
            return Err(refusal);
        }
        if dialect == Dialect::Sqlite
            && let ControlFlow::Break(refusal) = visit::look(&query, &mut LoneIntervals)
        {
            return Err(refusal);
        }
        let Types { columns, parameters, arrays, .. } = types;
        let columns = columns.into_iter().map(|(_, ty)| ty).collect();
        Ok(Written { sql: query.to_string(), columns, parameters, arrays })
    })?
}

fn name_columns(query: &mut Query, dialect: Dialect) {
    // What ties are looked for in stands within another query.
    if query.fetch.is_none() {
        column_names::write(&mut query.body, dialect, false);
    }
    let _: ControlFlow<()> = visit::change(query, &mut ColumnNames { dialect });
}

struct ColumnNames {
    dialect: Dialect,
}

impl VisitorMut for ColumnNames {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        column_names::write(&mut query.body, self.dialect, true);
        ControlFlow::Continue(())
    }
}

/// What could not be written for SQLite, since what stands around it is no place for it.
struct LoneIntervals;

impl Visitor for LoneIntervals {
    type Break = Refusal;

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Refusal> {
        sqlite::is_left(expr).map_or(ControlFlow::Continue(()), ControlFlow::Break)
    }
}

struct Writer<'a> {
    dialect: Dialect,
    real: &'a BTreeMap<Name, Real>,
    types: &'a Types,
    count: &'a dyn Fn(usize) -> Option<usize>,
}

impl Writer<'_> {
    fn named(&self, name: &str) -> Result<Ident, Refusal> {
        let quoted = || Ident::with_quote(self.dialect.quote(), name);
        self.dialect
            .quotable(name)
            .then(quoted)
            .ok_or_else(|| Refusal::new(Rule::Identifier, "the source has a table whose name cannot be written"))
    }

    fn table(&self, name: &mut ObjectName, alias: &mut Option<TableAlias>) -> Result<(), Refusal> {
        let Some((called, real)) = names::of(name).and_then(|called| self.real.get_key_value(&called)) else {
            return Ok(());
        };
        let mut parts = Vec::new();
        if let Some(schema) = &real.schema {
            parts.push(ObjectNamePart::Identifier(self.named(schema)?));
        }
        parts.push(ObjectNamePart::Identifier(self.named(&real.table)?));
        if alias.is_none() && called.table != real.table {
            let name = self.named(&called.table)?;
            *alias = Some(TableAlias { explicit: true, name, columns: Vec::new(), at: None });
        }
        *name = ObjectName(parts);
        Ok(())
    }
}

impl VisitorMut for Writer<'_> {
    type Break = Refusal;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Refusal> {
        without_schemas(&mut query.body);
        if self.dialect == Dialect::Sqlite {
            sqlite::order(query);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Refusal> {
        if self.dialect == Dialect::Sqlite {
            sqlite::name_columns(factor);
        }
        if let TableFactor::Table { name, alias, args: None, .. } = factor
            && let Err(refusal) = self.table(name, alias)
        {
            return ControlFlow::Break(refusal);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Refusal> {
        match expr {
            Expr::CompoundIdentifier(parts) if parts.len() > 2 => drop(parts.drain(..parts.len() - 2)),
            Expr::Cast { kind, .. } if self.dialect == Dialect::MySql => *kind = CastKind::Cast,
            // It compares so by itself.
            Expr::ILike { negated, any, expr: left, pattern, escape_char } if self.dialect == Dialect::MySql => {
                *expr = Expr::Like {
                    negated: *negated,
                    any: *any,
                    expr: std::mem::replace(left, Box::new(null())),
                    pattern: std::mem::replace(pattern, Box::new(null())),
                    escape_char: escape_char.take(),
                };
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Refusal> {
        // What is made here has no place among those that types are known of.
        if let Some(listed) = arrays::listed(expr, self.types, self.dialect, self.count) {
            *expr = listed;
            return ControlFlow::Continue(());
        }
        let written = match (self.dialect, &expr) {
            (Dialect::Sqlite, _) => sqlite::write(expr, self.types),
            // There it is OR.
            (Dialect::MySql, Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right }) => {
                let places = [("a", (**left).clone()), ("b", (**right).clone())];
                *expr = template::filled(self.dialect, "CONCAT(a, b)", &places);
                Ok(())
            }
            _ => Ok(()),
        };
        written.map_or_else(ControlFlow::Break, ControlFlow::Continue)
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<Refusal> {
        match self.dialect.printed(&value.value) {
            Ok(Some(literal)) => value.value = Value::Placeholder(literal),
            Ok(None) => {}
            Err(refusal) => return ControlFlow::Break(refusal),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_ident(&mut self, ident: &mut Ident) -> ControlFlow<Refusal> {
        if ident.quote_style.is_some() {
            ident.quote_style = Some(self.dialect.quote());
        }
        ControlFlow::Continue(())
    }
}

fn null() -> Expr {
    Expr::Value(Value::Null.into())
}

/// `schema.table.*` is `table.*`.
pub(super) fn without_schemas(body: &mut SetExpr) {
    match body {
        SetExpr::Select(select) => {
            for item in &mut select.projection {
                if let SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) = item
                    && name.0.len() > 1
                {
                    name.0.drain(..name.0.len() - 1);
                }
            }
        }
        SetExpr::SetOperation { left, right, .. } => {
            without_schemas(left);
            without_schemas(right);
        }
        _ => {}
    }
}

impl Dialect {
    /// A literal of PostgreSQL's as this dialect writes it, where its own way to print it will not do.
    pub(super) fn printed(self, value: &Value) -> Result<Option<String>, Refusal> {
        let text = match value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => text,
            Value::DollarQuotedString(text) => &text.value,
            Value::Placeholder(name) => match name.strip_prefix('$').map(str::parse::<u16>) {
                Some(Ok(number)) => return Ok(Some(format!(":p{number}"))),
                _ if name.starts_with([':', '\'']) => return Ok(None),
                _ => return Err(Refusal::new(Rule::Parameter, "a parameter is written $1")),
            },
            _ => return Ok(None),
        };
        let literal = self.text(text);
        literal.map(Some).ok_or_else(|| Refusal::new(Rule::Identifier, "text with a null character is not offered"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn name(schema: Option<&str>, table: &str) -> Name {
        Name { schema: schema.map(str::to_owned), table: table.to_owned() }
    }

    fn real(schema: Option<&str>, table: &str) -> Real {
        Real { schema: schema.map(str::to_owned), table: table.to_owned() }
    }

    fn write(sql: &str, dialect: Dialect) -> String {
        let known = BTreeMap::from([
            (name(Some("sales"), "orders"), real(Some("main"), "orders")),
            (name(Some("sales"), "eu.Big"), real(Some("eu"), "Big")),
            (name(None, "orders"), real(Some("main"), "orders")),
        ]);
        written(sql, dialect, &known, &tables(), &GIVEN).expect(sql).sql
    }

    #[test]
    fn tables_get_the_names_that_they_have_there() {
        let sql = r#"SELECT sales.orders.id, Sales.orders.* FROM emporion.Sales.orders WHERE a = 'it''s' AND b = $2"#;
        let meant = r#"SELECT orders.id, orders.* FROM "main"."orders" WHERE a = 'it''s' AND b = :p2"#;
        assert_eq!(write(sql, Dialect::PostgreSql), meant);
        let sql = r#"SELECT "a" FROM sales."eu.Big" JOIN orders o USING (id) WHERE x = E'\\'"#;
        let meant = r"SELECT `a` FROM `eu`.`Big` AS `eu.Big` JOIN `main`.`orders` o USING(id) WHERE x = '\\'";
        assert_eq!(write(sql, Dialect::MySql), meant);
    }

    /// Nothing, and arrays of two elements or of none.
    const GIVEN: Given<'static> = Given { types: &[], count: &|at| Some(if at == 0 { 2 } else { 0 }) };

    fn tables() -> Tables {
        let columns = [
            ("id", Type::Int4),
            ("name", Type::Text),
            ("ordered_on", Type::Date),
            ("paid_at", Type::Timestamp),
            ("price", Type::Numeric),
            ("is_paid", Type::Bool),
        ];
        let columns = Arc::new(columns.map(|(name, ty)| (name.to_owned(), Some(ty))).to_vec());
        Tables::from([(name(None, "orders"), columns.clone()), (name(Some("sales"), "orders"), columns)])
    }

    #[test]
    fn what_only_postgresql_says_is_said_otherwise() {
        let said = |expr: &str| {
            let written = write(&format!("SELECT {expr} FROM orders"), Dialect::Sqlite);
            written
                .strip_prefix("SELECT ")
                .and_then(|rest| rest.strip_suffix(r#" FROM "main"."orders""#))
                .and_then(|rest| rest.rsplit_once(" AS "))
                .expect(expr)
                .0
                .to_owned()
        };
        assert_eq!(said("id::text"), "CAST(id AS TEXT)");
        assert_eq!(said("name ILIKE 'a%'"), r"name LIKE 'a%' ESCAPE '\\'".replace(r"\\", r"\"));
        assert_eq!(said("name LIKE 'a\\_[%'"), "glob('a_[[]*', name)");
        assert_eq!(said("ordered_on >= '2025-01-01'::DATE"), "ordered_on >= date('2025-01-01')");
        assert_eq!(said("ordered_on = '2025-01-31 10:00:00+01'"), "ordered_on = '2025-01-31'");
        assert_eq!(said("id = '3' AND is_paid = 'yes'"), "id = 3 AND is_paid = true");
        assert_eq!(said("ordered_on + 30"), "date(ordered_on, (30) || ' days')");
        assert_eq!(said("ordered_on - ordered_on"), "CAST(julianday(ordered_on) - julianday(ordered_on) AS INTEGER)");
        let moment = "strftime('%Y-%m-%d %H:%M:%f', paid_at) < strftime('%Y-%m-%d %H:%M:%f', '2025-02-01 00:00:00')";
        assert_eq!(said("paid_at < '2025-02-01'"), moment);
        assert_eq!(said("10::numeric / 4"), "CAST(10 AS REAL) / 4");
        assert_eq!(said("price / 4"), "CAST(price AS REAL) / 4");
        assert_eq!(said("id / id"), "id / emporion_divisor(id)");
        assert_eq!(said("id % nullif(id, 0)"), "id % nullif(id, 0)");
        assert_eq!(said("mod(price, 0)"), "mod(price, emporion_divisor(0))");
        let earlier = "strftime('%Y-%m-%d %H:%M:%f', paid_at, '-1 months', 'floor', '-2 days')";
        assert_eq!(said("paid_at - interval '1 month 2 days'"), format!("rtrim(rtrim({earlier}, '0'), '.')"));
        assert_eq!(said("to_char(paid_at, 'YYYY-MM')"), "strftime('%Y-%m', paid_at)");
        assert_eq!(said("id = ANY(ARRAY[1, 2])"), "id IN (1, 2)");
        assert_eq!(said("id = ANY ($1::int[])"), "id IN (:p1_1, :p1_2)");
        assert_eq!(said("ordered_on <> ALL ($1)"), "date(ordered_on) NOT IN (date(:p1_1), date(:p1_2))");
        assert_eq!(said("id = ANY ($2) OR NOT id <> ALL ($2)"), "false OR NOT true");
        assert_eq!(write("SELECT id::text FROM x", Dialect::PostgreSql), "SELECT id::TEXT FROM x");
        let named = BTreeMap::new();
        let refused = ["paid_at - ordered_on", "interval '1 day'", "id::jsonb", "to_char(id, '999')", "id = 'x'"];
        for refused in refused {
            let sql = format!("SELECT {refused} FROM orders");
            assert!(written(&sql, Dialect::Sqlite, &named, &tables(), &GIVEN).is_err(), "{refused}");
        }
    }

    #[test]
    fn each_expression_has_the_type_that_postgresql_gives_it() {
        let typed = |list: &str| {
            let sql = format!("SELECT {list} FROM orders o");
            written(&sql, Dialect::Sqlite, &BTreeMap::new(), &tables(), &GIVEN).expect(list)
        };
        for (expr, ty) in [
            ("o.id", Type::Int4),
            ("price * 2", Type::Numeric),
            ("sum(id)", Type::Int8),
            ("avg(id)", Type::Numeric),
            ("'a'", Type::Text),
            ("ordered_on - '2025-01-01'", Type::Int4),
            ("max(ordered_on) + 1", Type::Date),
            ("ordered_on + interval '1 day'", Type::Timestamp),
            ("coalesce(NULL, paid_at)", Type::Timestamp),
            ("CASE WHEN is_paid THEN 1 ELSE 1.5 END", Type::Numeric),
            ("(SELECT count(*) FROM orders)", Type::Int8),
            ("id > 1 AND name LIKE 'a'", Type::Bool),
        ] {
            assert_eq!(typed(expr).columns, [Some(ty)], "{expr}");
        }
        assert_eq!(typed("*").columns.len(), 6);
        for (expr, taken) in [
            ("ordered_on >= $1", Some(Type::Date)),
            ("$1 BETWEEN id AND 5", Some(Type::Int4)),
            ("paid_at < $1::date", Some(Type::Date)),
            ("name ILIKE $1", Some(Type::Text)),
            ("(is_paid = ($1))", Some(Type::Bool)),
            ("price * $1 > 2", Some(Type::Numeric)),
            ("date_trunc('month', $1) = paid_at", Some(Type::Timestamp)),
            ("$1", Some(Type::Text)),
            ("$1 = ordered_on OR $1 = 'x'", Some(Type::Date)),
        ] {
            let sql = format!("SELECT {expr} FROM orders");
            let parameters =
                written(&sql, Dialect::PostgreSql, &BTreeMap::new(), &tables(), &GIVEN).map(|it| it.parameters);
            assert_eq!(parameters, Ok(vec![taken]), "{expr}");
        }
        let sql = "WITH RECURSIVE up (n) AS (SELECT ordered_on FROM orders UNION ALL SELECT n + 1 FROM up WHERE n < $1) \
                   SELECT t.n, 'x' FROM up AS t UNION SELECT NULL, $2 ORDER BY n LIMIT $3";
        let written = written(sql, Dialect::Sqlite, &BTreeMap::new(), &tables(), &GIVEN).expect(sql);
        assert_eq!(written.columns, [Some(Type::Date), Some(Type::Text)]);
        assert_eq!(written.parameters, [Some(Type::Date), Some(Type::Text), Some(Type::Int8)]);
    }

    #[test]
    fn columns_of_a_query_within_another_get_their_names() {
        let sql = "SELECT t.a FROM (SELECT id FROM orders WHERE ordered_on > '2025-01-01 10:00') AS t (a)";
        let meant = "SELECT t.a FROM (WITH t (a) AS (SELECT id FROM \"main\".\"orders\" WHERE ordered_on > '2025-01-01') \
                     SELECT * FROM t) AS t";
        assert_eq!(write(sql, Dialect::Sqlite), meant);
    }

    #[test]
    fn a_common_table_and_an_alias_stay_what_they_are() {
        let sql = "WITH t AS (SELECT * FROM sales.orders) SELECT t.id FROM t";
        let meant = r#"WITH t AS (SELECT * FROM "main"."orders") SELECT t.id FROM t"#;
        assert_eq!(write(sql, Dialect::Sqlite), meant);
    }
}
