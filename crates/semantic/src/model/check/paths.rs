//! Ambiguous join paths: two ways between datasets, through others. Questions over both would have to ask which is
//! meant.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};

use super::super::parts::Model;
use super::super::read::Report;
use super::folded;

/// A model with more of them is told of these.
const MOST: usize = 100;
/// Steps over all datasets; models that need more are larger than what questions are asked of.
const MOST_STEPS: usize = 2_000_000;
/// For circles inside of circles.
const MOST_TURNS: usize = 20;

/// Relationships as edges from the many to the one, between datasets by their place in the model.
struct Graph {
    /// By relationship: where it begins.
    begins: HashMap<usize, usize>,
    /// By dataset: the relationship and where it leads.
    out: Vec<Vec<(usize, usize)>>,
    into: Vec<Vec<(usize, usize)>>,
}

/// Warns of each pair of datasets between which there are two ways that share nothing but their ends. Those that share
/// more are told where they part and meet; two relationships side by side are somebody else's to tell.
pub(super) fn ambiguous(model: &Model, report: &mut Report) {
    let graph = Graph::of(model);
    let (mut told, mut steps) = (0, 0);
    for from in (0..graph.out.len()).filter(|from| graph.out[*from].len() > 1) {
        let ways = graph.ways(from, &mut steps);
        for to in ways.order.iter().copied().filter(|to| *to != from) {
            let Some([one, other]) = graph.apart(from, to, &ways) else { continue };
            if told == MOST || steps > MOST_STEPS {
                return;
            }
            told += 1;
            let name = |at: usize| model.datasets[at].common.name.as_str();
            let way = |last: usize| -> String {
                let way = graph.way(from, to, last);
                way.iter()
                    .map(|at| format!("`{}`", model.relationships[*at].common.name))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let message = format!(
                "`{}` leads to `{}` in two ways, by {} and by {}: questions will ask which",
                name(from),
                name(to),
                way(one),
                way(other)
            );
            report.warn(format!("/relationships/{}", one.max(other)), "AMBIGUOUS_PATH", message);
        }
    }
}

/// What is reached from one dataset.
struct Ways {
    /// In the order in which a search in breadth reaches it.
    order: Vec<usize>,
    /// The first dataset through which all ways to it lead; itself, where they share none.
    first: HashMap<usize, usize>,
}

impl Graph {
    fn of(model: &Model) -> Graph {
        let mut places: HashMap<String, usize> = HashMap::new();
        for (at, dataset) in model.datasets.iter().enumerate() {
            places.entry(folded(&dataset.common.name)).or_insert(at);
        }
        let mut graph = Graph {
            begins: HashMap::new(),
            out: vec![Vec::new(); model.datasets.len()],
            into: vec![Vec::new(); model.datasets.len()],
        };
        for (at, relationship) in model.relationships.iter().enumerate() {
            let place = |end: &str| places.get(&folded(end)).copied();
            if let (Some(from), Some(to)) = (place(&relationship.from), place(&relationship.to))
                && from != to
            {
                graph.begins.insert(at, from);
                graph.out[from].push((at, to));
                graph.into[to].push((at, from));
            }
        }
        graph
    }

    fn ways(&self, from: usize, steps: &mut usize) -> Ways {
        let mut ways = Ways { order: vec![from], first: HashMap::new() };
        let (mut seen, mut waiting) = (HashSet::from([from]), VecDeque::from([from]));
        while let Some(at) = waiting.pop_front() {
            *steps += 1 + self.out[at].len();
            for (_, to) in &self.out[at] {
                if seen.insert(*to) {
                    ways.order.push(*to);
                    waiting.push_back(*to);
                }
            }
        }
        // What two ways of different beginnings meet in begins a way of its own. What leads to a dataset is looked at
        // before it, but for circles, which need another turn.
        let order = self.downwards(from);
        for _ in 0..MOST_TURNS {
            let mut changes = false;
            for to in &order {
                *steps += 1 + self.into[*to].len();
                let mut firsts = self.into[*to].iter().filter_map(|(_, before)| match *before {
                    before if before == from => Some(*to),
                    before => ways.first.get(&before).copied(),
                });
                let Some(first) = firsts.next() else { continue };
                let first = if firsts.all(|other| other == first) { first } else { *to };
                changes |= ways.first.insert(*to, first) != Some(first);
            }
            if !changes || *steps > MOST_STEPS {
                break;
            }
        }
        ways
    }

    /// What is reached, each before what it leads to, as far as there are no circles.
    fn downwards(&self, from: usize) -> Vec<usize> {
        let (mut seen, mut done) = (HashSet::from([from]), Vec::new());
        let mut open = vec![(from, 0)];
        while let Some((at, next)) = open.last_mut() {
            match self.out[*at].get(*next) {
                Some((_, to)) => {
                    *next += 1;
                    if seen.insert(*to) {
                        open.push((*to, 0));
                    }
                }
                None => {
                    done.push(*at);
                    open.pop();
                }
            }
        }
        done.pop();
        done.reverse();
        done
    }

    /// The last relationships of two ways that part at `from` and meet at `to`, one of them at least through others.
    fn apart(&self, from: usize, to: usize, ways: &Ways) -> Option<[usize; 2]> {
        if ways.first.get(&to) != Some(&to) {
            return None;
        }
        let reached = |before: usize| before == from || ways.first.get(&before).is_some_and(|first| *first != to);
        let mut lasts = self.into[to].iter().filter(|(_, before)| reached(*before));
        let (one, before) = lasts.next()?;
        let beginning = |before: usize| if before == from { None } else { ways.first.get(&before) };
        let (other, _) = lasts.find(|(_, another)| beginning(*another) != beginning(*before))?;
        Some([*one, *other])
    }

    /// The relationships of a shortest way that ends with `last`, and comes to its end only there.
    fn way(&self, from: usize, to: usize, last: usize) -> Vec<usize> {
        let goal = self.begins.get(&last).copied().unwrap_or(from);
        let mut by: HashMap<usize, usize> = HashMap::new();
        let mut waiting = VecDeque::from([from]);
        while let Some(at) = waiting.pop_front().filter(|at| *at != goal) {
            for (relationship, next) in self.out[at].iter().filter(|(_, next)| *next != from && *next != to) {
                if let Entry::Vacant(entry) = by.entry(*next) {
                    entry.insert(*relationship);
                    waiting.push_back(*next);
                }
            }
        }
        let mut way = vec![last];
        let mut at = goal;
        while let Some((relationship, before)) = by.get(&at).and_then(|it| Some((*it, *self.begins.get(it)?))) {
            way.push(relationship);
            at = before;
        }
        way.reverse();
        way
    }
}
