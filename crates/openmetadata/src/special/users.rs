//! Users: who is calling, and passwords made up for them.

use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds;
use emporion_catalog::record::Card;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Shape, Struct, TEXT};
use serde_json::Value;

use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::generic::assets::page;
use crate::members::*;
use crate::nouns;
use crate::operation::{Call, entity_at, ok, reference, row};
use crate::params;
use crate::passwords;

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
    let target = Ref::Id(kinds::USER, call.caller.principal.user);
    ok(&entity_at(&call, &target, nouns::of(&nouns::user::NOUN), &fields).await?)
}

async fn group_teams(call: Call) -> OmResult<Answer> {
    let ids: Vec<RecordId> = call.caller.principal.teams.iter().map(|membership| membership.team).collect();
    let mut teams = page::seen(&call, &ids).await?;
    teams.retain(|team| team.body.get("team_type").and_then(Value::as_str) == Some("Group"));
    let base = &call.base;
    ok(&teams.iter().map(|team| reference(&call.door, base, &Card::of(team), false)).collect())
}

async fn random_password(call: Call) -> OmResult<Answer> {
    call.door.catalog.may_operate(&call.caller)?;
    let made = (0..TRIES).find_map(|_| passwords::generated(&call.door.catalog.random_password()));
    ok(&Value::from(made.ok_or_else(OmError::internal)?))
}
