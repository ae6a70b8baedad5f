//! Whether a statement that is kept for others reads columns of a table: it runs with them, and not without them.

use emporion_catalog::name;
use emporion_catalog::spelling::decode;
use emporion_semantic::guard::{
    Column, Dialect, Literal, Parameters, Policy, Rule, Table, TableName, guard, tables_named,
};
use serde_json::Value;

/// A table where its source has it.
#[derive(Clone, PartialEq)]
pub struct Place {
    pub service: String,
    pub database: String,
    pub schema: String,
    pub name: String,
}

/// A table of the same database, with its columns.
pub struct Other {
    pub place: Place,
    pub columns: Vec<String>,
}

/// A table that loses columns.
pub struct Losing {
    pub dialect: Dialect,
    pub place: Place,
    /// As the source calls them, like the others.
    pub lost: Vec<String>,
    pub kept: Vec<String>,
}

impl Place {
    /// `None` for what is no table of a database.
    pub fn of(fqn: &str) -> Option<Place> {
        let [service, database, schema, name] = name::split(fqn)?.try_into().ok()?;
        let real = |name: String| decode(&name).into_owned();
        Some(Place { service, database: real(database), schema: real(schema), name: real(name) })
    }

    pub fn is_beside(&self, other: &Place) -> bool {
        (&self.service, &self.database) == (&other.service, &other.database)
    }

    /// Whether `table`, `schema.table` or `database.schema.table` means it, but for case.
    fn is_called<'a>(&self, parts: impl Iterator<Item = &'a str>) -> bool {
        let mut own = [&self.name, &self.schema, &self.database].into_iter();
        let mut parts = parts;
        parts.all(|wanted| own.next().is_some_and(|own| name::fold(own) == name::fold(wanted)))
    }

    fn named(&self) -> TableName {
        TableName { schema: Some(self.schema.clone()), name: self.name.clone() }
    }
}

impl Losing {
    /// Those that a dataset with this source loses.
    pub fn lost_of(&self, source: &str) -> Option<Vec<String>> {
        self.is_source(source).then(|| self.lost.clone())
    }

    /// Those that it has and keeps.
    pub fn kept_of(&self, source: &str) -> Option<Vec<String>> {
        self.is_source(source).then(|| self.kept.clone())
    }

    fn is_source(&self, source: &str) -> bool {
        let Some(parts) = name::split(source) else { return false };
        let parts: Vec<String> = parts.iter().map(|part| decode(part).into_owned()).collect();
        self.place.is_called(parts.iter().rev().map(String::as_str))
    }

    /// Whether a text has the name of one of them; most have none, and are not looked into.
    pub fn is_named(&self, text: &str) -> bool {
        let text = name::fold(text);
        self.lost.iter().any(|column| text.contains(&name::fold(column)))
    }

    /// Whether the statement, whose parameters are told beside it, reads one of them.
    pub fn is_read(&self, sql: &str, parameters: &Value, others: &[Other]) -> bool {
        if !self.is_named(sql) {
            return false;
        }
        let samples = samples(parameters);
        let without = guard(sql, &self.policy(sql, self.kept.clone(), others), &samples);
        let all = [&self.kept[..], &self.lost].concat();
        without.is_err_and(|refusal| refusal.rule == Rule::UnknownColumn)
            && guard(sql, &self.policy(sql, all, others), &samples).is_ok()
    }

    /// All that the statement may name, and of this table these columns.
    fn policy(&self, sql: &str, own: Vec<String>, others: &[Other]) -> Policy {
        let mut policy = Policy::new(self.dialect).with_database(&self.place.database);
        let known = others.iter().map(|other| (&other.place, other.columns.clone()));
        let known = std::iter::once((&self.place, own)).chain(known.filter(|(place, _)| **place != self.place));
        let mut places = Vec::new();
        for (place, columns) in known {
            let columns = Some(columns.into_iter().map(Column::named).collect());
            // It has no filter, which is what could be refused.
            let _ = policy.allow(Table { name: place.named(), columns, filter: None, rows: None });
            places.push(place);
        }
        // Of others it is not known what they have: nothing is said against what is named of them.
        for named in tables_named(sql, self.dialect) {
            let parts = [Some(&named.table.name), named.table.schema.as_ref(), named.database.as_ref()];
            let is_known = |place: &&Place| place.is_called(parts.iter().flatten().map(|part| part.as_str()));
            if !places.iter().any(is_known) {
                let _ = policy.allow(Table { name: named.table, columns: None, filter: None, rows: None });
            }
        }
        policy
    }
}

/// How statements are written for a system.
pub fn dialect(system: &str) -> Dialect {
    match system.to_ascii_lowercase().as_str() {
        "sqlite" => Dialect::Sqlite,
        "mysql" | "mariadb" => Dialect::MySql,
        _ => Dialect::PostgreSql,
    }
}

/// A value of each parameter's type: without any, nothing can be said of the statement.
fn samples(parameters: &Value) -> Parameters {
    let mut samples = Parameters::new();
    for parameter in parameters.as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let text = || Literal::Text("2000-01-01".to_owned());
        match parameter["type"].as_str() {
            Some("dateRange") => {
                samples.extend(["start", "end"].map(|end| (format!("{name}_{end}"), text())));
            }
            Some("number") => drop(samples.insert(name.to_owned(), Literal::Number("1".to_owned()))),
            _ => drop(samples.insert(name.to_owned(), text())),
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn losing(dialect: Dialect, lost: &[&str], kept: &[&str]) -> Losing {
        let place = Place::of("warehouse.db.shop.orders").expect("a table");
        Losing { dialect, place, lost: names(lost), kept: names(kept) }
    }

    fn others() -> Vec<Other> {
        let place = |fqn| Place::of(fqn).expect("a table");
        vec![
            Other { place: place("warehouse.db.shop.orders"), columns: names(&["id", "amount"]) },
            Other { place: place("warehouse.db.shop.customers"), columns: names(&["id", "region", "amount_owed"]) },
        ]
    }

    #[test]
    fn a_statement_reads_a_column_wherever_it_names_it() {
        for dialect in [Dialect::PostgreSql, Dialect::MySql, Dialect::Sqlite] {
            let of = losing(dialect, &["amount"], &["id", "customer_id"]);
            let reads = |sql: &str| of.is_read(sql, &Value::Null, &others());
            for sql in [
                "SELECT SUM(amount) AS n FROM orders",
                "SELECT COUNT(*) AS n FROM shop.orders o WHERE o.Amount > 5",
                "SELECT c.id AS n FROM orders o JOIN customers c ON c.id = o.customer_id WHERE amount > 1",
                "WITH a AS (SELECT amount AS b FROM orders) SELECT MAX(b) AS n FROM a",
                "SELECT o.amount AS n FROM orders o JOIN elsewhere e ON e.id = o.id",
            ] {
                assert!(reads(sql), "{dialect:?}: {sql}");
            }
            for sql in [
                "SELECT COUNT(*) AS n FROM orders",
                "SELECT SUM(amount_owed) AS amount FROM customers",
                "SELECT 'amount' AS n FROM orders",
                "SELECT amount FROM nowhere.orders",
                "SELECT amount, gone FROM orders",
                "DELETE FROM orders WHERE amount = 1",
                "amount",
            ] {
                assert!(!reads(sql), "{dialect:?}: {sql}");
            }
        }
    }

    #[test]
    fn parameters_are_given_something() {
        let of = losing(Dialect::PostgreSql, &["amount", "placed"], &["id"]);
        let parameters = json!([{"name": "least", "type": "number"}, {"name": "during", "type": "dateRange"}]);
        let sql = "SELECT id FROM orders WHERE amount > :least AND placed BETWEEN :during_start AND :during_end";
        assert!(of.is_read(sql, &parameters, &others()));
        assert!(!of.is_read("SELECT id FROM orders WHERE id > :least LIMIT 5", &parameters, &others()));
        assert!(losing(Dialect::PostgreSql, &["id"], &[]).is_read("SELECT id FROM orders", &Value::Null, &others()));
    }

    #[test]
    fn datasets_mean_the_table_by_less_than_its_whole_name() {
        let of = losing(Dialect::Sqlite, &["amount"], &["id"]);
        for source in ["orders", "shop.orders", "DB.Shop.Orders", "\"shop\".\"orders\""] {
            assert_eq!(of.lost_of(source), Some(names(&["amount"])), "{source}");
            assert_eq!(of.kept_of(source), Some(names(&["id"])), "{source}");
        }
        for source in ["customers", "sales.orders", "$ref(shop.orders)", "warehouse.db.shop.orders", "a..b", ""] {
            assert_eq!(of.lost_of(source), None, "{source}");
        }
        assert!(Place::of("one.two.three").is_none());
    }
}
