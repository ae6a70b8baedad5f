//! What words find, the best first: what is named by just these words, then as the index of searches ranks it, and of what
//! ranks alike the newest.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use emporion_catalog::Problem;
use emporion_catalog::finder::{Condition, Order, Sighted, Sought, Spotted};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::record::View;

use crate::in_domain::InDomain;
use crate::inventory::{self, Inventory, Wanted};

/// So many are ranked. What else is found stands behind these, the newest first.
const MOST: usize = 20_000;
/// Levels of so few records are read together.
const MOST_TOGETHER: usize = 2_000;
/// Beyond every rank of the index.
const NAMED: u64 = 1 << 40;

/// By what the index ranks.
pub struct Ranks {
    /// What is found; words in it are worth something.
    pub found: Condition,
    /// Everything that is found is among it.
    pub is_all: bool,
    /// Of that, what is named by just the words.
    pub named: Option<Condition>,
}

/// How well the records fit that can be found.
pub struct Ranking {
    ranks: HashMap<RecordId, u64>,
    /// The best first.
    levels: Vec<Level>,
    /// Nothing else can be found.
    is_whole: bool,
}

/// Records that rank alike.
#[derive(Debug, PartialEq, Eq)]
struct Level {
    rank: u64,
    ids: Vec<RecordId>,
}

impl Ranking {
    /// `None` where words ask for more than the index ranks at once.
    pub async fn of(here: &InDomain<'_>, kinds: &[Kind], ranks: &Ranks) -> Result<Option<Ranking>, Problem> {
        let sought = |condition: &Condition| Sought {
            condition: Condition::all(vec![Condition::kinds(kinds.to_vec()), condition.clone()]),
            order: Order::BEST,
            beyond: None,
            from: 0,
            limit: MOST,
            counted: Vec::new(),
        };
        let Some(found) = told(here, &sought(&ranks.found)).await? else { return Ok(None) };
        let named = match &ranks.named {
            Some(named) => told(here, &sought(named)).await?.map(|named| named.hits).unwrap_or_default(),
            None => Vec::new(),
        };
        // Parts are in no index.
        let is_known = ranks.is_all && kinds.iter().all(|kind| !kind.0.part);
        let is_cut = found.total > MOST as u64;
        let is_whole = found.is_exact && is_known && !is_cut;
        Ok(Some(Ranking { is_whole, ..ranked(&named, &found.hits, is_cut) }))
    }

    pub fn of_record(&self, id: RecordId) -> Option<u64> {
        self.ranks.get(&id).copied()
    }

    /// A page of views in the order of ranks, and whether there is more. It begins behind the place of `wanted`, which has
    /// this rank, if any.
    pub async fn page(
        &self,
        here: &InDomain<'_>,
        inventories: &[Inventory],
        wanted: &Wanted<'_>,
        rank: Option<u64>,
    ) -> Result<(Vec<View>, bool), Problem> {
        let after = wanted.after.as_ref();
        // One more than the page has tells whether there is more.
        let enough = wanted.size + 1;
        let mut views: Vec<View> = Vec::with_capacity(enough);
        let mut levels = match (after, rank) {
            (None, _) => self.levels.as_slice(),
            (Some(_), Some(rank)) => &self.levels[self.levels.partition_point(|level| level.rank > rank)..],
            (Some(_), None) => &[],
        };
        let mut room = 2 * enough;
        while views.len() < enough && !levels.is_empty() {
            let is_begun = after.is_some() && rank == Some(levels[0].rank);
            let (next, rest) = levels.split_at(if is_begun { 1 } else { together(levels, room) });
            let among: HashSet<RecordId> = next.iter().flat_map(|level| level.ids.iter().copied()).collect();
            let is_one = next.len() == 1;
            let part = Wanted {
                after: after.filter(|_| is_begun).cloned(),
                size: if is_one { enough - views.len() } else { among.len() },
                depth: wanted.depth.clone(),
                among: Some(&among),
                ..*wanted
            };
            let (mut found, _) = inventory::page(here, inventories, &part).await?;
            if !is_one {
                // Those that rank alike stay as they stand.
                found.sort_by_key(|view| Reverse(self.of_record(view.id())));
            }
            views.extend(found);
            levels = rest;
            room = (2 * room).min(MOST_TOGETHER);
        }
        if views.len() < enough && (!self.is_whole || (after.is_some() && rank.is_none())) {
            let test = |view: &View| {
                self.of_record(view.id()).is_none() && wanted.test.is_none_or(|is_wanted| is_wanted(view))
            };
            let part = Wanted {
                after: after.filter(|_| rank.is_none()).cloned(),
                size: enough - views.len(),
                depth: wanted.depth.clone(),
                test: Some(&test),
                ..*wanted
            };
            views.extend(inventory::page(here, inventories, &part).await?.0);
        }
        let more = views.len() > wanted.size;
        views.truncate(wanted.size);
        Ok((views, more))
    }
}

/// What the index finds; `None` where that is more than it may be asked at once.
async fn told(here: &InDomain<'_>, sought: &Sought) -> Result<Option<Sighted>, Problem> {
    match here.reading.seek(sought).await {
        Err(Problem::Invalid(_)) => Ok(None),
        told => told.map(Some),
    }
}

/// What is named so before all else; of what was cut off, the last level is not whole, and no level.
fn ranked(named: &[Spotted], found: &[Spotted], is_cut: bool) -> Ranking {
    let mut ranks: HashMap<RecordId, u64> = HashMap::with_capacity(named.len() + found.len());
    let cut = found.last().filter(|_| is_cut).map(|last| last.score);
    let found = found.iter().filter(|hit| Some(hit.score) != cut).map(|hit| (hit.id, hit.score));
    let mut levels: Vec<Level> = Vec::new();
    for (id, rank) in named.iter().map(|hit| (hit.id, hit.score + NAMED)).chain(found) {
        if ranks.contains_key(&id) {
            continue;
        }
        ranks.insert(id, rank);
        match levels.last_mut().filter(|level| level.rank == rank) {
            Some(level) => level.ids.push(id),
            None => levels.push(Level { rank, ids: vec![id] }),
        }
    }
    Ranking { ranks, levels, is_whole: !is_cut }
}

/// How many levels, at least one, have not more records than there is room for.
fn together(levels: &[Level], room: usize) -> usize {
    let mut taken = 0;
    let fits = |level: &&Level| {
        taken += level.ids.len();
        taken <= room
    };
    levels.iter().take_while(fits).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(scores: &[u64]) -> Vec<Spotted> {
        scores.iter().map(|score| Spotted { id: RecordId::fresh(), score: *score, text: String::new() }).collect()
    }

    fn sizes(ranking: &Ranking) -> Vec<(u64, usize)> {
        ranking.levels.iter().map(|level| (level.rank, level.ids.len())).collect()
    }

    #[test]
    fn what_is_named_so_stands_before_what_fits_better_by_its_words() {
        let found = hits(&[9, 9, 4, 4, 4]);
        let named = vec![Spotted { score: 3, ..found[3].clone() }];
        let ranking = ranked(&named, &found, false);
        assert_eq!(sizes(&ranking), [(NAMED + 3, 1), (9, 2), (4, 2)]);
        assert_eq!(ranking.of_record(found[3].id), Some(NAMED + 3));
        assert_eq!(ranking.of_record(RecordId::fresh()), None);
    }

    #[test]
    fn a_level_that_is_cut_off_is_none() {
        let found = hits(&[9, 4, 4]);
        assert_eq!(sizes(&ranked(&[], &found, true)), [(9, 1)]);
        assert!(sizes(&ranked(&[], &found[1..], true)).is_empty());
        assert_eq!(sizes(&ranked(&[], &found, false)), [(9, 1), (4, 2)]);
    }

    #[test]
    fn small_levels_are_read_together_and_large_ones_by_themselves() {
        let levels = |sizes: &[usize]| -> Vec<Level> {
            let level = |size: &usize| Level { rank: 0, ids: (0..*size).map(|_| RecordId::fresh()).collect() };
            sizes.iter().map(level).collect()
        };
        assert_eq!(together(&levels(&[1, 2, 3]), 5), 2);
        assert_eq!(together(&levels(&[9, 1]), 5), 1);
        assert_eq!(together(&levels(&[1, 1]), 5), 2);
    }
}
