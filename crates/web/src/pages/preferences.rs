//! Where a reader says how he wants the pages, and what is sent to him: light or dark, in which language, by which clocks.

use std::sync::Arc;

use askama::Template;
use emporion_edge::route::Route;

use crate::door::Door;
use crate::following::choosing;
use crate::forms::choice::Choice;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::request::handlers::{change, page};
use crate::request::visit::{Shown, Visit};
use crate::request::{headers, preferences};
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;
use crate::text::time_zone::TimeZoneChoice;

const AT: &str = "/preferences";

#[derive(Template)]
#[template(path = "preferences.html")]
struct Page {
    p: Shell,
    zones: Vec<Choice>,
    /// What time it is by the clocks that are chosen.
    now: String,
    faults: Vec<String>,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page(AT, "preferences", show), change(AT, "set_preferences", set)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    shown_as(&visit, 200, visit.t.clocks.chosen().unwrap_or_default(), Vec::new())
}

fn shown_as(visit: &Visit, status: u16, zone: &str, faults: Vec<String>) -> Shown {
    let t = visit.t;
    let choice = |name: &str| Choice {
        value: name.to_owned(),
        name: name.replace('_', " "),
        is_chosen: name.eq_ignore_ascii_case(zone),
    };
    // Who has chosen none need not.
    let name = t.say("preferences.zone_open");
    let open = Choice { value: String::new(), name, is_chosen: zone.is_empty() };
    let mut zones: Vec<Choice> = t.clocks.chosen().is_none().then_some(open).into_iter().collect();
    zones.extend(TimeZoneChoice::names().map(choice));
    // One that has an older name.
    if let Some(own) = t.clocks.chosen().filter(|_| !zones.iter().any(|one| one.is_chosen)) {
        zones.push(Choice { is_chosen: true, ..choice(own) });
    }
    let page = Page {
        p: visit.shell("").below(t.say("preferences.title"), None),
        zones,
        now: t.with("preferences.now", &[("time", &Moment::of(visit.now, visit.now, t).exact)]),
        faults,
    };
    Ok(headers::page(status, &page))
}

async fn set(visit: Arc<Visit>) -> Shown {
    let form = visit.form();
    let (own, zone) = (visit.t, form.trimmed("zone"));
    let texts = Texts::by_code(form.text("language"));
    let clocks = match zone {
        "" => None,
        zone => match TimeZoneChoice::by_name(zone) {
            Some(clocks) => Some(clocks),
            None => {
                let fault = own.with("preferences.no_zone", &[("zone", &shown(zone))]);
                return shown_as(&visit, 400, zone, vec![fault]);
            }
        },
    };
    let next = address::of_this_origin(form.text("next")).unwrap_or("/");
    let mut answer = headers::see_other(next);
    preferences::keep_theme(&visit.request, &mut answer, form.text("theme"));
    if texts.is_some() || clocks.is_some() {
        choosing::keep_texts(&visit, texts, clocks).await?;
    }
    if let Some(texts) = texts {
        preferences::keep_language(&visit.request, &mut answer, texts.code());
    }
    if let Some(clocks) = clocks {
        preferences::keep_time_zone(&visit.request, &mut answer, clocks);
    }
    Ok(answer)
}
