//! Projects and their memberships: what each operation takes and answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT};

use super::common::*;
use crate::patterns;

pub static CREATE_PROJECT_INPUT: Struct = Struct {
    name: "CreateProjectInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("name", PROJECT_NAME),
        Member::optional("description", DESCRIPTION),
        Member::optional("resourceTags", RESOURCE_TAG_MAP),
        Member::optional("glossaryTerms", GLOSSARY_TERMS),
        Member::optional("domainUnitId", DOMAIN_UNIT_ID),
        Member::optional("projectProfileId", ENTITY_ID),
        Member::optional("userParameters", USER_PARAMETERS),
        Member::optional("projectCategory", TEXT),
        Member::optional("projectExecutionRole", ROLE_ARN),
        Member::optional("membershipAssignments", PROJECT_MEMBERSHIP_ASSIGNMENTS),
    ],
    open: true,
};

const PROJECT: &[Member] = &[
    Member::required("domainId", DOMAIN_ID),
    Member::required("id", ENTITY_ID),
    Member::required("name", PROJECT_NAME),
    Member::optional("description", DESCRIPTION),
    Member::optional("projectStatus", PROJECT_STATUS),
    Member::optional("failureReasons", FAILURE_REASONS),
    Member::required("createdBy", TEXT),
    Member::optional("createdAt", ISO_TIME),
    Member::optional("lastUpdatedAt", ISO_TIME),
    Member::optional("resourceTags", RESOURCE_TAGS),
    Member::optional("glossaryTerms", GLOSSARY_TERMS),
    Member::optional("domainUnitId", DOMAIN_UNIT_ID),
    Member::optional("projectProfileId", ENTITY_ID),
    Member::optional("userParameters", USER_PARAMETERS),
    Member::optional("environmentDeploymentDetails", Shape::Struct(&ENVIRONMENT_DEPLOYMENT_DETAILS)),
    Member::optional("projectCategory", TEXT),
];

pub static CREATE_PROJECT_OUTPUT: Struct = Struct { name: "CreateProjectOutput", members: PROJECT, open: false };

pub static GET_PROJECT_INPUT: Struct = Struct {
    name: "GetProjectInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
    ],
    open: true,
};

pub static GET_PROJECT_OUTPUT: Struct = Struct { name: "GetProjectOutput", members: PROJECT, open: false };

pub static LIST_PROJECTS_INPUT: Struct = Struct {
    name: "ListProjectsInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::optional("userIdentifier", TEXT).at(Location::Query),
        Member::optional("groupIdentifier", TEXT).at(Location::Query),
        Member::optional("name", PROJECT_NAME).at(Location::Query),
        Member::optional("projectCategory", TEXT).at(Location::Query),
        Member::optional("nextToken", PAGINATION_TOKEN).at(Location::Query),
        Member::optional("maxResults", MAX_RESULTS).at(Location::Query),
    ],
    open: true,
};

pub static LIST_PROJECTS_OUTPUT: Struct = Struct {
    name: "ListProjectsOutput",
    members: &[Member::optional("items", PROJECT_SUMMARIES), Member::optional("nextToken", PAGINATION_TOKEN)],
    open: false,
};

pub static UPDATE_PROJECT_INPUT: Struct = Struct {
    name: "UpdateProjectInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
        Member::optional("name", PROJECT_NAME),
        Member::optional("description", DESCRIPTION),
        Member::optional("resourceTags", RESOURCE_TAG_MAP),
        Member::optional("glossaryTerms", GLOSSARY_TERMS),
        Member::optional("domainUnitId", DOMAIN_UNIT_ID),
        Member::optional("environmentDeploymentDetails", Shape::Struct(&ENVIRONMENT_DEPLOYMENT_DETAILS_INPUT)),
        Member::optional("userParameters", USER_PARAMETERS),
        Member::optional("projectProfileVersion", TEXT),
        Member::optional("projectProfileAction", PROJECT_PROFILE_ACTION),
    ],
    open: true,
};

pub static UPDATE_PROJECT_OUTPUT: Struct = Struct { name: "UpdateProjectOutput", members: PROJECT, open: false };

pub static DELETE_PROJECT_INPUT: Struct = Struct {
    name: "DeleteProjectInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
        Member::optional("skipDeletionCheck", Shape::Boolean).at(Location::Query),
    ],
    open: true,
};

pub static CREATE_PROJECT_MEMBERSHIP_INPUT: Struct = Struct {
    name: "CreateProjectMembershipInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("projectIdentifier", ENTITY_ID).at(Location::Path),
        Member::required("member", Shape::Union(&MEMBER)),
        Member::required("designation", USER_DESIGNATION),
        Member::optional("userCreatedDesignationId", ENTITY_ID),
    ],
    open: true,
};

pub static CREATE_PROJECT_MEMBERSHIP_OUTPUT: Struct =
    Struct { name: "CreateProjectMembershipOutput", members: &[], open: false };

pub static DELETE_PROJECT_MEMBERSHIP_INPUT: Struct = Struct {
    name: "DeleteProjectMembershipInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("projectIdentifier", ENTITY_ID).at(Location::Path),
        Member::required("member", Shape::Union(&MEMBER)),
    ],
    open: true,
};

pub static LIST_PROJECT_MEMBERSHIPS_INPUT: Struct = Struct {
    name: "ListProjectMembershipsInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("projectIdentifier", ENTITY_ID).at(Location::Path),
        Member::optional("sortBy", SORT_FIELD_PROJECT).at(Location::Query),
        Member::optional("sortOrder", SORT_ORDER).at(Location::Query),
        Member::optional("nextToken", PAGINATION_TOKEN).at(Location::Query),
        Member::optional("maxResults", MAX_RESULTS).at(Location::Query),
    ],
    open: true,
};

pub static LIST_PROJECT_MEMBERSHIPS_OUTPUT: Struct = Struct {
    name: "ListProjectMembershipsOutput",
    members: &[Member::required("members", PROJECT_MEMBERS), Member::optional("nextToken", PAGINATION_TOKEN)],
    open: false,
};

pub static USER_PARAMETER: Struct = Struct {
    name: "EnvironmentConfigurationUserParameter",
    members: &[
        Member::optional("environmentId", ENTITY_ID),
        Member::optional("environmentBlueprintId", ENTITY_ID),
        Member::optional("environmentResolvedAccount", Shape::Struct(&ENVIRONMENT_RESOLVED_ACCOUNT)),
        Member::optional("environmentConfigurationName", ENVIRONMENT_CONFIGURATION_NAME),
        Member::optional("environmentParameters", ENVIRONMENT_PARAMETERS_LIST),
    ],
    open: true,
};

pub static ENVIRONMENT_RESOLVED_ACCOUNT: Struct = Struct {
    name: "EnvironmentResolvedAccount",
    members: &[
        Member::required("awsAccountId", AWS_ACCOUNT_ID),
        Member::required("regionName", AWS_REGION),
        Member::optional("sourceAccountPoolId", ENTITY_ID),
    ],
    open: true,
};

pub static ENVIRONMENT_PARAMETER: Struct = Struct {
    name: "EnvironmentParameter",
    members: &[Member::optional("name", TEXT), Member::optional("value", TEXT)],
    open: true,
};

pub static PROJECT_MEMBERSHIP_ASSIGNMENT: Struct = Struct {
    name: "ProjectMembershipAssignment",
    members: &[
        Member::required("member", Shape::Union(&MEMBER)),
        Member::required("designation", USER_DESIGNATION),
        Member::optional("userCreatedDesignationId", ENTITY_ID),
    ],
    open: true,
};

pub static MEMBER: Struct = Struct {
    name: "Member",
    members: &[Member::optional("userIdentifier", TEXT), Member::optional("groupIdentifier", TEXT)],
    open: true,
};

pub static PROJECT_DELETION_ERROR: Struct = Struct {
    name: "ProjectDeletionError",
    members: &[Member::optional("code", TEXT), Member::optional("message", TEXT)],
    open: false,
};

pub static RESOURCE_TAG: Struct = Struct {
    name: "ResourceTag",
    members: &[
        Member::required("key", TAG_KEY),
        Member::required("value", TAG_VALUE),
        Member::required("source", RESOURCE_TAG_SOURCE),
    ],
    open: false,
};

pub static ENVIRONMENT_DEPLOYMENT_DETAILS: Struct = Struct {
    name: "EnvironmentDeploymentDetails",
    members: &[
        Member::optional("overallDeploymentStatus", OVERALL_DEPLOYMENT_STATUS),
        Member::optional("environmentFailureReasons", ENVIRONMENT_FAILURE_REASONS),
    ],
    open: false,
};

pub static ENVIRONMENT_DEPLOYMENT_DETAILS_INPUT: Struct = Struct {
    name: "EnvironmentDeploymentDetailsInput",
    members: &[
        Member::optional("overallDeploymentStatus", OVERALL_DEPLOYMENT_STATUS),
        Member::optional("environmentFailureReasons", ENVIRONMENT_FAILURE_REASONS),
    ],
    open: true,
};

pub static ENVIRONMENT_ERROR: Struct = Struct {
    name: "EnvironmentError",
    members: &[Member::optional("code", TEXT), Member::required("message", TEXT)],
    open: false,
};

pub static PROJECT_SUMMARY: Struct = Struct {
    name: "ProjectSummary",
    members: &[
        Member::required("domainId", DOMAIN_ID),
        Member::required("id", ENTITY_ID),
        Member::required("name", PROJECT_NAME),
        Member::optional("description", DESCRIPTION),
        Member::optional("projectStatus", PROJECT_STATUS),
        Member::optional("failureReasons", FAILURE_REASONS),
        Member::required("createdBy", TEXT),
        Member::optional("createdAt", ISO_TIME),
        Member::optional("updatedAt", ISO_TIME),
        Member::optional("domainUnitId", DOMAIN_UNIT_ID),
        Member::optional("projectCategory", TEXT),
    ],
    open: false,
};

pub static PROJECT_MEMBER: Struct = Struct {
    name: "ProjectMember",
    members: &[
        Member::required("memberDetails", Shape::Union(&MEMBER_DETAILS)),
        Member::required("designation", USER_DESIGNATION),
        Member::optional("userCreatedDesignationId", ENTITY_ID),
    ],
    open: false,
};

pub static MEMBER_DETAILS: Struct = Struct {
    name: "MemberDetails",
    members: &[
        Member::optional("user", Shape::Struct(&USER_DETAILS)),
        Member::optional("group", Shape::Struct(&GROUP_DETAILS)),
    ],
    open: false,
};

pub static USER_DETAILS: Struct =
    Struct { name: "UserDetails", members: &[Member::required("userId", TEXT)], open: false };

pub static GROUP_DETAILS: Struct =
    Struct { name: "GroupDetails", members: &[Member::required("groupId", TEXT)], open: false };

pub const PROJECT_NAME: Shape = matching(1, 64, patterns::PLAIN_NAME);
pub const RESOURCE_TAG_MAP: Shape = Shape::Map { of: &TAG_VALUE, max: 25 };
pub const PROJECT_PROFILE_ACTION: Shape = Shape::Enumeration(&["DISASSOCIATE"]);
pub const USER_PARAMETERS: Shape = Shape::List { of: &Shape::Struct(&USER_PARAMETER), min: 0, max: UNBOUNDED };
pub const AWS_ACCOUNT_ID: Shape = matching(0, UNBOUNDED, patterns::ACCOUNT_NUMBER);
pub const AWS_REGION: Shape = matching(0, UNBOUNDED, patterns::REGION);
pub const ENVIRONMENT_CONFIGURATION_NAME: Shape = matching(1, 64, patterns::PLAIN_NAME);
pub const ENVIRONMENT_PARAMETERS_LIST: Shape =
    Shape::List { of: &Shape::Struct(&ENVIRONMENT_PARAMETER), min: 0, max: UNBOUNDED };
pub const PROJECT_MEMBERSHIP_ASSIGNMENTS: Shape =
    Shape::List { of: &Shape::Struct(&PROJECT_MEMBERSHIP_ASSIGNMENT), min: 0, max: UNBOUNDED };
pub const USER_DESIGNATION: Shape = Shape::Enumeration(&[
    "PROJECT_OWNER",
    "PROJECT_CONTRIBUTOR",
    "PROJECT_CATALOG_VIEWER",
    "PROJECT_CATALOG_CONSUMER",
    "PROJECT_CATALOG_STEWARD",
    "USER_CREATED_DESIGNATION",
]);
pub const PROJECT_STATUS: Shape =
    Shape::Enumeration(&["ACTIVE", "DELETING", "DELETE_FAILED", "UPDATING", "UPDATE_FAILED", "MOVING"]);
pub const FAILURE_REASONS: Shape = Shape::List { of: &Shape::Struct(&PROJECT_DELETION_ERROR), min: 0, max: UNBOUNDED };
pub const RESOURCE_TAGS: Shape = Shape::List { of: &Shape::Struct(&RESOURCE_TAG), min: 0, max: 25 };
pub const TAG_KEY: Shape = matching(1, 128, patterns::TAG_KEY);
pub const RESOURCE_TAG_SOURCE: Shape = Shape::Enumeration(&["PROJECT", "PROJECT_PROFILE"]);
pub const OVERALL_DEPLOYMENT_STATUS: Shape =
    Shape::Enumeration(&["PENDING_DEPLOYMENT", "IN_PROGRESS", "SUCCESSFUL", "FAILED_VALIDATION", "FAILED_DEPLOYMENT"]);
pub const ENVIRONMENT_FAILURE_REASONS: Shape = Shape::Map { of: &ENVIRONMENT_FAILURE_REASONS_LIST, max: UNBOUNDED };
pub const ENVIRONMENT_FAILURE_REASONS_LIST: Shape =
    Shape::List { of: &Shape::Struct(&ENVIRONMENT_ERROR), min: 0, max: UNBOUNDED };
pub const PROJECT_SUMMARIES: Shape = Shape::List { of: &Shape::Struct(&PROJECT_SUMMARY), min: 0, max: UNBOUNDED };
pub const SORT_FIELD_PROJECT: Shape = Shape::Enumeration(&["NAME"]);
pub const PROJECT_MEMBERS: Shape = Shape::List { of: &Shape::Struct(&PROJECT_MEMBER), min: 0, max: UNBOUNDED };
