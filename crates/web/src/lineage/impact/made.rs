//! Which columns are made of some columns of a record, also by way of further records.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::Edge;

use crate::records::column::mapped;

/// By the records that have them, their paths; `edges` lead from what is made to what it is made of. The record itself
/// is left out.
pub fn made_of(start: RecordId, lost: &[&String], edges: &[Edge]) -> BTreeMap<RecordId, BTreeSet<String>> {
    let mut leading: HashMap<RecordId, Vec<&Edge>> = HashMap::new();
    for edge in edges {
        leading.entry(edge.to).or_default().push(edge);
    }
    let mut met: BTreeMap<RecordId, BTreeSet<String>> = BTreeMap::new();
    let lost: HashSet<String> = lost.iter().map(|path| path.to_string()).collect();
    // Each column goes on once, whatever circles there are.
    let mut next = VecDeque::from([(start, lost)]);
    while let Some((record, columns)) = next.pop_front() {
        for edge in leading.get(&record).into_iter().flatten() {
            let hit = mapped(edge).filter(|(from, _)| from.iter().any(|origin| is_within(origin, &columns)));
            let paths: Vec<&str> = hit.map(|(_, path)| path).collect();
            if paths.is_empty() {
                continue;
            }
            let known = met.entry(edge.from).or_default();
            let fresh = paths.into_iter().filter(|path| known.insert((*path).to_owned()));
            let fresh: HashSet<String> = fresh.map(str::to_owned).collect();
            if !fresh.is_empty() {
                next.push_back((edge.from, fresh));
            }
        }
    }
    met.remove(&start);
    met
}

/// Whether a column is one of these, or lies in one.
fn is_within(origin: &str, columns: &HashSet<String>) -> bool {
    columns.contains(origin) || origin.match_indices('.').any(|(end, _)| columns.contains(&origin[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::column::testing::edge as flow;

    fn hit(start: RecordId, lost: &[&str], edges: &[Edge], of: RecordId) -> Vec<String> {
        let lost: Vec<String> = lost.iter().map(|path| (*path).to_owned()).collect();
        let found = made_of(start, &lost.iter().collect::<Vec<_>>(), edges);
        assert!(!found.contains_key(&start));
        found.get(&of).into_iter().flatten().cloned().collect()
    }

    #[test]
    fn columns_are_followed_through_further_tables() {
        let [lost, near, far, other] = std::array::from_fn(|_| RecordId::fresh());
        let edges = [
            flow(near, far, &[("gross", "total"), ("id", "key")]),
            flow(lost, near, &[("amount", "net"), ("amount", "gross"), ("id", "id")]),
            flow(near, other, &[("id", "id")]),
        ];
        assert_eq!(hit(lost, &["amount"], &edges, near), ["gross", "net"]);
        assert_eq!(hit(lost, &["amount"], &edges, far), ["total"], "in whichever order the edges are told");
        assert_eq!(hit(lost, &["id"], &edges, far), ["key"]);
        assert!(hit(lost, &["amount"], &edges, other).is_empty(), "made of another column of what is hit");
        assert!(hit(lost, &[], &edges, near).is_empty());
    }

    #[test]
    fn circles_and_several_ways_end() {
        let [lost, one, two, last] = std::array::from_fn(|_| RecordId::fresh());
        let edges = [
            flow(lost, one, &[("a", "a")]),
            flow(lost, two, &[("b", "b")]),
            flow(one, two, &[("a", "c")]),
            flow(two, one, &[("c", "d"), ("b", "b")]),
            flow(one, lost, &[("d", "a")]),
            flow(two, last, &[("b", "x"), ("c", "y")]),
            flow(last, last, &[("x", "z")]),
        ];
        assert_eq!(hit(lost, &["a", "b"], &edges, one), ["a", "b", "d"]);
        assert_eq!(hit(lost, &["a"], &edges, last), ["y"]);
        assert_eq!(hit(lost, &["a", "b"], &edges, last), ["x", "y", "z"]);
    }

    #[test]
    fn what_lies_in_a_lost_column_is_lost_with_it() {
        let [lost, result] = std::array::from_fn(|_| RecordId::fresh());
        let edges = [flow(lost, result, &[("address.city", "city"), ("address", "whole"), ("addressee", "to")])];
        assert_eq!(hit(lost, &["address"], &edges, result), ["city", "whole"]);
        assert_eq!(hit(lost, &["address.city"], &edges, result), ["city"]);
        // Without columns it is not known of which it is made.
        assert!(hit(lost, &["address"], &[flow(lost, result, &[])], result).is_empty());
    }
}
