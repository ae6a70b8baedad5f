//! When a source is read by itself, for those who may ingest it: what is said, what came of it, another time.

use std::sync::Arc;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::record::View;
use emporion_edge::route::Route;
use http::Method;
use serde_json::{Value, json};

use super::recurrence::{CHOICES, Recurrence};
use super::run::{self, State};
use super::{connection, runs};
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::bound::Bound;
use crate::forms::confirmation::{Confirmation, Removal};
use crate::records::record::{Here, RecordPage, back, change};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

#[derive(Template)]
#[template(path = "parts/schedule.html")]
pub struct Schedule {
    t: Texts,
    bound: Bound,
    at: String,
    /// What stands in the form.
    form: Recurrence,
    choices: Vec<(&'static str, String)>,
    weekdays: Vec<(usize, String)>,
    rendered: Option<PresentSchedule>,
    fault: Option<String>,
}

impl HtmlSafe for Schedule {}

/// What holds now.
struct PresentSchedule {
    cron: String,
    /// The same in words.
    times: Option<String>,
    by: String,
    set_at: Moment,
    next: Option<String>,
    /// Since when, and why, it is read no more.
    stopped: Option<(Moment, String)>,
    last: Option<Last>,
}

struct Last {
    at: Moment,
    address: String,
    state: State,
    error: String,
}

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    let back = back(page, "schedule", "service_schedule", "runs");
    vec![change(page, "schedule", "schedule_service", move |visit, view| sent(page, visit, view)), back]
}

/// Of a source that can be read from here. `refused` is what was sent and why it was not taken.
pub async fn of(visit: &Visit, view: &View, refused: Option<(Recurrence, String)>) -> Result<Schedule, Fault> {
    let reply = visit.of_management(Method::GET, &path(view), None).await??;
    Ok(Schedule::of_reply(visit, (&address::of_record(&view.record), view.id()), &reply, refused))
}

impl Schedule {
    /// Of what the door tells of the source at this address.
    pub fn of_reply(
        visit: &Visit,
        (at, of): (&str, RecordId),
        reply: &Value,
        refused: Option<(Recurrence, String)>,
    ) -> Schedule {
        let moment = |value: &Value| value.as_i64().map(|at| visit.moment(Millis(at)));
        let present = reply["cron"].as_str().map(Recurrence::of);
        let rendered = reply["cron"].as_str().map(|cron| PresentSchedule {
            cron: cron.to_owned(),
            times: present.as_ref().and_then(|present| present.rendered(visit.t)),
            by: shown(reply["by"].as_str().unwrap_or_default()),
            set_at: visit.moment(Millis(reply["setAt"].as_i64().unwrap_or_default())),
            next: reply["next"].as_i64().map(|next| {
                let zone = present.as_ref().map_or("UTC", |present| &present.zone);
                Moment::in_zone(Millis(next), visit.now, zone, visit.t).exact
            }),
            stopped: moment(&reply["stopped"]["at"]).map(|at| {
                let why = reply["stopped"]["why"].as_str().unwrap_or_default();
                (at, shown(&visit.t.translated(why)))
            }),
            last: moment(&reply["last"]["at"]).map(|moment| Last {
                at: moment,
                address: format!("{at}/runs/{}", address::segment(reply["last"]["id"].as_str().unwrap_or_default())),
                state: run::state(visit.t, reply["last"]["state"].as_str().unwrap_or_default()),
                error: shown(&visit.t.translated(reply["last"]["error"].as_str().unwrap_or_default())),
            }),
        });
        let (form, fault) = match refused {
            Some((form, fault)) => (form, Some(fault)),
            None => (present.unwrap_or_else(|| Recurrence::usual(visit.t.clocks.name())), None),
        };
        let choices = CHOICES.map(|choice| (choice, visit.t.say(&format!("schedule.every.{choice}"))));
        Schedule {
            t: visit.t,
            bound: visit.bound_to(of),
            at: format!("{at}/schedule"),
            form,
            choices: choices.into(),
            weekdays: (1..=7).map(|day| (day, visit.t.say(&format!("weekday.{day}")))).collect(),
            rendered,
            fault,
        }
    }
}

fn path(view: &View) -> String {
    format!("/sources/{}/schedule", address::segment(&view.record.name))
}

async fn sent(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    connection::ask(&visit, &view).await?;
    let form = visit.form();
    let sent = Recurrence::sent(&form);
    if form.text("do") == "remove" {
        let reply = visit.of_management(Method::GET, &path(&view), None).await??;
        let cron = reply["cron"].as_str().unwrap_or_default();
        let times = Recurrence::of(cron).rendered(visit.t).unwrap_or_else(|| shown(cron));
        let values = [("name", &*naming::rendered_of(&view.record)), ("times", &*times)];
        let gone = vec![Removal { id: "schedule".to_owned(), rendered: visit.t.with("leaving.schedule", &values) }];
        let reading = visit.reading().await?;
        let here = Here { page, visit: &visit, reading: &reading, view: &view };
        let at = here.address();
        let places = (&*format!("{at}/schedule"), address::with_query(&at, &[("tab", "runs")]));
        let asked = Confirmation::unless_shown(here.shell(), &form, &gone, "leaving.remove_schedule", places);
        if let Some(asked) = asked.filter(|_| !times.is_empty()) {
            return asked.shown();
        }
    }
    let refused = match (form.text("do"), sent.expression(visit.t)) {
        ("remove", _) => visit.of_management(Method::DELETE, &path(&view), None).await?.err(),
        (_, Ok(cron)) => visit.of_management(Method::PUT, &path(&view), Some(&json!({"cron": cron}))).await?.err(),
        (_, Err(fault)) => return not_taken((page, &visit, &view), 400, (sent, fault)).await,
    };
    match refused {
        None => {
            let at = address::of_record(&view.record);
            Ok(headers::see_other(&address::with_query(&at, &[("tab", "runs")])))
        }
        Some(refusal) => {
            let (status, rendered) = refusal.in_form(visit.t)?;
            not_taken((page, &visit, &view), status, (sent, rendered.join(" "))).await
        }
    }
}

/// The page with what was sent, and why it was not taken.
async fn not_taken(
    (page, visit, view): (&'static RecordPage, &Arc<Visit>, &View),
    status: u16,
    refused: (Recurrence, String),
) -> Shown {
    let reading = visit.reading().await?;
    runs::with_refused_schedule(Here { page, visit, reading: &reading, view }, status, refused).await
}
