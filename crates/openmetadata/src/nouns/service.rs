//! What the kinds of services share.

use emporion_edge::shape::{Member, Shape, Struct};

use crate::list_of;
use crate::members::*;
use crate::noun::{Filter, FilterBy, Reference};

/// `{"config": {…}}`; the configuration is the connector's own affair.
static CONNECTION: Struct = Struct { name: "ServiceConnection", open: false, members: &[object("config")] };
pub const CONNECTION_MEMBER: Member = structure("connection", &CONNECTION);

pub const fn service_type(types: &'static [&'static str]) -> Member {
    Member::required("serviceType", Shape::Enumeration(types))
}

static TEST_STEP: Struct = Struct {
    name: "TestConnectionStepResult",
    open: false,
    members: &[
        Member::required("name", emporion_edge::shape::TEXT),
        Member::required("mandatory", Shape::Boolean),
        Member::required("passed", Shape::Boolean),
        text("message"),
        text("errorLog"),
    ],
};
/// The body of `PUT …/testConnectionResult`, kept verbatim.
pub static TEST_RESULT: Struct = Struct {
    name: "TestConnectionResult",
    open: false,
    members: &[
        Member::optional("lastUpdatedAt", MILLIS),
        choice("status", &["Successful", "Failed", "Running"]),
        Member::required("steps", list_of!(TEST_STEP)),
    ],
};
pub const TEST_RESULT_MEMBER: Member = structure("testConnectionResult", &TEST_RESULT);

pub const FIELDS: &[&str] = &["pipelines", "owners", "tags", "domains", "followers", "dataProducts"];

pub const FILTERS: &[Filter] = &[
    Filter { name: "domain", by: FilterBy::Domain },
    Filter { name: "serviceType", by: FilterBy::Text("service_type") },
];

pub const REFERENCES: &[Reference] = &[OWN_OWNERS_REF, TAGS_REF, OWN_DOMAINS_REF, DATA_PRODUCTS_REF, FOLLOWERS_REF];

/// The runner belongs to a scheduler of the client's; it is kept and shown as it came.
pub const INGESTION_RUNNER: Member = reference("ingestionRunner");

pub const REQUEST_ONLY: &[&str] = &["domain"];
pub const COMPUTED: &[&str] = &["domain", "pipelines", "dataContract"];
pub const PROTECTED: &[&str] = &["serviceType", "pipelines", "followers", "domain"];
