//! What is found in one segment: counted, and the best of it kept.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashSet};
use std::sync::Arc;

use emporion_catalog::finder::{By, KIND_ITSELF};
use emporion_catalog::id::RecordId;
use tantivy::columnar::{Column, StrColumn};
use tantivy::schema::Field;
use tantivy::{DocId, Result, TantivyError};

use super::behind::{After, MOST_STANDING, after, best_rank, is_turned, of_time};
use super::beside::{self, Also};
use super::{Order, Place, Wanted};
use crate::ask::counting::{Counting, RARE};
use crate::ask::label_sight::sees_all;
use crate::document::CERTIFIED;
use crate::index::{self, BATCH, Fields, Ids, Levels, Matches, OrderedBy, counted_column, each};

/// A document that is kept, by its rank, the ordinal of its text and its id.
pub type Kept = (Reverse<u64>, u64, RecordId, DocId);

pub struct Segment {
    opened: index::Segment,
    order: Order,
    /// By which the best stand first.
    by: OrderedBy,
    standing: Column<u64>,
    /// What of that the caller sees.
    seen_standing: u64,
    /// The times by which they stand.
    times: Option<Column<i64>>,
    /// The texts by which ties are broken.
    texts: StrColumn,
    ids: Ids,
    pub counted: Counting,
    pub also: Vec<Also>,
    /// Those from here on are wanted.
    after: Option<After>,
    /// What ranks behind this is not among the best of the segments before.
    pub worst: Option<Reverse<u64>>,
    pub best: BinaryHeap<Kept>,
    pub total: u64,
}

impl Segment {
    pub fn of(opened: &index::Segment, fields: &Fields, wanted: &Wanted<'_>) -> Result<Segment> {
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
            opened: opened.clone(),
            order: wanted.order,
            by: (name(columns.standing).to_owned(), MOST_STANDING, name(columns.order).to_owned()),
            standing: opened.number(name(columns.standing))?,
            seen_standing: if sees_all(wanted.sights) { MOST_STANDING } else { MOST_STANDING & !CERTIFIED },
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

    pub fn next_of(&self, best: &mut impl Iterator<Item = Kept>) -> Result<Option<(Place, DocId)>> {
        let Some((rank, ord, id, doc)) = best.next() else { return Ok(None) };
        Ok(Some((self.place(rank, ord, id)?, doc)))
    }

    /// Notes a document with those of the others that it fits.
    pub fn note(&self, doc: DocId, id: RecordId, fitting: &mut [HashSet<RecordId>]) {
        for (_, known) in self.also.iter().zip(fitting).filter(|(also, _)| also.fits.has(doc)) {
            known.insert(id);
        }
    }

    pub fn place(&self, rank: Reverse<u64>, ord: u64, id: RecordId) -> Result<Place> {
        let mut order = String::new();
        self.texts.ord_to_str(self.ord(ord), &mut order)?;
        Ok(Place { rank, order, id })
    }

    pub fn compare(&self, a: &Place, b: &Place) -> Ordering {
        let by_text = || if is_turned(self.order) { b.order.cmp(&a.order) } else { a.order.cmp(&b.order) };
        a.rank.cmp(&b.rank).then_with(by_text).then(a.id.cmp(&b.id))
    }

    /// Whether a document of this score ranks behind all that are kept, whatever else is said of it.
    fn is_behind(&self, rank: Reverse<u64>) -> bool {
        self.worst.is_some_and(|worst| rank > worst)
    }

    pub fn rank(&self, doc: DocId, score: u32) -> Reverse<u64> {
        match (&self.times, self.order.by) {
            (Some(times), _) => of_time(times.first(doc).unwrap_or(0), self.order),
            (None, By::Best) => best_rank(score, self.standing.first(doc).unwrap_or(0) & self.seen_standing),
            (None, _) => Reverse(0),
        }
    }

    pub fn id_of(&self, doc: DocId) -> RecordId {
        self.ids.of_doc(doc)
    }

    /// All documents, of one score the best first.
    pub fn best_first(&self) -> Result<Arc<[DocId]>> {
        self.opened.ordered(&self.by)
    }

    /// Whether those of one score stand as `best_first` has them.
    pub fn is_best_first(&self) -> bool {
        self.order.by == By::Best && !is_turned(self.order) && self.seen_standing == MOST_STANDING
    }

    /// The ordinal of a text as the order has it, and back.
    fn ord(&self, ord: u64) -> u64 {
        if is_turned(self.order) { u64::MAX - ord } else { ord }
    }

    /// The ordinal of a document's text, as the order has it.
    pub fn ord_of(&self, doc: DocId) -> u64 {
        self.ord(self.texts.ords().first(doc).unwrap_or(0))
    }

    /// Whether it stands on a page before the one that is wanted.
    pub fn is_past(&self, rank: Reverse<u64>, ord: u64, id: RecordId) -> bool {
        self.after.is_some_and(|after| !after.is_before(rank, ord, id, is_turned(self.order)))
    }

    /// Takes what fits one word, level by level: of levels that are too far down, the documents are counted alone.
    pub fn take_levels(&mut self, of: &Levels, found: Matches, limit: usize) -> Result<()> {
        let score = |level: u8| of.score(level) as u32;
        let levels = match found {
            Matches::Few(docs) => {
                docs.into_iter().for_each(|(doc, level)| self.take(doc, score(level), limit));
                return Ok(());
            }
            Matches::Many { levels, .. } => levels,
        };
        let there = levels.len() - memchr::memchr_iter(0, &levels).count();
        self.total += there as u64;
        self.counted.take_all(&levels, there)?;
        beside::take_all(&mut self.also, &self.opened, &levels, there)?;
        if self.order.by != By::Best {
            each(&levels, |doc, level| self.consider(doc, score(level), limit));
            return Ok(());
        }
        for level in (1..=of.count()).rev() {
            if limit == 0 || self.is_behind(best_rank(score(level), MOST_STANDING)) {
                break;
            }
            let number = memchr::memchr_iter(level, &levels).count();
            if number > 0 && number * RARE >= levels.len() && self.is_best_first() {
                self.consider_best(&levels, level, score(level), limit)?;
                continue;
            }
            let mut docs: Vec<DocId> = Vec::with_capacity(BATCH);
            for doc in memchr::memchr_iter(level, &levels) {
                docs.push(doc as DocId);
                if docs.len() == BATCH {
                    self.consider_all(&docs, score(level), limit);
                    docs.clear();
                }
            }
            self.consider_all(&docs, score(level), limit);
        }
        Ok(())
    }

    /// The same as each by itself, of those of one level where the best stand first: of very many, only as far as the best go.
    fn consider_best(&mut self, levels: &[u8], level: u8, score: u32, limit: usize) -> Result<()> {
        for doc in self.best_first()?.iter().copied().filter(|doc| levels[*doc as usize] == level) {
            if self.is_full_before(limit, self.rank(doc, score), self.ord_of(doc)) {
                break;
            }
            self.consider(doc, score, limit);
        }
        Ok(())
    }

    /// The same as each by itself, of those of one score where the best stand first. Of many, most stand behind those that
    /// are kept: their numbers are read together.
    fn consider_all(&mut self, docs: &[DocId], score: u32, limit: usize) {
        let (mut standings, mut ords) = (vec![None; docs.len()], vec![None; docs.len()]);
        self.standing.first_vals(docs, &mut standings);
        self.texts.ords().first_vals(docs, &mut ords);
        for ((doc, standing), ord) in docs.iter().zip(standings).zip(ords) {
            let rank = best_rank(score, standing.unwrap_or(0) & self.seen_standing);
            if !self.is_full_before(limit, rank, self.ord(ord.unwrap_or(0))) {
                self.consider(*doc, score, limit);
            }
        }
    }

    /// Whether as many as are wanted are kept, and stand before what has this rank and this text.
    fn is_full_before(&self, limit: usize, rank: Reverse<u64>, ord: u64) -> bool {
        let is_before = |(worst, last, ..): &Kept| (rank, ord) > (*worst, *last);
        self.is_behind(rank) || self.best.len() >= limit && self.best.peek().is_some_and(is_before)
    }

    pub fn take(&mut self, doc: DocId, score: u32, limit: usize) {
        self.total += 1;
        self.counted.take(doc);
        self.also.iter_mut().for_each(|also| also.count += u64::from(also.fits.has(doc)));
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
        let ord = self.ord_of(doc);
        if self.is_full_before(limit, rank, ord) {
            return;
        }
        let is_full = self.best.len() >= limit;
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
