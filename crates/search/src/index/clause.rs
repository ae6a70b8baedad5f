//! What a document can fit, and where in a segment that stands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use emporion_catalog::finder::Form;
use tantivy::index::InvertedIndexReader;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::query::{ConstScoreQuery, EnableScoring, PhraseQuery, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Result, SegmentReader, TERMINATED, Term};

use super::steps::{OF_A_PLACE, OF_A_TEXT, OF_PLACES, OF_POSTINGS, Steps};
use super::terms::STEM;

/// How many of the terms that begin so are looked at, the first in each segment: while somebody types, nobody waits for
/// all that stands below a name.
#[derive(Debug)]
pub struct Reach {
    most: u64,
    looked_at: AtomicU64,
    is_cut: AtomicBool,
}

impl Reach {
    pub fn of(most: u64) -> Reach {
        Reach { most, looked_at: AtomicU64::new(0), is_cut: AtomicBool::new(false) }
    }

    /// Whether there were more, so that something may be missing.
    pub fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Relaxed)
    }

    fn first(&self, inverted: &InvertedIndexReader, from: &Term, to: &Term, taken: &Steps) -> Result<Vec<TermInfo>> {
        let mut terms = Vec::new();
        let range = inverted.terms().range().ge(from.serialized_value_bytes()).le(to.serialized_value_bytes());
        let mut stream = range.into_stream()?;
        while stream.advance() {
            self.looked_at.fetch_add(1, Ordering::Relaxed);
            taken.take(OF_A_TEXT)?;
            if terms.len() as u64 == self.most {
                self.is_cut.store(true, Ordering::Relaxed);
                break;
            }
            terms.push(stream.value().clone());
        }
        Ok(terms)
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
}

impl Like {
    fn terms(&self, inverted: &InvertedIndexReader, taken: &Steps) -> Result<Vec<TermInfo>> {
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
            taken.take(steps + OF_A_TEXT)?;
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
    /// The first of these.
    First(Term, Term, Arc<Reach>),
    Like(Like),
    /// Words that stand so, each with its place after the first.
    Phrase(Vec<(usize, Term)>),
    Other(Arc<dyn Query>),
}

impl Clause {
    /// The same, ready to be looked for.
    pub fn part(&self, scoring: EnableScoring<'_>) -> Result<Part> {
        Ok(match self {
            Clause::Term(term) => Part::Term(term.clone()),
            Clause::Between(from, to) => Part::Between(from.clone(), to.clone()),
            Clause::First(from, to, reach) => Part::First(from.clone(), to.clone(), reach.clone()),
            Clause::Like(like) => Part::Like(like.clone()),
            Clause::Phrase(of) => {
                let words = of.iter().map(|(_, word)| word.clone()).collect();
                Part::Phrase(words, silent(&PhraseQuery::new_with_offset(of.clone()), scoring)?)
            }
            Clause::Other(query) => Part::Other(silent(&**query, scoring)?),
        })
    }
}

/// Nothing is reckoned that is not asked for.
fn silent(query: &dyn Query, scoring: EnableScoring<'_>) -> Result<Box<dyn Weight>> {
    ConstScoreQuery::new(query.box_clone(), 0.0).weight(scoring)
}

/// What is looked for in each segment.
pub enum Part {
    Term(Term),
    Between(Term, Term),
    First(Term, Term, Arc<Reach>),
    Like(Like),
    Phrase(Vec<Term>, Box<dyn Weight>),
    Other(Box<dyn Weight>),
}

impl Part {
    /// Where it stands; `None` for nowhere.
    pub fn postings(&self, reader: &SegmentReader, taken: &Steps) -> Result<Option<Postings>> {
        let found = self.find(reader, taken)?;
        if let Some(postings) = &found {
            taken.take(postings.steps())?;
        }
        Ok(found)
    }

    fn find(&self, reader: &SegmentReader, taken: &Steps) -> Result<Option<Postings>> {
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
                    taken.take(OF_A_TEXT)?;
                    terms.push(stream.value().clone());
                }
                drop(stream);
                Ok(of(inverted, terms))
            }
            Part::First(from, to, reach) => {
                let inverted = reader.inverted_index(from.field())?;
                let terms = reach.first(&inverted, from, to, taken)?;
                Ok(of(inverted, terms))
            }
            Part::Like(like) => {
                let inverted = reader.inverted_index(like.field)?;
                let terms = like.terms(&inverted, taken)?;
                Ok(of(inverted, terms))
            }
            Part::Phrase(words, weight) => match places(words, reader)? {
                Some(places) => {
                    taken.take(words.len() as u64 * OF_PLACES + places * OF_A_PLACE)?;
                    found_by(&**weight, reader)
                }
                None => Ok(None),
            },
            Part::Other(weight) => found_by(&**weight, reader),
        }
    }
}

fn found_by(weight: &dyn Weight, reader: &SegmentReader) -> Result<Option<Postings>> {
    let docs = weight.scorer(reader, 1.0)?;
    Ok((docs.doc() != TERMINATED).then_some(Postings::Docs(docs)))
}

/// How many places of some words are read, about: of each in the documents that have all of them, which are no more than
/// those of the rarest, as many as it has in a document. A place takes a byte or less. `None` where one of the words stands
/// in none.
fn places(words: &[Term], reader: &SegmentReader) -> Result<Option<u64>> {
    let mut infos = Vec::with_capacity(words.len());
    for word in words {
        let Some(info) = reader.inverted_index(word.field())?.get_term_info(word)? else { return Ok(None) };
        infos.push(info);
    }
    let Some(rarest) = infos.iter().map(|info| u64::from(info.doc_freq)).min() else { return Ok(None) };
    let in_each =
        |info: &TermInfo| (info.positions_range.len() as u64).div_ceil(u64::from(info.doc_freq).max(1)).max(1);
    Ok(Some(infos.iter().map(|info| rarest * in_each(info)).sum()))
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

    /// What it costs to read them.
    fn steps(&self) -> u64 {
        let opened = match self {
            Postings::Terms(_, terms) => terms.len() as u64,
            Postings::Docs(_) => 1,
        };
        self.count() + opened * OF_POSTINGS
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
    use emporion_catalog::finder::Effort;
    use tantivy::schema::{STRING, Schema, TEXT};
    use tantivy::{Index, IndexWriter, doc};

    use super::*;

    /// What is counted is each term that is looked at, and each of them is read for one document.
    #[test]
    fn a_beginning_of_many_texts_costs_as_much_as_one_of_few() {
        let looked_at = |texts: u32, most: u64| {
            let mut schema = Schema::builder();
            let field = schema.add_text_field("facts", STRING);
            let index = Index::create_in_ram(schema.build());
            let mut writer: IndexWriter = index.writer_with_num_threads(1, 20 << 20).unwrap();
            for n in 0..texts {
                writer.add_document(doc!(field => format!("shop.orders_{n:06}"))).unwrap();
            }
            writer.commit().unwrap();
            let searcher = index.reader().unwrap().searcher();
            let term = |text: &str| Term::from_field_text(field, text);
            let reach = Arc::new(Reach::of(most));
            let clause = Clause::First(term("shop.o"), term("shop.o\u{10ffff}"), reach.clone());
            let part = clause.part(EnableScoring::enabled_from_searcher(&searcher)).unwrap();
            let mut found = Vec::new();
            for reader in searcher.segment_readers() {
                part.postings(reader, &Steps::default()).unwrap().unwrap().each(|doc| found.push(doc)).unwrap();
            }
            (reach.looked_at.load(Ordering::Relaxed), reach.is_cut(), found.len())
        };
        assert_eq!(looked_at(100, 200), (100, false, 100));
        assert_eq!(looked_at(200, 200), (200, false, 200));
        assert_eq!(looked_at(1_000, 200), (201, true, 200));
        assert_eq!(looked_at(30_000, 200), (201, true, 200));
    }

    #[test]
    fn a_phrase_costs_what_is_read_of_where_its_words_stand() {
        let mut schema = Schema::builder();
        let field = schema.add_text_field("words", TEXT);
        let index = Index::create_in_ram(schema.build());
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 20 << 20).unwrap();
        // Both words in each, and beside one another in one alone.
        for n in 0..1_000 {
            let text = if n == 500 { "net sales rare" } else { "net of sales" };
            writer.add_document(doc!(field => text)).unwrap();
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        let cost = |words: &[&str]| {
            let words = words.iter().enumerate().map(|(at, text)| (at, Term::from_field_text(field, text))).collect();
            let part = Clause::Phrase(words).part(EnableScoring::enabled_from_searcher(&searcher)).unwrap();
            let (effort, mut found) = (Effort::default(), 0);
            for reader in searcher.segment_readers() {
                let postings = part.postings(reader, &Steps::of(&effort)).unwrap();
                postings.into_iter().for_each(|postings| postings.each(|_| found += 1).unwrap());
            }
            (found, effort.add(0))
        };
        let (found, of_frequent) = cost(&["net", "sales"]);
        assert!(found == 1 && of_frequent >= 2 * 1_000 * OF_A_PLACE, "{found} {of_frequent}");
        let (found, of_rare) = cost(&["sales", "rare"]);
        assert!(found == 1 && of_rare < 1_000, "{found} {of_rare}");
        assert_eq!(cost(&["net", "nothing"]), (0, 0));
    }
}
