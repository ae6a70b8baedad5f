//! What the kinds of services share.

use emporion_edge::shape::{Member, Shape, Struct};

use crate::connection::ServiceKind;
use crate::entry::{Entry, both, computed, shown};
use crate::has;
use crate::list_of;
use crate::members::*;
use crate::noun::FilterBy;

/// `{"config": {…}}`; the configuration is the connector's own affair.
static CONNECTION: Struct = Struct { name: "ServiceConnection", open: false, members: &[object("config")] };

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

/// The type of the service itself: requests may use the spellings of the documentation.
pub const fn service_type(service: &ServiceKind) -> Entry {
    both(Member::required("serviceType", Shape::Enumeration(service.types())))
        .asked_as(Member::required("serviceType", Shape::Enumeration(service.accepted())))
        .fixed()
        .filtered(FilterBy::Text("service_type"))
}

/// What every service has beside its type.
pub const MEMBERS: &[Entry] = &[
    both(structure("connection", &CONNECTION)),
    computed(references("pipelines")).gated().fixed(),
    shown(structure("testConnectionResult", &TEST_RESULT)),
    has::STYLE,
    has::OWNERS,
    has::TAGS,
    has::OWN_DOMAINS,
    has::DATA_PRODUCTS,
    has::DATA_CONTRACT,
    has::FOLLOWERS,
    has::ENTITY_STATUS,
    // Only in the answer to a request that used it.
    computed(text("domain")).asked_as(DOMAIN_INPUT).passing().fixed(),
    // The runner belongs to a scheduler of the client's; it is kept and shown as it came.
    both(reference("ingestionRunner")),
];
