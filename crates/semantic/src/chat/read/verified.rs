//! Match with verified queries: an answer is reused where the question is the same, never where it is only alike.

mod rank;
mod slots;
#[cfg(test)]
mod tests;

use super::read;
use crate::chat::ground::Ground;
use crate::chat::lexicon::Lexicon;
use crate::chat::query::{Query, Value};
use crate::chat::reading::{Asked, Confidence, Interpretation, Level, Reading, Thread};
use crate::chat::verified::Verified;
use crate::chat::words::{Kind, Token, tokens};
pub(super) use slots::slots;

/// Left out on both sides: no verified question differs from another by one of them. "from" and "to" are not among
/// them.
const POLITE: [&str; 20] = [
    "please", "show", "me", "us", "give", "tell", "can", "could", "you", "the", "a", "an", "our", "display", "get",
    "?", "!", ".", "i", "want",
];
/// Suggestions, and those whose meaning is compared.
const NEAR: usize = 3;

/// The question is, but for politeness, one that was verified.
pub(super) fn exact(asked: &[Token], verified: &[Verified]) -> Option<Reading> {
    let wanted = plain(asked);
    let is_same =
        |question: &String| !question.contains('{') && tokens(question).is_some_and(|tokens| plain(&tokens) == wanted);
    let mut same = verified.iter().filter(|one| one.questions.iter().any(is_same));
    match (same.next(), same.next()) {
        (Some(one), None) if !wanted.is_empty() => {
            Some(answered(one, Vec::new(), 0.99, "A verified query asks the same."))
        }
        _ => None,
    }
}

/// What tells questions apart.
fn plain(tokens: &[Token]) -> Vec<String> {
    let meaning = tokens.iter().filter(|token| !is_polite(token));
    meaning
        .map(|token| match &token.kind {
            Kind::Word | Kind::Sign => token.text.clone(),
            Kind::Number(digits) => digits.clone(),
            Kind::Percent(digits) => format!("{digits}%"),
            Kind::Money(digits, code) => format!("{digits} {code}"),
            Kind::Quoted(text) => format!("\"{text}\""),
        })
        .collect()
}

fn is_polite(token: &Token) -> bool {
    !matches!(token.kind, Kind::Quoted(_)) && POLITE.contains(&token.text.as_str())
}

fn answered(one: &Verified, parameters: Vec<(String, Value)>, score: f64, reason: &str) -> Reading {
    let confidence = Confidence { level: Level::High, score, reasons: vec![reason.to_owned()] };
    let interpretation = Interpretation { confidence, ..Interpretation::default() };
    Reading::Verified { id: one.id.clone(), parameters, interpretation }
}

/// A verified question of the same meaning answers instead of the model; where there is no answer, the nearest ones are
/// named. Likeness of words alone never answers.
pub(super) fn suggested(reading: Reading, ground: &Ground, lexicon: &Lexicon, asked: &Asked<'_>) -> Reading {
    match reading {
        Reading::Query { query, interpretation }
            if !interpretation.is_follow_up && interpretation.repairs.is_empty() =>
        {
            match same_meaning(&query, ground, lexicon, asked) {
                Some(one) => answered(one, Vec::new(), 0.9, "A verified query asks the same in other words."),
                None => Reading::Query { query, interpretation },
            }
        }
        Reading::Unanswerable { reason, mut suggestions } => {
            let near = rank::nearest(asked.text, asked.verified, NEAR);
            let questions = near.iter().filter_map(|one| one.questions.first().cloned());
            suggestions.splice(0..0, questions);
            Reading::Unanswerable { reason, suggestions }
        }
        other => other,
    }
}

fn same_meaning<'a>(query: &Query, ground: &Ground, lexicon: &Lexicon, asked: &Asked<'a>) -> Option<&'a Verified> {
    let thread = Thread { choices: asked.thread.choices.clone(), ..Thread::default() };
    let means = |one: &&&Verified| {
        one.questions.iter().filter(|question| !question.contains('{')).any(|text| {
            let alone = Asked { text, verified: &[], thread: &thread, ..*asked };
            matches!(read(ground, lexicon, &alone), Reading::Query { query: other, .. } if *other == *query)
        })
    };
    let near = rank::nearest(asked.text, asked.verified, NEAR);
    let mut same = near.iter().filter(means);
    // Two of the same meaning may have different answers.
    match (same.next(), same.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}
