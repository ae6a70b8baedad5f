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
use crate::text::clocks::Clocks;
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

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
    shown_as(&visit, 200, visit.t.clocks.name(), Vec::new())
}

fn shown_as(visit: &Visit, status: u16, zone: &str, faults: Vec<String>) -> Shown {
    let t = visit.t;
    let choice = |name: &str| Choice {
        value: name.to_owned(),
        name: name.replace('_', " "),
        is_chosen: name.eq_ignore_ascii_case(zone),
    };
    let mut zones: Vec<Choice> = Clocks::names().map(choice).collect();
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
    let texts = Texts::by_code(form.text("language")).map(|texts| texts.by_clocks(own.clocks));
    let clocks = match zone {
        "" => None,
        zone => match Clocks::by_name(zone) {
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
        let texts = texts.unwrap_or(own).by_clocks(clocks.unwrap_or(own.clocks));
        choosing::keep_texts(&visit, texts).await?;
        preferences::keep_language(&visit.request, &mut answer, texts.code());
        preferences::keep_clocks(&visit.request, &mut answer, texts.clocks);
    }
    Ok(answer)
}
