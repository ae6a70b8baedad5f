//! Lineage as a picture: layers from left to right, origins left of what is made of them, few crossings.

pub mod file;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::RecordId;

use crate::link::Link;
use crate::texts::Texts;

const WIDTH: usize = 190;
const HEIGHT: usize = 36;
const BETWEEN_LAYERS: usize = 64;
const BETWEEN_ROWS: usize = 14;
const MARGIN: usize = 8;
/// More are a table only.
const MOST: usize = 150;
/// Characters of a name that fit.
const FITTING: usize = 21;
const SWEEPS: usize = 6;

#[derive(Template)]
#[template(path = "parts/picture.html")]
pub struct Picture {
    t: Texts,
    /// Where it lies as a file, where it does.
    file: Option<String>,
    nodes: Vec<Node>,
    lines: Vec<String>,
    width: usize,
    height: usize,
}

impl HtmlSafe for Picture {}

struct Node {
    link: Link,
    short: String,
    is_own: bool,
    x: usize,
    y: usize,
}

impl Picture {
    /// Of records and of edges from an origin to what is made of it. `None` where there is nothing to see, or too much.
    pub fn of(
        t: Texts,
        links: &BTreeMap<RecordId, Link>,
        own: &HashSet<RecordId>,
        edges: &[(RecordId, RecordId)],
    ) -> Option<Picture> {
        let mut edges: Vec<(RecordId, RecordId)> = edges
            .iter()
            .copied()
            .filter(|(from, to)| from != to && links.contains_key(from) && links.contains_key(to))
            .collect();
        edges.sort_unstable();
        edges.dedup();
        let drawn: HashSet<RecordId> = edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
        if drawn.is_empty() || drawn.len() > MOST {
            return None;
        }
        let layers = ordered(layers(&drawn, &edges), &edges);
        let rows = layers.iter().map(Vec::len).max().unwrap_or(0);
        let height = rows * (HEIGHT + BETWEEN_ROWS) + 2 * MARGIN - BETWEEN_ROWS;
        let mut places: HashMap<RecordId, (usize, usize)> = HashMap::new();
        for (layer, ids) in layers.iter().enumerate() {
            let x = MARGIN + layer * (WIDTH + BETWEEN_LAYERS);
            let taken = ids.len() * (HEIGHT + BETWEEN_ROWS) - BETWEEN_ROWS;
            let top = (height - taken) / 2;
            for (row, id) in ids.iter().enumerate() {
                places.insert(*id, (x, top + row * (HEIGHT + BETWEEN_ROWS)));
            }
        }
        let line = |(from, to): &(RecordId, RecordId)| {
            let ((x1, y1), (x2, y2)) = (places[from], places[to]);
            let (x1, y1, y2) = (x1 + WIDTH, y1 + HEIGHT / 2, y2 + HEIGHT / 2);
            let bend = BETWEEN_LAYERS / 2;
            format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 + bend, x2.saturating_sub(bend))
        };
        let lines = edges.iter().map(line).collect();
        let nodes = layers.iter().flatten().map(|id| {
            let link = links[id].clone();
            let short = match link.name.chars().count() > FITTING {
                true => link.name.chars().take(FITTING - 1).chain(['…']).collect(),
                false => link.name.clone(),
            };
            Node { link, short, is_own: own.contains(id), x: places[id].0, y: places[id].1 }
        });
        let width = layers.len() * (WIDTH + BETWEEN_LAYERS) - BETWEEN_LAYERS + 2 * MARGIN;
        Some(Picture { t, file: None, nodes: nodes.collect(), lines, width, height })
    }

    pub fn with_file(self, file: Option<String>) -> Picture {
        Picture { file, ..self }
    }
}

/// Each record one layer to the right of its farthest origin; circles are cut where they are met.
pub fn layers<T: Copy + Ord + Hash>(drawn: &HashSet<T>, edges: &[(T, T)]) -> Vec<Vec<T>> {
    let mut layer: BTreeMap<T, usize> = drawn.iter().map(|id| (*id, 0)).collect();
    for _ in 0..drawn.len() {
        let mut is_settled = true;
        for (from, to) in edges {
            let wanted = layer[from] + 1;
            if layer[to] < wanted && wanted < drawn.len() {
                layer.insert(*to, wanted);
                is_settled = false;
            }
        }
        if is_settled {
            break;
        }
    }
    let mut used: Vec<usize> = layer.values().copied().collect();
    used.sort_unstable();
    used.dedup();
    let mut layers = vec![Vec::new(); used.len()];
    for (id, at) in layer {
        layers[used.binary_search(&at).expect("a layer that is used")].push(id);
    }
    layers
}

/// Puts each record near the middle of those that it is linked to, from left to right and back.
pub fn ordered<T: Copy + Ord + Hash>(mut layers: Vec<Vec<T>>, edges: &[(T, T)]) -> Vec<Vec<T>> {
    for sweep in 0..SWEEPS {
        let mut place: HashMap<T, f64> = HashMap::new();
        for ids in &layers {
            let middle = ids.len() as f64 / 2.0;
            place.extend(ids.iter().enumerate().map(|(row, id)| (*id, row as f64 - middle)));
        }
        for at in 0..layers.len() {
            let at = if sweep % 2 == 0 { at } else { layers.len() - 1 - at };
            let wanted = |id: &T| {
                let near = edges.iter().filter_map(|(from, to)| match sweep % 2 == 0 {
                    true => (to == id).then_some(from),
                    false => (from == id).then_some(to),
                });
                let (sum, number) = near.fold((0.0, 0.0), |(sum, number), other| (sum + place[other], number + 1.0));
                if number > 0.0 { sum / number } else { place[id] }
            };
            let mut sorted: Vec<(f64, T)> = layers[at].iter().map(|id| (wanted(id), *id)).collect();
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
            let middle = sorted.len() as f64 / 2.0;
            place.extend(sorted.iter().enumerate().map(|(row, (_, id))| (*id, row as f64 - middle)));
            layers[at] = sorted.into_iter().map(|(_, id)| id).collect();
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_stand_left_of_what_is_made_of_them_and_circles_end() {
        let ids: Vec<RecordId> = (0..5).map(|_| RecordId::fresh()).collect();
        let edges = [(ids[0], ids[1]), (ids[1], ids[2]), (ids[0], ids[2]), (ids[3], ids[4]), (ids[4], ids[3])];
        let drawn: HashSet<RecordId> = ids.iter().copied().collect();
        let layers = layers(&drawn, &edges);
        let at = |id: RecordId| layers.iter().position(|layer| layer.contains(&id)).expect("a layer");
        assert!(at(ids[0]) < at(ids[1]) && at(ids[1]) < at(ids[2]));
        assert_eq!(layers.iter().map(Vec::len).sum::<usize>(), 5);
    }

    #[test]
    fn lines_that_need_not_cross_do_not() {
        let ids: Vec<RecordId> = (0..4).map(|_| RecordId::fresh()).collect();
        let edges = [(ids[0], ids[3]), (ids[1], ids[2])];
        let layers = ordered(vec![vec![ids[0], ids[1]], vec![ids[2], ids[3]]], &edges);
        assert_eq!(layers[1], [ids[3], ids[2]]);
    }
}
