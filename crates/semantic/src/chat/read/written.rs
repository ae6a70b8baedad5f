//! Names as they are written: words with capitals inside a question may be what something is called, whatever else they
//! mean. "The Last Year" is a period, or a film.

use crate::chat::annotate::{Lattice, open_fields};
use crate::chat::ground::{FieldId, Ground};
use crate::chat::lexicon::{Part, value_words};
use crate::chat::query::Value;
use crate::chat::reading::{Asked, Probe};
use crate::chat::schema_graph;
use crate::chat::words::Phrases;
use crate::chat::words::{Kind, Token, fold, stop_phrase};

/// Fields that are asked for one name; with more of them the words are taken as they are.
const MOST_FIELDS: usize = 12;
const MOST_NAMES: usize = 3;
/// Between the words of a name.
const INSIDE: [&str; 5] = ["of", "the", "and", "in", "&"];
/// They have capitals in any case.
static ALWAYS: Phrases = Phrases::named("written.ALWAYS");

/// The tokens, each name that is stored as it is written in one word. Errors: what to look up first.
pub(super) fn names(
    ground: &Ground,
    asked: &Asked<'_>,
    tokens: Vec<Token>,
    lattice: &Lattice,
) -> Result<Vec<Token>, Vec<Probe>> {
    let open = open_fields(ground);
    let fields: Vec<FieldId> = open.iter().copied().filter(|field| schema_graph::is_label(ground, *field)).collect();
    if fields.is_empty() || fields.len() > MOST_FIELDS {
        return Ok(tokens);
    }
    let written = |(from, end): (usize, usize)| {
        let phrase = asked.text.get(tokens[from].from..tokens[end - 1].to).unwrap_or_default();
        ["'s", "\u{2019}s"].iter().find_map(|ending| phrase.strip_suffix(ending)).unwrap_or(phrase).to_owned()
    };
    let mut probes: Vec<Probe> = Vec::new();
    let mut known: Vec<((usize, usize), String)> = Vec::new();
    for span in spans(&tokens) {
        let phrase = written(span);
        let marks = || lattice.at[span.0].iter().filter(|mark| mark.end == span.1).map(|mark| &mark.part);
        if marks().any(|part| !matches!(part, Part::Done(_))) {
            // The model knows it: of several words, these are no others.
            let is_it = |part: &Part| matches!(part, Part::Value(_, Value::Text(text)) if *text == phrase);
            if span.1 > span.0 + 1 && marks().all(is_it) {
                known.push((span, phrase));
            }
            continue;
        }
        let words = value_words(&phrase);
        let of = |field: &FieldId| {
            let mut found = asked.found.looked_up.iter();
            found.find(|one| one.field == *field && value_words(&one.phrase) == words)
        };
        let new: Vec<FieldId> = fields.iter().copied().filter(|field| of(field).is_none()).collect();
        if !new.is_empty() && !words.is_empty() {
            let in_part = new.len() == open.len() && span.1 == span.0 + 1;
            probes.push(Probe { phrase: phrase.clone(), fields: new, is_known: true, in_part, ..Probe::default() });
        }
        let is_stored = fields.iter().any(|field| of(field).is_some_and(|one| one.stored.as_ref() == Some(&phrase)));
        let is_free = known.iter().all(|((from, end), _)| span.1 <= *from || span.0 >= *end);
        if is_stored && is_free {
            known.push((span, phrase));
        }
    }
    if !probes.is_empty() {
        probes.truncate(MOST_NAMES);
        return Err(probes);
    }
    let mut joined: Vec<Token> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match known.iter().find(|((from, end), _)| (*from..*end).contains(&at)) {
            Some(((from, end), name)) if *from == at => {
                let (text, to) = (fold(name), tokens[end - 1].to);
                let raw = asked.text.get(token.from..to).unwrap_or(name).to_owned();
                joined.push(Token { kind: Kind::Word, lemma: text.clone(), text, from: token.from, to, raw });
            }
            Some(_) => {}
            None => joined.push(token.clone()),
        }
    }
    Ok(joined)
}

/// Runs of words with capitals, the longest first.
fn spans(tokens: &[Token]) -> Vec<(usize, usize)> {
    let is_capital = |at: usize| {
        let token = &tokens[at];
        matches!(token.kind, Kind::Word | Kind::Number(_))
            && token.raw.chars().next().is_some_and(char::is_uppercase)
            && !ALWAYS.contains(&token.text.as_str())
    };
    let is_word = |at: &usize| tokens[*at].kind == Kind::Word;
    let capitals = (1..tokens.len()).filter(|at| is_capital(*at)).count();
    // A headline tells no names from other words.
    if capitals * 2 > (1..tokens.len()).filter(is_word).count() + 1 {
        return Vec::new();
    }
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut at = 1;
    while at < tokens.len() {
        let is_first = matches!(tokens[at - 1].text.as_str(), "." | "?" | "!" | ":");
        if !is_capital(at) || is_first {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        let mut parts = vec![at];
        while end < tokens.len() {
            let is_inside = INSIDE.iter().any(|word| tokens[end].is(word));
            let ahead = (end + 1..tokens.len().min(end + 3)).find(|next| is_capital(*next)).filter(|next| {
                is_inside && (end + 1..*next).all(|between| INSIDE.iter().any(|word| tokens[between].is(word)))
            });
            match ahead {
                _ if is_capital(end) => end += 1,
                Some(next) => {
                    if tokens[end].is("and") {
                        parts.push(next);
                    }
                    end = next + 1;
                }
                None => break,
            }
        }
        spans.push((at, end));
        if parts.len() > 1 {
            let ends = parts[1..].iter().map(|part| part - 1).chain([end]);
            spans.extend(parts.iter().copied().zip(ends));
        }
        at = end;
    }
    let is_meant = |(from, end): &(usize, usize)| {
        let is_stop = end - from == 1 && stop_phrase(&tokens[*from..]).contains(&1);
        let is_short = |at: usize| tokens[at].raw.chars().all(|c| c.is_uppercase() || !c.is_alphabetic());
        !is_stop && !(*from..*end).all(is_short)
    };
    spans.retain(is_meant);
    spans
}
