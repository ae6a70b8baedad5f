//! What nouns do in their own way, one file per noun, and the operations that belong to no noun.

use emporion_edge::route::Route;

pub mod connection_tests;
pub mod data_products;
pub mod domains;
pub mod events;
pub mod glossary_terms;
pub mod ingestion_pipelines;
pub mod lineage;
pub mod observed;
pub mod permissions;
pub mod pipelines;
pub mod policies;
pub mod profiles;
pub mod quality;
pub mod queries;
pub mod search;
pub mod services;
pub mod sessions;
pub mod settings;
pub mod subscriptions;
pub mod system;
pub mod tables;
pub mod teams;
pub mod tokens;
pub mod usage;
pub mod users;

use crate::door::Door;

/// Every operation that is not generic.
pub fn routes() -> Vec<Route<Door>> {
    let mut routes = Vec::new();
    let files: &[fn() -> Vec<Route<Door>>] = &[
        system::routes,
        settings::routes,
        sessions::routes,
        tokens::routes,
        users::routes,
        teams::routes,
        policies::routes,
        permissions::routes,
        domains::routes,
        data_products::routes,
        glossary_terms::routes,
        services::routes,
        connection_tests::routes,
        pipelines::routes,
        quality::routes,
        queries::routes,
        ingestion_pipelines::routes,
        tables::routes,
        profiles::routes,
        usage::routes,
        lineage::routes,
        events::routes,
        subscriptions::routes,
        search::routes,
    ];
    for file in files {
        routes.extend(file());
    }
    routes
}
