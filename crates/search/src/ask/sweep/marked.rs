//! Documents of a segment that have to be looked at, marked with their levels: told in their order as far as somebody asks,
//! without an order being made of all of them.

use std::collections::VecDeque;
use std::sync::Arc;

use tantivy::{DocId, Result};

use super::doubtful::{Doubtful, Next};
use super::segment::Segment;
use crate::ask::counting::RARE;
use crate::index::Levels;

/// The marks of one segment.
pub struct Marked {
    /// Of each document, 0 where it need not be looked at.
    marks: Vec<u8>,
    count: usize,
    /// What each level is worth, from 1 on.
    scores: Vec<u32>,
}

impl Marked {
    pub fn of(documents: usize, levels: &Levels) -> Marked {
        let scores = (1..=levels.count()).map(|level| levels.score(level) as u32);
        Marked { marks: vec![0; documents], count: 0, scores: scores.collect() }
    }

    pub fn mark(&mut self, doc: DocId, level: u8) {
        self.marks[doc as usize] = level;
        self.count += 1;
    }

    pub fn count(&self) -> usize {
        self.count
    }

    fn docs_of(&self, level: u8) -> impl Iterator<Item = DocId> {
        memchr::memchr_iter(level, &self.marks).map(|doc| doc as DocId)
    }

    /// All of them, in no order.
    pub fn all(&self, place: usize, segment: &Segment) -> Vec<Doubtful> {
        let scores = (1_u8..).zip(&self.scores);
        let of_level = |(level, score): (u8, &u32)| {
            let score = *score;
            self.docs_of(level).map(move |doc| Doubtful { id: segment.id_of(doc), segment: place, doc, score })
        };
        scores.flat_map(of_level).collect()
    }

    pub fn in_order(self, place: usize) -> InOrder {
        let level = self.scores.len();
        InOrder {
            marked: self,
            place,
            level,
            source: Source::None,
            group: VecDeque::new(),
            met: None,
            past: Vec::new(),
        }
    }
}

/// The same one by one: those that stand on pages before come last, and are not told apart by their order.
pub struct InOrder {
    marked: Marked,
    place: usize,
    /// All above have been told; those of this one, too, where there is no source.
    level: usize,
    source: Source,
    /// Of one rank and text, in the order of their ids; and the one behind them.
    group: VecDeque<Next>,
    met: Option<Next>,
    past: Vec<Next>,
}

/// Where the documents of the level come from that is told now.
enum Source {
    None,
    /// All documents in their order, and how many of them were looked through.
    All(Arc<[DocId]>, usize),
    /// Those of the level, the first last.
    Own(Vec<Next>),
}

impl InOrder {
    pub fn next(&mut self, segment: &Segment) -> Result<Option<Next>> {
        if self.group.is_empty() {
            self.gather(segment)?;
        }
        Ok(self.group.pop_front().or_else(|| self.past.pop()))
    }

    /// The next of one rank and one text.
    fn gather(&mut self, segment: &Segment) -> Result<()> {
        self.group.extend(self.met.take());
        while let Some(next) = self.one(segment)? {
            match self.group.front() {
                _ if next.is_past => self.past.push(next),
                Some(first) if first.is_beside(&next) => self.group.push_back(next),
                Some(_) => {
                    self.met = Some(next);
                    break;
                }
                None => self.group.push_back(next),
            }
        }
        self.group.make_contiguous().sort_unstable();
        Ok(())
    }

    /// The next of the level that is told now, or of the one below.
    fn one(&mut self, segment: &Segment) -> Result<Option<Next>> {
        loop {
            let level = self.level as u8;
            match &mut self.source {
                Source::Own(own) => {
                    if let Some(next) = own.pop() {
                        return Ok(Some(next));
                    }
                }
                Source::All(all, at) => {
                    while let Some(doc) = all.get(*at).copied() {
                        *at += 1;
                        if self.marked.marks[doc as usize] == level {
                            return Ok(Some(next_of(&self.marked, self.place, segment, doc, level)));
                        }
                    }
                }
                Source::None => {
                    if self.level == 0 {
                        return Ok(None);
                    }
                    self.source = self.of_level(segment)?;
                    continue;
                }
            }
            (self.source, self.level) = (Source::None, self.level - 1);
        }
    }

    fn of_level(&self, segment: &Segment) -> Result<Source> {
        let level = self.level as u8;
        let number = self.marked.docs_of(level).count();
        if number * RARE >= self.marked.marks.len() && number > 0 {
            return Ok(Source::All(segment.best_first()?, 0));
        }
        let own = self.marked.docs_of(level).map(|doc| next_of(&self.marked, self.place, segment, doc, level));
        let mut own: Vec<Next> = own.collect();
        own.sort_unstable_by(|a, b| b.cmp(a));
        Ok(Source::Own(own))
    }
}

fn next_of(marked: &Marked, place: usize, segment: &Segment, doc: DocId, level: u8) -> Next {
    let score = marked.scores[usize::from(level) - 1];
    segment.next(Doubtful { id: segment.id_of(doc), segment: place, doc, score })
}
