//! What pages say when something went wrong, or is to be known; and what stands before all of them.

use askama::Template;
use emporion_catalog::problem::Problem;
use emporion_web::fault::Fault;
use emporion_web::fault::wording;
use emporion_web::fault::wording::FaultText;
use emporion_web::layout::parts::{self, HeadMeta};
use emporion_web::layout::shell::Shell;
use emporion_web::pages::product::warned::Warned;
use emporion_web::request::visit::Visit;

use crate::part::{Part, State};
use crate::samples::{AT, LONG};

pub const PARTS: &[Part] = &[
    Part { name: "behind", states: behind },
    Part { name: "faults", states: faults },
    Part { name: "look", states: look },
    Part { name: "told", states: reported },
    Part { name: "warned", states: warned },
];

#[derive(Template)]
#[template(path = "parts/behind.html")]
struct Behind {
    p: Shell,
    is_behind: bool,
}

fn behind(visit: &Visit) -> Vec<State> {
    let of = |is_behind| Behind { p: visit.shell(""), is_behind };
    vec![State::of("behind", &of(true)), State::of("up to date", &of(false))]
}

fn faults(visit: &Visit) -> Vec<State> {
    let one = visit.t.say("edit.no_revision");
    let state = |name, faults: &[String]| State::of(name, &parts::error_summary(faults));
    vec![
        state("none", &[]),
        state("one", std::slice::from_ref(&one)),
        state("several, and a long one", &[one.clone(), LONG.to_owned()]),
    ]
}

/// What nobody sees stands here as it is written.
#[derive(Template)]
#[template(source = r#"<pre class="copy"><code>{{ text }}</code></pre>"#, ext = "html")]
struct Written {
    text: String,
}

fn look(_: &Visit) -> Vec<State> {
    vec![State::of("in the head of every page", &Written { text: State::of("", &HeadMeta).html })]
}

#[derive(Template)]
#[template(path = "parts/told.html")]
struct Telling {
    reported: FaultText,
}

fn reported(visit: &Visit) -> Vec<State> {
    let of = |fault: Fault| Telling { reported: wording::reported(visit.t, &visit.request, &fault) };
    let candidates = vec!["shop.public.orders".to_owned(), LONG.to_owned()];
    vec![
        State::of("without more", &of(Fault::NoSuchPage)),
        State::of(
            "with what it is about",
            &of(Problem::Ambiguous { kind: "table", name: "orders".into(), candidates }.into()),
        ),
    ]
}

#[derive(Template)]
#[template(path = "parts/warned.html")]
struct Warning {
    one: Warned,
}

fn warned(visit: &Visit) -> Vec<State> {
    let t = visit.t;
    let of = |rendered: &str, way| Warning { one: Warned { code: "", rendered: rendered.to_owned(), way } };
    vec![
        State::of("to be known", &of("Something to know.", None)),
        State::of("to be mended", &of("Something to mend.", Some((t.say("warned.change"), AT.to_owned())))),
        State::of("a long name", &of(LONG, None)),
    ]
}
