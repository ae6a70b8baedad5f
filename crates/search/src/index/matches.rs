//! The documents of a segment that were found, each with the level of the best clause that it fits.

use std::sync::Arc;

use tantivy::query::{EmptyScorer, Scorer};
use tantivy::{DocId, DocSet, Score, TERMINATED};

/// The documents of a segment that fit, and on which level each stands.
pub enum Matches {
    Few(Vec<(DocId, u8)>),
    /// The level of each document, 0 where it fits nothing; and how many fit at most.
    Many {
        levels: Vec<u8>,
        count: u32,
    },
}

impl Matches {
    /// The same, one by one, with what the levels are worth.
    pub fn scorer(self, scores: Arc<[Score]>, boost: Score) -> Box<dyn Scorer> {
        match self {
            Matches::Few(docs) if docs.is_empty() => Box::new(EmptyScorer),
            Matches::Few(docs) => Box::new(Few { docs, at: 0, scores, boost }),
            Matches::Many { levels, count } => {
                let doc = next(&levels, 0);
                Box::new(Many { levels, count, doc, scores, boost })
            }
        }
    }

    /// Leaves those of which this is so.
    pub fn retain(&mut self, mut is_so: impl FnMut(DocId, u8) -> bool) {
        match self {
            Matches::Few(docs) => docs.retain(|(doc, level)| is_so(*doc, *level)),
            Matches::Many { levels, .. } => {
                for (doc, level) in levels.iter_mut().enumerate().filter(|(_, level)| **level != 0) {
                    if !is_so(doc as DocId, *level) {
                        *level = 0;
                    }
                }
            }
        }
    }

    /// How many documents there are, where each has a level.
    pub fn documents(&self) -> Option<usize> {
        match self {
            Matches::Few(_) => None,
            Matches::Many { levels, .. } => Some(levels.len()),
        }
    }

    /// The levels of all documents, where each has one.
    pub fn levels(&mut self) -> Option<&mut [u8]> {
        match self {
            Matches::Few(_) => None,
            Matches::Many { levels, .. } => Some(levels),
        }
    }

    /// Whether it is known that nothing fits.
    pub fn is_empty(&self) -> bool {
        matches!(self, Matches::Few(docs) if docs.is_empty())
    }
}

/// Takes all documents that fit, with their levels.
pub fn each(levels: &[u8], mut take: impl FnMut(DocId, u8)) {
    let mut doc = next(levels, 0);
    while doc != TERMINATED {
        take(doc, levels[doc as usize]);
        doc = next(levels, doc + 1);
    }
}

/// The first document from here on that fits.
fn next(levels: &[u8], from: DocId) -> DocId {
    const STEP: usize = 16;
    let mut at = from as usize;
    while at < levels.len() {
        match levels.get(at..at + STEP) {
            Some(step) if step == [0; STEP] => at += STEP,
            _ if levels[at] != 0 => return at as DocId,
            _ => at += 1,
        }
    }
    TERMINATED
}

struct Many {
    levels: Vec<u8>,
    count: u32,
    doc: DocId,
    scores: Arc<[Score]>,
    boost: Score,
}

impl DocSet for Many {
    fn advance(&mut self) -> DocId {
        self.seek(self.doc.saturating_add(1))
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if self.doc < target {
            self.doc = next(&self.levels, target);
        }
        self.doc
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.count
    }
}

impl Scorer for Many {
    fn score(&mut self) -> Score {
        let level = self.levels.get(self.doc as usize).copied().unwrap_or(0);
        self.scores.get(usize::from(level).wrapping_sub(1)).copied().unwrap_or(0.0) * self.boost
    }
}

struct Few {
    docs: Vec<(DocId, u8)>,
    at: usize,
    scores: Arc<[Score]>,
    boost: Score,
}

impl DocSet for Few {
    fn advance(&mut self) -> DocId {
        self.at = (self.at + 1).min(self.docs.len());
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.at += self.docs[self.at..].partition_point(|(doc, _)| *doc < target);
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.docs.get(self.at).map_or(TERMINATED, |(doc, _)| *doc)
    }

    fn size_hint(&self) -> u32 {
        self.docs.len() as u32
    }
}

impl Scorer for Few {
    fn score(&mut self) -> Score {
        let level = self.docs.get(self.at).map_or(0, |(_, level)| *level);
        self.scores.get(usize::from(level).wrapping_sub(1)).copied().unwrap_or(0.0) * self.boost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_one_is_found_wherever_it_stands() {
        let mut levels = vec![0; 70];
        for at in [0, 15, 16, 40, 69] {
            levels[at] = 1;
        }
        let mut found = Vec::new();
        each(&levels, |doc, _| found.push(doc));
        assert_eq!(found, [0, 15, 16, 40, 69]);
        assert_eq!(next(&[], 0), TERMINATED);
    }
}
