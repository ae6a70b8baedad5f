//! Readers of columns: which parts of a model read certain columns, themselves or by way of other parts. Names mean
//! what they do where questions are answered: in fields, keys and relationships a column before a field, in metrics and
//! their filters a field before a column.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::check::folded;
use super::expression;
use super::parts::{Expression, Metric, Model};

/// Parts are made of parts this often; what lies deeper is not followed.
const MOST_ROUNDS: usize = 8;

static NONE: BTreeSet<usize> = BTreeSet::new();

/// A table, and columns of it that are asked about.
pub struct Asked<'a> {
    /// Whether a dataset with this source is the table.
    pub is_source: &'a dyn Fn(&str) -> bool,
    /// In groups: what reads any column of a group, reads the group.
    pub groups: &'a [Vec<String>],
    /// Columns that it has besides.
    pub others: &'a [String],
}

/// A part of a model, and the places of the groups that it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    pub name: String,
    pub groups: BTreeSet<usize>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readers {
    /// Fields, and columns of keys, each as `dataset.field`.
    pub fields: Vec<Reader>,
    pub relationships: Vec<Reader>,
    pub metrics: Vec<Reader>,
}

/// What of the model reads the columns.
pub fn readers(model: &Model, asked: &Asked<'_>) -> Readers {
    let mut known = Known::of(model, asked);
    if known.columns.is_empty() || !known.is_asked.contains(&true) {
        return Readers::default();
    }
    known.follow_fields(model);
    Readers {
        fields: known.fields_and_keys(model),
        relationships: known.relationships(model),
        metrics: known.metrics(model),
    }
}

/// What is known of the datasets, by their places.
struct Known {
    datasets: HashMap<String, usize>,
    /// Whether it is over the table.
    is_asked: Vec<bool>,
    /// The groups of each column of the table that is in one.
    columns: HashMap<String, BTreeSet<usize>>,
    /// Its columns besides.
    others: HashSet<String>,
    /// Fields, and the groups that they read.
    fields: Vec<HashMap<String, BTreeSet<usize>>>,
}

impl Known {
    fn of(model: &Model, asked: &Asked<'_>) -> Known {
        let mut datasets = HashMap::new();
        for (at, dataset) in model.datasets.iter().enumerate() {
            datasets.entry(folded(&dataset.common.name)).or_insert(at);
        }
        let mut columns: HashMap<String, BTreeSet<usize>> = HashMap::new();
        for (group, names) in asked.groups.iter().enumerate() {
            for name in names {
                columns.entry(folded(name)).or_default().insert(group);
            }
        }
        let fields = model.datasets.iter().map(|dataset| {
            let names = dataset.fields.iter().map(|field| folded(&field.common.name));
            names.map(|name| (name, BTreeSet::new())).collect()
        });
        Known {
            datasets,
            is_asked: model.datasets.iter().map(|dataset| (asked.is_source)(&dataset.source)).collect(),
            columns,
            others: asked.others.iter().map(|name| folded(name)).collect(),
            fields: fields.collect(),
        }
    }

    /// The groups of a column, where it is in one.
    fn column(&self, dataset: usize, name: &str) -> Option<&BTreeSet<usize>> {
        self.columns.get(name).filter(|_| self.is_asked[dataset])
    }

    /// The groups that a name leads to, which means a column where there is one that is called so, and else a field.
    fn meant(&self, dataset: usize, name: &str) -> &BTreeSet<usize> {
        let name = folded(name);
        let is_other = self.is_asked[dataset] && self.others.contains(&name);
        let field = || self.fields[dataset].get(&name).filter(|_| !is_other);
        self.column(dataset, &name).or_else(field).unwrap_or(&NONE)
    }

    fn follow_fields(&mut self, model: &Model) {
        for (at, dataset) in model.datasets.iter().enumerate() {
            let of = folded(&dataset.common.name);
            let own = |name: Vec<String>| match name.as_slice() {
                [name] => Some(folded(name)),
                [qualifier, name] if folded(qualifier) == of => Some(folded(name)),
                _ => None,
            };
            let all = dataset.fields.iter().map(|field| {
                let own: Vec<String> = names(&field.expression).into_iter().filter_map(own).collect();
                (folded(&field.common.name), own)
            });
            let all: Vec<(String, Vec<String>)> = all.collect();
            for _ in 0..MOST_ROUNDS {
                let mut is_more = false;
                for (field, names) in &all {
                    // A field that is called as the column is, is made of the column.
                    let reads = |name: &String| match name == field {
                        true => self.column(at, name).unwrap_or(&NONE),
                        false => self.meant(at, name),
                    };
                    let read: Vec<usize> = names.iter().flat_map(reads).copied().collect();
                    is_more |= grown(self.fields[at].entry(field.clone()).or_default(), read);
                }
                if !is_more {
                    break;
                }
            }
        }
    }

    /// Those that read a group, in their order.
    fn fields_and_keys(&self, model: &Model) -> Vec<Reader> {
        let mut found: Vec<Reader> = Vec::new();
        for (at, dataset) in model.datasets.iter().enumerate() {
            let mut places: HashMap<String, usize> = HashMap::new();
            let fields = dataset.fields.iter().map(|field| &field.common.name);
            let fields = fields.map(|name| (name, self.fields[at].get(&folded(name)).unwrap_or(&NONE)));
            let in_keys = dataset.primary_key.iter().chain(dataset.unique_keys.iter().flatten());
            let in_keys = in_keys.map(|name| (name, self.meant(at, name)));
            for (name, groups) in fields.chain(in_keys).filter(|(_, groups)| !groups.is_empty()) {
                let place = *places.entry(folded(name)).or_insert(found.len());
                match found.get_mut(place) {
                    Some(known) => known.groups.extend(groups),
                    None => {
                        let name = format!("{}.{name}", dataset.common.name);
                        found.push(Reader { name, groups: groups.clone() });
                    }
                }
            }
        }
        found
    }

    fn relationships(&self, model: &Model) -> Vec<Reader> {
        let all = model.relationships.iter().map(|relationship| {
            let mut groups: BTreeSet<usize> = BTreeSet::new();
            let from = (&relationship.from, &relationship.from_columns);
            for (dataset, columns) in [from, (&relationship.to, &relationship.to_columns)] {
                if let Some(at) = self.datasets.get(&folded(dataset)) {
                    groups.extend(columns.iter().flat_map(|name| self.meant(*at, name)));
                }
            }
            Reader { name: relationship.common.name.clone(), groups }
        });
        all.filter(|one| !one.groups.is_empty()).collect()
    }

    fn metrics(&self, model: &Model) -> Vec<Reader> {
        let all: Vec<(String, Vec<Vec<String>>)> =
            model.metrics.iter().map(|metric| (folded(&metric.common.name), names(&metric.expression))).collect();
        let mut reading: HashMap<&str, BTreeSet<usize>> =
            all.iter().map(|(name, _)| (name.as_str(), BTreeSet::new())).collect();
        for _ in 0..MOST_ROUNDS {
            let mut is_more = false;
            for (metric, names) in &all {
                let mut read: BTreeSet<usize> = BTreeSet::new();
                for name in names {
                    let other = match name.as_slice() {
                        [name] if folded(name) != *metric => reading.get(folded(name).as_str()),
                        _ => None,
                    };
                    match other {
                        Some(groups) => read.extend(groups),
                        None => read.extend(self.told(name)),
                    }
                }
                is_more |= grown(reading.entry(metric).or_default(), read);
            }
            if !is_more {
                break;
            }
        }
        let named = model.metrics.iter().zip(&all).map(|(metric, (name, _))| {
            let mut groups = reading.get(name.as_str()).cloned().unwrap_or_default();
            // Whoever is made of the metric is computed without its filters.
            groups.extend(names_of_filters(metric).iter().flat_map(|name| self.told(name)));
            Reader { name: metric.common.name.clone(), groups }
        });
        named.filter(|one| !one.groups.is_empty()).collect()
    }

    /// The groups that a name in a metric leads to.
    fn told(&self, name: &[String]) -> BTreeSet<usize> {
        match name {
            [dataset, name] => {
                let at = self.datasets.get(&folded(dataset));
                at.map(|at| self.told_of(*at, name).clone()).unwrap_or_default()
            }
            [name] => self.told_alone(name),
            _ => BTreeSet::new(),
        }
    }

    /// Of a name of a dataset, which means its field where it has one that is called so.
    fn told_of(&self, dataset: usize, name: &str) -> &BTreeSet<usize> {
        let name = folded(name);
        self.fields[dataset].get(&name).or_else(|| self.column(dataset, &name)).unwrap_or(&NONE)
    }

    /// The same without a dataset: of a name that more than one of them may mean, only that is told in which they
    /// agree.
    fn told_alone(&self, name: &str) -> BTreeSet<usize> {
        if self.datasets.len() == 1 {
            return self.told_of(0, name).clone();
        }
        let name = folded(name);
        let mut fields = self.fields.iter().filter_map(|fields| fields.get(&name));
        let first = fields.next().cloned().unwrap_or_default();
        fields.fold(first, |all, groups| &all & groups)
    }
}

/// Whether there is something among these that was not known before.
fn grown(known: &mut BTreeSet<usize>, more: impl IntoIterator<Item = usize>) -> bool {
    let before = known.len();
    known.extend(more);
    known.len() > before
}

/// The names in what can be read of an expression, in any of its dialects.
fn names(expression: &Expression) -> Vec<Vec<String>> {
    let read = expression.dialects.iter().filter(|(dialect, _)| expression::is_read(dialect));
    read.flat_map(|(_, text)| names_in(text)).collect()
}

fn names_of_filters(metric: &Metric) -> Vec<Vec<String>> {
    let filters = metric.common.extension["defaultFilters"].as_array().into_iter().flatten();
    filters.filter_map(Value::as_str).flat_map(names_in).collect()
}

fn names_in(text: &str) -> Vec<Vec<String>> {
    expression::look(text).map(|said| said.names).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Format, import};
    use super::*;

    fn found(lost: &[&str]) -> Readers {
        found_in(&shop(), lost, &[])
    }

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Of a model whose first table has these columns besides; those that are asked about are one group.
    fn found_in(document: &Value, lost: &[&str], others: &[&str]) -> Readers {
        by_groups(document, &[owned(lost)], others)
    }

    fn by_groups(document: &Value, groups: &[Vec<String>], others: &[&str]) -> Readers {
        let model = import(document, Format::Osi, "retail").expect("a model").model;
        let others = owned(others);
        readers(&model, &Asked { is_source: &|source: &str| source == "shop.orders", groups, others: &others })
    }

    fn shop() -> Value {
        let field = |name: &str, expression: &str| json!({"name": name, "expression": expression});
        let metric = field;
        let data = json!({"defaultFilters": ["orders.status <> 'returned'", "region = 'EU'"]});
        let filtered = json!({"name": "kept", "expression": "COUNT(*)",
            "custom_extensions": [{"vendor_name": "EMPORION", "data": data}]});
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
                metric("amounts", "SUM(amount)"), metric("states", "COUNT(DISTINCT orders.Status)"), filtered,
                metric("twice", "kept * 2"),
            ],
        }]})
    }

    fn all(of: &[Reader]) -> Vec<&str> {
        of.iter().map(|one| one.name.as_str()).collect()
    }

    #[test]
    fn parts_that_are_made_of_parts_read_the_column_too() {
        let of = found(&["amount"]);
        assert_eq!(all(&of.fields), ["orders.amount", "orders.net", "orders.half"]);
        assert_eq!(all(&of.metrics), ["sales", "rate", "halves"], "without a dataset, `amount` may be the other's");
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
        let of = |lost: &[&str], others: &[&str]| {
            let found = found_in(&document, lost, others);
            let [fields, metrics] = [&found.fields, &found.metrics].map(|of| owned(&all(of)));
            (fields, metrics)
        };
        assert_eq!(of(&["amount"], &["owed", "x"]), (owned(&["orders.net"]), owned(&["nets"])));
        assert_eq!(of(&["owed"], &["amount", "x"]), (owned(&["orders.amount"]), owned(&["sum"])));
        let both = (owned(&["orders.amount", "orders.net"]), owned(&["sum", "nets"]));
        assert_eq!(of(&["owed"], &["x"]), both, "without such a column, the field is meant");
    }

    #[test]
    fn keys_and_joins_read_columns() {
        let of = found(&["ID", "customer_id"]);
        assert_eq!(all(&of.fields), ["orders.id"]);
        assert_eq!((all(&of.relationships), all(&of.metrics)), (vec!["o2c"], vec!["rate"]));
    }

    #[test]
    fn a_column_is_read_without_a_field_of_its_name() {
        let of = found(&["status"]);
        assert_eq!(all(&of.fields), ["orders.state"]);
        assert_eq!(all(&of.metrics), ["states", "kept"], "also in a filter, and without what is made of the metric");
        assert_eq!((found(&["nothing"]), found(&[])), (Readers::default(), Readers::default()));
    }

    #[test]
    fn several_groups_are_told_as_each_is_alone() {
        let names = ["amount", "discount", "ID", "customer_id", "status", "state", "nothing"];
        let groups: Vec<Vec<String>> = names.iter().map(|name| owned(&[*name])).collect();
        let together = by_groups(&shop(), &groups, &[]);
        for (group, name) in names.iter().enumerate() {
            let others: Vec<&str> = names.iter().filter(|other| *other != name).copied().collect();
            let alone = found_in(&shop(), &[*name], &others);
            let sorts = [
                (&together.fields, &alone.fields),
                (&together.relationships, &alone.relationships),
                (&together.metrics, &alone.metrics),
            ];
            for (of_all, alone) in sorts {
                let read = of_all.iter().filter(|one| one.groups.contains(&group));
                assert_eq!(read.map(|one| one.name.as_str()).collect::<Vec<_>>(), all(alone), "{name}");
            }
        }
        assert_eq!(together.fields[1].groups, BTreeSet::from([0, 1]), "{:?}", together.fields);
    }
}
