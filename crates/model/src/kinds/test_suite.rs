//! Tests that are run together: those of one table, below which the suite stands then, or of several.

use serde_json::json;

use super::shared::*;

/// The name of the suite that stands below a table.
pub const OF_TABLE: &str = "testSuite";

pub const TEST_SUITE: KindDef = KindDef {
    name: "test_suite",
    parents: &["table"],
    facets: &[Facet::Owners, Facet::Reviewers, Facet::Domains, Facet::Tags],
    relations: &[relation::HAS_TEST],
    part: true,
    shown: true,
    attends: true,
    stewarded: true,
    sample: || json!({}),
    ..PLAIN
};
