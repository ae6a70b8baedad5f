//! Tokens of bots and personal tokens: made, shown where that is allowed, and revoked.

use emporion_catalog::change_set::{Credential, CredentialClass};
use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, UUID};
use serde_json::{Value, json};

use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::noun::Fields;
use crate::nouns;
use crate::operation::{Call, entity_at, ok, path_id, row};
use crate::page_of;
use crate::params;
use crate::token_expiry::{EXPIRIES, EXPIRY, ending};

const TAG: &str = "Users";
/// What the protocol prints for a token without an end: the last millisecond of the year 9999.
const NEVER_MS: i64 = 253_402_300_799_999;

static GENERATE: Struct =
    Struct { name: "GenerateTokenRequest", open: false, members: &[Member::optional("id", UUID), EXPIRY] };
static REVOKE: Struct = Struct { name: "RevokeTokenRequest", open: false, members: &[Member::required("id", UUID)] };
static PERSONAL: Struct =
    Struct { name: "CreatePersonalToken", open: false, members: &[Member::required("tokenName", TEXT), EXPIRY] };
static REVOKE_PERSONAL: Struct = Struct {
    name: "RevokePersonalToken",
    open: false,
    members: &[
        Member::optional("tokenIds", list(&UUID)),
        boolean("removeAll").at(Location::Query),
        text("username").at(Location::Query),
    ],
};
static OF_WHOM: Struct = Struct { name: "OfWhom", open: true, members: &[text("username").at(Location::Query)] };

static JWT: Struct = Struct {
    name: "JWTAuthMechanism",
    open: false,
    members: &[text("JWTToken"), EXPIRY, Member::optional("JWTTokenExpiresAt", MILLIS)],
};
static MECHANISM: Struct = Struct {
    name: "BotAuthenticationMechanism",
    open: false,
    members: &[choice("authType", &["JWT"]), structure("config", &JWT)],
};
static TOKEN: Struct = Struct {
    name: "PersonalAccessToken",
    open: false,
    members: &[
        Member::required("token", UUID),
        text("tokenName"),
        Member::required("userId", UUID),
        choice("tokenType", &["PERSONAL_ACCESS_TOKEN"]),
        Member::required("expiryDate", MILLIS),
        text("jwtToken"),
    ],
};
static TOKEN_LIST: Struct = page_of!("PersonalAccessTokenList", TOKEN);

pub fn routes() -> Vec<Route<Door>> {
    let list = || Some(Shape::Struct(&TOKEN_LIST));
    vec![
        Route {
            summary: "Show the present token of a bot".into(),
            output: Some(Shape::Struct(&MECHANISM)),
            errors: &[404],
            ..row(Method::GET, "/v1/users/auth-mechanism/{id}", "getAuthMechanism", TAG, mechanism)
        },
        Route {
            summary: "Make a new token for a bot; it replaces the present one".into(),
            input: &GENERATE,
            output: Some(Shape::Struct(&JWT)),
            errors: &[404],
            ..row(Method::PUT, "/v1/users/generateToken/{id}", "generateBotToken", TAG, generate)
        },
        Route {
            summary: "Revoke the token of a bot".into(),
            input: &REVOKE,
            output: Some(Shape::Struct(nouns::of(&nouns::user::NOUN).entity)),
            errors: &[404],
            ..row(Method::PUT, "/v1/users/revokeToken", "revokeBotToken", TAG, revoke)
        },
        Route {
            summary: "Make a personal token; it is shown once".into(),
            input: &PERSONAL,
            output: Some(Shape::Struct(&TOKEN)),
            ..row(Method::PUT, "/v1/users/security/token", "createPersonalToken", TAG, create_personal)
        },
        Route {
            summary: "List personal tokens, one's own or as an administrator somebody's".into(),
            input: &OF_WHOM,
            output: list(),
            errors: &[404],
            ..row(Method::GET, "/v1/users/security/token", "listPersonalTokens", TAG, list_personal)
        },
        Route {
            summary: "Revoke personal tokens".into(),
            input: &REVOKE_PERSONAL,
            output: list(),
            errors: &[404],
            ..row(Method::PUT, "/v1/users/security/token/revoke", "revokePersonalTokens", TAG, revoke_personal)
        },
    ]
}

fn printed_jwt(token: &str, expiry: &str, expires_ms: Option<i64>) -> Value {
    let mut printed = json!({"JWTToken": token, "JWTTokenExpiry": expiry});
    if let (Some(at), Some(members)) = (expires_ms, printed.as_object_mut()) {
        members.insert("JWTTokenExpiresAt".into(), Value::from(at));
    }
    printed
}

/// The user, who must be a bot. Asked only after the caller has proved to have a right over his credentials.
async fn bot(call: &Call, user: RecordId) -> OmResult<View> {
    let target = Ref::Id(kinds::USER, user);
    let view = call.door.catalog.get(&call.caller, &target, States::Alive, &Depth::bare()).await?;
    if view.field("is_bot").and_then(Value::as_bool) == Some(true) {
        return Ok(view);
    }
    Err(OmError::bad_request("JWT token is only supported for bot users"))
}

async fn mechanism(call: Call) -> OmResult<Answer> {
    let user = path_id(&call.request, "id", "user")?;
    let held = call.door.catalog.credentials(&call.caller, user).await?;
    bot(&call, user).await?;
    let Some(token) = call.door.catalog.bot_token(&call.caller, user).await? else {
        return Err(OmError::not_found("authenticationMechanism", user));
    };
    let label = held.iter().find(|held| held.id == token.id).map_or("", |held| held.label.as_str());
    // The label is what the request said; tokens from elsewhere only have an end or none.
    let expiry = match (EXPIRIES.iter().find(|expiry| **expiry == label), token.expires_ms) {
        (Some(said), _) => said,
        (None, None) => "Unlimited",
        (None, Some(_)) => "90",
    };
    ok(&json!({"authType": "JWT", "config": printed_jwt(&token.token, expiry, token.expires_ms)}))
}

async fn generate(call: Call) -> OmResult<Answer> {
    let body = call.body(&GENERATE)?;
    let user = path_id(&call.request, "id", "user")?;
    let expiry = body.get("JWTTokenExpiry").and_then(Value::as_str).unwrap_or("Unlimited");
    call.door.catalog.credentials(&call.caller, user).await?;
    bot(&call, user).await?;
    let expires = ending(&call.caller, expiry, call.door.catalog.now().0)?;
    let issued = call.door.catalog.create_token(&call.caller, user, expiry, expires).await?;
    ok(&printed_jwt(&issued.token, expiry, issued.expires_ms))
}

async fn revoke(call: Call) -> OmResult<Answer> {
    let body = call.body(&REVOKE)?;
    let text = body.get("id").and_then(Value::as_str).unwrap_or("");
    let user: RecordId = text.parse().map_err(|_| OmError::violation("id", "must be a UUID"))?;
    let held = call.door.catalog.credentials(&call.caller, user).await?;
    bot(&call, user).await?;
    for token in held.iter().filter(|held| held.class == CredentialClass::BotToken) {
        end(&call, token).await?;
    }
    let target = Ref::Id(kinds::USER, user);
    ok(&entity_at(&call, &target, nouns::of(&nouns::user::NOUN), &Fields::NONE).await?)
}

async fn create_personal(call: Call) -> OmResult<Answer> {
    let body = call.body(&PERSONAL)?;
    let text = |member: &str| body.get(member).and_then(Value::as_str).unwrap_or("");
    let (name, expiry) = (text("tokenName"), text("JWTTokenExpiry"));
    if call.caller.principal.is_bot {
        return Err(OmError::bad_request("A bot has one token, which only generateToken replaces"));
    }
    if name.trim().is_empty() || name.chars().count() > 128 {
        return Err(OmError::violation("tokenName", "size must be between 1 and 128"));
    }
    let user = call.caller.principal.user;
    let expires = ending(&call.caller, expiry, call.door.catalog.now().0)?;
    let issued = call.door.catalog.create_token(&call.caller, user, name, expires).await?;
    ok(&json!({
        "token": issued.id.to_string(),
        "tokenName": name,
        "userId": user.to_string(),
        "tokenType": "PERSONAL_ACCESS_TOKEN",
        "expiryDate": issued.expires_ms.unwrap_or(NEVER_MS),
        "jwtToken": issued.token,
    }))
}

/// The caller, or the user whom the request names.
async fn of_whom(call: &Call) -> OmResult<RecordId> {
    match params::value(&call.request.query(), "username") {
        None => Ok(call.caller.principal.user),
        Some(name) => {
            call.door.catalog.may_operate(&call.caller)?;
            let target = Ref::Name(kinds::USER, name.to_owned());
            Ok(call.door.catalog.get(&call.caller, &target, States::Alive, &Depth::bare()).await?.id())
        }
    }
}

/// The tokens that a user made himself, without the tokens themselves: those are kept by nobody.
async fn personal(call: &Call, user: RecordId) -> OmResult<Vec<Credential>> {
    let mut held = call.door.catalog.credentials(&call.caller, user).await?;
    held.retain(|held| held.class == CredentialClass::Token);
    Ok(held)
}

fn printed_list(user: RecordId, tokens: &[Credential]) -> Value {
    let printed = |token: &Credential| {
        json!({
            "token": token.public,
            "tokenName": token.label,
            "userId": user.to_string(),
            "tokenType": "PERSONAL_ACCESS_TOKEN",
            "expiryDate": token.expires.map_or(NEVER_MS, |at| at.0),
        })
    };
    json!({"data": tokens.iter().map(printed).collect::<Vec<_>>(), "paging": {"total": tokens.len()}})
}

async fn list_personal(call: Call) -> OmResult<Answer> {
    let user = of_whom(&call).await?;
    ok(&printed_list(user, &personal(&call, user).await?))
}

async fn revoke_personal(call: Call) -> OmResult<Answer> {
    let body = call.body(&REVOKE_PERSONAL)?;
    let all = params::flag(&call.request.query(), "removeAll", false)?;
    let named: Vec<&str> =
        body.get("tokenIds").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let user = of_whom(&call).await?;
    let mut held = personal(&call, user).await?;
    let gone: Vec<&Credential> = held.iter().filter(|token| all || named.contains(&token.public.as_str())).collect();
    if !gone.is_empty() {
        for token in gone {
            end(&call, token).await?;
        }
        held = personal(&call, user).await?;
    }
    ok(&printed_list(user, &held))
}

/// Ends a token, if one that it was made with has not taken it along already.
async fn end(call: &Call, token: &Credential) -> OmResult<()> {
    match call.door.catalog.revoke(&call.caller, token.id).await {
        Ok(()) | Err(Problem::NotFound { .. }) => Ok(()),
        Err(problem) => Err(problem.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_not_said_to_have_one() {
        assert!(printed_jwt("t", "Unlimited", None).get("JWTTokenExpiresAt").is_none());
    }
}
