//! The first tab: what the product is, whether it can be trusted, what it holds.

use askama::Template;
use emporion_catalog::relation;

use super::assets::{self, Counts, Row};
use crate::link::Link;
use crate::markdown;
use crate::plain::shown;
use crate::record::{Here, Top};
use crate::shell::Shell;
use crate::visit::{Shown, Visit, answer};

/// Assets whose columns are looked at for what the product is described with.
const LOOKED_AT: usize = 200;
const AT_A_GLANCE: usize = 8;

#[derive(Template)]
#[template(path = "product/overview.html")]
struct Overview {
    p: Shell,
    top: Top,
    description: Option<String>,
    trust: Vec<Trust>,
    rows: Vec<Row>,
    more: Option<String>,
    inputs: Vec<Link>,
    outputs: Vec<Link>,
    facts: Vec<(String, String)>,
}

/// Something known of how far the product can be relied on, with its evidence.
struct Trust {
    name: String,
    said: String,
    address: String,
    /// `good`, `fair` or `plain`.
    mood: &'static str,
}

pub async fn tab(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let (mut rows, counts) = assets::rows(visit, reading, view, LOOKED_AT).await?;
    let may_query = reading.rows().may_query(view).await?.is_some();
    let top = here.top().await?;
    let trust = trust(visit, &top, counts, may_query);
    let more = (counts.assets > AT_A_GLANCE).then(|| visit.t.count("count.assets", counts.assets));
    rows.truncate(AT_A_GLANCE);
    let links = |relation| view.targets(relation).map(|(_, card)| Link::of(card)).collect();
    let fact = |field: &str| Some((visit.t.say(&format!("field.{field}")), shown(view.text(field)?)));
    let facts = ["lifecycle_stage", "data_product_type", "audience", "portfolio_priority"];
    answer(&Overview {
        p: here.shell(),
        description: markdown::beyond(view.text("description"), &top.head.line),
        trust,
        rows,
        more,
        inputs: links(relation::INPUT_PORT),
        outputs: links(relation::OUTPUT_PORT),
        facts: facts.into_iter().filter_map(fact).collect(),
        top,
    })
}

fn trust(visit: &Visit, top: &Top, counts: Counts, may_query: bool) -> Vec<Trust> {
    let (t, at) = (visit.t, &top.head.address);
    let of = |part: usize, whole: usize| {
        t.with("trust.of", &[("part", &t.number(part as u64)), ("whole", &t.number(whole as u64))])
    };
    let mood = |part: usize, whole: usize| if part == whole { "good" } else { "fair" };
    let assets = format!("{at}?tab=assets");
    let mut strip = Vec::new();
    let mut add = |key: &str, said: String, address: &str, mood| {
        strip.push(Trust { name: t.say(&format!("trust.{key}")), said, address: address.to_owned(), mood });
    };
    if let Some(certification) = &top.head.certification {
        add("certified", certification.clone(), at, "good");
    }
    if let Some(status) = &top.head.status {
        add("status", status.clone(), at, "plain");
    }
    if counts.with_rows > 0 {
        let key = if may_query { "rows_yours" } else { "rows" };
        add(key, of(counts.lent, counts.with_rows), &assets, mood(counts.lent, counts.with_rows));
    }
    if counts.looked_at > 0 {
        add("described", of(counts.described, counts.looked_at), &assets, mood(counts.described, counts.looked_at));
    }
    if counts.columns > 0 {
        add(
            "columns",
            of(counts.columns_described, counts.columns),
            &assets,
            mood(counts.columns_described, counts.columns),
        );
    }
    add(
        "owners",
        t.count("count.owners", top.head.owners.len()),
        at,
        if top.head.owners.is_empty() { "fair" } else { "good" },
    );
    strip
}
