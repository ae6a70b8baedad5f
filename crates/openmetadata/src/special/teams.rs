//! Teams: their members, and the tree that they form.

use std::collections::{HashMap, HashSet};

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::View;
use emporion_catalog::relation::{MEMBER, UNDER_TEAM};
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Member, Shape, Struct};
use serde_json::{Map, Value, json};

use crate::door::Door;
use crate::errors::OmResult;
use crate::generic::assets::page::Window;
use crate::members::*;
use crate::nouns;
use crate::operation::{Call, edited, ok, path_id, row};
use crate::page_of;
use crate::params;
use crate::reference::named;

const TAG: &str = "Teams";
/// The team that everybody belongs to: the root of the tree, which is not shown itself.
const ROOT: &str = "Organization";
const ALL: u32 = 100_000;
/// Deeper trees are cut off; a team can stand in several places, so the depth also bounds the answer.
const LEVELS: usize = 16;

static NODE: Struct = Struct {
    name: "TeamHierarchy",
    open: false,
    members: &[
        ID,
        text("teamType"),
        ENTITY_NAME,
        DESCRIPTION,
        FQN,
        DISPLAY_NAME,
        HREF,
        Member::optional("children", list(&Shape::Struct(&NODE))),
        boolean("isJoinable"),
    ],
};
static TREE: Struct = page_of!("TeamHierarchyList", NODE);
static ONLY: Struct = Struct { name: "TeamsToShow", open: true, members: &[boolean("isJoinable").at(Location::Query)] };

pub fn routes() -> Vec<Route<Door>> {
    let team = || Some(Shape::Struct(nouns::of(&nouns::team::NOUN).entity));
    let member = "/v1/teams/{id}/users/{userId}";
    vec![
        Route {
            summary: "List top teams with the tree below each".into(),
            input: &ONLY,
            output: Some(Shape::Struct(&TREE)),
            ..row(Method::GET, "/v1/teams/hierarchy", "listTeamsHierarchy", TAG, hierarchy)
        },
        Route {
            summary: "Say who the members of a team are".into(),
            body: Some(REFERENCES_INPUT),
            output: team(),
            errors: &[404],
            ..row(Method::PUT, "/v1/teams/{id}/users", "updateTeamUsers", TAG, set_users)
        },
        Route {
            summary: "Take a member out of a team".into(),
            output: team(),
            errors: &[404],
            ..row(Method::DELETE, member, "deleteTeamUser", TAG, remove_user)
        },
    ]
}

async fn set_users(call: Call) -> OmResult<Answer> {
    let body = call.body_of(&REFERENCES_INPUT)?;
    let items = body.as_array().into_iter().flatten().enumerate();
    let user = |(index, item): (usize, &Value)| named(kinds::USER, &format!("[{index}]"), item);
    let users = items.map(user).collect::<OmResult<_>>()?;
    edit(call, How::Replace, users).await
}

async fn remove_user(call: Call) -> OmResult<Answer> {
    let user = path_id(&call.request, "userId", "user")?;
    let user = Ref::Id(kinds::USER, user);
    edit(call, How::Remove, vec![user]).await
}

async fn edit(call: Call, how: How, users: Vec<Ref>) -> OmResult<Answer> {
    let team = nouns::of(&nouns::team::NOUN);
    let edit = move |view: &View, draft: &mut Draft| {
        draft.relate(MEMBER, how, "users", users.iter().map(|user| keeping(view, user)).collect());
    };
    ok(&edited(&call, team, call.target(team)?, Action::EditMembers, &["users"], edit).await?)
}

/// A member with what the team knows of him already: his designation is not this request's to change.
fn keeping(view: &View, user: &Ref) -> Target {
    let is_meant = |id: &RecordId| match user {
        Ref::Id(_, wanted) => id == wanted,
        Ref::Name(_, name) => {
            view.cards.get(id).is_some_and(|card| card.fqn == emporion_catalog::name::quote(&name.to_lowercase()))
        }
        Ref::AnyOf(..) | Ref::Alias { .. } => false,
    };
    let known = view.edges.iter().find(|edge| edge.relation == MEMBER && is_meant(&edge.to));
    Target { attributes: known.map(|edge| edge.attributes.clone()).unwrap_or_default(), ..Target::of(user.clone()) }
}

async fn hierarchy(call: Call) -> OmResult<Answer> {
    let window = Window::read(&call, params::DEFAULT_LIMIT)?;
    let query = call.request.query();
    let only_joinable = match params::value(&query, "isJoinable") {
        None => None,
        Some(_) => Some(params::flag(&query, "isJoinable", false)?),
    };
    let teams = ListQuery { limit: ALL, ..ListQuery::of(call.caller.account(), kinds::TEAM) };
    let mut teams = call.door.catalog.list(&call.caller, teams, &Depth::of(&[UNDER_TEAM], false)).await?.views;
    let is_joinable = |view: &View| view.field("is_joinable").and_then(Value::as_bool) != Some(false);
    teams.retain(|team| only_joinable.is_none_or(|wanted| is_joinable(team) == wanted));
    let root = teams.iter().find(|team| team.record.fqn == ROOT).map(View::id);
    let known: HashSet<RecordId> = teams.iter().map(View::id).filter(|id| Some(*id) != root).collect();
    let mut children: HashMap<Option<RecordId>, Vec<&View>> = HashMap::new();
    for team in teams.iter().filter(|team| Some(team.id()) != root) {
        let above: Vec<RecordId> =
            team.targets(UNDER_TEAM).map(|(edge, _)| edge.to).filter(|id| known.contains(id)).collect();
        if above.is_empty() {
            children.entry(None).or_default().push(team);
        }
        for above in above {
            children.entry(Some(above)).or_default().push(team);
        }
    }
    let roots = children.get(&None).cloned().unwrap_or_default();
    let total = roots.len() as u64;
    let base = &call.base;
    let data = window.of(roots).into_iter().map(|team| node(base, team, &children, LEVELS)).collect();
    ok(&window.page(data, total))
}

fn node(base: &str, team: &View, children: &HashMap<Option<RecordId>, Vec<&View>>, levels: usize) -> Value {
    let below = children.get(&Some(team.id())).filter(|_| levels > 0).map(Vec::as_slice).unwrap_or_default();
    let mut printed: Map<String, Value> = Map::new();
    let mut put = |member: &str, value: Value| printed.insert(member.to_owned(), value);
    put("id", Value::from(team.id().to_string()));
    put("name", Value::from(team.record.name.as_str()));
    put("fullyQualifiedName", Value::from(team.record.fqn.as_str()));
    for (member, field) in [("teamType", "team_type"), ("displayName", "display_name"), ("description", "description")]
    {
        if let Some(text) = team.text(field) {
            put(member, Value::from(text));
        }
    }
    put("isJoinable", json!(team.field("is_joinable").and_then(Value::as_bool) != Some(false)));
    put("href", Value::from(format!("{base}/v1/{}/{}", nouns::team::NOUN.collection, team.id())));
    put("children", below.iter().map(|child| node(base, child, children, levels - 1)).collect());
    Value::Object(printed)
}
