//! Schema builder: a ground out of models. Names are resolved to columns and types found; what cannot or must not be
//! asked is left out and told.

mod fields;
mod layers;
mod metrics;
mod personal;
mod resolve;
mod translate;
mod types;
mod without;
mod written_times;

use std::cell::Cell;
use std::collections::HashMap;

use serde_json::Value;

use self::layers::{Layer, LayerId};
use super::ground::{Calendar, DatasetId, Ground, Join, Names, plain_column};
use crate::guard::{Dialect, TableName};
use crate::model::{Common, Model};

/// A model, and the namespace under which its parts are asked for where it belongs to a product that this one is
/// composed of.
#[derive(Debug, Clone, Copy)]
pub struct ModelSource<'a> {
    pub namespace: Option<&'a str>,
    pub model: &'a Model,
    /// Nobody has looked at it since it was generated.
    pub is_generated: bool,
}

/// What is known about the table of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct TableKnown {
    pub name: TableName,
    pub dialect: Dialect,
    /// Tables of one number lie in one database.
    pub source: usize,
    /// By name, with the catalogue's or the source's word for their types; none where they are not known.
    pub columns: Vec<(String, String)>,
    /// Columns whose values tell of persons, in the spelling of `columns`.
    pub personal: Vec<String>,
    pub rows: Option<u64>,
}

/// The tables that datasets stand for, by the namespace of the model and the dataset's source.
pub trait SourceTables {
    fn of(&self, namespace: Option<&str>, source: &str) -> Option<TableKnown>;

    /// The namespace whose models and tables one stands for: a product that several ways lead to is there once.
    fn space<'a>(&'a self, namespace: &'a str) -> &'a str {
        namespace
    }
}

impl<F: Fn(Option<&str>, &str) -> Option<TableKnown>> SourceTables for F {
    fn of(&self, namespace: Option<&str>, source: &str) -> Option<TableKnown> {
        self(namespace, source)
    }
}

/// A part of a model that no question can reach, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// `orders.amount` or the name of a metric or relationship.
    pub part: String,
    pub reason: String,
}

/// A ground that is being made.
pub(in crate::chat) struct Making<'a> {
    ground: Ground,
    tables: Vec<TableKnown>,
    /// What models say of datasets, in their own words; what something is said over stands before it.
    layers: Vec<Layer<'a>>,
    /// By model and folded name.
    layers_by_name: HashMap<(usize, String), LayerId>,
    /// The names of the times that datasets declare as theirs.
    declared: Vec<Option<String>>,
    /// How much is put into the expression that is made.
    spent: Cell<usize>,
    left_out: Vec<LeftOut>,
}

impl Ground {
    /// What questions can be about; and what of the models they cannot, with the reasons.
    pub fn of(models: &[ModelSource<'_>], tables: &dyn SourceTables) -> (Ground, Vec<LeftOut>) {
        let mut making = Making {
            ground: Ground::default(),
            tables: Vec::new(),
            layers: Vec::new(),
            layers_by_name: HashMap::new(),
            declared: Vec::new(),
            spent: Cell::new(0),
            left_out: Vec::new(),
        };
        making.ground.calendar = calendar(models);
        making.ground.is_hand_made = !models.iter().any(|source| source.is_generated || is_proposed(source.model));
        making.ground.is_generated = models.iter().any(|source| is_generated(source.model));
        // The deepest of composed products first, since other models may name their datasets.
        let mut order: Vec<usize> = (0..models.len()).collect();
        let depth = |at: &usize| models[*at].namespace.map_or(0, |space| space.split('.').count());
        order.sort_by_key(|at| std::cmp::Reverse(depth(at)));
        making.datasets(&order, models, tables);
        making.fields();
        for at in &order {
            making.joins(*at, &models[*at]);
        }
        making.keys();
        for at in &order {
            making.metrics(*at, &models[*at]);
        }
        making.check();
        (making.ground, making.left_out)
    }
}

impl<'a> Making<'a> {
    fn leave_out(&mut self, part: impl Into<String>, reason: impl Into<String>) {
        self.left_out.push(LeftOut { part: part.into(), reason: reason.into() });
    }

    fn joins(&mut self, at: usize, source: &ModelSource<'a>) {
        for relationship in &source.model.relationships {
            let full = spaced(source.namespace, &relationship.common.name);
            let (Some(one), Some(other)) =
                (self.layer_named(at, &relationship.from), self.layer_named(at, &relationship.to))
            else {
                self.leave_out(full, "it joins a dataset that is not there");
                continue;
            };
            let columns = |layer: LayerId, names: &[String]| -> Option<Vec<String>> {
                names.iter().map(|name| self.join_column(layer, name)).collect()
            };
            let (Some(left), Some(right)) =
                (columns(one, &relationship.from_columns), columns(other, &relationship.to_columns))
            else {
                self.leave_out(full, "it joins by a column that is not there");
                continue;
            };
            let (from, to) = (self.layer(one).dataset, self.layer(other).dataset);
            if left.is_empty() || left.len() != right.len() {
                self.leave_out(full, "it does not say which columns belong together");
                continue;
            }
            if !self.is_unique(to, &right) {
                let reason = "its columns are no key of the dataset that it leads to, so rows might be counted twice";
                self.leave_out(full, reason);
                continue;
            }
            let (one, other) = (self.ground.dataset(from), self.ground.dataset(to));
            if one.source != other.source || one.dialect != other.dialect {
                self.leave_out(full, "it joins tables of two sources");
                continue;
            }
            let is_one_to_one = self.is_unique(from, &left);
            self.ground.joins.push(Join {
                names: Names { name: full, ..names(&relationship.common, None) },
                from,
                to,
                on: left.into_iter().zip(right).collect(),
                is_one_to_one,
            });
        }
    }

    /// Whether no two rows of a dataset have the same values in these columns.
    fn is_unique(&self, dataset: DatasetId, columns: &[String]) -> bool {
        let known = self.ground.dataset(dataset);
        let holds = |key: &Vec<String>| !key.is_empty() && key.iter().all(|column| columns.contains(column));
        holds(&known.primary_key) || known.unique_keys.iter().any(holds)
    }

    /// Marks the fields that are columns of keys or of joins. A text that only happens to be unique, as names are, is what
    /// people say, and no key.
    fn keys(&mut self) {
        let mut keys: Vec<(DatasetId, String)> = Vec::new();
        let mut unique: Vec<(DatasetId, String)> = Vec::new();
        for (at, dataset) in self.ground.datasets.iter().enumerate() {
            keys.extend(dataset.primary_key.iter().map(|column| (DatasetId(at), column.clone())));
            unique.extend(dataset.unique_keys.iter().flatten().map(|column| (DatasetId(at), column.clone())));
        }
        for join in &self.ground.joins {
            for (from, to) in &join.on {
                keys.extend([(join.from, from.clone()), (join.to, to.clone())]);
            }
        }
        for field in &mut self.ground.fields {
            let is_text = field.ty == super::ground::Type::Text;
            let column = plain_column(&field.expression).map(|column| (field.dataset, column));
            field.is_key = column.is_some_and(|it| keys.contains(&it) || !is_text && unique.contains(&it));
        }
    }
}

/// The column of a table that a name means, in its own spelling; any name where columns are not known.
pub(super) fn real(table: &TableKnown, name: &str) -> Option<String> {
    if table.columns.is_empty() {
        return Some(name.to_owned());
    }
    let names = || table.columns.iter().map(|(name, _)| name);
    let exact = names().find(|known| *known == name);
    exact.or_else(|| names().find(|known| known.eq_ignore_ascii_case(name))).cloned()
}

pub(super) fn names(common: &Common, label: Option<&String>) -> Names {
    Names {
        name: common.name.clone(),
        label: label.cloned(),
        synonyms: common.ai.synonyms.clone(),
        description: common.description.clone(),
    }
}

pub(super) fn spaced(namespace: Option<&str>, name: &str) -> String {
    namespace.map_or_else(|| name.to_owned(), |space| format!("{space}.{name}"))
}

pub(super) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

pub(super) fn text_of(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Figures of it were proposed, and nobody has confirmed them.
fn is_proposed(model: &Model) -> bool {
    model.metrics.iter().any(|metric| metric.common.extension["proposed"] == true)
}

/// Whoever completes it takes the mark away.
fn is_generated(model: &Model) -> bool {
    model.common.extension["generated"] == true
}

fn calendar(models: &[ModelSource<'_>]) -> Calendar {
    let own = models.iter().find(|source| source.namespace.is_none()).or(models.first());
    let Some(extension) = own.map(|source| &source.model.common.extension) else { return Calendar::default() };
    let start = extension["fiscalYearStartMonth"].as_i64().filter(|month| (1..=12).contains(month)).unwrap_or(1);
    Calendar {
        timezone: text_of(&extension["defaultTimezone"]).unwrap_or_else(|| "UTC".to_owned()),
        fiscal_start: i8::try_from(start).unwrap_or(1),
        is_fiscal: extension["calendar"].as_str().is_some_and(|word| word.eq_ignore_ascii_case("fiscal")),
        week_starts_on_sunday: extension["weekStart"].as_str().is_some_and(|day| day.eq_ignore_ascii_case("sunday")),
    }
}
