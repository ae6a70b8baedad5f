//! Settings that clients read. They are the defaults of the protocol: this version has no operation that changes them.

use emporion_catalog::logins::SESSION_MS;
use emporion_edge::answer::Answer;
use emporion_edge::login_throttle as throttle;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::{Value, json};

use super::{Call, ok, row};
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::list_of;
use crate::members::*;

const TAG: &str = "System";
/// Settings that the stock client has no model for: one of them would make it refuse the whole list.
const UNLISTED: &[&str] = &["customUiThemePreference", "loginConfiguration"];

static SETTING: Struct =
    Struct { name: "Settings", open: false, members: &[Member::required("config_type", TEXT), object("config_value")] };
static SETTINGS: Struct = Struct {
    name: "SettingsList",
    open: false,
    members: &[
        Member { required: true, ..Member::optional("data", list_of!(SETTING)) },
        Member { required: true, ..object("paging") },
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    vec![
        Route {
            summary: "List the settings".into(),
            output: Some(Shape::Struct(&SETTINGS)),
            ..row(Method::GET, "/v1/system/settings", "listSettings", TAG, list)
        },
        Route {
            summary: "Show a setting".into(),
            output: Some(Shape::Struct(&SETTING)),
            errors: &[404],
            ..row(Method::GET, "/v1/system/settings/{name}", "getSetting", TAG, get)
        },
    ]
}

/// Every setting with its value.
fn all(base_url: &str) -> Vec<(&'static str, Value)> {
    let origin = base_url.strip_suffix("/api").unwrap_or(base_url);
    vec![
        ("openMetadataBaseUrlConfiguration", json!({"openMetadataUrl": origin})),
        ("customUiThemePreference", ui_theme()),
        ("profilerConfiguration", json!({"metricConfiguration": []})),
        (
            "lineageSettings",
            json!({"upstreamDepth": 2, "downstreamDepth": 2, "lineageLayer": "ColumnLevelLineage", "pipelineViewMode": "Node"}),
        ),
        ("assetCertificationSettings", json!({"allowedClassification": "Certification", "validityPeriod": "P30D"})),
        (
            "searchSettings",
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
            }),
        ),
        (
            "loginConfiguration",
            json!({
                "maxLoginFailAttempts": throttle::FREE,
                "accessBlockTime": throttle::WAIT_MS / 1_000,
                "jwtTokenExpiryTime": SESSION_MS / 1_000,
            }),
        ),
        ("entityRulesSettings", json!({"entitySemantics": []})),
        ("glossaryTermRelationSettings", json!({"relationTypes": []})),
    ]
}

/// The looks of a user interface that nobody has changed.
pub fn ui_theme() -> Value {
    json!({
        "customLogoConfig": {"customLogoUrlPath": "", "customMonogramUrlPath": "", "customFaviconUrlPath": ""},
        "customTheme": {"primaryColor": "", "errorColor": "", "successColor": "", "warningColor": "", "infoColor": ""},
    })
}

fn setting(name: &str, value: &Value) -> Value {
    json!({"config_type": name, "config_value": value})
}

async fn list(call: Call) -> OmResult<Answer> {
    let listed = |(name, value): &(&str, Value)| (!UNLISTED.contains(name)).then(|| setting(name, value));
    let data: Vec<Value> = all(&call.base_url()).iter().filter_map(listed).collect();
    ok(&json!({"paging": {"total": data.len()}, "data": data}))
}

async fn get(call: Call) -> OmResult<Answer> {
    let name = call.request.param("name");
    let settings = all(&call.base_url());
    let found = settings.iter().find(|(known, _)| *known == name);
    let (name, value) = found.ok_or_else(|| OmError::not_found("settings", name))?;
    ok(&setting(name, value))
}
