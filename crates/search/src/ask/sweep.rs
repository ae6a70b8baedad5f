//! All documents that fit a query, looked at once: those that the caller sees are counted, the best of them kept. Of those
//! of which the index alone cannot say whether he does, the ids are told, to be looked at.

mod behind;
mod doubtful;

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap, HashSet};

use emporion_catalog::finder::{Beyond, By, KIND_ITSELF, Order};
use emporion_catalog::id::{AccountId, RecordId};
use emporion_catalog::reading::KindSight;
use tantivy::columnar::{Column, StrColumn};
use tantivy::query::{Query, Weight};
use tantivy::schema::Field;
use tantivy::{DocId, Result, TERMINATED, TantivyError};

use self::behind::{After, MOST_STANDING, after, best_rank, is_turned, of_time};
use self::doubtful::{Doubtful, Undecided};
use super::counting::Counting;
use super::sight::Sight;
use crate::index::{self, BestOf, Fields, Found, Ids, Levels, Segments, counted_column, each};

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
    pub sights: &'a HashMap<&'static str, KindSight>,
    pub order: Order,
    pub after: Option<&'a Place>,
    /// The same, as a door has it.
    pub beyond: Option<&'a Beyond>,
    pub limit: usize,
    /// Of which fields values are counted.
    pub counted: &'a [&'static str],
    /// Of what is found, what fits each of these is counted, too.
    pub also: &'a [Box<dyn Query>],
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

/// A document that is kept, by its rank, the ordinal of its text and its id.
type Kept = (Reverse<u64>, u64, RecordId, DocId);

struct Segment {
    order: Order,
    standing: Column<u64>,
    /// The times by which they stand.
    times: Option<Column<i64>>,
    /// The texts by which ties are broken.
    texts: StrColumn,
    ids: Ids,
    counted: Counting,
    also: Vec<Also>,
    /// Those from here on are wanted.
    after: Option<After>,
    /// What ranks behind this is not among the best of the segments before.
    worst: Option<Reverse<u64>>,
    best: BinaryHeap<Kept>,
    total: u64,
}

/// What is counted of a segment beside what is found.
struct Also {
    fits: Vec<bool>,
    count: u64,
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
        let also: Vec<Box<dyn Weight>> =
            wanted.also.iter().map(|query| segments.plain(&**query)).collect::<Result<_>>()?;
        let limit = wanted.limit;
        let mut sweep = Sweep { limit, segments: Vec::new(), undecided: Undecided::default(), is_cut: false };
        let mut doubtful: Vec<Doubtful> = Vec::new();
        let mut total = 0;
        let mut ranks: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
        for opened in segments.all() {
            let Some(sight) = Sight::of(opened, fields, wanted)? else { continue };
            let mut segment = Segment::of(opened, fields, wanted)?;
            segment.also = also.iter().map(|weight| Also::of(&**weight, opened)).collect::<Result<_>>()?;
            let place = sweep.segments.len();
            segment.worst = ranks.peek().copied().filter(|_| ranks.len() >= limit);
            let alive = opened.reader.alive_bitset();
            let ids = Ids::of(opened, fields)?;
            let before = doubtful.len();
            let mut sees = |doc: DocId, score: u32| {
                if alive.is_some_and(|alive| alive.is_deleted(doc)) {
                    return Some(false);
                }
                let is_seen = sight.sees(doc);
                if is_seen.is_none() {
                    doubtful.push(Doubtful { id: ids.of_doc(doc), segment: place, doc, score });
                }
                is_seen
            };
            // Scores are sums of whole numbers.
            match &asked {
                Asked::Levels(levels) => {
                    let mut found = levels.found(&opened.reader)?;
                    if alive.is_some() || !sight.is_everything() {
                        found.retain(|doc, level| sees(doc, levels.score(level) as u32) == Some(true));
                    }
                    segment.take_levels(levels, found, limit)?;
                }
                Asked::Each(weight) if wanted.enough.is_some() => {
                    let mut scorer = weight.scorer(&opened.reader, 1.0)?;
                    let (mut doc, mut left) = (scorer.doc(), before);
                    while doc != TERMINATED && !wanted.is_enough(total + segment.total, left) {
                        let score = scorer.score() as u32;
                        match sees(doc, score) {
                            Some(true) => segment.take(doc, score, limit),
                            Some(false) => {}
                            None => left += 1,
                        }
                        doc = scorer.advance();
                    }
                }
                Asked::Each(weight) => weight.for_each(&opened.reader, &mut |doc, score| {
                    if sees(doc, score as u32) == Some(true) {
                        segment.take(doc, score as u32, limit);
                    }
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
            sweep.segments.push(segment);
            sweep.is_cut = wanted.is_enough(total, doubtful.len());
            if is_any || sweep.is_cut {
                break;
            }
        }
        sweep.undecided = Undecided::of(doubtful, &sweep.segments, wanted.most_looked_at)?;
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

impl Segment {
    fn of(opened: &index::Segment, fields: &Fields, wanted: &Wanted<'_>) -> Result<Segment> {
        let name = |field: Field| fields.schema.get_field_name(field);
        let text = |field: Field| opened.text(name(field));
        let missing = |what: &str| TantivyError::SystemError(format!("a segment has no column {what}"));
        let columns = &fields.columns;
        let by = if matches!(wanted.order.by, By::Best | By::Name) { Some(columns.order) } else { columns.fqn };
        let texts = by.map(&text).transpose()?.flatten().ok_or_else(|| missing("order"))?;
        let of_time = |field: Option<Field>| opened.time(name(field.ok_or_else(|| missing("time"))?));
        let times = match wanted.order.by {
            By::Best | By::Name | By::Fqn => None,
            By::Created => Some(of_time(columns.created)?),
            By::Updated => Some(of_time(columns.updated)?),
        };
        let counted = wanted.counted.iter().map(|field| match *field {
            KIND_ITSELF => name(columns.kind).to_owned(),
            field => counted_column(field),
        });
        let counted = Counting::of(opened, counted)?;
        let after = after(&texts, wanted)?;
        Ok(Segment {
            order: wanted.order,
            standing: opened.number(name(columns.standing))?,
            times,
            texts,
            ids: Ids::of(opened, fields)?,
            counted,
            also: Vec::new(),
            after,
            worst: None,
            best: BinaryHeap::new(),
            total: 0,
        })
    }

    fn next_of(&self, best: &mut impl Iterator<Item = Kept>) -> Result<Option<(Place, DocId)>> {
        let Some((rank, ord, id, doc)) = best.next() else { return Ok(None) };
        Ok(Some((self.place(rank, ord, id)?, doc)))
    }

    /// Notes a document with those of the others that it fits.
    fn note(&self, doc: DocId, id: RecordId, fitting: &mut [HashSet<RecordId>]) {
        for (_, known) in self.also.iter().zip(fitting).filter(|(also, _)| also.fits[doc as usize]) {
            known.insert(id);
        }
    }

    fn place(&self, rank: Reverse<u64>, ord: u64, id: RecordId) -> Result<Place> {
        let mut order = String::new();
        self.texts.ord_to_str(self.ord(ord), &mut order)?;
        Ok(Place { rank, order, id })
    }

    fn compare(&self, a: &Place, b: &Place) -> Ordering {
        let by_text = || if is_turned(self.order) { b.order.cmp(&a.order) } else { a.order.cmp(&b.order) };
        a.rank.cmp(&b.rank).then_with(by_text).then(a.id.cmp(&b.id))
    }

    /// Whether a document of this score ranks behind all that are kept, whatever else is said of it.
    fn is_behind(&self, rank: Reverse<u64>) -> bool {
        self.worst.is_some_and(|worst| rank > worst)
    }

    fn rank(&self, doc: DocId, score: u32) -> Reverse<u64> {
        match (&self.times, self.order.by) {
            (Some(times), _) => of_time(times.first(doc).unwrap_or(0), self.order),
            (None, By::Best) => best_rank(score, self.standing.first(doc).unwrap_or(0)),
            (None, _) => Reverse(0),
        }
    }

    /// The ordinal of a text as the order has it, and back.
    fn ord(&self, ord: u64) -> u64 {
        if is_turned(self.order) { u64::MAX - ord } else { ord }
    }

    /// The ordinal of a document's text, as the order has it.
    fn ord_of(&self, doc: DocId) -> u64 {
        self.ord(self.texts.ords().first(doc).unwrap_or(0))
    }

    /// Whether it stands on a page before the one that is wanted.
    fn is_past(&self, rank: Reverse<u64>, ord: u64, id: RecordId) -> bool {
        self.after.is_some_and(|after| !after.is_before(rank, ord, id, is_turned(self.order)))
    }

    /// Takes what fits one word, level by level: of levels that are too far down, the documents are counted alone.
    fn take_levels(&mut self, of: &Levels, found: Found, limit: usize) -> Result<()> {
        let score = |level: u8| of.score(level) as u32;
        let levels = match found {
            Found::Few(docs) => {
                docs.into_iter().for_each(|(doc, level)| self.take(doc, score(level), limit));
                return Ok(());
            }
            Found::Many { levels, .. } => levels,
        };
        let there = levels.iter().filter(|level| **level != 0).count();
        self.total += there as u64;
        self.counted.take_all(&levels, there)?;
        for also in &mut self.also {
            also.count += levels.iter().zip(&also.fits).filter(|(level, fits)| **level != 0 && **fits).count() as u64;
        }
        if self.order.by != By::Best {
            each(&levels, |doc, level| self.consider(doc, score(level), limit));
            return Ok(());
        }
        for level in (1..=of.count()).rev() {
            if limit == 0 || self.is_behind(best_rank(score(level), MOST_STANDING)) {
                break;
            }
            memchr::memchr_iter(level, &levels).for_each(|doc| self.consider(doc as DocId, score(level), limit));
        }
        Ok(())
    }

    fn take(&mut self, doc: DocId, score: u32, limit: usize) {
        self.total += 1;
        self.counted.take(doc);
        self.also.iter_mut().for_each(|also| also.count += u64::from(also.fits[doc as usize]));
        self.consider(doc, score, limit);
    }

    /// Keeps a document where it is among the best.
    fn consider(&mut self, doc: DocId, score: u32, limit: usize) {
        if limit == 0 {
            return;
        }
        if self.order.by == By::Best && self.is_behind(best_rank(score, MOST_STANDING)) {
            return;
        }
        let rank = self.rank(doc, score);
        if self.is_behind(rank) {
            return;
        }
        let is_full = self.best.len() >= limit;
        let ord = self.ord_of(doc);
        if is_full && self.best.peek().is_some_and(|(worst, last, ..)| (rank, ord) > (*worst, *last)) {
            return;
        }
        let id = self.ids.of_doc(doc);
        if self.is_past(rank, ord, id) {
            return;
        }
        let place = (rank, ord, id, doc);
        if !is_full {
            self.best.push(place);
        } else if self.best.peek().is_some_and(|worst| place < *worst) {
            self.best.pop();
            self.best.push(place);
        }
        if self.best.len() >= limit
            && let Some((worst, ..)) = self.best.peek()
        {
            self.worst = Some(self.worst.map_or(*worst, |before| before.min(*worst)));
        }
    }
}

impl Also {
    fn of(weight: &dyn Weight, opened: &index::Segment) -> Result<Also> {
        let mut fits = vec![false; opened.reader.max_doc() as usize];
        weight.for_each_no_score(&opened.reader, &mut |docs| docs.iter().for_each(|doc| fits[*doc as usize] = true))?;
        Ok(Also { fits, count: 0 })
    }
}
