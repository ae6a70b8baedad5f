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
use super::matches::{Matches, each};
use super::steps::{OF_A_TEXT, Steps};

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
    pub fn found(&self, reader: &SegmentReader) -> Result<Matches> {
        let rarest = self.rarest(reader)?;
        let mut found = match rarest {
            Some(place) => self.sift_own(reader, self.within[place].found(reader)?)?,
            None => self.best(reader)?,
        };
        let within = self.within.iter().enumerate().filter(|(place, _)| Some(*place) != rarest);
        let within = within.map(|(_, other)| (other, true));
        for (other, is_wanted) in within.chain(self.without.iter().map(|other| (other, false))) {
            if !found.is_empty() {
                found = other.sift(reader, found, is_wanted)?;
            }
        }
        Ok(found)
    }

    /// Which of the others stands in fewest documents, and in few beside this: where nothing is worth anything, it does
    /// not matter what is looked for first.
    fn rarest(&self, reader: &SegmentReader) -> Result<Option<usize>> {
        let is_scored = |levels: &Levels| levels.scores.iter().any(|score| *score > 0.0);
        if self.within.is_empty() || is_scored(self) {
            return Ok(None);
        }
        let mut least = self.at_most(reader, u64::MAX)? / u64::from(FEW);
        let mut rarest = None;
        for (place, other) in self.within.iter().enumerate() {
            let count = other.at_most(reader, least)?;
            if count < least {
                (least, rarest) = (count, Some(place));
            }
        }
        Ok(rarest)
    }

    /// In how many documents it stands at most, where its terms say that; it is not counted beyond `enough`.
    fn at_most(&self, reader: &SegmentReader, enough: u64) -> Result<u64> {
        let mut count = 0;
        for (_, part) in &self.parts {
            let Part::Term(term) = part else { return Ok(reader.max_doc().into()) };
            if count >= enough {
                break;
            }
            self.steps.take(OF_A_TEXT)?;
            let info = reader.inverted_index(term.field())?.get_term_info(term)?;
            count += info.map_or(0, |info| u64::from(info.doc_freq));
        }
        Ok(count)
    }

    /// Leaves of what was found what fits one of the clauses.
    fn sift_own(&self, reader: &SegmentReader, found: Matches) -> Result<Matches> {
        match found {
            Matches::Few(docs) => {
                let fits = self.fits_own(reader, &docs)?;
                Ok(Matches::Few(docs.into_iter().zip(fits).filter(|(_, fits)| *fits).map(|(doc, _)| doc).collect()))
            }
            Matches::Many { levels, count } => Ok(both(levels, count, self.best(reader)?, true)),
        }
    }

    /// Leaves of what was found what fits this, or what does not.
    fn sift(&self, reader: &SegmentReader, found: Matches, is_wanted: bool) -> Result<Matches> {
        match found {
            Matches::Few(docs) => {
                let fits = self.fits(reader, &docs)?;
                let left = docs.into_iter().zip(fits).filter(|(_, fits)| *fits == is_wanted);
                Ok(Matches::Few(left.map(|(doc, _)| doc).collect()))
            }
            Matches::Many { levels, count } => Ok(both(levels, count, self.found(reader)?, is_wanted)),
        }
    }

    /// Which of a few documents fit this.
    fn fits(&self, reader: &SegmentReader, docs: &[(DocId, u8)]) -> Result<Vec<bool>> {
        let mut fits = self.fits_own(reader, docs)?;
        let within = self.within.iter().map(|other| (other, true));
        for (other, is_wanted) in within.chain(self.without.iter().map(|other| (other, false))) {
            for (fits, of_other) in fits.iter_mut().zip(other.fits(reader, docs)?) {
                *fits &= of_other == is_wanted;
            }
        }
        Ok(fits)
    }

    /// Which of a few documents fit one of the clauses.
    fn fits_own(&self, reader: &SegmentReader, docs: &[(DocId, u8)]) -> Result<Vec<bool>> {
        let mut fits = vec![false; docs.len()];
        for (_, postings) in self.postings(reader)? {
            postings.meet(docs, &mut fits)?;
        }
        Ok(fits)
    }

    /// The best clause of each document.
    fn best(&self, reader: &SegmentReader) -> Result<Matches> {
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
            return Ok(Matches::Few(docs));
        }
        let mut levels = vec![0; reader.max_doc() as usize];
        for (level, postings) in postings {
            postings.each(|doc| levels[doc as usize] = level)?;
        }
        Ok(Matches::Many { levels, count })
    }
}

/// What was found and is among the others, or what is not.
fn both(mut levels: Vec<u8>, count: u32, others: Matches, is_wanted: bool) -> Matches {
    match (others, is_wanted) {
        (Matches::Few(docs), true) => {
            let of = docs.into_iter().map(|(doc, _)| (doc, levels[doc as usize]));
            return Matches::Few(of.filter(|(_, level)| *level != 0).collect());
        }
        (Matches::Few(docs), false) => docs.iter().for_each(|(doc, _)| levels[*doc as usize] = 0),
        (Matches::Many { levels: others, .. }, _) => {
            for (level, other) in levels.iter_mut().zip(others) {
                *level = if (other != 0) == is_wanted { *level } else { 0 };
            }
        }
    }
    Matches::Many { levels, count }
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
            Matches::Few(docs) => docs.into_iter().for_each(|(doc, level)| take(doc, self.score(level))),
            Matches::Many { levels, .. } => each(&levels, |doc, level| take(doc, self.score(level))),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
