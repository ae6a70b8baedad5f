//! Tests of tables and columns, each with what it came to last.

use emporion_catalog::kinds;
use emporion_catalog::kinds::test_case::{self, STATUS};
use emporion_catalog::record::{Record, View};
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::{Map, Value};

use crate::definition::{NounDef, PLAIN};
use crate::entry::{Entry, both, computed, related, shown};
use crate::errors::{OmError, OmResult};
use crate::has;
use crate::list_of;
use crate::members::*;
use crate::names;
use crate::noun::{Filter, FilterBy, Input, NounHooks, OnPut, Reference};

pub const STATES: &[&str] = &["Success", "Failed", "Aborted", "Queued"];

static PARAMETER: Struct =
    Struct { name: "TestCaseParameterValue", open: false, members: &[text("name"), text("value")] };

const DEFINITION: Reference = Reference {
    many: false,
    ..out("testDefinition", "of_definition", Input::Fqns, &["test_definition"], OnPut::ReplaceIfGiven)
};
/// What is tested, as a link: in it lies what the test stands below.
const LINK: Entry = Entry {
    request: Some(Member::required("entityLink", TEXT)),
    parent: Some("table"),
    ..computed(Member::required("entityLink", TEXT)).fixed()
};

pub const NOUN: NounDef = NounDef {
    kind: kinds::TEST_CASE,
    entity_type: "testCase",
    collection: "dataQuality/testCases",
    tag: "Test Cases",
    members: &[&[
        has::NOT_IMPERSONATED,
        LINK,
        computed(text("entityFQN")).fixed(),
        related(Some(fqn_required("testDefinition")), reference_required("testDefinition"), DEFINITION).named(),
        computed(reference_required("testSuite")).named().fixed(),
        computed(Member::optional("testSuites", list(&Shape::Object))).gated().fixed(),
        both(Member::optional("parameterValues", list_of!(PARAMETER))),
        both(boolean("computePassedFailedRowCount")),
        both(boolean("useDynamicAssertion")),
        both(Member::optional("dimensionColumns", TEXTS)),
        both(count("topDimensions")),
        shown(choice("testCaseStatus", STATES)).fixed().filtered(FilterBy::Text(STATUS)),
        shown(object("testCaseResult")).gated().fixed(),
        computed(text("createdBy")).fixed(),
        computed(boolean("autoCloseIncident")).fixed(),
        computed(text("incidentId")).gated().fixed(),
        computed(object("incidentStatus")).gated().fixed(),
        computed(text("inspectionQuery")).gated().fixed(),
        computed(object("failedRowsSample")).gated().fixed(),
        computed(references("dataProducts")).gated().fixed(),
        has::ENTITY_STATUS,
        has::OWNERS,
        has::REVIEWERS,
        // Those of its table, until a patch gives it some of its own.
        Entry { request: None, ..has::DOMAINS },
        has::TAGS,
        has::FOLLOWERS,
    ]],
    filters: &[
        Filter { name: "entityLink", by: FilterBy::Link },
        Filter { name: "includeAllTests", by: FilterBy::Nothing },
        Filter { name: "testSuiteId", by: FilterBy::Suite },
        Filter { name: "testCaseType", by: FilterBy::Telling(is_of_type) },
    ],
    hooks: NounHooks { complete, ..NounHooks::NONE },
    aside: true,
    ..PLAIN
};

/// What is tested: a table, or a column of it by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    pub table: String,
    pub column: Option<String>,
}

impl Tested {
    /// Reads `<#E::table::FQN>` and `<#E::table::FQN::columns::COLUMN>`.
    pub fn read(link: &str) -> OmResult<Tested> {
        let wrong =
            || OmError::violation("entityLink", "must be <#E::table::FQN> or <#E::table::FQN::columns::COLUMN>");
        let inner = link.strip_prefix("<#E::").and_then(|rest| rest.strip_suffix('>')).ok_or_else(wrong)?;
        let parts: Vec<&str> = inner.split("::").collect();
        let (table, column) = match parts[..] {
            ["table", table] => (table, None),
            ["table", table, "columns", column] if !column.is_empty() => (table, Some(column)),
            _ => return Err(wrong()),
        };
        let column = column.map(|column| names::canonical(column).unwrap_or_else(|| names::quote(column).into_owned()));
        Ok(Tested { table: names::canonical(table).ok_or_else(wrong)?, column })
    }

    /// What a test is of, which stands where its name says.
    pub fn of(test: &Record) -> Tested {
        let below = format!(".{}", test.name);
        let table = test.fqn.strip_suffix(&below).unwrap_or(&test.fqn).to_owned();
        Tested { table, column: test_case::column(&test.name) }
    }

    pub fn fqn(&self) -> String {
        match &self.column {
            Some(column) => format!("{}.{column}", self.table),
            None => self.table.clone(),
        }
    }

    /// The link. A top column stands in it by its bare name.
    pub fn link(&self) -> String {
        let bare = |column: &str| match names::split(column) {
            Some(mut path) if path.len() == 1 => path.swap_remove(0),
            _ => column.to_owned(),
        };
        match &self.column {
            Some(column) => format!("<#E::table::{}::columns::{}>", self.table, bare(column)),
            None => format!("<#E::table::{}>", self.table),
        }
    }
}

/// The name says which column is tested.
fn complete(members: &mut Map<String, Value>) -> OmResult<()> {
    let text = |member: &str| members.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let tested = Tested::read(&text("entityLink"))?;
    members.insert("name".into(), test_case::named(tested.column.as_deref(), &text("name")).into());
    members.insert("entityLink".into(), tested.table.into());
    Ok(())
}

fn is_of_type(view: &View, wanted: &str) -> bool {
    let is_of_column = test_case::column(&view.record.name).is_some();
    match wanted {
        "table" => !is_of_column,
        "column" => is_of_column,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_a_table_or_a_column() {
        let read = |link: &str| Tested::read(link).map(|tested| (tested.fqn(), tested.link())).map_err(|e| e.status);
        let same = |link: &str, fqn: &str| assert_eq!(read(link), Ok((fqn.to_owned(), link.to_owned())), "{link}");
        same("<#E::table::s.d.c.t>", "s.d.c.t");
        same("<#E::table::s.d.c.t::columns::a>", "s.d.c.t.a");
        same("<#E::table::s.d.c.t::columns::a.b>", "s.d.c.t.a.b");
        same("<#E::table::s.d.c.\"t.u\">", "s.d.c.\"t.u\"");
        for link in ["", "s.d.c.t", "<#E::topic::s.t>", "<#E::table::s.d.c.t::columns::>", "<#E::table::>"] {
            assert_eq!(read(link), Err(400), "{link}");
        }
    }
}
