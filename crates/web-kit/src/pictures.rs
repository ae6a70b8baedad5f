//! What is drawn: charts, models, lineage; and lineage as the tables below its picture.

use askama::Template;
use emporion_products::parts::semantic_models::read::SemanticModel;
use emporion_web::answers::chart;
use emporion_web::answers::figures::Column;
use emporion_web::layout::rest::Rest;
use emporion_web::lineage::picture::file::File;
use emporion_web::lineage::picture::{Line, Picture, Row as BoxRow, Spot, Thing};
use emporion_web::lineage::{Choice, Columns, Lineage, Narrowing, Row, Traced, Way};
use emporion_web::products::model::Model;
use emporion_web::products::model_picture::ModelPicture;
use emporion_web::records::column::{ColumnLink, Flow};
use emporion_web::request::visit::Visit;
use serde_json::{Value, json};

use crate::part::{Part, State};
use crate::samples::{AT, LONG, link};

pub const PARTS: &[Part] = &[
    Part { name: "chart", states: chart },
    Part { name: "lineage", states: lineage },
    Part { name: "model_picture", states: model_picture },
    Part { name: "picture", states: picture },
    Part { name: "picture_file", states: picture_file },
];

fn chart(visit: &Visit) -> Vec<State> {
    let one = |(name, spec)| Some(State::of(name, &chart::of(visit.t, &spec, &[sales()])?));
    charts().into_iter().filter_map(one).collect()
}

fn sales() -> Column {
    Column {
        name: "n".into(),
        label: "Sales".into(),
        format: Some("#,##0".into()),
        unit: Some("EUR".into()),
        is_figure: true,
        ..Column::default()
    }
}

/// As the door tells them.
pub fn charts() -> Vec<(&'static str, Value)> {
    let of = |mark: &str, rows: Value| {
        let (place, figure, ty) = if mark == "bar" { ("y", "x", "nominal") } else { ("x", "y", "temporal") };
        let mut encoding = json!({});
        encoding[place] = json!({"field": "g", "type": ty, "title": "Group"});
        encoding[figure] = json!({"field": "n", "type": "quantitative", "title": "Sales"});
        if rows[0]["s"].is_string() {
            encoding["color"] = json!({"field": "s", "type": "nominal"});
        }
        json!({"mark": mark, "title": "Sales by group", "data": {"values": rows}, "encoding": encoding})
    };
    let row = |group: &str, n: Value| json!({"g": group, "n": n});
    let beside = |group: &str, series: &str, n: usize| json!({"g": group, "s": series, "n": n});
    let month = |at: usize| format!("2026-{at:02}-01");
    let gap =
        [json!(3), json!(null), json!(9), json!(5)].into_iter().zip(1..).map(|(n, at)| row(&month(at), n)).collect();
    let series = ["a", "b", "c", "d", LONG];
    let many = (0..60).map(|at| beside(&month(1 + at / 5), series[at % 5], at * 37 % 300)).collect();
    let several = json!([beside("A", "x", 3), beside("A", "y", 5), beside("B", "x", 4), beside("B", "y", 1)]);
    vec![
        ("bars", of("bar", json!([row("North", json!(1200)), row(LONG, json!(800)), row("East", json!(null))]))),
        ("below nothing", of("bar", json!([row("North", json!(120)), row("South", json!(-80))]))),
        ("long figures", of("bar", json!([row("North", json!(1_234_567_890)), row("South", json!(-1_234_567_890))]))),
        ("several bars", of("bar", several)),
        ("a line with a gap", of("line", gap)),
        ("five lines", of("line", many)),
    ]
}

fn model_picture(visit: &Visit) -> Vec<State> {
    let fields = json!([{"name": "id", "expression": "id"}]);
    let dataset = |name: &str, keys: Value| json!({"name": name, "primary_key": keys, "fields": fields});
    let link = |from: &str, to: &str| json!({"name": format!("{from}_{to}"), "from": from, "to": to});
    let of = |datasets: Value, links: Value| {
        let document = json!({"semantic_model": [{"datasets": datasets, "relationships": links}]});
        let model = SemanticModel { document, ..SemanticModel::default() };
        ModelPicture::of(visit.t, &Model::of(visit.t, &model))
    };
    let apart = of(json!([dataset("orders", json!(["id"])), dataset("notes", json!([]))]), json!([]));
    let linked = of(
        json!([
            dataset("orders", json!(["id"])),
            dataset("customers", json!(["id"])),
            dataset("regions", json!(["country", "name"])),
            dataset(LONG, json!([LONG])),
        ]),
        json!([link("orders", "customers"), link("customers", "regions"), link("orders", LONG)]),
    );
    let states = [("nothing hangs together", apart), ("what hangs together", linked)];
    states.into_iter().filter_map(|(name, picture)| Some(State::of(name, &picture?))).collect()
}

const ORDERS: Option<Spot> = Some(Spot { thing: 2, row: None });

/// From a source to a product, beside one that is restricted; seen from one of them, where one is named.
fn drawn(visit: &Visit, focus: Option<Spot>) -> Picture {
    let thing = |name: &str, icon| Thing {
        link: link(name, icon),
        is_own: false,
        is_restricted: false,
        rows: Vec::new(),
        unfold: None,
    };
    let restricted = BoxRow::plain(visit.t.say("lineage.restricted"));
    let column = |name: &str| BoxRow {
        text: name.to_owned(),
        focus: Some((AT.to_owned(), visit.t.with("lineage.focus_on", &[("name", name)]))),
        is_chosen: focus.is_some_and(|focus| focus.row.is_some()) && name == "id",
    };
    let things = vec![
        Thing { rows: vec![column("id"), column(LONG)], ..thing("raw_orders", "table") },
        Thing { is_own: true, rows: vec![column("id")], ..thing("orders", "table") },
        Thing { unfold: Some(AT.to_owned()), ..thing("Orders", "product") },
        Thing {
            link: link("Salaries", "product").closed(),
            is_restricted: true,
            rows: vec![restricted],
            ..thing("", "product")
        },
        thing(LONG, "pipeline"),
    ];
    let line = |from, to, rows: Option<(usize, usize)>| Line { from, to, rows, is_unsure: rows.is_none() };
    let lines = [line(0, 1, Some((0, 0))), line(0, 4, None), line(1, 2, None), line(1, 3, None)];
    Picture::of(visit.t, things, &lines, focus)
}

fn picture(visit: &Visit) -> Vec<State> {
    vec![
        State::of("of all", &drawn(visit, None)),
        State::of("of the way of one, to be saved", &drawn(visit, ORDERS).with_file(Some(AT.to_owned()))),
        State::of("of the way of a column", &drawn(visit, Some(Spot { thing: 1, row: Some(0) }))),
    ]
}

#[derive(Template)]
#[template(
    source = r#"<div class="scroll" tabindex="0" role="group" aria-label="file">{{ text|safe }}</div>"#,
    ext = "html"
)]
struct Filed {
    text: String,
}

fn picture_file(visit: &Visit) -> Vec<State> {
    let filed = |picture: &Picture| {
        let file = File::of(picture, visit.t.with("lineage.file_title", &[("name", "orders")]), AT.to_owned());
        Filed { text: file.text().unwrap_or_default() }
    };
    vec![
        State::of("of all", &filed(&drawn(visit, None))),
        State::of("of the way of one", &filed(&drawn(visit, ORDERS))),
    ]
}

fn lineage(visit: &Visit) -> Vec<State> {
    let t = visit.t;
    let choice = |name: String, is_chosen| Choice { name, address: AT.to_owned(), is_chosen };
    let level = |(level, is_chosen)| choice(t.say(&format!("lineage.level.{level}")), is_chosen);
    let levels = || [("products", true), ("tables", false), ("columns", false)].map(level).into();
    let chosen = || vec![choice(t.with("lineage.unfolded", &[("name", LONG)]), true)];
    let column = |name: &str| ColumnLink { name: name.to_owned(), address: Some(AT.to_owned()) };
    let flows =
        |many: usize| (0..many).map(|_| Flow { from: vec![column("id"), column(LONG)], to: column("key") }).collect();
    let row = |name: &str, icon| Row {
        link: link(name, icon),
        kind: t.say("kind.table"),
        steps: t.count("lineage.steps", 2_usize),
        products: Vec::new(),
        restricted: Vec::new(),
        more_products: None,
        by: Vec::new(),
        columns: Vec::new(),
        more_columns: Columns::default(),
        focus: AT.to_owned(),
    };
    let up = |more| {
        let farther = Some((t.count("lineage.beyond", 3_usize), more));
        let made = Row {
            by: vec![link("nightly", "pipeline")],
            columns: flows(1),
            more_columns: Columns::reported(t, flows(30)),
            ..row("raw_orders", "table")
        };
        Way::reported(t, "up", vec![made, row(LONG, "table")], farther)
    };
    let down = |restricted| {
        let more_products = Some((t.count("lineage.more_products", 3_usize), Some(AT.to_owned())));
        let products = vec![link("Orders", "product")];
        let held = Row { products, restricted, more_products, ..row("sales", "table") };
        Way::reported(t, "down", vec![held], None).with_rest(Rest::of_all(t, 1, 12))
    };
    let nothing = || ["up", "down"].map(|key| Way::reported(t, key, Vec::new(), None));
    let hidden = vec![link("Salaries", "product").closed()];
    let whole = || Some(drawn(visit, None));
    let traced = || Traced {
        name: LONG.to_owned(),
        steps: vec![(column("id"), column(LONG)), (column(LONG), column("key"))],
        unsure: vec![(link("raw_orders", "table"), link(LONG, "table"))],
        left_off: Some(t.count("lineage.more_steps_of_path", 12_usize)),
    };
    let number = |number: u64| t.number(number);
    let left_off = t.with("lineage.nearest", &[("shown", &number(500)), ("all", &number(4_000))]);
    let narrowing = || Narrowing {
        address: AT.to_owned(),
        unseen: vec![("tab", "lineage".to_owned())],
        words: "orders".to_owned(),
        depths: [1, 4, 8].map(|depth: u32| (depth, t.count("lineage.depths", depth), depth == 4)).into(),
        sought: Some((t.count("lineage.sought", 12_usize), AT.to_owned())),
    };
    vec![
        State::of("nothing is known", &Lineage::reported(t, (Vec::new(), Vec::new()), (None, None), nothing(), false)),
        State::of(
            "both ways",
            &Lineage::reported(t, (levels(), Vec::new()), (whole(), None), [up(None), down(Vec::new())], false),
        ),
        State::of(
            "unfolded, restricted, cut",
            &Lineage::reported(t, (levels(), chosen()), (None, None), [up(Some(AT.to_owned())), down(hidden)], true)
                .with_narrowing(Some(narrowing())),
        ),
        State::of(
            "the path of a column",
            &Lineage::reported(t, (levels(), Vec::new()), (whole(), None), nothing(), false).with_path(Some(traced())),
        ),
        State::of(
            "too much to draw",
            &Lineage::reported(t, (levels(), Vec::new()), (whole(), Some(left_off)), nothing(), true),
        ),
    ]
}
