//! Trace of a reading, for whoever mends the model: what each word can stand for, and what became of each reading.

use super::follow;
use super::meaning::used;
use super::reader::{Reader, Sequence};
use super::resolver::{Resolution, Resolver};
use crate::chat::annotate::{annotate, option, phrase};
use crate::chat::dates;
use crate::chat::ground::Ground;
use crate::chat::lexicon::Lexicon;
use crate::chat::query::Query;
use crate::chat::reading::{Asked, Reading, Used};
use crate::chat::words::tokens;

/// Readings that are told of.
const MOST: usize = 32;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    pub words: Vec<Spoken>,
    /// Words that nothing gives a meaning.
    pub unknown: Vec<String>,
    pub readings: Vec<Tried>,
    /// There were more readings than are looked at.
    pub is_cut: bool,
}

/// Words of the question and all that they can stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    pub words: String,
    /// Bytes of the question.
    pub from: usize,
    pub to: usize,
    /// `metric:net_sales`, `field:orders.status`, `value:customers.region=EU`.
    pub can_be: Vec<String>,
}

/// One way to cover the question, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub used: Vec<Used>,
    pub is_follow_up: bool,
    pub is_taken: bool,
    /// Why it was not.
    pub reason: Option<String>,
}

/// Reads the question as [`super::read`] does, its words as they stand. `came`: what it came to there.
pub fn trace(ground: &Ground, lexicon: &Lexicon, asked: &Asked<'_>, came: &Reading) -> Trace {
    let taken = match came {
        Reading::Query { query, .. } => Some(&**query),
        _ => None,
    };
    let Some(tokens) = tokens(asked.text) else { return Trace::default() };
    let lattice = annotate(ground, lexicon, &tokens, asked.found, &asked.thread.choices);
    let context = dates::Context { today: asked.today, locale: asked.locale, calendar: &ground.calendar };
    let alone = Reader { ground, tokens: &tokens, lattice: &lattice, context, is_follow_up: false };
    let between = |from: usize, end: usize| (tokens[from].from, tokens[end - 1].to);
    let mut words = Vec::new();
    for (from, marks) in lattice.at.iter().enumerate() {
        let mut ends: Vec<usize> = marks.iter().map(|mark| mark.end).collect();
        ends.sort_unstable();
        ends.dedup();
        for end in ends {
            let said = phrase(&tokens[from..end]);
            let what = |part| option(ground, &said, part).split_once('|').map(|(_, what)| what.to_owned());
            let mut can_be: Vec<String> =
                marks.iter().filter(|mark| mark.end == end).filter_map(|mark| what(&mark.part)).collect();
            can_be.sort();
            can_be.dedup();
            let (first, last) = between(from, end);
            let text = asked.text.get(first..last).unwrap_or_default().to_owned();
            words.push(Spoken { words: text, from: first, to: last, can_be });
        }
    }
    let unknown = alone.unknown().into_iter().map(|at| tokens[at].raw.clone()).collect();
    let mut trace = Trace { words, unknown, ..Trace::default() };
    if !trace.unknown.is_empty() {
        return trace;
    }
    let choices = &asked.thread.choices;
    let mut tried: Vec<(bool, Sequence, Resolution)> = Vec::new();
    let scanned = alone.scan();
    trace.is_cut = scanned.is_cut;
    for sequence in scanned.sequences {
        let resolved = Resolver::new(ground, choices, context).resolve(&sequence.items);
        let proved = alone.proved(&sequence, resolved, None, choices);
        tried.push((false, sequence, proved));
    }
    if let Some(last) = &asked.thread.last {
        let reader = Reader { is_follow_up: true, ..alone };
        let scanned = reader.scan();
        trace.is_cut |= scanned.is_cut;
        for sequence in scanned.sequences {
            let resolved = follow::resolve(&reader, last, asked.thread, &sequence.items);
            let proved = reader.proved(&sequence, resolved, Some(last), choices);
            tried.push((true, sequence, proved));
        }
    }
    let pieces = |(_, sequence, resolved): &(bool, Sequence, Resolution)| {
        matches!(resolved, Resolution::Query(..) | Resolution::Ask(_)).then_some(sequence.pieces)
    };
    let fewest = tried.iter().filter_map(pieces).min();
    trace.is_cut |= tried.len() > MOST;
    for (is_follow_up, sequence, resolved) in tried.into_iter().take(MOST) {
        let is_same = |query: &Query| taken.is_some_and(|taken| query.clone().canonical() == taken.clone().canonical());
        let is_taken = matches!(&resolved, Resolution::Query(query, _) if is_same(query));
        let reason = match resolved {
            _ if is_taken => None,
            Resolution::Nothing => Some("Its words do not go together.".to_owned()),
            Resolution::Not(sentence) | Resolution::Lost(sentence, _) => Some(sentence),
            Resolution::Ask(asked) => Some(format!("It leaves open: {}", asked.question)),
            Resolution::Query(..) if fewest.is_some_and(|fewest| sequence.pieces > fewest) => {
                Some("Another reading takes longer names for what they are.".to_owned())
            }
            Resolution::Query(..) if matches!(came, Reading::Verified { .. }) => {
                Some("A verified query asks the same.".to_owned())
            }
            Resolution::Query(..) if taken.is_some() => Some("Another reading goes before it.".to_owned()),
            Resolution::Query(..) => Some("It is not the only one that is left.".to_owned()),
        };
        let used = used(ground, &tokens, asked.text, &sequence);
        trace.readings.push(Tried { used, is_follow_up, is_taken, reason });
    }
    let shown = |one: &Tried| (!one.is_taken, one.used.len());
    trace.readings.sort_by_key(shown);
    trace.readings.dedup();
    trace
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::read::read;
    use crate::chat::read::tests::{TODAY, grounds};
    use crate::chat::reading::{Found, Thread};

    fn of(text: &str) -> Trace {
        let ground = grounds::retail();
        let (lexicon, thread, found) = (Lexicon::of(&ground), Thread::default(), Found::default());
        let asked = Asked { text, today: TODAY, locale: "en-GB", thread: &thread, found: &found, verified: &[] };
        trace(&ground, &lexicon, &asked, &read(&ground, &lexicon, &asked))
    }

    #[test]
    fn what_was_taken_stands_first_and_the_others_say_why_not() {
        let told = of("net sales by region");
        assert!(told.unknown.is_empty() && !told.is_cut);
        assert!(told.readings[0].is_taken && told.readings[0].reason.is_none(), "{:#?}", told.readings);
        assert_eq!(told.readings.iter().filter(|one| one.is_taken).count(), 1);
        assert!(told.readings[1..].iter().all(|one| one.reason.is_some()));
        let words: Vec<&str> = told.words.iter().map(|one| one.words.as_str()).collect();
        assert!(words.contains(&"region"), "{words:?}");
        assert!(told.words.iter().all(|one| !one.can_be.is_empty()));
    }

    #[test]
    fn words_without_a_meaning_are_named() {
        let told = of("net sales by frobnication");
        assert_eq!(told.unknown, ["frobnication"]);
        assert!(told.readings.is_empty());
    }
}
