//! People, and what they ask for: faces, owners, requests, what waits for somebody, what somebody may do and why.

use askama::Template;
use emporion_web::access::access_paths::AccessPath;
use emporion_web::access::condition::Condition;
use emporion_web::access::simulator::{Answer, Found, Simulation};
use emporion_web::access::who_may::WhoMay;
use emporion_web::layout::icon::Icon;
use emporion_web::layout::shell::Shell;
use emporion_web::pages::home::waiting::{Group, Line, Waiting};
use emporion_web::pages::requests::{self, Row};
use emporion_web::records::head::Head;
use emporion_web::records::link::Link;
use emporion_web::records::naming::Suggested;
use emporion_web::records::people::Person;
use emporion_web::request::visit::Visit;

use crate::part::{Part, State};
use crate::samples::{AT, LINE, LONG, ago, bare_head, full_head, link, person, team, who_may};

pub const PARTS: &[Part] = &[
    Part { name: "owners", states: owners },
    Part { name: "person", states: faces },
    Part { name: "requests", states: requests },
    Part { name: "simulated", states: simulated },
    Part { name: "waiting", states: waiting },
    Part { name: "who_may", states: whoever_may },
];

fn whoever_may(visit: &Visit) -> Vec<State> {
    let nobody = WhoMay { rule: visit.t.say("fault.owners_may"), people: Vec::new(), asks: None };
    vec![State::of("named, and asked", &who_may(visit)), State::of("nobody is named", &nobody)]
}

fn owners(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let state = |name, owners| State::of(name, &p.owners(&Head { owners, ..bare_head(visit, "Orders") }));
    vec![
        state("nobody", Vec::new()),
        state("one", vec![person("Ann")]),
        state("in name only", vec![Person { is_in_name: true, ..person("Ann") }]),
        state("several", full_head(visit, "Orders").owners.into_iter().chain([person(LONG)]).collect()),
    ]
}

fn faces(_: &Visit) -> Vec<State> {
    let hues = ["one hue", "another", "a third", "a fourth", "a fifth", "the last"].into_iter().zip(0..);
    let mut states: Vec<State> = hues.map(|(name, hue)| State::of(name, &Person { hue, ..person("Ann") })).collect();
    states.extend([State::of("a team", &team("Sales")), State::of("a long name", &person(LONG))]);
    states
}

#[derive(Template)]
#[template(path = "parts/requests.html")]
struct Requests<'a> {
    p: &'a Shell,
    rows: Vec<Row>,
}

/// A request as the page says it that is open still.
fn request(visit: &Visit, state: &str, mood: &'static str) -> Row {
    let t = visit.t;
    Row {
        address: AT.to_owned(),
        requester: Some(person("Bo")),
        wants: t.say("request.wants.viewer"),
        product: Some(link("Orders", "product")),
        line: LINE.to_owned(),
        asked_at: visit.moment(ago(visit, 90)),
        at: visit.moment(ago(visit, 5)),
        state: requests::State { rendered: t.say(&format!("request.state.{state}")), mood },
        until: None,
    }
}

fn requests(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let of = |rows| Requests { p, rows };
    let row = |state, mood| request(visit, state, mood);
    let until = Some("2030-12-31".to_owned());
    let every = vec![
        Row { until: until.clone(), ..row("open", "") },
        Row { until, wants: visit.t.count("request.wants_rows", 2_usize), ..row("approved", "good") },
        row("rejected", "bad"),
        row("withdrawn", ""),
        row("ended", ""),
    ];
    let gone = Row { requester: None, product: None, line: String::new(), ..row("open", "") };
    let long = Row { requester: Some(person(LONG)), product: Some(link(LONG, "product")), ..row("open", "") };
    vec![
        State::of("one", &of(vec![row("open", "")])),
        State::of("what becomes of them", &of(every)),
        State::of("who asked is gone, and gave no reason", &of(vec![gone])),
        State::of("long names", &of(vec![long])),
    ]
}

#[derive(Template)]
#[template(
    source = r#"<h3 id="simulator">{{ p.t.text("access.simulator") }}</h3>{% include "parts/simulated.html" %}"#,
    ext = "html"
)]
struct Simulated<'a> {
    p: &'a Shell,
    simulation: Simulation,
}

fn simulated(visit: &Visit) -> Vec<State> {
    let (p, t) = (&visit.shell(""), visit.t);
    let of = |fault, found| {
        let (who, kind, what) = (String::new(), String::new(), String::new());
        let (kinds, people) = (Vec::new(), Suggested::default());
        Simulated { p, simulation: Simulation { who, kind, what, kinds, people, fault, found } }
    };
    let filter = || Condition::of(t, "orders", "region = 'EMEA' AND amount > 100");
    let way = |outcome: &str, is_open| AccessPath { name: t.say("ways.pages"), outcome: outcome.to_owned(), is_open };
    let found = |verdict, holds, answers: Vec<Answer>| {
        Some(Found {
            person: person("Bo"),
            link: link("Orders", "product"),
            kind: t.say("kind.data_product"),
            verdict,
            holds,
            ways: answers.iter().map(|one| way(&one.why, one.is_allowed)).collect(),
            filters: answers.iter().take(1).map(|_| ("orders".to_owned(), filter())).collect(),
            answers,
        })
    };
    let action =
        |action: &str, is_allowed, why: &str| Answer { action: action.to_owned(), is_allowed, why: why.to_owned() };
    let answers = vec![
        action("see it", true, "a rule of the catalogue"),
        action("change it", false, &t.say("admin.no_rule")),
        action("look at its rows", true, LONG),
    ];
    let verdict = vec![(t.say("admin.verdict_no_rows"), true), (t.say("admin.verdict_no_more"), false)];
    let holds = vec![t.say("person.admin"), LONG.to_owned()];
    vec![
        State::of("nothing was asked", &of(None, None)),
        State::of("who was named is not known", &of(Some(t.with("edit.unknown", &[("name", "nobody")])), None)),
        State::of("whoever may not sign in", &of(None, found(Vec::new(), vec![t.say("admin.disabled")], Vec::new()))),
        State::of("what he may do, and why", &of(None, found(verdict, holds, answers))),
    ]
}

#[derive(Template)]
#[template(path = "parts/waiting.html")]
struct Waits {
    p: Shell,
    waiting: Waiting,
    /// What the reader owns.
    own: Vec<Link>,
}

fn waiting(visit: &Visit) -> Vec<State> {
    let t = visit.t;
    let line = |name: &str, minutes| {
        let line = Line::new(Icon("table"), name.to_owned(), AT.to_owned(), t.count("waiting.rows", 2_usize));
        line.at(visit, ago(visit, minutes))
    };
    let group = |sort, lines| Group::of(visit, sort, lines);
    let of = |news: Option<&str>, requests, groups, is_partial| Waits {
        p: Shell { news: news.map(str::to_owned), ..visit.shell("") },
        waiting: Waiting { requests, groups, is_partial },
        own: vec![link("Orders", "product")],
    };
    let many = (0..8).map(|at| line(if at == 0 { LONG } else { "Orders" }, at * 300)).collect();
    let groups = vec![group("rows", vec![line("Orders", 5)]), group("runs", many)];
    vec![
        State::of("a request, and news", &of(Some("2"), vec![request(visit, "open", "")], Vec::new(), false)),
        State::of("lines of several sorts, of which some are folded", &of(None, Vec::new(), groups, true)),
        State::of("nothing", &of(None, Vec::new(), Vec::new(), false)),
        State::of("nothing of what was looked at", &of(None, Vec::new(), Vec::new(), true)),
        State::of(
            "nothing, for whom nothing can wait",
            &Waits { own: Vec::new(), ..of(None, Vec::new(), Vec::new(), false) },
        ),
    ]
}
