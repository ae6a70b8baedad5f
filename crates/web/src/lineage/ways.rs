//! What lies in one direction, as a table: nearest first, part by part.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use emporion_catalog::id::RecordId;
use emporion_catalog::read::Count;
use emporion_catalog::reading::SeenCard;
use emporion_catalog::record::Edge;

use super::groups::Groups;
use super::{Around, pipeline_of};
use crate::layout::rest::Rest;
use crate::records::address;
use crate::records::column::Flow;
use crate::records::link::Link;
use crate::text::texts::Texts;

/// Rows that are shown at once.
const ROWS: usize = 50;
/// Products that are named in a row.
const PRODUCTS: usize = 5;
/// Pairs of columns that are shown of a row before it is unfolded, and then.
const FIRST_COLUMNS: usize = 6;
const MORE_COLUMNS: usize = 18;

/// What is found in one direction.
pub struct Way {
    pub key: &'static str,
    pub title: String,
    pub empty: String,
    pub rows: Vec<Row>,
    pub rest: Option<Rest>,
    /// How much is a step farther than what is shown, and where it is.
    pub farther: Option<(String, Option<String>)>,
}

pub struct Row {
    pub link: Link,
    pub kind: String,
    pub steps: String,
    pub products: Vec<Link>,
    /// Products that he is told of and does not see.
    pub restricted: Vec<Link>,
    /// How many others there are, and where.
    pub more_products: Option<(String, Option<String>)>,
    /// Pipelines that make it, or make something of it.
    pub by: Vec<Link>,
    pub columns: Vec<Flow>,
    pub more_columns: Columns,
    /// Where the picture shows its way alone.
    pub focus: String,
}

/// Pairs of columns that are unfolded.
#[derive(Default)]
pub struct Columns {
    /// How many there are, those included that are left off.
    pub rendered: String,
    pub flows: Vec<Flow>,
    /// How many are left off.
    pub left_off: Option<String>,
}

/// From an edge towards the starts, and away from them.
pub struct Direction {
    is_up: bool,
    near: fn(&Edge) -> RecordId,
    far: fn(&Edge) -> RecordId,
}

pub const UP: Direction = Direction { is_up: true, near: |edge| edge.from, far: |edge| edge.to };
pub const DOWN: Direction = Direction { is_up: false, near: |edge| edge.to, far: |edge| edge.from };

impl Way {
    /// `key` is `up` or `down`; `farther`, how much is a step farther, and where it is.
    pub fn reported(t: Texts, key: &'static str, rows: Vec<Row>, farther: Option<(String, Option<String>)>) -> Way {
        let (title, empty) = (t.say(&format!("lineage.{key}")), t.say(&format!("lineage.{key}_empty")));
        Way { key, title, empty, rows, rest: None, farther }
    }

    pub fn with_rest(self, rest: Option<Rest>) -> Way {
        Way { rest, ..self }
    }
}

impl Columns {
    pub fn reported(t: Texts, mut flows: Vec<Flow>) -> Columns {
        let rendered = t.count("lineage.columns", flows.len());
        let left_off = flows.split_off(flows.len().min(MORE_COLUMNS)).len();
        Columns { rendered, flows, left_off: (left_off > 0).then(|| t.count("lineage.columns", left_off)) }
    }
}

impl Around {
    /// Of much, those that the visitor's words stand in.
    pub fn way(
        &self,
        direction: &Direction,
        edges: &[Edge],
        distances: &BTreeMap<RecordId, u32>,
        groups: &Groups,
    ) -> Way {
        let [up, down] = self.asked.from;
        let (key, most, from) =
            if direction.is_up { ("up", self.asked.up, up) } else { ("down", self.asked.down, down) };
        let mut leading: HashMap<RecordId, Vec<&Edge>> = HashMap::new();
        for edge in edges {
            leading.entry((direction.far)(edge)).or_default().push(edge);
        }
        let beyond = distances.values().filter(|steps| **steps > most).count();
        let is_sought = |id: &RecordId| self.asked.words.is_empty() || groups.is_sought(*id);
        let shown = distances.iter().filter(|(id, steps)| **steps <= most && is_sought(id));
        let mut all: Vec<(u32, &SeenCard)> =
            shown.filter_map(|(id, steps)| Some((*steps, self.met.cards.get(id)?))).collect();
        all.sort_by(|a, b| (a.0, &a.1.fqn).cmp(&(b.0, &b.1.fqn)));
        // An address of a part that is no more begins anew.
        let from = if from < all.len() { from } else { 0 };
        let rows = all.iter().skip(from).take(ROWS).map(|(steps, card)| {
            let leading = leading.get(&card.id).map_or(&[][..], Vec::as_slice);
            self.row(direction, card, *steps, leading)
        });
        let rows: Vec<Row> = rows.collect();
        let at = |from| self.asked.after(direction.is_up, from).at(&self.at, "lineage");
        let rest = Rest::of_part(self.t, (from, rows.len()), Count::of(all.len() as u64), |from| {
            format!("{}#lineage-{key}", at(from))
        });
        let farther = (beyond > 0).then(|| {
            let more = self.asked.farther(direction.is_up).map(|asked| asked.at(&self.at, "lineage"));
            (self.t.count("lineage.beyond", beyond), more)
        });
        let way = Way::reported(self.t, key, rows, farther).with_rest(rest);
        if self.asked.words.is_empty() { way } else { Way { empty: self.t.say("lineage.none_sought"), ..way } }
    }

    fn row(&self, direction: &Direction, card: &SeenCard, steps: u32, leading: &[&Edge]) -> Row {
        let t = self.t;
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
        let named = |products: &[RecordId], most: usize| -> Vec<Link> {
            products.iter().take(most).filter_map(|id| self.holders.link(*id)).cloned().collect()
        };
        let (seen, hidden) = (self.holders.seen(card.id), self.holders.hidden(card.id));
        let products = named(seen, PRODUCTS);
        let restricted = named(hidden, PRODUCTS - products.len());
        let others = seen.len() + hidden.len() - products.len() - restricted.len();
        let more_products = (others > 0).then(|| {
            let page = address::of(card.kind, &card.fqn).filter(|_| card.kind.is("table"));
            let all = page.map(|page| address::with_query(&page, &[("tab", "access")]));
            (t.count("lineage.more_products", others), all)
        });
        Row {
            link: Link::of(card),
            kind: t.say(&format!("kind.{}", card.kind.name())),
            steps: t.count("lineage.steps", steps),
            products,
            restricted,
            more_products,
            by,
            columns,
            more_columns: Columns::reported(t, more_columns),
            focus: self.asked.focused(Some(card.id)).at(&self.at, "lineage"),
        }
    }
}

/// How many steps each record is away, the starts left out.
pub fn distances(starts: &HashSet<RecordId>, edges: &[Edge], direction: &Direction) -> BTreeMap<RecordId, u32> {
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
