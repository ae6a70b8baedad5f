//! The segments of one commit, opened. What a commit leaves as it was is not opened anew, nor are its columns.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::ops::RangeInclusive;
use std::sync::Arc;

use emporion_catalog::id::RecordId;
use parking_lot::{Mutex, RwLock};
use tantivy::columnar::{Cardinality, Column, StrColumn};
use tantivy::directory::{Directory, META_LOCK};
use tantivy::query::{EnableScoring, Query, Weight};
use tantivy::{DocId, Index, ReloadPolicy, Result, Searcher, SegmentReader};
use uuid::Uuid;

use super::best_of::{BestOf, Levels};
use super::schema::Fields;

/// Documents whose values are best read together.
pub const BATCH: usize = 1_024;

/// Beside the kind of a document: not everybody sees it.
pub const GRANTED: u8 = 128;

/// A segment, of which some documents may be gone.
#[derive(Clone)]
pub struct Segment {
    pub reader: Arc<SegmentReader>,
    columns: Arc<Columns>,
}

/// The columns of a segment, each opened when it is first asked for.
#[derive(Default)]
struct Columns {
    texts: Kept<Option<StrColumn>>,
    numbers: Kept<Column<u64>>,
    times: Kept<Column<i64>>,
    flags: Kept<Column<bool>>,
    values: Kept<Values>,
    totals: Kept<Arc<[u64]>>,
    sorted_times: Kept<Arc<SortedTimes>>,
    kinds: Kept<Option<Arc<[u8]>>, OfKinds>,
    ordered: Kept<Arc<[DocId]>, OrderedBy>,
}

/// A column of numbers, the highest that counts, and a column of texts.
pub type OrderedBy = (String, u64, String);

/// A column of kinds, and one of what is granted.
pub type OfKinds = (String, String);

struct Kept<T, K = String>(RwLock<HashMap<K, T>>);

impl<T, K> Default for Kept<T, K> {
    fn default() -> Kept<T, K> {
        Kept(RwLock::default())
    }
}

impl<T: Clone, K: Clone + Eq + Hash> Kept<T, K> {
    fn get<Q>(&self, name: &Q, open: impl FnOnce() -> Result<T>) -> Result<T>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(known) = self.0.read().get(name) {
            return Ok(known.clone());
        }
        let opened = open()?;
        self.0.write().insert(name.to_owned(), opened.clone());
        Ok(opened)
    }

    fn names(&self) -> Vec<K> {
        self.0.read().keys().cloned().collect()
    }
}

/// What takes time to be made, and was asked of segments.
#[derive(Default)]
struct Asked {
    values: HashSet<String>,
    totals: HashSet<String>,
    sorted_times: HashSet<String>,
    kinds: HashSet<OfKinds>,
    ordered: HashSet<OrderedBy>,
}

impl Asked {
    fn of(segments: &[Segment]) -> Asked {
        let mut asked = Asked::default();
        for Segment { columns, .. } in segments {
            asked.values.extend(columns.values.names());
            asked.totals.extend(columns.totals.names());
            asked.sorted_times.extend(columns.sorted_times.names());
            asked.kinds.extend(columns.kinds.names());
            asked.ordered.extend(columns.ordered.names());
        }
        asked
    }
}

impl Segment {
    /// `None` where no document has one.
    pub fn text(&self, name: &str) -> Result<Option<StrColumn>> {
        self.columns.texts.get(name, || self.reader.fast_fields().str(name))
    }

    fn open(segment: &tantivy::Segment, columns: Arc<Columns>) -> Result<Segment> {
        Ok(Segment { reader: Arc::new(SegmentReader::open(segment)?), columns })
    }

    /// Makes ready what others were asked for, so that no search has to.
    fn ready(&self, asked: &Asked) -> Result<()> {
        for name in &asked.values {
            if let Some(column) = self.text(name)? {
                self.values(name, &column)?;
            }
        }
        for name in &asked.totals {
            if let Some(column) = self.text(name)? {
                self.totals(name, &column)?;
            }
        }
        asked.sorted_times.iter().try_for_each(|name| self.sorted_times(name).map(drop))?;
        asked.kinds.iter().try_for_each(|names| self.kinds(names).map(drop))?;
        asked.ordered.iter().try_for_each(|by| self.ordered(by).map(drop))
    }

    /// All values of this column, which has that name.
    pub fn values(&self, name: &str, column: &StrColumn) -> Result<Values> {
        self.columns.values.get(name, || Ok(Values::of(column, self.reader.max_doc())))
    }

    /// In how many of all documents each value of this column stands, by its place; those that are gone count.
    pub fn totals(&self, name: &str, column: &StrColumn) -> Result<Arc<[u64]>> {
        self.columns.totals.get(name, || {
            let mut totals = vec![0; column.num_terms()];
            match self.values(name, column)? {
                Values::One(values) => {
                    values.iter().filter(|value| **value > 0).for_each(|value| totals[usize::from(*value) - 1] += 1);
                }
                Values::Several(values) => values.iter().for_each(|(_, value)| totals[*value as usize] += 1),
            }
            Ok(totals.into())
        })
    }

    /// The times of all documents that have one; those that are gone count.
    pub fn sorted_times(&self, name: &str) -> Result<Arc<SortedTimes>> {
        self.columns.sorted_times.get(name, || {
            let column = self.time(name)?;
            let docs: Vec<DocId> = (0..self.reader.max_doc()).collect();
            let mut times = Vec::with_capacity(docs.len());
            for batch in docs.chunks(BATCH) {
                let mut of = vec![None; batch.len()];
                column.first_vals(batch, &mut of);
                times.extend(of.into_iter().flatten());
            }
            Ok(Arc::new(SortedTimes::of(times)))
        })
    }

    /// Of each document the place of its kind in the dictionary of their column, from 1, and [`GRANTED`] where not everybody
    /// sees it. `None` where there are too many kinds, or a document has several.
    pub fn kinds(&self, of: &OfKinds) -> Result<Option<Arc<[u8]>>> {
        let (kind, granted) = of;
        self.columns.kinds.get(of, || {
            let Some(column) = self.text(kind)? else { return Ok(None) };
            if column.num_terms() >= usize::from(GRANTED) {
                return Ok(None);
            }
            let Values::One(kinds) = self.values(kind, &column)? else { return Ok(None) };
            let granted = self.flag(granted)?;
            let of_doc = |(doc, kind): (usize, &u8)| {
                // What does not say that everybody sees it is not seen by everybody.
                if granted.first(doc as DocId) == Some(false) { *kind } else { *kind | GRANTED }
            };
            Ok(Some(kinds.iter().enumerate().map(of_doc).collect()))
        })
    }

    /// All documents: first those with the highest number of one column, where `most` is the highest that counts; of these in
    /// the order of a text.
    pub fn ordered(&self, by: &OrderedBy) -> Result<Arc<[DocId]>> {
        let (number, most, text) = by;
        self.columns.ordered.get(by, || {
            let docs: Vec<DocId> = (0..self.reader.max_doc()).collect();
            let (numbers, texts) = (self.number(number)?, self.text(text)?);
            let mut keys = Vec::with_capacity(docs.len());
            for batch in docs.chunks(BATCH) {
                let (mut of, mut ords) = (vec![None; batch.len()], vec![None; batch.len()]);
                numbers.first_vals(batch, &mut of);
                if let Some(texts) = &texts {
                    texts.ords().first_vals(batch, &mut ords);
                }
                let places = of.into_iter().zip(ords).zip(batch);
                keys.extend(
                    places.map(|((of, ord), doc)| (Reverse(of.unwrap_or(0).min(*most)), ord.unwrap_or(0), *doc)),
                );
            }
            keys.sort_unstable();
            Ok(keys.into_iter().map(|(.., doc)| doc).collect())
        })
    }

    pub fn number(&self, name: &str) -> Result<Column<u64>> {
        self.columns.numbers.get(name, || self.reader.fast_fields().u64(name))
    }

    pub fn time(&self, name: &str) -> Result<Column<i64>> {
        self.columns.times.get(name, || self.reader.fast_fields().i64(name))
    }

    pub fn flag(&self, name: &str) -> Result<Column<bool>> {
        self.columns.flags.get(name, || self.reader.fast_fields().bool(name))
    }
}

/// Times in their order: each once, since what is read from a source together changes at one time.
pub struct SortedTimes {
    times: Vec<i64>,
    /// Of each, how many are at it and before.
    counts: Vec<u32>,
}

impl SortedTimes {
    fn of(mut all: Vec<i64>) -> SortedTimes {
        all.sort_unstable();
        let (mut times, mut counts) = (Vec::new(), Vec::new());
        for (count, same) in all.chunk_by(|a, b| a == b).scan(0, |count, same| {
            *count += same.len() as u32;
            Some((*count, same))
        }) {
            times.push(same[0]);
            counts.push(count);
        }
        times.shrink_to_fit();
        counts.shrink_to_fit();
        SortedTimes { times, counts }
    }

    /// How many are between two, both among them.
    pub fn between(&self, within: &RangeInclusive<i64>) -> u64 {
        let upto = |place: usize| place.checked_sub(1).map_or(0, |last| self.counts[last]);
        let before = upto(self.times.partition_point(|time| time < within.start()));
        u64::from(upto(self.times.partition_point(|time| time <= within.end())).saturating_sub(before))
    }
}

/// The values of documents, by their places in the dictionary of their column.
#[derive(Clone)]
pub enum Values {
    /// From 1; 0 where a document has none. There are few values, and no document has two.
    One(Arc<[u8]>),
    /// Of which document, and the place, from 0.
    Several(Arc<[(DocId, u32)]>),
}

impl Values {
    fn of(column: &StrColumn, max_doc: DocId) -> Values {
        let ords = column.ords();
        let all: Vec<DocId> = (0..max_doc).collect();
        let mut pairs = Vec::with_capacity(ords.values.num_vals() as usize);
        for batch in all.chunks(BATCH) {
            each_value(column, batch, |doc, ord| pairs.push((doc, ord as u32)));
        }
        if ords.get_cardinality() == Cardinality::Multivalued || column.num_terms() >= usize::from(u8::MAX) {
            return Values::Several(pairs.into());
        }
        let mut places = vec![0; all.len()];
        pairs.into_iter().for_each(|(doc, ord)| places[doc as usize] = ord as u8 + 1);
        Values::One(places.into())
    }
}

/// Takes the values of some documents, which stand in their order, by their places in the dictionary.
pub fn each_value(column: &StrColumn, docs: &[DocId], mut take: impl FnMut(DocId, u64)) {
    let (mut of, mut rows) = (Vec::with_capacity(docs.len()), Vec::with_capacity(docs.len()));
    column.ords().row_ids_for_docs(docs, &mut of, &mut rows);
    let mut values = vec![0; rows.len()];
    column.ords().values.get_vals(&rows, &mut values);
    of.into_iter().zip(values).for_each(|(doc, value)| take(doc, value));
}

/// The ids of the records whose documents a segment has.
pub struct Ids {
    high: Column<u64>,
    low: Column<u64>,
}

impl Ids {
    pub fn of(segment: &Segment, fields: &Fields) -> Result<Ids> {
        let name = |field| fields.schema.get_field_name(field);
        let columns = &fields.columns;
        Ok(Ids { high: segment.number(name(columns.id_high))?, low: segment.number(name(columns.id_low))? })
    }

    pub fn of_doc(&self, doc: DocId) -> RecordId {
        let part = |column: &Column<u64>| column.first(doc).unwrap_or(0);
        RecordId::from_uuid(Uuid::from_u64_pair(part(&self.high), part(&self.low)))
    }
}

/// What is found in one state of an index.
#[derive(Clone)]
pub struct Segments {
    all: Arc<[Segment]>,
    scoring: Searcher,
}

impl Segments {
    pub fn all(&self) -> &[Segment] {
        &self.all
    }

    /// How many documents there are, of all accounts.
    pub fn count(&self) -> u64 {
        self.all.iter().map(|segment| u64::from(segment.reader.num_docs())).sum()
    }

    /// What a query that is one word looks for.
    pub fn levels(&self, word: &BestOf) -> Result<Levels> {
        word.levels(EnableScoring::enabled_from_searcher(&self.scoring))
    }

    /// A query with scores.
    pub fn scored(&self, query: &dyn Query) -> Result<Box<dyn Weight>> {
        query.weight(EnableScoring::enabled_from_searcher(&self.scoring))
    }

    /// A query of which it is only asked what fits.
    pub fn plain(&self, query: &dyn Query) -> Result<Box<dyn Weight>> {
        query.weight(EnableScoring::disabled_from_searcher(&self.scoring))
    }
}

/// Opens the segments of an index.
pub struct Reader {
    index: Index,
    now: Mutex<Segments>,
}

impl Reader {
    pub fn open(index: Index) -> Result<Reader> {
        // How often a word occurs is asked of this, and counts for nothing: the scores of all queries are constant.
        let empty = Index::create_in_ram(index.schema());
        let scoring = empty.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let now = Segments { all: Arc::new([]), scoring: tantivy::IndexReader::searcher(&scoring) };
        let reader = Reader { index, now: Mutex::new(now) };
        reader.reload()?;
        Ok(reader)
    }

    pub fn segments(&self) -> Segments {
        self.now.lock().clone()
    }

    /// Shows what the last commit kept. What was counted in it before can be counted at once.
    pub fn reload(&self) -> Result<()> {
        let before = self.segments();
        let mut all = Vec::with_capacity(before.all.len() + 1);
        // No file is removed while segments are opened.
        let lock = self.index.directory().acquire_lock(&META_LOCK)?;
        for segment in self.index.searchable_segments()? {
            let (id, deletes) = (segment.id(), segment.meta().delete_opstamp());
            all.push(match before.all.iter().find(|known| known.reader.segment_id() == id) {
                Some(same) if same.reader.delete_opstamp() == deletes => same.clone(),
                Some(known) => Segment::open(&segment, known.columns.clone())?,
                None => Segment::open(&segment, Arc::default())?,
            });
        }
        drop(lock);
        let asked = Asked::of(&before.all);
        all.iter().try_for_each(|segment| segment.ready(&asked))?;
        *self.now.lock() = Segments { all: all.into(), ..before };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_between_two() {
        let all = vec![5, 1, 3, 5, 5, -2, 3];
        let sorted = SortedTimes::of(all.clone());
        for from in -3_i64..7 {
            for to in -3_i64..7 {
                let within = from..=to;
                let wanted = all.iter().filter(|time| within.contains(*time)).count() as u64;
                assert_eq!(sorted.between(&within), wanted, "{within:?}");
            }
        }
        assert_eq!(SortedTimes::of(Vec::new()).between(&(0..=9)), 0);
    }
}
