//! Policies: lists of rules that allow or deny operations.

use emporion_edge::shape::{Member, Shape, Struct, TEXT, UUID};

use crate::list_of;
use crate::members::*;
use crate::noun::{Input, Noun, OnPut, Parentage, Reference};

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
const RULES: Member = Member::required("rules", list_of!(RULE));

pub static CREATE: Struct = Struct {
    name: "CreatePolicy",
    open: false,
    members: &[
        NAME,
        RULES,
        DISPLAY_NAME,
        DESCRIPTION,
        OWNERS_INPUT,
        boolean("enabled"),
        Member::optional("location", UUID),
        DOMAINS_INPUT,
    ],
};

pub static ENTITY: Struct = Struct {
    name: "Policy",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        RULES,
        FQN,
        DISPLAY_NAME,
        DESCRIPTION,
        OWNERS,
        HREF,
        boolean("enabled"),
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        CHANGE,
        INCREMENTAL_CHANGE,
        references("teams"),
        references("roles"),
        reference("location"),
        boolean("allowDelete"),
        boolean("allowEdit"),
        DELETED,
        PROVIDER,
        DISABLED,
        DOMAINS,
    ],
};

pub const NOUN: Noun = Noun {
    kind: "policy",
    entity_type: "policy",
    collection: "policies",
    tag: "Policies",
    create: &CREATE,
    entity: &ENTITY,
    fields: &["owners", "location", "teams", "roles", "domains"],
    always: &[],
    filters: &[],
    place: Parentage::Root,
    ancestors: &[],
    references: &[
        OWN_OWNERS_REF,
        shown("teams", "has_policy", &["team"]),
        shown("roles", "has_policy", &["role"]),
        Reference { many: false, ..out("location", "applies_to", Input::Ids, &["location"], OnPut::ReplaceIfPresent) },
        OWN_DOMAINS_REF,
    ],
    counts: &[],
    computed: &[],
    request_only: &[],
    protected: &["teams", "roles", "provider", "allowDelete", "allowEdit"],
    domain_echo: None,
    soft_delete: true,
    rename: false,
    moves: false,
};
