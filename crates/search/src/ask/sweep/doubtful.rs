//! Documents of which the index alone cannot say whether the caller sees them: which of them are looked at, and when there
//! is no need to look at more.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use emporion_catalog::id::RecordId;
use tantivy::{DocId, Result};

use super::marked::{InOrder, Marked};
use super::{Place, Segment};

/// A document that has to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubtful {
    pub id: RecordId,
    pub segment: usize,
    pub doc: DocId,
    pub score: u32,
}

/// Those that are still to be looked at.
#[derive(Default)]
pub struct Undecided {
    rest: Rest,
    /// Those that were told last.
    told: Vec<Next>,
    /// The last of them.
    last: Option<Reverse<u64>>,
    /// The ranks of the best that are surely seen.
    sure: Vec<Reverse<u64>>,
    /// How many that were told are seen, and stand on the page or behind it.
    seen: usize,
}

enum Rest {
    /// As few as may all be looked at.
    Few(Vec<Doubtful>),
    /// Of each segment, in their order.
    Many(Vec<Row>),
}

impl Default for Rest {
    fn default() -> Rest {
        Rest::Few(Vec::new())
    }
}

struct Row {
    first: Option<(Place, Next)>,
    rest: Waiting,
}

/// Those of a segment that come later.
enum Waiting {
    Sorted(BinaryHeap<Reverse<Next>>),
    Marked(InOrder),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Next {
    /// It stands on a page before: it is only counted.
    pub is_past: bool,
    rank: Reverse<u64>,
    ord: u64,
    doubtful: Doubtful,
}

impl Undecided {
    /// `marked`: of each segment, where they are marked instead of told one by one.
    pub fn of(
        mut doubtful: Vec<Doubtful>,
        mut marked: Vec<Option<Marked>>,
        segments: &[Segment],
        most: usize,
    ) -> Result<Undecided> {
        if doubtful.len() + marked.iter().flatten().map(Marked::count).sum::<usize>() <= most {
            for (place, (marked, segment)) in marked.iter().zip(segments).enumerate() {
                doubtful.extend(marked.iter().flat_map(|marked| marked.all(place, segment)));
            }
            return Ok(Undecided { rest: Rest::Few(doubtful), ..Undecided::default() });
        }
        let mut of_segments: Vec<Vec<Reverse<Next>>> = segments.iter().map(|_| Vec::new()).collect();
        for doubtful in doubtful {
            of_segments[doubtful.segment].push(Reverse(segments[doubtful.segment].next(doubtful)));
        }
        let rows = of_segments.into_iter().zip(segments).enumerate().map(|(place, (all, segment))| {
            let mut rest = match marked.get_mut(place).and_then(Option::take) {
                Some(marked) => Waiting::Marked(marked.in_order(place)),
                None => Waiting::Sorted(BinaryHeap::from(all)),
            };
            Ok(Row { first: first_of(&mut rest, segment)?, rest })
        });
        let rows = rows.collect::<Result<_>>()?;
        let sure = segments.iter().flat_map(|segment| segment.best.iter().map(|(rank, ..)| *rank)).collect();
        Ok(Undecided { rest: Rest::Many(rows), sure, ..Undecided::default() })
    }

    pub fn is_empty(&self) -> bool {
        match &self.rest {
            Rest::Few(rest) => rest.is_empty(),
            Rest::Many(rows) => rows.iter().all(|row| row.first.is_none()),
        }
    }

    /// The next ones, at most so many.
    pub fn next(&mut self, count: usize, segments: &[Segment]) -> Result<Vec<RecordId>> {
        match &mut self.rest {
            Rest::Few(rest) => {
                let from = rest.len().saturating_sub(count);
                self.told = rest.drain(from..).map(|doubtful| segments[doubtful.segment].next(doubtful)).collect();
            }
            Rest::Many(rows) => {
                self.told.clear();
                while self.told.len() < count
                    && let Some(next) = first_of_all(rows, segments)?
                {
                    self.told.push(next);
                }
            }
        }
        self.last = self.told.last().map(|next| next.rank).or(self.last);
        Ok(self.told.iter().map(|next| next.doubtful.id).collect())
    }

    /// Those that were told last, and are seen.
    pub fn decide(&mut self, seen: &HashSet<RecordId>) -> Vec<Doubtful> {
        self.told.retain(|next| seen.contains(&next.doubtful.id));
        self.seen += self.told.iter().filter(|next| !next.is_past).count();
        std::mem::take(&mut self.told).into_iter().map(|next| next.doubtful).collect()
    }

    /// Whether so many stand before all that are still to be looked at. Of the surely seen, those of the rank of the last
    /// one may stand behind it.
    pub fn is_behind(&self, count: usize) -> bool {
        let is_past = |row: &Row| row.first.as_ref().is_none_or(|(_, next)| next.is_past);
        if matches!(&self.rest, Rest::Many(rows) if rows.iter().all(is_past)) {
            return true;
        }
        let is_before = |rank: &&Reverse<u64>| self.last.is_some_and(|last| **rank < last);
        self.seen + self.sure.iter().filter(is_before).count() >= count
    }
}

fn first_of(rest: &mut Waiting, segment: &Segment) -> Result<Option<(Place, Next)>> {
    let next = match rest {
        Waiting::Sorted(rest) => rest.pop().map(|Reverse(next)| next),
        Waiting::Marked(rest) => rest.next(segment)?,
    };
    let Some(next) = next else { return Ok(None) };
    Ok(Some((segment.place(next.rank, next.ord, next.doubtful.id)?, next)))
}

fn first_of_all(rows: &mut [Row], segments: &[Segment]) -> Result<Option<Next>> {
    let there = rows.iter().enumerate().filter_map(|(at, row)| row.first.as_ref().map(|first| (at, first)));
    let first =
        there.min_by(|(at, (a, x)), (_, (b, y))| x.is_past.cmp(&y.is_past).then_with(|| segments[*at].compare(a, b)));
    let Some((at, _)) = first else { return Ok(None) };
    let row = &mut rows[at];
    let next = first_of(&mut row.rest, &segments[at])?;
    Ok(std::mem::replace(&mut row.first, next).map(|(_, next)| next))
}

impl Next {
    /// Whether both have one rank and one text.
    pub fn is_beside(&self, other: &Next) -> bool {
        (self.rank, self.ord) == (other.rank, other.ord)
    }
}

impl Segment {
    pub fn next(&self, doubtful: Doubtful) -> Next {
        let rank = self.rank(doubtful.doc, doubtful.score);
        let ord = self.ord_of(doubtful.doc);
        Next { is_past: self.is_past(rank, ord, doubtful.id), rank, ord, doubtful }
    }
}
