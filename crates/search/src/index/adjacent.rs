//! Words that begin so and stand beside one another: `cust_ins*` in `customer_insights`.
//!
//! The places of the first are written down, and each of the others leaves of them those beside which it stands. So a beginning
//! of many parts costs as much as reading where the words stand that have a chance to be meant, and nothing as soon as none is
//! left.

use tantivy::index::InvertedIndexReader;
use tantivy::postings::{Postings, TermInfo};
use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Result, Score, SegmentReader, TERMINATED, TantivyError};

use super::found::Found;

/// Beginnings of words, each with its place after the first.
#[derive(Debug, Clone)]
pub struct Adjacent {
    field: Field,
    /// The longest first, of which there are the fewest words.
    parts: Vec<(u32, String)>,
}

/// A document, and where in it the first of the words stands.
type Stand = (DocId, u32);

impl Adjacent {
    pub fn new(field: Field, parts: &[(usize, String)]) -> Adjacent {
        let mut parts: Vec<(u32, String)> = parts.iter().map(|(place, text)| (*place as u32, text.clone())).collect();
        parts.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
        Adjacent { field, parts }
    }

    fn docs(&self, reader: &SegmentReader) -> Result<Vec<DocId>> {
        let inverted = reader.inverted_index(self.field)?;
        let Some(((place, first), rest)) = self.parts.split_first() else { return Ok(Vec::new()) };
        let mut stands: Vec<Stand> = Vec::new();
        each_term(&inverted, first, |term| places(&inverted, term, *place, |stand| stands.push(stand)))?;
        stands.sort_unstable();
        stands.dedup();
        for (place, part) in rest {
            if stands.is_empty() {
                break;
            }
            let mut is_met = vec![false; stands.len()];
            each_term(&inverted, part, |term| meet(&inverted, term, *place, &stands, &mut is_met))?;
            let mut is_met = is_met.into_iter();
            stands.retain(|_| is_met.next().unwrap_or(false));
        }
        let mut docs: Vec<DocId> = stands.into_iter().map(|(doc, _)| doc).collect();
        docs.dedup();
        Ok(docs)
    }
}

/// Takes the terms that begin so.
fn each_term(inverted: &InvertedIndexReader, text: &str, mut take: impl FnMut(&TermInfo) -> Result<()>) -> Result<()> {
    let mut stream = inverted.terms().range().ge(text).le(format!("{text}\u{10ffff}")).into_stream()?;
    while stream.advance() {
        take(stream.value())?;
    }
    Ok(())
}

/// Takes each place from which a term stands so far.
fn places(inverted: &InvertedIndexReader, term: &TermInfo, place: u32, mut take: impl FnMut(Stand)) -> Result<()> {
    let mut postings = inverted.read_postings_from_terminfo(term, IndexRecordOption::WithFreqsAndPositions)?;
    let mut at = Vec::new();
    while postings.doc() != TERMINATED {
        postings.positions(&mut at);
        at.iter().filter(|at| **at >= place).for_each(|at| take((postings.doc(), at - place)));
        postings.advance();
    }
    Ok(())
}

/// Notes from which of the places a term stands so far.
fn meet(
    inverted: &InvertedIndexReader,
    term: &TermInfo,
    place: u32,
    stands: &[Stand],
    is_met: &mut [bool],
) -> Result<()> {
    let mut note = |stand: Stand| {
        if let Ok(known) = stands.binary_search(&stand) {
            is_met[known] = true;
        }
    };
    if (term.doc_freq as usize) < stands.len() {
        return places(inverted, term, place, note);
    }
    let mut postings = inverted.read_postings_from_terminfo(term, IndexRecordOption::WithFreqsAndPositions)?;
    let mut at = Vec::new();
    for of_doc in stands.chunk_by(|a, b| a.0 == b.0) {
        let doc = of_doc[0].0;
        if postings.doc() < doc {
            postings.seek(doc);
        }
        if postings.doc() == doc {
            postings.positions(&mut at);
            at.iter().filter(|at| **at >= place).for_each(|at| note((doc, at - place)));
        }
    }
    Ok(())
}

impl Query for Adjacent {
    fn weight(&self, _: EnableScoring<'_>) -> Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Adjacent {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> Result<Box<dyn Scorer>> {
        let found = Found::Few(self.docs(reader)?.into_iter().map(|doc| (doc, 1)).collect());
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
        for (parts, wanted) in asked {
            let parts: Vec<(usize, String)> = parts.iter().map(|(place, text)| (*place, (*text).to_owned())).collect();
            let weight = Adjacent::new(field, &parts).weight(EnableScoring::enabled_from_searcher(&searcher)).unwrap();
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
