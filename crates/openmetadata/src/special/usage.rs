//! Usage: how often something was asked for on a day. The newest day is kept with the record.

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, Ref};
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::{Card, View};
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Value, json};

use super::{Call, carry_out, change, ok, path_id, reference, row};
use crate::case;
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::noun::Noun;
use crate::params;

const TAG: &str = "Usage";
const FIELD: &str = "usage_summary";

const DATE: Shape = Shape::Text(emporion_edge::shape::Text::ANY.matching("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", is_date));
static COUNT: Struct = Struct {
    name: "DailyCount",
    open: false,
    members: &[Member::required("date", DATE), Member { required: true, ..count("count") }],
};
static USAGE: Struct = Struct {
    name: "EntityUsage",
    open: false,
    members: &[reference_required("entity"), Member::required("usage", list(&Shape::Object))],
};

/// `yyyy-MM-dd`, so that days compare as text.
fn is_date(text: &str) -> bool {
    text.len() == 10 && !text.starts_with('-') && crate::formats::is_date_time(text)
}

/// What a count does to one that is there for the same day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Replace,
    Add,
}

pub fn routes() -> Vec<Route<Door>> {
    let usage = || Some(Shape::Struct(&USAGE));
    vec![
        Route {
            summary: "Say how often a record was used on a day".into(),
            input: &COUNT,
            output: usage(),
            errors: &[404],
            ..row(Method::PUT, "/v1/usage/{entity}/{id}", "putUsage", TAG, |call| write(call, How::Replace))
        },
        Route {
            summary: "Add to how often a record was used on a day".into(),
            input: &COUNT,
            output: usage(),
            errors: &[404],
            ..row(Method::POST, "/v1/usage/{entity}/{id}", "reportUsage", TAG, |call| write(call, How::Add))
        },
        Route {
            summary: "Show how often a record was used".into(),
            output: usage(),
            errors: &[404],
            ..row(Method::GET, "/v1/usage/{entity}/{id}", "getUsage", TAG, get)
        },
        Route {
            summary: "Show how often a record was used, by its name".into(),
            output: usage(),
            errors: &[404],
            ..row(Method::GET, "/v1/usage/{entity}/name/{fqn}", "getUsageByName", TAG, get)
        },
    ]
}

/// The noun that the path names, if usage is kept of it.
fn noun(call: &Call) -> OmResult<&'static Noun> {
    let name = call.request.param("entity");
    let noun = call.door.noun_of_type(name).filter(|noun| call.kind(noun.kind).field(FIELD).is_some());
    noun.ok_or_else(|| OmError::bad_request(format!("Usage is not kept for entities of type {name}")))
}

async fn write(call: Call, how: How) -> OmResult<Answer> {
    let body = call.body(&COUNT)?;
    let noun = noun(&call)?;
    let target = Ref::Id(call.kind(noun.kind), path_id(&call.request, "id", noun.entity_type)?);
    let date = body.get("date").and_then(Value::as_str).unwrap_or("").to_owned();
    let count = body.get("count").and_then(Value::as_u64).unwrap_or(0);
    let command = change(target, move |view| {
        let mut draft = Draft::default();
        if let Some(newest) = counted(view.field(FIELD), &date, count, how) {
            draft.set(FIELD, newest);
        }
        Ok(draft)
    });
    let outcome = carry_out(&call, &command, Action::EditAll).await?;
    ok(&printed(&call, &outcome.view))
}

/// The summary after a count; `None` where a newer day is known already.
fn counted(kept: Option<&Value>, date: &str, count: u64, how: How) -> Option<Value> {
    let known =
        kept.and_then(|kept| Some((kept.get("date")?.as_str()?, kept.pointer("/daily_stats/count")?.as_u64()?)));
    let total = match known {
        Some((newest, _)) if newest > date => return None,
        Some((newest, before)) if newest == date && how == How::Add => before.saturating_add(count),
        _ => count,
    };
    Some(json!({"date": date, "daily_stats": {"count": total}}))
}

fn printed(call: &Call, view: &View) -> Value {
    let entity = reference(&call.door, &call.base_url(), &Card::of(&view.record), false);
    let usage: Vec<Value> = view.field(FIELD).map(case::to_wire).into_iter().collect();
    json!({"entity": entity, "usage": usage})
}

async fn get(call: Call) -> OmResult<Answer> {
    let noun = noun(&call)?;
    let target = match params::name_in_path(&call.request, "fqn").0 {
        name if name.is_empty() => Ref::Id(call.kind(noun.kind), path_id(&call.request, "id", noun.entity_type)?),
        name => Ref::Name(call.kind(noun.kind), name),
    };
    let view = call.door.catalog.get(&call.caller, &target, States::Alive, &Depth::bare()).await?;
    ok(&printed(&call, &view))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_form() {
        assert!(is_date("2026-01-02"));
        for other in ["2026-1-2", "2026-13-02", "20260102", "2026-01-02T00:00:00Z", "today", ""] {
            assert!(!is_date(other), "{other}");
        }
    }

    #[test]
    fn the_newest_day_counts() {
        let first = counted(None, "2026-01-02", 3, How::Replace).expect("the first day");
        assert_eq!(first, json!({"date": "2026-01-02", "daily_stats": {"count": 3}}));
        assert_eq!(counted(Some(&first), "2026-01-01", 9, How::Replace), None);
        let added = counted(Some(&first), "2026-01-02", 4, How::Add).expect("the same day");
        assert_eq!(added["daily_stats"]["count"], 7);
        let replaced = counted(Some(&first), "2026-01-02", 4, How::Replace).expect("the same day");
        assert_eq!(replaced["daily_stats"]["count"], 4);
        assert_eq!(counted(Some(&first), "2026-01-03", 1, How::Add).expect("a new day")["daily_stats"]["count"], 1);
    }
}
