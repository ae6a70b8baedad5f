//! Users: who is calling, and what the creation of a user brings along beside the record.

use emporion_catalog::caller::Caller;
use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::Card;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Shape, Struct, TEXT};
use serde_json::Value;

use super::{Call, asset_lists, entity_at, ok, passwords, reference, row, tokens};
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::nouns;
use crate::params;

const TAG: &str = "Users";
/// Tries before a random text without a digit is a fault of the generator.
const TRIES: usize = 100;

static FIELDS: Struct = Struct { name: "UserFields", open: true, members: &[text("fields").at(Location::Query)] };

pub fn routes() -> Vec<Route<Door>> {
    vec![
        Route {
            summary: "Show the user who is calling".into(),
            input: &FIELDS,
            output: Some(Shape::Struct(nouns::of(&nouns::user::NOUN).entity)),
            ..row(Method::GET, "/v1/users/loggedInUser", "getCurrentLoggedInUser", TAG, logged_in_user)
        },
        Route {
            summary: "List the groups of the user who is calling".into(),
            output: Some(REFERENCES),
            ..row(
                Method::GET,
                "/v1/users/loggedInUser/groupTeams",
                "getCurrentLoggedInUserGroupTeams",
                TAG,
                group_teams,
            )
        },
        Route {
            summary: "Make up a password".into(),
            output: Some(TEXT),
            ..row(Method::GET, "/v1/users/generateRandomPwd", "generateRandomPwd", TAG, random_password)
        },
    ]
}

async fn logged_in_user(call: Call) -> OmResult<Answer> {
    let fields = params::fields(nouns::of(&nouns::user::NOUN), &call.request.query())?;
    let target = Ref::Id(call.kind("user"), call.caller.principal.user);
    ok(&entity_at(&call, &target, nouns::of(&nouns::user::NOUN), &fields).await?)
}

async fn group_teams(call: Call) -> OmResult<Answer> {
    let ids: Vec<RecordId> = call.caller.principal.teams.iter().map(|membership| membership.team).collect();
    let mut teams = asset_lists::seen(&call, &ids).await?;
    teams.retain(|team| team.body.get("team_type").and_then(Value::as_str) == Some("Group"));
    let base = call.base_url();
    ok(&teams.iter().map(|team| reference(&call.door, &base, &Card::of(team), false)).collect())
}

async fn random_password(call: Call) -> OmResult<Answer> {
    call.door.catalog.may_operate(&call.caller)?;
    let made = (0..TRIES).find_map(|_| passwords::generated(&call.door.catalog.random_password()));
    ok(&Value::from(made.ok_or_else(OmError::internal)?))
}

/// What can be said against a create body before anything is made.
pub fn admit(door: &Door, caller: &Caller, body: &Value) -> OmResult<()> {
    check_create(body)?;
    check_creator(caller, body, door.catalog.now().0)
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
        tokens::ending(caller, said, now_ms)?;
    }
    Ok(())
}

/// Gives a user who was just made the credentials that the body asks for: a password, or a bot's first token.
pub async fn after_create(door: &Door, caller: &Caller, body: &Value, user: RecordId) -> OmResult<()> {
    if let Some(password) = password(body) {
        return Ok(door.catalog.set_password(caller, user, password).await?);
    }
    if wants_token(body) {
        let wanted = expiry(body).and_then(|said| tokens::expiry_ms(said, door.catalog.now().0));
        // What was said was checked; where nothing was, it lives as long as it may.
        let expires = caller.bounded(wanted);
        let label = expiry(body).unwrap_or(if expires.is_none() { "Unlimited" } else { "" });
        door.catalog.create_token(caller, user, label, expires).await?;
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
