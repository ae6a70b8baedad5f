//! Questions, and what comes of them.

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_edge::timestamp;
use emporion_products::chat::answer;
use emporion_products::chat::review::{Chosen, RatedAnswer, Unanswered, WRONG};
use emporion_web::access::condition::Condition;
use emporion_web::answers::answer::Answer;
use emporion_web::layout::shell::Shell;
use emporion_web::pages::ask::{AskBox, Choice};
use emporion_web::pages::product::activity::Line;
use emporion_web::pages::product::coming::{Coming, Done};
use emporion_web::pages::product::turn::{RefusedBound, Threads, Turn};
use emporion_web::products::askable::Example;
use emporion_web::request::visit::Visit;
use serde_json::{Value, json};

use crate::part::{Part, State};
use crate::pictures;
use crate::samples::{AT, LINE, LONG, link};

pub const PARTS: &[Part] = &[
    Part { name: "answer", states: answer },
    Part { name: "ask_box", states: ask_box },
    Part { name: "askable", states: askable },
    Part { name: "asked", states: asked },
    Part { name: "coming", states: coming },
    Part { name: "threads", states: threads },
];

/// When something was asked, as doors say it.
const THEN: &str = "2026-11-20T10:00:00Z";

/// A question, and what the door answers.
fn turn(visit: &Visit, (question, reported): (&str, Value)) -> Turn {
    let reported = answer::Answer::parse(&reported).expect("an answer");
    Turn::of(visit, (AT, RecordId::fresh()), "1", true, Answer::of(visit, "kit", &reported, &[question.to_owned()]))
}

fn answer(visit: &Visit) -> Vec<State> {
    let reported = |reported| turn(visit, reported);
    let changed = |change: fn(&mut Turn)| {
        let mut turn = reported(figures());
        change(&mut turn);
        turn
    };
    let mut sourced = changed(|turn| turn.answer.rows_at = Some(AT.to_owned()));
    sourced.answer.sources = vec![link("orders", "table"), link(LONG, "table")];
    let mut filtered = reported(figures());
    filtered.filters = vec![Condition::yours(visit.t, "orders", "channel = 'web'")];
    let mut refused = reported(figures());
    refused.answer.is_figure = true;
    refused.refused = Some(RefusedBound {
        message: String::new(),
        is_below: true,
        threshold: "five hundred".to_owned(),
        faults: vec![visit.t.say("question.no_threshold")],
    });
    let mut states = vec![
        State::of("answered", &reported(figures())),
        State::of("answered, for who may not verify", &changed(|turn| turn.may_verify = false)),
        State::of("from tables, whose rows can be looked at", &sourced),
        State::of("rows that are not open any more", &changed(|turn| turn.answer.trouble = Some(LINE.to_owned()))),
        State::of("found helpful", &changed(|turn| turn.answer.rating = Some("helpful".to_owned()))),
        State::of("of rows that a filter leaves", &filtered),
        State::of("followed with what is no number", &refused),
        State::of("found wrong", &changed(|turn| turn.answer.rating = Some("wrong".to_owned()))),
    ];
    states.extend(others().into_iter().map(|(name, one)| State::of(name, &reported(one))));
    states
}

fn figures() -> (&'static str, Value) {
    let used = json!([{"words": "sales", "from": 0, "to": 5, "meaning": "Net sales"}]);
    let region = json!({"name": "r", "label": "Region"});
    let sales = json!({"name": "n", "label": "Net sales", "unit": "EUR", "format": "#,##0"});
    let answer = json!({
        "status": "answered",
        "text": "Net sales by region: 2 rows.",
        "table": {"columns": [region, sales], "rows": [["North", 1200], [LONG, null]], "truncated": true},
        "interpretation": {"used": used, "assumptions": ["Took the order date."]},
        "sql": {"text": "SELECT 1", "parameters": [{"name": "p1", "value": "2026-01-01"}]},
        "provenance": {"method": "semantic_parse", "asOf": THEN},
        "confidence": {"level": "medium", "reasons": ["The model was generated."]},
        "warnings": [{"message": "Something to know."}],
    });
    ("sales by region", answer)
}

/// What else an answer can be.
fn others() -> Vec<(&'static str, (&'static str, Value))> {
    let plain = |status: &str, text: &str| json!({"status": status, "text": text});
    let mut figure = plain("answered", "Net sales: 1,200 EUR.");
    figure["table"] = json!({"columns": [{"name": "n", "label": "Net sales"}], "rows": [[1200]]});
    figure["provenance"] = json!({"method": "verified_query"});
    let mut drawn = plain("answered", "Net sales by region: 2 rows.");
    drawn["table"] = json!({"columns": [{"name": "g", "label": "Region"}, {"name": "n", "label": "Net sales"}]});
    drawn["table"]["rows"] = json!([["North", 1200], ["East", 800]]);
    drawn["chart"]["spec"] = pictures::charts().swap_remove(0).1;
    let mut turned = plain("answered", "Net sales by region: שלום (12), North (5).");
    turned["table"] = json!({"columns": [{"name": "g", "label": "Region"}, {"name": "n", "label": "Net sales"}]});
    turned["table"]["rows"] = json!([["שלום", 12], ["North", 5]]);
    let mut quoted = plain("answered", "Quoted from “policy.md”.");
    quoted["provenance"] = json!({"method": "document_quote"});
    quoted["quotes"] = json!([
        {"text": "Returns are taken for 30 days.", "name": "policy.md", "heading": "Returns", "page": 2},
        {"name": LONG},
    ]);
    let mut asked_back = plain("needs_clarification", "Which Georgia do you mean?");
    asked_back["clarification"]["options"] = json!([
        {"id": "1", "label": "Georgia, a state"},
        {"id": "2", "label": LONG, "description": "of customers"},
    ]);
    let mut unknown = plain("not_answerable", "Nothing here is called “happiness”.");
    unknown["reason"] = "unknown_terms".into();
    unknown["unknownTerms"] = json!(["happiness"]);
    unknown["suggestions"] = json!(["Sales by region", LONG]);
    let mut unmarked = plain("not_answerable", "");
    unmarked["reason"] = "unknown_terms".into();
    unmarked["unknownTerms"] = json!(["selling", LONG]);
    vec![
        ("one figure", ("sales", figure)),
        ("drawn, too", ("sales by region", drawn)),
        ("a value from right to left", ("sales by region", turned)),
        ("quoted", ("what about returns?", quoted)),
        ("no row fits", ("sales in 2031", plain("executed_empty", "No sales in 2031."))),
        ("asked back", ("sales for Georgia", asked_back)),
        ("a word is not known", ("sales by happiness", unknown)),
        ("a word that is not in the question is not known", ("what sells best?", unmarked)),
        ("refused", ("salaries", plain("refused", "The rows of salaries are not lent to this product."))),
        ("failed", (LONG, plain("failed", LONG))),
    ]
}

fn ask_box(visit: &Visit) -> Vec<State> {
    let example = |question: &str| {
        let (question, product, address) = (question.to_owned(), "Orders".to_owned(), AT.to_owned());
        Example { question, product, address }
    };
    let of = |question: &str, examples| AskBox::with(visit, question.to_owned(), examples);
    vec![
        State::of("without examples", &of("", Vec::new())),
        State::of("with examples", &of("", vec![example("sales by region"), example(LONG)])),
        State::of("asked", &of("sales by happiness", Vec::new())),
    ]
}

#[derive(Template)]
#[template(path = "parts/askable.html")]
struct Askables<'a> {
    p: &'a Shell,
    choices: Vec<Choice>,
    question: &'static str,
    is_unknown: bool,
}

fn askable(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let choice = |name: &str| Choice {
        link: link(name, "product"),
        name: name.to_owned(),
        line: String::new(),
        names: Vec::new(),
        is_whole: false,
        form: format!("{AT}/ask"),
        of: RecordId::fresh(),
    };
    let knowing = |name: &str, is_whole| {
        let names = vec!["Net sales".to_owned(), "Region".to_owned()];
        Choice { line: LINE.to_owned(), names, is_whole, ..choice(name) }
    };
    let of = |choices, question, is_unknown| Askables { p, choices, question, is_unknown };
    vec![
        State::of("nothing is asked yet", &of(vec![choice("Orders"), choice(LONG)], "", false)),
        State::of("who knows it", &of(vec![knowing("Orders", true), knowing(LONG, false)], "sales by region", false)),
        State::of("nobody knows it", &of(vec![choice("Orders")], "happiness", true)),
    ]
}

#[derive(Template)]
#[template(path = "parts/asked.html")]
struct Asked {
    lines: Vec<Line>,
}

fn asked(visit: &Visit) -> Vec<State> {
    let id = RecordId::fresh();
    let then = timestamp::parse(THEN).unwrap_or_default();
    let unanswered = Unanswered {
        id: id.uuid(),
        reason: "unknown_terms".to_owned(),
        terms: vec!["happiness".to_owned()],
        question: "sales by happiness".to_owned(),
        examples: Vec::new(),
        count: 3,
        first_ms: then,
        last_ms: then,
    };
    let wrong = RatedAnswer {
        message: id,
        question: LONG.to_owned(),
        rating: Some(WRONG.to_owned()),
        comment: Some("Returns are in it.".to_owned()),
        rated_ms: then,
        asked_ms: then,
        status: None,
        method: None,
        verified_query: None,
        sql: None,
    };
    let chosen = Chosen {
        id: id.uuid(),
        words: "turnover".to_owned(),
        kind: "metric".to_owned(),
        target: "Net sales".to_owned(),
        count: 1,
        last_ms: then,
    };
    let of = |line| Asked { lines: vec![line] };
    vec![
        State::of("not answered", &of(Line::of_unanswered(visit, AT, &unanswered))),
        State::of("found wrong", &of(Line::of_wrong(visit, AT, &wrong))),
        State::of("taken for something", &of(Line::of_choice(visit, AT, &chosen))),
    ]
}

fn coming(visit: &Visit) -> Vec<State> {
    let t = visit.t;
    let begun = |reported| {
        let mut turn = turn(visit, reported);
        turn.answer.is_whole = false;
        turn
    };
    let nothing = || ("sales by region", json!({"status": "answered"}));
    let threads = Some(threads_told(visit, listed(), true));
    let done = Done { at: AT.to_owned(), thread: "1".to_owned(), threads };
    vec![
        State::of("it is read", &Coming::making(t, begun(nothing()), "reading")),
        State::of("the source is asked", &Coming::making(t, begun(nothing()), "asking")),
        State::of("some of it is there", &Coming::making(t, begun(figures()), "writing")),
        State::of("it is there", &Coming::done(t, turn(visit, figures()), done)),
        State::of("it was cut off", &Coming::failed(t, begun(nothing()), vec![t.say("ask.cut_off")])),
        State::of("none is made", &Coming::refused(t, vec![LONG.to_owned()])),
    ]
}

fn listed() -> Vec<&'static str> {
    vec!["sales by region", LONG]
}

/// Threads with these titles, in the first of which the visitor is.
fn threads_told(visit: &Visit, titles: Vec<&'static str>, is_in_first: bool) -> Threads {
    let then = timestamp::parse(THEN).expect("a timestamp");
    let listed = titles.into_iter().map(|title| (RecordId::fresh(), Some(title.to_owned()), then));
    let listed: Vec<_> = listed.collect();
    let here = listed.first().filter(|_| is_in_first).map(|(id, ..)| id.to_string()).unwrap_or_default();
    Threads::reported(visit, AT, &here, listed.into_iter())
}

fn threads(visit: &Visit) -> Vec<State> {
    vec![
        State::of("none", &threads_told(visit, Vec::new(), false)),
        State::of("before a new one", &threads_told(visit, listed(), false)),
        State::of("in one of them", &threads_told(visit, listed(), true)),
    ]
}
