//! The server itself: its version, its health, and what clients ask before they log in.

use std::sync::LazyLock;

use emporion_catalog::id::Millis;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::json;

use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::list_of;
use crate::members::*;
use crate::operation::{Call, OpenCall, ok, open_row, row};

const TAG: &str = "System";
/// When this process first looked at its clock.
static SINCE: LazyLock<Millis> = LazyLock::new(Millis::now);

static VERSION: Struct = Struct {
    name: "OpenMetadataServerVersion",
    open: false,
    members: &[Member::required("version", TEXT), text("revision"), Member::optional("timestamp", MILLIS)],
};
static STEP: Struct =
    Struct { name: "StepValidation", open: false, members: &[text("description"), boolean("passed"), text("message")] };
static STATUS: Struct = Struct {
    name: "ValidationResponse",
    open: false,
    members: &[
        structure("database", &STEP),
        structure("searchInstance", &STEP),
        structure("pipelineServiceClient", &STEP),
        structure("jwks", &STEP),
        structure("migrations", &STEP),
    ],
};
static KEY: Struct = Struct {
    name: "JWKSKey",
    open: false,
    members: &[text("kid"), text("kty"), text("alg"), text("use"), text("n"), text("e")],
};
static KEYS: Struct = Struct {
    name: "JWKSResponse",
    open: false,
    members: &[Member { required: true, ..Member::optional("keys", list_of!(KEY)) }],
};

pub fn routes() -> Vec<Route<Door>> {
    let auth = "/v1/system/config/auth";
    let authorizer = "/v1/system/config/authorizer";
    let theme = "/v1/system/config/customUiThemePreference";
    let scheduler = "/v1/system/config/pipeline-service-client";
    vec![
        Route {
            summary: "Show the version of the server".into(),
            output: Some(Shape::Struct(&VERSION)),
            ..open_row(Method::GET, "/v1/system/version", "getCatalogVersion", TAG, version)
        },
        Route {
            summary: "Say whether the server can work".into(),
            ..open_row(Method::GET, "/v1/system/health", "getHealth", TAG, health)
        },
        Route {
            summary: "Check the parts of the server".into(),
            output: Some(Shape::Struct(&STATUS)),
            ..row(Method::GET, "/v1/system/status", "validateDeployment", TAG, status)
        },
        Route {
            summary: "Show how people log in".into(),
            ..open_row(Method::GET, auth, "getAuthConfiguration", TAG, auth_config)
        },
        Route {
            summary: "Show how rights are decided".into(),
            ..open_row(Method::GET, authorizer, "getAuthorizerConfig", TAG, authorizer_config)
        },
        Route {
            summary: "Show the public keys of tokens".into(),
            output: Some(Shape::Struct(&KEYS)),
            ..open_row(Method::GET, "/v1/system/config/jwks", "getJWKSResponse", TAG, jwks)
        },
        Route {
            summary: "Show the looks of the user interface".into(),
            ..open_row(Method::GET, theme, "getCustomUiThemePreference", TAG, ui_theme)
        },
        Route {
            summary: "Show whether knowledge graphs are kept".into(),
            ..open_row(Method::GET, "/v1/system/config/rdf", "getRdfConfiguration", TAG, rdf)
        },
        Route {
            summary: "Show the scheduler of ingestion pipelines".into(),
            ..row(Method::GET, scheduler, "getPipelineServiceConfiguration", TAG, pipeline_service_client)
        },
    ]
}

async fn version(call: OpenCall) -> OmResult<Answer> {
    ok(&json!({
        "version": call.door.options.reported_version,
        "revision": env!("CARGO_PKG_VERSION"),
        "timestamp": SINCE.0,
    }))
}

async fn health(call: OpenCall) -> OmResult<Answer> {
    call.door.catalog.health().await?;
    ok(&json!({"status": "healthy"}))
}

async fn status(call: Call) -> OmResult<Answer> {
    let store = call.door.catalog.health().await;
    let works = |what: &str| json!({"description": what, "passed": true, "message": "Works"});
    let database = match &store {
        Ok(seq) => json!({
            "description": "The store answers and takes changes.",
            "passed": true,
            "message": format!("The log stands at {}", seq.0),
        }),
        Err(_) => json!({
            "description": "The store answers and takes changes.",
            "passed": false,
            "message": "The store is not available",
        }),
    };
    let keys = call.door.catalog.jwks();
    let has_keys = keys.get("keys").and_then(|keys| keys.as_array()).is_some_and(|keys| !keys.is_empty());
    ok(&json!({
        "database": database,
        "searchInstance": works("Searches are answered from the store itself, at its present state."),
        "pipelineServiceClient": {
            "description": "Ingestion runs outside of the server.",
            "passed": true,
            "message": "No scheduler is connected",
        },
        "jwks": {
            "description": "The public keys of tokens are served.",
            "passed": has_keys,
            "message": if has_keys { "Works" } else { "There are no keys" },
        },
        "migrations": works("The store brings its tables up to date when it is opened."),
    }))
}

async fn auth_config(call: OpenCall) -> OmResult<Answer> {
    let base = call.door.base_url(&call.request);
    let origin = base.strip_suffix("/api").unwrap_or(&base);
    ok(&json!({
        "provider": "basic",
        "providerName": "basic",
        "clientType": "public",
        "publicKeyUrls": [format!("{base}/v1/system/config/jwks")],
        "authority": origin,
        "clientId": "",
        "callbackUrl": "",
        "jwtPrincipalClaims": ["email", "preferred_username", "sub"],
        "enableSelfSignup": false,
    }))
}

async fn authorizer_config(_: OpenCall) -> OmResult<Answer> {
    // Administrators are a matter of each account, so no list of names is shown to nobody in particular.
    ok(&json!({
        "className": "DefaultAuthorizer",
        "containerRequestFilter": "JwtFilter",
        "adminPrincipals": [],
        "principalDomain": "",
        "enforcePrincipalDomain": false,
        "enableSecureSocketConnection": false,
    }))
}

async fn jwks(call: OpenCall) -> OmResult<Answer> {
    ok(&call.door.catalog.jwks())
}

async fn ui_theme(call: OpenCall) -> OmResult<Answer> {
    ok(&super::settings::ui_theme(&call).await?)
}

async fn rdf(_: OpenCall) -> OmResult<Answer> {
    ok(&json!({"enabled": false}))
}

async fn pipeline_service_client(call: Call) -> OmResult<Answer> {
    if !call.caller.principal.is_admin && !call.caller.principal.is_bot {
        return Err(OmError::not_admin(&call.caller.principal.name));
    }
    ok(&json!({
        "enabled": false,
        "className": "NoopClient",
        "apiEndpoint": "",
        "metadataApiEndpoint": call.base,
    }))
}
