//! Definitions of tests: the ways in which data can be tested.

use emporion_catalog::kinds;
use emporion_catalog::record::View;
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::Value;

use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, shown};
use crate::has;
use crate::list_of;
use crate::members::*;
use crate::noun::{Filter, FilterBy};

const PLATFORMS: &[&str] = &["OpenMetadata", "GreatExpectations", "dbt", "Deequ", "Soda", "Other"];
static PLATFORM: Shape = Shape::Enumeration(PLATFORMS);
#[rustfmt::skip]
const DIMENSIONS: &[&str] = &[
    "Completeness", "Accuracy", "Consistency", "Validity", "Uniqueness", "Integrity", "SQL", "NoDimension",
];
#[rustfmt::skip]
const DATA_TYPES: &[&str] = &[
    "NUMBER", "INT", "FLOAT", "DOUBLE", "DECIMAL", "TIMESTAMP", "TIME", "DATE", "DATETIME", "ARRAY", "MAP", "SET",
    "STRING", "BOOLEAN",
];

static VALIDATION: Struct = Struct {
    name: "ValidationRule",
    open: true,
    members: &[
        text("parameterField"),
        choice("rule", &["EQUALS", "NOT_EQUALS", "GREATER_THAN_OR_EQUALS", "LESS_THAN_OR_EQUALS"]),
    ],
};
static PARAMETER: Struct = Struct {
    name: "TestCaseParameterDefinition",
    open: true,
    members: &[
        text("name"),
        text("displayName"),
        choice("dataType", DATA_TYPES),
        DESCRIPTION,
        boolean("required"),
        Member::optional("optionValues", list(&Shape::Json)),
        structure("validationRule", &VALIDATION),
    ],
};

pub const NOUN: NounDef = NounDef {
    kind: kinds::TEST_DEFINITION,
    entity_type: "testDefinition",
    collection: "dataQuality/testDefinitions",
    tag: "Test Definitions",
    members: &[&[
        has::NOT_IMPERSONATED,
        both(Member::required("entityType", Shape::Enumeration(&["TABLE", "COLUMN"])))
            .filtered(FilterBy::Text("entity_type")),
        both(Member::required("testPlatforms", list(&PLATFORM))),
        both(Member::optional("supportedDataTypes", TEXTS)),
        both(Member::optional("parameterDefinition", list_of!(PARAMETER))),
        both(choice("dataQualityDimension", DIMENSIONS)),
        both(Member::optional("supportedServices", TEXTS)),
        both(text("sqlExpression")),
        both(text("validatorClass")),
        shown(boolean("supportsRowLevelPassedFailed")),
        shown(boolean("supportsDynamicAssertion")),
        shown(boolean("enabled")),
        has::OWNERS,
        has::DOMAINS,
        has::PROVIDER,
    ]],
    filters: &[
        Filter { name: "testPlatform", by: FilterBy::Telling(is_run_by) },
        Filter { name: "supportedDataType", by: FilterBy::Telling(takes) },
    ],
    aside: true,
    ..PLAIN
};

fn is_run_by(view: &View, platform: &str) -> bool {
    lists(view, "test_platforms", platform)
}

/// One of a table, or of columns of any type, takes them all.
fn takes(view: &View, data_type: &str) -> bool {
    view.field("supported_data_types").is_none() || lists(view, "supported_data_types", data_type)
}

fn lists(view: &View, field: &str, wanted: &str) -> bool {
    let listed = view.field(field).and_then(Value::as_array);
    listed.is_some_and(|listed| listed.iter().any(|one| one == wanted))
}
