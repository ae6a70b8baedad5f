//! Many clauses, each of which can fit a great part of the documents.
//!
//! What stands in many documents takes a byte for each of them while it is looked at beside the other clauses. Where there
//! are many clauses they are looked at one after the other instead, and what they are worth is added up in one array, so that
//! 256 beginnings of words take as much room as a few.

use std::sync::Arc;

use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Result, Score, SegmentReader, TERMINATED, TantivyError};

/// Clauses, each wanted or not.
#[derive(Debug, Clone)]
pub enum Gathered {
    One(Arc<dyn Query>),
    /// What fits all that is wanted, and nothing else of it.
    All(Vec<(bool, Gathered)>),
    Any(Vec<Gathered>),
}

impl Gathered {
    /// How many clauses there are that are looked at by themselves.
    pub fn count(&self) -> usize {
        match self {
            Gathered::One(_) => 1,
            Gathered::All(parts) => parts.iter().map(|(_, part)| part.count()).sum(),
            Gathered::Any(parts) => parts.iter().map(Gathered::count).sum(),
        }
    }

    fn tree(&self, scoring: EnableScoring<'_>) -> Result<Tree> {
        Ok(match self {
            Gathered::One(query) => Tree::One(query.weight(scoring)?),
            Gathered::All(parts) => Tree::of(true, parts.iter().map(|(wanted, part)| (*wanted, part)), scoring)?,
            Gathered::Any(parts) => Tree::of(false, parts.iter().map(|part| (true, part)), scoring)?,
        })
    }
}

impl Query for Gathered {
    fn weight(&self, scoring: EnableScoring<'_>) -> Result<Box<dyn Weight>> {
        Ok(Box::new(self.tree(scoring)?))
    }
}

/// The same, ready to be looked for in each segment.
enum Tree {
    One(Box<dyn Weight>),
    Many {
        /// All have to fit, or one.
        all: bool,
        /// What has most clauses comes first, before there is an array to keep beside its own.
        parts: Vec<(bool, Tree)>,
    },
}

/// Of each document 0 where it does not fit, else one more than what it is worth.
type Sums = Vec<u32>;

impl Tree {
    fn of<'g>(
        all: bool,
        parts: impl Iterator<Item = (bool, &'g Gathered)>,
        scoring: EnableScoring<'_>,
    ) -> Result<Tree> {
        let mut parts: Vec<(bool, &Gathered)> = parts.collect();
        parts.sort_by_key(|(_, part)| std::cmp::Reverse(part.count()));
        let parts = parts.into_iter().map(|(wanted, part)| Ok((wanted, part.tree(scoring)?)));
        Ok(Tree::Many { all, parts: parts.collect::<Result<_>>()? })
    }

    /// How many arrays there are at most at the same time.
    #[cfg(test)]
    fn room(&self) -> usize {
        match self {
            Tree::One(_) => 1,
            Tree::Many { parts, .. } => {
                let of = |(at, (_, part)): (usize, &(bool, Tree))| match part {
                    // What is one clause is added to what there is.
                    Tree::One(_) => 1,
                    part => part.room() + usize::from(at > 0),
                };
                parts.iter().enumerate().map(of).max().unwrap_or(1)
            }
        }
    }

    fn sums(&self, reader: &SegmentReader) -> Result<Sums> {
        let none = || vec![0; reader.max_doc() as usize];
        let (all, parts) = match self {
            Tree::One(weight) => {
                let mut sums = none();
                weight.for_each(reader, &mut |doc, score| sums[doc as usize] = score as u32 + 1)?;
                return Ok(sums);
            }
            Tree::Many { all, parts } => (*all, parts),
        };
        let mut sums: Option<Sums> = None;
        for (wanted, part) in parts {
            sums = Some(match (sums, part) {
                (Some(sums), part) => part.joined(reader, sums, all, *wanted)?,
                (None, part) => {
                    let mut sums = part.sums(reader)?;
                    if !wanted {
                        sums.iter_mut().for_each(|sum| *sum = u32::from(*sum == 0));
                    }
                    sums
                }
            });
        }
        // All of nothing is everything.
        Ok(sums.unwrap_or_else(|| vec![u32::from(all); reader.max_doc() as usize]))
    }

    /// What was found so far, with this, too.
    fn joined(&self, reader: &SegmentReader, mut sums: Sums, all: bool, wanted: bool) -> Result<Sums> {
        if let Tree::One(weight) = self {
            // Marked is what fits a clause of which all have to.
            const MARK: u32 = 1 << 31;
            weight.for_each(reader, &mut |doc, score| {
                let sum = &mut sums[doc as usize];
                *sum = match (wanted, all) {
                    (false, _) => 0,
                    (true, true) if *sum == 0 => 0,
                    (true, true) => (*sum + score as u32) | MARK,
                    (true, false) => (*sum).max(1) + score as u32,
                };
            })?;
            if all && wanted {
                sums.iter_mut().for_each(|sum| *sum = if *sum & MARK == 0 { 0 } else { *sum ^ MARK });
            }
            return Ok(sums);
        }
        for (sum, other) in sums.iter_mut().zip(self.sums(reader)?) {
            *sum = match (*sum, other) {
                (0, other) if !all => other,
                (sum, 0) if !all || !wanted => sum,
                (0, _) | (_, 0) => 0,
                (_, _) if !wanted => 0,
                (sum, other) => sum + other - 1,
            };
        }
        Ok(sums)
    }
}

impl Weight for Tree {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> Result<Box<dyn Scorer>> {
        let sums = self.sums(reader)?;
        let mut summed = Summed { sums, doc: 0, boost };
        summed.doc = summed.next(0);
        Ok(Box::new(summed))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> Result<Explanation> {
        match self.sums(reader)?.get(doc as usize) {
            Some(sum) if *sum > 0 => Ok(Explanation::new("the sum of the clauses", (sum - 1) as Score)),
            _ => Err(TantivyError::InvalidArgument(format!("document {doc} does not fit"))),
        }
    }

    fn for_each(&self, reader: &SegmentReader, take: &mut dyn FnMut(DocId, Score)) -> Result<()> {
        let sums = self.sums(reader)?;
        let found = sums.into_iter().enumerate().filter(|(_, sum)| *sum > 0);
        found.for_each(|(doc, sum)| take(doc as DocId, (sum - 1) as Score));
        Ok(())
    }
}

struct Summed {
    sums: Sums,
    doc: DocId,
    boost: Score,
}

impl Summed {
    fn next(&self, from: DocId) -> DocId {
        let rest = self.sums.get(from as usize..).unwrap_or_default();
        rest.iter().position(|sum| *sum > 0).map_or(TERMINATED, |at| from + at as DocId)
    }
}

impl DocSet for Summed {
    fn advance(&mut self) -> DocId {
        self.seek(self.doc.saturating_add(1))
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if self.doc < target {
            self.doc = self.next(target);
        }
        self.doc
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.sums.len() as u32
    }
}

impl Scorer for Summed {
    fn score(&mut self) -> Score {
        self.sums.get(self.doc as usize).map_or(0.0, |sum| sum.saturating_sub(1) as Score) * self.boost
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};
    use tantivy::query::{AllQuery, BooleanQuery, ConstScoreQuery, Occur, TermQuery};
    use tantivy::schema::{Field, IndexRecordOption, STRING, Schema};
    use tantivy::{Index, IndexWriter, Searcher, Term, doc};

    use super::*;

    const DOCS: u64 = 500;

    fn index() -> (Searcher, Field) {
        let mut schema = Schema::builder();
        let field = schema.add_text_field("word", STRING);
        let index = Index::create_in_ram(schema.build());
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 20 << 20).unwrap();
        for n in 0..DOCS {
            let mut of = doc!();
            (2..12).filter(|step| n.is_multiple_of(*step)).for_each(|step| of.add_text(field, format!("w{step}")));
            writer.add_document(of).unwrap();
        }
        writer.commit().unwrap();
        (index.reader().unwrap().searcher(), field)
    }

    /// A clause, and the same as the library has it.
    fn any(random: &mut StdRng, field: Field, depth: u32) -> (Gathered, Box<dyn Query>) {
        if depth == 0 || random.random_range(0..4) == 0 {
            let term = Term::from_field_text(field, &format!("w{}", random.random_range(2..14)));
            let score = random.random_range(0..5) as Score;
            let one = ConstScoreQuery::new(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), score);
            return (Gathered::One(Arc::new(one.clone())), Box::new(one));
        }
        let parts =
            (0..random.random_range(1..5)).map(|_| (random.random_range(0..4) > 0, any(random, field, depth - 1)));
        let parts: Vec<_> = parts.collect();
        if random.random_range(0..2) == 0 {
            let (own, others): (Vec<_>, Vec<_>) =
                parts.into_iter().map(|(_, (own, other))| (own, (Occur::Should, other))).unzip();
            return (Gathered::Any(own), Box::new(BooleanQuery::new(others)));
        }
        let (own, mut others): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .map(|(wanted, (own, other))| ((wanted, own), (if wanted { Occur::Must } else { Occur::MustNot }, other)))
            .unzip();
        others.push((Occur::Must, Box::new(ConstScoreQuery::new(Box::new(AllQuery), 0.0))));
        (Gathered::All(own), Box::new(BooleanQuery::new(others)))
    }

    #[test]
    fn what_is_gathered_is_what_is_found_side_by_side() {
        let (searcher, field) = index();
        let scoring = EnableScoring::enabled_from_searcher(&searcher);
        let reader = &searcher.segment_readers()[0];
        let mut random = StdRng::seed_from_u64(7);
        let (mut none, mut some) = (0, 0);
        for _ in 0..300 {
            let (own, other) = any(&mut random, field, 3);
            let found = |weight: &dyn Weight| {
                let mut all = Vec::new();
                weight.for_each(reader, &mut |doc, score| all.push((doc, score as u32))).unwrap();
                all
            };
            let weight = own.weight(scoring).unwrap();
            let wanted = found(&*other.weight(scoring).unwrap());
            assert_eq!(found(&*weight), wanted, "{own:?}");
            let mut scorer = weight.scorer(reader, 1.0).unwrap();
            let mut stepped = Vec::new();
            while scorer.doc() != TERMINATED {
                stepped.push((scorer.doc(), scorer.score() as u32));
                scorer.advance();
            }
            assert_eq!(stepped, wanted, "{own:?}");
            *(if wanted.is_empty() { &mut none } else { &mut some }) += 1;
        }
        assert!(none > 10 && some > 100, "{none} {some}");
    }

    #[test]
    fn room_does_not_grow_with_the_clauses() {
        let (searcher, _) = index();
        let scoring = EnableScoring::enabled_from_searcher(&searcher);
        let one = || Gathered::One(Arc::new(AllQuery));
        let room = |of: Gathered| of.tree(scoring).unwrap().room();
        let flat = |count: usize| Gathered::Any((0..count).map(|_| one()).collect());
        assert_eq!((room(flat(4)), room(flat(512))), (1, 1));
        let groups = Gathered::All((0..64).map(|at| (at % 2 == 0, flat(4))).collect());
        assert_eq!(room(groups), 2);
        let chain = (0..100).fold(one(), |inner, at| match at % 2 {
            0 => Gathered::Any(vec![one(), inner]),
            _ => Gathered::All(vec![(true, one()), (false, inner)]),
        });
        assert_eq!((chain.count(), room(chain)), (101, 1));
    }
}
