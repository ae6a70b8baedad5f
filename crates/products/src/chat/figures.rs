//! What answers in figures rest on.

use std::collections::{BTreeMap, HashMap};

use emporion_semantic::chat::Ground;

use super::stamp::Stamp;
use crate::reach::{Reached, followed};

/// Of tables with their filters, of what can be asked about, and of statements by their ids.
pub fn stamp(reached: &Reached, ground: &Ground, statements: &HashMap<String, String>) -> Stamp {
    let services = reached.groups.iter().map(|group| group.service.as_ref().map(|service| service.id));
    let tables = reached.groups.iter().flat_map(|group| &group.tables).map(|reach| {
        let relation = &reach.relation;
        (
            relation.asset,
            relation.record.as_ref().map(|record| record.id),
            relation.column_names(),
            followed::shown(reach.filter.as_deref(), &reach.links),
            &reach.masked,
        )
    });
    let closed = reached.closed.iter().map(|closed| (&closed.service, &closed.database, &closed.schema, &closed.name));
    let datasets =
        ground.datasets.iter().map(|dataset| (&dataset.names.name, dataset.source_table(), &dataset.redacted));
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
