//! What of a lineage is drawn: products for all that they hold, or what they hold by itself, or its columns.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::Edge;

use super::asked::{Asked, Level};
use super::met::Met;
use super::{Holder, Holders};
use crate::column;
use crate::link::Link;
use crate::picture::{Line, MOST, Picture, Thing};
use crate::plain::shown;
use crate::texts::Texts;

/// Columns that are drawn in one table.
const MOST_COLUMNS: usize = 24;

/// What one box stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Node {
    Product(RecordId),
    /// A product that is nobody else's business than that it borrows.
    Restricted(RecordId),
    Record(RecordId),
}

pub struct Graph<'a> {
    pub t: Texts,
    pub asked: &'a Asked,
    pub level: Level,
    /// The address of the page.
    pub at: &'a str,
    pub met: &'a Met,
    pub holders: &'a Holders,
    pub hidden: &'a Holders,
    /// What the page is about.
    pub starts: &'a HashSet<RecordId>,
    /// What is near enough to be shown, with the starts.
    pub near: &'a HashSet<RecordId>,
}

impl Graph<'_> {
    /// Edges between what is shown, once each.
    fn edges(&self) -> impl Iterator<Item = &Edge> {
        let mut met = HashSet::new();
        let all = self.met.up.iter().chain(&self.met.down);
        all.filter(move |edge| {
            let is_near = |id| self.near.contains(&id) && self.met.cards.contains_key(&id);
            edge.from != edge.to && is_near(edge.from) && is_near(edge.to) && met.insert((edge.to, edge.from))
        })
    }

    /// The boxes that a record is drawn in.
    fn boxes(&self, id: RecordId) -> Vec<Node> {
        let is_product = self.met.cards.get(&id).is_some_and(|card| card.kind.is("data_product"));
        if self.level != Level::Products || (is_product && self.asked.unfolded.contains(&id)) {
            return vec![Node::Record(id)];
        }
        if is_product {
            return vec![Node::Product(id)];
        }
        let folded = of(self.holders, id).filter(|holder| !self.asked.unfolded.contains(&holder.id));
        let mut boxes: Vec<Node> = folded.map(|holder| Node::Product(holder.id)).collect();
        boxes.extend(of(self.hidden, id).map(|holder| Node::Restricted(holder.id)));
        let is_unfolded = of(self.holders, id).any(|holder| self.asked.unfolded.contains(&holder.id));
        if boxes.is_empty() || is_unfolded {
            boxes.push(Node::Record(id));
        }
        boxes
    }

    /// Whether there is anything to see; too much for a picture is answered as its number.
    pub fn picture(&self) -> Option<Result<Picture, usize>> {
        let links: HashMap<RecordId, &Link> =
            self.holders.values().chain(self.hidden.values()).flatten().map(|one| (one.id, &one.link)).collect();
        let mut pairs: BTreeSet<(Node, Node)> = BTreeSet::new();
        for edge in self.edges() {
            let (origins, results) = (self.boxes(edge.to), self.boxes(edge.from));
            let all = origins.iter().flat_map(|origin| results.iter().map(move |result| (*origin, *result)));
            // What a product makes of what it holds itself comes from no other that holds the same.
            pairs.extend(all.filter(|(_, result)| !origins.contains(result)));
        }
        let boxes: BTreeSet<Node> = pairs.iter().flat_map(|(origin, result)| [*origin, *result]).collect();
        match boxes.len() {
            0 => return None,
            number if number > MOST => return Some(Err(number)),
            _ => {}
        }
        let boxes: Vec<Node> = boxes.into_iter().collect();
        let at = |one: &Node| boxes.binary_search(one).expect("a box that is drawn");
        let columns = self.columns();
        let thing = |one: &Node| {
            let (id, link) = match one {
                Node::Product(id) | Node::Restricted(id) => (id, links.get(id).map(|link| (*link).clone())),
                Node::Record(id) => (id, None),
            };
            let is_product = matches!(one, Node::Product(_));
            let lines = match one {
                Node::Record(id) => columns.get(id).into_iter().flatten().map(|column| shown(column)).collect(),
                Node::Restricted(_) => vec![self.t.say("lineage.restricted")],
                Node::Product(_) => Vec::new(),
            };
            Thing {
                link: link.unwrap_or_else(|| Link::of(&self.met.cards[id])),
                is_own: self.starts.contains(id),
                is_restricted: matches!(one, Node::Restricted(_)),
                lines,
                unfold: is_product.then(|| self.asked.on(Level::Products).unfolding(*id).at(self.at, "lineage")),
            }
        };
        let things: Vec<Thing> = boxes.iter().map(thing).collect();
        let mut lines: BTreeSet<Line> =
            pairs.iter().map(|(origin, result)| Line { from: at(origin), to: at(result), lines: None }).collect();
        if self.level == Level::Columns {
            lines = self.edges().flat_map(|edge| self.flows(edge, &columns, at)).collect();
        }
        let lines: Vec<Line> = lines.into_iter().collect();
        let is_focus = |one: &Node| match one {
            Node::Product(id) | Node::Record(id) => Some(*id) == self.asked.focus,
            Node::Restricted(_) => false,
        };
        let focus = boxes.iter().position(is_focus).or_else(|| {
            // A table that is drawn with its product.
            let within = self.asked.focus.filter(|id| self.near.contains(id)).map(|id| self.boxes(id));
            within.and_then(|within| boxes.binary_search(within.first()?).ok())
        });
        Some(Ok(Picture::of(self.t, things, &lines, focus)))
    }

    /// Which columns of each table are made of others or go into others.
    fn columns(&self) -> BTreeMap<RecordId, Vec<String>> {
        let mut found: BTreeMap<RecordId, Vec<String>> = BTreeMap::new();
        if self.level != Level::Columns {
            return found;
        }
        let mut add = |id: RecordId, column: &str| {
            let columns = found.entry(id).or_default();
            if columns.len() < MOST_COLUMNS && columns.iter().all(|known| known != column) {
                columns.push(column.to_owned());
            }
        };
        for edge in self.edges() {
            for (from, to) in column::mapped(edge) {
                add(edge.from, to);
                from.into_iter().for_each(|column| add(edge.to, column));
            }
        }
        found
    }

    /// The lines of an edge: from column to column, or from table to table where nobody has said more.
    fn flows(&self, edge: &Edge, columns: &BTreeMap<RecordId, Vec<String>>, at: impl Fn(&Node) -> usize) -> Vec<Line> {
        let (from, to) = (at(&Node::Record(edge.to)), at(&Node::Record(edge.from)));
        let row = |id: &RecordId, column: &str| columns.get(id)?.iter().position(|known| known == column);
        let mut lines = Vec::new();
        for (origins, result) in column::mapped(edge) {
            for origin in origins {
                let rows = row(&edge.to, origin).zip(row(&edge.from, result));
                lines.push(Line { from, to, lines: rows });
            }
        }
        if lines.is_empty() {
            lines.push(Line { from, to, lines: None });
        }
        lines
    }
}

fn of(holders: &Holders, id: RecordId) -> impl Iterator<Item = &Holder> {
    holders.get(&id).into_iter().flatten()
}
