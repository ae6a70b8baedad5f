//! Usage: how often something was asked for on a day. The newest day is shown.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, Ref};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::load::Depth;
use emporion_catalog::observation;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::{Card, Record};
use emporion_catalog::timestamp;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Value, json};

use crate::case;
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::noun::Noun;
use crate::operation::{Call, carry_out, change, forbidden, ok, reference, row};

const TAG: &str = "Usage";
/// Records that are read at a time.
const PAGE: u32 = 1_000;

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
    text.len() == 10 && !text.starts_with('-') && emporion_catalog::formats::is_date_time(text)
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
            summary: "Rank what was used on a day among all of its type".into(),
            ok: &[201],
            output: None,
            ..row(Method::POST, "/v1/usage/compute.percentile/{entity}/{date}", "computeUsagePercentile", TAG, rank)
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
    let noun = call
        .door
        .noun_of_type(name)
        .filter(|noun| call.kind(noun.kind_name).series(observation::USAGE.name()).is_some());
    noun.ok_or_else(|| OmError::bad_request(format!("Usage is not kept for entities of type {name}")))
}

async fn write(call: Call, how: How) -> OmResult<Answer> {
    let body = call.body(&COUNT)?;
    let noun = noun(&call)?;
    let target = call.target(noun)?;
    let date = body.get("date").and_then(Value::as_str).unwrap_or("").to_owned();
    let count = body.get("count").and_then(Value::as_u64).unwrap_or(0);
    let command = change(target, move |_| {
        let mut draft = Draft::default();
        let date = date.clone();
        draft.observe_from(
            observation::USAGE,
            day(&date),
            Arc::new(move |known| Ok(Some(counted(known, &date, count, how)))),
        );
        Ok(draft)
    });
    let outcome = carry_out(&call, &command, Action::EditAll).await?;
    ok(&printed(&call, &outcome.view.record).await?)
}

/// When a day begins.
fn day(date: &str) -> Millis {
    Millis(timestamp::parse(&format!("{date}T00:00:00Z")).unwrap_or_default())
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
    let entity = reference(&call.door, &call.base, &Card::of(record), false);
    let newest = call.reading().await?.newest_observations(&[record], &[observation::USAGE]).await?;
    let usage: Vec<Value> = newest.into_iter().map(|day| case::to_wire(&day.value)).collect();
    Ok(json!({"entity": entity, "usage": usage}))
}

/// Says of each record that was used on the day how many of a hundred others were used less.
///
/// Cost: every record of the kind is looked at, and each that was used that day is changed.
async fn rank(call: Call) -> OmResult<Answer> {
    let noun = noun(&call)?;
    let date = call.request.param("date").to_owned();
    if !is_date(&date) {
        return Err(OmError::violation("date", "must be a day as yyyy-MM-dd"));
    }
    if !call.caller.principal.is_trusted() {
        return Err(forbidden(&call, Action::EditAll, call.kind(noun.kind_name), None).into());
    }
    let day = day(&date);
    let mut list = ListQuery { limit: PAGE, ..ListQuery::of(call.caller.account(), call.kind(noun.kind_name)) };
    let reading = call.reading().await?;
    let mut used: Vec<(RecordId, u64)> = Vec::new();
    loop {
        let page = reading.list(list.clone(), &Depth::bare()).await?;
        list.after = page.views.last().map(|view| list.keyset(&view.record));
        let newest = reading.newest_observations(&page.views, &[observation::USAGE]).await?;
        used.extend(newest.iter().filter_map(|day| Some((day.record, count_on(&day.value, &date)?))));
        if !page.more {
            break;
        }
    }
    drop(reading);
    used.sort_unstable_by_key(|(_, count)| *count);
    for (id, count) in &used {
        let rank = percentile(used.partition_point(|(_, other)| other < count), used.len());
        let command = change(Ref::Id(call.kind(noun.kind_name), *id), move |_| {
            let mut draft = Draft::default();
            let ranked = move |known: Option<&Value>| {
                Ok(known.cloned().map(|mut known| {
                    known["daily_stats"]["percentile_rank"] = json!(rank);
                    known
                }))
            };
            draft.observe_from(observation::USAGE, day, Arc::new(ranked));
            Ok(draft)
        });
        match carry_out(&call, &command, Action::EditAll).await {
            Err(error) if error.status != 404 => return Err(error),
            _ => {}
        }
    }
    Ok(Answer::empty(201))
}

/// How often something was used on the day, if that is the newest day that is known.
fn count_on(summary: &Value, date: &str) -> Option<u64> {
    summary.pointer("/daily_stats/count").filter(|_| summary["date"] == date)?.as_u64()
}

/// How many of a hundred others were used less, with two decimals.
fn percentile(less: usize, all: usize) -> f64 {
    if all < 2 { 0.0 } else { (10_000.0 * less as f64 / (all - 1) as f64).round() / 100.0 }
}

async fn get(call: Call) -> OmResult<Answer> {
    let noun = noun(&call)?;
    let target = call.target(noun)?;
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
    fn a_percentile_tells_how_many_are_below() {
        assert_eq!([percentile(0, 1), percentile(0, 4), percentile(1, 4), percentile(3, 4)], [0.0, 0.0, 33.33, 100.0]);
        let summary = json!({"date": "2026-01-02", "daily_stats": {"count": 3}});
        assert_eq!((count_on(&summary, "2026-01-02"), count_on(&summary, "2026-01-03")), (Some(3), None));
    }

    #[test]
    fn counts_of_a_day_are_replaced_or_added() {
        let first = counted(None, "2026-01-02", 3, How::Add);
        assert_eq!(first, json!({"date": "2026-01-02", "daily_stats": {"count": 3}}));
        assert_eq!(counted(Some(&first), "2026-01-02", 4, How::Add)["daily_stats"]["count"], 7);
        assert_eq!(counted(Some(&first), "2026-01-02", 4, How::Replace)["daily_stats"]["count"], 4);
    }
}
