//! Usage: how often something was asked for on a day. The newest day is shown.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, Ref};
use emporion_catalog::id::Millis;
use emporion_catalog::load::Depth;
use emporion_catalog::observation;
use emporion_catalog::query::States;
use emporion_catalog::record::{Card, Record};
use emporion_catalog::timestamp;
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
    let noun =
        call.door.noun_of_type(name).filter(|noun| call.kind(noun.kind).series(observation::USAGE.name()).is_some());
    noun.ok_or_else(|| OmError::bad_request(format!("Usage is not kept for entities of type {name}")))
}

async fn write(call: Call, how: How) -> OmResult<Answer> {
    let body = call.body(&COUNT)?;
    let noun = noun(&call)?;
    let target = Ref::Id(call.kind(noun.kind), path_id(&call.request, "id", noun.entity_type)?);
    let date = body.get("date").and_then(Value::as_str).unwrap_or("").to_owned();
    let count = body.get("count").and_then(Value::as_u64).unwrap_or(0);
    let command = change(target, move |_| {
        let mut draft = Draft::default();
        let date = date.clone();
        let day = Millis(timestamp::parse(&format!("{date}T00:00:00Z")).unwrap_or_default());
        draft.observe_from(observation::USAGE, day, Arc::new(move |known| Ok(Some(counted(known, &date, count, how)))));
        Ok(draft)
    });
    let outcome = carry_out(&call, &command, Action::EditAll).await?;
    ok(&printed(&call, &outcome.view.record).await?)
}

/// A day after a count.
fn counted(known: Option<&Value>, date: &str, count: u64, how: How) -> Value {
    let before = known.and_then(|known| known.pointer("/daily_stats/count")?.as_u64());
    let total = match how {
        How::Add => before.unwrap_or(0).saturating_add(count),
        How::Replace => count,
    };
    json!({"date": date, "daily_stats": {"count": total}})
}

async fn printed(call: &Call, record: &Record) -> OmResult<Value> {
    let entity = reference(&call.door, &call.base_url(), &Card::of(record), false);
    let snapshot = call.door.catalog.snapshot().await?;
    let newest = snapshot.newest_observations(record.account, &[record.id], &[observation::USAGE]).await?;
    let usage: Vec<Value> = newest.into_iter().map(|day| case::to_wire(&day.value)).collect();
    Ok(json!({"entity": entity, "usage": usage}))
}

async fn get(call: Call) -> OmResult<Answer> {
    let noun = noun(&call)?;
    let target = match params::name_in_path(&call.request, "fqn").0 {
        name if name.is_empty() => Ref::Id(call.kind(noun.kind), path_id(&call.request, "id", noun.entity_type)?),
        name => Ref::Name(call.kind(noun.kind), name),
    };
    let view = call.door.catalog.get(&call.caller, &target, States::Alive, &Depth::bare()).await?;
    ok(&printed(&call, &view.record).await?)
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
    fn counts_of_a_day_are_replaced_or_added() {
        let first = counted(None, "2026-01-02", 3, How::Add);
        assert_eq!(first, json!({"date": "2026-01-02", "daily_stats": {"count": 3}}));
        assert_eq!(counted(Some(&first), "2026-01-02", 4, How::Add)["daily_stats"]["count"], 7);
        assert_eq!(counted(Some(&first), "2026-01-02", 4, How::Replace)["daily_stats"]["count"], 4);
    }
}
