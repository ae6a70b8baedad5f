//! Words that nothing has, and what may have been meant by them.

use std::collections::BTreeSet;

use emporion_catalog::finder::{Condition, Misspelt, Refusal, Spelling, Spellings, WordTest};
use emporion_catalog::problem::Problem;
use emporion_catalog::text::fold;
use strsim::osa_distance;
use tantivy::Term;
use tantivy::query::FuzzyTermQuery;

use super::fault::is_said_too_much;
use super::sentence;
use super::sweep::Swept;
use super::{Asking, MOST_LOOKED_AT, Page, fault};
use crate::index::{Fields, STEM, Segments};
use crate::query::{Expr, Query, parse};

/// How many words are tried for one.
const MOST_TRIED: usize = 24;
/// The same while somebody types.
const MOST_TRIED_TYPING: usize = 3;
/// How many words of a query are looked at.
const MOST_WORDS: usize = 8;
/// What is longer is no word that somebody mistyped; looking for what is near it takes longer by each character.
const MOST_LENGTH: usize = 40;

/// How many other spellings of a word are looked for, whether or not they find something.
const MOST_OTHERS: usize = 12;

type Answer = (Condition, Swept, bool);

/// What comes of other spellings of a query that finds nothing.
pub(super) struct Corrected {
    unknown: Vec<Unknown>,
    /// What the words of the query look for.
    sought: Query,
    /// The same, with the nearest of each word that nothing has.
    pub query: Query,
    /// Whether that finds anything.
    pub is_found: bool,
}

/// A word that nothing has, and the nearest that something has.
struct Unknown {
    word: String,
    nearest: String,
    /// Others that are near, of which it is not known yet whether the caller sees something that has them.
    others: Vec<String>,
}

/// What other spellings are told of.
struct Misspelling<'q> {
    query: &'q Query,
    unknown: &'q [Unknown],
    page: Page,
    /// How many are told of each word.
    most: usize,
    /// Something was found for the whole query with the nearest of each: nothing is told of words alone.
    is_found: bool,
}

impl Misspelling<'_> {
    /// What is looked for with another spelling of one of the words, up to the first that finds anything.
    fn with(&self, of: &Unknown, other: &str) -> Vec<Query> {
        let instead = |word: &str| if word == of.word { Some(other) } else { nearest(self.unknown, word) };
        let mut wanted = vec![written(self.query, instead)];
        if !self.is_found {
            wanted.push(alone(other));
        }
        wanted.retain(is_readable);
        wanted
    }

    /// How many are told beside the nearest, which was looked for already.
    fn is_enough(&self, told: &[Spelling]) -> bool {
        told.len() + usize::from(self.is_found) >= self.most
    }
}

impl Asking<'_> {
    /// Other words for those that nothing has which the caller sees, and what they find, if anything: in the whole query,
    /// else in what of a sentence names something. `None` where there is nothing else to be looked for.
    pub(super) async fn corrected(
        &self,
        query: &Query,
        page: &Page,
    ) -> Result<Option<(Corrected, Option<Answer>)>, Refusal> {
        let mut corrected = self.spelt(query.clone(), page).await?;
        if matches!(&corrected, Some((whole, _)) if whole.is_found) {
            return Ok(corrected);
        }
        for sought in sentence::sought(query, self.engine.catalog().registry()) {
            let found = match self.spelt(sought.clone(), page).await? {
                Some(found) => found,
                None if !is_readable(&sought) => continue,
                None => {
                    let answer = Some(self.answer(&sought, page).await?).filter(|(_, swept, _)| swept.total > 0);
                    let is_found = answer.is_some();
                    (Corrected { unknown: Vec::new(), query: sought.clone(), sought, is_found }, answer)
                }
            };
            if found.0.is_found {
                return Ok(Some(found));
            }
            corrected.get_or_insert(found);
        }
        Ok(corrected)
    }

    /// The query as its words are spelt by something; `None` where each is right, or has none near.
    async fn spelt(&self, sought: Query, page: &Page) -> Result<Option<(Corrected, Option<Answer>)>, Refusal> {
        let unknown = self.unknown(&sought, page.is_typed).await?;
        let nearest = written(&sought, |word| nearest(&unknown, word));
        if unknown.is_empty() || !is_readable(&nearest) {
            return Ok(None);
        }
        let answer = Some(self.answer(&nearest, page).await?).filter(|(_, swept, _)| swept.total > 0);
        Ok(Some((Corrected { unknown, sought, query: nearest, is_found: answer.is_some() }, answer)))
    }

    /// So many other spellings of each of the words that nothing has, with how much is found with them: in the whole query,
    /// or else alone.
    pub(super) async fn spellings(
        &self,
        corrected: &Corrected,
        page: &Page,
        most: usize,
    ) -> Result<Spellings, Refusal> {
        let page = Page { most_looked_at: page.most_looked_at, is_filled: false, ..Page::default() };
        let Corrected { unknown, sought: query, is_found, .. } = corrected;
        let misspelling = Misspelling { query, unknown, page, most, is_found: *is_found };
        let mut words = Vec::new();
        for of in unknown {
            let near = self.spellings_of(&misspelling, of).await?;
            if !near.is_empty() {
                words.push(Misspelt { word: of.word.clone(), near });
            }
        }
        Ok(Spellings { nearest: corrected.query.to_string(), words })
    }

    /// The same of one of the words.
    async fn spellings_of(&self, misspelling: &Misspelling<'_>, of: &Unknown) -> Result<Vec<Spelling>, Refusal> {
        let mut told = Vec::new();
        // With the nearest of each the whole finds nothing, or is what is shown.
        let nearest = (!misspelling.is_found).then(|| vec![alone(&of.nearest)]);
        let nearest = nearest.into_iter().map(|wanted| (&of.nearest, wanted));
        let others = of.others.iter().take(MOST_OTHERS).map(|other| (other, misspelling.with(of, other)));
        for (word, wanted) in nearest.chain(others) {
            if misspelling.is_enough(&told) {
                break;
            }
            match self.first_found(word, &wanted, &misspelling.page).await {
                Ok(found) => told.extend(found),
                // What was told so far is right without the rest.
                Err(Refusal::Problem(problem)) if is_said_too_much(&problem) => break,
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(told)
    }

    /// The words of a query that nothing has and others are near to, each once.
    async fn unknown(&self, query: &Query, is_typed: bool) -> Result<Vec<Unknown>, Problem> {
        let mut query = query.clone();
        let mut words: Vec<&mut String> = Vec::new();
        query.root.iter_mut().for_each(|root| typed(root, &mut words));
        if is_typed {
            words.drain(..words.len().saturating_sub(1));
        }
        let mut told: Vec<&str> = Vec::new();
        let mut unknown = Vec::new();
        for word in words {
            if told.len() == MOST_WORDS || told.contains(&word.as_str()) {
                continue;
            }
            told.push(word);
            unknown.extend(self.instead(word, is_typed).await?);
        }
        Ok(unknown)
    }

    /// The first of these that finds anything, where the caller sees something that has the word.
    async fn first_found(&self, word: &str, wanted: &[Query], page: &Page) -> Result<Option<Spelling>, Refusal> {
        if !self.finds(word, page.most_looked_at).await? {
            return Ok(None);
        }
        for query in wanted {
            let (_, swept, is_exact) = self.answer(query, page).await?;
            if swept.total > 0 {
                let total_is_exact = is_exact && self.is_whole;
                return Ok(Some(Spelling { query: query.to_string(), total: swept.total, total_is_exact }));
            }
        }
        Ok(None)
    }

    /// The nearest word that something has which the caller sees; `None` for a word that is right, or has none near.
    async fn instead(&self, word: &str, is_typed: bool) -> Result<Option<Unknown>, Problem> {
        let wanted = fold(word).into_owned();
        let Some(typos) = typos(&wanted).map(|typos| if is_typed { 1 } else { typos }) else { return Ok(None) };
        if self.finds(word, MOST_LOOKED_AT).await? {
            return Ok(None);
        }
        // One of many may have been meant where only the many are somewhere.
        let test = WordTest::word(&wanted, false).filter(|_| !is_typed);
        let others = test.map(|test| test.other_numbers).unwrap_or_default();
        let most = if is_typed { MOST_TRIED_TYPING } else { MOST_TRIED };
        for wanted in std::iter::once(wanted).chain(others) {
            // The nearest first, then by their letters: how often a word occurs would tell of what the caller does not see.
            let mut near = self.near(wanted, typos).await?.into_iter().take(most);
            while let Some(nearest) = near.next() {
                if self.finds(&nearest, MOST_LOOKED_AT).await? {
                    return Ok(Some(Unknown { word: word.to_owned(), nearest, others: near.collect() }));
                }
            }
        }
        Ok(None)
    }

    /// Whether the caller sees something that has the word, as far as so many are looked at.
    async fn finds(&self, word: &str, most_looked_at: usize) -> Result<bool, Problem> {
        let condition = Condition::word(word, false);
        if condition == Condition::Nothing {
            return Ok(false);
        }
        let page = Page { any: true, most_looked_at, is_filled: false, ..Page::default() };
        Ok(self.sweep(&condition, &page).await?.0.total > 0)
    }

    /// Words of the index that differ by so many typos at most, the nearest first: those that can be typed as they are.
    async fn near(&self, word: String, typos: u8) -> Result<Vec<String>, Problem> {
        let (generation, segments) = (self.generation.clone(), self.segments.clone());
        let near = tokio::task::spawn_blocking(move || near(&generation.fields, &segments, &word, typos));
        near.await.map_err(|error| Problem::internal(error.to_string()))?.map_err(fault)
    }
}

fn nearest<'u>(unknown: &'u [Unknown], word: &str) -> Option<&'u str> {
    Some(unknown.iter().find(|known| known.word == word)?.nearest.as_str())
}

/// A query with other words in the places of some.
fn written<'w>(query: &Query, instead: impl Fn(&str) -> Option<&'w str>) -> Query {
    let mut written = query.clone();
    let mut words: Vec<&mut String> = Vec::new();
    written.root.iter_mut().for_each(|root| typed(root, &mut words));
    for word in words {
        if let Some(instead) = instead(word) {
            instead.clone_into(word);
        }
    }
    written
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

fn alone(word: &str) -> Query {
    Query { root: Some(Expr::Word { text: word.to_owned(), prefix: false }) }
}

/// Whether a text is read as one word: what the index keeps whole can have signs in it that mean something else.
fn is_word(text: &str) -> bool {
    parse(text).is_ok_and(|query| query == alone(text))
}

/// Whether a query is read as it is written: with longer words it may have more parts than one may have.
fn is_readable(query: &Query) -> bool {
    parse(&query.to_string()).is_ok_and(|read| read == *query)
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
                if !text.starts_with(STEM) && is_word(text) {
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

    #[test]
    fn what_is_written_instead_can_be_typed() {
        for word in ["orders", "net_sales", "売上", "a-b", "it's", "x,y"] {
            assert!(is_word(word), "{word}");
        }
        for text in
            ["quorvex:alpha", "snorkel>flag", "fizz\"burnt", "has(paren)x", "-less", "star*", "a*b", "two words", "..."]
        {
            assert!(!is_word(text), "{text}");
        }
        let orders = parse(&"order ".repeat(200)).unwrap();
        assert!(is_readable(&written(&orders, |_| Some("orders"))));
        assert!(!is_readable(&written(&orders, |_| Some("or_ders"))), "it would have 400 clauses");
    }
}
