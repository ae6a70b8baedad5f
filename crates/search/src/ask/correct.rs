//! Words that nothing has, and what may have been meant by them.

use std::collections::BTreeSet;

use emporion_catalog::finder::Refusal;
use emporion_catalog::problem::Problem;
use strsim::osa_distance;
use tantivy::Term;
use tantivy::query::FuzzyTermQuery;

use super::sweep::Swept;
use super::{Asking, Page, fault};
use crate::index::STEM;
use crate::plan::{Test, WordTest};
use crate::query::{Expr, Query};
use crate::words::fold;

/// How many words are tried for one.
const MOST_TRIED: usize = 24;
/// How many words of a query are looked at.
const MOST_WORDS: usize = 8;

type Answer = (Test, Swept, bool);

impl Asking<'_> {
    /// The query with other words for those that nothing has which the caller sees, and what it finds; `None` where that
    /// finds nothing either.
    pub(super) async fn corrected(&self, query: &Query, page: &Page) -> Result<Option<(Query, Answer)>, Refusal> {
        let mut corrected = query.clone();
        let mut words: Vec<&mut String> = Vec::new();
        if let Some(root) = &mut corrected.root {
            typed(root, &mut words);
        }
        let mut is_other = false;
        for word in words.into_iter().take(MOST_WORDS) {
            if let Some(instead) = self.instead(word).await? {
                *word = instead;
                is_other = true;
            }
        }
        if !is_other {
            return Ok(None);
        }
        let answer = self.answer(&corrected, page).await?;
        Ok((answer.1.total > 0).then_some((corrected, answer)))
    }

    /// The nearest word that something has which the caller sees; `None` for a word that is right, or has none near.
    async fn instead(&self, word: &str) -> Result<Option<String>, Problem> {
        let wanted = fold(word).into_owned();
        let letters = wanted.chars().filter(|c| c.is_alphabetic()).count();
        let typos = match letters {
            0..5 => return Ok(None),
            5..9 => 1,
            _ => 2,
        };
        if self.finds(word).await? {
            return Ok(None);
        }
        // The nearest first, then by their letters: how often a word occurs would tell of what the caller does not see.
        for near in self.near(&wanted, typos)?.into_iter().take(MOST_TRIED) {
            if self.finds(&near).await? {
                return Ok(Some(near));
            }
        }
        Ok(None)
    }

    async fn finds(&self, word: &str) -> Result<bool, Problem> {
        let Some(test) = WordTest::word(word, false) else { return Ok(false) };
        Ok(self.sweep(&Test::Word(test), &Page { any: true, ..Page::default() }).await?.0.total > 0)
    }

    /// Words of the index that differ by so many typos at most, the nearest first.
    fn near(&self, word: &str, typos: u8) -> Result<Vec<String>, Problem> {
        let mut found: BTreeSet<(usize, String)> = BTreeSet::new();
        for field in self.generation.fields.tiers.into_iter().flatten() {
            let fuzzy = FuzzyTermQuery::new(Term::from_field_text(field, word), typos, true);
            for segment in self.segments.all() {
                let inverted = segment.reader.inverted_index(field).map_err(fault)?;
                let near = inverted.terms().search(fuzzy.automaton().map_err(fault)?);
                let mut near = near.into_stream().map_err(|error| fault(error.into()))?;
                while near.advance() {
                    let Ok(text) = std::str::from_utf8(near.key()) else { continue };
                    if !text.starts_with(STEM) {
                        found.insert((osa_distance(word, text), text.to_owned()));
                    }
                }
            }
        }
        Ok(found.into_iter().map(|(_, word)| word).collect())
    }
}

/// The words of a query that can be mistyped: not what stands in quotes, not beginnings, not what is unwanted.
fn typed<'q>(expr: &'q mut Expr, words: &mut Vec<&'q mut String>) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter_mut().for_each(|part| typed(part, words)),
        Expr::Word { text, prefix: false } => words.push(text),
        _ => {}
    }
}
