//! Readings over three grounds: a shop, subscriptions and a hospital.

mod follow_ups;
pub(in crate::chat) mod grounds;
mod names;
mod narrowed;
mod others;
mod print;
mod properties;
mod readings;
mod refusals;
mod retail;
mod several;
mod states;
mod words;

use super::reader::{Reader, Sequence};
use super::resolver::Resolution;
use super::{annotate, dates, read, tokens};
use crate::chat::ground::Ground;
use crate::chat::lexicon::Lexicon;
use crate::chat::query::Query;
use crate::chat::reading::{Asked, Choice, Found, LookedUp, Reading, Thread};
use jiff::civil::{Date, date};

pub(super) const TODAY: Date = date(2026, 11, 20);

/// Reads as the caller does: phrases are looked up among `stored`, three times at most. What wants more is refused there.
pub(super) fn ask(ground: &Ground, stored: &[(&str, &str)], thread: &Thread, text: &str) -> Reading {
    let lexicon = Lexicon::of(ground);
    let mut found = Found::default();
    for round in 0.. {
        let asked = Asked { text, today: TODAY, locale: "en-GB", thread, found: &found, verified: &[] };
        match read(ground, &lexicon, &asked) {
            Reading::LookUp(probes) if round < 3 => {
                for probe in probes {
                    for field in probe.fields {
                        let path = ground.path(field);
                        let value = stored
                            .iter()
                            .find(|(of, value)| *of == path && value.to_lowercase() == probe.phrase.to_lowercase());
                        let stored = value.map(|(_, value)| (*value).to_owned());
                        found.looked_up.push(LookedUp { phrase: probe.phrase.clone(), field, stored });
                    }
                }
            }
            other => return other,
        }
    }
    unreachable!("the last round answers");
}

/// Whether the clauses of a query account for all words of a question.
pub(super) fn proves(ground: &Ground, text: &str, query: Query) -> bool {
    let tokens = tokens(text).expect("a question");
    let lattice = annotate(ground, &Lexicon::of(ground), &tokens, &Found::default(), &[]);
    let context = dates::Context { today: TODAY, locale: "en-GB", calendar: &ground.calendar };
    let reader = Reader { ground, tokens: &tokens, lattice: &lattice, context, is_follow_up: false };
    let read = Resolution::Query(Box::new(query), Vec::new());
    matches!(reader.proved(&Sequence::default(), read, None, &[]), Resolution::Query(..))
}

/// The reading in one line.
pub(in crate::chat) fn line(ground: &Ground, reading: &Reading) -> String {
    print::reading(ground, reading)
}

pub(super) fn check(ground: &Ground, stored: &[(&str, &str)], rows: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (question, wanted) in rows {
        let got = line(ground, &ask(ground, stored, &Thread::default(), question));
        if got != *wanted {
            wrong.push(format!("{question}\n  got    {got}\n  wanted {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n{} of {}", wrong.join("\n"), wrong.len(), rows.len());
}

pub(super) fn thread(last: Option<Query>, choices: &[&str]) -> Thread {
    Thread { last, choices: choices.iter().map(|id| Choice { id: (*id).to_owned() }).collect(), ..Thread::default() }
}
