//! Whether a statement that is kept for others reads columns of a table: it runs with them, and not without them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use emporion_catalog::name;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::spelling::decode;
use emporion_semantic::guard::{
    Column, Dialect, Literal, NamedTable, Parameters, Policy, Rule, Table, TableName, guard, tables_named,
};
use serde_json::Value;

use crate::fault::Fault;

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

/// A table that loses columns, or that would.
pub struct Losing {
    pub dialect: Dialect,
    pub place: Place,
    /// As the source calls them, like the others: in groups, of which each would go at once.
    pub lost: Vec<Vec<String>>,
    pub kept: Vec<String>,
    /// The places of the groups by the names of their columns, folded: of those that are words, and of those that are not.
    words: HashMap<String, BTreeSet<usize>>,
    others: HashMap<String, BTreeSet<usize>>,
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
    pub fn new(dialect: Dialect, place: Place, lost: Vec<Vec<String>>, kept: Vec<String>) -> Losing {
        let mut all: HashMap<String, BTreeSet<usize>> = HashMap::new();
        for (group, columns) in lost.iter().enumerate() {
            for column in columns {
                all.entry(name::fold(column)).or_default().insert(group);
            }
        }
        let (words, others) = all.into_iter().partition(|(name, _)| name.chars().all(is_of_word));
        Losing { dialect, place, lost, kept, words, others }
    }

    /// `lost` are groups of columns, told apart in what is found, and `kept` those that the table has besides: by the names
    /// that they have in their source. `None` where no statement can name one, or the record is no table of a database.
    pub async fn of(
        reading: &Reading<'_>,
        view: &View,
        (lost, kept): (Vec<Vec<String>>, Vec<String>),
    ) -> Result<Option<Arc<Losing>>, Fault> {
        let place = Place::of(&view.record.fqn).filter(|_| view.record.kind.is("table"));
        let Some(place) = place.filter(|_| !lost.iter().all(Vec::is_empty)) else { return Ok(None) };
        let service = reading.catalog().kind("database_service");
        let service = reading.by_fqn(service, &[name::quote(&place.service).as_str()]).await?.pop().flatten();
        let system = service.as_ref().and_then(|service| service.body.get("service_type")).and_then(Value::as_str);
        // What is written for a system that nobody can ask here is read as PostgreSQL's.
        let dialect = system.and_then(Dialect::of_system).unwrap_or(Dialect::PostgreSql);
        Ok(Some(Arc::new(Losing::new(dialect, place, lost, kept))))
    }

    /// Whether a dataset with this source is the table.
    pub fn is_source(&self, source: &str) -> bool {
        let Some(parts) = name::split(source) else { return false };
        let parts: Vec<String> = parts.iter().map(|part| decode(part).into_owned()).collect();
        self.place.is_called(parts.iter().rev().map(String::as_str))
    }

    /// The places of the groups of which a text has a name; most have none, and are not looked into.
    pub fn named(&self, text: &str) -> BTreeSet<usize> {
        let text = name::fold(text);
        let words = text.split(|c| !is_of_word(c)).filter_map(|word| self.words.get(word));
        let others = self.others.iter().filter(|(name, _)| text.contains(name.as_str())).map(|(_, groups)| groups);
        words.chain(others).flatten().copied().collect()
    }

    /// Of those, the ones that the statement reads, whose parameters are told beside it; and whether there was time to
    /// look at all.
    pub fn read(&self, sql: &str, parameters: &Value, others: &[Other], until: Instant) -> (BTreeSet<usize>, bool) {
        let mut read = BTreeSet::new();
        let groups = self.named(sql);
        if groups.is_empty() {
            return (read, true);
        }
        let samples = samples(parameters);
        let tables = tables_named(sql, self.dialect);
        let runs = |without: Option<usize>| guard(sql, &self.policy(&tables, without, others), &samples);
        if runs(None).is_err() {
            return (read, true);
        }
        for group in groups {
            if Instant::now() >= until {
                return (read, false);
            }
            if runs(Some(group)).is_err_and(|refusal| refusal.rule == Rule::UnknownColumn) {
                read.insert(group);
            }
        }
        (read, true)
    }

    /// All that the statement may name, without this group of columns.
    fn policy(&self, tables: &[NamedTable], without: Option<usize>, others: &[Other]) -> Policy {
        let lost = self.lost.iter().enumerate().filter(|(group, _)| Some(*group) != without);
        let own: Vec<String> = self.kept.iter().chain(lost.flat_map(|(_, columns)| columns)).cloned().collect();
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
        for named in tables {
            let parts = [Some(&named.table.name), named.table.schema.as_ref(), named.database.as_ref()];
            let is_known = |place: &&Place| place.is_called(parts.iter().flatten().map(|part| part.as_str()));
            if !places.iter().any(is_known) {
                let name = named.table.clone();
                let _ = policy.allow(Table { name, columns: None, filter: None, rows: None });
            }
        }
        policy
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
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
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn losing(dialect: Dialect, lost: &[&str], kept: &[&str]) -> Losing {
        by_groups(dialect, vec![names(lost)], kept)
    }

    fn by_groups(dialect: Dialect, lost: Vec<Vec<String>>, kept: &[&str]) -> Losing {
        let place = Place::of("warehouse.db.shop.orders").expect("a table");
        Losing::new(dialect, place, lost, names(kept))
    }

    fn read(of: &Losing, sql: &str, parameters: &Value) -> Vec<usize> {
        let until = Instant::now() + Duration::from_secs(60);
        let (read, is_whole) = of.read(sql, parameters, &others(), until);
        assert!(is_whole, "there is time");
        read.into_iter().collect()
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
            let reads = |sql: &str| !read(&of, sql, &Value::Null).is_empty();
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
        assert_eq!(read(&of, sql, &parameters), [0]);
        assert!(read(&of, "SELECT id FROM orders WHERE id > :least LIMIT 5", &parameters).is_empty());
        let of = losing(Dialect::PostgreSql, &["id"], &[]);
        assert_eq!(read(&of, "SELECT id FROM orders", &Value::Null), [0]);
    }

    #[test]
    fn each_group_is_told_by_itself() {
        let groups: Vec<Vec<String>> =
            ["id", "amount", "due on", "placed"].iter().map(|name| names(&[*name])).collect();
        let of = by_groups(Dialect::PostgreSql, groups, &[]);
        let reads = |sql: &str| read(&of, sql, &Value::Null);
        assert_eq!(reads("SELECT o.amount AS placed FROM orders o WHERE o.\"due on\" > '2026-01-01'"), [1, 2]);
        assert_eq!(reads("SELECT c.id AS n, placed FROM orders JOIN customers c ON c.id = orders.id"), [0, 3]);
        assert_eq!(reads("SELECT COUNT(*) AS n FROM orders"), [0_usize; 0]);
        assert_eq!(of.named("SELECT amounts, PLACED"), BTreeSet::from([3]), "names are whole words");
        let late = of.read("SELECT id FROM orders", &Value::Null, &others(), Instant::now());
        assert_eq!(late, (BTreeSet::new(), false), "there is no time");
    }

    #[test]
    fn datasets_mean_the_table_by_less_than_its_whole_name() {
        let of = losing(Dialect::Sqlite, &["amount"], &["id"]);
        for source in ["orders", "shop.orders", "DB.Shop.Orders", "\"shop\".\"orders\""] {
            assert!(of.is_source(source), "{source}");
        }
        for source in ["customers", "sales.orders", "$ref(shop.orders)", "warehouse.db.shop.orders", "a..b", ""] {
            assert!(!of.is_source(source), "{source}");
        }
        assert!(Place::of("one.two.three").is_none());
    }
}
