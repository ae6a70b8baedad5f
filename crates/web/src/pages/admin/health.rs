//! How the server is, for those who run it; and what the account holds, for whoever administers it.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::id::Millis;
use emporion_catalog::load::Depth;
use emporion_catalog::observation::PIPELINE_STATUS;
use emporion_catalog::query::{ListQuery, Order};
use emporion_catalog::reading::{Reading, SeenId};
use emporion_catalog::timestamp::DAY_MILLIS;
use emporion_edge::route::Route;
use http::Method;
use serde_json::{Value, json};

use super::frame::{Frame, admitted};
use crate::door::Door;
use crate::fault::Fault;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::pages::pipeline::runs;
use crate::pages::sources::{Freshness, Troubled};
use crate::records::address;
use crate::records::link::Link;
use crate::request::handlers::{back, change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit, answer};
use crate::text::moment::Moment;
use crate::text::plain::shown_prose;
use crate::text::shell_words::word;
use crate::text::size::size;
use crate::text::texts::Texts;

/// Sources that are named at once.
const MOST_SOURCES: usize = 50;
const HOUR_MILLIS: i64 = DAY_MILLIS / 24;
/// Pipelines that are looked at.
const MOST_PIPELINES: u32 = 500;
/// Kinds, of users whether they are programs, the words for it, and where they are listed.
const COUNTED: &[(&str, Option<bool>, &str, &str)] = &[
    ("user", Some(false), "count.people", "/admin/users"),
    ("user", Some(true), "count.programs", "/admin/users"),
    ("team", None, "count.teams", "/admin/teams"),
    ("data_product", None, "count.products", "/products"),
    ("domain", None, "count.domains", "/domains"),
    ("table", None, "count.tables", "/sources"),
];

#[derive(Template)]
#[template(path = "admin/health.html")]
struct Page {
    p: Shell,
    frame: Frame,
    /// `None` for who does not run the server.
    server: Option<Server>,
    sources: Troubles<Freshness>,
    held: Vec<(String, &'static str)>,
    /// Pipelines whose last run failed, and how many of how many.
    pipelines: Troubles<Moment>,
    /// What takes a backup.
    command: String,
    backup: Option<Backup>,
}

struct Server {
    facts: Vec<(String, String)>,
    followers: Vec<Follower>,
    is_well: bool,
    /// When the last backup was taken, and how large it is.
    last_backup: Option<(Moment, String)>,
    /// How often they are taken, as far as the last two tell.
    backups_every: Option<String>,
    /// Path, token and how often, of paths that are to go away.
    deprecated: Vec<(String, String, String)>,
}

struct Follower {
    name: String,
    position: String,
    lag: String,
    state: String,
    is_well: bool,
}

/// Sources that are not as fresh as they should be; or pipelines.
struct Troubles<T> {
    shown: Vec<(Link, T)>,
    rest: Option<Rest>,
    /// Of how many, where all of them were looked at.
    rendered: String,
}

/// One that was begun from here.
struct Backup {
    id: String,
    rendered: String,
    is_done: bool,
}

pub fn routes() -> Vec<Route<Door>> {
    let back = back("/admin/backups", "admin_backups", |_| "/admin".to_owned());
    vec![page("/admin", "admin", show), change("/admin/backups", "take_backup", take), back]
}

async fn show(visit: Arc<Visit>) -> Shown {
    let (p, frame) = admitted(&visit, "health")?;
    let server = match visit.of_management(Method::GET, "/status", None).await? {
        Ok(reply) => Some(server(&visit, &reply)),
        Err(refusal) if refusal.status == 403 => None,
        Err(refusal) => return Err(refusal.into()),
    };
    let reading = visit.reading().await?;
    let mut held = Vec::new();
    for (kind, is_bot, key, at) in COUNTED {
        let mut query = ListQuery::of(reading.account(), reading.catalog().kind(kind));
        query.fields.extend(is_bot.map(|is_bot| ("is_bot", Value::Bool(is_bot))));
        held.push((visit.t.count(key, reading.count(query).await?), *at));
    }
    let sources = sources(&visit, &reading).await?;
    let pipelines = pipelines(&visit, &reading).await?;
    drop(reading);
    let backup = match visit.query("backup") {
        id if id.is_empty() || server.is_none() => None,
        id => Some(backup(&visit, id).await?),
    };
    let url = visit.door.base_url(&visit.request);
    // Whoever puts the line into a crontab gets a file of each day: one that is there is not written over.
    let file = "emporion-backup-$(date -I).tar";
    let command = format!("EMPORION_TOKEN=… emporion backup --url {} --to {file} --with-keys", word(&url));
    answer(&Page { p, frame, server, sources, pipelines, held, command, backup })
}

async fn sources(visit: &Visit, reading: &Reading<'_>) -> Result<Troubles<Freshness>, Fault> {
    let Troubled { sources: mut shown, looked_at, is_partial } = Troubled::of(visit, reading).await?;
    let all = shown.len();
    shown.truncate(MOST_SOURCES);
    let rest = Rest::of_all(visit.t, shown.len(), all);
    let number = visit.t.count("count.sources", looked_at);
    let rendered = if is_partial { "admin.sources_looked_at_first" } else { "admin.sources_looked_at" };
    Ok(Troubles {
        rest: rest.map(|rest| rest.by(visit.t, "rest.sources", "/sources".to_owned())),
        rendered: visit.t.with(rendered, &[("number", &number), ("troubled", &visit.t.number(all as u64))]),
        shown,
    })
}

/// Those of the newest pipelines whose last run failed, as the first page tells their owners.
async fn pipelines(visit: &Visit, reading: &Reading<'_>) -> Result<Troubles<Moment>, Fault> {
    let kind = reading.catalog().kind("pipeline");
    let query = ListQuery {
        order: Order::Updated,
        descending: true,
        limit: MOST_PIPELINES,
        ..ListQuery::of(reading.account(), kind)
    };
    let page = reading.first(query, &Depth::bare()).await?;
    let seen: Vec<SeenId> = page.views.iter().map(SeenId::from).collect();
    let newest = reading.newest_observations(&seen, &[PIPELINE_STATUS]).await?;
    let failed = newest.iter().filter(|run| runs::has_failed(&run.value));
    let shown = failed.filter_map(|run| {
        let view = page.views.iter().find(|view| view.id() == run.record)?;
        Some((Link::of_record(&view.record), visit.moment(run.at)))
    });
    let mut shown: Vec<(Link, Moment)> = shown.collect();
    let all = shown.len();
    shown.truncate(MOST_SOURCES);
    let rest = Rest::of_all(visit.t, shown.len(), all);
    let number = visit.t.count("count.pipelines", page.views.len());
    let rendered = if page.more { "admin.sources_looked_at_first" } else { "admin.sources_looked_at" };
    Ok(Troubles {
        rest: rest.map(|rest| rest.by(visit.t, "rest.pipelines", "/search?q=kind%3Apipeline".to_owned())),
        rendered: visit.t.with(rendered, &[("number", &number), ("troubled", &visit.t.number(all as u64))]),
        shown,
    })
}

fn server(visit: &Visit, reply: &Value) -> Server {
    let t = visit.t;
    let number = |value: &Value| t.number(value.as_u64().unwrap_or(0));
    let index = match reply["index"]["building"] == true {
        true => t.with("admin.index_building", &[("position", &number(&reply["index"]["position"]))]),
        false => t.with("admin.index_at", &[("position", &number(&reply["index"]["position"]))]),
    };
    let facts = vec![
        (t.say("admin.version"), shown_prose(reply["version"].as_str().unwrap_or_default())),
        (t.say("admin.log"), number(&reply["logHead"])),
        (t.say("admin.store"), size(t, reply["storeBytes"].as_u64().unwrap_or(0))),
        (t.say("admin.store_log"), size(t, reply["storeLogBytes"].as_u64().unwrap_or(0))),
        (t.say("admin.index"), index),
        (t.say("admin.memory"), size(t, reply["memoryBytes"].as_u64().unwrap_or(0))),
    ];
    let follower = |one: &Value| {
        let failures = one["failures"].as_u64().unwrap_or(0);
        Follower {
            name: shown_prose(one["name"].as_str().unwrap_or_default()),
            position: number(&one["position"]),
            lag: number(&one["lag"]),
            state: if failures > 0 { t.count("admin.failures", failures) } else { t.say("admin.keeps_up") },
            is_well: failures == 0,
        }
    };
    let followers: Vec<Follower> = reply["followers"].as_array().into_iter().flatten().map(follower).collect();
    let last = &reply["lastBackup"];
    let last_backup =
        last["at"].as_i64().map(|at| (visit.moment(Millis(at)), size(t, last["bytes"].as_u64().unwrap_or(0))));
    let backups_every = apart(last).and_then(|apart| every(t, apart));
    let text = |value: &Value| shown_prose(value.as_str().unwrap_or_default());
    let called = |one: &Value| (text(&one["path"]), text(&one["token"]), number(&one["calls"]));
    let deprecated = reply["deprecatedCalls"].as_array().into_iter().flatten().map(called).collect();
    Server {
        is_well: followers.iter().all(|one| one.is_well),
        facts,
        followers,
        last_backup,
        backups_every,
        deprecated,
    }
}

/// How long there was between the last two backups, in milliseconds.
fn apart(last: &Value) -> Option<i64> {
    Some(last["at"].as_i64()? - last["before"].as_i64()?)
}

/// The same as how often they are taken, in whole hours or days; `None` where somebody took both at about the same time.
fn every(t: Texts, apart: i64) -> Option<String> {
    let whole = |unit: i64| (apart + unit / 2) / unit;
    match (whole(DAY_MILLIS), whole(HOUR_MILLIS)) {
        (days, hours) if hours >= 20 => Some(t.count("count.every_days", days)),
        (_, hours) if hours >= 1 => Some(t.count("count.every_hours", hours)),
        _ => None,
    }
}

async fn backup(visit: &Visit, id: String) -> Result<Backup, Fault> {
    let reply = visit.of_management(Method::GET, &format!("/backups/{}", address::segment(&id)), None).await?;
    let t = visit.t;
    Ok(match reply {
        Ok(reply) if reply["state"] == "finished" => {
            let bytes = size(t, reply["bytes"].as_u64().unwrap_or(0));
            Backup { id, rendered: t.with("admin.backup_done", &[("size", &bytes)]), is_done: true }
        }
        Ok(reply) if reply["state"] == "failed" => {
            Backup { id, rendered: shown_prose(reply["error"].as_str().unwrap_or_default()), is_done: false }
        }
        Ok(_) => Backup { id, rendered: t.say("admin.backup_running"), is_done: false },
        Err(_) => Backup { id, rendered: t.say("admin.backup_gone"), is_done: false },
    })
}

async fn take(visit: Arc<Visit>) -> Shown {
    admitted(&visit, "health")?;
    let reply = visit.of_management(Method::POST, "/backups", Some(&json!({}))).await??;
    let id = reply["id"].as_str().unwrap_or_default();
    Ok(headers::see_other(&address::with_query("/admin", &[("backup", id)])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_backups_are_taken_is_told_by_the_last_two() {
        let t = Texts::by_code("en").expect("English");
        let said = |minutes: i64| every(t, minutes * 60_000);
        assert_eq!([said(24 * 60 + 7), said(22 * 60)].map(Option::unwrap), ["every day"; 2]);
        assert_eq!(
            [said(7 * 24 * 60), said(58), said(6 * 60)].map(Option::unwrap),
            ["every 7 days", "every hour", "every 6 hours"]
        );
        assert_eq!([said(12), said(-90)], [None, None], "nobody takes them so often");
        assert_eq!((apart(&json!({"at": 9, "before": 4})), apart(&json!({"at": 9}))), (Some(5), None));
    }
}
