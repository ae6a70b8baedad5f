//! What of a picture lies on the way to a place of it, and on from there.

use std::collections::{HashMap, HashSet};

use super::Line;

/// A box, or one of its rows alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Spot {
    pub thing: usize,
    pub row: Option<usize>,
}

impl Spot {
    /// As the script of the page reads it.
    pub fn rendered(self) -> String {
        match self.row {
            Some(row) => format!("{}.{row}", self.thing),
            None => self.thing.to_string(),
        }
    }
}

pub struct Trace {
    spots: HashSet<Spot>,
    things: HashSet<usize>,
    lines: Vec<bool>,
}

impl Trace {
    /// From a box by all that leads there, from a row by what is known of that row alone. Where nobody knows of rows it
    /// reaches the next box, and ends.
    pub fn of(lines: &[Line], focus: Spot) -> Trace {
        let mut trace = Trace { spots: HashSet::new(), things: HashSet::new(), lines: vec![false; lines.len()] };
        for is_up in [true, false] {
            let mut leading: HashMap<usize, Vec<usize>> = HashMap::new();
            let ends = |line: &Line| if is_up { (line.end(), line.begin()) } else { (line.begin(), line.end()) };
            for (at, line) in lines.iter().enumerate() {
                leading.entry(ends(line).0.thing).or_default().push(at);
            }
            let mut met = HashSet::new();
            let mut waiting = vec![focus];
            while let Some(spot) = waiting.pop() {
                if !met.insert(spot) {
                    continue;
                }
                for at in leading.get(&spot.thing).into_iter().flatten() {
                    let (near, far) = ends(&lines[*at]);
                    let is_known = spot.row.is_none() || spot.row == near.row;
                    if is_known || lines[*at].is_unsure {
                        trace.lines[*at] = true;
                        trace.things.insert(far.thing);
                    }
                    if is_known {
                        waiting.push(far);
                    }
                }
            }
            trace.spots.extend(met);
        }
        trace.things.extend(trace.spots.iter().map(|spot| spot.thing));
        trace
    }

    pub fn has_thing(&self, thing: usize) -> bool {
        self.things.contains(&thing)
    }

    pub fn has_row(&self, thing: usize, row: usize) -> bool {
        [None, Some(row)].iter().any(|row| self.spots.contains(&Spot { thing, row: *row }))
    }

    pub fn has_line(&self, line: usize) -> bool {
        self.lines[line]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(from: usize, to: usize) -> Line {
        Line { from, to, rows: None, is_unsure: false }
    }

    fn things(lines: &[Line], focus: Spot) -> Vec<usize> {
        let mut things: Vec<usize> = Trace::of(lines, focus).things.into_iter().collect();
        things.sort_unstable();
        things
    }

    #[test]
    fn the_way_of_a_thing_leaves_out_what_lies_beside_it() {
        let lines = [whole(0, 1), whole(1, 2), whole(3, 2), whole(1, 4)];
        let focus = Spot { thing: 1, row: None };
        let trace = Trace::of(&lines, focus);
        assert_eq!(things(&lines, focus), [0, 1, 2, 4]);
        assert_eq!([0, 1, 2, 3].map(|line| trace.has_line(line)), [true, true, false, true]);
        let circle = [whole(0, 1), whole(1, 0)];
        assert_eq!(things(&circle, Spot { thing: 0, row: None }), [0, 1], "a circle ends");
    }

    #[test]
    fn the_way_of_a_row_leaves_out_the_other_rows() {
        // 0.0 → 1.0 → 2.0 and 0.1 → 1.1 → 2.0; of 4 → 3 → 1 nobody knows by which rows, of 5 → 1 rows are not drawn.
        let line = |from, to, rows| Line { rows: Some(rows), ..whole(from, to) };
        let unsure = |from, to| Line { is_unsure: true, ..whole(from, to) };
        let lines = [
            line(0, 1, (0, 0)),
            line(0, 1, (1, 1)),
            line(1, 2, (0, 0)),
            line(1, 2, (1, 0)),
            unsure(3, 1),
            unsure(4, 3),
            whole(5, 1),
        ];
        let of = |thing, row| Trace::of(&lines, Spot { thing, row });
        let one = of(1, Some(1));
        assert!(one.has_row(0, 1) && one.has_row(2, 0) && !one.has_row(0, 0) && !one.has_row(1, 0));
        assert_eq!([3, 4, 5].map(|thing| one.has_thing(thing)), [true, false, false]);
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|at| one.has_line(at)), [false, true, false, true, true, false, false]);
        let all = of(1, None);
        assert!(all.has_row(1, 0) && all.has_row(0, 0) && all.has_row(0, 1) && all.has_thing(4) && all.has_thing(5));
        let both = of(2, Some(0));
        assert!(both.has_row(1, 0) && both.has_row(1, 1) && both.has_row(0, 0) && both.has_thing(3));
    }
}
