//! Documents that fit one of several clauses, each with the score of the best one that it fits.
//!
//! All postings of a segment are written into one array that has a byte for each of its documents, from the worst clause to
//! the best, so that a word that stands in many documents costs about as much as reading where it stands. Where there are few,
//! they are sorted instead.

use std::fmt;
use std::sync::Arc;

use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, Result, Score, SegmentReader, TantivyError};

use super::clause::{Clause, Part, Postings};
use super::found::{Found, each};
use super::steps::Steps;

/// Postings are sorted where a segment has so many times as many documents.
const FEW: u32 = 256;

#[derive(Clone)]
pub struct BestOf {
    /// The greatest scores stand last.
    clauses: Vec<(u32, Clause)>,
    /// What is found has to fit each of these, too…
    within: Vec<BestOf>,
    /// …and none of these.
    without: Vec<BestOf>,
    /// Each score once, in the same order: whole numbers, so that sums of them are exact. That of level 1 stands first.
    scores: Arc<[Score]>,
    /// What looking for all of it may cost.
    steps: Steps,
}

impl BestOf {
    pub fn new(mut clauses: Vec<(u32, Clause)>, steps: &Steps) -> BestOf {
        clauses.sort_by_key(|(score, _)| *score);
        let mut scores: Vec<u32> = clauses.iter().map(|(score, _)| *score).collect();
        scores.dedup();
        debug_assert!(scores.len() < usize::from(u8::MAX), "more scores than there are levels");
        let scores = scores.into_iter().map(|score| score as Score).collect();
        BestOf { clauses, within: Vec::new(), without: Vec::new(), scores, steps: steps.clone() }
    }

    /// What fits this, each of these, and none of those. Scores are this one's.
    pub fn among(mut self, within: Vec<BestOf>, without: Vec<BestOf>) -> BestOf {
        self.within.extend(within);
        self.without.extend(without);
        self
    }

    /// What fits any of these, which are worth nothing; `None` where one of them is no mere list of clauses.
    pub fn any(of: Vec<BestOf>, steps: &Steps) -> Option<BestOf> {
        let is_list = |one: &BestOf| one.within.is_empty() && one.without.is_empty() && !one.is_scored();
        of.iter().all(is_list).then(|| BestOf::new(of.into_iter().flat_map(|one| one.clauses).collect(), steps))
    }

    /// Whether what fits is worth anything.
    pub fn is_scored(&self) -> bool {
        self.scores.iter().any(|score| *score > 0.0)
    }

    fn level(&self, score: u32) -> u8 {
        let place = self.scores.iter().position(|known| *known == score as Score);
        place.map_or(0, |place| place as u8 + 1)
    }
}

impl fmt::Debug for BestOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BestOf({} clauses)", self.clauses.len())
    }
}

impl BestOf {
    /// What is looked for in each segment.
    pub fn levels(&self, scoring: EnableScoring<'_>) -> Result<Levels> {
        let mut parts = Vec::with_capacity(self.clauses.len());
        for (score, clause) in &self.clauses {
            parts.push((self.level(*score), clause.part(scoring)?));
        }
        let levels = |others: &[BestOf]| others.iter().map(|other| other.levels(scoring)).collect::<Result<_>>();
        let (within, without) = (levels(&self.within)?, levels(&self.without)?);
        Ok(Levels { parts, within, without, scores: self.scores.clone(), steps: self.steps.clone() })
    }
}

impl Query for BestOf {
    fn weight(&self, scoring: EnableScoring<'_>) -> Result<Box<dyn Weight>> {
        Ok(Box::new(self.levels(scoring)?))
    }
}

/// The clauses, and what each is worth.
pub struct Levels {
    parts: Vec<(u8, Part)>,
    within: Vec<Levels>,
    without: Vec<Levels>,
    scores: Arc<[Score]>,
    steps: Steps,
}

impl Levels {
    /// What stands in a segment, the best last.
    fn postings(&self, reader: &SegmentReader) -> Result<Vec<(u8, Postings)>> {
        let mut found = Vec::with_capacity(self.parts.len());
        for (level, part) in &self.parts {
            found.extend(part.postings(reader, &self.steps)?.map(|postings| (*level, postings)));
        }
        Ok(found)
    }

    /// How many levels there are.
    pub fn count(&self) -> u8 {
        self.scores.len() as u8
    }

    /// What a level is worth; the first is level 1.
    pub fn score(&self, level: u8) -> Score {
        self.scores.get(usize::from(level).wrapping_sub(1)).copied().unwrap_or(0.0)
    }

    /// What of a segment fits.
    pub fn found(&self, reader: &SegmentReader) -> Result<Found> {
        let mut found = self.best(reader)?;
        for (others, is_wanted) in [(&self.within, true), (&self.without, false)] {
            for other in others {
                if !found.is_empty() {
                    found = other.sift(reader, found, is_wanted)?;
                }
            }
        }
        Ok(found)
    }

    /// Leaves of what was found what fits this, or what does not.
    fn sift(&self, reader: &SegmentReader, found: Found, is_wanted: bool) -> Result<Found> {
        let (mut levels, count) = match found {
            Found::Few(docs) => {
                let fits = self.fits(reader, &docs)?;
                let left = docs.into_iter().zip(fits).filter(|(_, fits)| *fits == is_wanted);
                return Ok(Found::Few(left.map(|(doc, _)| doc).collect()));
            }
            Found::Many { levels, count } => (levels, count),
        };
        match (self.found(reader)?, is_wanted) {
            (Found::Few(docs), true) => {
                let of = docs.into_iter().map(|(doc, _)| (doc, levels[doc as usize]));
                return Ok(Found::Few(of.filter(|(_, level)| *level != 0).collect()));
            }
            (Found::Few(docs), false) => docs.iter().for_each(|(doc, _)| levels[*doc as usize] = 0),
            (Found::Many { levels: others, .. }, _) => {
                for (level, other) in levels.iter_mut().zip(others) {
                    *level = if (other != 0) == is_wanted { *level } else { 0 };
                }
            }
        }
        Ok(Found::Many { levels, count })
    }

    /// Which of a few documents fit this.
    fn fits(&self, reader: &SegmentReader, docs: &[(DocId, u8)]) -> Result<Vec<bool>> {
        let mut fits = vec![false; docs.len()];
        for (_, postings) in self.postings(reader)? {
            postings.meet(docs, &mut fits)?;
        }
        Ok(fits)
    }

    /// The best clause of each document.
    fn best(&self, reader: &SegmentReader) -> Result<Found> {
        let postings = self.postings(reader)?;
        let count: u64 = postings.iter().map(|(_, postings)| postings.count()).sum();
        let count = count.min(reader.max_doc().into()) as u32;
        if count < reader.max_doc() / FEW {
            let mut docs = Vec::with_capacity(count as usize);
            for (level, postings) in postings {
                postings.each(|doc| docs.push((doc, level)))?;
            }
            // The best of a document stands first.
            docs.sort_unstable_by_key(|(doc, level)| (*doc, u8::MAX - level));
            docs.dedup_by_key(|(doc, _)| *doc);
            return Ok(Found::Few(docs));
        }
        let mut levels = vec![0; reader.max_doc() as usize];
        for (level, postings) in postings {
            postings.each(|doc| levels[doc as usize] = level)?;
        }
        Ok(Found::Many { levels, count })
    }
}

impl Weight for Levels {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> Result<Box<dyn Scorer>> {
        Ok(self.found(reader)?.scorer(self.scores.clone(), boost))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        if scorer.doc() > doc || scorer.seek(doc) != doc {
            return Err(TantivyError::InvalidArgument(format!("document {doc} does not fit")));
        }
        Ok(Explanation::new("the best clause", scorer.score()))
    }

    fn for_each(&self, reader: &SegmentReader, take: &mut dyn FnMut(DocId, Score)) -> Result<()> {
        match self.found(reader)? {
            Found::Few(docs) => docs.into_iter().for_each(|(doc, level)| take(doc, self.score(level))),
            Found::Many { levels, .. } => each(&levels, |doc, level| take(doc, self.score(level))),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tantivy::schema::{Schema, TEXT};
    use tantivy::{Index, IndexWriter, TERMINATED, Term, doc};

    use super::*;

    const DOCS: u32 = 3_000;

    fn words(doc: u32) -> Vec<String> {
        let every = [("all", 1), ("half", 2), ("third", 3), ("few", 500), ("rare", 700)];
        let mut words: Vec<String> =
            every.iter().filter(|(_, step)| doc.is_multiple_of(*step)).map(|(word, _)| (*word).to_owned()).collect();
        words.push(format!("pair{:02}", doc % 40));
        words
    }

    /// Clauses with what they are worth, what has to be there, and what must not be.
    type Asked<'a> = (&'a [(u32, &'a str)], &'a [&'a str], &'a [&'a str]);

    fn plainly((clauses, within, without): Asked<'_>) -> Vec<(DocId, Score)> {
        let fits = |doc: u32, text: &str| {
            words(doc)
                .iter()
                .any(|word| word == text || text.strip_suffix('*').is_some_and(|text| word.starts_with(text)))
        };
        let best = |doc: u32| clauses.iter().filter(|(_, text)| fits(doc, text)).map(|(score, _)| *score).max();
        let is_left =
            |doc: u32| within.iter().all(|text| fits(doc, text)) && !without.iter().any(|text| fits(doc, text));
        (0..DOCS).filter(|doc| is_left(*doc)).filter_map(|doc| Some((doc, best(doc)? as Score))).collect()
    }

    #[test]
    fn what_is_found_is_what_a_plain_look_finds_whether_there_is_much_or_little() {
        let mut schema = Schema::builder();
        let field = schema.add_text_field("words", TEXT);
        let index = Index::create_in_ram(schema.build());
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 20 << 20).unwrap();
        for doc in 0..DOCS {
            writer.add_document(doc!(field => words(doc).join(" "))).unwrap();
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        let clause = |text: &str| match text.strip_suffix('*') {
            Some(text) => Clause::Between(
                Term::from_field_text(field, text),
                Term::from_field_text(field, &format!("{text}\u{10ffff}")),
            ),
            None => Clause::Term(Term::from_field_text(field, text)),
        };
        let one = |text: &&str| BestOf::new(vec![(0, clause(text))], &Steps::default());
        let asked: &[Asked<'_>] = &[
            (&[], &[], &[]),
            (&[(5, "none")], &[], &[]),
            (&[(5, "rare")], &[], &[]),
            (&[(5, "half"), (7, "third"), (7, "few")], &[], &[]),
            (&[(5, "rare"), (9, "few")], &[], &[]),
            (&[(5, "rare"), (9, "few")], &["half"], &[]),
            (&[(5, "rare"), (9, "few")], &[], &["third"]),
            (&[(5, "rare"), (9, "few")], &["pair0*"], &["rare"]),
            (&[(1, "all"), (2, "half")], &["few"], &[]),
            (&[(1, "all"), (2, "half")], &["third", "half"], &["pair1*"]),
            (&[(1, "all")], &["rare"], &["few"]),
            (&[(1, "all")], &["none"], &[]),
            (&[(3, "pair*"), (4, "pair2*"), (4, "pair39")], &[], &["rare", "few"]),
        ];
        let mut kinds = [false; 2];
        for asked in asked {
            let clauses = asked.0.iter().map(|(score, text)| (*score, clause(text))).collect();
            let query = BestOf::new(clauses, &Steps::default())
                .among(asked.1.iter().map(one).collect(), Vec::new())
                .among(Vec::new(), asked.2.iter().map(one).collect());
            let wanted = plainly(*asked);
            let weight = query.weight(EnableScoring::enabled_from_searcher(&searcher)).unwrap();
            let levels = query.levels(EnableScoring::enabled_from_searcher(&searcher)).unwrap();
            let (mut each_one, mut stepped, mut sought) = (Vec::new(), Vec::new(), Vec::new());
            for (place, reader) in searcher.segment_readers().iter().enumerate() {
                assert_eq!(place, 0, "one segment, so that documents stand as they were written");
                kinds[usize::from(matches!(levels.found(reader).unwrap(), Found::Few(_)))] = true;
                weight.for_each(reader, &mut |doc, score| each_one.push((doc, score))).unwrap();
                let mut scorer = weight.scorer(reader, 1.0).unwrap();
                while scorer.doc() != TERMINATED {
                    stepped.push((scorer.doc(), scorer.score()));
                    scorer.advance();
                }
                for target in (0..DOCS).step_by(7) {
                    let mut scorer = weight.scorer(reader, 1.0).unwrap();
                    if scorer.seek(target.max(scorer.doc())) == target {
                        sought.push((target, scorer.score()));
                    }
                }
            }
            assert_eq!(each_one, wanted, "{asked:?}");
            assert_eq!(stepped, wanted, "{asked:?}");
            let wanted: Vec<(DocId, Score)> = wanted.into_iter().filter(|(doc, _)| doc % 7 == 0).collect();
            assert_eq!(sought, wanted, "{asked:?}");
        }
        assert_eq!(kinds, [true; 2], "both ways of finding were looked at");
    }
}
