//! All documents that fit a query, looked at once: those that the caller sees are counted, the best of them kept. Of those
//! of which the index alone cannot say whether he does, the ids are told, to be looked at.

mod behind;
mod beside;
mod doubtful;
mod marked;
mod segment;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use emporion_catalog::finder::{Beyond, Order};
use emporion_catalog::id::{AccountId, RecordId};
use emporion_catalog::reading::KindVisibility;
use tantivy::query::{Query, Weight};
use tantivy::{DocId, Result, TERMINATED};

use self::beside::{Also, Of};
use self::doubtful::{Doubtful, Undecided};
use self::marked::Marked;
use self::segment::Segment;
use super::visibility_filter::VisibilityFilter;
use crate::index::{Beside, BestOf, Fields, Ids, Levels, Segments};

/// A place in an order of what is found, such as the best first, then by folded name, then by id. It is the document's own, and
/// does not turn on what else there is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub rank: Reverse<u64>,
    pub order: String,
    pub id: RecordId,
}

/// What is wanted of a sweep.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub account: AccountId,
    /// How the caller sees the kinds, by their names.
    pub sights: &'a HashMap<&'static str, KindVisibility>,
    pub order: Order,
    pub after: Option<&'a Place>,
    /// The same, as a door has it.
    pub beyond: Option<&'a Beyond>,
    pub limit: usize,
    /// Of which fields values are counted.
    pub counted: &'a [&'static str],
    /// Of what is found, what fits each of these is counted, too.
    pub also: &'a [Beside],
    /// Nothing is looked at after the first segment that has something.
    pub any: bool,
    /// Nothing is looked at after so many that are seen, or as many to be looked at as are anyway.
    pub enough: Option<u32>,
    /// Of those of which the index cannot say whether they are seen. More are told in their order.
    pub most_looked_at: usize,
}

/// What was found so far.
pub struct Sweep {
    limit: usize,
    segments: Vec<Segment>,
    undecided: Undecided,
    /// There may be more than was looked at.
    is_cut: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Swept {
    pub total: u64,
    pub places: Vec<Place>,
    /// For each counted field, its values.
    pub counts: Vec<HashMap<String, u64>>,
    /// How much of it fits each of the others, and what of the best does.
    pub also: Vec<u64>,
    pub fitting: Vec<HashSet<RecordId>>,
}

/// How a query is asked.
enum Asked {
    Levels(Levels),
    Each(Box<dyn Weight>),
}

impl Wanted<'_> {
    fn is_enough(&self, total: u64, doubtful: usize) -> bool {
        self.enough.is_some_and(|enough| total >= u64::from(enough) || doubtful >= self.most_looked_at)
    }
}

impl Sweep {
    pub fn over(segments: &Segments, fields: &Fields, query: &dyn Query, wanted: &Wanted<'_>) -> Result<Sweep> {
        let asked = match query.downcast_ref::<BestOf>() {
            Some(word) => Asked::Levels(segments.levels(word)?),
            None => Asked::Each(segments.scored(query)?),
        };
        let also: Vec<Of> = wanted.also.iter().map(|beside| Of::beside(segments, beside)).collect::<Result<_>>()?;
        let limit = wanted.limit;
        let mut sweep = Sweep { limit, segments: Vec::new(), undecided: Undecided::default(), is_cut: false };
        let mut doubtful: Vec<Doubtful> = Vec::new();
        let mut marked: Vec<Option<Marked>> = Vec::new();
        let mut are_marked = 0;
        let mut total = 0;
        let mut ranks: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
        for opened in segments.all() {
            let Some(sight) = VisibilityFilter::of(opened, fields, wanted)? else { continue };
            let mut segment = Segment::of(opened, fields, wanted)?;
            segment.also = also.iter().map(|of| Also::of(of, fields, opened)).collect::<Result<_>>()?;
            let place = sweep.segments.len();
            segment.worst = ranks.peek().copied().filter(|_| ranks.len() >= limit);
            let alive = opened.reader.alive_bitset();
            let ids = Ids::of(opened, fields)?;
            let before = doubtful.len() + are_marked;
            let mut marks = None;
            let sees = |doc: DocId| {
                if alive.is_some_and(|alive| alive.is_deleted(doc)) { Some(false) } else { sight.sees(doc) }
            };
            let in_doubt = |doc: DocId, score: u32| Doubtful { id: ids.of_doc(doc), segment: place, doc, score };
            // Scores are sums of whole numbers.
            match &asked {
                Asked::Levels(levels) => {
                    let mut found = levels.found(&opened.reader)?;
                    if alive.is_some() || !sight.is_everything() {
                        let (mut seen, mut left) = (total, before);
                        if segment.is_best_first() && !sight.decides_each() {
                            marks = found.documents().map(|documents| Marked::of(documents, levels));
                        }
                        let is_done = wanted.enough.is_none()
                            && found.levels().is_some_and(|of| {
                                if let Some(alive) = alive {
                                    let gone = (0..).zip(&mut *of).filter(|(doc, _)| alive.is_deleted(*doc));
                                    gone.for_each(|(_, level)| *level = 0);
                                }
                                sight.leave_seen(of, |doc, level| match &mut marks {
                                    Some(marks) => marks.mark(doc, level),
                                    None => doubtful.push(in_doubt(doc, levels.score(level) as u32)),
                                })
                            });
                        if !is_done {
                            found.retain(|doc, level| {
                                if wanted.is_enough(seen, left) {
                                    return false;
                                }
                                let is_seen = sees(doc);
                                seen += u64::from(is_seen == Some(true));
                                if is_seen.is_none() {
                                    left += 1;
                                    match &mut marks {
                                        Some(marks) => marks.mark(doc, level),
                                        None => doubtful.push(in_doubt(doc, levels.score(level) as u32)),
                                    }
                                }
                                is_seen == Some(true)
                            });
                        }
                    }
                    segment.take_levels(levels, found, limit)?;
                }
                Asked::Each(weight) if wanted.enough.is_some() => {
                    let mut scorer = weight.scorer(&opened.reader, 1.0)?;
                    let (mut doc, mut left) = (scorer.doc(), before);
                    while doc != TERMINATED && !wanted.is_enough(total + segment.total, left) {
                        let score = scorer.score() as u32;
                        match sees(doc) {
                            Some(true) => segment.take(doc, score, limit),
                            Some(false) => {}
                            None => {
                                left += 1;
                                doubtful.push(in_doubt(doc, score));
                            }
                        }
                        doc = scorer.advance();
                    }
                }
                Asked::Each(weight) => weight.for_each(&opened.reader, &mut |doc, score| match sees(doc) {
                    Some(true) => segment.take(doc, score as u32, limit),
                    Some(false) => {}
                    None => doubtful.push(in_doubt(doc, score as u32)),
                })?,
            }
            for (rank, ..) in &segment.best {
                ranks.push(*rank);
                if ranks.len() > limit {
                    ranks.pop();
                }
            }
            total += segment.total;
            let is_any = wanted.any && segment.total > 0;
            are_marked += marks.as_ref().map_or(0, Marked::count);
            marked.push(marks);
            sweep.segments.push(segment);
            sweep.is_cut = wanted.is_enough(total, doubtful.len() + are_marked);
            if is_any || sweep.is_cut {
                break;
            }
        }
        sweep.undecided = Undecided::of(doubtful, marked, &sweep.segments, wanted.most_looked_at)?;
        Ok(sweep)
    }

    /// The next that have to be looked at, at most so many. Where not all of them may be, the first in the order of what
    /// is found come first.
    pub fn next_doubtful(&mut self, count: usize) -> Result<Vec<RecordId>> {
        self.undecided.next(count, &self.segments)
    }

    /// Takes those in that were looked at last, and that the caller sees.
    pub fn admit(&mut self, seen: &HashSet<RecordId>) {
        for doubtful in self.undecided.decide(seen) {
            self.segments[doubtful.segment].take(doubtful.doc, doubtful.score, self.limit);
        }
    }

    /// Whether nothing that is still to be looked at can be among the best.
    pub fn is_full(&self) -> bool {
        self.undecided.is_behind(self.limit)
    }

    /// Whether something was found by now.
    pub fn has_any(&self) -> bool {
        self.segments.iter().any(|segment| segment.total > 0)
    }

    /// Whether there may be more than was counted.
    pub fn is_cut(&self) -> bool {
        self.is_cut || !self.undecided.is_empty()
    }

    pub fn finish(mut self) -> Result<Swept> {
        let also = self.segments.iter().map(|segment| segment.also.len()).max().unwrap_or(0);
        let mut swept = Swept { also: vec![0; also], fitting: vec![HashSet::new(); also], ..Swept::default() };
        for segment in &mut self.segments {
            swept.total += segment.total;
            segment.counted.add_to(&mut swept.counts)?;
            swept.also.iter_mut().zip(&segment.also).for_each(|(count, also)| *count += also.count);
        }
        swept.places = best_of(self.segments, self.limit, &mut swept.fitting)?;
        Ok(swept)
    }
}

/// The best of all segments in their order. Only of what may be next is the text read. Of each it is noted which of the
/// others it fits.
fn best_of(segments: Vec<Segment>, limit: usize, fitting: &mut [HashSet<RecordId>]) -> Result<Vec<Place>> {
    let mut rows = Vec::with_capacity(segments.len());
    for mut segment in segments {
        let mut best = std::mem::take(&mut segment.best).into_sorted_vec().into_iter();
        if let Some(first) = segment.next_of(&mut best)? {
            rows.push((first, best, segment));
        }
    }
    let mut places = Vec::new();
    while places.len() < limit
        && let Some(row) = (0..rows.len()).min_by(|a, b| rows[*a].2.compare(&rows[*a].0.0, &rows[*b].0.0))
    {
        let ((place, doc), best, segment) = &mut rows[row];
        segment.note(*doc, place.id, fitting);
        match segment.next_of(best)? {
            Some(next) => places.push(std::mem::replace(&mut rows[row].0, next).0),
            None => places.push(rows.swap_remove(row).0.0),
        }
    }
    Ok(places)
}
