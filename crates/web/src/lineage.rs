//! Where something comes from, and what is made of it: as a picture, and as a table, nearest first.

mod asked;
mod flows;
mod graph;
mod groups;
mod holders;
pub mod impact;
mod met;
mod path;
pub mod picture;
pub(crate) mod upstream_pipelines;
mod ways;

use std::collections::{BTreeMap, HashMap, HashSet};

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::{Limits, Reading, SeenCard};
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation;
use emporion_edge::apart::apart;
use serde_json::Value;

use crate::fault::Fault;
use crate::lineage::picture::Picture;
use crate::records::address;
use crate::records::link::Link;
use crate::records::record::Here;
use crate::request::visit::{Shown, Visit};
use crate::text::texts::Texts;
use asked::{Asked, Level};
use graph::{Drawn, Graph};
use groups::{Groups, Near, Places};
use holders::Holders;
use met::Met;
use ways::{DOWN, UP, distances};

pub use path::Traced;
pub use ways::{Columns, Row, Way};

/// Boxes from which on the picture is one of schemas where nobody asks for another.
const MANY: usize = 40;
/// As far as the page looks at once, whatever is asked for.
const LIMITS: Limits = Limits { up: 0, down: 0, nodes: 2_000, edges: 10_000 };

/// Both directions of a record, or of what a product holds.
#[derive(Template)]
#[template(path = "parts/lineage.html")]
pub struct Lineage {
    t: Texts,
    levels: Vec<Choice>,
    narrowing: Option<Narrowing>,
    /// Products and groups that are unfolded, and what is looked at alone: each with where it is not.
    chosen: Vec<Choice>,
    picture: Option<Picture>,
    /// What the picture leaves off.
    left_off: Option<String>,
    /// What is looked at alone, where that is a column.
    path: Option<Traced>,
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

/// A form that asks for other words of what is around, and for how far.
pub struct Narrowing {
    pub address: String,
    pub unseen: Vec<(&'static str, String)>,
    pub words: String,
    /// Steps each way, and whether it is so far now.
    pub depths: Vec<(u32, String, bool)>,
    /// How much bears the words, where there are some; and where they are taken off.
    pub sought: Option<(String, String)>,
}

/// Steps that are followed to what something reads.
const MOST_STEPS: u32 = 20;

/// The tables that something reads, itself, by what it is made of or by what it shows, as far as the visitor sees them; and
/// whether there are more.
pub(crate) async fn tables_read(reading: &Reading<'_>, start: &SeenCard) -> Result<(Vec<SeenCard>, bool), Fault> {
    let mut starts = vec![start.clone()];
    if relation::SHOWS.iter().any(|shows| start.kind.has(*shows)) {
        let shows = reading.edges_from(&starts, Some(relation::SHOWS)).await?;
        starts.extend(reading.cards(&shows.iter().map(|edge| edge.to).collect::<Vec<_>>()).await?);
    }
    let met = Met::around(reading, &starts, Limits { up: MOST_STEPS, ..LIMITS }).await?;
    let mut known: HashSet<RecordId> = starts.iter().map(|start| start.id).collect();
    let origins = met.up.iter().map(|edge| edge.to).filter(|id| known.insert(*id));
    let tables = origins.filter_map(|id| met.cards.get(&id)).filter(|card| card.kind.is("table")).cloned();
    Ok((tables.collect(), met.is_cut))
}

/// Where the path of a column is shown alone.
pub fn trace(page: &str, table: RecordId, column: &str) -> String {
    let pairs = [("tab", "lineage"), ("level", "columns"), ("focus", &table.to_string()), ("column", column)];
    format!("{}#picture", address::with_query(page, &pairs))
}

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
        let is_start: HashSet<RecordId> = starts.iter().map(|card| card.id).collect();
        let others: Vec<&SeenCard> = met.cards.values().filter(|card| !is_start.contains(&card.id)).collect();
        let around = Around {
            t: visit.t,
            at: address::of_record(&view.record),
            product: view.record.kind.is("data_product").then(|| view.id()),
            pipelines: pipelines(reading, &met).await?,
            places: match asked.level {
                None if met.cards.len() > MANY => groups::places(reading, &met).await?,
                Some(Level::Schemas) => groups::places(reading, &met).await?,
                _ => Places::default(),
            },
            holders: Holders::of(reading, &others).await?,
            starts: is_start,
            asked,
            met,
        };
        // With much around, drawing takes a while, and other requests do not wait for it.
        Ok(apart(move |_| around.shown()).await?)
    }

    /// With what is drawn of it, and what the picture leaves off.
    pub fn reported(
        t: Texts,
        (levels, chosen): (Vec<Choice>, Vec<Choice>),
        (picture, left_off): (Option<Picture>, Option<String>),
        ways: [Way; 2],
        is_cut: bool,
    ) -> Lineage {
        let is_restricted = ways.iter().any(|way| way.rows.iter().any(|row| !row.restricted.is_empty()));
        Lineage { t, levels, narrowing: None, chosen, picture, left_off, path: None, ways, is_cut, is_restricted }
    }

    pub fn with_narrowing(self, narrowing: Option<Narrowing>) -> Lineage {
        Lineage { narrowing, ..self }
    }

    pub fn with_path(self, path: Option<Traced>) -> Lineage {
        Lineage { path, ..self }
    }

    /// What is drawn, and what is left off.
    pub fn picture(&self) -> Option<(&Picture, Option<&str>)> {
        Some((self.picture.as_ref()?, self.left_off.as_deref()))
    }
}

/// What was met, and all that is known of it.
struct Around {
    t: Texts,
    asked: Asked,
    at: String,
    /// The product that the page is of, where it is one's.
    product: Option<RecordId>,
    starts: HashSet<RecordId>,
    met: Met,
    pipelines: HashMap<RecordId, Link>,
    /// Where groups may be drawn.
    places: Places,
    /// Of what lies around the starts.
    holders: Holders,
}

impl Around {
    fn shown(self) -> Lineage {
        let t = self.t;
        let (up, down) = (distances(&self.starts, &self.met.up, &UP), distances(&self.starts, &self.met.down, &DOWN));
        let is_known = |id: &RecordId| self.met.cards.contains_key(id);
        let mut near: HashMap<RecordId, u32> =
            self.starts.iter().filter(|id| is_known(id)).map(|id| (*id, 0)).collect();
        for (distances, most) in [(&up, self.asked.up), (&down, self.asked.down)] {
            for (id, steps) in distances.iter().filter(|(id, steps)| **steps <= most && is_known(id)) {
                near.entry(*id).and_modify(|known| *known = (*known).min(*steps)).or_insert(*steps);
            }
        }
        let groups = self.groups(&near, &up);
        let (level, drawn) = self.drawn(&near, &groups);
        let file = self.asked.at(&format!("{}/lineage.svg", self.at), "");
        let (picture, left_off, path) = match drawn {
            Some(Drawn { picture, left_off, path }) => (Some(picture.with_file(Some(file))), left_off, path),
            None => (None, None, None),
        };
        let has_any = !up.is_empty() || !down.is_empty();
        let choice = |one: &Level| Choice {
            name: t.say(&format!("lineage.level.{}", one.name())),
            address: self.asked.on(*one).at(&self.at, "lineage"),
            is_chosen: *one == level,
        };
        let way = |direction, edges, distances| self.way(direction, edges, distances, &groups);
        let ways = [way(&UP, &self.met.up, &up), way(&DOWN, &self.met.down, &down)];
        let narrowing = has_any.then(|| self.narrowing(&groups));
        let levels = if has_any { Level::ALL.iter().map(choice).collect() } else { Vec::new() };
        let is_cut = self.met.is_cut || self.holders.is_cut;
        let chosen = self.chosen(path.as_ref(), &groups);
        let reported = Lineage::reported(t, (levels, chosen), (picture, left_off), ways, is_cut)
            .with_path(path)
            .with_narrowing(narrowing);
        // Not only in the rows of this part: the picture shows all that is near.
        Lineage { is_restricted: near.keys().any(|id| !self.holders.hidden(*id).is_empty()), ..reported }
    }

    fn groups(&self, near: &HashMap<RecordId, u32>, up: &BTreeMap<RecordId, u32>) -> Groups {
        let near = Near {
            met: &self.met,
            ids: near.keys().copied().filter(|id| !self.starts.contains(id)).collect(),
            is_upstream: &|id| up.contains_key(&id),
            unfolded: &self.asked.unfolded,
            focus: self.asked.focus,
            words: &self.asked.words,
        };
        Groups::of(&near, &self.places)
    }

    fn narrowing(&self, groups: &Groups) -> Narrowing {
        let (t, asked) = (self.t, &self.asked);
        Narrowing {
            address: self.at.clone(),
            unseen: asked.beside_words(),
            words: asked.words.clone(),
            depths: asked.depths().map(|(depth, is_now)| (depth, t.count("lineage.depths", depth), is_now)).collect(),
            sought: (!asked.words.is_empty())
                .then(|| (t.count("lineage.sought", groups.sought()), asked.without_words().at(&self.at, "lineage"))),
        }
    }

    /// Of products first where the page is one's and others have to do with it, else of what they hold: by schemas where that
    /// is much.
    fn drawn(&self, near: &HashMap<RecordId, u32>, groups: &Groups) -> (Level, Option<Drawn>) {
        let drawn = |level| {
            let graph = Graph {
                t: self.t,
                asked: &self.asked,
                level,
                at: &self.at,
                product: self.product,
                met: &self.met,
                holders: &self.holders,
                groups,
                starts: &self.starts,
                near,
            };
            (level, graph.drawn())
        };
        let usual = if near.len() > MANY { Level::Schemas } else { Level::Tables };
        match self.asked.level {
            Some(level) => drawn(level),
            None if self.product.is_some() => match drawn(Level::Products) {
                (_, None) => drawn(usual),
                products => products,
            },
            None => drawn(usual),
        }
    }

    fn chosen(&self, path: Option<&Traced>, groups: &Groups) -> Vec<Choice> {
        let t = self.t;
        let name = |id: RecordId| {
            let holder = self.holders.link(id).filter(|_| self.holders.sees(id)).map(|link| link.name.clone());
            let holder = holder.or_else(|| groups.unfolded(id).cloned());
            holder.or_else(|| self.met.cards.get(&id).map(|card| Link::of(card).name))
        };
        let unfolded = self.asked.unfolded.iter().filter_map(|id| {
            let name = t.with("lineage.unfolded", &[("name", &name(*id)?)]);
            Some(Choice { name, address: self.asked.folding(*id).at(&self.at, "lineage"), is_chosen: true })
        });
        let focus = self.asked.focus.and_then(|id| {
            let table = name(id)?;
            let name = t.with("lineage.focused", &[("name", path.map_or(&table, |path| &path.name))]);
            Some(Choice { name, address: self.asked.focused(None).at(&self.at, "lineage"), is_chosen: true })
        });
        unfolded.chain(focus).collect()
    }
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
