//! A ground out of models: names resolved to columns, types found, what cannot or must not be asked left out and told.

mod fields;
mod metrics;
mod personal;
mod resolve;
mod translate;
mod types;
mod without;

use std::collections::HashMap;

use serde_json::Value;

use super::ground::{Calendar, Dataset, DatasetId, Ground, Join, Names};
use crate::guard::{Dialect, TableName};
use crate::model::{Common, Model, Reference};

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
    /// By model and folded name.
    datasets_by_name: HashMap<(usize, String), DatasetId>,
    /// The model's own fields by dataset, in the model's words, with hidden ones.
    written: Vec<Vec<&'a crate::model::Field>>,
    /// The names of the times that datasets declare as theirs.
    declared: Vec<Option<String>>,
    left_out: Vec<LeftOut>,
}

impl Ground {
    /// What questions can be about; and what of the models they cannot, with the reasons.
    pub fn of(models: &[ModelSource<'_>], tables: &dyn SourceTables) -> (Ground, Vec<LeftOut>) {
        let mut making = Making {
            ground: Ground::default(),
            tables: Vec::new(),
            datasets_by_name: HashMap::new(),
            written: Vec::new(),
            declared: Vec::new(),
            left_out: Vec::new(),
        };
        making.ground.calendar = calendar(models);
        making.ground.is_hand_made = !models.iter().any(|source| source.is_generated || is_proposed(source.model));
        // The deepest of composed products first, since other models may name their datasets.
        let mut order: Vec<usize> = (0..models.len()).collect();
        let depth = |at: &usize| models[*at].namespace.map_or(0, |space| space.split('.').count());
        order.sort_by_key(|at| std::cmp::Reverse(depth(at)));
        for at in &order {
            making.datasets(*at, models, tables);
        }
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

    fn dataset_named(&self, model: usize, name: &str) -> Option<DatasetId> {
        self.datasets_by_name.get(&(model, folded(name))).copied()
    }

    fn datasets(&mut self, at: usize, models: &[ModelSource<'a>], tables: &dyn SourceTables) {
        let source = models[at];
        for dataset in &source.model.datasets {
            let name = &dataset.common.name;
            if let Some(known) = self.referred(source.namespace, dataset, models) {
                self.datasets_by_name.insert((at, folded(name)), known);
                continue;
            }
            let full = spaced(source.namespace, name);
            let Some(table) = tables.of(source.namespace, &dataset.source) else {
                self.leave_out(full, format!("its table `{}` is none of this product", dataset.source));
                continue;
            };
            let id = DatasetId(self.ground.datasets.len());
            if self.datasets_by_name.contains_key(&(at, folded(name))) {
                self.leave_out(full, "another dataset has the same name");
                continue;
            }
            self.datasets_by_name.insert((at, folded(name)), id);
            let column = |name: &String| real(&table, name).unwrap_or_else(|| name.clone());
            self.ground.datasets.push(Dataset {
                names: Names { name: full, ..names(&dataset.common, None) },
                table: table.name.clone(),
                dialect: table.dialect,
                source: table.source,
                primary_key: dataset.primary_key.iter().map(column).collect(),
                unique_keys: dataset.unique_keys.iter().map(|key| key.iter().map(column).collect()).collect(),
                default_time: None,
                row_count: table.rows.or_else(|| dataset.common.extension["rowCountHint"].as_u64()),
                redacted: Vec::new(),
            });
            self.tables.push(table);
            self.written.push(dataset.fields.iter().collect());
            self.declared.push(fields::declared_time(dataset));
        }
    }

    /// The dataset of a composed product that one without fields of its own stands for.
    fn referred(
        &self,
        namespace: Option<&str>,
        dataset: &crate::model::Dataset,
        models: &[ModelSource<'a>],
    ) -> Option<DatasetId> {
        let reference = Reference::parse(&dataset.source).filter(|_| dataset.fields.is_empty())?;
        let space = spaced(namespace, reference.alias);
        let model = models.iter().position(|other| other.namespace == Some(space.as_str()))?;
        self.dataset_named(model, reference.table)
    }

    fn joins(&mut self, at: usize, source: &ModelSource<'a>) {
        for relationship in &source.model.relationships {
            let full = spaced(source.namespace, &relationship.common.name);
            let (Some(from), Some(to)) =
                (self.dataset_named(at, &relationship.from), self.dataset_named(at, &relationship.to))
            else {
                self.leave_out(full, "it joins a dataset that is not there");
                continue;
            };
            let columns = |dataset: DatasetId, names: &[String]| -> Option<Vec<String>> {
                names.iter().map(|name| self.join_column(dataset, name)).collect()
            };
            let (Some(left), Some(right)) =
                (columns(from, &relationship.from_columns), columns(to, &relationship.to_columns))
            else {
                self.leave_out(full, "it joins by a column that is not there");
                continue;
            };
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

    /// The column that a relationship means: one of the table, else that of a field that is a column.
    fn join_column(&self, dataset: DatasetId, name: &str) -> Option<String> {
        let table = self.tables.get(dataset.0)?;
        if let Some(column) = real(table, name) {
            return Some(column);
        }
        let field = self.written.get(dataset.0)?.iter().find(|field| folded(&field.common.name) == folded(name))?;
        let text = field.expression.for_dialect(self.ground.dataset(dataset).dialect.name())?;
        match super::plan::parsed_ansi(text)? {
            sqlparser::ast::Expr::Identifier(ident) => real(table, &ident.value),
            _ => None,
        }
    }

    /// Whether no two rows of a dataset have the same values in these columns.
    fn is_unique(&self, dataset: DatasetId, columns: &[String]) -> bool {
        let known = self.ground.dataset(dataset);
        let holds = |key: &Vec<String>| !key.is_empty() && key.iter().all(|column| columns.contains(column));
        holds(&known.primary_key) || known.unique_keys.iter().any(holds)
    }

    /// Marks the fields that are columns of keys or of joins.
    fn keys(&mut self) {
        let mut keys: Vec<(DatasetId, String)> = Vec::new();
        for (at, dataset) in self.ground.datasets.iter().enumerate() {
            let columns = dataset.primary_key.iter().chain(dataset.unique_keys.iter().flatten());
            keys.extend(columns.map(|column| (DatasetId(at), column.clone())));
        }
        for join in &self.ground.joins {
            for (from, to) in &join.on {
                keys.extend([(join.from, from.clone()), (join.to, to.clone())]);
            }
        }
        for field in &mut self.ground.fields {
            let column = plain_column(&field.expression);
            field.is_key = column.is_some_and(|column| keys.contains(&(field.dataset, column)));
        }
    }
}

/// The column that an expression of a ground is, where it is one.
pub(in crate::chat) fn plain_column(expression: &str) -> Option<String> {
    let inner = |quote: char| expression.strip_prefix(quote)?.strip_suffix(quote).filter(|it| !it.contains(quote));
    inner('"').or_else(|| inner('`')).map(str::to_owned)
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

fn is_proposed(model: &Model) -> bool {
    model.metrics.iter().any(|metric| metric.common.extension["proposed"] == true)
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
