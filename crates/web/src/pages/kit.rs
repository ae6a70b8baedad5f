//! `/_kit`: every component in each of its states, for those who work on the pages. It is there with `serve --dev` alone.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::id::{Millis, RecordId};
use emporion_edge::route::Route;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::chart::{self, Chart};
use crate::door::Door;
use crate::figures::Column;
use crate::head::Label;
use crate::icon::Icon;
use crate::link::Link;
use crate::model::Model;
use crate::model_picture::ModelPicture;
use crate::moment::Moment;
use crate::pages::product::turn::Turn;
use crate::people::Person;
use crate::shell::Shell;
use crate::visit::{Shown, Visit, answer, page};

const LONG: &str = "a_name_that_is_so_long_that_it_must_be_broken_somewhere_and_read_in_full_all_the_same";

#[derive(Template)]
#[template(path = "kit.html")]
struct Kit {
    p: Shell,
    icons: Vec<(&'static str, Icon)>,
    people: Vec<Person>,
    links: Vec<Link>,
    labels: Vec<Label>,
    moments: Vec<Moment>,
    faults: Vec<String>,
    charts: Vec<(&'static str, Option<Chart>)>,
    model: Option<ModelPicture>,
    turns: Vec<Turn>,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page("/_kit", "kit", show)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    let mut p = visit.shell("").below("_kit", None);
    // Both looks have an address.
    match visit.query("theme").as_str() {
        "light" => p.theme = Some("light"),
        "dark" => p.theme = Some("dark"),
        _ => {}
    }
    let icons =
        ["home", "product", "domain", "service", "database", "schema", "table", "column", "pipeline", "glossary"];
    let more =
        ["term", "person", "team", "other", "search", "check", "lock", "warning", "edit", "plus", "key", "arrow"];
    let person = |name: &str, hue: u8, is_team: bool| Person {
        name: name.to_owned(),
        initials: name.chars().take(2).collect::<String>().to_uppercase(),
        hue,
        address: "/_kit".to_owned(),
        is_team,
    };
    let link = |name: &str, icon| Link { icon: Icon(icon), name: name.to_owned(), address: Some("/_kit".to_owned()) };
    let label = |name: &str, is_term: bool| Label {
        id: RecordId::fresh(),
        name: name.to_owned(),
        fqn: name.to_owned(),
        address: is_term.then(|| "/_kit".to_owned()),
        is_term,
        is_proposed: name == LONG,
    };
    let ago = [0, 5 * 60_000, 3 * 3_600_000, 26 * 3_600_000, 90 * 86_400_000_i64];
    answer(&Kit {
        icons: icons.into_iter().chain(more).map(|name| (name, Icon(name))).collect(),
        people: (0..6)
            .map(|hue| person(["ada", "bo", "cy", "di", "ed", LONG][usize::from(hue)], hue, hue == 3))
            .collect(),
        links: vec![link("Orders", "table"), link(LONG, "product"), link("closed", "domain").closed()],
        labels: vec![label("Net sales", true), label("PII.Sensitive", false), label(LONG, false)],
        moments: ago.iter().map(|ago| visit.moment(Millis(visit.now.0 - ago))).collect(),
        faults: vec!["One thing is wrong.".to_owned(), LONG.to_owned()],
        charts: charts(&visit),
        model: ModelPicture::of(visit.t, &Model::of(&model())),
        turns: answers()
            .into_iter()
            .enumerate()
            .map(|(at, (question, told))| Answer::of(&visit, &format!("kit-{at}"), &told, &[question.to_owned()]))
            .map(|answer| Turn::of(&visit, "/_kit", "", true, answer))
            .collect(),
        p,
    })
}

fn charts(visit: &Visit) -> Vec<(&'static str, Option<Chart>)> {
    let columns = [Column {
        name: "n".into(),
        label: "Sales".into(),
        format: Some("#,##0".into()),
        unit: Some("EUR".into()),
        is_figure: true,
    }];
    let of = |mark: &str, place: &str, figure: &str, rows: Value| {
        let (ty, mut encoding) = (if mark == "bar" { "nominal" } else { "temporal" }, json!({}));
        encoding[place] = json!({"field": "g", "type": ty, "title": "Group"});
        encoding[figure] = json!({"field": "n", "type": "quantitative", "title": "Sales"});
        if rows[0]["s"].is_string() {
            encoding["color"] = json!({"field": "s", "type": "nominal"});
        }
        chart::of(visit.t, &json!({"mark": mark, "data": {"values": rows}, "encoding": encoding}), &columns)
    };
    let months = |series: &[&str]| -> Value {
        let one = |month: u32, at: usize, name: &str| json!({"g": format!("2026-{month:02}-01"), "s": name, "n": (month * 37 + at as u32 * 90) % 300});
        (1..=12).flat_map(|month| series.iter().enumerate().map(move |(at, name)| one(month, at, name))).collect()
    };
    vec![
        (
            "bars",
            of("bar", "y", "x", json!([{"g": "North", "n": 1200}, {"g": LONG, "n": 800}, {"g": "East", "n": null}])),
        ),
        ("below nothing", of("bar", "y", "x", json!([{"g": "North", "n": 120}, {"g": "South", "n": -80}]))),
        (
            "several bars",
            of(
                "bar",
                "y",
                "x",
                json!([{"g": "A", "s": "x", "n": 3}, {"g": "A", "s": "y", "n": 5}, {"g": "B", "s": "x", "n": 4}, {"g": "B", "s": "y", "n": 1}]),
            ),
        ),
        (
            "a line",
            of(
                "line",
                "x",
                "y",
                json!([{"g": "2026-01-01", "n": 3}, {"g": "2026-02-01", "n": null}, {"g": "2026-03-01", "n": 9}, {"g": "2026-04-01", "n": 5}]),
            ),
        ),
        ("five lines", of("line", "x", "y", months(&["a", "b", "c", "d", "e"]))),
    ]
}

fn model() -> Value {
    let dataset =
        |name: &str| json!({"name": name, "primary_key": ["id"], "fields": [{"name": "id", "expression": "id"}]});
    let link = |from: &str, to: &str| json!({"name": format!("{from}_{to}"), "from": from, "to": to});
    json!({"document": {"semantic_model": [{
        "datasets": [dataset("orders"), dataset("customers"), dataset("regions"), dataset(LONG)],
        "relationships": [link("orders", "customers"), link("customers", "regions"), link("orders", LONG)],
    }]}})
}

/// Questions, and every sort of answer to them.
fn answers() -> Vec<(&'static str, Value)> {
    let used = json!([{"words": "sales", "from": 0, "to": 5, "meaning": "Net sales"}]);
    vec![
        (
            "sales by region",
            json!({
                "status": "answered", "text": "Net sales by region: 2 rows.",
                "table": {"columns": [{"name": "r", "label": "Region"}, {"name": "n", "label": "Net sales", "unit": "EUR", "format": "#,##0"}],
                          "rows": [["North", 1200], [LONG, null]], "truncated": true},
                "interpretation": {"used": used, "assumptions": ["Took the order date."]},
                "sql": {"text": "SELECT 1", "parameters": [{"name": "p1", "value": "2026-01-01"}]},
                "provenance": {"method": "semantic_parse", "asOf": "2026-11-20T10:00:00Z"},
                "confidence": {"level": "medium", "reasons": ["The model was generated."]},
                "warnings": [{"message": "Something to know."}],
            }),
        ),
        (
            "sales for Georgia",
            json!({
                "status": "needs_clarification", "text": "Which Georgia do you mean?",
                "clarification": {"options": [{"id": "1", "label": "Georgia, a state"}, {"id": "2", "label": "Georgia, a country", "description": "of customers"}]},
            }),
        ),
        (
            "sales by happiness",
            json!({
                "status": "not_answerable", "reason": "unknown_terms", "text": "Nothing here is called “happiness”.",
                "unknownTerms": ["happiness"], "suggestions": ["Sales by region", "Sales by month"],
            }),
        ),
        ("sales in 2031", json!({"status": "executed_empty", "text": "No sales in 2031."})),
        (
            "what about returns?",
            json!({
                "status": "answered", "text": "Quoted from “policy.md”.", "provenance": {"method": "document_quote"},
                "quotes": [{"text": "Returns are taken for 30 days.", "name": "policy.md", "heading": "Returns", "page": 2}],
            }),
        ),
    ]
}
