//! What a document can fit, and where in a segment that stands.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tantivy::index::InvertedIndexReader;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::query::{ConstScoreQuery, EnableScoring, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Result, SegmentReader, TERMINATED, TantivyError, Term};

use super::terms::STEM;
use crate::plan::Form;

/// How many steps one query may take to hold its forms against texts, and how many one more text counts for.
const MOST_STEPS: u64 = 400_000_000;
const STEPS_OF_A_TEXT: u64 = 20;

/// What is said of a query that would take more.
pub const TOO_MANY_TEXTS: &str = "has wildcards that too many texts would have to be held against: let them begin with \
                                  something that is known, or take fewer";

/// The steps that a query has taken, in all its clauses.
#[derive(Debug, Default)]
pub struct Steps(AtomicU64);

impl Steps {
    fn take(&self, steps: u64) -> Result<()> {
        let taken = self.0.fetch_add(steps + STEPS_OF_A_TEXT, Ordering::Relaxed);
        match taken < MOST_STEPS {
            true => Ok(()),
            false => Err(TantivyError::InvalidArgument(TOO_MANY_TEXTS.to_owned())),
        }
    }
}

/// Terms of a form: those that begin as it does are held against it one by one, so that it costs what is looked at,
/// whatever it is like.
#[derive(Clone)]
pub struct Like {
    pub field: Field,
    /// What stands in terms before what has the form.
    pub before: String,
    pub form: Form,
    pub steps: Arc<Steps>,
}

impl Like {
    fn terms(&self, inverted: &InvertedIndexReader) -> Result<Vec<TermInfo>> {
        let first = [&self.before, self.form.beginning().as_str()].concat();
        let mut stream = inverted.terms().range().ge(&first).le(format!("{first}\u{10ffff}")).into_stream()?;
        let mut found = Vec::new();
        while stream.advance() {
            let text = stream.key().get(self.before.len()..).and_then(|text| std::str::from_utf8(text).ok());
            // Stems are no words.
            let is_stem = |text: &str| self.before.is_empty() && text.starts_with(STEM);
            let Some(text) = text.filter(|text| !is_stem(text)) else { continue };
            let mut steps = 0;
            if self.form.fits_in(text, &mut steps) {
                found.push(stream.value().clone());
            }
            self.steps.take(steps)?;
        }
        Ok(found)
    }
}

/// What a document can fit.
#[derive(Clone)]
pub enum Clause {
    Term(Term),
    /// A term between these two, and these.
    Between(Term, Term),
    Like(Like),
    Other(Arc<dyn Query>),
}

impl Clause {
    /// The same, ready to be looked for.
    pub fn part(&self, scoring: EnableScoring<'_>) -> Result<Part> {
        Ok(match self {
            Clause::Term(term) => Part::Term(term.clone()),
            Clause::Between(from, to) => Part::Between(from.clone(), to.clone()),
            Clause::Like(like) => Part::Like(like.clone()),
            // Nothing is reckoned that is not asked for.
            Clause::Other(query) => Part::Other(ConstScoreQuery::new(query.box_clone(), 0.0).weight(scoring)?),
        })
    }
}

/// What is looked for in each segment.
pub enum Part {
    Term(Term),
    Between(Term, Term),
    Like(Like),
    Other(Box<dyn Weight>),
}

impl Part {
    /// Where it stands; `None` for nowhere.
    pub fn postings(&self, reader: &SegmentReader) -> Result<Option<Postings>> {
        let of = |inverted, terms: Vec<TermInfo>| (!terms.is_empty()).then(|| Postings::Terms(inverted, terms));
        match self {
            Part::Term(term) => {
                let inverted = reader.inverted_index(term.field())?;
                let term = inverted.get_term_info(term)?;
                Ok(of(inverted, term.into_iter().collect()))
            }
            Part::Between(from, to) => {
                let inverted = reader.inverted_index(from.field())?;
                let range = inverted.terms().range().ge(from.serialized_value_bytes());
                let mut stream = range.le(to.serialized_value_bytes()).into_stream()?;
                let mut terms = Vec::new();
                while stream.advance() {
                    terms.push(stream.value().clone());
                }
                drop(stream);
                Ok(of(inverted, terms))
            }
            Part::Like(like) => {
                let inverted = reader.inverted_index(like.field)?;
                let terms = like.terms(&inverted)?;
                Ok(of(inverted, terms))
            }
            Part::Other(weight) => {
                let docs = weight.scorer(reader, 1.0)?;
                Ok((docs.doc() != TERMINATED).then_some(Postings::Docs(docs)))
            }
        }
    }
}

/// The documents of one part in one segment.
pub enum Postings {
    Terms(Arc<InvertedIndexReader>, Vec<TermInfo>),
    Docs(Box<dyn Scorer>),
}

impl Postings {
    /// At most so many.
    pub fn count(&self) -> u64 {
        match self {
            Postings::Terms(_, terms) => terms.iter().map(|term| u64::from(term.doc_freq)).sum(),
            Postings::Docs(docs) => docs.size_hint().into(),
        }
    }

    /// Notes which of these documents, which stand in their order, are among them.
    pub fn meet(self, docs: &[(DocId, u8)], met: &mut [bool]) -> Result<()> {
        let mut note = |mut found: Box<dyn DocSet>| {
            for ((doc, _), met) in docs.iter().zip(&mut *met) {
                let at = if found.doc() < *doc { found.seek(*doc) } else { found.doc() };
                *met |= at == *doc;
            }
        };
        match self {
            Postings::Terms(inverted, terms) => {
                for term in &terms {
                    note(Box::new(inverted.read_postings_from_terminfo(term, IndexRecordOption::Basic)?));
                }
            }
            Postings::Docs(found) => note(Box::new(found)),
        }
        Ok(())
    }

    pub fn each(self, mut take: impl FnMut(DocId)) -> Result<()> {
        match self {
            Postings::Terms(inverted, terms) => {
                let mut postings = BlockSegmentPostings::empty();
                for (place, term) in terms.iter().enumerate() {
                    if place == 0 {
                        postings = inverted.read_block_postings_from_terminfo(term, IndexRecordOption::Basic)?;
                    } else {
                        inverted.reset_block_postings_from_terminfo(term, &mut postings)?;
                    }
                    while !postings.docs().is_empty() {
                        postings.docs().iter().copied().for_each(&mut take);
                        postings.advance();
                    }
                }
            }
            Postings::Docs(mut docs) => {
                let mut doc = docs.doc();
                while doc != TERMINATED {
                    take(doc);
                    doc = docs.advance();
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_takes_so_many_steps_and_no_more() {
        let steps = Steps::default();
        let texts = (0..).take_while(|_| steps.take(1_000_000).is_ok()).count();
        assert!((390..=400).contains(&texts), "{texts}");
        assert!(steps.take(1).is_err());
    }
}
