//! Stop phrases: they mean nothing by themselves. A closed list: none of them may change what a question asks for.

use super::phrases::Phrases;
use super::{Kind, Token};

/// Left out wherever they stand, the longest first.
static PHRASES: Phrases = Phrases::named("words.stop.PHRASES");
const SIGNS: [&str; 6] = ["?", "!", ".", ":", "(", ")"];

/// How many tokens at the beginning are a phrase without meaning, each possible length.
pub(in super::super) fn stop_phrase(tokens: &[Token]) -> Vec<usize> {
    let Some(first) = tokens.first() else { return Vec::new() };
    match first.kind {
        Kind::Sign if SIGNS.contains(&first.text.as_str()) => return vec![1],
        Kind::Word => {}
        _ => return Vec::new(),
    }
    let matches = |phrase: &&&str| {
        let mut words = phrase.split(' ');
        let count = phrase.split(' ').count();
        count <= tokens.len() && tokens[..count].iter().all(|token| words.next().is_some_and(|word| token.is(word)))
    };
    let mut lengths: Vec<usize> = PHRASES.iter().filter(matches).map(|phrase| phrase.split(' ').count()).collect();
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

/// Joins two parts of a question without saying how.
pub(in super::super) fn is_connector(token: &Token) -> bool {
    ["and", ",", "&", "plus", "as well as", ";"].contains(&token.text.as_str()) && token.text != ";"
}
