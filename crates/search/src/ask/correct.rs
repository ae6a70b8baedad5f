//! Words that nothing has, and what may have been meant by them.

use std::collections::BTreeSet;

use emporion_catalog::finder::Refusal;
use emporion_catalog::problem::Problem;
use strsim::osa_distance;
use tantivy::Term;
use tantivy::query::FuzzyTermQuery;

use super::sweep::Swept;
use super::{Asking, Page, fault};
use crate::index::{Fields, STEM, Segments};
use crate::plan::{Test, WordTest};
use crate::query::{Expr, Query};
use crate::words::fold;

/// How many words are tried for one.
const MOST_TRIED: usize = 24;
/// How many words of a query are looked at.
const MOST_WORDS: usize = 8;
/// What is longer is no word that somebody mistyped; looking for what is near it takes longer by each character.
const MOST_LENGTH: usize = 40;

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
        let Some(typos) = typos(&wanted) else { return Ok(None) };
        if self.finds(word).await? {
            return Ok(None);
        }
        // The nearest first, then by their letters: how often a word occurs would tell of what the caller does not see.
        for near in self.near(wanted, typos).await?.into_iter().take(MOST_TRIED) {
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
    async fn near(&self, word: String, typos: u8) -> Result<Vec<String>, Problem> {
        let (generation, segments) = (self.generation.clone(), self.segments.clone());
        let near = tokio::task::spawn_blocking(move || near(&generation.fields, &segments, &word, typos));
        near.await.map_err(|error| Problem::internal(error.to_string()))?.map_err(fault)
    }
}

/// How many there may be in a word; `None` where it may have none.
fn typos(word: &str) -> Option<u8> {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    match (letters, word.chars().count()) {
        (5..9, ..=MOST_LENGTH) => Some(1),
        (9.., ..=MOST_LENGTH) => Some(2),
        _ => None,
    }
}

fn near(fields: &Fields, segments: &Segments, word: &str, typos: u8) -> tantivy::Result<Vec<String>> {
    let mut found: BTreeSet<(usize, String)> = BTreeSet::new();
    // One automaton reads the words of all fields.
    let near = FuzzyTermQuery::new(Term::from_field_text(fields.facts, word), typos, true).automaton()?;
    for field in fields.tiers.into_iter().flatten() {
        for segment in segments.all() {
            let inverted = segment.reader.inverted_index(field)?;
            let mut near = inverted.terms().search(&near).into_stream()?;
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

/// The words of a query that can be mistyped: not what stands in quotes, not beginnings, not what is unwanted.
fn typed<'q>(expr: &'q mut Expr, words: &mut Vec<&'q mut String>) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter_mut().for_each(|part| typed(part, words)),
        Expr::Word { text, prefix: false } => words.push(text),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_word_may_have_more_typos_and_a_very_long_one_none() {
        for (word, allowed) in [("oder", None), ("ordrs", Some(1)), ("customers", Some(2)), ("a1234567", None)] {
            assert_eq!(typos(word), allowed, "{word}");
        }
        assert_eq!([40, 41, 4_096].map(|length| typos(&"ä".repeat(length))), [Some(2), None, None]);
        assert_eq!(typos(&format!("customers{}", "1".repeat(32))), None);
    }
}
