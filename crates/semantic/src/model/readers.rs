//! What of a model reads certain columns: itself, or by way of its other parts. Names mean what they do where questions
//! are answered: in fields, keys and relationships a column before a field, in metrics a field before a column.

use std::collections::{HashMap, HashSet};

use super::check::{Columns, folded};
use super::{Expression, Model, expression};

/// Parts are made of parts this often; what lies deeper is not followed.
const MOST_ROUNDS: usize = 8;

/// Parts of a model, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readers {
    /// Fields, and columns of keys, each with its dataset's name.
    pub fields: Vec<(String, String)>,
    pub relationships: Vec<String>,
    pub metrics: Vec<String>,
}

/// What of the model reads the columns that are given for the sources of its datasets; `others` are those that these
/// have besides.
pub fn readers(model: &Model, columns: &dyn Columns, others: &dyn Columns) -> Readers {
    let mut known = Known::of(model, columns, others);
    if known.columns.iter().all(HashSet::is_empty) {
        return Readers::default();
    }
    known.follow_fields(model);
    let metrics = known.metrics(model);
    let mut found = Readers::default();
    for (at, dataset) in model.datasets.iter().enumerate() {
        let in_keys = dataset.primary_key.iter().chain(dataset.unique_keys.iter().flatten());
        let in_keys = in_keys.filter(|column| known.is_meant(at, column));
        let fields = dataset.fields.iter().map(|field| &field.common.name).filter(|name| known.is_field(at, name));
        for name in fields.chain(in_keys) {
            let named = (dataset.common.name.clone(), name.clone());
            if !found.fields.iter().any(|(of, known)| *of == named.0 && folded(known) == folded(name)) {
                found.fields.push(named);
            }
        }
    }
    for relationship in &model.relationships {
        let mut ends = [(&relationship.from, &relationship.from_columns), (&relationship.to, &relationship.to_columns)]
            .into_iter();
        let is_end = |(dataset, columns): (&String, &Vec<String>)| {
            let at = known.datasets.get(&folded(dataset)).copied();
            at.is_some_and(|at| columns.iter().any(|name| known.is_meant(at, name)))
        };
        if ends.any(is_end) {
            found.relationships.push(relationship.common.name.clone());
        }
    }
    let named = model.metrics.iter().zip(metrics).filter(|(_, reads)| *reads);
    found.metrics = named.map(|(metric, _)| metric.common.name.clone()).collect();
    found
}

/// What is known of the datasets, by their places.
struct Known {
    datasets: HashMap<String, usize>,
    /// The columns in question.
    columns: Vec<HashSet<String>>,
    /// Columns besides.
    others: Vec<HashSet<String>>,
    /// Fields, and whether they read one.
    fields: Vec<HashMap<String, bool>>,
}

impl Known {
    fn of(model: &Model, columns: &dyn Columns, others: &dyn Columns) -> Known {
        let mut datasets = HashMap::new();
        for (at, dataset) in model.datasets.iter().enumerate() {
            datasets.entry(folded(&dataset.common.name)).or_insert(at);
        }
        let of_each = |columns: &dyn Columns| {
            let all = model.datasets.iter().map(|dataset| columns.of(&dataset.source).unwrap_or_default());
            all.map(|columns| columns.iter().map(|column| folded(column)).collect()).collect()
        };
        let fields = model.datasets.iter().map(|dataset| {
            let names = dataset.fields.iter().map(|field| folded(&field.common.name));
            names.map(|name| (name, false)).collect()
        });
        let fields = fields.collect();
        Known { datasets, columns: of_each(columns), others: of_each(others), fields }
    }

    fn is_column(&self, dataset: usize, name: &str) -> bool {
        self.columns[dataset].contains(&folded(name))
    }

    /// Whether it is a field that reads one.
    fn is_field(&self, dataset: usize, name: &str) -> bool {
        self.fields[dataset].get(&folded(name)).copied().unwrap_or(false)
    }

    /// Whether a name, which means a column where there is one that is called so, and else a field, leads to one.
    fn is_meant(&self, dataset: usize, name: &str) -> bool {
        let is_other = || self.others[dataset].contains(&folded(name));
        self.is_column(dataset, name) || self.is_field(dataset, name) && !is_other()
    }

    fn follow_fields(&mut self, model: &Model) {
        for (at, dataset) in model.datasets.iter().enumerate() {
            let of = folded(&dataset.common.name);
            let all = dataset.fields.iter().map(|field| (folded(&field.common.name), names(&field.expression)));
            let mut all: Vec<(String, Vec<Vec<String>>)> = all.collect();
            for _ in 0..MOST_ROUNDS {
                let before = all.len();
                all.retain(|(field, names)| {
                    let mut own = names.iter().filter_map(|name| match name.as_slice() {
                        [name] => Some(name),
                        [qualifier, name] if folded(qualifier) == of => Some(name),
                        _ => None,
                    });
                    // A field that is called as the column is, is made of the column.
                    let reads = |name: &String| match folded(name) == *field {
                        true => self.is_column(at, name),
                        false => self.is_meant(at, name),
                    };
                    let reads = own.any(reads);
                    if reads {
                        self.fields[at].insert(field.clone(), true);
                    }
                    !reads
                });
                if all.len() == before {
                    break;
                }
            }
        }
    }

    /// Which of the metrics do, in their order.
    fn metrics(&self, model: &Model) -> Vec<bool> {
        let all: Vec<(String, Vec<Vec<String>>)> =
            model.metrics.iter().map(|metric| (folded(&metric.common.name), names(&metric.expression))).collect();
        let called: HashSet<&String> = all.iter().map(|(name, _)| name).collect();
        let mut reading: HashSet<&String> = HashSet::new();
        for _ in 0..MOST_ROUNDS {
            let before = reading.len();
            for (metric, names) in &all {
                let reads = |name: &Vec<String>| match name.as_slice() {
                    [dataset, name] => self.datasets.get(&folded(dataset)).is_some_and(|at| self.is_told(*at, name)),
                    [name] if folded(name) != *metric && called.contains(&folded(name)) => {
                        reading.contains(&folded(name))
                    }
                    [name] => self.is_told_alone(name),
                    _ => false,
                };
                if names.iter().any(reads) {
                    reading.insert(metric);
                }
            }
            if reading.len() == before {
                break;
            }
        }
        all.iter().map(|(name, _)| reading.contains(name)).collect()
    }

    /// Of a name of a dataset, which means its field where it has one that is called so.
    fn is_told(&self, dataset: usize, name: &str) -> bool {
        let field = self.fields[dataset].get(&folded(name));
        field.copied().unwrap_or_else(|| self.is_column(dataset, name))
    }

    /// The same without a dataset: a name that more than one of them may mean is left out where they do not agree.
    fn is_told_alone(&self, name: &str) -> bool {
        if self.datasets.len() == 1 {
            return self.is_told(0, name);
        }
        let mut fields = self.fields.iter().filter_map(|fields| fields.get(&folded(name))).peekable();
        fields.peek().is_some() && fields.all(|reads| *reads)
    }
}

/// The names in what can be read of an expression, in any of its dialects.
fn names(expression: &Expression) -> Vec<Vec<String>> {
    let read = expression.dialects.iter().filter(|(dialect, _)| expression::is_read(dialect));
    read.filter_map(|(_, text)| expression::look(text).ok()).flat_map(|said| said.names).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Format, import};
    use super::*;

    fn found(lost: &'static [&'static str]) -> Readers {
        found_in(shop(), lost, &[])
    }

    /// Of a model whose first table has these columns besides.
    fn found_in(document: Value, lost: &'static [&'static str], others: &'static [&'static str]) -> Readers {
        let model = import(&document, Format::Osi, "retail").expect("a model").model;
        let of = |columns: &'static [&'static str]| {
            move |source: &str| {
                (source == "shop.orders").then(|| columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
            }
        };
        readers(&model, &of(lost), &of(others))
    }

    fn shop() -> Value {
        let field = |name: &str, expression: &str| json!({"name": name, "expression": expression});
        let metric = field;
        json!({"semantic_model": [{
            "name": "retail",
            "datasets": [
                {"name": "orders", "source": "shop.orders", "primary_key": ["id"], "fields": [
                    field("amount", "amount"), field("net", "amount - discount"), field("half", "orders.net / 2"),
                    field("state", "status"),
                ]},
                {"name": "customers", "source": "shop.customers", "primary_key": ["id"], "fields": [
                    field("amount", "owed"),
                ]},
            ],
            "relationships": [{"name": "o2c", "from": "orders", "to": "customers", "from_columns": ["customer_id"],
                "to_columns": ["id"]}],
            "metrics": [
                metric("sales", "SUM(orders.amount)"), metric("rate", "sales / COUNT(orders.id)"),
                metric("halves", "SUM(half)"), metric("owed", "SUM(customers.amount)"),
                metric("amounts", "SUM(amount)"), metric("states", "COUNT(DISTINCT orders.Status)"),
            ],
        }]})
    }

    fn fields(found: &Readers) -> Vec<String> {
        found.fields.iter().map(|(dataset, name)| format!("{dataset}.{name}")).collect()
    }

    #[test]
    fn parts_that_are_made_of_parts_read_the_column_too() {
        let of = found(&["amount"]);
        assert_eq!(fields(&of), ["orders.amount", "orders.net", "orders.half"]);
        assert_eq!(of.metrics, ["sales", "rate", "halves"], "without a dataset, `amount` may be the other's");
        assert!(of.relationships.is_empty());
    }

    #[test]
    fn a_name_means_the_column_in_fields_and_the_field_in_metrics() {
        let part = |name: &str, expression: &str| json!({"name": name, "expression": expression});
        let fields_of_it = [part("amount", "owed"), part("net", "amount - x")];
        let document = json!({"semantic_model": [{
            "name": "retail",
            "datasets": [{"name": "orders", "source": "shop.orders", "fields": fields_of_it}],
            "metrics": [part("sum", "SUM(orders.amount)"), part("nets", "SUM(net)")],
        }]});
        let of = |lost, others| {
            let found = found_in(document.clone(), lost, others);
            (fields(&found), found.metrics)
        };
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(of(&["amount"], &["owed", "x"]), (names(&["orders.net"]), names(&["nets"])));
        assert_eq!(of(&["owed"], &["amount", "x"]), (names(&["orders.amount"]), names(&["sum"])));
        let all = (names(&["orders.amount", "orders.net"]), names(&["sum", "nets"]));
        assert_eq!(of(&["owed"], &["x"]), all, "without such a column, the field is meant");
    }

    #[test]
    fn keys_and_joins_read_columns() {
        let of = found(&["ID", "customer_id"]);
        assert_eq!(fields(&of), ["orders.id"]);
        assert_eq!((of.relationships, of.metrics), (vec!["o2c".to_owned()], vec!["rate".to_owned()]));
    }

    #[test]
    fn a_column_is_read_without_a_field_of_its_name() {
        let of = found(&["status"]);
        assert_eq!((fields(&of), &of.metrics), (vec!["orders.state".to_owned()], &vec!["states".to_owned()]));
        assert_eq!((found(&["nothing"]), found(&[])), (Readers::default(), Readers::default()));
    }
}
