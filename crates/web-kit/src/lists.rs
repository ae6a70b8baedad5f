//! Lists of records: products, domains, places, terms; and what stands beside a search.

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_web::layout::icon::Icon;
use emporion_web::layout::shell::Shell;
use emporion_web::pages::home::queryable::Queryable;
use emporion_web::pages::search::{self, Choice, Example, Near, Spelt};
use emporion_web::pages::searches::{Saved, Searches};
use emporion_web::pages::sources::Freshness;
use emporion_web::pages::{domains, glossary, sources};
use emporion_web::products::askable::Askable;
use emporion_web::records::head::Head;
use emporion_web::request::visit::Visit;

use crate::part::{Part, State};
use crate::samples::{AT, LINE, LONG, ago, bare_head, full_head};

pub const PARTS: &[Part] = &[
    Part { name: "choice", states: choice },
    Part { name: "domains", states: domains },
    Part { name: "language", states: language },
    Part { name: "places", states: places },
    Part { name: "products", states: products },
    Part { name: "queryable", states: queryable },
    Part { name: "searches", states: searches },
    Part { name: "spelt", states: spelt },
    Part { name: "terms", states: terms },
];

#[derive(Template)]
#[template(source = r#"<ul class="choices">{% include "parts/choice.html" %}</ul>"#, ext = "html")]
struct Chosen {
    choice: Choice,
}

fn choice(_: &Visit) -> Vec<State> {
    let of = |name: &str, is_chosen| {
        let (name, count, address) = (name.to_owned(), "1,200".to_owned(), AT.to_owned());
        Chosen { choice: Choice { name, count, address, is_chosen } }
    };
    vec![
        State::of("offered", &of("Table", false)),
        State::of("chosen", &of("Table", true)),
        State::of("a long name", &of(LONG, false)),
    ]
}

#[derive(Template)]
#[template(path = "parts/domains.html")]
struct Domains<'a> {
    p: &'a Shell,
    rows: Vec<domains::Row>,
}

fn domains(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let row = |head, depth, products: usize| {
        let products = visit.t.count("count.products", products);
        domains::Row { head, depth, products }
    };
    let tree = vec![
        row(full_head(visit, "Sales"), 0, 12),
        row(bare_head(visit, "Shops"), 1, 3),
        row(full_head(visit, LONG), 2, 1),
        row(bare_head(visit, "Deep"), 4, 0),
    ];
    vec![
        State::of("of which nothing is said", &Domains { p, rows: vec![row(bare_head(visit, "Sales"), 0, 1)] }),
        State::of("a tree", &Domains { p, rows: tree }),
    ]
}

#[derive(Template)]
#[template(path = "parts/language.html")]
struct Language {
    examples: Vec<Example>,
}

fn language(visit: &Visit) -> Vec<State> {
    vec![State::of("all that can be typed", &Language { examples: search::examples(visit.t) })]
}

#[derive(Template)]
#[template(path = "parts/places.html")]
struct Places<'a> {
    p: &'a Shell,
    rows: Vec<sources::Row>,
    is_of_sources: bool,
}

fn places(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let row = |head, system: &str, freshness| {
        let holds = visit.t.count("count.tables", 1_200_usize);
        sources::Row { head, system: system.to_owned(), holds, freshness }
    };
    let read =
        |state: &str| Some(Freshness::reported(visit, Some((state.to_owned(), ago(visit, 90))), Vec::new(), None));
    let below = vec![row(bare_head(visit, "public"), "", None), row(full_head(visit, LONG), "", None)];
    let sources = vec![
        row(full_head(visit, "warehouse"), "Postgres", read("success")),
        row(full_head(visit, LONG), "Postgres", read("failed")),
        row(bare_head(visit, "flows"), "Airflow", None),
    ];
    vec![
        State::of("below a place", &Places { p, rows: below, is_of_sources: false }),
        State::of("sources", &Places { p, rows: sources, is_of_sources: true }),
    ]
}

#[derive(Template)]
#[template(path = "parts/products.html")]
struct Products<'a> {
    p: &'a Shell,
    products: Vec<Head>,
}

fn products(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let many = vec![full_head(visit, "Orders"), bare_head(visit, "Returns"), full_head(visit, LONG)];
    vec![
        State::of("of which nothing is said", &Products { p, products: vec![bare_head(visit, "Orders")] }),
        State::of("several", &Products { p, products: many }),
    ]
}

fn queryable(visit: &Visit) -> Vec<State> {
    let product = |name: &str, line: &str| Askable {
        id: RecordId::fresh(),
        icon: Icon("product"),
        name: name.to_owned(),
        address: AT.to_owned(),
        line: line.to_owned(),
    };
    let of = |products: Vec<Askable>, more: Option<&str>| Queryable {
        t: visit.t,
        title: visit.t.say("home.queryable"),
        products,
        more: more.map(str::to_owned),
    };
    vec![
        State::of("some", &of(vec![product("Orders", LINE), product(LONG, "")], None)),
        State::of("more than are shown", &of(vec![product("Orders", LINE)], Some(AT))),
        State::of("they cannot be found now", &of(Vec::new(), Some(AT))),
    ]
}

fn searches(visit: &Visit) -> Vec<State> {
    let saved = |title: &str| Saved::new(RecordId::fresh(), title, "owner:me kind:product", "");
    vec![
        State::of("one", &Searches::with(visit.t, vec![saved("Mine")])),
        State::of("several", &Searches::with(visit.t, vec![saved("Mine"), saved(LONG)])),
    ]
}

#[derive(Template)]
#[template(path = "parts/terms.html")]
struct Terms<'a> {
    p: &'a Shell,
    rows: Vec<glossary::Row>,
}

fn terms(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let row = |head, depth, rendered: &str| {
        let count = visit.t.count("count.terms", 3_usize);
        glossary::Row { head, depth, rendered: rendered.to_owned(), count }
    };
    let tree = vec![
        row(full_head(visit, "Sales"), 0, LINE),
        row(bare_head(visit, "Net sales"), 1, ""),
        row(full_head(visit, LONG), 2, LONG),
    ];
    vec![
        State::of("not defined", &Terms { p, rows: vec![row(bare_head(visit, "Sales"), 0, "")] }),
        State::of("a tree", &Terms { p, rows: tree }),
    ]
}

#[derive(Template)]
#[template(path = "parts/spelt.html")]
struct Spelling<'a> {
    p: &'a Shell,
    otherwise: Otherwise,
}

/// As much of what leads on from a search as the part shows.
struct Otherwise {
    spelt: Vec<Spelt>,
}

fn spelt(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let near =
        |query: &str, count: &str| Near { query: query.to_owned(), count: count.to_owned(), address: AT.to_owned() };
    let word = |word: &str, near: Vec<Near>| Spelt { word: word.to_owned(), near };
    let of = |spelt: Vec<Spelt>| Spelling { p, otherwise: Otherwise { spelt } };
    let some = || word("ordrs", vec![near("orders", "1,200"), near("borders", "3"), near("orders*", "1,000+")]);
    vec![
        State::of("none", &of(Vec::new())),
        State::of("one word, one spelling", &of(vec![word("custmer", vec![near("customer", "7")])])),
        State::of("one word, several spellings", &of(vec![some()])),
        State::of("several words, and long ones", &of(vec![some(), word(LONG, vec![near(LONG, "1")])])),
    ]
}
