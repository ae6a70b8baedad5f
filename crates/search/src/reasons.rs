//! Why a document was found: the field, what stands there, and where in it the words are.

use std::ops::Range;

use emporion_catalog::finder::matching::{is_between, is_within, lead, of_fact, worth};
use emporion_catalog::finder::{Condition, OWN_FIELD, Test, WordTest};
use emporion_catalog::text::{fold, split};
use emporion_catalog::timestamp;

use crate::document::{Document, Tier, page_name, properties};

/// How much of a text is shown around what was found, in bytes.
const AROUND: usize = 60;
const MOST: usize = 160;
/// How many reasons are told.
const MOST_REASONS: usize = 8;
/// What it costs to look for a word in a byte of a text.
const STEPS_OF_A_BYTE: u64 = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub field: String,
    pub fragment: String,
    /// In bytes of the fragment; none where it is no text of the record in which something was looked for.
    pub marks: Vec<Range<usize>>,
}

/// What of a document fits a query, in the order of the query. Of what was to be absent nothing is told.
pub fn reasons(condition: &Condition, document: &Document) -> Vec<Reason> {
    let mut found = Vec::new();
    collect(condition, document, &mut found);
    let mut told: Vec<Reason> = Vec::with_capacity(found.len().min(MOST_REASONS));
    for reason in found {
        let is_told = |known: &Reason| known.field == reason.field && known.fragment == reason.fragment;
        match told.iter().position(is_told) {
            Some(known) => {
                let more: Vec<_> = reason.marks.into_iter().filter(|mark| !told[known].marks.contains(mark)).collect();
                told[known].marks.extend(more);
            }
            None if told.len() < MOST_REASONS => told.push(reason),
            None => {}
        }
    }
    told
}

/// What it costs to find the reasons: each word is looked for in each text.
pub fn steps_of_reasons(condition: &Condition, document: &Document) -> u64 {
    let read: usize = document.texts.iter().map(|text| text.text.len()).sum();
    words(condition) * read as u64 * STEPS_OF_A_BYTE
}

fn words(condition: &Condition) -> u64 {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().map(words).sum(),
        Condition::Test(Test::Word(_)) => 1,
        _ => 0,
    }
}

fn collect(condition: &Condition, document: &Document, found: &mut Vec<Reason>) {
    match condition {
        Condition::Everything | Condition::Nothing => {}
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| collect(part, document, found)),
        // What cannot be asked is asked for as well.
        Condition::Not(inner) => {
            if let Condition::Test(Test::Listed { field: field @ "queryable", of }) = &**inner
                && !of.contains_key(&document.id)
            {
                found.push(unmarked(field, "no".to_owned()));
            }
        }
        Condition::Test(test) => of_test(test, document, found),
    }
}

fn of_test(test: &Test, document: &Document, found: &mut Vec<Reason>) {
    let facts = |wanted: &dyn Fn(&str, &str) -> bool| {
        document.facts.iter().find(|fact| wanted(&fact.field, &fact.text)).map(|fact| whole(&fact.field, &fact.text))
    };
    match test {
        Test::Word(word) => of_word(word, document, found),
        Test::Exact { field, text } => found.extend(facts(&|of, is| of == *field && is == text)),
        Test::Folded { field, text } => found.extend(facts(&|of, is| of == *field && fold(is) == text.as_str())),
        Test::Begins { field, text } => {
            found.extend(facts(&|of, is| of == *field && fold(is).starts_with(text.as_str())))
        }
        Test::Leads { field, to } => {
            found.extend(lead(document, field, to).map(|lead| whole(field, &lead.name)));
        }
        Test::Numbers { field, from, to } => {
            let fits = |text: &str| text.parse().is_ok_and(|number| is_between(number, *from, *to));
            found.extend(facts(&|of, is| of == *field && fits(is)));
        }
        Test::Times { field, from, to } => match own_time(field, document) {
            Some(at) => found.extend(is_within(at, *from, *to).then(|| unmarked(field, timestamp::print(at)))),
            None => {
                let fits = |text: &str| properties::time(text).is_some_and(|at| is_within(at, *from, *to));
                found.extend(facts(&|of, is| of == *field && fits(is)));
            }
        },
        Test::Kinds(kinds) if kinds.contains(&document.kind) => {
            found.push(unmarked("kind", page_name(document.kind).to_owned()));
        }
        Test::Has(field) if document.has.contains(field) => {
            let fact = document.facts.iter().find(|fact| fact.field == *field).map(|fact| fact.text.clone());
            let time = || own_time(field, document).map(timestamp::print);
            let kind = || (field == "kind").then(|| page_name(document.kind).to_owned());
            found.push(unmarked(field, fact.or_else(time).or_else(kind).unwrap_or_default()));
        }
        Test::Listed { field: field @ ("product" | "holds"), of } => {
            found.extend(of.get(&document.id).map(|product| whole(field, product)));
        }
        Test::Listed { field, of } => {
            found.extend(of.get(&document.id).map(|said| unmarked(field, said.to_string())));
        }
        _ => {}
    }
}

fn own_time(field: &str, document: &Document) -> Option<i64> {
    match field {
        "created" => Some(document.created),
        "updated" => Some(document.updated),
        _ => None,
    }
}

/// The best reason, and the column of just this name, which others would hide.
fn of_word(word: &WordTest, document: &Document, found: &mut Vec<Reason>) {
    found.extend(best(word, document));
    let column = document.facts.iter().find(|fact| fact.field == "column" && fold(&fact.text) == word.whole);
    found.extend(column.map(|fact| whole("column", &fact.text)));
}

fn best(word: &WordTest, document: &Document) -> Option<Reason> {
    let names = document.facts.iter().filter_map(|fact| Some((of_fact(word, fact)?, whole(&fact.field, &fact.text))));
    let texts = document.texts.iter().filter_map(|text| {
        let (fit, from, to) = word.find(&split(&text.text))?;
        let (fragment, mark) = around(&text.text, from, to);
        let is_prose = matches!(text.tier, Tier::Description | Tier::ColumnDescriptions);
        let (fragment, mark) = if is_prose { without_markdown(fragment, mark) } else { (fragment, mark) };
        Some((worth(text.tier, fit), reason(text.field, fragment, mark)))
    });
    // The first of the best.
    names.chain(texts).reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, reason)| reason)
}

/// A text that was looked for as a whole.
fn whole(field: &str, text: &str) -> Reason {
    reason(field, text.to_owned(), 0..text.len())
}

fn reason(field: &str, fragment: String, mark: Range<usize>) -> Reason {
    Reason { marks: vec![mark], ..unmarked(field, fragment) }
}

fn unmarked(field: &str, fragment: String) -> Reason {
    let field = match field {
        "below" => "fqn",
        "domain=" | "domain==" => "domain",
        other => [properties::FIELD, OWN_FIELD].into_iter().find_map(|stem| other.strip_prefix(stem)).unwrap_or(other),
    };
    Reason { field: field.to_owned(), fragment, marks: Vec::new() }
}

/// The text, or as much of it as stands around a place; and where the place is in it.
fn around(text: &str, from: usize, to: usize) -> (String, Range<usize>) {
    if text.len() <= MOST {
        return (text.to_owned(), from..to);
    }
    let start = text.floor_char_boundary(from.saturating_sub(AROUND));
    let end = text.ceil_char_boundary((to + AROUND).min(text.len()).min(start + MOST * 2));
    let (before, after) = (if start > 0 { "…" } else { "" }, if end < text.len() { "…" } else { "" });
    let cut = &text[start..end];
    let shown = cut.trim();
    // What stands at a place of the text stands so much further to the front.
    let gone = start + (cut.len() - cut.trim_start().len());
    let place = |at: usize| (at.saturating_sub(gone)).min(shown.len()) + before.len();
    (format!("{before}{shown}{after}"), place(from)..place(to))
}

/// The fragment without the signs of Markdown that only say how it looks: what is bold or code, and where links lead. Where
/// the place lies in what would be left out, as in an address, it stays as it was written.
fn without_markdown(fragment: String, mark: Range<usize>) -> (String, Range<usize>) {
    let mut is_left = vec![true; fragment.len()];
    for sign in ["**", "`"] {
        fragment.match_indices(sign).for_each(|(at, sign)| is_left[at..at + sign.len()].fill(false));
    }
    let mut from = 0;
    while let Some(open) = fragment[from..].find('[').map(|at| from + at) {
        from = open + 1;
        let Some(end) = fragment[from..].find(['[', ']', '\n']).map(|at| from + at) else { break };
        let closing = fragment[end..].strip_prefix("](").and_then(|address| address.find([')', '\n', ' ']));
        let close = closing.map(|at| end + "](".len() + at).filter(|at| fragment[*at..].starts_with(')'));
        if let Some(close) = close {
            is_left[open] = false;
            is_left[end..=close].fill(false);
            from = close + 1;
        }
    }
    if is_left[mark.clone()].iter().all(|is_left| *is_left) && is_left.iter().any(|is_left| !*is_left) {
        let gone = |upto: usize| is_left[..upto].iter().filter(|is_left| !**is_left).count();
        let place = mark.start - gone(mark.start)..mark.end - gone(mark.end);
        let plain = fragment.char_indices().filter(|(at, _)| is_left[*at]).map(|(_, c)| c).collect();
        return (plain, place);
    }
    (fragment, mark)
}

#[cfg(test)]
mod tests;
