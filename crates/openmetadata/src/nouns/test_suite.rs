//! Suites of tests: that of one table, which stands below it, and those that take tests of several.

use emporion_catalog::kinds;
use emporion_catalog::kinds::test_suite::OF_TABLE;
use emporion_catalog::record::View;
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::{Map, Value};

use crate::definition::{NounDef, PLAIN};
use crate::entry::{computed, directly_under};
use crate::errors::OmResult;
use crate::has;
use crate::members::*;
use crate::noun::{Filter, FilterBy, NounHooks};

const TABLE: &str = "basicEntityReference";
/// What it was called.
const TABLE_OF_OLD: &str = "executableEntityReference";

static SUMMARY: Struct = Struct {
    name: "TestSummary",
    open: false,
    members: &[count("success"), count("failed"), count("aborted"), count("queued"), count("total")],
};

pub const NOUN: NounDef = NounDef {
    kind: kinds::TEST_SUITE,
    entity_type: "testSuite",
    collection: "dataQuality/testSuites",
    tag: "Test Suites",
    members: &[&[
        has::NOT_IMPERSONATED,
        // Clients write its table into the name, in one spelling or another.
        has::UNNAMED.asked_as(Member::required("name", TEXT)),
        directly_under(TABLE, "table"),
        computed(reference(TABLE_OF_OLD)).asked_as(fqn(TABLE_OF_OLD)).passing().fixed(),
        computed(reference("dataContract")).asked_as(reference_input("dataContract")).passing().fixed(),
        computed(boolean("basic")).fixed(),
        computed(boolean("executable")).fixed(),
        computed(references("tests")).gated().fixed(),
        computed(structure("summary", &SUMMARY)).gated().fixed(),
        computed(Member::optional("testCaseResultSummary", list(&Shape::Object))).gated().fixed(),
        computed(object("connection")).fixed(),
        computed(object("testConnectionResult")).fixed(),
        computed(text("serviceType")).fixed(),
        computed(boolean("inherited")).fixed(),
        computed(reference("ingestionRunner")).fixed(),
        computed(references("pipelines")).gated().fixed(),
        has::OWNERS,
        has::REVIEWERS,
        has::DOMAINS,
        has::TAGS,
    ]],
    filters: &[
        Filter { name: "testSuiteType", by: FilterBy::Telling(is_of_type) },
        Filter { name: "includeEmptySuites", by: FilterBy::Nothing },
    ],
    hooks: NounHooks { complete, ..NounHooks::NONE },
    aside: true,
    ..PLAIN
};

/// A suite of one table bears the same name below every table.
fn complete(members: &mut Map<String, Value>) -> OmResult<()> {
    if let Some(of_old) = members.shift_remove(TABLE_OF_OLD) {
        members.entry(TABLE).or_insert(of_old);
    }
    match members.contains_key(TABLE) {
        true => members.insert("name".into(), OF_TABLE.into()),
        false => {
            return crate::names::check_name("name", members.get("name").and_then(Value::as_str).unwrap_or_default());
        }
    };
    Ok(())
}

fn is_of_type(view: &View, wanted: &str) -> bool {
    let is_of_table = view.record.parent.is_some();
    match wanted {
        "logical" => !is_of_table,
        _ => is_of_table,
    }
}
