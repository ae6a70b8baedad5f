//! From what is meant to what the index is asked.

use std::ops::Bound;
use std::sync::Arc;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, EmptyQuery, InvertedIndexRangeQuery, Occur, PhraseQuery, Query,
    RangeQuery, RegexQuery, TermSetQuery,
};
use tantivy::schema::Field;

use super::adjacent::Adjacent;
use super::best_of::{BestOf, Clause};
use super::schema::Fields;
use super::terms;
use crate::document::{BELOW, Tier};
use crate::matching::{BEGINNING_OF_FQN, NAMING, WHOLE_NAME, worth};
use crate::plan::{Fit, Test, WordTest};
use crate::words::fold;

/// The same documents with the same scores that [`crate::matching::score`] finds, in an index that has all that the test
/// asks for.
pub fn compile(fields: &Fields, test: &Test) -> Box<dyn Query> {
    if let Some(best_of) = best_of(fields, test) {
        return Box::new(best_of);
    }
    match test {
        Test::Everything => silent(Box::new(AllQuery)),
        Test::All(parts) => Box::new(BooleanQuery::new(all(fields, parts))),
        Test::Any(parts) => {
            Box::new(BooleanQuery::new(parts.iter().map(|part| (Occur::Should, compile(fields, part))).collect()))
        }
        Test::Not(_) => Box::new(BooleanQuery::new(all(fields, std::slice::from_ref(test)))),
        Test::Like { field, form } => {
            // As it stands, or folded.
            silent(like(fields.facts, &format!("{}{}", terms::any_text(field), form.pattern())))
        }
        Test::WordLike(form) => {
            let pattern = form.pattern_of_words();
            let tiers = NAMING.into_iter().filter_map(|tier| fields.tiers[tier as usize]);
            silent(Box::new(BooleanQuery::union(tiers.map(|field| like(field, &pattern)).collect())))
        }
        Test::Times { field, from, to } => times(fields, field, *from, *to),
        Test::Numbers { field, from, to } => {
            let end = |end: &Option<(f64, bool)>, none: Bound<String>| match end {
                Some((number, true)) => Bound::Included(terms::number(field, *number)),
                Some((number, false)) => Bound::Excluded(terms::number(field, *number)),
                None => none,
            };
            let (lowest, highest) = (terms::number(field, f64::MIN), terms::number(field, f64::MAX));
            between(fields, end(from, Bound::Included(lowest)), end(to, Bound::Included(highest)))
        }
        Test::These(ids) => silent(Box::new(TermSetQuery::new(ids.iter().map(|id| terms::id_term(fields.id, *id))))),
        // These were compiled above.
        Test::Nothing
        | Test::Word(_)
        | Test::Exact { .. }
        | Test::Folded { .. }
        | Test::Begins { .. }
        | Test::Leads { .. }
        | Test::Kinds(_)
        | Test::Has(_) => Box::new(EmptyQuery),
    }
}

/// A test of facts and of one word at most, which is answered from postings alone.
fn best_of(fields: &Fields, test: &Test) -> Option<BestOf> {
    let facts = |texts: &mut dyn Iterator<Item = String>| {
        Some(BestOf::new(texts.map(|text| (0, is(fields.facts, &text))).collect()))
    };
    match test {
        Test::Nothing => Some(BestOf::new(Vec::new())),
        Test::All(parts) => {
            let (mut within, mut without) = (Vec::new(), Vec::new());
            for part in parts {
                match part {
                    Test::Not(inner) => without.push(best_of(fields, inner)?),
                    part => within.push(best_of(fields, part)?),
                }
            }
            let scored = within.iter().filter(|part| part.is_scored()).count();
            let first = within.iter().position(|part| part.is_scored() || scored == 0)?;
            (scored <= 1).then(|| within.swap_remove(first).among(within, without))
        }
        Test::Word(word) => Some(BestOf::new(of_word(fields, word))),
        Test::Exact { field, text } if fold(text) == text.as_str() => {
            facts(&mut [terms::same(field, text)].into_iter())
        }
        Test::Exact { field, text } => facts(&mut [terms::exact(field, text)].into_iter()),
        Test::Folded { field, text } => facts(&mut [terms::same(field, text), terms::folded(field, text)].into_iter()),
        Test::Begins { field, text } => Some(BestOf::new(vec![
            (0, begins(fields.facts, &terms::same(field, text))),
            (0, begins(fields.facts, &terms::folded(field, text))),
        ])),
        Test::Leads { field, to } => facts(&mut to.iter().map(|id| terms::leads(field, *id))),
        Test::Kinds(kinds) => facts(&mut kinds.iter().map(|kind| terms::kind(*kind))),
        Test::Has(field) => facts(&mut [terms::has(field)].into_iter()),
        _ => None,
    }
}

/// What is not to be is taken off all the rest.
fn all(fields: &Fields, parts: &[Test]) -> Vec<(Occur, Box<dyn Query>)> {
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::with_capacity(parts.len() + 1);
    for part in parts {
        clauses.push(match part {
            Test::Not(inner) => (Occur::MustNot, compile(fields, inner)),
            part => (Occur::Must, compile(fields, part)),
        });
    }
    if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
        clauses.push((Occur::Must, compile(fields, &Test::Everything)));
    }
    clauses
}

fn silent(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

fn is(field: Field, text: &str) -> Clause {
    Clause::Term(Term::from_field_text(field, text))
}

fn of_word(fields: &Fields, word: &WordTest) -> Vec<(u32, Clause)> {
    let mut found: Vec<(u32, Clause)> = Vec::new();
    if !word.prefix {
        for field in ["name", "fqn"] {
            for text in [terms::same(field, &word.whole), terms::folded(field, &word.whole)] {
                found.push((WHOLE_NAME, is(fields.facts, &text)));
            }
        }
        for text in [terms::same(BELOW, &word.whole), terms::folded(BELOW, &word.whole)] {
            found.push((BEGINNING_OF_FQN, is(fields.facts, &text)));
        }
    }
    for (tier, field) in Tier::ALL.into_iter().zip(fields.tiers) {
        let Some(field) = field.filter(|_| tier <= word.deepest) else { continue };
        if word.prefix {
            let mut add = |clause: Clause| found.push((worth(tier, Fit::Beginning), clause));
            add(begins(field, &word.whole));
            match word.parts.as_slice() {
                [(_, part)] if *part == word.whole => {}
                [(_, part)] => add(begins(field, part)),
                parts => add(Clause::Other(Arc::new(Adjacent::new(field, parts)))),
            }
            continue;
        }
        let mut add = |clause: Clause, fit: Fit| found.push((worth(tier, fit), clause));
        add(is(field, &word.whole), Fit::Word);
        match word.parts.as_slice() {
            [(_, part)] if *part == word.whole => {}
            [(_, part)] => add(is(field, part), Fit::Word),
            parts => {
                let of = parts.iter().map(|(place, part)| (*place, Term::from_field_text(field, part)));
                add(Clause::Other(Arc::new(PhraseQuery::new_with_offset(of.collect()))), Fit::Word);
            }
        }
        if let Some(stem) = &word.stem {
            add(is(field, stem), Fit::Stem);
            add(is(field, &terms::stem(stem)), Fit::Stem);
        }
    }
    found
}

/// Terms that begin so.
fn begins(field: Field, text: &str) -> Clause {
    // No character is greater than this one.
    let last = Term::from_field_text(field, &format!("{text}\u{10ffff}"));
    Clause::Between(Term::from_field_text(field, text), last)
}

/// Terms of this pattern.
fn like(field: Field, pattern: &str) -> Box<dyn Query> {
    match RegexQuery::from_pattern(pattern, field) {
        Ok(query) => Box::new(query),
        // A form was found askable when it was made; what stands before it is short.
        Err(error) => {
            tracing::error!(pattern, %error, "a pattern cannot be asked");
            Box::new(EmptyQuery)
        }
    }
}

fn between(fields: &Fields, from: Bound<String>, to: Bound<String>) -> Box<dyn Query> {
    let end = |end: Bound<String>| end.map(|text| Term::from_field_text(fields.facts, &text));
    silent(Box::new(InvertedIndexRangeQuery::new(end(from), end(to))))
}

fn times(fields: &Fields, field: &str, from: Option<i64>, to: Option<i64>) -> Box<dyn Query> {
    let (low, high) = (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX));
    if low > high {
        return Box::new(EmptyQuery);
    }
    let column = match field {
        "created" => fields.columns.created,
        "updated" => fields.columns.updated,
        property => {
            let (low, high) = (terms::time(property, low), terms::time(property, high));
            return between(fields, Bound::Included(low), Bound::Included(high));
        }
    };
    let Some(column) = column else { return Box::new(EmptyQuery) };
    let end = |at: i64| Bound::Included(Term::from_field_i64(column, at));
    silent(Box::new(RangeQuery::new(end(low), end(high))))
}
