//! What of a lineage is drawn: products for what they alone hold, or what they hold by itself, or its columns.
//!
//! Each record that was met stands in one box. At the level of products that is the product's where one product holds it.
//! What several share is drawn by itself, once: none of them is its origin more than the others are. What the page is about
//! stands in the box of the page. So there are never more lines than edges, and each line is a flow that the tables tell.

use std::collections::{BTreeMap, HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::Edge;

use super::asked::{Asked, Level};
use super::flows::{self, Flow, thinned};
use super::groups::Groups;
use super::holders::Holders;
use super::met::Met;
use super::path::{ColumnPath, Traced};
use crate::lineage::picture::{Line, MOST, Picture, Row, Spot, Thing};
use crate::records::column;
use crate::records::link::Link;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// What one box stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Node {
    Product(RecordId),
    /// A product that is nobody else's business than that it borrows.
    Restricted(RecordId),
    /// What lies in one place, by the first of them.
    Group(RecordId),
    Record(RecordId),
}

impl Node {
    fn id(self) -> RecordId {
        match self {
            Node::Product(id) | Node::Restricted(id) | Node::Group(id) | Node::Record(id) => id,
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
    pub groups: &'a Groups,
    /// What the page is about.
    pub starts: &'a HashSet<RecordId>,
    /// What is near enough to be shown, with how many steps away it is.
    pub near: &'a HashMap<RecordId, u32>,
}

/// A picture, and what of the graph it leaves off, in words.
pub struct Drawn {
    pub picture: Picture,
    pub left_off: Option<String>,
    /// The path of the column that is looked at alone, where anything is known of it.
    pub path: Option<Traced>,
}

/// How much is drawn.
struct Shares {
    boxes: usize,
    of_boxes: usize,
    /// Where these are not all.
    lines: Option<usize>,
    columns_left_off: usize,
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
        let path = self.path(&edges);
        let (of_boxes, boxes) = (steps.len(), self.nearest(steps, focus, path.as_ref()));
        let places: HashMap<Node, usize> = boxes.iter().enumerate().map(|(at, node)| (*node, at)).collect();
        let between = |(origin, result): &(Node, Node)| Some((*places.get(origin)?, *places.get(result)?));
        let kept = edges.into_iter().zip(&pairs).filter_map(|(edge, pair)| Some((edge, between(pair)?)));
        let kept = kept.filter(|(_, (from, to))| from != to);
        let all: Vec<Flow<'_>> = kept.flat_map(|(edge, ends)| self.flows(edge, ends)).collect();
        let ids: Vec<RecordId> = boxes.iter().map(|node| node.id()).collect();
        let drawn = flows::Drawn::of(&ids, all, path.as_ref());
        let row = |at: usize, column: &str| drawn.columns.get(&ids[at])?.iter().position(|known| *known == column);
        let line = |flow: &Flow<'_>| Line {
            from: flow.from,
            to: flow.to,
            rows: flow.columns.and_then(|(origin, result)| row(flow.from, origin).zip(row(flow.to, result))),
            is_unsure: flow.is_unsure,
        };
        let (lines, _) = thinned(drawn.flows.iter().map(line));
        let things: Vec<Thing> = boxes.iter().map(|node| self.thing(*node, &drawn.columns)).collect();
        let spot = focus.and_then(|focus| {
            let thing = *places.get(&focus)?;
            Some(Spot { thing, row: path.as_ref().and_then(|path| row(thing, path.start.1)) })
        });
        let lines_drawn = drawn.is_thinned.then_some(lines.len());
        let shares =
            Shares { boxes: boxes.len(), of_boxes, lines: lines_drawn, columns_left_off: drawn.columns_left_off };
        let picture = Picture::of(self.t, things, &lines, spot);
        let reported = path.map(|path| Traced::of(self.t, &self.met.cards, &path));
        Some(Drawn { picture, left_off: self.left_off(&shares), path: reported })
    }

    /// The column that is looked at alone.
    fn place(&self) -> Option<(RecordId, &str)> {
        Some((self.asked.focus?, self.asked.column.as_deref()?)).filter(|_| self.level == Level::Columns)
    }

    /// Of other kinds nobody can say by which columns they are made.
    fn has_columns(&self, id: RecordId) -> bool {
        self.met.cards.get(&id).is_some_and(|card| card.kind.is("table"))
    }

    fn path<'e>(&self, edges: &[&'e Edge]) -> Option<ColumnPath<'e>> {
        ColumnPath::of(edges, self.place()?, |id| self.has_columns(id))
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
        match self.level {
            Level::Products => {}
            Level::Schemas => return self.groups.group(id).map_or(Node::Record(id), |group| Node::Group(group.first)),
            Level::Tables | Level::Columns => return Node::Record(id),
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

    /// As many boxes as a picture bears: the focus, what lies on the path, and those nearest to what the page is about, in an
    /// order that stays.
    fn nearest(&self, steps: BTreeMap<Node, u32>, focus: Option<Node>, path: Option<&ColumnPath<'_>>) -> Vec<Node> {
        let mut boxes: Vec<(Node, u32)> = steps.into_iter().collect();
        if boxes.len() > MOST {
            let is_beside = |node: Node| path.is_none_or(|path| !path.leads_through(node.id()));
            let is_sought = |node: Node| self.groups.is_sought(node.id());
            boxes.sort_by_cached_key(|(node, steps)| {
                let is_first = [Some(*node) == focus, !is_beside(*node), is_sought(*node)];
                (is_first.map(|is| !is), *steps, self.link(*node).name)
            });
            boxes.truncate(MOST);
            boxes.sort_unstable();
        }
        boxes.into_iter().map(|(node, _)| node).collect()
    }

    fn link(&self, node: Node) -> Link {
        let of_product = match node {
            Node::Product(id) | Node::Restricted(id) => self.holders.link(id),
            Node::Group(id) => self.groups.group(id).map(|group| &group.link),
            Node::Record(_) => None,
        };
        of_product.cloned().unwrap_or_else(|| Link::of(&self.met.cards[&node.id()]))
    }

    fn thing(&self, node: Node, columns: &HashMap<RecordId, Vec<&str>>) -> Thing {
        let link = self.link(node);
        let column = |id: RecordId, column: &&str| {
            let text = shown(column);
            let rendered = self.t.with("lineage.focus_on", &[("name", &format!("{}.{text}", link.name))]);
            let focus = self.asked.focused_on(id, column).at(self.at, "lineage");
            Row {
                text,
                focus: Some((format!("{focus}#picture"), rendered)),
                is_chosen: self.place() == Some((id, column)),
            }
        };
        let rows = match node {
            Node::Record(id) if self.level == Level::Columns => {
                columns.get(&id).into_iter().flatten().map(|name| column(id, name)).collect()
            }
            Node::Record(id) if self.level == Level::Products => self.shared(id).map(Row::plain).into_iter().collect(),
            Node::Restricted(_) => vec![Row::plain(self.t.say("lineage.restricted"))],
            Node::Group(id) => {
                self.groups.group(id).map(|group| Row::plain(group.counted(self.t))).into_iter().collect()
            }
            Node::Product(_) | Node::Record(_) => Vec::new(),
        };
        let unfold = match node {
            Node::Product(id) => Some(self.asked.on(Level::Products).unfolding(id).at(self.at, "lineage")),
            Node::Group(id) => Some(self.asked.on(Level::Schemas).unfolding(id).at(self.at, "lineage")),
            Node::Restricted(_) | Node::Record(_) => None,
        };
        Thing {
            link,
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

    /// The lines of an edge: from column to column, or from box to box where nobody has said more.
    fn flows<'e>(&self, edge: &'e Edge, (from, to): (usize, usize)) -> Vec<Flow<'e>> {
        let whole = Flow { from, to, columns: None, is_unsure: false };
        if self.level != Level::Columns {
            return vec![whole];
        }
        let is_unsure = self.has_columns(edge.from) && self.has_columns(edge.to);
        let mapped = column::mapped(edge).flat_map(|(origins, result)| {
            let known = move |origin| Flow { columns: Some((origin, result)), ..whole };
            origins.into_iter().map(known)
        });
        let mapped: Vec<Flow<'_>> = mapped.collect();
        if mapped.is_empty() { vec![Flow { is_unsure, ..whole }] } else { mapped }
    }

    fn left_off(&self, shares: &Shares) -> Option<String> {
        let number = |number: usize| self.t.number(number as u64);
        let mut rendered = Vec::new();
        if shares.boxes < shares.of_boxes {
            let numbers = [("shown", &*number(shares.boxes)), ("all", &*number(shares.of_boxes))];
            rendered.push(self.t.with("lineage.nearest", &numbers));
        }
        if let Some(lines) = shares.lines {
            rendered.push(self.t.with("lineage.thinned", &[("shown", &number(lines))]));
        }
        if shares.columns_left_off > 0 {
            rendered.push(self.t.count("lineage.columns_left_off", shares.columns_left_off));
        }
        (!rendered.is_empty()).then(|| rendered.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::column::testing::edge as mapped;

    fn edge(origin: RecordId, result: RecordId) -> Edge {
        mapped(origin, result, &[])
    }

    #[test]
    fn what_many_products_share_makes_no_more_lines_than_there_are_edges() {
        let [page, own, hub, after, last] = [(); 5].map(|()| RecordId::fresh());
        let met = Met { down: vec![edge(own, hub), edge(hub, after), edge(after, last)], ..Met::default() };
        let holders = Holders::of_many(&[(own, 900), (hub, 900), (after, 900), (last, 1)]);
        let (starts, near) = (HashSet::from([page, own]), HashMap::from([(own, 0), (hub, 1), (after, 2), (last, 3)]));
        let asked = Asked {
            level: None,
            up: 4,
            down: 4,
            from: [0, 0],
            unfolded: Vec::new(),
            focus: None,
            column: None,
            words: String::new(),
        };
        let graph = Graph {
            t: Texts::by_code("en").expect("English"),
            asked: &asked,
            level: Level::Products,
            at: "/products/a",
            product: Some(page),
            met: &met,
            holders: &holders,
            groups: &Groups::default(),
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
}
