//! Tests of the table as a whole.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use emporion_edge::router::Router;
use emporion_products::service::Products;

use super::*;
use crate::deprecation::Deprecation;
use crate::mount::Mount;
use crate::operation::routes;
use crate::testing;

fn verbs(folder: &str) -> String {
    let prefix = format!("/{{dataProductId}}/{folder}");
    let verbs: BTreeSet<String> = table()
        .iter()
        .filter(|row| row.root == Root::Products)
        .filter(|row| row.path.strip_prefix(&prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
        .map(|row| row.method.to_string())
        .collect();
    verbs.into_iter().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_folder_has_the_documented_verbs() {
    for (folder, expected) in [
        ("deploy", "POST"),
        ("data-assets", "GET PATCH"),
        ("semantic-models", "GET PATCH POST"),
        ("verified-queries", "DELETE GET POST"),
        ("system-prompts", "DELETE GET POST"),
        ("front-page-configs", "DELETE GET POST"),
        ("chat", "GET POST"),
        ("chat-threads", "DELETE GET PATCH POST"),
        ("chat-feedback", "GET"),
        ("chat-choices", "GET"),
        ("unanswered-questions", "GET POST"),
        ("queryable-tables", "GET"),
        ("run-sql", "POST"),
        ("skills", "DELETE GET POST PUT"),
        ("unstructured-assets", "DELETE GET PATCH POST"),
        ("users", "GET PATCH"),
        ("compositions", "DELETE GET POST"),
    ] {
        assert_eq!(verbs(folder), expected, "{folder}");
    }
}

#[test]
fn operation_ids_and_places_are_unique_and_a_router_takes_them() {
    let routes = routes(table());
    let mut ids = HashSet::new();
    assert!(routes.iter().all(|route| ids.insert(route.operation.clone().into_owned())));
    let door = Arc::new(testing::door(Products::new(testing::catalog()), Deprecation::default()));
    let _ = Router::new(door, routes);
}

#[test]
fn every_row_of_products_has_its_deprecated_twin() {
    let routes = routes(table());
    let mut twins: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    for route in &routes {
        if let Some((prefix, name)) = route.operation.split_once('_')
            && Mount::ALL.iter().any(|mount| mount.operation_prefix() == prefix)
        {
            twins.entry(name.to_owned()).or_default().push(route.deprecated);
        }
    }
    assert!(twins.values().all(|deprecated| *deprecated == [false, true]), "{twins:?}");
    assert_eq!(twins.len(), table().iter().filter(|row| row.root == Root::Products).count());
    assert!(routes.iter().filter(|route| route.deprecated).all(|route| {
        route.path.starts_with("/api/v1/accounts/{accountId}/workspaces") && !route.path.contains("dataProduct")
    }));
}

#[test]
fn every_shown_row_describes_its_answer() {
    for route in routes(table()).iter().filter(|route| !route.hidden) {
        assert!(route.output.is_some() || !route.other_answers.is_empty(), "{}", route.operation);
    }
}
