//! Services: what came of the test of a connection.

use emporion_catalog::action::Action;
use emporion_catalog::command::Draft;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::{Map, Value};

use crate::case;
use crate::connection;
use crate::door::Door;
use crate::errors::OmResult;
use crate::list_of;
use crate::members::*;
use crate::noun::Noun;
use crate::nouns;
use crate::nouns::service::TEST_RESULT;
use crate::operation::{Call, edited, ok, row};

/// Newer clients say more of each step than answers have room for: what is not shown is not kept.
static RESULT: Struct = Struct {
    name: "TestConnectionResultInput",
    open: true,
    members: &[
        Member::optional("lastUpdatedAt", MILLIS),
        choice("status", &["Successful", "Failed", "Running"]),
        Member { required: true, ..Member::optional("steps", list_of!(STEP_RESULT)) },
    ],
};
static STEP_RESULT: Struct = Struct {
    name: "TestConnectionStepResultInput",
    open: true,
    members: &[
        Member::required("name", TEXT),
        Member::required("mandatory", Shape::Boolean),
        Member::required("passed", Shape::Boolean),
        text("message"),
        text("errorLog"),
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    let mut routes = Vec::new();
    for noun in services() {
        let entity = noun.entity;
        routes.push(Route {
            path: format!("/v1/{}/{{id}}/testConnectionResult", noun.collection).into(),
            operation: format!("addTestConnectionResultTo{}", entity.name).into(),
            summary: "Keep what came of a connection test".into(),
            input: &RESULT,
            output: Some(Shape::Struct(entity)),
            errors: &[404],
            ..row(Method::PUT, "", "", noun.tag, move |call| put_result(call, noun))
        });
    }
    routes
}

pub fn services() -> impl Iterator<Item = &'static Noun> {
    nouns::all().filter(|noun| connection::of_kind(noun.kind_name).is_some())
}

async fn put_result(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let body = shown_only(&TEST_RESULT, &call.body(&RESULT)?);
    let field = case::core_key("testConnectionResult").into_owned();
    let edit = move |_: &View, draft: &mut Draft| draft.set(&field, body.clone());
    ok(&edited(&call, noun, call.target(noun)?, Action::EditAll, &[], edit).await?)
}

/// The members of a value that the shape has, at every level.
fn shown_only(shape: &Struct, members: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = Map::new();
    for (name, value) in members {
        let Some(member) = shape.member(name) else { continue };
        let value = match (member.shape, value) {
            (Shape::List { of: Shape::Struct(inner), .. }, Value::Array(items)) => {
                items.iter().filter_map(Value::as_object).map(|item| Value::Object(shown_only(inner, item))).collect()
            }
            _ => value.clone(),
        };
        shown.insert(name.clone(), value);
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_answers_have_no_room_for_is_not_kept() {
        let sent = json!({"status": "Failed", "extra": 1, "steps": [{"name": "s", "durationMs": 5}]});
        let kept = shown_only(&TEST_RESULT, sent.as_object().expect("an object"));
        assert_eq!(Value::Object(kept), json!({"status": "Failed", "steps": [{"name": "s"}]}));
    }
}
