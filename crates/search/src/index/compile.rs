//! From what is meant to what the index is asked.

use std::ops::Bound;
use std::sync::Arc;

use emporion_catalog::finder::matching::{
    BEGINNING_OF_FQN, BEGUN_FQN, NAME_IN_OTHER_NUMBER, NAME_SHOWN, NAMING, WHOLE_NAME, worth,
};
use emporion_catalog::finder::{Condition, Fit, Form, Test, WordTest};
use emporion_catalog::id::RecordId;
use emporion_catalog::text::fold;
use tantivy::Term;
use tantivy::query::{AllQuery, BooleanQuery, ConstScoreQuery, EmptyQuery, Occur, Query, RangeQuery, TermSetQuery};
use tantivy::schema::Field;

use super::adjacent::{Adjacent, Beginnings};
use super::best_of::BestOf;
use super::clause::{Clause, Like, Reach};
use super::gathered::Gathered;
use super::schema::Fields;
use super::steps::Steps;
use super::terms;
use crate::document::{BELOW, Tier};

/// The same documents with the same scores that [`Condition::score`] finds, in an index that has all that the condition asks
/// for.
pub fn compile(fields: &Fields, test: &Condition, steps: &Steps) -> Box<dyn Query> {
    Compiler::new(fields, steps).whole(test)
}

/// The same for several tests, which together take no more steps than one may.
pub fn compile_each(fields: &Fields, tests: &[Condition], steps: &Steps) -> Vec<Box<dyn Query>> {
    let compiler = Compiler::new(fields, steps);
    tests.iter().map(|test| compiler.whole(test)).collect()
}

/// What is counted of what is found, too.
#[derive(Debug)]
pub enum Beside {
    Fits(Box<dyn Query>),
    /// What stands in a column of times between these two, and these: it is looked up of what is found alone.
    Between(Field, i64, i64),
}

impl Beside {
    /// How many looks at every document it takes.
    pub fn looks(&self) -> u64 {
        match self {
            Beside::Fits(query) => 1 + side_by_side(&**query),
            Beside::Between(..) => 0,
        }
    }
}

/// Tests of what is found, which together take no more steps than one may.
pub fn beside_each(fields: &Fields, tests: &[Condition], steps: &Steps) -> Vec<Beside> {
    let compiler = Compiler::new(fields, steps);
    let beside = |test: &Condition| match test {
        Condition::Test(Test::Times { field, from, to }) if is_column(field) => match time_column(fields, field) {
            Some(column) => Beside::Between(column, from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX)),
            None => Beside::Fits(Box::new(EmptyQuery)),
        },
        test => Beside::Fits(compiler.whole(test)),
    };
    tests.iter().map(beside).collect()
}

/// The same, of which FQNs that begin as a word does are the first that are within reach.
pub fn compile_within(fields: &Fields, test: &Condition, reach: Arc<Reach>, steps: &Steps) -> Box<dyn Query> {
    Compiler { reach: Some(reach), ..Compiler::new(fields, steps) }.whole(test)
}

/// How many clauses are looked at side by side: each may take a byte for every document.
const MOST_SIDE_BY_SIDE: usize = 16;

/// Whether a test looks for so many words, forms and ranges that only a few like it are looked for at the same time.
pub fn is_great(condition: &Condition) -> bool {
    let is_wide = |test: &&Test| {
        matches!(
            test,
            Test::Word(_)
                | Test::WordLike(_)
                | Test::Begins { .. }
                | Test::Like { .. }
                | Test::Times { .. }
                | Test::Numbers { .. }
        )
    };
    condition.tests().into_iter().filter(is_wide).count() > MOST_SIDE_BY_SIDE
}

/// How many clauses of a query look at every document, each by itself.
pub fn side_by_side(query: &dyn Query) -> u64 {
    query.downcast_ref::<Gathered>().map_or(0, |gathered| gathered.count() as u64)
}

struct Compiler<'f> {
    fields: &'f Fields,
    steps: Steps,
    beginnings: Beginnings,
    reach: Option<Arc<Reach>>,
}

impl<'f> Compiler<'f> {
    fn new(fields: &'f Fields, steps: &Steps) -> Compiler<'f> {
        Compiler { fields, steps: steps.clone(), beginnings: Beginnings::default(), reach: None }
    }
}

impl Compiler<'_> {
    fn whole(&self, condition: &Condition) -> Box<dyn Query> {
        // Most queries have few clauses, and are made once: lists of facts are counted one by one here.
        if condition.leaves(&|_| 1) > MOST_SIDE_BY_SIDE {
            let gathered = self.gathered(condition);
            if gathered.count() > MOST_SIDE_BY_SIDE {
                return Box::new(gathered);
            }
        }
        self.query(condition)
    }

    /// The clauses of a condition that is no list of facts, each by itself.
    fn gathered(&self, condition: &Condition) -> Gathered {
        match condition {
            condition if self.best_of(condition).is_some() => Gathered::One(self.query(condition).into()),
            Condition::All(parts) => Gathered::All(
                parts
                    .iter()
                    .map(|part| match part {
                        Condition::Not(inner) => (false, self.gathered(inner)),
                        part => (true, self.gathered(part)),
                    })
                    .collect(),
            ),
            Condition::Any(parts) => Gathered::Any(parts.iter().map(|part| self.gathered(part)).collect()),
            Condition::Not(inner) => Gathered::All(vec![(false, self.gathered(inner))]),
            other => Gathered::One(self.query(other).into()),
        }
    }

    fn query(&self, condition: &Condition) -> Box<dyn Query> {
        if let Some(best_of) = self.best_of(condition) {
            return Box::new(best_of);
        }
        match condition {
            Condition::Everything => silent(Box::new(AllQuery)),
            Condition::All(parts) => Box::new(BooleanQuery::new(self.all(parts))),
            Condition::Any(parts) => {
                Box::new(BooleanQuery::new(parts.iter().map(|part| (Occur::Should, self.query(part))).collect()))
            }
            Condition::Not(_) => Box::new(BooleanQuery::new(self.all(std::slice::from_ref(condition)))),
            // Of properties these were compiled above.
            Condition::Test(Test::Times { field, from, to }) => times(self.fields, field, *from, *to),
            Condition::Test(Test::These(ids)) => these(self.fields, &mut ids.iter()),
            Condition::Test(Test::Listed { of, .. }) => these(self.fields, &mut of.keys()),
            // These were compiled above.
            Condition::Nothing | Condition::Test(_) => Box::new(EmptyQuery),
        }
    }

    /// A condition of facts and of one word at most, which is answered from postings alone.
    fn best_of(&self, condition: &Condition) -> Option<BestOf> {
        match condition {
            Condition::Everything | Condition::Not(_) => None,
            Condition::Nothing => Some(BestOf::new(Vec::new(), &self.steps)),
            Condition::All(parts) => {
                let (mut within, mut without) = (Vec::new(), Vec::new());
                for part in parts {
                    match part {
                        Condition::Not(inner) => without.push(self.best_of(inner)?),
                        part => within.push(self.best_of(part)?),
                    }
                }
                let scored = within.iter().filter(|part| part.is_scored()).count();
                let first = within.iter().position(|part| part.is_scored() || scored == 0)?;
                (scored <= 1).then(|| within.swap_remove(first).among(within, without))
            }
            Condition::Any(parts) => {
                BestOf::any(parts.iter().map(|part| self.best_of(part)).collect::<Option<_>>()?, &self.steps)
            }
            Condition::Test(test) => Some(BestOf::new(self.clauses(test)?, &self.steps)),
        }
    }

    /// What is looked for in postings, each with what it is worth; `None` where a test is answered otherwise.
    fn clauses(&self, test: &Test) -> Option<Vec<(u32, Clause)>> {
        let of = self.fields.facts;
        let facts = |texts: &mut dyn Iterator<Item = String>| Some(texts.map(|text| (0, is(of, &text))).collect());
        match test {
            Test::Word(word) => Some(self.of_word(word)),
            Test::WordLike(form) => {
                let tiers = NAMING.into_iter().filter_map(|tier| self.fields.tiers[tier as usize]);
                Some(tiers.map(|field| (0, self.like(field, String::new(), form))).collect())
            }
            Test::Exact { field, text } if fold(text) == text.as_str() => {
                facts(&mut [terms::same(field, text)].into_iter())
            }
            Test::Exact { field, text } => facts(&mut [terms::exact(field, text)].into_iter()),
            Test::Folded { field, text } => {
                facts(&mut [terms::same(field, text), terms::folded(field, text)].into_iter())
            }
            Test::Begins { field, text } => {
                Some(vec![(0, begins(of, &terms::same(field, text))), (0, begins(of, &terms::folded(field, text)))])
            }
            Test::Like { field, form } => Some(vec![
                (0, self.like(of, terms::same(field, ""), form)),
                (0, self.like(of, terms::folded(field, ""), form)),
            ]),
            Test::Leads { field, to } => facts(&mut to.iter().map(|id| terms::leads(field, *id))),
            Test::Kinds(kinds) => facts(&mut kinds.iter().map(|kind| terms::kind(*kind))),
            Test::Has(field) => facts(&mut [terms::has(field)].into_iter()),
            Test::Numbers { field, from, to } => {
                let low = from.map_or(f64::MIN, |(number, is_in)| if is_in { number } else { number.next_up() });
                let high = to.map_or(f64::MAX, |(number, is_in)| if is_in { number } else { number.next_down() });
                Some(between(of, &terms::number(field, low), &terms::number(field, high)))
            }
            Test::Times { field, from, to } if !is_column(field) => {
                let (low, high) = (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX));
                Some(between(of, &terms::time(field, low), &terms::time(field, high)))
            }
            Test::Times { .. } | Test::These(_) | Test::Listed { .. } => None,
        }
    }

    fn of_word(&self, word: &WordTest) -> Vec<(u32, Clause)> {
        let fields = self.fields;
        let mut found: Vec<(u32, Clause)> = Vec::new();
        let facts = |field: &str| [terms::same(field, &word.whole), terms::folded(field, &word.whole)];
        for text in ["name", NAME_SHOWN, "fqn"].into_iter().flat_map(facts) {
            found.push((WHOLE_NAME, is(fields.facts, &text)));
        }
        for other in &word.other_numbers {
            let facts = |field: &str| [terms::same(field, other), terms::folded(field, other)];
            for text in ["name", NAME_SHOWN].into_iter().flat_map(facts) {
                found.push((NAME_IN_OTHER_NUMBER, is(fields.facts, &text)));
            }
        }
        if word.begins_fqns() {
            let begins = |text: String| match &self.reach {
                Some(reach) => Clause::First(first(fields.facts, &text), last(fields.facts, &text), reach.clone()),
                None => begins(fields.facts, &text),
            };
            found.extend(facts("fqn").map(|text| (BEGUN_FQN, begins(text))));
        } else if !word.prefix {
            found.extend(facts(BELOW).map(|text| (BEGINNING_OF_FQN, is(fields.facts, &text))));
        }
        let leads = |(field, to, fit): &(&str, RecordId, Fit)| {
            (worth(Tier::Labels, *fit), is(fields.facts, &terms::leads(field, *to)))
        };
        found.extend(word.by_labels().iter().map(leads));
        for (tier, field) in Tier::ALL.into_iter().zip(fields.tiers) {
            let Some(field) = field.filter(|_| word.is_in(tier)) else { continue };
            if word.prefix {
                let mut add = |clause: Clause| found.push((worth(tier, Fit::Beginning), clause));
                add(begins(field, &word.whole));
                match word.parts.as_slice() {
                    [(_, part)] if *part == word.whole => {}
                    [(_, part)] => add(begins(field, part)),
                    parts => add(Clause::Other(Arc::new(self.adjacent(field, parts)))),
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
                    add(Clause::Phrase(of.collect()), Fit::Word);
                }
            }
            if let Some(stem) = &word.stem {
                add(is(field, stem), Fit::Stem);
                add(is(field, &terms::stem(stem)), Fit::Stem);
            }
        }
        found
    }

    fn adjacent(&self, field: Field, parts: &[(usize, String)]) -> Adjacent {
        Adjacent::new(field, parts, &self.beginnings, &self.steps)
    }

    fn like(&self, field: Field, before: String, form: &Form) -> Clause {
        Clause::Like(Like { field, before, form: form.clone() })
    }

    /// What is not to be is taken off all the rest.
    fn all(&self, parts: &[Condition]) -> Vec<(Occur, Box<dyn Query>)> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::with_capacity(parts.len() + 1);
        for part in parts {
            clauses.push(match part {
                Condition::Not(inner) => (Occur::MustNot, self.query(inner)),
                part => (Occur::Must, self.query(part)),
            });
        }
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, self.query(&Condition::Everything)));
        }
        clauses
    }
}

fn silent(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

fn is(field: Field, text: &str) -> Clause {
    Clause::Term(Term::from_field_text(field, text))
}

/// Terms that begin so.
fn begins(field: Field, text: &str) -> Clause {
    Clause::Between(first(field, text), last(field, text))
}

/// The first term that begins so…
fn first(field: Field, text: &str) -> Term {
    Term::from_field_text(field, text)
}

/// …and the last: no character is greater than this one.
fn last(field: Field, text: &str) -> Term {
    Term::from_field_text(field, &format!("{text}\u{10ffff}"))
}

fn these(fields: &Fields, ids: &mut dyn Iterator<Item = &RecordId>) -> Box<dyn Query> {
    silent(Box::new(TermSetQuery::new(ids.map(|id| terms::id_term(fields.id, *id)))))
}

/// Terms from one to another, both with them; none where the first is the greater one.
fn between(field: Field, low: &str, high: &str) -> Vec<(u32, Clause)> {
    let ends = || Clause::Between(Term::from_field_text(field, low), Term::from_field_text(field, high));
    (low <= high).then(|| (0, ends())).into_iter().collect()
}

/// Times of the record itself stand in columns, those of properties among its facts.
fn is_column(field: &str) -> bool {
    matches!(field, "created" | "updated")
}

fn time_column(fields: &Fields, field: &str) -> Option<Field> {
    match field {
        "created" => fields.columns.created,
        _ => fields.columns.updated,
    }
}

fn times(fields: &Fields, field: &str, from: Option<i64>, to: Option<i64>) -> Box<dyn Query> {
    let (low, high) = (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX));
    if low > high {
        return Box::new(EmptyQuery);
    }
    let Some(column) = time_column(fields, field) else { return Box::new(EmptyQuery) };
    let end = |at: i64| Bound::Included(Term::from_field_i64(column, at));
    silent(Box::new(RangeQuery::new(end(low), end(high))))
}

#[cfg(test)]
mod tests;
