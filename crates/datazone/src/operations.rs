//! Every operation of the API (version 2018-05-10): name, method, path, success status, declared errors, tier.
//!
//! Facts only. Which of them this server offers is decided by the routes; the others answer "not supported".

use http::Method;

/// One operation of the service model.
#[derive(Debug)]
pub struct Operation {
    pub name: &'static str,
    pub method: Method,
    /// Labels keep the model's member names.
    pub path: &'static str,
    /// The one success status.
    pub ok: u16,
    pub errors: Errors,
    /// 1 and 2 are the catalogue proper, 3 is around it, 4 needs services that only AWS runs.
    pub tier: u8,
}

/// The errors that an operation declares; no other may leave it.
#[derive(Debug, Clone, Copy)]
pub struct Errors {
    /// Those of (nearly) every operation.
    pub common: &'static [u16],
    /// Beyond them: 404, 409, 402.
    pub extra: &'static [u16],
}

impl Errors {
    pub fn declares(&self, status: u16) -> bool {
        self.common.contains(&status) || self.extra.contains(&status)
    }
}

/// The operation of that name.
pub fn by_name(name: &str) -> Option<&'static Operation> {
    // The table is in alphabetical order (a test sees to it).
    OPERATIONS.binary_search_by(|operation| operation.name.cmp(name)).ok().map(|index| &OPERATIONS[index])
}

pub const COMMON_ERRORS: &[u16] = &[400, 401, 403, 429, 500];

// N: ResourceNotFound. C: Conflict. Q: ServiceQuotaExceeded.
const BASE: Errors = Errors { common: COMMON_ERRORS, extra: &[] };
const N: Errors = Errors { common: COMMON_ERRORS, extra: &[404] };
const C: Errors = Errors { common: COMMON_ERRORS, extra: &[409] };
const CN: Errors = Errors { common: COMMON_ERRORS, extra: &[404, 409] };
const CQ: Errors = Errors { common: COMMON_ERRORS, extra: &[402, 409] };
const NQ: Errors = Errors { common: COMMON_ERRORS, extra: &[402, 404] };
const CNQ: Errors = Errors { common: COMMON_ERRORS, extra: &[402, 404, 409] };
/// UntagResource, the only operation without ValidationException.
const N_UNVALIDATED: Errors = Errors { common: &[401, 403, 429, 500], extra: &[404] };

const fn op(name: &'static str, method: Method, path: &'static str, ok: u16, errors: Errors, tier: u8) -> Operation {
    Operation { name, method, path, ok, errors, tier }
}

#[rustfmt::skip]
pub static OPERATIONS: [Operation; 195] = [
    op("AcceptPredictions", Method::PUT, "/v2/domains/{domainIdentifier}/assets/{identifier}/accept-predictions", 200, CN, 4),
    op("AcceptSubscriptionRequest", Method::PUT, "/v2/domains/{domainIdentifier}/subscription-requests/{identifier}/accept", 200, CNQ, 2),
    op("AddEntityOwner", Method::POST, "/v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/addOwner", 201, CNQ, 3),
    op("AddPolicyGrant", Method::POST, "/v2/domains/{domainIdentifier}/policies/managed/{entityType}/{entityIdentifier}/addGrant", 201, CQ, 3),
    op("AssociateEnvironmentRole", Method::PUT, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/roles/{environmentRoleArn}", 200, CN, 4),
    op("AssociateGovernedTerms", Method::PATCH, "/v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/associate-governed-terms", 200, CN, 3),
    op("BatchGetAttributesMetadata", Method::GET, "/v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/attributes-metadata", 200, N, 3),
    op("BatchPutAttributesMetadata", Method::PUT, "/v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/attributes-metadata", 200, CN, 3),
    op("CancelMetadataGenerationRun", Method::POST, "/v2/domains/{domainIdentifier}/metadata-generation-runs/{identifier}/cancel", 200, CN, 4),
    op("CancelSubscription", Method::PUT, "/v2/domains/{domainIdentifier}/subscriptions/{identifier}/cancel", 200, CN, 2),
    op("CreateAccountPool", Method::POST, "/v2/domains/{domainIdentifier}/account-pools", 201, CNQ, 4),
    op("CreateAsset", Method::POST, "/v2/domains/{domainIdentifier}/assets", 201, CNQ, 2),
    op("CreateAssetFilter", Method::POST, "/v2/domains/{domainIdentifier}/assets/{assetIdentifier}/filters", 201, CNQ, 3),
    op("CreateAssetRevision", Method::POST, "/v2/domains/{domainIdentifier}/assets/{identifier}/revisions", 200, CN, 2),
    op("CreateAssetType", Method::POST, "/v2/domains/{domainIdentifier}/asset-types", 201, CQ, 2),
    op("CreateConnection", Method::POST, "/v2/domains/{domainIdentifier}/connections", 201, CNQ, 4),
    op("CreateDataProduct", Method::POST, "/v2/domains/{domainIdentifier}/data-products", 201, CNQ, 1),
    op("CreateDataProductRevision", Method::POST, "/v2/domains/{domainIdentifier}/data-products/{identifier}/revisions", 201, CN, 2),
    op("CreateDataSource", Method::POST, "/v2/domains/{domainIdentifier}/data-sources", 201, CNQ, 3),
    op("CreateDesignation", Method::POST, "/v2/domains/{domainIdentifier}/designations", 201, CNQ, 3),
    op("CreateDomain", Method::POST, "/v2/domains", 201, CNQ, 1),
    op("CreateDomainUnit", Method::POST, "/v2/domains/{domainIdentifier}/domain-units", 201, CQ, 2),
    op("CreateEnvironment", Method::POST, "/v2/domains/{domainIdentifier}/environments", 201, CN, 3),
    op("CreateEnvironmentAction", Method::POST, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/actions", 201, CN, 4),
    op("CreateEnvironmentBlueprint", Method::POST, "/v2/domains/{domainIdentifier}/environment-blueprints", 201, CNQ, 3),
    op("CreateEnvironmentProfile", Method::POST, "/v2/domains/{domainIdentifier}/environment-profiles", 201, CNQ, 3),
    op("CreateFormType", Method::POST, "/v2/domains/{domainIdentifier}/form-types", 201, CQ, 2),
    op("CreateGlossary", Method::POST, "/v2/domains/{domainIdentifier}/glossaries", 201, CQ, 1),
    op("CreateGlossaryTerm", Method::POST, "/v2/domains/{domainIdentifier}/glossary-terms", 201, CNQ, 1),
    op("CreateGroupProfile", Method::POST, "/v2/domains/{domainIdentifier}/group-profiles", 201, N, 3),
    op("CreateListingChangeSet", Method::POST, "/v2/domains/{domainIdentifier}/listings/change-set", 200, CNQ, 2),
    op("CreateNotebook", Method::POST, "/v2/domains/{domainIdentifier}/notebooks", 201, CNQ, 4),
    op("CreateProject", Method::POST, "/v2/domains/{domainIdentifier}/projects", 201, CNQ, 1),
    op("CreateProjectMembership", Method::POST, "/v2/domains/{domainIdentifier}/projects/{projectIdentifier}/createMembership", 201, N, 2),
    op("CreateProjectProfile", Method::POST, "/v2/domains/{domainIdentifier}/project-profiles", 201, CNQ, 3),
    op("CreateRule", Method::POST, "/v2/domains/{domainIdentifier}/rules", 201, CNQ, 3),
    op("CreateSubscriptionGrant", Method::POST, "/v2/domains/{domainIdentifier}/subscription-grants", 200, CN, 3),
    op("CreateSubscriptionRequest", Method::POST, "/v2/domains/{domainIdentifier}/subscription-requests", 200, CNQ, 2),
    op("CreateSubscriptionTarget", Method::POST, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/subscription-targets", 200, CN, 3),
    op("CreateUserProfile", Method::POST, "/v2/domains/{domainIdentifier}/user-profiles", 201, N, 2),
    op("DeleteAccountPool", Method::DELETE, "/v2/domains/{domainIdentifier}/account-pools/{identifier}", 204, N, 4),
    op("DeleteAsset", Method::DELETE, "/v2/domains/{domainIdentifier}/assets/{identifier}", 204, CN, 2),
    op("DeleteAssetFilter", Method::DELETE, "/v2/domains/{domainIdentifier}/assets/{assetIdentifier}/filters/{identifier}", 204, CN, 3),
    op("DeleteAssetType", Method::DELETE, "/v2/domains/{domainIdentifier}/asset-types/{identifier}", 204, CN, 2),
    op("DeleteConnection", Method::DELETE, "/v2/domains/{domainIdentifier}/connections/{identifier}", 202, N, 4),
    op("DeleteDataExportConfiguration", Method::DELETE, "/v2/domains/{domainIdentifier}/data-export-configuration", 204, CN, 4),
    op("DeleteDataProduct", Method::DELETE, "/v2/domains/{domainIdentifier}/data-products/{identifier}", 204, CN, 1),
    op("DeleteDataSource", Method::DELETE, "/v2/domains/{domainIdentifier}/data-sources/{identifier}", 200, CNQ, 3),
    op("DeleteDesignation", Method::DELETE, "/v2/domains/{domainIdentifier}/designations/{identifier}", 204, CN, 3),
    op("DeleteDomain", Method::DELETE, "/v2/domains/{identifier}", 202, CN, 1),
    op("DeleteDomainUnit", Method::DELETE, "/v2/domains/{domainIdentifier}/domain-units/{identifier}", 204, CN, 2),
    op("DeleteEnvironment", Method::DELETE, "/v2/domains/{domainIdentifier}/environments/{identifier}", 204, N, 3),
    op("DeleteEnvironmentAction", Method::DELETE, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/actions/{identifier}", 204, CN, 4),
    op("DeleteEnvironmentBlueprint", Method::DELETE, "/v2/domains/{domainIdentifier}/environment-blueprints/{identifier}", 204, CN, 3),
    op("DeleteEnvironmentBlueprintConfiguration", Method::DELETE, "/v2/domains/{domainIdentifier}/environment-blueprint-configurations/{environmentBlueprintIdentifier}", 204, BASE, 3),
    op("DeleteEnvironmentProfile", Method::DELETE, "/v2/domains/{domainIdentifier}/environment-profiles/{identifier}", 204, N, 3),
    op("DeleteFormType", Method::DELETE, "/v2/domains/{domainIdentifier}/form-types/{formTypeIdentifier}", 204, CN, 2),
    op("DeleteGlossary", Method::DELETE, "/v2/domains/{domainIdentifier}/glossaries/{identifier}", 204, CN, 2),
    op("DeleteGlossaryTerm", Method::DELETE, "/v2/domains/{domainIdentifier}/glossary-terms/{identifier}", 204, CN, 2),
    op("DeleteLineageEvent", Method::DELETE, "/v2/domains/{domainIdentifier}/lineage/events/{identifier}", 200, N, 3),
    op("DeleteListing", Method::DELETE, "/v2/domains/{domainIdentifier}/listings/{identifier}", 204, CN, 2),
    op("DeleteNotebook", Method::DELETE, "/v2/domains/{domainIdentifier}/notebooks/{identifier}", 200, C, 4),
    op("DeleteProject", Method::DELETE, "/v2/domains/{domainIdentifier}/projects/{identifier}", 204, N, 1),
    op("DeleteProjectMembership", Method::POST, "/v2/domains/{domainIdentifier}/projects/{projectIdentifier}/deleteMembership", 204, NQ, 2),
    op("DeleteProjectProfile", Method::DELETE, "/v2/domains/{domainIdentifier}/project-profiles/{identifier}", 204, N, 3),
    op("DeleteRule", Method::DELETE, "/v2/domains/{domainIdentifier}/rules/{identifier}", 204, CN, 3),
    op("DeleteSubscriptionGrant", Method::DELETE, "/v2/domains/{domainIdentifier}/subscription-grants/{identifier}", 200, CN, 3),
    op("DeleteSubscriptionRequest", Method::DELETE, "/v2/domains/{domainIdentifier}/subscription-requests/{identifier}", 204, CN, 2),
    op("DeleteSubscriptionTarget", Method::DELETE, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/subscription-targets/{identifier}", 204, CN, 3),
    op("DeleteTimeSeriesDataPoints", Method::DELETE, "/v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/time-series-data-points", 204, N, 3),
    op("DisassociateEnvironmentRole", Method::DELETE, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/roles/{environmentRoleArn}", 200, CN, 4),
    op("DisassociateGovernedTerms", Method::PATCH, "/v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/disassociate-governed-terms", 200, CN, 3),
    op("GetAccountPool", Method::GET, "/v2/domains/{domainIdentifier}/account-pools/{identifier}", 200, N, 4),
    op("GetAsset", Method::GET, "/v2/domains/{domainIdentifier}/assets/{identifier}", 200, N, 2),
    op("GetAssetFilter", Method::GET, "/v2/domains/{domainIdentifier}/assets/{assetIdentifier}/filters/{identifier}", 200, N, 3),
    op("GetAssetType", Method::GET, "/v2/domains/{domainIdentifier}/asset-types/{identifier}", 200, N, 2),
    op("GetConnection", Method::GET, "/v2/domains/{domainIdentifier}/connections/{identifier}", 200, N, 4),
    op("GetDataExportConfiguration", Method::GET, "/v2/domains/{domainIdentifier}/data-export-configuration", 200, N, 4),
    op("GetDataProduct", Method::GET, "/v2/domains/{domainIdentifier}/data-products/{identifier}", 200, N, 1),
    op("GetDataSource", Method::GET, "/v2/domains/{domainIdentifier}/data-sources/{identifier}", 200, CNQ, 3),
    op("GetDataSourceRun", Method::GET, "/v2/domains/{domainIdentifier}/data-source-runs/{identifier}", 200, CNQ, 3),
    op("GetDesignation", Method::GET, "/v2/domains/{domainIdentifier}/designations/{identifier}", 200, N, 3),
    op("GetDomain", Method::GET, "/v2/domains/{identifier}", 200, NQ, 1),
    op("GetDomainUnit", Method::GET, "/v2/domains/{domainIdentifier}/domain-units/{identifier}", 200, N, 2),
    op("GetEnvironment", Method::GET, "/v2/domains/{domainIdentifier}/environments/{identifier}", 200, N, 3),
    op("GetEnvironmentAction", Method::GET, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/actions/{identifier}", 200, N, 4),
    op("GetEnvironmentBlueprint", Method::GET, "/v2/domains/{domainIdentifier}/environment-blueprints/{identifier}", 200, N, 3),
    op("GetEnvironmentBlueprintConfiguration", Method::GET, "/v2/domains/{domainIdentifier}/environment-blueprint-configurations/{environmentBlueprintIdentifier}", 200, N, 3),
    op("GetEnvironmentCredentials", Method::GET, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/credentials", 200, N, 4),
    op("GetEnvironmentProfile", Method::GET, "/v2/domains/{domainIdentifier}/environment-profiles/{identifier}", 200, N, 3),
    op("GetFormType", Method::GET, "/v2/domains/{domainIdentifier}/form-types/{formTypeIdentifier}", 200, N, 2),
    op("GetGlossary", Method::GET, "/v2/domains/{domainIdentifier}/glossaries/{identifier}", 200, N, 2),
    op("GetGlossaryTerm", Method::GET, "/v2/domains/{domainIdentifier}/glossary-terms/{identifier}", 200, N, 2),
    op("GetGroupProfile", Method::GET, "/v2/domains/{domainIdentifier}/group-profiles/{groupIdentifier}", 200, N, 3),
    op("GetIamPortalLoginUrl", Method::POST, "/v2/domains/{domainIdentifier}/get-portal-login-url", 200, CN, 4),
    op("GetJobRun", Method::GET, "/v2/domains/{domainIdentifier}/jobRuns/{identifier}", 200, N, 4),
    op("GetLineageEvent", Method::GET, "/v2/domains/{domainIdentifier}/lineage/events/{identifier}", 200, N, 3),
    op("GetLineageNode", Method::GET, "/v2/domains/{domainIdentifier}/lineage/nodes/{identifier}", 200, N, 3),
    op("GetListing", Method::GET, "/v2/domains/{domainIdentifier}/listings/{identifier}", 200, N, 2),
    op("GetMetadataGenerationRun", Method::GET, "/v2/domains/{domainIdentifier}/metadata-generation-runs/{identifier}", 200, N, 4),
    op("GetNotebook", Method::GET, "/v2/domains/{domainIdentifier}/notebooks/{identifier}", 200, N, 4),
    op("GetNotebookExport", Method::GET, "/v2/domains/{domainIdentifier}/notebook-exports/{identifier}", 200, N, 4),
    op("GetNotebookRun", Method::GET, "/v2/domains/{domainIdentifier}/notebook-runs/{identifier}", 200, N, 4),
    op("GetProject", Method::GET, "/v2/domains/{domainIdentifier}/projects/{identifier}", 200, N, 1),
    op("GetProjectProfile", Method::GET, "/v2/domains/{domainIdentifier}/project-profiles/{identifier}", 200, N, 3),
    op("GetRule", Method::GET, "/v2/domains/{domainIdentifier}/rules/{identifier}", 200, N, 3),
    op("GetSubscription", Method::GET, "/v2/domains/{domainIdentifier}/subscriptions/{identifier}", 200, N, 2),
    op("GetSubscriptionGrant", Method::GET, "/v2/domains/{domainIdentifier}/subscription-grants/{identifier}", 200, N, 2),
    op("GetSubscriptionRequestDetails", Method::GET, "/v2/domains/{domainIdentifier}/subscription-requests/{identifier}", 200, N, 2),
    op("GetSubscriptionTarget", Method::GET, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/subscription-targets/{identifier}", 200, N, 3),
    op("GetTimeSeriesDataPoint", Method::GET, "/v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/time-series-data-points/{identifier}", 200, N, 3),
    op("GetUserProfile", Method::GET, "/v2/domains/{domainIdentifier}/user-profiles/{userIdentifier}", 200, N, 2),
    op("ListAccountPools", Method::GET, "/v2/domains/{domainIdentifier}/account-pools", 200, BASE, 4),
    op("ListAccountsInAccountPool", Method::GET, "/v2/domains/{domainIdentifier}/account-pools/{identifier}/accounts", 200, N, 4),
    op("ListAssetFilters", Method::GET, "/v2/domains/{domainIdentifier}/assets/{assetIdentifier}/filters", 200, N, 3),
    op("ListAssetRevisions", Method::GET, "/v2/domains/{domainIdentifier}/assets/{identifier}/revisions", 200, N, 2),
    op("ListConnections", Method::GET, "/v2/domains/{domainIdentifier}/connections", 200, BASE, 4),
    op("ListDataProductRevisions", Method::GET, "/v2/domains/{domainIdentifier}/data-products/{identifier}/revisions", 200, N, 2),
    op("ListDataSourceRunActivities", Method::GET, "/v2/domains/{domainIdentifier}/data-source-runs/{identifier}/activities", 200, CNQ, 3),
    op("ListDataSourceRuns", Method::GET, "/v2/domains/{domainIdentifier}/data-sources/{dataSourceIdentifier}/runs", 200, CNQ, 3),
    op("ListDataSources", Method::GET, "/v2/domains/{domainIdentifier}/data-sources", 200, CNQ, 3),
    op("ListDesignations", Method::GET, "/v2/domains/{domainIdentifier}/designations", 200, N, 3),
    op("ListDomainUnitsForParent", Method::GET, "/v2/domains/{domainIdentifier}/domain-units", 200, BASE, 2),
    op("ListDomains", Method::GET, "/v2/domains", 200, CNQ, 1),
    op("ListEntityOwners", Method::GET, "/v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/owners", 200, BASE, 3),
    op("ListEnvironmentActions", Method::GET, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/actions", 200, BASE, 4),
    op("ListEnvironmentBlueprintConfigurations", Method::GET, "/v2/domains/{domainIdentifier}/environment-blueprint-configurations", 200, N, 3),
    op("ListEnvironmentBlueprints", Method::GET, "/v2/domains/{domainIdentifier}/environment-blueprints", 200, N, 3),
    op("ListEnvironmentProfiles", Method::GET, "/v2/domains/{domainIdentifier}/environment-profiles", 200, BASE, 3),
    op("ListEnvironments", Method::GET, "/v2/domains/{domainIdentifier}/environments", 200, BASE, 3),
    op("ListJobRuns", Method::GET, "/v2/domains/{domainIdentifier}/jobs/{jobIdentifier}/runs", 200, N, 4),
    op("ListLineageEvents", Method::GET, "/v2/domains/{domainIdentifier}/lineage/events", 200, BASE, 3),
    op("ListLineageNodeHistory", Method::GET, "/v2/domains/{domainIdentifier}/lineage/nodes/{identifier}/history", 200, N, 3),
    op("ListMetadataGenerationRuns", Method::GET, "/v2/domains/{domainIdentifier}/metadata-generation-runs", 200, N, 4),
    op("ListNotebookRuns", Method::GET, "/v2/domains/{domainIdentifier}/notebook-runs", 200, BASE, 4),
    op("ListNotebooks", Method::GET, "/v2/domains/{domainIdentifier}/notebooks", 200, BASE, 4),
    op("ListNotifications", Method::GET, "/v2/domains/{domainIdentifier}/notifications", 200, N, 3),
    op("ListPolicyGrants", Method::GET, "/v2/domains/{domainIdentifier}/policies/managed/{entityType}/{entityIdentifier}/grants", 200, BASE, 3),
    op("ListProjectMemberships", Method::GET, "/v2/domains/{domainIdentifier}/projects/{projectIdentifier}/memberships", 200, N, 1),
    op("ListProjectProfiles", Method::GET, "/v2/domains/{domainIdentifier}/project-profiles", 200, BASE, 3),
    op("ListProjects", Method::GET, "/v2/domains/{domainIdentifier}/projects", 200, BASE, 1),
    op("ListRules", Method::GET, "/v2/domains/{domainIdentifier}/list-rules/{targetType}/{targetIdentifier}", 200, N, 3),
    op("ListSubscriptionGrants", Method::GET, "/v2/domains/{domainIdentifier}/subscription-grants", 200, N, 2),
    op("ListSubscriptionRequests", Method::GET, "/v2/domains/{domainIdentifier}/subscription-requests", 200, N, 2),
    op("ListSubscriptionTargets", Method::GET, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/subscription-targets", 200, N, 3),
    op("ListSubscriptions", Method::GET, "/v2/domains/{domainIdentifier}/subscriptions", 200, N, 2),
    op("ListTagsForResource", Method::GET, "/tags/{resourceArn}", 200, N, 2),
    op("ListTimeSeriesDataPoints", Method::GET, "/v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/time-series-data-points", 200, N, 3),
    op("PostLineageEvent", Method::POST, "/v2/domains/{domainIdentifier}/lineage/events", 200, CNQ, 3),
    op("PostTimeSeriesDataPoints", Method::POST, "/v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/time-series-data-points", 201, CNQ, 3),
    op("PutDataExportConfiguration", Method::PUT, "/v2/domains/{domainIdentifier}/data-export-configuration", 200, CNQ, 4),
    op("PutEnvironmentBlueprintConfiguration", Method::PUT, "/v2/domains/{domainIdentifier}/environment-blueprint-configurations/{environmentBlueprintIdentifier}", 200, CN, 3),
    op("QueryGraph", Method::POST, "/v2/domains/{domainIdentifier}/graph/query", 200, BASE, 3),
    op("RejectPredictions", Method::PUT, "/v2/domains/{domainIdentifier}/assets/{identifier}/reject-predictions", 200, CN, 4),
    op("RejectSubscriptionRequest", Method::PUT, "/v2/domains/{domainIdentifier}/subscription-requests/{identifier}/reject", 200, CN, 2),
    op("RemoveEntityOwner", Method::POST, "/v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/removeOwner", 204, N, 3),
    op("RemovePolicyGrant", Method::POST, "/v2/domains/{domainIdentifier}/policies/managed/{entityType}/{entityIdentifier}/removeGrant", 204, BASE, 3),
    op("RevokeSubscription", Method::PUT, "/v2/domains/{domainIdentifier}/subscriptions/{identifier}/revoke", 200, CN, 2),
    op("Search", Method::POST, "/v2/domains/{domainIdentifier}/search", 200, BASE, 2),
    op("SearchGroupProfiles", Method::POST, "/v2/domains/{domainIdentifier}/search-group-profiles", 200, N, 3),
    op("SearchListings", Method::POST, "/v2/domains/{domainIdentifier}/listings/search", 200, BASE, 2),
    op("SearchTypes", Method::POST, "/v2/domains/{domainIdentifier}/types-search", 200, BASE, 2),
    op("SearchUserProfiles", Method::POST, "/v2/domains/{domainIdentifier}/search-user-profiles", 200, N, 2),
    op("StartDataSourceRun", Method::POST, "/v2/domains/{domainIdentifier}/data-sources/{dataSourceIdentifier}/runs", 200, CNQ, 3),
    op("StartMetadataGenerationRun", Method::POST, "/v2/domains/{domainIdentifier}/metadata-generation-runs", 200, CNQ, 4),
    op("StartNotebookExport", Method::POST, "/v2/domains/{domainIdentifier}/notebook-exports", 201, CNQ, 4),
    op("StartNotebookImport", Method::POST, "/v2/domains/{domainIdentifier}/notebook-imports", 201, CNQ, 4),
    op("StartNotebookRun", Method::POST, "/v2/domains/{domainIdentifier}/notebook-runs", 201, CNQ, 4),
    op("StartNotebookSync", Method::POST, "/v2/domains/{domainIdentifier}/notebook-syncs", 201, CNQ, 4),
    op("StopNotebookRun", Method::PUT, "/v2/domains/{domainIdentifier}/notebook-runs/{identifier}/stop", 200, CN, 4),
    op("TagResource", Method::POST, "/tags/{resourceArn}", 200, N, 2),
    op("UntagResource", Method::DELETE, "/tags/{resourceArn}", 200, N_UNVALIDATED, 2),
    op("UpdateAccountPool", Method::PATCH, "/v2/domains/{domainIdentifier}/account-pools/{identifier}", 200, CNQ, 4),
    op("UpdateAssetFilter", Method::PATCH, "/v2/domains/{domainIdentifier}/assets/{assetIdentifier}/filters/{identifier}", 200, CN, 3),
    op("UpdateConnection", Method::PATCH, "/v2/domains/{domainIdentifier}/connections/{identifier}", 200, CNQ, 4),
    op("UpdateDataSource", Method::PATCH, "/v2/domains/{domainIdentifier}/data-sources/{identifier}", 200, CNQ, 3),
    op("UpdateDesignation", Method::PATCH, "/v2/domains/{domainIdentifier}/designations/{identifier}", 200, CN, 3),
    op("UpdateDomain", Method::PUT, "/v2/domains/{identifier}", 200, CNQ, 2),
    op("UpdateDomainUnit", Method::PUT, "/v2/domains/{domainIdentifier}/domain-units/{identifier}", 200, CN, 2),
    op("UpdateEnvironment", Method::PATCH, "/v2/domains/{domainIdentifier}/environments/{identifier}", 200, CQ, 3),
    op("UpdateEnvironmentAction", Method::PATCH, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/actions/{identifier}", 200, CN, 4),
    op("UpdateEnvironmentBlueprint", Method::PATCH, "/v2/domains/{domainIdentifier}/environment-blueprints/{identifier}", 200, CNQ, 3),
    op("UpdateEnvironmentProfile", Method::PATCH, "/v2/domains/{domainIdentifier}/environment-profiles/{identifier}", 200, CNQ, 3),
    op("UpdateGlossary", Method::PATCH, "/v2/domains/{domainIdentifier}/glossaries/{identifier}", 200, CN, 2),
    op("UpdateGlossaryTerm", Method::PATCH, "/v2/domains/{domainIdentifier}/glossary-terms/{identifier}", 200, CN, 2),
    op("UpdateGroupProfile", Method::PUT, "/v2/domains/{domainIdentifier}/group-profiles/{groupIdentifier}", 200, N, 3),
    op("UpdateNotebook", Method::PATCH, "/v2/domains/{domainIdentifier}/notebooks/{identifier}", 200, CN, 4),
    op("UpdateProject", Method::PATCH, "/v2/domains/{domainIdentifier}/projects/{identifier}", 200, CNQ, 2),
    op("UpdateProjectProfile", Method::PATCH, "/v2/domains/{domainIdentifier}/project-profiles/{identifier}", 200, CNQ, 3),
    op("UpdateRootDomainUnitOwner", Method::PATCH, "/v2/domains/{domainIdentifier}/root-domain-unit-owner", 204, CN, 3),
    op("UpdateRule", Method::PATCH, "/v2/domains/{domainIdentifier}/rules/{identifier}", 200, CNQ, 3),
    op("UpdateSubscriptionGrantStatus", Method::PATCH, "/v2/domains/{domainIdentifier}/subscription-grants/{identifier}/status/{assetIdentifier}", 200, CN, 3),
    op("UpdateSubscriptionRequest", Method::PATCH, "/v2/domains/{domainIdentifier}/subscription-requests/{identifier}", 200, CN, 2),
    op("UpdateSubscriptionTarget", Method::PATCH, "/v2/domains/{domainIdentifier}/environments/{environmentIdentifier}/subscription-targets/{identifier}", 200, CN, 3),
    op("UpdateUserProfile", Method::PUT, "/v2/domains/{domainIdentifier}/user-profiles/{userIdentifier}", 200, N, 2),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_in_order() {
        assert!(OPERATIONS.is_sorted_by(|a, b| a.name < b.name));
        assert!(OPERATIONS.iter().all(|operation| std::ptr::eq(by_name(operation.name).unwrap(), operation)));
        assert!(by_name("UpdateDataProduct").is_none());
    }

    #[test]
    fn the_tiers_hold_as_many_operations_as_the_reference_counts() {
        let count = |tier| OPERATIONS.iter().filter(|operation| operation.tier == tier).count();
        assert_eq!([count(1), count(2), count(3), count(4)], [14, 54, 83, 44]);
    }

    #[test]
    fn method_and_path_select_one_operation_whatever_the_labels_are_called() {
        let mut seen = HashSet::new();
        for operation in &OPERATIONS {
            let shape: Vec<&str> = operation
                .path
                .split('/')
                .map(|segment| if segment.starts_with('{') { "{}" } else { segment })
                .collect();
            assert!(seen.insert((operation.method.clone(), shape.join("/"))), "{}", operation.name);
        }
    }

    #[test]
    fn the_oddities_of_the_model_stand() {
        let ok = |name| by_name(name).unwrap().ok;
        assert_eq!((ok("CreateDataProductRevision"), ok("CreateAssetRevision")), (201, 200));
        assert_eq!((ok("DeleteDomain"), ok("DeleteDataProduct"), ok("DeleteDataSource")), (202, 204, 200));
        let errors = |name| by_name(name).unwrap().errors;
        assert!(!errors("CreateGlossary").declares(404));
        assert!(!errors("CreateProjectMembership").declares(409));
        assert!(!errors("UntagResource").declares(400));
    }
}
