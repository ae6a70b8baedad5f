//! What an answer rests on: what its asker may read, and what it is made of. While it is made, and while it is kept for who
//! was cut off, that may be taken from him; so it is looked at anew right before rows leave.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::Arc;

use emporion_catalog::load::Depth;
use emporion_semantic::chat::Ground;
use sha2::{Digest, Sha256};

use super::opening::Way;
use super::{documents, ready};
use crate::call::Call;
use crate::door::Door;
use crate::error::Failure;
use crate::reach::Reached;
use crate::subject;

/// Two that are the same were made of the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp([u8; 32]);

impl Stamp {
    pub fn of<T: Debug>(parts: impl IntoIterator<Item = T>) -> Stamp {
        let mut sum = Sha256::new();
        for part in parts {
            sum.update(format!("{part:?}\n"));
        }
        Stamp(sum.finalize().into())
    }

    /// Of tables with their filters, of what can be asked about, and of statements by their ids.
    pub fn of_figures(reached: &Reached, ground: &Ground, statements: &HashMap<String, String>) -> Stamp {
        let services = reached.groups.iter().map(|group| group.service.as_ref().map(|service| service.id));
        let tables = reached.groups.iter().flat_map(|group| &group.tables).map(|reach| {
            let relation = &reach.relation;
            (relation.asset, relation.record.as_ref().map(|record| record.id), relation.column_names(), &reach.filter)
        });
        let closed =
            reached.closed.iter().map(|closed| (&closed.service, &closed.database, &closed.schema, &closed.name));
        let datasets = ground.datasets.iter().map(|dataset| (&dataset.names.name, dataset.place(), &dataset.redacted));
        let fields = ground.fields.iter().map(|field| (field.dataset, &field.names.name, &field.expression));
        let metrics = ground.metrics.iter();
        let metrics = metrics.map(|metric| (&metric.names.name, &metric.expression, &metric.default_filters));
        let joins = ground.joins.iter().map(|join| (&join.names.name, join.from, join.to, &join.on));
        let statements: BTreeMap<_, _> = statements.iter().collect();
        Stamp::of([
            Stamp::of(services),
            Stamp::of(tables),
            Stamp::of(closed),
            Stamp::of([reached.is_filtered]),
            Stamp::of(datasets),
            Stamp::of(fields),
            Stamp::of(metrics),
            Stamp::of(joins),
            Stamp::of(statements),
        ])
    }
}

/// What one answer was begun with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Basis {
    is_of_documents: bool,
    is_preview: bool,
    stamp: Stamp,
}

impl Basis {
    pub fn of(way: &Way, is_preview: bool) -> Basis {
        let (is_of_documents, stamp) = match way {
            Way::Figures { ready, .. } => (false, ready.stamp),
            Way::Documents(asked) => (true, asked.stamp()),
        };
        Basis { is_of_documents, is_preview, stamp }
    }

    /// Whether the same question would rest on the same now.
    ///
    /// Errors: what is missing to ask it at all, as 404 for a product that he no longer sees.
    pub async fn holds(&self, door: &Arc<Door>, call: &Call) -> Result<bool, Failure> {
        let call = call.present(&door.catalog).await?;
        let stamp = if self.is_of_documents {
            let snapshot = door.catalog.snapshot().await?;
            let view = subject::find(door, &call, &*snapshot, &Depth::bare()).await?;
            documents::stamp(door, &call, &view, self.is_preview).await?
        } else {
            ready::ready(door, &call, self.is_preview).await?.stamp
        };
        Ok(stamp == self.stamp)
    }

    /// Errors: the same, and 409 where it would rest on something else.
    pub async fn require(&self, door: &Arc<Door>, call: &Call) -> Result<(), Failure> {
        match self.holds(door, call).await? {
            true => Ok(()),
            false => Err(Failure::conflict(
                "what you may ask of the {product} has changed while the answer was made: ask again",
            )),
        }
    }
}
