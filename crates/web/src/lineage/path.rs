//! What is known of the path of one column: those that it is made of, and those that are made of it, step by step.

use std::collections::{HashMap, HashSet, VecDeque};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::Edge;

use crate::column;

/// Steps from column to column that are followed.
const MOST: usize = 2_000;

/// A column of a record.
pub type Place<'a> = (RecordId, &'a str);

#[derive(Default)]
pub struct ColumnPath<'a> {
    /// Of each record those that lie on it, the nearest first.
    pub columns: HashMap<RecordId, Vec<&'a str>>,
    /// From an origin to what is made of it: the farthest origin first, what is made of the last result last.
    pub steps: Vec<(Place<'a>, Place<'a>)>,
    /// It may go on there, from record to record: nobody has said by which columns.
    pub unsure: Vec<(RecordId, RecordId)>,
    pub is_cut: bool,
}

impl<'a> ColumnPath<'a> {
    /// Along these edges; `None` where nothing is known of the column.
    pub fn of(edges: &[&'a Edge], of: Place<'_>) -> Option<ColumnPath<'a>> {
        let mut steps: Vec<(Place<'a>, Place<'a>)> = Vec::new();
        let mut known = HashSet::new();
        for edge in edges {
            for (origins, result) in column::mapped(edge) {
                steps.extend(origins.into_iter().map(|origin| ((edge.to, origin), (edge.from, result))));
                known.insert((edge.to, edge.from));
            }
        }
        let start = steps.iter().flat_map(|(origin, result)| [*origin, *result]).find(|place| *place == of)?;
        let unsure: Vec<(RecordId, RecordId)> =
            edges.iter().map(|edge| (edge.to, edge.from)).filter(|ends| !known.contains(ends)).collect();
        let mut path = ColumnPath::default();
        path.add(start);
        let up = path.follow(&steps, &unsure, start, true);
        let down = path.follow(&steps, &unsure, start, false);
        path.steps = up.into_iter().rev().chain(down).collect();
        path.unsure.sort_unstable();
        path.unsure.dedup();
        Some(path)
    }

    /// The steps in one direction, nearest first.
    fn follow(
        &mut self,
        steps: &[(Place<'a>, Place<'a>)],
        unsure: &[(RecordId, RecordId)],
        start: Place<'a>,
        is_up: bool,
    ) -> Vec<(Place<'a>, Place<'a>)> {
        let mut leading: HashMap<Place<'a>, Vec<(Place<'a>, Place<'a>)>> = HashMap::new();
        for step in steps {
            leading.entry(if is_up { step.1 } else { step.0 }).or_default().push(*step);
        }
        let (mut followed, mut passed) = (Vec::new(), HashSet::new());
        let (mut met, mut waiting) = (HashSet::from([start]), VecDeque::from([start]));
        while let Some(place) = waiting.pop_front() {
            let here = |ends: &&(RecordId, RecordId)| (if is_up { ends.1 } else { ends.0 }) == place.0;
            self.unsure.extend(unsure.iter().filter(here));
            for step in leading.get(&place).into_iter().flatten().filter(|step| passed.insert(**step)) {
                if followed.len() == MOST {
                    self.is_cut = true;
                    return followed;
                }
                followed.push(*step);
                let far = if is_up { step.0 } else { step.1 };
                self.add(far);
                if met.insert(far) {
                    waiting.push_back(far);
                }
            }
        }
        followed
    }

    fn add(&mut self, (record, column): Place<'a>) {
        let columns = self.columns.entry(record).or_default();
        if !columns.contains(&column) {
            columns.push(column);
        }
    }

    pub fn has(&self, (record, column): Place<'_>) -> bool {
        self.columns.get(&record).is_some_and(|columns| columns.contains(&column))
    }
}

#[cfg(test)]
pub mod tests {
    use emporion_catalog::id::{EdgeId, Revision};
    use emporion_catalog::relation;
    use serde_json::{Map, Value, json};

    use super::*;

    /// Of which columns of the one which of the other are made.
    pub fn edge(origin: RecordId, result: RecordId, columns: &[(&str, &str)]) -> Edge {
        let mapped: Vec<Value> = columns.iter().map(|(from, to)| json!({"from": [from], "to": to})).collect();
        let mut attributes = Map::new();
        if !mapped.is_empty() {
            attributes.insert("columns".to_owned(), mapped.into());
        }
        Edge {
            id: EdgeId::fresh(),
            from: result,
            relation: relation::DERIVED_FROM,
            at: String::new(),
            ord: 0,
            to: origin,
            attributes,
            since: Revision::FIRST,
            until: None,
        }
    }

    #[test]
    fn it_goes_from_column_to_column_and_says_where_it_may_go_on() {
        let [first, second, third, before, beside] = [(); 5].map(|()| RecordId::fresh());
        let edges = [
            edge(first, second, &[("a", "a"), ("b", "b")]),
            edge(second, third, &[("a", "x"), ("b", "y")]),
            edge(before, first, &[]),
            edge(beside, third, &[("q", "y")]),
            // The same pair again, without a word of its columns: these are known.
            edge(second, third, &[]),
        ];
        let edges: Vec<&Edge> = edges.iter().collect();
        let path = ColumnPath::of(&edges, (third, "x")).expect("known");
        assert_eq!(path.steps, [((first, "a"), (second, "a")), ((second, "a"), (third, "x"))]);
        assert_eq!(path.unsure, [(before, first)]);
        assert!(path.has((first, "a")) && !path.has((first, "b")) && !path.columns.contains_key(&beside));
        let both = ColumnPath::of(&edges, (second, "b")).expect("known");
        assert_eq!(both.steps, [((first, "b"), (second, "b")), ((second, "b"), (third, "y"))]);
        assert!(ColumnPath::of(&edges, (third, "nothing")).is_none());
    }

    #[test]
    fn a_circle_ends() {
        let [one, other] = [(); 2].map(|()| RecordId::fresh());
        let edges = [edge(one, other, &[("a", "a")]), edge(other, one, &[("a", "a")])];
        let path = ColumnPath::of(&edges.iter().collect::<Vec<_>>(), (one, "a")).expect("known");
        assert!(path.steps.len() == 4 && !path.is_cut);
    }
}
