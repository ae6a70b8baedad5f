//! What models say of datasets. A model of a composite product may refer to a dataset of a product that it is composed
//! of, and say more of it: its fields are then over the columns and fields of that one, and questions meet one dataset.

use sqlparser::ast::Expr;

use super::super::ground::{Dataset, DatasetId, Names};
use super::super::{plan, speech};
use super::{Making, ModelSource, SourceTables, TableKnown, fields, folded, names, real, spaced, text_of};
use crate::model::{self, Reference};

/// Index into [`Making::layers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LayerId(usize);

/// What one model says of a dataset.
#[derive(Debug)]
pub(super) struct Layer<'a> {
    pub dataset: DatasetId,
    /// As the model calls it.
    name: &'a str,
    /// In the model's words, with hidden ones.
    pub fields: Vec<&'a model::Field>,
    /// What another model says of the dataset, over which this is said; `None` for what is said over the table.
    pub below: Option<LayerId>,
    /// No model says it: it is the table alone.
    is_bare: bool,
}

const SAME_NAME: &str = "another dataset has the same name";

/// A dataset that stands for one of another product.
struct Referring<'a> {
    model: usize,
    dataset: &'a model::Dataset,
    /// The namespace of the other product.
    space: String,
    /// What it is called there.
    table: &'a str,
}

impl<'a> Making<'a> {
    pub(super) fn layer(&self, id: LayerId) -> &Layer<'a> {
        &self.layers[id.0]
    }

    pub(super) fn layer_named(&self, model: usize, name: &str) -> Option<LayerId> {
        self.layers_by_name.get(&(model, folded(name))).copied()
    }

    pub(super) fn dataset_named(&self, model: usize, name: &str) -> Option<DatasetId> {
        self.layer_named(model, name).map(|id| self.layer(id).dataset)
    }

    /// All that models say of a dataset, what others are said over first.
    pub(super) fn layers_of(&self, dataset: DatasetId) -> impl Iterator<Item = LayerId> + '_ {
        (0..self.layers.len()).map(LayerId).filter(move |id| self.layer(*id).dataset == dataset)
    }

    /// Whether an expression of a layer means its dataset by this qualifier.
    pub(super) fn is_called(&self, id: LayerId, qualifier: &str) -> bool {
        let layer = self.layer(id);
        let last = self.ground.dataset(layer.dataset).names.name.rsplit('.').next().unwrap_or_default();
        folded(qualifier) == folded(layer.name) || folded(qualifier) == folded(last)
    }

    /// Makes the datasets of the models, in this order, and then those that stand for others.
    pub(super) fn datasets(&mut self, order: &[usize], models: &[ModelSource<'a>], tables: &dyn SourceTables) {
        let mut referring: Vec<Referring<'a>> = Vec::new();
        for at in order {
            let source = models[*at];
            for dataset in &source.model.datasets {
                match Reference::parse(&dataset.source) {
                    Some(Reference { alias, table }) => {
                        let space = tables.space(&spaced(source.namespace, alias)).to_owned();
                        referring.push(Referring { model: *at, dataset, space, table });
                    }
                    None => {
                        let table = tables.of(source.namespace, &dataset.source);
                        self.dataset(*at, source.namespace, dataset, table);
                    }
                }
            }
        }
        while !referring.is_empty() {
            let known = referring.len();
            referring.retain(|one| match self.referred(one, models) {
                Some(below) => {
                    self.stand_for(one, models[one.model].namespace, below);
                    false
                }
                None => true,
            });
            if referring.len() == known {
                // None of them stands for a dataset: the first is over a table, and others may stand for it.
                let one = referring.remove(0);
                let namespace = models[one.model].namespace;
                match self.of_table(&one, tables) {
                    Some(below) => self.stand_for(&one, namespace, below),
                    None => self.no_table(namespace, one.dataset),
                }
            }
        }
    }

    /// A dataset of a model over a table.
    fn dataset(
        &mut self,
        model: usize,
        namespace: Option<&str>,
        dataset: &'a model::Dataset,
        table: Option<TableKnown>,
    ) {
        let Some(table) = table else { return self.no_table(namespace, dataset) };
        let label = text_of(&dataset.common.extension["label"]);
        let names = Names { name: spaced(namespace, &dataset.common.name), ..names(&dataset.common, label.as_ref()) };
        let id = DatasetId(self.ground.datasets.len());
        if !self.name(model, dataset, id, None) {
            self.leave_out(names.name, SAME_NAME);
            return;
        }
        self.over(table, names);
        self.declare(id, dataset);
    }

    fn no_table(&mut self, namespace: Option<&str>, dataset: &model::Dataset) {
        let full = spaced(namespace, &dataset.common.name);
        self.leave_out(full, format!("its table `{}` is none of this product", dataset.source));
    }

    fn over(&mut self, table: TableKnown, names: Names) {
        self.ground.datasets.push(Dataset {
            names,
            table: table.name.clone(),
            dialect: table.dialect,
            source: table.source,
            primary_key: Vec::new(),
            unique_keys: Vec::new(),
            default_time: None,
            row_count: table.rows,
            redacted: Vec::new(),
            masked: Vec::new(),
        });
        self.tables.push(table);
        self.declared.push(None);
    }

    /// What a model declares of a dataset, as far as no other has.
    fn declare(&mut self, id: DatasetId, said: &model::Dataset) {
        let table = &self.tables[id.0];
        let column = |name: &String| real(table, name).unwrap_or_else(|| name.clone());
        let of = &mut self.ground.datasets[id.0];
        if of.primary_key.is_empty() {
            of.primary_key = said.primary_key.iter().map(column).collect();
        }
        if of.unique_keys.is_empty() {
            of.unique_keys = said.unique_keys.iter().map(|key| key.iter().map(column).collect()).collect();
        }
        of.row_count = of.row_count.or_else(|| said.common.extension["rowCountHint"].as_u64());
        if self.declared[id.0].is_none() {
            self.declared[id.0] = fields::declared_time(said);
        }
    }

    /// The table that a dataset refers to, as a dataset of the product that has it: of its models none speaks of it.
    fn of_table(&mut self, one: &Referring<'a>, tables: &dyn SourceTables) -> Option<LayerId> {
        let table = tables.of(Some(&one.space), one.table)?;
        let is_it = |layer: &Layer<'_>| {
            let of = self.ground.dataset(layer.dataset);
            let is_in = of.names.name.strip_prefix(&one.space).is_some_and(|rest| rest.starts_with('.'));
            layer.is_bare && is_in && of.table == table.name && of.source == table.source
        };
        if let Some(known) = self.layers.iter().position(is_it) {
            return Some(LayerId(known));
        }
        let mut name = spaced(Some(&one.space), &table.name.name);
        if self.ground.datasets.iter().any(|other| folded(&other.names.name) == folded(&name)) {
            name = spaced(Some(&one.space), one.table);
        }
        let dataset = DatasetId(self.ground.datasets.len());
        self.over(table, Names { name, ..Names::default() });
        self.layers.push(Layer { dataset, name: one.table, fields: Vec::new(), below: None, is_bare: true });
        Some(LayerId(self.layers.len() - 1))
    }

    /// What stands in the product that a dataset refers to, under that name in any of its models.
    fn referred(&self, one: &Referring<'_>, models: &[ModelSource<'a>]) -> Option<LayerId> {
        let of_space = |at: &usize| models[*at].namespace == Some(one.space.as_str());
        (0..models.len()).filter(of_space).find_map(|at| self.layer_named(at, one.table))
    }

    /// What a model says of a dataset beside what is said of it already.
    fn stand_for(&mut self, one: &Referring<'a>, namespace: Option<&str>, below: LayerId) {
        let id = self.layer(below).dataset;
        if !self.name(one.model, one.dataset, id, Some(below)) {
            self.leave_out(spaced(namespace, &one.dataset.common.name), SAME_NAME);
            return;
        }
        self.declare(id, one.dataset);
        let synonyms = &mut self.ground.datasets[id.0].names.synonyms;
        let new = one.dataset.common.ai.synonyms.iter().filter(|synonym| !synonyms.contains(synonym));
        let new: Vec<String> = new.cloned().collect();
        synonyms.extend(new);
    }

    /// `false`: the model calls another dataset so.
    fn name(&mut self, model: usize, dataset: &'a model::Dataset, id: DatasetId, below: Option<LayerId>) -> bool {
        let name = &dataset.common.name;
        if self.layer_named(model, name).is_some() {
            return false;
        }
        self.layers_by_name.insert((model, folded(name)), LayerId(self.layers.len()));
        self.layers.push(Layer { dataset: id, name, fields: dataset.fields.iter().collect(), below, is_bare: false });
        true
    }

    /// What a name means to who speaks of a dataset through a layer: a field of it, or of one that it is over, else a
    /// column of the table. Whether it is a field, and the expression over columns.
    ///
    /// Errors: what is wrong with the field.
    pub(super) fn seen(&self, id: LayerId, name: &str, depth: usize) -> Result<Option<(bool, Expr)>, String> {
        let layer = self.layer(id);
        if let Some(at) = self.place(id, name) {
            return Ok(Some((true, self.field_tree(id, at, depth)?)));
        }
        if let Some(below) = layer.below {
            return self.seen(below, name, depth);
        }
        let speech = speech::of(self.ground.dataset(layer.dataset).dialect);
        let column = real(&self.tables[layer.dataset.0], name);
        Ok(column.map(|column| (false, Expr::Identifier(speech.ident(&column)))))
    }

    /// What a name means to a field of a layer: what the layer is over, else another field of the layer itself.
    pub(super) fn seen_by_field(&self, id: LayerId, at: usize, name: &str, depth: usize) -> Result<Expr, String> {
        let layer = self.layer(id);
        let under = match layer.below {
            Some(below) => self.seen(below, name, depth)?,
            None => {
                let speech = speech::of(self.ground.dataset(layer.dataset).dialect);
                let column = real(&self.tables[layer.dataset.0], name);
                column.map(|column| (false, Expr::Identifier(speech.ident(&column))))
            }
        };
        match under {
            Some((true, field)) => Ok(plan::sql::bracketed(field)),
            Some((false, column)) => Ok(column),
            None => match self.place(id, name).filter(|other| *other != at) {
                Some(other) => Ok(plan::sql::bracketed(self.field_tree(id, other, depth)?)),
                None => Err(format!("there is no column `{name}`")),
            },
        }
    }

    /// Whether a layer, or what it is over, has a field of this name, or a column that is known.
    pub(super) fn has(&self, id: LayerId, name: &str) -> bool {
        let layer = self.layer(id);
        let table = &self.tables[layer.dataset.0];
        self.place(id, name).is_some()
            || match layer.below {
                Some(below) => self.has(below, name),
                None => !table.columns.is_empty() && real(table, name).is_some(),
            }
    }

    pub(super) fn place(&self, id: LayerId, name: &str) -> Option<usize> {
        self.layer(id).fields.iter().position(|field| folded(&field.common.name) == folded(name))
    }

    /// The column that a relationship means: one of the table, else that of a field that is a column.
    pub(super) fn join_column(&self, id: LayerId, name: &str) -> Option<String> {
        let layer = self.layer(id);
        let table = self.tables.get(layer.dataset.0)?;
        if let Some(column) = real(table, name) {
            return Some(column);
        }
        match self.seen(id, name, 0).ok()?? {
            (true, Expr::Identifier(ident)) => real(table, &ident.value),
            _ => None,
        }
    }
}
