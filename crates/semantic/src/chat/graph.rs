//! The join graph: joins as steps from many rows to one, and the one way between two datasets.

use super::ground::{DatasetId, Ground, JoinId};
use super::words::lemmas;

/// Longer ways are none.
const MAX_STEPS: usize = 8;
/// More ways than questions can choose between.
const MAX_WAYS: usize = 6;
/// Steps that one search may take.
const MAX_SEARCH: usize = 20_000;

/// One join, walked to where it has at most one row for each row before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    pub join: JoinId,
    /// From `to` to `from` of a join that is one to one.
    pub is_backwards: bool,
}

pub type Way = Vec<Step>;

/// Why there is no one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    NoPath {
        from: DatasetId,
        to: DatasetId,
    },
    /// The joins of each way, for whoever asks back; [`super::Query::via`] takes those of the chosen one.
    Ambiguous {
        from: DatasetId,
        to: DatasetId,
        ways: Vec<Vec<JoinId>>,
    },
}

/// The steps of a ground, with the joins that a question chose.
#[derive(Debug)]
pub struct Graph<'a> {
    ground: &'a Ground,
    /// By dataset: the step and where it leads.
    out: Vec<Vec<(Step, DatasetId)>>,
    via: Vec<JoinId>,
    /// Chosen for ways that end with them.
    ends: Vec<JoinId>,
}

impl<'a> Graph<'a> {
    pub fn of(ground: &'a Ground, via: &[JoinId], ends: &[JoinId]) -> Graph<'a> {
        let mut out = vec![Vec::new(); ground.datasets.len()];
        for (at, join) in ground.joins.iter().enumerate() {
            let mut step = |from: DatasetId, to: DatasetId, is_backwards: bool| {
                if let Some(steps) = out.get_mut(from.0)
                    && to.0 < ground.datasets.len()
                    && from != to
                {
                    steps.push((Step { join: JoinId(at), is_backwards }, to));
                }
            };
            step(join.from, join.to, false);
            if join.is_one_to_one {
                step(join.to, join.from, true);
            }
        }
        Graph { ground, out, via: via.to_vec(), ends: ends.to_vec() }
    }

    /// The one way from `from` to `to`, empty where they are the same.
    pub fn way(&self, from: DatasetId, to: DatasetId) -> Result<Way, Lost> {
        if from == to {
            return Ok(Way::new());
        }
        let mut ways = self.ways(from, to);
        if ways.len() > 1 {
            // Those that pass the most of what was chosen.
            let passed = |way: &Way| {
                let chosen = self.via.iter().filter(|join| way.iter().any(|step| step.join == **join)).count();
                let ends = way.last().is_some_and(|step| self.ends.contains(&step.join));
                chosen + usize::from(ends)
            };
            let most = ways.iter().map(passed).max().unwrap_or_default();
            ways.retain(|way| passed(way) == most);
            // What a row is of, by the names of what it is of: not what it also leads to in roles, unless that is
            // nearer.
            let is_role = |way: &Way| way.iter().any(|step| !is_plain(self.ground, step.join));
            let (roles, own): (Vec<&Way>, Vec<&Way>) = ways.iter().partition(|way| is_role(way));
            if let ([own], true) = (own.as_slice(), most == 0)
                && roles.iter().all(|way| way.len() >= own.len())
            {
                ways = vec![(*own).clone()];
            }
            // What a row leads to itself, not what something leads to that it has in a role: of students their country, not
            // that of their tutors.
            let (near, far): (Vec<&Way>, Vec<&Way>) = ways.iter().partition(|way| way.len() == 1);
            let is_by_role = |way: &Way| way.first().is_some_and(|step| !is_plain(self.ground, step.join));
            // What a row says itself of where it belongs, in no role: the branch of a loan, not that of the item or the member.
            // What the model has a word of its own for is meant by that word.
            let is_called = |step: &Step| {
                let names = &self.ground.join(step.join).names;
                names.label.is_some() || !names.synonyms.is_empty()
            };
            let is_said = |way: &Way| !is_by_role(way) && !way.iter().any(is_called);
            let is_near = |near: &Way| is_said(near) || far.iter().all(|way| is_by_role(way));
            if let ([near], true) = (near.as_slice(), most == 0 && near.iter().all(|way| is_near(way))) {
                ways = vec![(*near).clone()];
            }
        }
        match ways.len() {
            0 => Err(Lost::NoPath { from, to }),
            1 => Ok(ways.swap_remove(0)),
            _ => {
                let ways = ways.iter().map(|way| way.iter().map(|step| step.join).collect()).collect();
                Err(Lost::Ambiguous { from, to, ways })
            }
        }
    }

    pub fn reaches(&self, from: DatasetId, to: DatasetId) -> bool {
        from == to || !self.ways(from, to).is_empty()
    }

    /// Whether a question chose one of these joins.
    pub fn is_chosen(&self, joins: &[JoinId]) -> bool {
        joins.iter().any(|join| self.via.contains(join))
    }

    /// The datasets from which all of `ends` are reached, without those that lead to another such dataset themselves.
    pub fn roots(&self, ends: &[DatasetId]) -> Vec<DatasetId> {
        let all = (0..self.out.len()).map(DatasetId);
        let common: Vec<DatasetId> = all.filter(|root| ends.iter().all(|end| self.reaches(*root, *end))).collect();
        let is_nearest = |root: &DatasetId| {
            !common.iter().any(|other| other != root && self.reaches(*root, *other) && !self.reaches(*other, *root))
        };
        let mut nearest: Vec<DatasetId> = Vec::new();
        for root in common.iter().filter(|root| is_nearest(root)) {
            // Of datasets that lead to one another, their rows being the same, one will do.
            if !nearest.iter().any(|other| self.reaches(*other, *root)) {
                nearest.push(*root);
            }
        }
        // What links two things is there for that: not what happens to lead to both, nor one that is of the other.
        let links = |root: DatasetId, end: DatasetId| {
            self.out.get(root.0).into_iter().flatten().any(|(step, to)| *to == end && !step.is_backwards)
        };
        let is_link = |root: &&DatasetId| !ends.contains(root) && ends.iter().all(|end| links(**root, *end));
        match (ends, common.iter().filter(is_link).collect::<Vec<_>>().as_slice()) {
            ([_, _], [link]) if nearest.len() > 1 || nearest.first() == ends.last() => vec![**link],
            _ => nearest,
        }
    }

    fn ways(&self, from: DatasetId, to: DatasetId) -> Vec<Way> {
        let (mut found, mut way, mut passed, mut searched) = (Vec::new(), Way::new(), vec![from], 0);
        self.walk(to, &mut way, &mut passed, &mut found, &mut searched);
        found.sort_by_key(|way| (way.len(), way.clone()));
        found
    }

    fn walk(
        &self,
        to: DatasetId,
        way: &mut Way,
        passed: &mut Vec<DatasetId>,
        found: &mut Vec<Way>,
        searched: &mut usize,
    ) {
        let Some(at) = passed.last().copied() else { return };
        if way.len() == MAX_STEPS || found.len() == MAX_WAYS {
            return;
        }
        for (step, next) in self.out.get(at.0).into_iter().flatten() {
            *searched += 1;
            if *searched > MAX_SEARCH || passed.contains(next) {
                continue;
            }
            way.push(*step);
            if *next == to {
                found.push(way.clone());
            } else {
                passed.push(*next);
                self.walk(to, way, passed, found, searched);
                passed.pop();
            }
            way.pop();
        }
    }
}

/// Whether rows name with it what they are of (`page_id` of views), in no role of its own (`entry_page_id`):
/// `customer_id` → `customer_id`, or `customer_id` → `id` of `customers`. Its words are looked at where several ways
/// compete, and only there.
pub(in crate::chat) fn is_plain(ground: &Ground, join: JoinId) -> bool {
    let join = ground.join(join);
    let [(from, to)] = join.on.as_slice() else { return false };
    let (from, to) = (lemmas(from), lemmas(to));
    let thing = lemmas(&ground.dataset(join.to).names.name);
    from == to || from == [thing, to].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::ground::{Dataset, Join, Names};
    use crate::guard::{Dialect, TableName};

    fn ground(datasets: usize, joins: &[(usize, usize)]) -> Ground {
        let dataset = |at: usize| Dataset {
            names: Names { name: format!("d{at}"), ..Names::default() },
            table: TableName { schema: None, name: format!("d{at}") },
            dialect: Dialect::Sqlite,
            source: 0,
            primary_key: vec!["id".into()],
            unique_keys: Vec::new(),
            default_time: None,
            row_count: None,
            redacted: Vec::new(),
            masked: Vec::new(),
        };
        let join = |(from, to): &(usize, usize)| Join {
            names: Names::default(),
            from: DatasetId(*from),
            to: DatasetId(*to),
            on: vec![("x".into(), "id".into())],
            is_one_to_one: false,
        };
        Ground {
            datasets: (0..datasets).map(dataset).collect(),
            joins: joins.iter().map(join).collect(),
            ..Ground::default()
        }
    }

    #[test]
    fn one_way_is_taken_none_is_told_and_several_are_asked() {
        // Two joins from 0 to 1, one on to 2, and 3 beside them.
        let ground = ground(4, &[(0, 1), (0, 1), (1, 2), (3, 2)]);
        let graph = Graph::of(&ground, &[], &[]);
        assert_eq!(graph.way(DatasetId(1), DatasetId(2)).map(|way| way.len()), Ok(1));
        assert_eq!(graph.way(DatasetId(2), DatasetId(0)), Err(Lost::NoPath { from: DatasetId(2), to: DatasetId(0) }));
        let Err(Lost::Ambiguous { ways, .. }) = graph.way(DatasetId(0), DatasetId(2)) else { panic!("two ways") };
        assert_eq!(ways, [vec![JoinId(0), JoinId(2)], vec![JoinId(1), JoinId(2)]]);
        let chosen = Graph::of(&ground, &[JoinId(1)], &[]);
        let way = chosen.way(DatasetId(0), DatasetId(2)).expect("it was chosen");
        assert_eq!(way[0].join, JoinId(1));
        assert_eq!(graph.roots(&[DatasetId(1), DatasetId(2)]), [DatasetId(1)]);
        assert_eq!(graph.roots(&[DatasetId(3), DatasetId(1)]), []);
    }
}
