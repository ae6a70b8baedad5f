//! The tables that models name: in which source each lies, whether its rows may be asked for, and which of its columns tell of
//! persons.

use std::collections::{BTreeSet, HashMap};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::Record;
use emporion_catalog::rows::masks::Mask;
use emporion_semantic::chat::TableKnown;
use emporion_semantic::guard::{Dialect, TableName};
use serde_json::Value;
use uuid::Uuid;

use super::namespaces::Namespace;
use crate::asking;
use crate::assets::relations::{self, Relation};
use crate::assets::row_counts::RowCounts;
use crate::databases::Speech;
use crate::failure::Failure;
use crate::parts::semantic_models::attestation::Attestation;
use crate::reach;
use crate::read_context::ReadContext;

/// A table of a source, by the number of the source: two sources may have tables of one name.
pub type SourceTable = (usize, TableName);

/// What is known of tables, by their asset.
#[derive(Default)]
pub struct Tables {
    /// Services by name, in order, with what is spoken there.
    speech: Vec<(String, Speech)>,
    /// Services and databases that no statement reaches; they are numbered behind the others.
    beyond: Vec<(Option<String>, Option<String>)>,
    open: BTreeSet<RecordId>,
    /// Columns that are masked from the caller so that he sees nothing of them.
    hidden: HashMap<RecordId, BTreeSet<String>>,
    seen: BTreeSet<Uuid>,
    pub personal: HashMap<Uuid, Vec<String>>,
    /// By table, the asset that it is.
    pub assets: HashMap<SourceTable, Uuid>,
    /// Those that the caller sees and whose rows were not lent.
    pub closed: BTreeSet<SourceTable>,
}

impl Tables {
    pub async fn of(cx: &ReadContext<'_>, groups: &[reach::Group]) -> Result<Tables, Failure> {
        let mut tables = Tables::default();
        for group in groups {
            let Some(service) = &group.service else { continue };
            let speech = asking::speech(cx.products, Some(&**service));
            let near = group.tables.iter().filter(|reach| asking::is_near(&reach.relation, &speech));
            for reach in near {
                let Some(table) = reach.relation.record.as_ref().map(|record| record.id) else { continue };
                tables.open.insert(table);
                let hidden = reach.masked.iter().filter(|(_, masked)| masked.mask == Mask::Hidden);
                tables.hidden.entry(table).or_default().extend(hidden.map(|(column, _)| column.clone()));
            }
            tables.speech.push((service.name.clone(), speech));
        }
        Ok(tables)
    }

    /// Learns of the tables of a product.
    pub async fn add(&mut self, cx: &ReadContext<'_>, space: &Namespace) -> Result<(), Failure> {
        let reader = cx.reading.rows();
        let records: Vec<&Record> = space.relations.iter().filter_map(|relation| relation.record.as_deref()).collect();
        let personal = reader.personal(&records).await?;
        let mut personal = records.iter().map(|record| record.id).zip(personal).collect::<HashMap<_, _>>();
        for relation in &space.relations {
            let is_open = relation.record.as_ref().is_some_and(|record| self.open.contains(&record.id));
            let is_seen = match &relation.record {
                Some(record) => is_open || cx.reading.sees(record).await?,
                None => false,
            };
            if !is_seen {
                continue;
            }
            self.seen.insert(relation.asset);
            let name = TableName { schema: relation.schema.clone(), name: relation.name.clone() };
            let table = (self.number(relation), name);
            if !is_open {
                self.closed.insert(table.clone());
            }
            self.assets.entry(table).or_insert(relation.asset);
            let columns = relation.column_names();
            let record = relation.record.as_ref().map(|record| record.id);
            if let Some((table, personal)) = record.and_then(|id| Some((id, personal.remove(&id)?))) {
                let is_masked = |column: &String| {
                    let path = emporion_catalog::name::quote(column);
                    let attestation = Attestation { table, column: column.clone() };
                    let is_open = personal.is_only_proposed(&path) && space.attestations.contains(&attestation);
                    let is_hidden = self.hidden.get(&table).is_some_and(|hidden| hidden.contains(column));
                    is_hidden || (personal.is_masked(&path) && !is_open)
                };
                self.personal.insert(relation.asset, columns.into_iter().filter(is_masked).collect());
            }
        }
        Ok(())
    }

    /// The number of the source that a table lies in.
    fn number(&mut self, relation: &Relation) -> usize {
        self.find(relation).unwrap_or_else(|| {
            self.beyond.push((relation.service.clone(), relation.database.clone()));
            self.speech.len() + self.beyond.len() - 1
        })
    }

    fn find(&self, relation: &Relation) -> Option<usize> {
        let is_it = |(name, speech): &(String, Speech)| {
            Some(name) == relation.service.as_ref() && asking::is_near(relation, speech)
        };
        let table = (&relation.service, &relation.database);
        let beyond = || self.beyond.iter().position(|(service, database)| (service, database) == table);
        self.speech.iter().position(is_it).or_else(|| Some(self.speech.len() + beyond()?))
    }

    /// `None` for what the caller does not see: that is as if it were not there.
    fn known(&self, relation: &Relation, rows: Option<u64>) -> Option<TableKnown> {
        if !self.seen.contains(&relation.asset) {
            return None;
        }
        let source = self.find(relation)?;
        let columns = relation.column_names().into_iter().zip(relation.columns()).map(|(name, column)| {
            let word = column.get("data_type").and_then(Value::as_str).unwrap_or_default();
            (name, word.to_owned())
        });
        Some(TableKnown {
            name: TableName { schema: relation.schema.clone(), name: relation.name.clone() },
            dialect: self.speech.get(source).map_or(Dialect::PostgreSql, |(_, speech)| speech.dialect),
            source,
            columns: columns.collect(),
            personal: self.personal.get(&relation.asset).cloned().unwrap_or_default(),
            rows,
        })
    }
}

/// The tables of all namespaces, as their names are understood there.
pub struct Offered<'a> {
    pub namespaces: &'a [Namespace],
    pub tables: &'a Tables,
    pub counts: &'a RowCounts,
    /// The caller sees a part of the rows: how many there are is not for him.
    pub is_filtered: bool,
}

impl Offered<'_> {
    /// What a model of a space means by the source of a dataset.
    pub fn known(&self, namespace: Option<&str>, source: &str) -> Option<TableKnown> {
        let space = self.namespaces.iter().find(|space| space.alias.as_deref() == namespace)?;
        let relation = relations::find(&space.relations, source)?;
        self.tables.known(relation, self.counts.of_relation(relation).filter(|_| !self.is_filtered))
    }

    /// What the name of a dataset or a table means, if its rows may be asked for: the product's own, else the only one among
    /// those that it is composed of.
    pub fn open(&self, name: &str) -> Option<TableKnown> {
        let (own, below) = self.namespaces.split_first()?;
        self.open_in(own, name).or_else(|| {
            let mut found = below.iter().filter_map(|space| self.open_in(space, name));
            let first = found.next()?;
            found.all(|other| (&other.name, other.source) == (&first.name, first.source)).then_some(first)
        })
    }

    fn open_in(&self, space: &Namespace, name: &str) -> Option<TableKnown> {
        let mut datasets = space.models.iter().flat_map(|model| &model.datasets);
        let dataset = datasets.find(|dataset| dataset.common.name.eq_ignore_ascii_case(name));
        let table = self.known(space.alias.as_deref(), dataset.map_or(name, |dataset| dataset.source.as_str()))?;
        (!self.tables.closed.contains(&(table.source, table.name.clone()))).then_some(table)
    }
}
