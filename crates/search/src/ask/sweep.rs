//! All documents that fit a query, looked at once: those that the caller sees are counted, the best of them kept. Of those
//! of which the index alone cannot say whether he does, the ids are told, to be looked at.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use emporion_catalog::id::{AccountId, RecordId};
use emporion_catalog::reading::KindSight;
use tantivy::columnar::{Column, StrColumn};
use tantivy::query::{EnableScoring, Query};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, Result, Searcher, SegmentReader, TERMINATED, TantivyError};
use uuid::Uuid;

use crate::document::COUNTED;
use crate::index::{Fields, counted_column, linked_term};

/// A place in the order of what is found: the best first, then by folded name, then by id. It is the document's own, and
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
    pub after: Option<&'a Place>,
    pub limit: usize,
    /// Of which fields values are counted: places in [`COUNTED`].
    pub counted: &'a [usize],
}

/// A document that has to be looked at.
#[derive(Debug, Clone, Copy)]
pub struct Doubtful {
    pub id: RecordId,
    segment: usize,
    doc: DocId,
    score: u32,
}

/// What was found so far.
pub struct Sweep {
    limit: usize,
    segments: Vec<Segment>,
    pub doubtful: Vec<Doubtful>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Swept {
    pub total: u64,
    pub places: Vec<Place>,
    /// For each counted field, its values.
    pub counts: Vec<HashMap<String, u64>>,
}

struct Segment {
    standing: Column<u64>,
    order: StrColumn,
    id_high: Column<u64>,
    id_low: Column<u64>,
    counted: Vec<(Option<StrColumn>, Vec<u64>)>,
    /// Those from here on are wanted: rank, ordinal of the name, whether that is the name itself, id.
    after: Option<(Reverse<u64>, u64, bool, RecordId)>,
    best: BinaryHeap<(Reverse<u64>, u64, RecordId)>,
    total: u64,
}

/// How documents of a kind are seen in one segment.
#[derive(Clone, Copy)]
enum Seen {
    No,
    Yes,
    OpenOrLinked { look_at_rest: bool },
    LookAtEach,
}

impl Sweep {
    pub fn over(searcher: &Searcher, fields: &Fields, query: &dyn Query, wanted: &Wanted<'_>) -> Result<Sweep> {
        let weight = query.weight(EnableScoring::enabled_from_searcher(searcher))?;
        let mut sweep = Sweep { limit: wanted.limit, segments: Vec::new(), doubtful: Vec::new() };
        for reader in searcher.segment_readers() {
            let Some((mut segment, sight)) = Segment::of(reader, fields, wanted)? else { continue };
            let place = sweep.segments.len();
            let alive = reader.alive_bitset();
            let (limit, doubtful) = (wanted.limit, &mut sweep.doubtful);
            weight.for_each(reader, &mut |doc, score| {
                if alive.is_some_and(|alive| alive.is_deleted(doc)) {
                    return;
                }
                // Scores are sums of whole numbers.
                let score = score as u32;
                match sight.of(doc) {
                    Some(true) => segment.take(doc, score, limit),
                    Some(false) => {}
                    None => doubtful.push(Doubtful { id: segment.id(doc), segment: place, doc, score }),
                }
            })?;
            sweep.segments.push(segment);
        }
        Ok(sweep)
    }

    /// Takes those in that were looked at, and that the caller sees.
    pub fn admit(&mut self, seen: &HashSet<RecordId>) {
        for doubtful in std::mem::take(&mut self.doubtful) {
            if seen.contains(&doubtful.id) {
                self.segments[doubtful.segment].take(doubtful.doc, doubtful.score, self.limit);
            }
        }
    }

    pub fn finish(self) -> Result<Swept> {
        let mut swept = Swept::default();
        let mut text = String::new();
        for segment in self.segments {
            swept.total += segment.total;
            swept.counts.resize_with(segment.counted.len(), HashMap::new);
            for ((column, counts), all) in segment.counted.iter().zip(&mut swept.counts) {
                let Some(column) = column else { continue };
                for (ord, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                    text.clear();
                    column.ord_to_str(ord as u64, &mut text)?;
                    *all.entry(text.clone()).or_default() += count;
                }
            }
            for (rank, ord, id) in segment.best {
                text.clear();
                segment.order.ord_to_str(ord, &mut text)?;
                swept.places.push(Place { rank, order: text.clone(), id });
            }
        }
        swept.places.sort_unstable();
        swept.places.truncate(self.limit);
        Ok(swept)
    }
}

impl Segment {
    /// `None` where nothing of the account is in it.
    fn of(reader: &SegmentReader, fields: &Fields, wanted: &Wanted<'_>) -> Result<Option<(Segment, Sight)>> {
        let fast = reader.fast_fields();
        let name = |field: tantivy::schema::Field| fields.schema.get_field_name(field).to_owned();
        let text = |field: tantivy::schema::Field| -> Result<Option<StrColumn>> { fast.str(&name(field)) };
        let missing = |what: &str| TantivyError::SystemError(format!("a segment has no column {what}"));
        let columns = &fields.columns;
        let Some(account) = text(columns.account)? else { return Ok(None) };
        let Some(own) = account.dictionary().term_ord(wanted.account.to_string())? else { return Ok(None) };
        let kind = text(columns.kind)?.ok_or_else(|| missing("kind"))?;
        let order = text(columns.order)?.ok_or_else(|| missing("order"))?;
        let mut counted = Vec::with_capacity(wanted.counted.len());
        for place in wanted.counted {
            let column = fast.str(&counted_column(COUNTED[*place]))?;
            let counts = vec![0; column.as_ref().map_or(0, |column| column.num_terms())];
            counted.push((column, counts));
        }
        let after = match wanted.after {
            None => None,
            Some(after) => {
                use tantivy::columnar::TermOrdHit;
                let (ord, is_same) = match order.dictionary().term_ord_or_next(&after.order)? {
                    TermOrdHit::Exact(ord) => (ord, true),
                    TermOrdHit::Next(ord) => (ord, false),
                };
                Some((after.rank, ord, is_same, after.id))
            }
        };
        let sight = Sight {
            account: (account.num_terms() > 1).then(|| (account.ords().clone(), own)),
            kinds: of_kinds(&kind, wanted)?,
            kind: kind.ords().clone(),
            granted: fast.bool(&name(columns.granted))?,
            linked: linked(reader, fields, wanted)?,
        };
        let segment = Segment {
            standing: fast.u64(&name(columns.standing))?,
            id_high: fast.u64(&name(columns.id_high))?,
            id_low: fast.u64(&name(columns.id_low))?,
            order,
            counted,
            after,
            best: BinaryHeap::new(),
            total: 0,
        };
        Ok(Some((segment, sight)))
    }

    fn id(&self, doc: DocId) -> RecordId {
        let (high, low) = (self.id_high.first(doc).unwrap_or(0), self.id_low.first(doc).unwrap_or(0));
        RecordId::from_uuid(Uuid::from_u64_pair(high, low))
    }

    fn take(&mut self, doc: DocId, score: u32, limit: usize) {
        self.total += 1;
        for (column, counts) in &mut self.counted {
            if let Some(column) = column {
                for ord in column.term_ords(doc) {
                    counts[ord as usize] += 1;
                }
            }
        }
        if limit == 0 {
            return;
        }
        let rank = Reverse((u64::from(score) << 3) + self.standing.first(doc).unwrap_or(0).min(7));
        let is_full = self.best.len() >= limit;
        if is_full && self.best.peek().is_some_and(|worst| rank > worst.0) {
            return;
        }
        let ord = self.order.ords().first(doc).unwrap_or(0);
        let id = self.id(doc);
        if let Some((after_rank, after_ord, is_same, after_id)) = self.after {
            let is_ahead = rank.cmp(&after_rank).then_with(|| match ord.cmp(&after_ord) {
                // The ordinal is that of the next name where the name itself is not here.
                std::cmp::Ordering::Equal if !is_same => std::cmp::Ordering::Greater,
                std::cmp::Ordering::Equal => id.cmp(&after_id),
                other => other,
            });
            if is_ahead.is_le() {
                return;
            }
        }
        let place = (rank, ord, id);
        if !is_full {
            self.best.push(place);
        } else if self.best.peek().is_some_and(|worst| place < *worst) {
            self.best.pop();
            self.best.push(place);
        }
    }
}

/// What the index alone says of whether the caller sees a document.
struct Sight {
    account: Option<(Column<u64>, u64)>,
    kind: Column<u64>,
    kinds: Vec<Seen>,
    granted: Column<bool>,
    linked: HashSet<DocId>,
}

impl Sight {
    /// `None`: it has to be looked at.
    fn of(&self, doc: DocId) -> Option<bool> {
        if let Some((account, own)) = &self.account
            && account.first(doc) != Some(*own)
        {
            return Some(false);
        }
        let kind = self.kind.first(doc).and_then(|ord| self.kinds.get(ord as usize)).copied().unwrap_or(Seen::No);
        match kind {
            Seen::No => Some(false),
            Seen::Yes => Some(true),
            Seen::LookAtEach => None,
            Seen::OpenOrLinked { look_at_rest } => {
                let is_open = self.granted.first(doc) == Some(false);
                if is_open || self.linked.contains(&doc) {
                    return Some(true);
                }
                if look_at_rest { None } else { Some(false) }
            }
        }
    }
}

fn of_kinds(kind: &StrColumn, wanted: &Wanted<'_>) -> Result<Vec<Seen>> {
    let mut name = String::new();
    let mut kinds = Vec::with_capacity(kind.num_terms());
    for ord in 0..kind.num_terms() as u64 {
        name.clear();
        kind.ord_to_str(ord, &mut name)?;
        kinds.push(match wanted.sights.get(name.as_str()) {
            None | Some(KindSight::Nothing) => Seen::No,
            Some(KindSight::Everything) => Seen::Yes,
            Some(KindSight::Each) => Seen::LookAtEach,
            Some(KindSight::Open { look_at_rest, .. }) => Seen::OpenOrLinked { look_at_rest: *look_at_rest },
        });
    }
    Ok(kinds)
}

/// The documents from which an edge leads to the caller or one of his teams.
fn linked(reader: &SegmentReader, fields: &Fields, wanted: &Wanted<'_>) -> Result<HashSet<DocId>> {
    let all = wanted.sights.values().filter_map(|sight| match sight {
        KindSight::Open { linked_to, .. } => Some(linked_to),
        _ => None,
    });
    let ids: HashSet<RecordId> = all.flatten().copied().collect();
    let mut docs = HashSet::new();
    if ids.is_empty() {
        return Ok(docs);
    }
    let inverted = reader.inverted_index(fields.facts)?;
    for id in ids {
        if let Some(mut postings) = inverted.read_postings(&linked_term(fields.facts, id), IndexRecordOption::Basic)? {
            let mut doc = postings.doc();
            while doc != TERMINATED {
                docs.insert(doc);
                doc = postings.advance();
            }
        }
    }
    Ok(docs)
}
