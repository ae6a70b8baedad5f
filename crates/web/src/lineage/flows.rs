//! Lines from column to column, and which columns stand in the boxes that they join.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use emporion_catalog::id::RecordId;

use super::path::ColumnPath;
use crate::lineage::picture::MOST_LINES;

/// Columns that are drawn in one table, beside those of the path of one.
const MOST_COLUMNS: usize = 24;

/// A line whose columns have no places yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flow<'e> {
    pub from: usize,
    pub to: usize,
    pub columns: Option<(&'e str, &'e str)>,
    pub is_unsure: bool,
}

/// As much of all flows as a picture bears.
pub struct Drawn<'e> {
    pub flows: Vec<Flow<'e>>,
    pub is_thinned: bool,
    /// What stands in each table: columns that lines lead to.
    pub columns: HashMap<RecordId, Vec<&'e str>>,
    pub columns_left_off: usize,
}

impl<'e> Drawn<'e> {
    /// What lies on the path before all else.
    pub fn of(boxes: &[RecordId], flows: Vec<Flow<'e>>, path: Option<&ColumnPath<'e>>) -> Drawn<'e> {
        let is_on_path = |flow: &Flow<'e>| {
            let has = |at: usize, column| path.is_some_and(|path| path.has((boxes[at], column)));
            flow.columns.is_some_and(|(origin, result)| has(flow.from, origin) && has(flow.to, result))
        };
        let (mut flows, beside): (Vec<Flow<'e>>, Vec<Flow<'e>>) = flows.into_iter().partition(is_on_path);
        let mut room: HashMap<RecordId, HashSet<&'e str>> = HashMap::new();
        let mut known: HashSet<(RecordId, &'e str)> = HashSet::new();
        for flow in &flows {
            for place in flow.places(boxes) {
                known.insert(place);
                room.entry(place.0).or_default().insert(place.1);
            }
        }
        for flow in &beside {
            for (id, column) in flow.places(boxes) {
                known.insert((id, column));
                let columns = room.entry(id).or_default();
                if columns.len() < MOST_COLUMNS {
                    columns.insert(column);
                }
            }
        }
        flows.extend(beside);
        // Columns that are not drawn leave one line between their boxes.
        let folded = flows.into_iter().map(|flow| {
            let is_drawn = flow.places(boxes).all(|(id, column)| room[&id].contains(column));
            Flow { columns: flow.columns.filter(|_| is_drawn), ..flow }
        });
        let (flows, is_thinned) = thinned(folded);
        let mut columns: HashMap<RecordId, Vec<&'e str>> = HashMap::new();
        let mut drawn = HashSet::new();
        let chosen = path.map(|path| path.start).filter(|start| boxes.contains(&start.0));
        for (id, column) in chosen.into_iter().chain(flows.iter().flat_map(|flow| flow.places(boxes))) {
            if drawn.insert((id, column)) {
                columns.entry(id).or_default().push(column);
            }
        }
        known.extend(chosen);
        Drawn { flows, is_thinned, columns, columns_left_off: known.len() - drawn.len() }
    }
}

impl<'e> Flow<'e> {
    /// The columns at its ends.
    fn places(&self, boxes: &[RecordId]) -> impl Iterator<Item = (RecordId, &'e str)> + use<'e> {
        let ends = self.columns.map(|(origin, result)| [(boxes[self.from], origin), (boxes[self.to], result)]);
        ends.into_iter().flatten()
    }
}

/// Each line once, the first as many as a picture bears, and whether there are others.
pub fn thinned<L: Copy + Eq + Hash>(lines: impl Iterator<Item = L>) -> (Vec<L>, bool) {
    let (mut kept, mut known) = (Vec::new(), HashSet::new());
    for line in lines {
        if known.contains(&line) {
            continue;
        }
        if kept.len() == MOST_LINES {
            return (kept, true);
        }
        known.insert(line);
        kept.push(line);
    }
    (kept, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lineage::picture::Line;
    use crate::records::column::testing::edge as mapped;

    #[test]
    fn a_picture_bears_so_many_lines() {
        let line = |n: usize| Line { from: n % 40, to: 40 + n / 40, rows: None, is_unsure: false };
        let (lines, is_thinned) = thinned((0..MOST_LINES).chain(0..MOST_LINES).map(line));
        assert!(lines.len() == MOST_LINES && !is_thinned, "each once");
        let (lines, is_thinned) = thinned((0..2 * MOST_LINES).map(line));
        assert!(lines.len() == MOST_LINES && is_thinned);
    }

    fn all<'e>(from: usize, to: usize, pairs: &[(&'e str, &'e str)]) -> Vec<Flow<'e>> {
        pairs.iter().map(|pair| Flow { from, to, columns: Some(*pair), is_unsure: false }).collect()
    }

    #[test]
    fn what_lies_on_the_path_of_a_column_is_drawn_before_others() {
        let [first, second] = [(); 2].map(|()| RecordId::fresh());
        let names: Vec<String> = (0..40).map(|at| format!("c{at:02}")).collect();
        let pairs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
        let edge = mapped(first, second, &pairs);
        let path = ColumnPath::of(&[&edge], (second, "c35"), |_| true);
        let drawn = Drawn::of(&[first, second], all(0, 1, &pairs), path.as_ref());
        for id in [first, second] {
            let columns = &drawn.columns[&id];
            assert!(columns.len() == MOST_COLUMNS && columns.contains(&"c35"));
            assert!(columns.contains(&"c22") && !columns.contains(&"c23"));
        }
        // The other columns leave one line between the two.
        assert_eq!((drawn.columns_left_off, drawn.flows.len()), (32, MOST_COLUMNS + 1));
        assert!(!drawn.is_thinned);
    }

    #[test]
    fn a_wide_table_takes_no_line_from_others() {
        let [wide, other, after] = [(); 3].map(|()| RecordId::fresh());
        let names: Vec<String> = (0..1_100).map(|at| format!("c{at}")).collect();
        let pairs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
        let mut flows = all(0, 1, &pairs);
        flows.extend(all(1, 2, &[("c5", "x")]));
        let drawn = Drawn::of(&[wide, other, after], flows, None);
        assert!(drawn.flows.iter().any(|flow| (flow.from, flow.columns) == (1, Some(("c5", "x")))));
        assert!(!drawn.is_thinned && drawn.columns[&after] == ["x"]);
    }
}
