//! A query of a product's tables, written for the source that has them.
//!
//! Schemas of the client's are products and are unknown to the source: the tables get the names that they have there, and
//! columns lose what stood before the name of their table. Nothing is decided here: the guard reads what comes of it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, Expr, Ident, ObjectName, ObjectNamePart, Query, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, Value, ValueWithSpan,
};

use super::column_names;
use super::names::{self, Name};
use super::sqlite::{self, ColumnType, ColumnTypes};
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
    /// What the columns of its answer hold, where its source does not know that they are times; none where it asks for all
    /// columns of a table.
    pub times: Vec<Option<ColumnType>>,
}

/// The query for a source of this dialect. Its parameters, `$1` and so on, are called `p1` there.
///
/// Errors: what keeps the text from being one query, or a part of it from being written for the source.
pub fn written(
    sql: &str,
    dialect: Dialect,
    real: &BTreeMap<Name, Real>,
    times: &ColumnTypes,
) -> Result<Written, Refusal> {
    guard::read(sql, Dialect::PostgreSql, |mut query| {
        let mut times = times.clone();
        let mut answered = Vec::new();
        if dialect == Dialect::Sqlite {
            // Twice: what is called so in one query may be called otherwise in the one around it.
            for _ in 0..2 {
                let _: ControlFlow<()> = visit::look(&query, &mut AliasTypes { times: &mut times });
            }
            answered = sqlite::answered(&times, &query.body);
        }
        // What ties are looked for in stands within another query.
        if dialect != Dialect::PostgreSql && query.fetch.is_none() {
            column_names::write(&mut query.body, dialect, false);
        }
        let mut writer = Writer { dialect, real, times: &times };
        if let ControlFlow::Break(refusal) = visit::change(&mut query, &mut writer) {
            return Err(refusal);
        }
        if dialect == Dialect::Sqlite
            && let ControlFlow::Break(refusal) = visit::look(&query, &mut LoneIntervals)
        {
            return Err(refusal);
        }
        Ok(Written { sql: query.to_string(), times: answered })
    })?
}

/// What the columns of its queries are called, and hold.
struct AliasTypes<'a> {
    times: &'a mut ColumnTypes,
}

impl Visitor for AliasTypes<'_> {
    type Break = ();

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        sqlite::note_columns(self.times, query);
        sqlite::note_aliases(self.times, &query.body);
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
    times: &'a ColumnTypes,
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
        if self.dialect != Dialect::PostgreSql {
            column_names::write(&mut query.body, self.dialect, true);
        }
        if self.dialect == Dialect::Sqlite {
            sqlite::order(query);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Refusal> {
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
            Expr::Extract { .. } | Expr::Function(_) if self.dialect == Dialect::Sqlite => {
                sqlite::between(expr, self.times);
            }
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
        let written = match (self.dialect, &expr) {
            (Dialect::Sqlite, _) => sqlite::write(expr, self.times),
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
        written(sql, dialect, &known, &times()).expect(sql).sql
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

    fn times() -> ColumnTypes {
        BTreeMap::from([("ordered_on".to_owned(), ColumnType::Date), ("paid_at".to_owned(), ColumnType::Timestamp)])
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
        assert_eq!(said("ordered_on + 30"), "date(ordered_on, (30) || ' days')");
        assert_eq!(said("ordered_on - ordered_on"), "CAST(julianday(ordered_on) - julianday(ordered_on) AS INTEGER)");
        let moment = "strftime('%Y-%m-%d %H:%M:%f', paid_at) < strftime('%Y-%m-%d %H:%M:%f', '2025-02-01')";
        assert_eq!(said("paid_at < '2025-02-01'"), moment);
        assert_eq!(said("10::numeric / 4"), "CAST(10 AS REAL) / 4");
        assert_eq!(said("paid_at - interval '1 month 2 days'"), "datetime(paid_at, '-1 months', 'floor', '-2 days')");
        assert_eq!(said("to_char(paid_at, 'YYYY-MM')"), "strftime('%Y-%m', paid_at)");
        assert_eq!(said("id = ANY(ARRAY[1, 2])"), "id IN (1, 2)");
        assert_eq!(write("SELECT id::text FROM x", Dialect::PostgreSql), "SELECT id::TEXT FROM x");
        let named = BTreeMap::new();
        for refused in ["paid_at - ordered_on", "interval '1 day'", "id::jsonb", "to_char(id, '999')"] {
            let sql = format!("SELECT {refused} FROM orders");
            assert!(written(&sql, Dialect::Sqlite, &named, &times()).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_common_table_and_an_alias_stay_what_they_are() {
        let sql = "WITH t AS (SELECT * FROM sales.orders) SELECT t.id FROM t";
        let meant = r#"WITH t AS (SELECT * FROM "main"."orders") SELECT t.id FROM t"#;
        assert_eq!(write(sql, Dialect::Sqlite), meant);
    }
}
