//! Which settings there are, what each may hold, and what it is where nobody has set it.

use emporion_catalog::logins::SESSION_MS;
use emporion_edge::login_throttle as throttle;
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::{Value, json};

use crate::list_of;
use crate::members::*;

/// A setting that is kept for an account.
pub struct Setting {
    pub name: &'static str,
    pub shape: &'static Struct,
    /// What it is where nobody has set it, given the address of the server; nothing where there is no such thing.
    pub default: Option<fn(&str) -> Value>,
    /// Whether everybody of the account is told; else administrators and programs are.
    pub is_open: bool,
    /// Whether lists have it. The stock client has no model for some, and one of them would make it refuse the whole list.
    pub is_listed: bool,
}

const PLAIN: Setting = Setting { name: "", shape: &ANY, default: None, is_open: false, is_listed: true };

pub const ALL: &[Setting] = &[
    Setting {
        name: "openMetadataBaseUrlConfiguration",
        shape: &BASE_URL,
        default: Some(|origin| json!({"openMetadataUrl": origin})),
        is_open: true,
        ..PLAIN
    },
    Setting {
        name: "customUiThemePreference",
        shape: &UI_THEME,
        default: Some(|_| ui_theme()),
        is_open: true,
        is_listed: false,
    },
    Setting {
        name: "profilerConfiguration",
        shape: &PROFILER,
        default: Some(|_| json!({"metricConfiguration": []})),
        is_open: true,
        ..PLAIN
    },
    Setting {
        name: "lineageSettings",
        shape: &LINEAGE,
        default: Some(
            |_| json!({"upstreamDepth": 2, "downstreamDepth": 2, "lineageLayer": "ColumnLevelLineage", "pipelineViewMode": "Node"}),
        ),
        is_open: true,
        ..PLAIN
    },
    Setting {
        name: "assetCertificationSettings",
        shape: &CERTIFICATION,
        default: Some(|_| json!({"allowedClassification": "Certification", "validityPeriod": "P30D"})),
        is_open: true,
        ..PLAIN
    },
    Setting { name: "searchSettings", shape: &SEARCH, default: Some(|_| search()), is_open: true, ..PLAIN },
    Setting {
        name: "loginConfiguration",
        shape: &LOGIN,
        default: Some(|_| {
            json!({
                "maxLoginFailAttempts": throttle::FREE,
                "accessBlockTime": throttle::WAIT_MS / 1_000,
                "jwtTokenExpiryTime": SESSION_MS / 1_000,
            })
        }),
        is_open: true,
        is_listed: false,
    },
    Setting {
        name: "entityRulesSettings",
        shape: &RULES,
        default: Some(|_| json!({"entitySemantics": []})),
        is_open: true,
        ..PLAIN
    },
    Setting {
        name: "glossaryTermRelationSettings",
        shape: &TERM_RELATIONS,
        default: Some(|_| json!({"relationTypes": []})),
        is_open: true,
        ..PLAIN
    },
    Setting { name: "emailConfiguration", shape: &EMAIL_SERVER, ..PLAIN },
    Setting { name: "slackAppConfiguration", shape: &SLACK, ..PLAIN },
    Setting { name: "teamsAppConfiguration", shape: &TEAMS, ..PLAIN },
    Setting { name: "openLineageSettings", shape: &OPEN_LINEAGE, ..PLAIN },
    Setting { name: "workflowSettings", shape: &WORKFLOW, ..PLAIN },
];

/// What the protocol has besides, and the configuration file or the command line of this server decides.
pub const OF_THE_SERVER: &[&str] = &[
    "airflowConfiguration",
    "appConfiguration",
    "authenticationConfiguration",
    "authorizerConfiguration",
    "elasticsearch",
    "eventHandlerConfiguration",
    "fernetConfiguration",
    "jwtTokenConfiguration",
    "mcpConfiguration",
    "sandboxModeEnabled",
    "scimConfiguration",
    "secretsManagerConfiguration",
    "securityConfiguration",
    "slackBot",
    "slackChat",
    "slackEventPublishers",
    "slackInstaller",
    "slackState",
];

pub fn named(name: &str) -> Option<&'static Setting> {
    ALL.iter().find(|setting| setting.name == name)
}

/// The looks of a user interface that nobody has changed.
pub fn ui_theme() -> Value {
    json!({
        "customLogoConfig": {"customLogoUrlPath": "", "customMonogramUrlPath": "", "customFaviconUrlPath": ""},
        "customTheme": {"primaryColor": "", "errorColor": "", "successColor": "", "warningColor": "", "infoColor": ""},
    })
}

fn search() -> Value {
    json!({
        "globalSettings": {
            "enableAccessControl": true,
            "maxAggregateSize": 10_000,
            "maxResultHits": 10_000,
            "maxAnalyzedOffset": 1_000,
            "aggregations": [],
            "highlightFields": [],
            "termBoosts": [],
            "fieldValueBoosts": [],
        },
        "assetTypeConfigurations": [],
        "defaultConfiguration": {
            "assetType": "default",
            "searchFields": [{"field": "name"}, {"field": "description"}],
            "highlightFields": [],
            "aggregations": [],
        },
    })
}

/// A list of objects, whatever is in them.
const OBJECTS: Shape = list(&Shape::Object);

static ANY: Struct = Struct { name: "AnySetting", open: true, members: &[] };
static BASE_URL: Struct = Struct {
    name: "OpenMetadataBaseUrlConfiguration",
    open: false,
    members: &[Member::required("openMetadataUrl", URL)],
};
static UI_THEME: Struct = Struct {
    name: "UiThemePreference",
    open: false,
    members: &[
        Member { required: true, ..structure("customLogoConfig", &LOGO) },
        Member { required: true, ..structure("customTheme", &THEME) },
    ],
};
static LOGO: Struct = Struct {
    name: "LogoConfiguration",
    open: false,
    members: &[text("customLogoUrlPath"), text("customMonogramUrlPath"), text("customFaviconUrlPath")],
};
static THEME: Struct = Struct {
    name: "ThemeConfiguration",
    open: false,
    members: &[
        text("primaryColor"),
        text("errorColor"),
        text("successColor"),
        text("warningColor"),
        text("infoColor"),
        text("hoverColor"),
        text("selectedColor"),
    ],
};
static PROFILER: Struct = Struct {
    name: "ProfilerConfiguration",
    open: false,
    members: &[Member::optional("metricConfiguration", list_of!(METRICS)), structure("sampleDataConfig", &SAMPLE_DATA)],
};
static METRICS: Struct = Struct {
    name: "MetricConfigurationDefinition",
    open: false,
    members: &[text("dataType"), Member::optional("metrics", TEXTS), boolean("disabled")],
};
static SAMPLE_DATA: Struct = Struct {
    name: "SampleDataIngestionConfig",
    open: false,
    members: &[boolean("storeSampleData"), boolean("readSampleData")],
};
static LINEAGE: Struct = Struct {
    name: "LineageSettings",
    open: false,
    members: &[
        Member { required: true, ..count("upstreamDepth") },
        Member { required: true, ..count("downstreamDepth") },
        Member {
            required: true,
            ..choice("lineageLayer", &["EntityLineage", "ColumnLevelLineage", "DataObservability"])
        },
        Member { required: true, ..choice("pipelineViewMode", &["Edge", "Node"]) },
        object("graphPerformanceConfig"),
    ],
};
static CERTIFICATION: Struct = Struct {
    name: "AssetCertificationSettings",
    open: false,
    members: &[Member::required("allowedClassification", TEXT), Member::required("validityPeriod", TEXT)],
};
static SEARCH: Struct = Struct {
    name: "SearchSettings",
    open: false,
    members: &[
        structure("globalSettings", &GLOBAL_SEARCH),
        Member::optional("assetTypeConfigurations", OBJECTS),
        object("defaultConfiguration"),
        Member::optional("allowedFields", OBJECTS),
        Member::optional("allowedFieldValueBoosts", OBJECTS),
        object("nlqConfiguration"),
    ],
};
const NUMBER: Shape = Shape::Number { min: f64::NEG_INFINITY, max: f64::INFINITY };
static GLOBAL_SEARCH: Struct = Struct {
    name: "GlobalSearchSettings",
    open: false,
    members: &[
        boolean("enableAccessControl"),
        count("maxAggregateSize"),
        count("maxResultHits"),
        count("maxAnalyzedOffset"),
        Member::optional("aggregations", OBJECTS),
        Member::optional("highlightFields", TEXTS),
        Member::optional("termBoosts", OBJECTS),
        Member::optional("fieldValueBoosts", OBJECTS),
        Member::optional("keywordWeight", NUMBER),
        Member::optional("semanticWeight", NUMBER),
    ],
};
static LOGIN: Struct = Struct {
    name: "LoginConfiguration",
    open: false,
    members: &[count("maxLoginFailAttempts"), count("accessBlockTime"), count("jwtTokenExpiryTime")],
};
static RULES: Struct = Struct {
    name: "EntityRulesSettings",
    open: false,
    members: &[Member { required: true, ..Member::optional("entitySemantics", OBJECTS) }],
};
static TERM_RELATIONS: Struct = Struct {
    name: "GlossaryTermRelationSettings",
    open: false,
    members: &[Member::optional("relationTypes", list_of!(TERM_RELATION))],
};
static TERM_RELATION: Struct = Struct {
    name: "GlossaryTermRelationType",
    open: false,
    members: &[
        Member::required("name", TEXT),
        Member::required("displayName", TEXT),
        DESCRIPTION,
        text("inverseRelation"),
        Member::optional("rdfPredicate", URL),
        Member::optional("domain", TEXTS),
        Member::optional("range", TEXTS),
        choice("cardinality", &["ONE_TO_ONE", "ONE_TO_MANY", "MANY_TO_ONE", "MANY_TO_MANY", "CUSTOM"]),
        integer("sourceMax"),
        integer("targetMax"),
        boolean("isSymmetric"),
        boolean("isTransitive"),
        boolean("isFunctional"),
        boolean("isInverseFunctional"),
        boolean("isReflexive"),
        boolean("isIrreflexive"),
        boolean("isAsymmetric"),
        boolean("isCrossGlossaryAllowed"),
        Member { required: true, ..choice("category", &["hierarchical", "associative", "equivalence"]) },
        boolean("isSystemDefined"),
        text("color"),
    ],
};
static EMAIL_SERVER: Struct = Struct {
    name: "SmtpSettings",
    open: false,
    members: &[
        text("emailingEntity"),
        text("supportUrl"),
        boolean("enableSmtpServer"),
        text("senderMail"),
        text("serverEndpoint"),
        Member::optional("serverPort", Shape::Integer { min: 0, max: 65_535 }),
        text("username"),
        text("password"),
        choice("transportationStrategy", &["SMTP", "SMTPS", "SMTP_TLS"]),
        text("templatePath"),
        choice("templates", &["openmetadata", "collate"]),
    ],
};
static SLACK: Struct = Struct {
    name: "SlackAppConfiguration",
    open: false,
    members: &[
        Member::required("clientId", TEXT),
        Member::required("clientSecret", TEXT),
        Member::required("signingSecret", TEXT),
        text("userToken"),
        text("botToken"),
    ],
};
static TEAMS: Struct = Struct {
    name: "TeamsAppConfiguration",
    open: false,
    members: &[
        Member::required("microsoftAppId", TEXT),
        Member::required("microsoftAppPassword", TEXT),
        text("microsoftAppTenantId"),
    ],
};
static OPEN_LINEAGE: Struct = Struct {
    name: "OpenLineageSettings",
    open: false,
    members: &[
        boolean("enabled"),
        boolean("autoCreateEntities"),
        Member::optional("eventTypeFilter", TEXTS),
        choice("ownershipUpdateMode", &["replace", "append"]),
        text("defaultPipelineService"),
        object("namespaceToServiceMapping"),
    ],
};
static WORKFLOW: Struct = Struct {
    name: "WorkflowSettings",
    open: false,
    members: &[
        object("executorConfiguration"),
        object("historyCleanUpConfiguration"),
        object("runTimeCleanUpConfiguration"),
        object("policyAgentConfiguration"),
    ],
};

#[cfg(test)]
mod tests {
    use emporion_edge::check;
    use emporion_edge::shape::Location;

    use super::*;

    #[test]
    fn what_a_setting_is_by_itself_is_what_it_may_be() {
        for setting in ALL {
            let Some(default) = setting.default else { continue };
            let found = check::check(setting.shape, Location::Body, &default("http://localhost:8585"));
            assert_eq!(found, [], "{}", setting.name);
            assert!(!OF_THE_SERVER.contains(&setting.name), "{}", setting.name);
        }
    }
}
