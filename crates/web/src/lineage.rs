//! Where something comes from, and what is made of it: as a picture, and as a table, nearest first.

mod asked;
mod graph;
mod met;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::{Limits, Reading, SeenCard};
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation;
use serde_json::Value;

use crate::column::Flow;
use crate::fault::Fault;
use crate::link::Link;
use crate::picture::{MOST, Picture};
use crate::record::Here;
use crate::texts::Texts;
use crate::visit::{Shown, Visit};
use crate::{address, borrowers};
use asked::{Asked, Level};
use graph::Graph;
use met::Met;

/// As far as the page looks at once, whatever is asked for.
const LIMITS: Limits = Limits { up: 0, down: 0, nodes: MOST, edges: 10_000 };
/// Pairs of columns that are shown of a row before it is unfolded.
const FIRST_COLUMNS: usize = 6;
/// Holders that are looked for, of all that was met.
const MOST_HOLDERS: u32 = 4_000;

/// Both directions of a record, or of what a product holds.
#[derive(Template)]
#[template(path = "parts/lineage.html")]
pub struct Lineage {
    t: Texts,
    levels: Vec<Choice>,
    /// Products that are unfolded, and what is looked at alone: each with where it is not.
    chosen: Vec<Choice>,
    picture: Option<Picture>,
    /// Why there is no picture where there is too much for one.
    too_much: Option<String>,
    ways: [Way; 2],
    is_cut: bool,
    is_restricted: bool,
}

impl HtmlSafe for Lineage {}

/// Something to choose of the picture.
pub struct Choice {
    pub name: String,
    pub address: String,
    pub is_chosen: bool,
}

/// What is found in one direction.
pub struct Way {
    key: &'static str,
    title: String,
    empty: String,
    rows: Vec<Row>,
    /// How much is a step farther than what is shown, and where it is.
    farther: Option<(String, Option<String>)>,
}

pub struct Row {
    pub link: Link,
    pub kind: String,
    pub steps: String,
    pub products: Vec<Link>,
    /// Products that he is told of and does not see.
    pub restricted: Vec<Link>,
    /// Pipelines that make it, or make something of it.
    pub by: Vec<Link>,
    pub columns: Vec<Flow>,
    pub more_columns: Vec<Flow>,
    /// Where the picture shows its way alone.
    pub focus: String,
}

/// A product that holds something.
pub struct Holder {
    id: RecordId,
    link: Link,
}

/// Of each record, the products that hold it.
pub type Holders = HashMap<RecordId, Vec<Holder>>;

/// From an edge towards the starts, and away from them.
struct Direction {
    is_up: bool,
    near: fn(&Edge) -> RecordId,
    far: fn(&Edge) -> RecordId,
}

const UP: Direction = Direction { is_up: true, near: |edge| edge.from, far: |edge| edge.to };
const DOWN: Direction = Direction { is_up: false, near: |edge| edge.to, far: |edge| edge.from };

/// The tab of a record.
pub async fn tab(here: Here<'_>) -> Shown {
    here.shown(Lineage::of_record(here.visit, here.reading, here.view).await?).await
}

impl Lineage {
    /// Around a record and what it holds.
    pub async fn of_record(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Lineage, Fault> {
        let asked = Asked::of(visit);
        let assets: Vec<RecordId> = view.targets(relation::HAS_ASSET).map(|(edge, _)| edge.to).collect();
        let mut starts = vec![SeenCard::from(&view.record)];
        starts.extend(reading.cards(&assets).await?);
        // One step more than is shown: whether there is anything.
        let limits = Limits { up: asked.up + 1, down: asked.down + 1, ..LIMITS };
        let met = Met::around(reading, &starts, limits).await?;
        let around = Around {
            visit,
            asked,
            at: address::of_record(&view.record),
            own: view.id(),
            is_product: view.record.kind.is("data_product"),
            starts: starts.iter().map(|card| card.id).collect(),
            pipelines: pipelines(reading, &met).await?,
            holders: holders(reading, &met).await?,
            met,
        };
        Ok(around.shown())
    }

    /// With what is drawn of it; of what is too much for a picture, its number.
    pub fn told(
        t: Texts,
        (levels, chosen): (Vec<Choice>, Vec<Choice>),
        drawn: Option<Result<Picture, usize>>,
        ways: [Way; 2],
        is_cut: bool,
    ) -> Lineage {
        let too_much = |number: usize| {
            let (number, most) = (t.number(number as u64), t.number(MOST as u64));
            t.with("lineage.too_much", &[("n", &number), ("most", &most)])
        };
        let (picture, too_much) = match drawn {
            Some(Err(number)) => (None, Some(too_much(number))),
            drawn => (drawn.and_then(Result::ok), None),
        };
        let is_restricted = ways.iter().any(|way| way.rows.iter().any(|row| !row.restricted.is_empty()));
        Lineage { t, levels, chosen, picture, too_much, ways, is_cut, is_restricted }
    }

    pub fn picture(&self) -> Option<&Picture> {
        self.picture.as_ref()
    }
}

impl Way {
    /// `key` is `up` or `down`; `farther`, how much is a step farther, and where it is.
    pub fn told(t: Texts, key: &'static str, rows: Vec<Row>, farther: Option<(String, Option<String>)>) -> Way {
        let (title, empty) = (t.say(&format!("lineage.{key}")), t.say(&format!("lineage.{key}_empty")));
        Way { key, title, empty, rows, farther }
    }
}

/// What was met, and all that is known of it.
struct Around<'a> {
    visit: &'a Visit,
    asked: Asked,
    at: String,
    /// The record that the page is of.
    own: RecordId,
    is_product: bool,
    starts: HashSet<RecordId>,
    met: Met,
    pipelines: HashMap<RecordId, Link>,
    /// Those that the visitor sees, and those that borrow rows that he holds.
    holders: (Holders, Holders),
}

impl Around<'_> {
    fn shown(self) -> Lineage {
        let t = self.visit.t;
        let (up, down) = (distances(&self.starts, &self.met.up, &UP), distances(&self.starts, &self.met.down, &DOWN));
        let shown = |distances: &BTreeMap<RecordId, u32>, most: u32| -> Vec<RecordId> {
            distances.iter().filter(|(_, steps)| **steps <= most).map(|(id, _)| *id).collect()
        };
        let near = self.starts.iter().copied();
        let near: HashSet<RecordId> =
            near.chain(shown(&up, self.asked.up)).chain(shown(&down, self.asked.down)).collect();
        let (level, picture) = self.picture(&near);
        let file = self.asked.at(&format!("{}/lineage.svg", self.at), "");
        let drawn = picture.map(|picture| picture.map(|picture| picture.with_file(Some(file))));
        let has_any = !up.is_empty() || !down.is_empty();
        let choice = |one: &Level| Choice {
            name: t.say(&format!("lineage.level.{}", one.name())),
            address: self.asked.on(*one).at(&self.at, "lineage"),
            is_chosen: *one == level,
        };
        let ways = [self.way(&UP, &self.met.up, up), self.way(&DOWN, &self.met.down, down)];
        let levels = if has_any { Level::ALL.iter().map(choice).collect() } else { Vec::new() };
        Lineage::told(t, (levels, self.chosen()), drawn, ways, self.met.is_cut)
    }

    /// Of products first where the page is one's and others have to do with it, else of what they hold.
    fn picture(&self, near: &HashSet<RecordId>) -> (Level, Option<Result<Picture, usize>>) {
        let drawn = |level| {
            let graph = Graph {
                t: self.visit.t,
                asked: &self.asked,
                level,
                at: &self.at,
                met: &self.met,
                holders: &self.holders.0,
                hidden: &self.holders.1,
                starts: &self.starts,
                near,
            };
            (level, graph.picture())
        };
        match self.asked.level {
            Some(level) => drawn(level),
            None if self.is_product => match drawn(Level::Products) {
                (_, None) => drawn(Level::Tables),
                products => products,
            },
            None => drawn(Level::Tables),
        }
    }

    fn chosen(&self) -> Vec<Choice> {
        let t = self.visit.t;
        let name = |id: RecordId| {
            let holders = self.holders.0.values().flatten();
            let held = holders.into_iter().find(|holder| holder.id == id).map(|holder| holder.link.name.clone());
            held.or_else(|| self.met.cards.get(&id).map(|card| Link::of(card).name))
        };
        let unfolded = self.asked.unfolded.iter().filter_map(|id| {
            let name = t.with("lineage.unfolded", &[("name", &name(*id)?)]);
            Some(Choice { name, address: self.asked.folding(*id).at(&self.at, "lineage"), is_chosen: true })
        });
        let focus = self.asked.focus.and_then(|id| {
            let name = t.with("lineage.focused", &[("name", &name(id)?)]);
            Some(Choice { name, address: self.asked.focused(None).at(&self.at, "lineage"), is_chosen: true })
        });
        unfolded.chain(focus).collect()
    }

    fn way(&self, direction: &Direction, edges: &[Edge], distances: BTreeMap<RecordId, u32>) -> Way {
        let t = self.visit.t;
        let (key, most) = if direction.is_up { ("up", self.asked.up) } else { ("down", self.asked.down) };
        let mut leading: HashMap<RecordId, Vec<&Edge>> = HashMap::new();
        for edge in edges {
            leading.entry((direction.far)(edge)).or_default().push(edge);
        }
        let beyond = distances.values().filter(|steps| **steps > most).count();
        let mut rows: Vec<(u32, &str, Row)> = Vec::new();
        for (id, steps) in distances.into_iter().filter(|(_, steps)| *steps <= most) {
            let Some(card) = self.met.cards.get(&id) else { continue };
            let leading = leading.get(&id).map_or(&[][..], Vec::as_slice);
            rows.push((steps, card.fqn.as_str(), self.row(direction, card, steps, leading)));
        }
        rows.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        let farther = (beyond > 0).then(|| {
            let more = self.asked.farther(direction.is_up).map(|asked| asked.at(&self.at, "lineage"));
            (t.count("lineage.beyond", beyond), more)
        });
        Way::told(t, key, rows.into_iter().map(|(_, _, row)| row).collect(), farther)
    }

    fn row(&self, direction: &Direction, card: &SeenCard, steps: u32, leading: &[&Edge]) -> Row {
        let t = self.visit.t;
        let next = leading.iter().filter(|edge| self.starts.contains(&(direction.near)(edge)));
        let flows = |edge: &&Edge| {
            let (origin, result) = (self.met.cards.get(&edge.to)?, self.met.cards.get(&edge.from)?);
            Some(Flow::all(edge, origin, result))
        };
        // Several edges may say the same, one by a view's text and one by hand.
        let mut known: BTreeSet<Flow> = BTreeSet::new();
        let flows = next.filter_map(flows).flatten();
        let mut columns: Vec<Flow> = flows.filter(|flow| known.insert(flow.clone())).collect();
        let more_columns = columns.split_off(columns.len().min(FIRST_COLUMNS));
        let by: HashSet<RecordId> = leading.iter().filter_map(|edge| pipeline_of(edge)).collect();
        let mut by: Vec<Link> = by.iter().filter_map(|id| self.pipelines.get(id)).cloned().collect();
        by.sort_by(|a, b| a.name.cmp(&b.name));
        let held = |holders: &Holders| -> Vec<Link> {
            // The page of a product does not say of all that it holds that it does.
            let others = holders.get(&card.id).into_iter().flatten().filter(|holder| holder.id != self.own);
            others.map(|holder| holder.link.clone()).collect()
        };
        Row {
            link: Link::of(card),
            kind: t.say(&format!("kind.{}", card.kind.name())),
            steps: t.count("lineage.steps", steps),
            products: held(&self.holders.0),
            restricted: held(&self.holders.1),
            by,
            columns,
            more_columns,
            focus: self.asked.focused(Some(card.id)).at(&self.at, "lineage"),
        }
    }
}

/// How many steps each record is away, the starts left out.
fn distances(starts: &HashSet<RecordId>, edges: &[Edge], direction: &Direction) -> BTreeMap<RecordId, u32> {
    let mut next: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
    for edge in edges {
        next.entry((direction.near)(edge)).or_default().push((direction.far)(edge));
    }
    let mut found = BTreeMap::new();
    let mut waiting: VecDeque<(RecordId, u32)> = starts.iter().map(|id| (*id, 0)).collect();
    while let Some((id, steps)) = waiting.pop_front() {
        for far in next.get(&id).into_iter().flatten() {
            if !starts.contains(far) && !found.contains_key(far) {
                found.insert(*far, steps + 1);
                waiting.push_back((*far, steps + 1));
            }
        }
    }
    found
}

/// The pipeline that an edge names as what makes the one of the other.
fn pipeline_of(edge: &Edge) -> Option<RecordId> {
    edge.attributes.get("pipeline").and_then(Value::as_str)?.parse().ok()
}

/// Those that edges name, as far as the visitor sees them.
async fn pipelines(reading: &Reading<'_>, met: &Met) -> Result<HashMap<RecordId, Link>, Fault> {
    let named: HashSet<RecordId> = met.up.iter().chain(&met.down).filter_map(pipeline_of).collect();
    let named: Vec<RecordId> = named.into_iter().collect();
    Ok(reading.cards(&named).await?.iter().map(|card| (card.id, Link::of(card))).collect())
}

/// Products that hold what was met: those that the visitor sees, and those that borrow rows that he holds.
async fn holders(reading: &Reading<'_>, met: &Met) -> Result<(Holders, Holders), Fault> {
    let cards: Vec<&SeenCard> = met.cards.values().collect();
    if cards.is_empty() {
        return Ok(Default::default());
    }
    let sources = reading.sources(&cards, &[relation::HAS_ASSET], MOST_HOLDERS).await?;
    let mut found: Holders = HashMap::new();
    for edge in &sources.edges {
        if let Some(product) = sources.records.get(&edge.from) {
            found.entry(edge.to).or_default().push(Holder { id: product.id, link: Link::of_record(product) });
        }
    }
    let ids: Vec<RecordId> = cards.iter().map(|card| card.id).collect();
    let hidden = borrowers::hidden(reading, &ids, |id| sources.records.contains_key(&id)).await?;
    let named =
        |all: Vec<(RecordId, Link)>| -> Vec<Holder> { all.into_iter().map(|(id, link)| Holder { id, link }).collect() };
    Ok((found, hidden.into_iter().map(|(id, all)| (id, named(all))).collect()))
}
