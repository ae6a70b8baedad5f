//! What is known of the path of one column: those that it is made of, and those that are made of it, step by step.

use std::collections::{HashMap, HashSet, VecDeque};

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::SeenCard;
use emporion_catalog::record::Edge;

use crate::records::column::{self, ColumnLink};
use crate::records::link::Link;
use crate::text::texts::Texts;

/// Steps from column to column that are followed.
const MOST: usize = 2_000;
/// Those that are told, and what it may go on to.
const MOST_TOLD: usize = 100;

/// A column of a record.
pub type Place<'a> = (RecordId, &'a str);

/// From an origin to what is made of it.
type Step<'a> = (Place<'a>, Place<'a>);

/// From record to record, an origin first.
type Ends = (RecordId, RecordId);

pub struct ColumnPath<'a> {
    pub start: Place<'a>,
    /// Of each record those that lie on it.
    columns: HashMap<RecordId, HashSet<&'a str>>,
    /// Towards its origins and away from them, the nearest first.
    up: Vec<Step<'a>>,
    down: Vec<Step<'a>>,
    /// It may go on there: nobody has said by which columns.
    unsure: Vec<Ends>,
    is_cut: bool,
}

impl<'a> ColumnPath<'a> {
    /// Along these edges; `None` where nothing is known of the column. `has_columns` says of a record whether any could be
    /// known.
    pub fn of(edges: &[&'a Edge], of: Place<'_>, has_columns: impl Fn(RecordId) -> bool) -> Option<ColumnPath<'a>> {
        let mut steps: Vec<Step<'a>> = Vec::new();
        let mut known = HashSet::new();
        for edge in edges {
            for (origins, result) in column::mapped(edge) {
                steps.extend(origins.into_iter().map(|origin| ((edge.to, origin), (edge.from, result))));
                known.insert((edge.to, edge.from));
            }
        }
        let start = steps.iter().flat_map(|(origin, result)| [*origin, *result]).find(|place| *place == of)?;
        let ends = edges.iter().map(|edge| (edge.to, edge.from)).filter(|ends| !known.contains(ends));
        let unsure: HashSet<Ends> = ends.filter(|ends| has_columns(ends.0) && has_columns(ends.1)).collect();
        let columns = HashMap::from([(start.0, HashSet::from([start.1]))]);
        let mut path =
            ColumnPath { start, columns, up: Vec::new(), down: Vec::new(), unsure: Vec::new(), is_cut: false };
        // A circle is told in one direction.
        let mut reported = HashSet::new();
        let (above, below);
        (path.up, above) = path.follow(&steps, &mut reported, true);
        (path.down, below) = path.follow(&steps, &mut reported, false);
        // From what it is made of no further down, and from what is made of it no further up.
        let goes_on = |(origin, result): &Ends| above.contains(result) || below.contains(origin);
        path.unsure = unsure.into_iter().filter(goes_on).collect();
        path.unsure.sort_unstable();
        Some(path)
    }

    /// The steps in one direction, nearest first, but for those that are told; and the records that lie there.
    fn follow(
        &mut self,
        steps: &[Step<'a>],
        reported: &mut HashSet<Step<'a>>,
        is_up: bool,
    ) -> (Vec<Step<'a>>, HashSet<RecordId>) {
        let mut leading: HashMap<Place<'a>, Vec<Step<'a>>> = HashMap::new();
        for step in steps {
            leading.entry(if is_up { step.1 } else { step.0 }).or_default().push(*step);
        }
        let (mut followed, mut records) = (Vec::new(), HashSet::from([self.start.0]));
        let (mut met, mut waiting) = (HashSet::from([self.start]), VecDeque::from([self.start]));
        while let Some(place) = waiting.pop_front() {
            for step in leading.get(&place).into_iter().flatten() {
                if followed.len() == MOST {
                    self.is_cut = true;
                    return (followed, records);
                }
                if reported.insert(*step) {
                    followed.push(*step);
                }
                let far = if is_up { step.0 } else { step.1 };
                records.insert(far.0);
                self.columns.entry(far.0).or_default().insert(far.1);
                if met.insert(far) {
                    waiting.push_back(far);
                }
            }
        }
        (followed, records)
    }

    pub fn has(&self, (record, column): Place<'_>) -> bool {
        self.columns.get(&record).is_some_and(|columns| columns.contains(column))
    }

    pub fn leads_through(&self, record: RecordId) -> bool {
        self.columns.contains_key(&record)
    }

    /// As many steps as are told, each direction as far as it goes from here; the farthest origin first.
    fn reported(&self) -> Vec<Step<'a>> {
        let half = MOST_TOLD / 2;
        let up = self.up.len().min(half.max(MOST_TOLD.saturating_sub(self.down.len())));
        let down = self.down.len().min(MOST_TOLD - up);
        self.up[..up].iter().rev().chain(&self.down[..down]).copied().collect()
    }
}

/// The path of a column in words.
pub struct Traced {
    pub name: String,
    pub steps: Vec<(ColumnLink, ColumnLink)>,
    /// What it may go on to, by columns that nobody knows.
    pub unsure: Vec<(Link, Link)>,
    pub left_off: Option<String>,
}

impl Traced {
    /// `cards` are of all that it leads through.
    pub fn of(t: Texts, cards: &HashMap<RecordId, SeenCard>, path: &ColumnPath<'_>) -> Traced {
        let column_of = |(id, column): Place<'_>| ColumnLink::in_full(&cards[&id], column);
        let link = |id: RecordId| Link::of(&cards[&id]);
        let reported = path.reported();
        let unsure = path.unsure.len().min(MOST_TOLD);
        let others = path.up.len() + path.down.len() + path.unsure.len() - reported.len() - unsure;
        let left_off = (others > 0).then(|| t.count("lineage.more_steps_of_path", others));
        let cut = path.is_cut.then(|| t.say("lineage.cut"));
        let left_off: Vec<String> = left_off.into_iter().chain(cut).collect();
        Traced {
            name: column_of(path.start).name,
            steps: reported.iter().map(|(from, to)| (column_of(*from), column_of(*to))).collect(),
            unsure: path.unsure[..unsure].iter().map(|(from, to)| (link(*from), link(*to))).collect(),
            left_off: (!left_off.is_empty()).then(|| left_off.join(" ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::column::testing::edge;

    #[test]
    fn it_goes_from_column_to_column_and_says_where_it_may_go_on() {
        let [first, second, third, before, beside, pipeline] = [(); 6].map(|()| RecordId::fresh());
        let edges = [
            edge(first, second, &[("a", "a"), ("b", "b")]),
            edge(second, third, &[("a", "x"), ("b", "y")]),
            edge(before, first, &[]),
            edge(pipeline, first, &[]),
            // What else is made of an origin says nothing of what comes from it here.
            edge(first, beside, &[]),
            edge(beside, third, &[("q", "y")]),
            // The same pair again, without a word of its columns: these are known.
            edge(second, third, &[]),
        ];
        let edges: Vec<&Edge> = edges.iter().collect();
        let of = |place| ColumnPath::of(&edges, place, |record| record != pipeline);
        let path = of((third, "x")).expect("known");
        assert_eq!(path.reported(), [((first, "a"), (second, "a")), ((second, "a"), (third, "x"))]);
        assert_eq!(path.unsure, [(before, first)]);
        assert!(path.has((first, "a")) && !path.has((first, "b")) && !path.leads_through(beside));
        let both = of((second, "b")).expect("known");
        assert_eq!(both.reported(), [((first, "b"), (second, "b")), ((second, "b"), (third, "y"))]);
        assert!(of((third, "nothing")).is_none());
    }

    #[test]
    fn a_circle_ends() {
        let [one, other] = [(); 2].map(|()| RecordId::fresh());
        let edges = [edge(one, other, &[("a", "a")]), edge(other, one, &[("a", "a")])];
        let path = ColumnPath::of(&edges.iter().collect::<Vec<_>>(), (one, "a"), |_| true).expect("known");
        assert!(path.reported().len() == 2 && path.has((other, "a")) && !path.is_cut);
    }

    #[test]
    fn of_much_the_nearest_is_told_in_both_directions() {
        let [origin, here, result] = [(); 3].map(|()| RecordId::fresh());
        let names: Vec<String> = (0..150).map(|at| format!("c{at}")).collect();
        let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "total")).collect();
        let edges = [edge(origin, here, &many), edge(here, result, &[("total", "f")])];
        let path = ColumnPath::of(&edges.iter().collect::<Vec<_>>(), (here, "total"), |_| true).expect("known");
        let reported = path.reported();
        assert!(reported.len() == 100 && reported.last() == Some(&((here, "total"), (result, "f"))));
    }
}
