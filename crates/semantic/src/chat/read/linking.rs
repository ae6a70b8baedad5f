//! Verbs that no model knows: "which vessels serve the Ternholm Express". Where one relation links the two things, it is what
//! the verb says; where several do, it is asked which.

use super::reader::Reader;
use super::scan::nouns::ARTICLES;
use super::scan::superlatives::{LEAST, MOST};
use crate::chat::ground::DatasetId;
use crate::chat::lexicon::{Part, is_person};
use crate::chat::names::phrases;
use crate::chat::query::Value;
use crate::chat::reading::{About, Choice, Clarification, Offer, Repair};
use crate::chat::schema_graph;
use crate::chat::words::{Kind, Phrases, Token, stem};
use crate::model::plural;

/// What people and things do with one another; none that says that they do not.
static VERBS: Phrases = Phrases::named("linking.VERBS");
/// Of them, those that say no more than that something is where it is.
static BELONGING: Phrases = Phrases::named("linking.BELONGING");
/// Between a verb and what it was done to.
static TOWARDS: Phrases = Phrases::named("linking.TOWARDS");
const AUXILIARIES: [&str; 10] = ["is", "are", "was", "were", "been", "being", "has", "have", "had", "got"];
const ASKING: [&str; 3] = ["did", "do", "does"];

/// What a verb that nobody has named comes to.
pub(super) enum Linked {
    Said(Vec<Token>, Repair),
    Ask(Clarification),
}

/// By what one thing has to do with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// It leads there itself.
    Of,
    /// By rows of these, which lead to both, or are the other thing.
    Rows(DatasetId),
}

pub(super) fn is_linking(token: &Token) -> bool {
    is_one_of(&VERBS, token)
}

fn is_one_of(verbs: &[&str], token: &Token) -> bool {
    token.kind == Kind::Word && verbs.iter().any(|verb| stem(verb) == stem(&token.text))
}

/// The question with the relation in the place of the one verb that nothing is called.
pub(super) fn linked(reader: &Reader<'_>, choices: &[Choice]) -> Option<Linked> {
    let unknown = reader.unknown();
    let [at] = unknown.as_slice() else { return None };
    let at = Some(*at).filter(|at| *at > 0 && is_linking(&reader.tokens[*at]))?;
    reader.has_most(at).or_else(|| reader.counted_of_one(at)).or_else(|| reader.done_with(at, choices))
}

impl Reader<'_> {
    /// "which contractor handled the most repairs": has the most of them.
    fn has_most(&self, at: usize) -> Option<Linked> {
        let most = self.any(at + 1, &MOST).or_else(|| self.any(at + 1, &LEAST))?;
        let (of, what) = (self.thing_before(at)?, self.thing_at(most)?);
        let is_theirs = schema_graph::reach(self.ground, what).contains(&of) && what != of;
        is_theirs.then(|| self.said_in_place(at, at + 1, self.auxiliaries(at), &["has"]))
    }

    /// "how many repairs did Acme handle": as many as there are of it.
    fn counted_of_one(&self, at: usize) -> Option<Linked> {
        let many = (0..at).find_map(|from| self.any(from, &["how many", "how much"]))?;
        let (what, did) = (self.thing_at(many)?, (many..at).find(|from| self.is_one_of(*from, &ASKING))?);
        let mut named = (did + 1..at).flat_map(|from| self.parts(from)).filter(|(end, _)| *end == at);
        let is_of = |part: &Part| match part {
            Part::Value(field, Value::Text(_)) => {
                let of = self.ground.field(*field).dataset;
                of != what && schema_graph::reach(self.ground, what).contains(&of)
            }
            _ => false,
        };
        named.any(|(_, part)| is_of(part)).then(|| self.said_in_place(at, at + 1, at, &["have"]))
    }

    /// "which vessels serve the Ternholm Express", "which books did Ann borrow", "who visited a branch".
    fn done_with(&self, at: usize, choices: &[Choice]) -> Option<Linked> {
        let behind = self.past(self.past(at + 1, &TOWARDS), &ARTICLES);
        let is_many = (0..at).any(|from| self.any(from, &["how many", "number of"]).is_some());
        // "which books did Ann borrow"
        let did = (0..at).find(|from| self.is_one_of(*from, &ASKING)).filter(|did| {
            let is_named = |part: &Part| matches!(part, Part::Value(..));
            (did + 1..at).any(|from| self.parts(from).any(|(end, part)| end == at && is_named(part)))
        });
        let (first, others) = match did {
            // How many different ones, or how often, is not said.
            Some(_) if is_many => return None,
            Some(did) => (did, self.others_named(did + 1, Some(at))),
            None => (at, self.others_named(behind, None)),
        };
        let whom = match self.thing_before(first) {
            Some(one) => vec![one],
            None if self.tokens[0].is("who") => {
                (0..self.ground.datasets.len()).map(DatasetId).filter(|id| is_person(self.ground, *id)).collect()
            }
            None => return None,
        };
        let mut found: Vec<(DatasetId, Relation)> = Vec::new();
        for one in whom {
            for other in others.iter().filter(|other| **other != one) {
                found.extend(self.relations(one, *other).into_iter().map(|relation| (one, relation)));
            }
        }
        found.dedup();
        let verb = &self.tokens[at].text;
        let id = |(one, relation): &(DatasetId, Relation)| {
            let by = match relation {
                Relation::Of => "itself",
                Relation::Rows(rows) => &self.ground.dataset(*rows).names.name,
            };
            format!("verb|{verb}|{}|{by}", self.ground.dataset(*one).names.name)
        };
        if let Some(chosen) = found.iter().find(|one| choices.iter().any(|choice| choice.id == id(one))).copied() {
            found = vec![chosen];
        }
        match found.as_slice() {
            [] => None,
            [(one, relation)] => self.said_by(at, did, behind, (*one, *relation)),
            several => {
                let shown = |id: DatasetId| self.ground.dataset(id).names.shown().to_lowercase();
                let label = |(one, relation): &(DatasetId, Relation)| match relation {
                    Relation::Of => format!("{} themselves", shown(*one)),
                    Relation::Rows(rows) => format!("{} with {}", shown(*one), shown(*rows)),
                };
                let options = several.iter().take(5).map(|one| Offer { id: id(one), label: label(one) }).collect();
                let question = format!("What does \u{201c}{}\u{201d} mean here?", self.tokens[at].raw);
                Some(Linked::Ask(Clarification { about: About::Dimension, question, options }))
            }
        }
    }

    /// The things that are named from here on by a value, or as any of them.
    fn others_named(&self, from: usize, to: Option<usize>) -> Vec<DatasetId> {
        let from = self.past(from, &ARTICLES);
        let is_any = from > 0 && ["a", "an", "any"].iter().any(|word| self.tokens[from - 1].is(word));
        // "the route Ternholm Express"
        let starts = self.parts(from).filter(|(_, part)| matches!(part, Part::Dataset(_))).map(|(end, _)| end);
        let starts: Vec<usize> = starts.chain([from]).collect();
        let of = |part: &Part| match part {
            Part::Value(field, Value::Text(_)) => {
                let of = self.ground.field(*field).dataset;
                let is_name = schema_graph::is_label(self.ground, *field)
                    || schema_graph::identity(self.ground, of).contains(field);
                is_name.then_some(of)
            }
            _ => None,
        };
        let values =
            starts.iter().flat_map(|start| self.parts(*start)).filter(|(end, _)| to.is_none_or(|to| to == *end));
        let mut named: Vec<DatasetId> = values.filter_map(|(_, part)| of(part)).collect();
        if named.is_empty() && is_any && to.is_none() {
            named.extend(self.thing_at(from));
        }
        named.sort_unstable();
        named.dedup();
        named
    }

    /// All that links the two: rows of the one that lead to the other, else rows that lead to both, the nearest.
    fn relations(&self, one: DatasetId, other: DatasetId) -> Vec<Relation> {
        let leads = |from: DatasetId, to: DatasetId| self.ground.joins.iter().any(|it| it.from == from && it.to == to);
        let reaches = |from: DatasetId, to: DatasetId| schema_graph::reach(self.ground, from).contains(&to);
        let between = |is_link: &dyn Fn(DatasetId) -> bool| -> Vec<Relation> {
            let rows = (0..self.ground.datasets.len()).map(DatasetId);
            rows.filter(|rows| *rows != one && *rows != other && is_link(*rows)).map(Relation::Rows).collect()
        };
        let mut found = between(&|rows| leads(rows, one) && leads(rows, other));
        found.extend(leads(one, other).then_some(Relation::Of));
        found.extend(leads(other, one).then_some(Relation::Rows(other)));
        if found.is_empty() {
            found.extend(reaches(one, other).then_some(Relation::Of));
            found.extend(reaches(other, one).then_some(Relation::Rows(other)));
        }
        if found.is_empty() {
            found = between(&|rows| leads(rows, one) && reaches(rows, other));
        }
        found
    }

    /// The words of the question with those of the relation.
    fn said_by(
        &self,
        at: usize,
        did: Option<usize>,
        behind: usize,
        (one, relation): (DatasetId, Relation),
    ) -> Option<Linked> {
        let is_not = at > 0 && ["not", "never"].iter().any(|word| self.tokens[at - 1].is(word));
        let from = self.auxiliaries(at);
        let mut words: Vec<String> = match relation {
            // "who looks after the York branch": not everybody who is of it.
            Relation::Of if is_not || !is_one_of(&BELONGING, &self.tokens[at]) => return None,
            Relation::Of => vec!["of".to_owned()],
            Relation::Rows(rows) => {
                [vec!["have".to_owned()], several(&phrases(&self.ground.dataset(rows).names).into_iter().next()?)]
                    .concat()
            }
        };
        let named = self.others_named(did.map_or(behind, |did| did + 1), did.map(|_| at));
        let is_other = matches!(relation, Relation::Rows(rows) if !named.contains(&rows));
        let is_any = did.is_none() && self.is_any(behind);
        if is_other && !is_any {
            words.push("of".to_owned());
        }
        let verb = &self.tokens[at];
        let place = |words: &[String]| {
            words.iter().map(|word| Token::said(word.clone(), verb.from, verb.to)).collect::<Vec<_>>()
        };
        let read = words.join(" ");
        let who = match self.tokens[0].is("who") {
            true => place(
                &[vec!["which".to_owned()], several(&phrases(&self.ground.dataset(one).names).into_iter().next()?)]
                    .concat(),
            ),
            false => vec![self.tokens[0].clone()],
        };
        let (middle, behind) = match did {
            Some(did) => {
                let who_did = self.tokens[did + 1..at].to_vec();
                ([self.tokens[1..did].to_vec(), place(&words), who_did].concat(), at + 1)
            }
            None => {
                let start = if relation == Relation::Of { self.relative(from) } else { from };
                let not = if is_not { vec![self.tokens[at - 1].clone()] } else { Vec::new() };
                let behind = if is_any { self.behind_thing(behind)? } else { behind };
                ([self.tokens[1..start.max(1)].to_vec(), not, place(&words)].concat(), behind)
            }
        };
        let tokens = [who, middle, self.tokens[behind..].to_vec()].concat();
        Some(Linked::Said(tokens, Repair { written: verb.raw.clone(), read }))
    }

    /// The words from the auxiliaries of the verb on, and what negates it.
    fn auxiliaries(&self, at: usize) -> usize {
        let mut from = at;
        while from > 1
            && (self.is_one_of(from - 1, &AUXILIARIES) || self.is_one_of(from - 1, &["not", "never", "ever"]))
        {
            from -= 1;
        }
        from
    }

    fn relative(&self, at: usize) -> usize {
        if at > 1 && self.is_one_of(at - 1, &["that", "which", "who"]) { at - 1 } else { at }
    }

    fn is_one_of(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.tokens[at].is(word))
    }

    fn is_any(&self, at: usize) -> bool {
        at > 0 && self.is_one_of(at - 1, &["a", "an", "any"]) && self.behind_thing(at).is_some()
    }

    fn behind_thing(&self, at: usize) -> Option<usize> {
        let is_value = |at: usize| self.parts(at).any(|(_, part)| matches!(part, Part::Value(..)));
        let thing = self.parts(at).find(|(_, part)| matches!(part, Part::Dataset(_)));
        thing.map(|(end, _)| end).filter(|end| !is_value(at) && !is_value(*end))
    }

    /// The words before `from`, what is said, and the words from `end` on.
    fn said_in_place(&self, at: usize, end: usize, from: usize, words: &[&str]) -> Linked {
        let verb = &self.tokens[at];
        let said: Vec<Token> = words.iter().map(|word| Token::said((*word).to_owned(), verb.from, verb.to)).collect();
        let tokens = [self.tokens[..from].to_vec(), said, self.tokens[end..].to_vec()].concat();
        Linked::Said(tokens, Repair { written: self.tokens[at].raw.clone(), read: words.join(" ") })
    }
}

/// Several of what is called so.
fn several(words: &[String]) -> Vec<String> {
    plural(&words.join(" ")).split(' ').map(str::to_owned).collect()
}
