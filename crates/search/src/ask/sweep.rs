//! All documents that fit a query, looked at once: those that the caller sees are counted, the best of them kept. Of those
//! of which the index alone cannot say whether he does, the ids are told, to be looked at.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap, HashSet};

use emporion_catalog::finder::{Beyond, By, KIND_ITSELF, Order};
use emporion_catalog::id::{AccountId, RecordId};
use emporion_catalog::reading::KindSight;
use tantivy::columnar::{Cardinality, Column, StrColumn, TermOrdHit};
use tantivy::query::{EnableScoring, Query};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Result, Searcher, SegmentReader, TERMINATED, TantivyError};
use uuid::Uuid;

use crate::index::{Fields, counted_column, linked_term};

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
    order: Order,
    standing: Column<u64>,
    /// The times by which they stand.
    times: Option<Column<i64>>,
    /// The texts by which ties are broken.
    texts: StrColumn,
    id_high: Column<u64>,
    id_low: Column<u64>,
    counted: Vec<(Option<StrColumn>, Vec<u64>)>,
    /// Those from here on are wanted.
    after: Option<After>,
    /// What ranks behind this is not among the best of the segments before.
    worst: Option<Reverse<u64>>,
    best: BinaryHeap<(Reverse<u64>, u64, RecordId)>,
    total: u64,
}

/// A place as one segment has it.
#[derive(Debug, Clone, Copy)]
struct After {
    rank: Reverse<u64>,
    /// The ordinal of the text, or of the next one in the order of texts.
    ord: u64,
    is_text: bool,
    /// All of the same place stand before it, where it names none.
    id: Option<RecordId>,
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
        let limit = wanted.limit;
        let mut sweep = Sweep { limit, segments: Vec::new(), doubtful: Vec::new() };
        let mut ranks: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
        for reader in searcher.segment_readers() {
            let Some((mut segment, sight)) = Segment::of(reader, fields, wanted)? else { continue };
            let place = sweep.segments.len();
            segment.worst = ranks.peek().copied().filter(|_| ranks.len() >= limit);
            let alive = reader.alive_bitset();
            let doubtful = &mut sweep.doubtful;
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
            for (rank, ..) in &segment.best {
                ranks.push(*rank);
                if ranks.len() > limit {
                    ranks.pop();
                }
            }
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
        for segment in &self.segments {
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
        }
        swept.places = best_of(self.segments, self.limit)?;
        Ok(swept)
    }
}

/// The best of all segments in their order. Only of what may be next is the text read.
fn best_of(segments: Vec<Segment>, limit: usize) -> Result<Vec<Place>> {
    let mut rows = Vec::with_capacity(segments.len());
    for mut segment in segments {
        let mut best = std::mem::take(&mut segment.best).into_sorted_vec().into_iter();
        if let Some(first) = segment.next_of(&mut best)? {
            rows.push((first, best, segment));
        }
    }
    let mut places = Vec::new();
    while places.len() < limit
        && let Some(row) = (0..rows.len()).min_by(|a, b| rows[*a].2.compare(&rows[*a].0, &rows[*b].0))
    {
        let (place, best, segment) = &mut rows[row];
        match segment.next_of(best)? {
            Some(next) => places.push(std::mem::replace(place, next)),
            None => places.push(rows.swap_remove(row).0),
        }
    }
    Ok(places)
}

const MOST_STANDING: u64 = 7;

fn best_rank(score: u32, standing: u64) -> Reverse<u64> {
    Reverse((u64::from(score) << 3) + standing.min(MOST_STANDING))
}

/// The id of a document's record.
pub fn id(high: &Column<u64>, low: &Column<u64>, doc: DocId) -> RecordId {
    RecordId::from_uuid(Uuid::from_u64_pair(high.first(doc).unwrap_or(0), low.first(doc).unwrap_or(0)))
}

impl Segment {
    /// `None` where nothing of the account is in it.
    fn of(reader: &SegmentReader, fields: &Fields, wanted: &Wanted<'_>) -> Result<Option<(Segment, Sight)>> {
        let fast = reader.fast_fields();
        let name = |field: Field| fields.schema.get_field_name(field).to_owned();
        let text = |field: Field| -> Result<Option<StrColumn>> { fast.str(&name(field)) };
        let missing = |what: &str| TantivyError::SystemError(format!("a segment has no column {what}"));
        let columns = &fields.columns;
        let Some(account) = text(columns.account)? else { return Ok(None) };
        let Some(own) = account.dictionary().term_ord(wanted.account.to_string())? else { return Ok(None) };
        let kind = text(columns.kind)?.ok_or_else(|| missing("kind"))?;
        let by = if matches!(wanted.order.by, By::Best | By::Name) { Some(columns.order) } else { columns.fqn };
        let texts = by.map(&text).transpose()?.flatten().ok_or_else(|| missing("order"))?;
        let of_time = |field: Option<Field>| fast.i64(&name(field.ok_or_else(|| missing("time"))?));
        let times = match wanted.order.by {
            By::Best | By::Name | By::Fqn => None,
            By::Created => Some(of_time(columns.created)?),
            By::Updated => Some(of_time(columns.updated)?),
        };
        let mut counted = Vec::with_capacity(wanted.counted.len());
        for field in wanted.counted {
            let column = match *field {
                KIND_ITSELF => text(columns.kind)?,
                field => fast.str(&counted_column(field))?,
            };
            let counts = vec![0; column.as_ref().map_or(0, |column| column.num_terms())];
            counted.push((column, counts));
        }
        let after = after(&texts, wanted)?;
        let kinds = of_kinds(&kind, wanted)?;
        let is_everything = account.num_terms() == 1
            && kind.ords().get_cardinality() == Cardinality::Full
            && kinds.iter().all(|seen| matches!(seen, Seen::Yes));
        let sight = Sight {
            is_everything,
            account: (account.num_terms() > 1).then(|| (account.ords().clone(), own)),
            kinds,
            kind: kind.ords().clone(),
            granted: fast.bool(&name(columns.granted))?,
            linked: linked(reader, fields, wanted)?,
        };
        let segment = Segment {
            order: wanted.order,
            standing: fast.u64(&name(columns.standing))?,
            times,
            texts,
            id_high: fast.u64(&name(columns.id_high))?,
            id_low: fast.u64(&name(columns.id_low))?,
            counted,
            after,
            worst: None,
            best: BinaryHeap::new(),
            total: 0,
        };
        Ok(Some((segment, sight)))
    }

    fn next_of(&self, best: &mut impl Iterator<Item = (Reverse<u64>, u64, RecordId)>) -> Result<Option<Place>> {
        let Some((rank, ord, id)) = best.next() else { return Ok(None) };
        let mut order = String::new();
        self.texts.ord_to_str(self.ord(ord), &mut order)?;
        Ok(Some(Place { rank, order, id }))
    }

    fn compare(&self, a: &Place, b: &Place) -> Ordering {
        let by_text = || if is_turned(self.order) { b.order.cmp(&a.order) } else { a.order.cmp(&b.order) };
        a.rank.cmp(&b.rank).then_with(by_text).then(a.id.cmp(&b.id))
    }

    /// Whether a document of this score ranks behind all that are kept, whatever else is said of it.
    fn is_behind(&self, rank: Reverse<u64>) -> bool {
        self.worst.is_some_and(|worst| rank > worst)
    }

    fn id(&self, doc: DocId) -> RecordId {
        id(&self.id_high, &self.id_low, doc)
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
        if self.order.by == By::Best && self.is_behind(best_rank(score, MOST_STANDING)) {
            return;
        }
        let rank = self.rank(doc, score);
        if self.is_behind(rank) {
            return;
        }
        let is_full = self.best.len() >= limit;
        let ord = self.ord(self.texts.ords().first(doc).unwrap_or(0));
        let id = self.id(doc);
        if self.after.is_some_and(|after| !after.is_before(rank, ord, id, is_turned(self.order))) {
            return;
        }
        let place = (rank, ord, id);
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

impl After {
    /// Whether a document stands behind this place.
    fn is_before(&self, rank: Reverse<u64>, ord: u64, id: RecordId, is_turned: bool) -> bool {
        rank.cmp(&self.rank)
            .then_with(|| match ord.cmp(&self.ord) {
                // The ordinal is that of the next text where the text itself is not here.
                Ordering::Equal if !self.is_text && is_turned => Ordering::Less,
                Ordering::Equal if !self.is_text => Ordering::Greater,
                Ordering::Equal => self.id.map_or(Ordering::Equal, |own| id.cmp(&own)),
                other => other,
            })
            .is_gt()
    }
}

fn after(texts: &StrColumn, wanted: &Wanted<'_>) -> Result<Option<After>> {
    let (rank, text, id) = match (wanted.after, wanted.beyond) {
        (Some(place), _) => (place.rank, &place.order, Some(place.id)),
        (None, Some(Beyond::Fitting { score, name, id })) => (Reverse(*score), name, Some(*id)),
        (None, Some(Beyond::Named { at, fqn, id })) => {
            (at.map_or(Reverse(0), |at| of_time(at.0, wanted.order)), fqn, *id)
        }
        (None, None) => return Ok(None),
    };
    let (ord, is_text) = match texts.dictionary().term_ord_or_next(text)? {
        TermOrdHit::Exact(ord) => (ord, true),
        TermOrdHit::Next(ord) => (ord, false),
    };
    let ord = if is_turned(wanted.order) { u64::MAX - ord } else { ord };
    Ok(Some(After { rank, ord, is_text, id }))
}

/// Whether texts stand the other way round.
fn is_turned(order: Order) -> bool {
    order.descending && order.by != By::Best
}

/// The greatest comes first, so that what is to come first is made the greatest.
fn of_time(at: i64, order: Order) -> Reverse<u64> {
    let ordered = at.cast_unsigned() ^ 1 << 63;
    Reverse(if order.descending { ordered } else { !ordered })
}

/// What the index alone says of whether the caller sees a document.
struct Sight {
    /// All documents of the segment are seen.
    is_everything: bool,
    account: Option<(Column<u64>, u64)>,
    kind: Column<u64>,
    kinds: Vec<Seen>,
    granted: Column<bool>,
    linked: HashSet<DocId>,
}

impl Sight {
    /// `None`: it has to be looked at.
    fn of(&self, doc: DocId) -> Option<bool> {
        if self.is_everything {
            return Some(true);
        }
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
