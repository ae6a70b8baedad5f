//! Which kinds of the catalogue are assets here: those that say so of themselves.

use emporion_catalog::kind::{Asset, Kind};
use emporion_catalog::kinds;
use emporion_catalog::registry::Registry;

/// The kind of assets that are nothing more specific.
pub const GENERIC: Kind = kinds::ASSET;

/// Whether records of the kind can be read as assets and be held by products.
pub fn is_asset(kind: Kind) -> bool {
    kind.0.asset != Asset::No
}

/// Whether the technical forms of such assets are derived from the record.
pub fn is_derived(kind: Kind) -> bool {
    kind != GENERIC && is_asset(kind)
}

/// The kinds that an inventory lists: assets that are no container of others.
pub fn listed(registry: &Registry) -> Vec<Kind> {
    registry.iter().filter(|kind| kind.0.asset == Asset::Item).collect()
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
