//! The forms of questions about documents, as patterns over tokens.

use std::ops::Range;

use crate::chat::dates::phrase;
use crate::chat::words::{Kind, Phrases, Token, stop_phrase};

/// `DOC` and `TOPIC` take any tokens, `TOPIC?` may take none; `a|b` is one of several words, `?` after it leaves it out
/// at will; other words in capitals are lists of phrases.
const PATTERNS: &[&str] = &[
    "what|how DO DOC SAY ANY? ABOUT? TOPIC?",
    "what DOC SAY ABOUT? TOPIC?",
    "what is|are|was? SAID ABOUT TOPIC IN DOC",
    "what is|are|was? SAID IN DOC ABOUT? TOPIC?",
    "what is|are|was? IN DOC ABOUT TOPIC",
    "is|are|was|were there ANY SAID? ABOUT TOPIC IN DOC",
    "is|are|was|were there ANY SAID? IN DOC ABOUT TOPIC",
    "ANY SAID? ABOUT TOPIC IN DOC",
    "ANY IN DOC ABOUT TOPIC",
    "is|are|was|were TOPIC SAID IN DOC",
    "DO DOC SAY ANY? ABOUT? TOPIC",
    "DO it say ANY? ABOUT? TOPIC IN DOC",
    "what DO it say ABOUT TOPIC IN DOC",
    "ACCORDING DOC , TOPIC",
    "ACCORDING DOC TOPIC",
    "TOPIC ACCORDING DOC",
    "where DO DOC SAY ABOUT? TOPIC",
    "where in|within DOC is|are|was TOPIC SAID?",
    "where is|are|was TOPIC SAID IN DOC",
    "quote|cite DOC ABOUT TOPIC",
    "quote|cite|find|search PASSAGES ABOUT TOPIC IN DOC",
    "PASSAGES of|in|from DOC ABOUT TOPIC",
    "PASSAGES ABOUT TOPIC IN DOC",
    "search DOC for TOPIC",
    "look in|through DOC for TOPIC",
    "look up TOPIC in DOC",
];
/// How everyday questions about rules begin; the topic follows.
static EVERYDAY: Phrases = Phrases::named("quote.form.EVERYDAY");
/// The same, with their last word in the topic.
static EVERYDAY_WITH: Phrases = Phrases::named("quote.form.EVERYDAY_WITH");

/// Where the topic begins of a question about rules that names no document.
pub(super) fn everyday(tokens: &[Token]) -> Option<usize> {
    let longest = |list: &Phrases| list.iter().filter_map(|words| phrase(tokens, 0, words)).max();
    let before_last = longest(&EVERYDAY_WITH).map(|end| end - 1);
    longest(&EVERYDAY).max(before_last)
}

/// The same where any document will do.
const WHICH: &[&str] = &["which|what DOC SAY ANY? ABOUT? TOPIC", "in which|what DOC is|are TOPIC SAID"];

/// Phrases of each list, the longer before those that they begin with.
const LISTS: &[(&str, &[&str])] = &[
    ("DO", &["does", "do", "did"]),
    (
        "SAY",
        &[
            "have to say",
            "has to say",
            "have anything to say",
            "say",
            "says",
            "said",
            "state",
            "states",
            "stated",
            "mention",
            "mentions",
            "mentioned",
            "tell us",
            "tells us",
            "tell me",
            "tells me",
            "tell",
            "tells",
            "specify",
            "specifies",
            "explain",
            "explains",
            "describe",
            "describes",
            "speak",
            "speaks",
            "talk",
            "talks",
            "cover",
            "covers",
            "contain",
            "contains",
            "stipulate",
            "stipulates",
            "address",
            "addresses",
            "prescribe",
            "prescribes",
            "require",
            "requires",
            "allow",
            "allows",
            "promise",
            "promises",
            "define",
            "defines",
        ],
    ),
    (
        "SAID",
        &[
            "said",
            "stated",
            "written",
            "mentioned",
            "specified",
            "described",
            "explained",
            "laid down",
            "covered",
            "addressed",
            "defined",
            "stipulated",
            "regulated",
            "to be found",
            "found",
        ],
    ),
    (
        "ABOUT",
        &[
            "with regard to",
            "with regards to",
            "with respect to",
            "in regard to",
            "in terms of",
            "when it comes to",
            "about",
            "on",
            "regarding",
            "concerning",
            "of",
            "for",
            "to",
        ],
    ),
    ("IN", &["in", "within", "inside", "from", "of", "by"]),
    ("ACCORDING", &["according to", "as per", "going by"]),
    (
        "ANY",
        &[
            "anything",
            "something",
            "any passages",
            "any passage",
            "a passage",
            "any section",
            "a section",
            "any paragraph",
            "a paragraph",
            "any clause",
            "a clause",
            "any mention",
            "a mention",
            "any information",
            "any rules",
            "any rule",
            "a rule",
            "any statement",
            "a statement",
            "any text",
            "any words",
            "a chapter",
            "what passages",
            "which passages",
        ],
    ),
    (
        "PASSAGES",
        &[
            "the passages",
            "all passages",
            "passages",
            "the passage",
            "passage",
            "the sections",
            "sections",
            "the section",
            "the paragraphs",
            "paragraphs",
            "the paragraph",
            "the clauses",
            "clauses",
            "the clause",
            "quotes",
            "a quote",
        ],
    ),
];
/// What goes on after a question about documents, the longer first.
const MARKERS: &[&[&str]] = &[
    &["and", "what", "about"],
    &["and", "how", "about"],
    &["and", "does", "it", "say", "anything", "about"],
    &["what", "about"],
    &["how", "about"],
    &["and", "about"],
    &["and", "on"],
    &["and", "regarding"],
    &["and", "in"],
    &["also", "about"],
    &["and"],
    &["about"],
];

/// A way to read a question as one about documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    pub document: Range<usize>,
    pub topic: Range<usize>,
    pub is_any: bool,
}

/// All ways, each once: first those that take the words before the topic for no part of it.
pub(super) fn splits(tokens: &[Token]) -> Vec<Split> {
    let end = end_of(tokens);
    let mut found = Vec::new();
    for start in starts(&tokens[..end]) {
        for (patterns, is_any) in [(PATTERNS, false), (WHICH, true)] {
            for pattern in patterns {
                let elements: Vec<&str> = pattern.split(' ').collect();
                let mut matcher = Matcher { tokens: &tokens[..end], is_any, found: &mut found };
                matcher.step(&elements, start, None, None);
            }
        }
    }
    found
}

/// The words behind the marker of what goes on.
pub(super) fn follow_up(tokens: &[Token]) -> Option<Range<usize>> {
    let end = end_of(tokens);
    let marker = MARKERS.iter().find(|marker| starts_with(&tokens[..end], marker))?;
    (marker.len() < end).then_some(marker.len()..end)
}

/// Each `TOPIC in DOC` and `DOC about TOPIC` of a range: topic and document, the shortest name first.
pub(super) fn within(tokens: &[Token], range: Range<usize>) -> Vec<(Range<usize>, Range<usize>)> {
    let is_one = |at: usize, words: &[&str]| words.iter().any(|word| tokens[at].is(word));
    let inner = range.start + 1..range.end.saturating_sub(1);
    let before = inner.clone().rev().filter(|at| is_one(*at, &["in", "within", "from"]));
    let before = before.map(|at| (range.start..at, at + 1..range.end));
    let behind = inner.filter(|at| is_one(*at, &["about", "on", "regarding", "concerning"]));
    before.chain(behind.map(|at| (at + 1..range.end, range.start..at))).collect()
}

/// Behind the last word that means something.
fn end_of(tokens: &[Token]) -> usize {
    let is_word = |token: &Token| token.kind != Kind::Sign && !token.is("please");
    tokens.iter().rposition(is_word).map_or(0, |last| last + 1)
}

/// Places where a question may begin: behind words of courtesy.
fn starts(tokens: &[Token]) -> Vec<usize> {
    let mut starts = vec![0];
    if tokens.first().is_some_and(|token| token.is("and") || token.is("also")) && tokens.len() > 1 {
        starts.push(1);
    }
    let mut at = 0;
    while let Some(start) = starts.get(at).copied() {
        for length in stop_phrase(&tokens[start..]) {
            if start + length < tokens.len() && !starts.contains(&(start + length)) {
                starts.push(start + length);
            }
        }
        at += 1;
    }
    starts
}

fn starts_with(tokens: &[Token], words: &[&str]) -> bool {
    words.len() <= tokens.len() && words.iter().zip(tokens).all(|(word, token)| token.is(word))
}

struct Matcher<'a> {
    tokens: &'a [Token],
    is_any: bool,
    found: &'a mut Vec<Split>,
}

impl Matcher<'_> {
    fn step(&mut self, elements: &[&str], at: usize, document: Option<&Range<usize>>, topic: Option<&Range<usize>>) {
        let Some((element, rest)) = elements.split_first() else {
            let split = document.map(|document| Split {
                document: document.clone(),
                topic: topic.cloned().unwrap_or(at..at),
                is_any: self.is_any,
            });
            if let Some(split) = split.filter(|split| at == self.tokens.len() && !self.found.contains(split)) {
                self.found.push(split);
            }
            return;
        };
        let (element, is_optional) = element.strip_suffix('?').map_or((*element, false), |bare| (bare, true));
        match element {
            "DOC" => {
                for end in at + 1..=self.tokens.len() {
                    self.step(rest, end, Some(&(at..end)), topic);
                }
            }
            "TOPIC" => {
                for end in at + 1..=self.tokens.len() {
                    self.step(rest, end, document, Some(&(at..end)));
                }
            }
            _ => {
                for length in self.lengths(element, at) {
                    self.step(rest, at + length, document, topic);
                }
            }
        }
        if is_optional {
            self.step(rest, at, document, topic);
        }
    }

    /// How many tokens an element takes here, each possible length.
    fn lengths(&self, element: &str, at: usize) -> Vec<usize> {
        let tokens = &self.tokens[at..];
        match LISTS.iter().find(|(name, _)| *name == element) {
            Some((_, phrases)) => {
                let takes = |phrase: &&&str| {
                    let words: Vec<&str> = phrase.split(' ').collect();
                    starts_with(tokens, &words)
                };
                phrases.iter().filter(takes).map(|phrase| phrase.split(' ').count()).collect()
            }
            None => {
                let is_one = tokens.first().is_some_and(|token| element.split('|').any(|word| token.is(word)));
                if is_one { vec![1] } else { Vec::new() }
            }
        }
    }
}
