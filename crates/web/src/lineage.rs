//! Where something comes from, and what is made of it: as a table, nearest first.

mod met;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::{Limits, Reading, SeenCard};
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation;
use met::Met;

use crate::column::Flow;
use crate::fault::Fault;
use crate::link::Link;
use crate::picture::Picture;
use crate::record::Here;
use crate::texts::Texts;
use crate::visit::{Shown, Visit};
use crate::{address, borrowers};

/// How far the page looks, each way.
const STEPS: u32 = 4;
const LIMITS: Limits = Limits { up: STEPS, down: STEPS, nodes: 200, edges: 2_000 };
/// Pairs of columns that are shown of a row before it is unfolded.
const FIRST_COLUMNS: usize = 6;
/// Holders that are looked for, of all that was met.
const MOST_HOLDERS: u32 = 1_000;

/// Both directions of a record, or of what a product holds.
#[derive(Template)]
#[template(path = "parts/lineage.html")]
pub struct Lineage {
    t: Texts,
    picture: Option<Picture>,
    ways: [Way; 2],
    is_cut: bool,
    is_restricted: bool,
}

impl HtmlSafe for Lineage {}

/// What is found in one direction.
struct Way {
    key: &'static str,
    title: String,
    empty: String,
    rows: Vec<Row>,
}

struct Row {
    link: Link,
    kind: String,
    steps: String,
    products: Vec<Link>,
    /// Products that he is told of and does not see.
    restricted: Vec<Link>,
    columns: Vec<Flow>,
    more_columns: Vec<Flow>,
}

/// The tab of a record.
pub async fn tab(here: Here<'_>) -> Shown {
    here.shown(Lineage::of_record(here.visit, here.reading, here.view).await?).await
}

impl Lineage {
    /// Around a record and what it holds.
    pub async fn of_record(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Lineage, Fault> {
        let assets: Vec<RecordId> = view.targets(relation::HAS_ASSET).map(|(edge, _)| edge.to).collect();
        let mut starts = vec![SeenCard::from(&view.record)];
        starts.extend(reading.cards(&assets).await?);
        Lineage::around(visit, reading, &starts, Some(view.id())).await
    }

    pub fn picture(&self) -> Option<&Picture> {
        self.picture.as_ref()
    }

    /// Around records that belong together; `besides` is a product that is not named as a holder: the page is its own.
    async fn around(
        visit: &Visit,
        reading: &Reading<'_>,
        starts: &[SeenCard],
        besides: Option<RecordId>,
    ) -> Result<Lineage, Fault> {
        let met = Met::around(reading, starts, LIMITS).await?;
        let file =
            starts.first().and_then(|card| address::of(card.kind, &card.fqn)).map(|at| format!("{at}/lineage.svg"));
        let starts: HashSet<RecordId> = starts.iter().map(|card| card.id).collect();
        let (holders, hidden) = holders(reading, &met, besides).await?;
        let rows = |edges: &[Edge], from: fn(&Edge) -> RecordId, to: fn(&Edge) -> RecordId| {
            let distances = distances(&starts, edges, from, to);
            let mut rows: Vec<(u32, String, Row)> = distances
                .into_iter()
                .filter_map(|(id, steps)| {
                    let card = met.cards.get(&id)?;
                    let next = edges.iter().filter(|edge| to(edge) == id && starts.contains(&from(edge)));
                    let flows = |edge: &Edge| {
                        let (origin, result) = (met.cards.get(&edge.to)?, met.cards.get(&edge.from)?);
                        Some(Flow::all(edge, origin, result))
                    };
                    let mut columns: Vec<Flow> = next.filter_map(flows).flatten().collect();
                    let more_columns = columns.split_off(columns.len().min(FIRST_COLUMNS));
                    let row = Row {
                        link: Link::of(card),
                        kind: visit.t.say(&format!("kind.{}", card.kind.name())),
                        steps: visit.t.count("lineage.steps", steps),
                        products: holders.get(&id).cloned().unwrap_or_default(),
                        restricted: hidden.get(&id).cloned().unwrap_or_default(),
                        columns,
                        more_columns,
                    };
                    Some((steps, card.fqn.clone(), row))
                })
                .collect();
            rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
            rows.into_iter().map(|(_, _, row)| row).collect::<Vec<Row>>()
        };
        let up = rows(&met.up, |edge| edge.from, |edge| edge.to);
        let down = rows(&met.down, |edge| edge.to, |edge| edge.from);
        let t = visit.t;
        let ways = [
            Way { key: "up", title: t.say("lineage.up"), empty: t.say("lineage.up_empty"), rows: up },
            Way { key: "down", title: t.say("lineage.down"), empty: t.say("lineage.down_empty"), rows: down },
        ];
        let links: BTreeMap<RecordId, Link> = met.cards.iter().map(|(id, card)| (*id, Link::of(card))).collect();
        let edges: Vec<(RecordId, RecordId)> =
            met.up.iter().chain(&met.down).map(|edge| (edge.to, edge.from)).collect();
        let picture = Picture::of(t, &links, &starts, &edges).map(|picture| picture.with_file(file));
        let is_restricted = ways.iter().any(|way| way.rows.iter().any(|row| !row.restricted.is_empty()));
        Ok(Lineage { t, picture, ways, is_cut: met.is_cut, is_restricted })
    }
}

/// How many steps each record is away, the starts left out.
fn distances(
    starts: &HashSet<RecordId>,
    edges: &[Edge],
    from: fn(&Edge) -> RecordId,
    to: fn(&Edge) -> RecordId,
) -> BTreeMap<RecordId, u32> {
    let mut found = BTreeMap::new();
    let mut waiting: VecDeque<(RecordId, u32)> = starts.iter().map(|id| (*id, 0)).collect();
    while let Some((id, steps)) = waiting.pop_front() {
        for next in edges.iter().filter(|edge| from(edge) == id).map(to) {
            if !starts.contains(&next) && !found.contains_key(&next) {
                found.insert(next, steps + 1);
                waiting.push_back((next, steps + 1));
            }
        }
    }
    found
}

type Holders = HashMap<RecordId, Vec<Link>>;

/// Products that hold what was met: those that the visitor sees, and those that borrow rows that he holds.
async fn holders(reading: &Reading<'_>, met: &Met, besides: Option<RecordId>) -> Result<(Holders, Holders), Fault> {
    let cards: Vec<&SeenCard> = met.cards.values().collect();
    if cards.is_empty() {
        return Ok(Default::default());
    }
    let sources = reading.sources(&cards, &[relation::HAS_ASSET], MOST_HOLDERS).await?;
    let mut found: Holders = HashMap::new();
    for edge in sources.edges.iter().filter(|edge| Some(edge.from) != besides) {
        if let Some(product) = sources.records.get(&edge.from) {
            found.entry(edge.to).or_default().push(Link::of_record(product));
        }
    }
    let ids: Vec<RecordId> = cards.iter().map(|card| card.id).collect();
    let hidden = borrowers::hidden(reading, &ids, |id| sources.records.contains_key(&id)).await?;
    Ok((found, hidden))
}
