//! Which kinds of the catalogue are assets here: `asset` itself, and every described thing that a crawl finds.

use emporion_catalog::facet::{DESCRIBED, Facet};
use emporion_catalog::kind::Kind;
use emporion_catalog::registry::Registry;

/// The kind of assets that are nothing more specific.
pub const GENERIC: &str = "asset";

/// Whether records of the kind can be read as assets and be held by products.
pub fn is_asset(kind: Kind) -> bool {
    kind.is(GENERIC) || is_derived(kind)
}

/// Whether the technical forms of such assets are derived from the record.
pub fn is_derived(kind: Kind) -> bool {
    !kind.is(GENERIC)
        && !kind.0.parents.contains(&"domain")
        && !kind.has_facet(Facet::OwningTeam)
        && DESCRIBED.iter().all(|facet| kind.has_facet(*facet))
}

/// The kinds that an inventory lists: assets that are no container of others.
pub fn listed(registry: &Registry) -> Vec<Kind> {
    let is_container = |kind: Kind| registry.iter().any(|other| other.0.parents.contains(&kind.name()));
    registry.iter().filter(|kind| kind.is(GENERIC) || is_derived(*kind) && !is_container(*kind)).collect()
}

/// The kinds above a kind, nearest first, each once.
pub fn above(registry: &Registry, kind: Kind) -> Vec<Kind> {
    let mut found: Vec<Kind> = Vec::new();
    let mut level = vec![kind];
    while let Some(below) = level.pop() {
        for parent in below.0.parents.iter().filter_map(|name| registry.get(name)) {
            if parent != kind && !found.contains(&parent) {
                found.push(parent);
                level.insert(0, parent);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_pipelines_are_listed_and_their_containers_can_be_read() {
        let registry = Registry::standard();
        let names: Vec<&str> = listed(&registry).into_iter().map(Kind::name).collect();
        assert!(names.contains(&"table") && names.contains(&"pipeline") && names.contains(&"asset"));
        assert!(!names.contains(&"database_schema") && !names.contains(&"data_product") && !names.contains(&"user"));
        assert!(is_asset(registry.expect("database_schema")));
        assert!(!is_asset(registry.expect("glossary_term")) && !is_asset(registry.expect("domain")));
    }

    #[test]
    fn the_kinds_above_a_table_are_its_containers() {
        let registry = Registry::standard();
        let names: Vec<&str> = above(&registry, registry.expect("table")).into_iter().map(Kind::name).collect();
        assert_eq!(names, ["database_schema", "database", "database_service"]);
    }
}
