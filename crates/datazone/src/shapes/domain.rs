//! Domains: what each operation takes and answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT};

use super::common::*;
use crate::patterns;

pub static CREATE_DOMAIN_INPUT: Struct = Struct {
    name: "CreateDomainInput",
    members: &[
        Member::required("name", TEXT),
        Member::optional("description", TEXT),
        Member::optional("singleSignOn", Shape::Struct(&SINGLE_SIGN_ON)),
        Member::optional("domainExecutionRole", ROLE_ARN),
        Member::optional("kmsKeyIdentifier", KMS_KEY_ARN),
        Member::optional("tags", TAGS),
        Member::optional("domainVersion", DOMAIN_VERSION),
        Member::optional("serviceRole", ROLE_ARN),
        Member::optional("clientToken", TEXT),
    ],
    open: true,
};

pub static CREATE_DOMAIN_OUTPUT: Struct = Struct {
    name: "CreateDomainOutput",
    members: &[
        Member::required("id", DOMAIN_ID),
        Member::optional("rootDomainUnitId", DOMAIN_UNIT_ID),
        Member::optional("name", TEXT),
        Member::optional("description", TEXT),
        Member::optional("singleSignOn", Shape::Struct(&SINGLE_SIGN_ON)),
        Member::optional("domainExecutionRole", ROLE_ARN),
        Member::optional("arn", TEXT),
        Member::optional("kmsKeyIdentifier", KMS_KEY_ARN),
        Member::optional("status", DOMAIN_STATUS),
        Member::optional("portalUrl", TEXT),
        Member::optional("tags", TAGS),
        Member::optional("domainVersion", DOMAIN_VERSION),
        Member::optional("serviceRole", ROLE_ARN),
    ],
    open: false,
};

pub static GET_DOMAIN_INPUT: Struct = Struct {
    name: "GetDomainInput",
    members: &[Member::required("identifier", DOMAIN_ID).at(Location::Path)],
    open: true,
};

pub static GET_DOMAIN_OUTPUT: Struct = Struct {
    name: "GetDomainOutput",
    members: &[
        Member::required("id", DOMAIN_ID),
        Member::optional("rootDomainUnitId", DOMAIN_UNIT_ID),
        Member::optional("name", TEXT),
        Member::optional("description", TEXT),
        Member::optional("singleSignOn", Shape::Struct(&SINGLE_SIGN_ON)),
        Member::required("domainExecutionRole", ROLE_ARN),
        Member::optional("arn", TEXT),
        Member::optional("kmsKeyIdentifier", KMS_KEY_ARN),
        Member::required("status", DOMAIN_STATUS),
        Member::optional("portalUrl", TEXT),
        Member::optional("createdAt", TIME),
        Member::optional("lastUpdatedAt", TIME),
        Member::optional("tags", TAGS),
        Member::optional("domainVersion", DOMAIN_VERSION),
        Member::optional("serviceRole", ROLE_ARN),
        Member::optional("failureReasons", FAILURE_REASONS_LIST),
        Member::optional("deleteProgress", Shape::Struct(&DELETE_PROGRESS)),
    ],
    open: false,
};

pub static LIST_DOMAINS_INPUT: Struct = Struct {
    name: "ListDomainsInput",
    members: &[
        Member::optional("status", DOMAIN_STATUS).at(Location::Query),
        Member::optional("maxResults", MAX_RESULTS_TO_TWENTY_FIVE).at(Location::Query),
        Member::optional("nextToken", PAGINATION_TOKEN).at(Location::Query),
    ],
    open: true,
};

pub static LIST_DOMAINS_OUTPUT: Struct = Struct {
    name: "ListDomainsOutput",
    members: &[Member::required("items", DOMAIN_SUMMARIES), Member::optional("nextToken", PAGINATION_TOKEN)],
    open: false,
};

pub static UPDATE_DOMAIN_INPUT: Struct = Struct {
    name: "UpdateDomainInput",
    members: &[
        Member::required("identifier", DOMAIN_ID).at(Location::Path),
        Member::optional("description", TEXT),
        Member::optional("singleSignOn", Shape::Struct(&SINGLE_SIGN_ON)),
        Member::optional("domainExecutionRole", ROLE_ARN),
        Member::optional("serviceRole", ROLE_ARN),
        Member::optional("name", TEXT),
        Member::optional("clientToken", TEXT).at(Location::Query),
    ],
    open: true,
};

pub static UPDATE_DOMAIN_OUTPUT: Struct = Struct {
    name: "UpdateDomainOutput",
    members: &[
        Member::required("id", DOMAIN_ID),
        Member::optional("rootDomainUnitId", DOMAIN_UNIT_ID),
        Member::optional("description", TEXT),
        Member::optional("singleSignOn", Shape::Struct(&SINGLE_SIGN_ON)),
        Member::optional("domainExecutionRole", ROLE_ARN),
        Member::optional("serviceRole", ROLE_ARN),
        Member::optional("name", TEXT),
        Member::optional("lastUpdatedAt", TIME),
    ],
    open: false,
};

pub static DELETE_DOMAIN_INPUT: Struct = Struct {
    name: "DeleteDomainInput",
    members: &[
        Member::required("identifier", DOMAIN_ID).at(Location::Path),
        Member::optional("clientToken", TEXT).at(Location::Query),
        Member::optional("skipDeletionCheck", Shape::Boolean).at(Location::Query),
        Member::optional("cascadeDelete", Shape::Boolean).at(Location::Query),
    ],
    open: true,
};

pub static DELETE_DOMAIN_OUTPUT: Struct =
    Struct { name: "DeleteDomainOutput", members: &[Member::required("status", DOMAIN_STATUS)], open: false };

pub static SINGLE_SIGN_ON: Struct = Struct {
    name: "SingleSignOn",
    members: &[
        Member::optional("type", AUTH_TYPE),
        Member::optional("userAssignment", USER_ASSIGNMENT),
        Member::optional("idcInstanceArn", SSO_INSTANCE_ARN),
    ],
    open: true,
};

pub static FAILURE_REASON: Struct = Struct {
    name: "FailureReason",
    members: &[Member::optional("id", TEXT), Member::optional("message", TEXT)],
    open: false,
};

pub static DELETE_PROGRESS: Struct = Struct {
    name: "DeleteProgress",
    members: &[Member::optional("successfullyDeletedProjectCount", INTEGER)],
    open: false,
};

pub static DOMAIN_SUMMARY: Struct = Struct {
    name: "DomainSummary",
    members: &[
        Member::required("id", DOMAIN_ID),
        Member::required("name", TEXT),
        Member::optional("description", TEXT),
        Member::required("arn", TEXT),
        Member::required("managedAccountId", TEXT),
        Member::required("status", DOMAIN_STATUS),
        Member::optional("portalUrl", TEXT),
        Member::required("createdAt", TIME),
        Member::optional("lastUpdatedAt", TIME),
        Member::optional("domainVersion", DOMAIN_VERSION),
    ],
    open: false,
};

pub const AUTH_TYPE: Shape = Shape::Enumeration(&["IAM_IDC", "DISABLED"]);
pub const USER_ASSIGNMENT: Shape = Shape::Enumeration(&["AUTOMATIC", "MANUAL"]);
pub const SSO_INSTANCE_ARN: Shape = matching(0, UNBOUNDED, patterns::SSO_INSTANCE_ARN);
pub const KMS_KEY_ARN: Shape = matching(1, 1024, patterns::KMS_KEY_ARN);
pub const TAGS: Shape = Shape::Map { of: &TAG_VALUE, max: UNBOUNDED };
pub const DOMAIN_VERSION: Shape = Shape::Enumeration(&["V1", "V2"]);
pub const DOMAIN_STATUS: Shape =
    Shape::Enumeration(&["CREATING", "AVAILABLE", "CREATION_FAILED", "DELETING", "DELETED", "DELETION_FAILED"]);
pub const FAILURE_REASONS_LIST: Shape = Shape::List { of: &Shape::Struct(&FAILURE_REASON), min: 0, max: UNBOUNDED };
pub const DOMAIN_SUMMARIES: Shape = Shape::List { of: &Shape::Struct(&DOMAIN_SUMMARY), min: 0, max: UNBOUNDED };
