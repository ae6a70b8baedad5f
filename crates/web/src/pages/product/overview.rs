//! The first tab: what the product is, whether it can be trusted, what it holds.

use std::collections::HashSet;

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::relation;

use super::assets::{self, Held, Row};
use super::front_page::FrontPage;
use super::trust::{self, Owners, Strip};
use crate::access::no_rows::NoRows;
use crate::forms::choice;
use crate::layout::shell::Shell;
use crate::products::contract::Promise;
use crate::records::link::Link;
use crate::records::record::{Here, Top};
use crate::request::visit::{Shown, answer};
use crate::text::markdown;

/// Assets whose columns are looked at for what the product is described with.
const LOOKED_AT: usize = 200;
const AT_A_GLANCE: usize = 8;

#[derive(Template)]
#[template(path = "product/overview.html")]
struct Overview {
    p: Shell,
    top: Top,
    description: Option<String>,
    trust: Strip,
    front: FrontPage,
    rows: Vec<Row>,
    may_query: bool,
    no_rows: Option<NoRows>,
    more: Option<String>,
    inputs: Vec<Link>,
    outputs: Vec<Link>,
    facts: Vec<(String, String)>,
    promises: Vec<Promise>,
}

pub async fn tab(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let (mut rows, counts) = assets::rows(visit, reading, view, &assets::AssetFilter::first(LOOKED_AT)).await?;
    let may_query = reading.rows().may_query(view).await?.is_some();
    let top = here.top().await?;
    let (trust, promises) = trust::strip(here, counts, Owners::of(reading, view).await?, may_query).await?;
    let more = (counts.assets > AT_A_GLANCE).then(|| visit.t.count("count.assets", counts.assets));
    rows.truncate(AT_A_GLANCE);
    // Nobody is told that what he sees is made of something that he does not.
    let ports: Vec<RecordId> = [relation::INPUT_PORT, relation::OUTPUT_PORT]
        .into_iter()
        .flat_map(|relation| view.targets(relation))
        .map(|(edge, _)| edge.to)
        .collect();
    let seen: HashSet<RecordId> = reading.cards(&ports).await?.iter().map(|card| card.id).collect();
    let links = |relation| {
        let ports = view.targets(relation).filter(|(edge, _)| seen.contains(&edge.to));
        ports.map(|(_, card)| Link::of(card)).collect()
    };
    let fact =
        |field: &str| Some((visit.t.say(&format!("field.{field}")), choice::rendered(visit.t, view.text(field)?)));
    let facts = ["lifecycle_stage", "data_product_type", "audience", "portfolio_priority"];
    answer(&Overview {
        p: here.shell(),
        description: markdown::beyond(view.text("description"), &top.head.line).await?,
        trust,
        front: FrontPage::of(here, may_query).await,
        rows,
        may_query,
        no_rows: NoRows::of(visit, view, may_query),
        more,
        inputs: links(relation::INPUT_PORT),
        outputs: links(relation::OUTPUT_PORT),
        facts: facts.into_iter().filter_map(fact).collect(),
        promises,
        top: Top { primary: assets::primary(here, may_query, counts).await?, ..top },
    })
}
