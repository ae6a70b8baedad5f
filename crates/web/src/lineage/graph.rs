//! What of a lineage is drawn: products for what they alone hold, or what they hold by itself, or its columns.
//!
//! Each record that was met stands in one box. At the level of products that is the product's where one product holds it.
//! What several share is drawn by itself, once: none of them is its origin more than the others are. What the page is about
//! stands in the box of the page. So there are never more lines than edges, and each line is a flow that the tables tell.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::Edge;

use super::asked::{Asked, Level};
use super::holders::Holders;
use super::met::Met;
use crate::column;
use crate::link::Link;
use crate::picture::{Line, MOST, MOST_LINES, Picture, Row, Spot, Thing};
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

impl Node {
    fn id(self) -> RecordId {
        match self {
            Node::Product(id) | Node::Restricted(id) | Node::Record(id) => id,
        }
    }
}

pub struct Graph<'a> {
    pub t: Texts,
    pub asked: &'a Asked,
    pub level: Level,
    /// The address of the page.
    pub at: &'a str,
    /// The product that the page is of, where it is one's.
    pub product: Option<RecordId>,
    pub met: &'a Met,
    pub holders: &'a Holders,
    /// What the page is about.
    pub starts: &'a HashSet<RecordId>,
    /// What is near enough to be shown, with how many steps away it is.
    pub near: &'a HashMap<RecordId, u32>,
}

/// A picture, and what of the graph it leaves off, in words.
pub struct Drawn {
    pub picture: Picture,
    pub left_off: Option<String>,
}

impl Graph<'_> {
    /// Whether there is anything to see.
    pub fn drawn(&self) -> Option<Drawn> {
        let edges = self.edges();
        let pairs = self.pairs(&edges);
        let steps = self.steps(&edges, &pairs);
        if steps.is_empty() {
            return None;
        }
        let focus = self.focus(&steps);
        let (all, boxes) = (steps.len(), self.nearest(steps, focus));
        let places: HashMap<Node, usize> = boxes.iter().enumerate().map(|(at, node)| (*node, at)).collect();
        let between = |(origin, result): &(Node, Node)| Some((*places.get(origin)?, *places.get(result)?));
        let kept = edges.into_iter().zip(&pairs).filter_map(|(edge, pair)| Some((edge, between(pair)?)));
        let kept: Vec<(&Edge, (usize, usize))> = kept.filter(|(_, (from, to))| from != to).collect();
        let columns = self.columns(kept.iter().map(|(edge, _)| *edge));
        let (lines, is_thinned) = thinned(kept.iter().flat_map(|(edge, ends)| self.lines(edge, *ends, &columns)));
        let things: Vec<Thing> = boxes.iter().map(|node| self.thing(*node, &columns)).collect();
        let focus = focus.and_then(|focus| self.spot(focus, *places.get(&focus)?, &columns));
        let left_off = self.left_off((boxes.len(), all), is_thinned.then_some(lines.len()));
        Some(Drawn { picture: Picture::of(self.t, things, &lines, focus), left_off })
    }

    /// Edges between what is shown, once each, the nearest first.
    fn edges(&self) -> Vec<&Edge> {
        let mut met = HashSet::new();
        let steps = |edge: &Edge| Some(*self.near.get(&edge.from)?.max(self.near.get(&edge.to)?));
        let all = self.met.up.iter().chain(&self.met.down).filter_map(|edge| Some((steps(edge)?, edge)));
        let mut edges: Vec<(u32, &Edge)> =
            all.filter(|(_, edge)| edge.from != edge.to && met.insert((edge.to, edge.from))).collect();
        edges.sort_by_key(|(steps, _)| *steps);
        edges.into_iter().map(|(_, edge)| edge).collect()
    }

    /// The boxes of origin and result of each of the edges.
    fn pairs(&self, edges: &[&Edge]) -> Vec<(Node, Node)> {
        edges.iter().map(|edge| (self.node(edge.to), self.node(edge.from))).collect()
    }

    /// The box that a record is drawn in.
    fn node(&self, id: RecordId) -> Node {
        let is_folded = |product: &RecordId| !self.asked.unfolded.contains(product);
        if self.level != Level::Products {
            return Node::Record(id);
        }
        if self.starts.contains(&id) {
            return self.product.filter(is_folded).map_or(Node::Record(id), Node::Product);
        }
        if self.met.cards.get(&id).is_some_and(|card| card.kind.is("data_product")) {
            return if is_folded(&id) { Node::Product(id) } else { Node::Record(id) };
        }
        match (self.holders.seen(id), self.holders.hidden(id)) {
            ([one], []) if is_folded(one) => Node::Product(*one),
            ([], [one]) => Node::Restricted(*one),
            _ => Node::Record(id),
        }
    }

    /// How many steps away each box is, of those that hang together with others.
    fn steps(&self, edges: &[&Edge], pairs: &[(Node, Node)]) -> BTreeMap<Node, u32> {
        let mut steps: BTreeMap<Node, u32> = BTreeMap::new();
        for (edge, (origin, result)) in edges.iter().zip(pairs).filter(|(_, (origin, result))| origin != result) {
            for (node, id) in [(origin, edge.to), (result, edge.from)] {
                let near = self.near[&id];
                steps.entry(*node).and_modify(|known| *known = near.min(*known)).or_insert(near);
            }
        }
        steps
    }

    /// The box that is seen alone: that of a product or a record, else that of what the record is drawn in.
    fn focus(&self, steps: &BTreeMap<Node, u32>) -> Option<Node> {
        let id = self.asked.focus?;
        let own = [Node::Product(id), Node::Record(id)].into_iter().find(|node| steps.contains_key(node));
        own.or_else(|| self.near.contains_key(&id).then(|| self.node(id)))
    }

    /// Where it stands, or a column of it; nowhere, where nothing is known of that column.
    fn spot(&self, focus: Node, thing: usize, columns: &BTreeMap<RecordId, Vec<String>>) -> Option<Spot> {
        let Some(column) = self.asked.column.as_ref().filter(|_| self.level == Level::Columns) else {
            return Some(Spot { thing, row: None });
        };
        let row = columns.get(&focus.id())?.iter().position(|known| known == column)?;
        Some(Spot { thing, row: Some(row) })
    }

    /// As many boxes as a picture bears: the focus, and those nearest to what the page is about, in an order that stays.
    fn nearest(&self, steps: BTreeMap<Node, u32>, focus: Option<Node>) -> Vec<Node> {
        let mut boxes: Vec<(Node, u32)> = steps.into_iter().collect();
        if boxes.len() > MOST {
            boxes.sort_by_cached_key(|(node, steps)| (Some(*node) != focus, *steps, self.link(*node).name));
            boxes.truncate(MOST);
            boxes.sort_unstable();
        }
        boxes.into_iter().map(|(node, _)| node).collect()
    }

    fn link(&self, node: Node) -> Link {
        let of_product = match node {
            Node::Product(id) | Node::Restricted(id) => self.holders.link(id),
            Node::Record(_) => None,
        };
        of_product.cloned().unwrap_or_else(|| Link::of(&self.met.cards[&node.id()]))
    }

    fn thing(&self, node: Node, columns: &BTreeMap<RecordId, Vec<String>>) -> Thing {
        let plain = |text: String| Row { text, focus: None };
        let column = |id: RecordId, column: &String| Row {
            text: shown(column),
            focus: Some(self.asked.focused_on(id, column).at(self.at, "lineage")),
        };
        let rows = match node {
            Node::Record(id) if self.level == Level::Columns => {
                columns.get(&id).into_iter().flatten().map(|name| column(id, name)).collect()
            }
            Node::Record(id) if self.level == Level::Products => self.shared(id).map(plain).into_iter().collect(),
            Node::Restricted(_) => vec![plain(self.t.say("lineage.restricted"))],
            Node::Product(_) | Node::Record(_) => Vec::new(),
        };
        let unfold = match node {
            Node::Product(id) => Some(self.asked.on(Level::Products).unfolding(id).at(self.at, "lineage")),
            Node::Restricted(_) | Node::Record(_) => None,
        };
        Thing {
            link: self.link(node),
            is_own: self.starts.contains(&node.id()),
            is_restricted: matches!(node, Node::Restricted(_)),
            rows,
            unfold,
        }
    }

    /// What is said of a record that several products hold.
    fn shared(&self, id: RecordId) -> Option<String> {
        let holders = self.holders.seen(id).len() + self.holders.hidden(id).len();
        (holders > 1).then(|| self.t.count("lineage.shared", holders))
    }

    /// Which columns of each table are made of others or go into others.
    fn columns<'e>(&self, edges: impl Iterator<Item = &'e Edge>) -> BTreeMap<RecordId, Vec<String>> {
        let mut found: BTreeMap<RecordId, Vec<String>> = BTreeMap::new();
        if self.level != Level::Columns {
            return found;
        }
        let wanted = self.asked.focus.zip(self.asked.column.as_deref());
        let mut add = |id: RecordId, column: &str| {
            let columns = found.entry(id).or_default();
            let is_wanted = wanted == Some((id, column));
            if (columns.len() < MOST_COLUMNS || is_wanted) && columns.iter().all(|known| known != column) {
                columns.push(column.to_owned());
            }
        };
        for edge in edges {
            for (from, to) in column::mapped(edge) {
                add(edge.from, to);
                from.into_iter().for_each(|column| add(edge.to, column));
            }
        }
        found
    }

    /// The lines of an edge: from column to column, or from box to box where nobody has said more.
    fn lines(
        &self,
        edge: &Edge,
        (from, to): (usize, usize),
        columns: &BTreeMap<RecordId, Vec<String>>,
    ) -> BTreeSet<Line> {
        let whole = Line { from, to, rows: None };
        if self.level != Level::Columns {
            return BTreeSet::from([whole]);
        }
        let row = |id: &RecordId, column: &str| columns.get(id)?.iter().position(|known| known == column);
        let mut lines = BTreeSet::new();
        for (origins, result) in column::mapped(edge) {
            for origin in origins {
                let rows = row(&edge.to, origin).zip(row(&edge.from, result));
                lines.insert(Line { from, to, rows });
            }
        }
        if lines.is_empty() {
            lines.insert(whole);
        }
        lines
    }

    /// Of all boxes, as many as are drawn; of lines, how many, where these are not all.
    fn left_off(&self, (boxes, all): (usize, usize), lines: Option<usize>) -> Option<String> {
        let number = |number: usize| self.t.number(number as u64);
        let mut said = Vec::new();
        if boxes < all {
            said.push(self.t.with("lineage.nearest", &[("shown", &number(boxes)), ("all", &number(all))]));
        }
        if let Some(lines) = lines {
            said.push(self.t.with("lineage.thinned", &[("shown", &number(lines))]));
        }
        (!said.is_empty()).then(|| said.join(" "))
    }
}

/// Each line once, the first as many as a picture bears, and whether there are others.
fn thinned(lines: impl Iterator<Item = Line>) -> (Vec<Line>, bool) {
    let mut kept = BTreeSet::new();
    let mut is_thinned = false;
    for line in lines {
        if kept.len() >= MOST_LINES && !kept.contains(&line) {
            is_thinned = true;
            break;
        }
        kept.insert(line);
    }
    (kept.into_iter().collect(), is_thinned)
}

#[cfg(test)]
mod tests {
    use emporion_catalog::id::{EdgeId, Revision};
    use emporion_catalog::relation;
    use serde_json::Map;

    use super::*;

    fn edge(origin: RecordId, result: RecordId) -> Edge {
        Edge {
            id: EdgeId::fresh(),
            from: result,
            relation: relation::DERIVED_FROM,
            at: String::new(),
            ord: 0,
            to: origin,
            attributes: Map::new(),
            since: Revision::FIRST,
            until: None,
        }
    }

    #[test]
    fn what_many_products_share_makes_no_more_lines_than_there_are_edges() {
        let [page, own, hub, after, last] = [(); 5].map(|()| RecordId::fresh());
        let met = Met { down: vec![edge(own, hub), edge(hub, after), edge(after, last)], ..Met::default() };
        let holders = Holders::of_many(&[(own, 900), (hub, 900), (after, 900), (last, 1)]);
        let (starts, near) = (HashSet::from([page, own]), HashMap::from([(own, 0), (hub, 1), (after, 2), (last, 3)]));
        let asked =
            Asked { level: None, up: 4, down: 4, from: [0, 0], unfolded: Vec::new(), focus: None, column: None };
        let graph = Graph {
            t: Texts::by_code("en").expect("English"),
            asked: &asked,
            level: Level::Products,
            at: "/products/a",
            product: Some(page),
            met: &met,
            holders: &holders,
            starts: &starts,
            near: &near,
        };
        let edges = graph.edges();
        let pairs = graph.pairs(&edges);
        let of_last = Node::Product(holders.seen(last)[0]);
        let (hub, after) = (Node::Record(hub), Node::Record(after));
        assert!(pairs == [(Node::Product(page), hub), (hub, after), (after, of_last)]);
        assert_eq!(graph.shared(hub.id()).as_deref(), Some("in 900 products"));
        assert_eq!(graph.steps(&edges, &pairs).len(), 4);
    }

    #[test]
    fn a_picture_bears_so_many_lines() {
        let line = |n: usize| Line { from: n % 40, to: 40 + n / 40, rows: None };
        let (lines, is_thinned) = thinned((0..MOST_LINES).chain(0..MOST_LINES).map(line));
        assert!(lines.len() == MOST_LINES && !is_thinned, "each once");
        let (lines, is_thinned) = thinned((0..2 * MOST_LINES).map(line));
        assert!(lines.len() == MOST_LINES && is_thinned);
    }
}
