//! Logging in and out with a password, and changing it.
//!
//! A login gives a session and a refresh token: a longer-lived token whose label names the session. Labels tie them
//! together, so that logging out ends both, and a new password ends all of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emporion_catalog::caller::Caller;
use emporion_catalog::change_set::{Credential, CredentialClass};
use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::{Map, Value, json};

use super::{Call, OpenCall, object_body, ok, open_row, passwords, row};
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;

const TAG: &str = "Users";
pub const HOUR_MS: i64 = 60 * 60 * 1000;
/// A refresh token outlives its session by this much.
const REFRESH_MS: i64 = 7 * 24 * HOUR_MS;
/// Labels of tokens that belong to a login; people do not see them among their personal tokens.
const REFRESH: &str = "refresh:";
const RENEWED: &str = "login:";

static LOGIN: Struct = Struct {
    name: "LoginRequest",
    open: false,
    members: &[Member::required("email", TEXT), Member::required("password", TEXT)],
};
static TOKENS: Struct = Struct {
    name: "JwtResponse",
    open: false,
    members: &[
        Member::required("accessToken", TEXT),
        text("refreshToken"),
        Member::required("tokenType", TEXT),
        Member::required("expiryDuration", MILLIS),
    ],
};
static REFRESH_REQUEST: Struct =
    Struct { name: "TokenRefreshRequest", open: false, members: &[Member::required("refreshToken", TEXT)] };
static LOGOUT: Struct = Struct {
    name: "LogoutRequest",
    open: false,
    members: &[text("username"), Member::required("token", TEXT), json("logoutTime"), text("refreshToken")],
};
static CHANGE: Struct = Struct {
    name: "ChangePasswordRequest",
    open: false,
    members: &[
        text("username"),
        text("oldPassword"),
        Member::required("newPassword", TEXT),
        Member::required("confirmPassword", TEXT),
        choice("requestType", &["SELF", "USER"]),
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    vec![
        Route {
            summary: "Log in with an e-mail address and a password in base64".into(),
            input: &LOGIN,
            output: Some(Shape::Struct(&TOKENS)),
            errors: &[401],
            ..open_row(Method::POST, "/v1/users/login", "loginUser", TAG, login)
        },
        Route {
            summary: "Continue a login with its refresh token".into(),
            input: &REFRESH_REQUEST,
            output: Some(Shape::Struct(&TOKENS)),
            errors: &[401],
            ..open_row(Method::POST, "/v1/users/refresh", "refreshToken", TAG, refresh)
        },
        Route {
            summary: "Log out: the token is worth nothing any more".into(),
            input: &LOGOUT,
            output: Some(TEXT),
            ..row(Method::POST, "/v1/users/logout", "logoutUser", TAG, logout)
        },
        Route {
            summary: "Change one's password, or as an administrator somebody's".into(),
            input: &CHANGE,
            output: Some(TEXT),
            ..row(Method::PUT, "/v1/users/changePassword", "changeUserPassword", TAG, change_password)
        },
        Route {
            summary: "Sign up: switched off, administrators make users".into(),
            hidden: true,
            ..open_row(Method::POST, "/v1/users/signup", "signUp", TAG, sign_up)
        },
    ]
}

async fn login(call: OpenCall) -> OmResult<Answer> {
    let body = object_body(&call.request, &LOGIN)?;
    let (email, sent) = (text_of(&body, "email"), text_of(&body, "password"));
    let password = passwords::decode(sent)?;
    let (catalog, throttle) = (&call.door.catalog, &call.door.logins);
    let who = guesser(&call.request, email);
    if !throttle.allows(&who, catalog.now().0) {
        return Err(OmError::too_many_logins());
    }
    let (caller, session) = match catalog.login(email, &password).await {
        Ok(opened) => opened,
        Err(Problem::Unauthenticated { .. }) => {
            throttle.failed(&who, catalog.now().0);
            return Err(OmError::wrong_password());
        }
        Err(problem) => return Err(problem.into()),
    };
    throttle.succeeded(&who);
    // A bot has one token, which a refresh token would replace.
    let refresh = match caller.principal.is_bot {
        true => None,
        false => {
            let (label, expires) = (format!("{REFRESH}{}", session.id), catalog.now().0 + REFRESH_MS);
            Some(catalog.create_token(&caller, caller.principal.user, &label, Some(expires)).await?.token)
        }
    };
    ok(&tokens(&session.token, refresh.as_deref(), session.expires_ms.unwrap_or_else(|| catalog.now().0 + HOUR_MS)))
}

/// Who is guessing: the name and the place it is tried from.
fn guesser(request: &Request, name: &str) -> String {
    let place = request.remote.map(|address| address.ip().to_string()).unwrap_or_default();
    format!("{place} {}", emporion_catalog::name::fold(name))
}

fn tokens(access: &str, refresh: Option<&str>, expires_ms: i64) -> Value {
    // Scripts put type and token together, so the blank belongs to the type.
    let mut body = json!({"accessToken": access, "tokenType": "Bearer ", "expiryDuration": expires_ms});
    if let (Some(refresh), Some(members)) = (refresh, body.as_object_mut()) {
        members.insert("refreshToken".into(), Value::from(refresh));
    }
    body
}

async fn refresh(call: OpenCall) -> OmResult<Answer> {
    let body = object_body(&call.request, &REFRESH_REQUEST)?;
    let sent = text_of(&body, "refreshToken");
    let catalog = &call.door.catalog;
    let caller = catalog.authenticate_token(sent).await?;
    let user = caller.principal.user;
    let held = catalog.credentials(&caller, user).await?;
    let id = token_id(sent).unwrap_or_default();
    let shown = held.iter().find(|held| held.public == id && held.label.starts_with(REFRESH));
    let shown = shown.ok_or_else(OmError::token_invalid)?;
    // A password that was changed since, in whatever way, ends what the old one opened.
    if held.iter().any(|held| held.class == CredentialClass::Password && held.created > shown.created) {
        return Err(OmError::token_logged_out());
    }
    let expires = catalog.now().0 + HOUR_MS;
    let renewed = catalog.create_token(&caller, user, &format!("{RENEWED}{id}"), Some(expires)).await?;
    ok(&tokens(&renewed.token, Some(sent), expires))
}

async fn logout(call: Call) -> OmResult<Answer> {
    let body = call.body(&LOGOUT)?;
    let catalog = &call.door.catalog;
    let token = text_of(&body, "token");
    let id = token_id(token).unwrap_or_default();
    let held = catalog.credentials(&call.caller, call.caller.principal.user).await?;
    let shown = held.iter().find(|held| held.public == id);
    let refresh = shown.and_then(|shown| shown.label.strip_prefix(RENEWED)).unwrap_or_default();
    let of_login = |held: &&Credential| {
        held.label.strip_prefix(REFRESH) == Some(id.as_str()) || (!refresh.is_empty() && held.public == refresh)
    };
    for companion in held.iter().filter(of_login) {
        catalog.revoke(&call.caller, companion.id).await?;
    }
    catalog.revoke_token(&call.caller, token).await?;
    ok(&json!("Logout Successful"))
}

async fn change_password(call: Call) -> OmResult<Answer> {
    let body = call.body(&CHANGE)?;
    let (new, again) = (text_of(&body, "newPassword"), text_of(&body, "confirmPassword"));
    passwords::check_new(new, Some(again))?;
    let catalog = &call.door.catalog;
    let user = match body.get("requestType").and_then(Value::as_str) {
        Some("USER") => {
            let name = body.get("username").and_then(Value::as_str).ok_or_else(|| OmError::missing("username"))?;
            catalog.access().may_operate(&call.caller.principal)?;
            let target = Ref::Name(call.kind("user"), name.to_owned());
            catalog.get(&call.caller, &target, States::Alive, &Depth::bare()).await?.id()
        }
        _ => {
            let old = body.get("oldPassword").and_then(Value::as_str).ok_or_else(|| OmError::missing("oldPassword"))?;
            let who = guesser(&call.request, &call.caller.principal.email);
            if !call.door.logins.allows(&who, catalog.now().0) {
                return Err(OmError::too_many_logins());
            }
            if !catalog.check_password(call.caller.principal.user, old).await? {
                call.door.logins.failed(&who, catalog.now().0);
                return Err(OmError::bad_request("Old Password is not correct"));
            }
            call.caller.principal.user
        }
    };
    set_password(&call.door, &call.caller, user, new).await?;
    ok(&json!("Password Updated Successfully"))
}

/// Sets the password and ends every login that was opened with the old one.
pub async fn set_password(door: &Door, caller: &Caller, user: RecordId, plain: &str) -> OmResult<()> {
    door.catalog.set_password(caller, user, plain).await?;
    for held in door.catalog.credentials(caller, user).await? {
        if is_of_login(&held) {
            door.catalog.revoke(caller, held.id).await?;
        }
    }
    Ok(())
}

/// Whether the credential came from a login and is not one that its user made himself.
pub fn is_of_login(held: &Credential) -> bool {
    held.class == CredentialClass::Session || held.label.starts_with(REFRESH) || held.label.starts_with(RENEWED)
}

async fn sign_up(_: OpenCall) -> OmResult<Answer> {
    Err(OmError::bad_request("SelfSignup is not enabled. Please contact your Administrator."))
}

fn text_of<'a>(body: &'a Map<String, Value>, member: &str) -> &'a str {
    body.get(member).and_then(Value::as_str).unwrap_or("")
}

/// The id inside a token. Only for comparing: who may use the token is decided elsewhere.
fn token_id(token: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    claims.get("jti")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_and_token_can_be_put_together() {
        let body = tokens("a.b.c", Some("d.e.f"), 5);
        assert_eq!(body["tokenType"].as_str().map(|kind| format!("{kind}a.b.c")), Some("Bearer a.b.c".into()));
        assert!(tokens("a.b.c", None, 5).get("refreshToken").is_none());
    }

    #[test]
    fn the_id_of_a_token_is_read_where_there_is_one() {
        let token = format!("x.{}.y", URL_SAFE_NO_PAD.encode(r#"{"jti":"17"}"#));
        assert_eq!(token_id(&token).as_deref(), Some("17"));
        assert_eq!(token_id("no-token"), None);
        assert_eq!(token_id("a.b.c"), None);
    }
}
