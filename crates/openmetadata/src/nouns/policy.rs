//! Policies: lists of rules that allow or deny operations.

use emporion_catalog::kinds;
use emporion_edge::shape::{Member, Shape, Struct, TEXT, UUID};

use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, listed, related, shown};
use crate::has;
use crate::list_of;
use crate::members::*;
use crate::noun::{Input, OnPut, Reference};

/// Every operation that a rule may name. The client reads no others.
#[rustfmt::skip]
pub const OPERATIONS: &[&str] = &[
    "All", "AuditLogs", "BulkCreate", "BulkUpdate", "CloseTask", "Create", "CreateIngestionPipelineAutomator",
    "CreateScim", "CreateTask", "CreateTests", "Delete", "DeleteScim", "DeleteTestCaseFailedRowsSample", "Deploy",
    "EditAll", "EditCertification", "EditCustomFields", "EditDataProfile", "EditDescription", "EditDisplayName",
    "EditDomains", "EditEntityRelationship", "EditGlossaryTerms", "EditIngestionPipelineStatus",
    "EditKnowledgePanel", "EditLifeCycle", "EditLineage", "EditOwners", "EditPage", "EditPolicy", "EditQueries",
    "EditReviewers", "EditRole", "EditSampleData", "EditScim", "EditStatus", "EditTags", "EditTask", "EditTeams",
    "EditTestDefinitionLibrary", "EditTests", "EditTier", "EditUsage", "EditUserNotificationTemplate",
    "EditUsers", "GenerateToken", "Impersonate", "Kill", "ReassignTask", "ResolveTask", "Trigger", "ViewAll",
    "ViewBasic", "ViewCustomFields", "ViewDataProfile", "ViewProfilerGlobalConfiguration", "ViewQueries",
    "ViewSampleData", "ViewScim", "ViewTestCaseFailedRowsSample", "ViewTestDefinitionLibrary", "ViewTests",
    "ViewUsage",
];

const OPERATION: &Shape = &Shape::Enumeration(OPERATIONS);

static RULE: Struct = Struct {
    name: "Rule",
    open: false,
    members: &[
        NAME,
        FQN,
        DESCRIPTION,
        Member::required("effect", Shape::Enumeration(&["allow", "deny"])),
        Member::required("operations", list(OPERATION)),
        Member::required("resources", list(&TEXT)),
        text("condition"),
    ],
};
const LOCATION: Reference =
    Reference { many: false, ..out("location", "applies_to", Input::Ids, &["location"], OnPut::ReplaceIfPresent) };

pub const NOUN: NounDef = NounDef {
    kind: kinds::POLICY,
    entity_type: "policy",
    collection: "policies",
    tag: "Policies",
    members: &[&[
        both(Member::required("rules", list_of!(RULE))),
        both(boolean("enabled")),
        has::OWNERS,
        has::UNFILTERED_DOMAINS,
        listed("teams", "has_policy", &["team"]),
        listed("roles", "has_policy", &["role"]),
        related(Some(Member::optional("location", UUID)), reference("location"), LOCATION),
        shown(boolean("allowDelete")).fixed(),
        shown(boolean("allowEdit")).fixed(),
        has::PROVIDER_SHOWN,
        has::DISABLED,
    ]],
    ..PLAIN
};
