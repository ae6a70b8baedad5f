//! Logging in and out with a password, and changing it.

use emporion_catalog::command::Ref;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::logins::{MAX_LOGIN_BYTES, SESSION_MS};
use emporion_catalog::query::States;
use emporion_edge::answer::Answer;
use emporion_edge::login_throttle::{Try, Verdict};
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use emporion_edge::sign_in::{Attempt, Refused};
use serde_json::{Map, Value, json};

use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::operation::{Call, OpenCall, object_body, ok, open_row, row};
use crate::passwords;

const TAG: &str = "Users";
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
    .into_iter()
    .chain(by_mail())
    .collect()
}

/// What a server does that sends letters. This one sends none, and says so to anybody, as the protocol has these open.
fn by_mail() -> impl Iterator<Item = Route<Door>> {
    [
        (Method::GET, "/v1/users/registrationConfirmation", "confirmUserEmail"),
        (Method::PUT, "/v1/users/resendRegistrationToken", "resendRegistrationToken"),
        (Method::POST, "/v1/users/generatePasswordResetLink", "generatePasswordResetLink"),
        (Method::POST, "/v1/users/password/reset", "resetUserPassword"),
    ]
    .into_iter()
    .map(|(method, path, operation)| Route {
        summary: "Needs a mail server: switched off".into(),
        hidden: true,
        ..open_row(method, path, operation, TAG, no_mail)
    })
}

async fn login(call: OpenCall) -> OmResult<Answer> {
    let body = object_body(&call.request, &LOGIN)?;
    let (email, sent) = (text_of(&body, "email"), text_of(&body, "password"));
    if email.len() > MAX_LOGIN_BYTES {
        return Err(OmError::violation("email", format_args!("size must be between 1 and {MAX_LOGIN_BYTES}")));
    }
    let password = passwords::decode(sent)?;
    let (catalog, throttle) = (&call.door.catalog, &call.door.options.logins);
    let (client, door) = (call.request.client(), call.request.door);
    let attempt = Attempt { name: email, secret: &password, is_password: true, client, door };
    let login = throttle.sign_in(catalog, &attempt, async |_| {
        let login = catalog.login(email, &password, door).await?;
        Ok((login.caller.principal.user, login))
    });
    let login = login.await.map_err(|refused| match refused {
        Refused::Waits => OmError::too_many_logins(),
        Refused::Wrong => OmError::wrong_password(),
        Refused::Problem(problem) => problem.into(),
    })?;
    call.request.who.is(&login.caller);
    let refresh = login.refresh.as_ref().map(|refresh| refresh.token.as_str());
    let ends = login.session.expires_ms.unwrap_or_else(|| catalog.now().0 + SESSION_MS);
    ok(&tokens(&login.session.token, refresh, ends))
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
    let (_, session) = catalog.renew_login(sent).await?;
    ok(&tokens(&session.token, Some(sent), session.expires_ms.unwrap_or_else(|| catalog.now().0 + SESSION_MS)))
}

async fn logout(call: Call) -> OmResult<Answer> {
    let body = call.body(&LOGOUT)?;
    call.door.catalog.log_out(&call.caller, text_of(&body, "token")).await?;
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
            catalog.may_operate(&call.caller)?;
            let target = Ref::Name(kinds::USER, name.to_owned());
            catalog.get(&call.caller, &target, States::Alive, &Depth::bare()).await?.id()
        }
        _ => {
            let old = body.get("oldPassword").and_then(Value::as_str).ok_or_else(|| OmError::missing("oldPassword"))?;
            let (throttle, user) = (&call.door.options.logins, call.caller.principal.user);
            let tried = Try::again(user, call.request.client());
            let _turn = throttle.turn(&tried).await;
            if throttle.judge(&tried, catalog.now().0) != Verdict::Allowed {
                return Err(OmError::too_many_logins());
            }
            let compared = throttle.passwords.turn(call.request.client()).await;
            let _compared = compared.ok_or_else(OmError::too_many_logins)?;
            if !catalog.check_password(user, old).await? {
                throttle.refuse(&tried, catalog.now().0).await;
                return Err(OmError::bad_request("Old Password is not correct"));
            }
            user
        }
    };
    catalog.set_password(&call.caller, user, new).await?;
    ok(&json!("Password Updated Successfully"))
}

async fn sign_up(_: OpenCall) -> OmResult<Answer> {
    Err(OmError::bad_request("SelfSignup is not enabled. Please contact your Administrator."))
}

async fn no_mail(_: OpenCall) -> OmResult<Answer> {
    Err(OmError::bad_request("Email is not enabled. Please contact your Administrator."))
}

fn text_of<'a>(body: &'a Map<String, Value>, member: &str) -> &'a str {
    body.get(member).and_then(Value::as_str).unwrap_or("")
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
}
