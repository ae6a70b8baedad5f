//! Relationships of things with themselves: "Sam's boss", "the boss of Sam", "agents who report to Sam".

use super::super::items::Item;
use super::super::reader::Reader;
use crate::chat::ground::{DatasetId, JoinId};
use crate::chat::query::{Filter, Kin, Op};
use crate::chat::schema_graph;
use crate::chat::words::Kind;

const PREPOSITIONS: [&str; 5] = ["by", "to", "of", "under", "for"];

impl Reader<'_> {
    pub fn relatives(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let ends_here = |end: usize| self.tokens[end..].iter().all(|token| token.kind == Kind::Sign);
        for (end, join) in self.kin_of(self.past(at, &["the", "who", "that", "which"])) {
            let of = self.ground.join(join).from;
            let is_led = PREPOSITIONS.contains(&self.tokens[end - 1].text.as_str());
            // "boss of Sam", "report to Sam"
            let behind = if is_led { Some(end) } else { self.any(end, &["of", "of the", "for"]) };
            for (end, filter) in behind.map(|end| self.named_one(end, of)).unwrap_or_default() {
                steps.push((end, Item::Kin(Kin { join, is_below: !is_led }, filter)));
            }
        }
        // "who taught Vera": those by whom she was.
        for (end, part) in self.parts(at) {
            let crate::chat::lexicon::Part::Join(join) = part else { continue };
            let of = self.ground.join(*join).from;
            let is_own = of == self.ground.join(*join).to;
            let is_led =
                self.any(end, &PREPOSITIONS).is_some() || PREPOSITIONS.contains(&self.tokens[end - 1].text.as_str());
            // "that require Databases" is what the relationship itself is called.
            let said: Vec<String> = self.tokens[at..end].iter().map(|token| token.lemma.clone()).collect();
            let is_role = crate::chat::lexicon::roles(self.ground, self.ground.join(*join)).contains(&said);
            let is_asked = at > 0 && ["who", "that", "which"].iter().any(|word| self.tokens[at - 1].is(word));
            let named = if is_own && !is_led && is_asked { self.named_one(end, of) } else { Vec::new() };
            for (end, filter) in named {
                steps.push((end, Item::Kin(Kin { join: *join, is_below: !is_role }, filter)));
            }
        }
        // "whose supervisor is Nadia"
        if let Some(start) = self.is(at, "whose") {
            for (end, join) in self.kin_of(start) {
                let behind = self.any(end, &["is", "was"]).map(|end| self.named_one(end, self.ground.join(join).from));
                for (end, filter) in behind.unwrap_or_default() {
                    steps.push((end, Item::Kin(Kin { join, is_below: false }, filter)));
                }
            }
        }
        let named: Vec<(usize, Filter)> = self.lists(at);
        for (end, filter) in named {
            let of = self.ground.field(filter.field).dataset;
            let is_whose = ["'s", "\u{2019}s"].iter().any(|ending| self.tokens[end - 1].raw.ends_with(ending));
            let is_it = self.is_named_one(&filter, of);
            for (end, join) in self.kin_of(self.past(end, &["the"])).into_iter().filter(|_| is_it) {
                let is_led = PREPOSITIONS.contains(&self.tokens[end - 1].text.as_str());
                // "Sam's boss"; "which club is Ajax II the reserve team of"
                if self.ground.join(join).from == of && (is_whose && !is_led || is_led && ends_here(end)) {
                    steps.push((end, Item::Kin(Kin { join, is_below: true }, filter.clone())));
                }
            }
        }
    }

    /// What relationships of a dataset with itself call what they lead to.
    fn kin_of(&self, at: usize) -> Vec<(usize, JoinId)> {
        let is_own = |join: &JoinId| self.ground.join(*join).from == self.ground.join(*join).to;
        let joins = self.parts(at).filter_map(|(end, part)| match part {
            crate::chat::lexicon::Part::Join(join) if is_own(join) => Some((end, *join)),
            _ => None,
        });
        joins.collect()
    }

    fn named_one(&self, at: usize, of: DatasetId) -> Vec<(usize, Filter)> {
        self.singles(at).into_iter().filter(|(_, filter)| self.is_named_one(filter, of)).collect()
    }

    fn is_named_one(&self, filter: &Filter, of: DatasetId) -> bool {
        filter.op == Op::Is
            && filter.values.len() == 1
            && schema_graph::identity(self.ground, of).contains(&filter.field)
    }
}
