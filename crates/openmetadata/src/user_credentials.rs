//! The credentials that the creation of a user brings along.

use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use serde_json::Value;

use crate::errors::{OmError, OmResult};
use crate::noun::HookContext;
use crate::passwords;
use crate::token_expiry;

/// What can be said against a create body before anything is made.
pub fn admit(context: &HookContext<'_>, caller: &Caller, body: &Value) -> OmResult<()> {
    check_create(body)?;
    check_creator(caller, body, context.now_ms)
}

/// What can be said against a create body whoever sends it: 400 for a password that is weak or not confirmed.
fn check_create(body: &Value) -> OmResult<()> {
    match password(body) {
        Some(password) => passwords::check_new(password, confirmation(body)),
        None => Ok(()),
    }
}

/// Refuses what would fail after the user was made: only administrators bring credentials for others, and no token
/// outlives the one that asks for it.
fn check_creator(caller: &Caller, body: &Value, now_ms: i64) -> OmResult<()> {
    if (password(body).is_some() || wants_token(body)) && !caller.principal.is_admin {
        return Err(OmError::not_admin(&caller.principal.name));
    }
    if let Some(said) = expiry(body).filter(|_| wants_token(body)) {
        token_expiry::ending(caller, said, now_ms)?;
    }
    Ok(())
}

/// Gives a user who was just made the credentials that the body asks for: a password, or a bot's first token.
pub async fn after_create(catalog: &Catalog, caller: &Caller, body: &Value, user: RecordId) -> OmResult<()> {
    if let Some(password) = password(body) {
        return Ok(catalog.set_password(caller, user, password).await?);
    }
    if wants_token(body) {
        let wanted = expiry(body).and_then(|said| token_expiry::expiry_ms(said, catalog.now().0));
        // What was said was checked; where nothing was, it lives as long as it may.
        let expires = caller.bounded(wanted);
        let label = expiry(body).unwrap_or(if expires.is_none() { "Unlimited" } else { "" });
        catalog.create_token(caller, user, label, expires).await?;
    }
    Ok(())
}

/// How long a bot's first token is to live.
fn expiry(body: &Value) -> Option<&str> {
    body.pointer("/authenticationMechanism/config/JWTTokenExpiry").and_then(Value::as_str)
}

/// The password in a create body, unless the user is to choose one himself.
fn password(body: &Value) -> Option<&str> {
    if body.get("createPasswordType").and_then(Value::as_str) == Some("USER_CREATE") {
        return None;
    }
    let basic = |body: &Value| mechanism(body) == Some("BASIC");
    let inner = body.pointer("/authenticationMechanism/config/password").filter(|_| basic(body));
    body.get("password").or(inner).and_then(Value::as_str)
}

fn confirmation(body: &Value) -> Option<&str> {
    match body.get("password") {
        // A password that is not repeated is not confirmed.
        Some(_) => Some(body.get("confirmPassword").and_then(Value::as_str).unwrap_or("")),
        None => None,
    }
}

fn mechanism(body: &Value) -> Option<&str> {
    body.pointer("/authenticationMechanism/authType").and_then(Value::as_str)
}

fn wants_token(body: &Value) -> bool {
    mechanism(body) == Some("JWT") && body.get("isBot").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_password_in_a_create_body_must_be_confirmed() {
        let body = json!({"createPasswordType": "ADMIN_CREATE", "password": "Correct-horse-7"});
        assert_eq!((password(&body), confirmation(&body)), (Some("Correct-horse-7"), Some("")));
        assert_eq!(password(&json!({"createPasswordType": "USER_CREATE", "password": "x"})), None);
        let basic =
            json!({"authenticationMechanism": {"authType": "BASIC", "config": {"password": "Correct-horse-7"}}});
        assert_eq!((password(&basic), confirmation(&basic)), (Some("Correct-horse-7"), None));
    }

    #[test]
    fn only_a_bot_gets_a_token_at_once() {
        let jwt = json!({"authType": "JWT", "config": {"JWTTokenExpiry": "Unlimited"}});
        assert!(wants_token(&json!({"isBot": true, "authenticationMechanism": jwt})));
        assert!(!wants_token(&json!({"authenticationMechanism": jwt})));
    }
}
