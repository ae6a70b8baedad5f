//! What was typed as a word or a phrase, and which words of a text it means.

use std::sync::Arc;

use super::Tier;
use crate::id::RecordId;
use crate::text::{Role, Word, fold, is_dense, split, stem};

/// A word, the beginning of one, or a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordTest {
    /// As it stands whole, folded.
    pub whole: String,
    /// Its parts, each with its place after the first; at least one.
    pub parts: Vec<(usize, String)>,
    /// Parts are beginnings of words.
    pub prefix: bool,
    /// The stem, where it is one English word.
    pub stem: Option<String>,
    /// The word in its other number, singular or plural, where it is one English word: as names may have it.
    pub other_numbers: Vec<String>,
    /// The least of the places where it is looked for.
    pub deepest: Tier,
    pub labels: Labels,
}

/// By which labels a word finds what bears them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Labels {
    /// By all: their names stand in what bears them.
    All,
    /// By these alone: the field that leads there, and how well the word fits what they are called.
    These(Arc<[(&'static str, RecordId, Fit)]>),
}

impl WordTest {
    /// `None` where a text has nothing that could be found.
    pub fn word(text: &str, prefix: bool) -> Option<WordTest> {
        // A dot at its end ends a sentence, or stands before what is below: neither is looked for.
        let text = if prefix { text } else { text.trim_end_matches('.') };
        let mut test = WordTest::of(text, prefix)?;
        if let ([(_, part)], false) = (test.parts.as_slice(), prefix) {
            let mut chars = part.chars();
            let is_single = chars.next().is_some_and(is_dense) && chars.next().is_none();
            // Text without spaces is cut into pairs: one character begins them.
            test.prefix = is_single;
            test.stem = Some(stem(part).into_owned()).filter(|_| !is_single);
            if *part == test.whole {
                test.other_numbers = other_numbers(part);
            }
        }
        Some(test)
    }

    /// The words of a phrase, just as they are.
    pub fn phrase(text: &str) -> Option<WordTest> {
        WordTest::of(text, false)
    }

    fn of(text: &str, prefix: bool) -> Option<WordTest> {
        let words = split(text);
        let first = words.first()?.place;
        let parts: Vec<(usize, String)> = words
            .iter()
            .filter(|word| word.role == Role::Part)
            .map(|word| (word.place - first, word.text.clone().into_owned()))
            .collect();
        let whole = fold(text.trim()).into_owned();
        let deepest = Tier::ColumnDescriptions;
        (!parts.is_empty()).then_some(WordTest {
            whole,
            parts,
            prefix,
            stem: None,
            other_numbers: Vec::new(),
            deepest,
            labels: Labels::All,
        })
    }

    /// Whether it is looked for among the words of a tier.
    pub fn is_in(&self, tier: Tier) -> bool {
        tier <= self.deepest && (tier != Tier::Labels || self.labels == Labels::All)
    }

    /// The labels by which alone it finds what bears them, where it is not looked for among the words of all.
    pub fn by_labels(&self) -> &[(&'static str, RecordId, Fit)] {
        match &self.labels {
            Labels::These(labels) => labels,
            Labels::All => &[],
        }
    }

    /// Whether it can be how an FQN begins: without a dot, it would be of everything that stands below one name.
    pub fn begins_fqns(&self) -> bool {
        self.prefix && self.whole.contains('.')
    }

    /// How well one of the texts' words fits, and from where to where it stands.
    pub fn find(&self, words: &[Word<'_>]) -> Option<(Fit, usize, usize)> {
        let mut best: Option<(Fit, usize, usize)> = None;
        self.each(words, &mut |fit, from, to| {
            if best.is_none_or(|(known, ..)| fit > known) {
                best = Some((fit, from, to));
            }
        });
        best
    }

    /// All of the text's words that fit: how well, and from where to where they stand.
    pub fn each(&self, words: &[Word<'_>], offer: &mut impl FnMut(Fit, usize, usize)) {
        for (index, word) in words.iter().enumerate() {
            if word.text == self.whole && !self.prefix {
                offer(Fit::Word, word.from, word.to);
            }
            if self.prefix && word.text.starts_with(&self.whole) {
                offer(Fit::Beginning, word.from, word.to);
            }
            if let Some(wanted) = &self.stem
                && word.text.as_bytes().first() == wanted.as_bytes().first()
                && (word.text == *wanted || stem(&word.text) == wanted.as_str())
            {
                offer(Fit::Stem, word.from, word.to);
            }
            if self.fits(&self.parts[0].1, word)
                && let Some(to) = self.follows(words, index)
            {
                offer(if self.prefix { Fit::Beginning } else { Fit::Word }, word.from, to);
            }
        }
    }

    fn fits(&self, part: &str, word: &Word<'_>) -> bool {
        if self.prefix { word.text.starts_with(part) } else { word.text == part }
    }

    /// Where the last part ends, if all stand in their places after the first.
    fn follows(&self, words: &[Word<'_>], first: usize) -> Option<usize> {
        let start = words[first].place;
        let mut to = words[first].to;
        for (place, part) in &self.parts[1..] {
            let wanted = start + place;
            let found = words[first..].iter().take_while(|word| word.place <= wanted);
            to = found.filter(|word| word.place == wanted && self.fits(part, word)).map(|word| word.to).max()?;
        }
        Some(to)
    }
}

/// What an English word may be called of one, or of many: as its stem is the same.
fn other_numbers(word: &str) -> Vec<String> {
    if word.len() < 3 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Vec::new();
    }
    let many = [Some(format!("{word}s")), Some(format!("{word}es")), word.strip_suffix('y').map(|y| format!("{y}ies"))];
    let one = [word.strip_suffix('s'), word.strip_suffix("es")].map(|one| one.map(str::to_owned));
    let one = one.into_iter().chain([word.strip_suffix("ies").map(|ies| format!("{ies}y"))]);
    let is_same = |other: &String| stem(other) == stem(word);
    many.into_iter().chain(one).flatten().filter(is_same).collect()
}

/// How well a word fits, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    Beginning,
    Stem,
    Word,
}
