//! What rules can be about: the kinds of the catalogue, and the types that OpenMetadata has besides.

use emporion_model::registry::Registry;

pub const EVERYTHING: &str = "all";

/// Types of OpenMetadata of which this catalogue has no records. Its clients name them in their policies, which are taken
/// as they are and decide nothing here.
const ELSEWHERE: &[&str] = &[
    "agentExecution",
    "aiApplication",
    "aiGovernancePolicy",
    "alert",
    "apiCollection",
    "apiEndpoint",
    "apiService",
    "app",
    "appMarketPlaceDefinition",
    "article",
    "auditLog",
    "chart",
    "container",
    "contextFile",
    "contextMemory",
    "dashboard",
    "dashboardDataModel",
    "dashboardService",
    "dataContract",
    "dataContractResult",
    "dataInsightChart",
    "dataInsightCustomChart",
    "directory",
    "document",
    "driveService",
    "entityReportData",
    "feed",
    "file",
    "folder",
    "knowledgePage",
    "kpi",
    "learningResource",
    "lineage",
    "llmModel",
    "llmService",
    "location",
    "mcpExecution",
    "mcpServer",
    "mcpService",
    "messagingService",
    "metadataService",
    "mlmodel",
    "mlmodelService",
    "notificationTemplate",
    "page",
    "persona",
    "promptTemplate",
    "quickLink",
    "report",
    "scim",
    "searchIndex",
    "searchService",
    "securityService",
    "spreadsheet",
    "storageService",
    "suggestion",
    "tableColumn",
    "task",
    "testCaseResolutionStatus",
    "testCaseResult",
    "testConnectionDefinition",
    "thread",
    "topic",
    "type",
    "usage",
    "webAnalyticEvent",
    "webhook",
    "workflow",
    "workflowDefinition",
    "workflowInstance",
    "workflowInstanceState",
    "worksheet",
];

/// The kind behind either spelling: `dataProduct` and `data_product`. `all` needs no change.
pub fn kind_named(resource: &str) -> String {
    // The one type of two words that OpenMetadata writes as one.
    if resource.eq_ignore_ascii_case("eventSubscription") {
        return "event_subscription".to_owned();
    }
    let mut kind = String::with_capacity(resource.len() + 4);
    for c in resource.chars() {
        if c.is_ascii_uppercase() && !kind.is_empty() && !kind.ends_with('_') {
            kind.push('_');
        }
        kind.push(c.to_ascii_lowercase());
    }
    kind
}

/// Whether there is such a type, here or in OpenMetadata.
pub fn is_known(resource: &str, registry: &Registry) -> bool {
    let kind = kind_named(resource);
    let is_elsewhere = |name: &&str| name.eq_ignore_ascii_case(&kind.replace('_', ""));
    kind == EVERYTHING || registry.get(&kind).is_some() || ELSEWHERE.iter().any(is_elsewhere)
}

/// What the rules of this catalogue are about, for who has named something else.
pub fn known(registry: &Registry) -> String {
    let mut names: Vec<&str> = registry.iter().map(|kind| kind.name()).collect();
    names.sort_unstable();
    names.insert(0, EVERYTHING);
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_understood_in_either_spelling() {
        for (resource, kind) in [
            ("dataProduct", "data_product"),
            ("data_product", "data_product"),
            ("DataProduct", "data_product"),
            ("databaseSchema", "database_schema"),
            ("table", "table"),
            ("eventsubscription", "event_subscription"),
            ("eventSubscription", "event_subscription"),
            ("All", "all"),
        ] {
            assert_eq!(kind_named(resource), kind);
            assert!(is_known(resource, &Registry::standard()), "{resource}");
        }
    }

    #[test]
    fn what_openmetadata_has_besides_is_known_in_either_spelling_and_slips_are_not() {
        let registry = Registry::standard();
        let is_known = |resource| is_known(resource, &registry);
        for resource in ["dashboard", "testCase", "test_case", "mlmodel", "mlModel", "ingestionPipeline", "lineage"] {
            assert!(is_known(resource), "{resource}");
        }
        for resource in ["tabel", "tables", "*", "", "data product", "all tables"] {
            assert!(!is_known(resource), "{resource}");
        }
        let known = known(&registry);
        assert!(known.starts_with("all, access_request, ") && known.contains(", data_product, "), "{known}");
    }
}
