//! Words that begin so and stand beside one another: `cust_ins*` in `customer_insights`.
//!
//! The places of the first are written down, and each of the others leaves of them those beside which it stands. So a beginning
//! of many parts costs as much as reading where the words stand that have a chance to be meant, and nothing as soon as none is
//! left. What several clauses of a query begin with (`z1* OR z2*`) is read once for all of them.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tantivy::index::{InvertedIndexReader, SegmentId};
use tantivy::postings::{Postings, TermInfo};
use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Result, Score, SegmentReader, TERMINATED, TantivyError};

use super::matches::Matches;
use super::steps::{OF_A_PLACE, OF_A_TEXT, OF_PLACES, Steps};

/// How many places are kept for the other clauses of a query.
const MOST_KEPT: usize = 4_000_000;

/// Beginnings of words, each with its place after the first.
#[derive(Debug, Clone)]
pub struct Adjacent {
    field: Field,
    /// The longest first, of which there are the fewest words.
    parts: Vec<(u32, String)>,
    beginnings: Beginnings,
    steps: Steps,
}

/// A document, and where in it the first of the words stands.
type Stand = (DocId, u32);

/// Where the words of a segment stand in a field that begin so.
type Beginning = (SegmentId, Field, String);

/// What the clauses of a query have read of beginnings.
#[derive(Debug, Clone, Default)]
pub struct Beginnings(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    of: HashMap<Beginning, Kept>,
    /// How many places are kept in all.
    places: usize,
}

#[derive(Debug, Clone)]
enum Kept {
    /// It was asked for once; nothing is kept yet.
    Asked,
    /// In their order.
    All(Arc<[Stand]>),
    /// There is no room for it.
    TooMany,
}

impl Beginnings {
    fn kept(&self, beginning: &Beginning) -> Option<Kept> {
        self.0.lock().of.get(beginning).cloned()
    }

    fn asked(&self, beginning: Beginning) {
        self.0.lock().of.insert(beginning, Kept::Asked);
    }

    fn keep(&self, beginning: Beginning, stands: &Arc<[Stand]>) {
        let mut known = self.0.lock();
        let is_room = known.places + stands.len() <= MOST_KEPT;
        known.places += if is_room { stands.len() } else { 0 };
        known.of.insert(beginning, if is_room { Kept::All(stands.clone()) } else { Kept::TooMany });
    }
}

impl Adjacent {
    pub fn new(field: Field, parts: &[(usize, String)], beginnings: &Beginnings, steps: &Steps) -> Adjacent {
        let mut parts: Vec<(u32, String)> = parts.iter().map(|(place, text)| (*place as u32, text.clone())).collect();
        parts.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
        Adjacent { field, parts, beginnings: beginnings.clone(), steps: steps.clone() }
    }

    fn docs(&self, reader: &SegmentReader) -> Result<Vec<DocId>> {
        let inverted = reader.inverted_index(self.field)?;
        let Some(((place, first), rest)) = self.parts.split_first() else { return Ok(Vec::new()) };
        let all = match self.shared(reader, &inverted, first)? {
            Some(known) => known,
            None => self.read(reader, &inverted, first)?,
        };
        let begun = all.iter().filter(|(_, at)| at >= place);
        let mut stands: Vec<Stand> = begun.map(|(doc, at)| (*doc, at - place)).collect();
        for (place, part) in rest {
            if stands.is_empty() {
                break;
            }
            if let Some(known) = self.shared(reader, &inverted, part)? {
                self.steps.take(stands.len() as u64 * OF_A_PLACE)?;
                stands.retain(|(doc, at)| known.binary_search(&(*doc, at + place)).is_ok());
                continue;
            }
            let mut is_met = vec![false; stands.len()];
            self.each_term(&inverted, part, |term| self.meet(&inverted, term, *place, &stands, &mut is_met))?;
            let mut is_met = is_met.into_iter();
            stands.retain(|_| is_met.next().unwrap_or(false));
        }
        let mut docs: Vec<DocId> = stands.into_iter().map(|(doc, _)| doc).collect();
        docs.dedup();
        Ok(docs)
    }

    /// Where words stand that begin so, if that is known; it is read as soon as a second clause asks for it.
    fn shared(
        &self,
        reader: &SegmentReader,
        inverted: &InvertedIndexReader,
        text: &str,
    ) -> Result<Option<Arc<[Stand]>>> {
        let beginning = (reader.segment_id(), self.field, text.to_owned());
        match self.beginnings.kept(&beginning) {
            Some(Kept::All(known)) => Ok(Some(known)),
            Some(Kept::TooMany) => Ok(None),
            Some(Kept::Asked) => self.read(reader, inverted, text).map(Some),
            None => {
                self.beginnings.asked(beginning);
                Ok(None)
            }
        }
    }

    /// All places where words stand that begin so, in their order. They are kept where there is room.
    fn read(&self, reader: &SegmentReader, inverted: &InvertedIndexReader, text: &str) -> Result<Arc<[Stand]>> {
        let mut stands: Vec<Stand> = Vec::new();
        self.each_term(inverted, text, |term| self.places(inverted, term, |stand| stands.push(stand)))?;
        stands.sort_unstable();
        stands.dedup();
        let stands: Arc<[Stand]> = stands.into();
        self.beginnings.keep((reader.segment_id(), self.field, text.to_owned()), &stands);
        Ok(stands)
    }

    /// Takes the terms that begin so.
    fn each_term(
        &self,
        inverted: &InvertedIndexReader,
        text: &str,
        mut take: impl FnMut(&TermInfo) -> Result<()>,
    ) -> Result<()> {
        let mut stream = inverted.terms().range().ge(text).le(format!("{text}\u{10ffff}")).into_stream()?;
        while stream.advance() {
            self.steps.take(OF_A_TEXT)?;
            take(stream.value())?;
        }
        Ok(())
    }

    /// Takes each place at which a term stands.
    fn places(&self, inverted: &InvertedIndexReader, term: &TermInfo, mut take: impl FnMut(Stand)) -> Result<()> {
        self.steps.take(OF_PLACES + u64::from(term.doc_freq) * OF_A_PLACE)?;
        let mut postings = inverted.read_postings_from_terminfo(term, IndexRecordOption::WithFreqsAndPositions)?;
        let mut at = Vec::new();
        while postings.doc() != TERMINATED {
            postings.positions(&mut at);
            at.iter().for_each(|at| take((postings.doc(), *at)));
            postings.advance();
        }
        Ok(())
    }

    /// Notes from which of the places a term stands so far.
    fn meet(
        &self,
        inverted: &InvertedIndexReader,
        term: &TermInfo,
        place: u32,
        stands: &[Stand],
        is_met: &mut [bool],
    ) -> Result<()> {
        let mut note = |(doc, at): Stand| {
            if let Some(first) = at.checked_sub(place)
                && let Ok(known) = stands.binary_search(&(doc, first))
            {
                is_met[known] = true;
            }
        };
        if (term.doc_freq as usize) < stands.len() {
            return self.places(inverted, term, note);
        }
        self.steps.take(OF_PLACES + stands.len() as u64 * OF_A_PLACE)?;
        let mut postings = inverted.read_postings_from_terminfo(term, IndexRecordOption::WithFreqsAndPositions)?;
        let mut at = Vec::new();
        for of_doc in stands.chunk_by(|a, b| a.0 == b.0) {
            let doc = of_doc[0].0;
            if postings.doc() < doc {
                postings.seek(doc);
            }
            if postings.doc() == doc {
                postings.positions(&mut at);
                at.iter().for_each(|at| note((doc, *at)));
            }
        }
        Ok(())
    }
}

impl Query for Adjacent {
    fn weight(&self, _: EnableScoring<'_>) -> Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Adjacent {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> Result<Box<dyn Scorer>> {
        let found = Matches::Few(self.docs(reader)?.into_iter().map(|doc| (doc, 1)).collect());
        Ok(found.scorer([1.0].into(), boost))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> Result<Explanation> {
        match self.docs(reader)?.binary_search(&doc) {
            Ok(_) => Ok(Explanation::new("words that begin so, beside one another", 1.0)),
            Err(_) => Err(TantivyError::InvalidArgument(format!("document {doc} does not fit"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use tantivy::schema::{Schema, TEXT};
    use tantivy::{Index, IndexWriter, doc};

    use super::*;

    #[test]
    fn what_is_found_stands_in_the_order_of_the_parts_whichever_is_looked_at_first() {
        let mut schema = Schema::builder();
        let field = schema.add_text_field("words", TEXT);
        let index = Index::create_in_ram(schema.build());
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 20 << 20).unwrap();
        let texts = ["net sales", "sales net", "new netto sales", "net of sales", "nets salesman net", "net net sales"];
        for text in texts.into_iter().chain(std::iter::repeat_n("sale", 500)) {
            writer.add_document(doc!(field => text)).unwrap();
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        type Asked = (&'static [(usize, &'static str)], &'static [DocId]);
        let asked: &[Asked] = &[
            (&[(0, "net"), (1, "sal")], &[0, 2, 4, 5]),
            (&[(0, "n"), (1, "sales")], &[0, 2, 4, 5]),
            (&[(0, "n"), (1, "n"), (2, "s")], &[2, 5]),
            (&[(0, "net"), (2, "sal")], &[3, 5]),
            (&[(0, "sal"), (1, "ne")], &[1, 4]),
            (&[(0, "net"), (1, "sal"), (2, "nothing")], &[]),
            (&[(0, "z"), (1, "sal")], &[]),
        ];
        let shared = Beginnings::default();
        for (parts, wanted) in asked {
            let parts: Vec<(usize, String)> = parts.iter().map(|(place, text)| (*place, (*text).to_owned())).collect();
            // Alone, and beside the clauses before, which share what they begin with.
            for beginnings in [&Beginnings::default(), &shared, &shared] {
                let adjacent = Adjacent::new(field, &parts, beginnings, &Steps::default());
                let weight = adjacent.weight(EnableScoring::enabled_from_searcher(&searcher)).unwrap();
                let mut scorer = weight.scorer(&searcher.segment_readers()[0], 1.0).unwrap();
                let mut docs = Vec::new();
                while scorer.doc() != TERMINATED {
                    docs.push(scorer.doc());
                    scorer.advance();
                }
                assert_eq!(docs, *wanted, "{parts:?}");
            }
        }
    }
}
