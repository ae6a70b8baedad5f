//! Roles of things that are named: "from Ulm to Kiel", "origin Ulm", where rows lead to the same things in several ways.

use super::super::items::{Alone, Item};
use super::super::reader::Reader;
use crate::chat::ground::{FieldId, Ground, JoinId};
use crate::chat::lexicon::{Part, is_person};
use crate::chat::query::Filter;
use crate::chat::schema_graph;
use crate::chat::words::{Phrases, lemmas, stop_phrase};

/// What relationships are called that lead to where something comes from, and to where it goes.
static SOURCES: Phrases = Phrases::named("scan.roles.SOURCES");
static TARGETS: Phrases = Phrases::named("scan.roles.TARGETS");

impl Reader<'_> {
    /// "from Ulm", "to Kiel Hafen": what is named, as what the words before say that it is.
    pub fn by_role(&self, at: usize) -> Vec<(usize, Item)> {
        let mut found = Vec::new();
        // Verbs say what was done, which is another clause.
        if !stop_phrase(&self.tokens[at..]).contains(&1) && !self.tokens[at].is("to") {
            return found;
        }
        let said = self.parts(at).filter_map(|(end, part)| match part {
            Part::Join(join) => Some((end, *join)),
            _ => None,
        });
        for (end, join) in said.chain(self.directions(at)) {
            let known = self.ground.join(join);
            let (held, key) = (schema_graph::key_of(self.ground, join), schema_graph::key(self.ground, known.to));
            let start = self.past(end, &["the", "a"]);
            let named = self.parts(start).filter(|(_, part)| **part == Part::Dataset(known.to)).map(|(end, _)| end);
            for start in named.chain([start]) {
                for (end, filter) in self.lists(start) {
                    // The rows hold the key themselves.
                    if let Some(field) = held.filter(|held| filter.field == *held || Some(filter.field) == key) {
                        found.push((end, Item::Filter(Filter { field, ..filter })));
                    }
                }
            }
            // "from Riverside", which is also somebody's town: which of them is asked.
            let is_other =
                |part: &Part| matches!(part, Part::Value(field, _) if self.ground.field(*field).dataset != known.to);
            let is_led = self.directions(at).contains(&(end, join));
            if is_led && self.parts(start).any(|(_, part)| is_other(part)) {
                continue;
            }
            let is_name = |part: &Part| match part {
                Part::Value(field, _) => {
                    self.ground.field(*field).dataset == known.to && schema_graph::is_label(self.ground, *field)
                }
                _ => false,
            };
            if self.parts(start).any(|(_, part)| is_name(part)) && is_led {
                found.push((end, Item::Through(join, None, Alone::By)));
            }
        }
        found
    }

    /// What "from" and "to" were taken for.
    pub fn direction_note(&self, from: usize, item: &Item) -> Option<String> {
        let is_it = |join: &JoinId| match item {
            Item::Through(through, ..) => through == join,
            Item::Filter(filter) => schema_graph::key_of(self.ground, *join) == Some(filter.field),
            _ => false,
        };
        let join = self.directions(from).into_iter().map(|(_, join)| join).find(is_it)?;
        let (name, word) = (self.ground.join(join).names.shown().replace('_', " "), &self.tokens[from].raw);
        Some(format!("Took {} for \u{201c}{word}\u{201d}.", name.to_lowercase()))
    }

    /// "from" and "to", of rows that lead in one way to where they come from, and in one to where they go.
    fn directions(&self, at: usize) -> Vec<(usize, JoinId)> {
        let (Some(token), Some(of)) = (self.tokens.get(at), self.thing_before(at)) else { return Vec::new() };
        let words = match token.text.as_str() {
            "from" => [&SOURCES, &TARGETS],
            "to" => [&TARGETS, &SOURCES],
            _ => return Vec::new(),
        };
        let reach = schema_graph::reach(self.ground, of);
        let joins = (0..self.ground.joins.len()).map(JoinId);
        let joins = joins.filter(|id| reach.contains(&self.ground.join(*id).from) || self.ground.join(*id).from == of);
        let called = |words: &Phrases, join: &JoinId| is_called(self.ground, *join, words);
        let joins: Vec<JoinId> = joins.collect();
        let ways = |words: &Phrases| joins.iter().copied().filter(|join| called(words, join)).collect::<Vec<_>>();
        match (ways(words[0]).as_slice(), ways(words[1]).as_slice()) {
            ([one], [other])
                // Nobody is the place that something starts at.
                if !is_person(self.ground, self.ground.join(*one).to)
                    && self.ground.join(*one).to == self.ground.join(*other).to
                    && self.ground.join(*one).from == self.ground.join(*other).from =>
            {
                vec![(at + 1, *one)]
            }
            _ => Vec::new(),
        }
    }
}

/// The column that the relationship begins at, or else what it calls what it leads to, is called by one of the words.
fn is_called(ground: &Ground, join: JoinId, words: &[&str]) -> bool {
    let join = ground.join(join);
    let is_said = |all: &[String]| all.iter().any(|word| words.contains(&word.as_str()));
    let said = crate::chat::lexicon::roles(ground, join);
    join.on.iter().any(|(column, _)| is_said(&lemmas(column))) || said.iter().any(|words| is_said(words))
}

/// The key of what a field leads to, whose values are its own.
pub(super) fn key_led_to(ground: &Ground, field: FieldId) -> Option<FieldId> {
    let mut joins = (0..ground.joins.len()).map(JoinId);
    let join = joins.find(|join| schema_graph::key_of(ground, *join) == Some(field))?;
    schema_graph::key(ground, ground.join(join).to).filter(|key| *key != field)
}
