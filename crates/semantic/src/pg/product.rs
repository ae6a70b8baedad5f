//! A query of a product's tables, written for the source that has them.
//!
//! Schemas of the client's are products and are unknown to the source: the tables get the names that they have there, and
//! columns lose what stood before the name of their table. Nothing is decided here: the guard reads what comes of it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    CastKind, Expr, Ident, ObjectName, ObjectNamePart, Query, SelectItem, SelectItemQualifiedWildcardKind, SetExpr,
    TableAlias, TableFactor, Value, ValueWithSpan,
};

use super::names::{self, Name};
use crate::guard::{self, Dialect, Refusal, Rule};
use crate::visit::{self, VisitorMut};

/// A table as its source calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Real {
    pub schema: Option<String>,
    pub table: String,
}

/// The query for a source of this dialect. Its parameters, `$1` and so on, are called `p1` there.
///
/// Errors: what keeps the text from being one query, or a part of it from being written for the source.
pub fn written(sql: &str, dialect: Dialect, real: &BTreeMap<Name, Real>) -> Result<String, Refusal> {
    guard::read(sql, Dialect::PostgreSql, |mut query| {
        let mut writer = Writer { dialect, real };
        match visit::change(&mut query, &mut writer) {
            ControlFlow::Continue(()) => Ok(query.to_string()),
            ControlFlow::Break(refusal) => Err(refusal),
        }
    })?
}

struct Writer<'a> {
    dialect: Dialect,
    real: &'a BTreeMap<Name, Real>,
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
            Expr::Cast { kind, .. } if self.dialect != Dialect::PostgreSql => *kind = CastKind::Cast,
            // The others compare so by themselves.
            Expr::ILike { negated, any, expr: left, pattern, escape_char } if self.dialect != Dialect::PostgreSql => {
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
        written(sql, dialect, &known).expect(sql)
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

    #[test]
    fn what_only_postgresql_says_is_said_otherwise() {
        let sql = "SELECT id::text FROM orders WHERE name ILIKE 'a%'";
        assert_eq!(write(sql, Dialect::Sqlite), r#"SELECT CAST(id AS TEXT) FROM "main"."orders" WHERE name LIKE 'a%'"#);
        assert_eq!(write("SELECT id::text FROM x", Dialect::PostgreSql), "SELECT id::TEXT FROM x");
    }

    #[test]
    fn a_common_table_and_an_alias_stay_what_they_are() {
        let sql = "WITH t AS (SELECT * FROM sales.orders) SELECT t.id FROM t";
        let meant = r#"WITH t AS (SELECT * FROM "main"."orders") SELECT t.id FROM t"#;
        assert_eq!(write(sql, Dialect::Sqlite), meant);
    }
}
