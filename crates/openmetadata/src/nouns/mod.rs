//! Every noun of the door, one file each. Adding one is a file and a line in the table.

pub mod asset;
pub mod bot;
pub mod chart;
pub mod classification;
pub mod column_shape;
pub mod dashboard;
pub mod dashboard_data_model;
pub mod dashboard_service;
pub mod data_product;
pub mod database;
pub mod database_schema;
pub mod database_service;
pub mod domain;
pub mod event_subscription;
pub mod glossary;
pub mod glossary_term;
pub mod ingestion_pipeline;
pub mod metric;
pub mod pipeline;
pub mod pipeline_service;
pub mod policy;
pub mod query;
pub mod role;
pub mod service;
pub mod stored_procedure;
pub mod table;
pub mod tag;
pub mod team;
pub mod test_case;
pub mod test_definition;
pub mod test_suite;
pub mod user;

use std::sync::LazyLock;

use crate::definition::NounDef;
use crate::noun::Noun;

/// All nouns, in the order of the documentation.
const DEFINITIONS: &[&NounDef] = &[
    &domain::NOUN,
    &data_product::NOUN,
    &database_service::NOUN,
    &pipeline_service::NOUN,
    &dashboard_service::NOUN,
    &database::NOUN,
    &database_schema::NOUN,
    &table::NOUN,
    &test_definition::NOUN,
    &test_suite::NOUN,
    &test_case::NOUN,
    &stored_procedure::NOUN,
    &query::NOUN,
    &pipeline::NOUN,
    &dashboard::NOUN,
    &chart::NOUN,
    &dashboard_data_model::NOUN,
    &ingestion_pipeline::NOUN,
    &metric::NOUN,
    &asset::NOUN,
    &user::NOUN,
    &team::NOUN,
    &bot::NOUN,
    &role::NOUN,
    &policy::NOUN,
    &classification::NOUN,
    &tag::NOUN,
    &glossary::NOUN,
    &glossary_term::NOUN,
    &event_subscription::NOUN,
];

static ALL: LazyLock<Vec<Noun>> = LazyLock::new(|| DEFINITIONS.iter().map(|definition| definition.noun()).collect());

pub fn all() -> impl ExactSizeIterator<Item = &'static Noun> {
    ALL.iter()
}

/// The noun that is so defined.
pub fn of(definition: &NounDef) -> &'static Noun {
    of_kind(definition.kind.name()).expect("every definition stands in the table")
}

/// The noun of a kind of the core.
pub fn of_kind(kind: &str) -> Option<&'static Noun> {
    all().find(|noun| noun.kind_name == kind)
}

/// Whether records of the kind are sent of others, or about them.
pub fn is_aside(kind: &str) -> bool {
    of_kind(kind).is_some_and(|noun| noun.aside)
}

/// The noun that references call by this type.
pub fn of_type(entity_type: &str) -> Option<&'static Noun> {
    all().find(|noun| noun.entity_type == entity_type)
}

/// The noun behind a path below `/v1/`.
pub fn of_collection(collection: &str) -> Option<&'static Noun> {
    all().find(|noun| noun.collection == collection)
}

#[cfg(test)]
#[path = "noun_tests.rs"]
mod tests;
