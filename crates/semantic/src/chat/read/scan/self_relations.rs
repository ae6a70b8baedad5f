//! Relationships of things with themselves: "Sam's boss", "the boss of Sam", "agents who report to Sam".

use super::super::items::Item;
use super::super::reader::Reader;
use crate::chat::ground::{DatasetId, Ground, Join, JoinId};
use crate::chat::lexicon::{Part, roles};
use crate::chat::query::{Filter, Kin, Op};
use crate::chat::schema_graph;
use crate::chat::words::{Kind, Phrases, is_past, lemmas, stem};

const PREPOSITIONS: [&str; 5] = ["by", "to", "of", "under", "for"];
const HELPS: [&str; 12] = ["has", "have", "had", "was", "were", "is", "are", "been", "ever", "did", "do", "does"];
const PASSIVE: [&str; 5] = ["was", "were", "is", "are", "been"];
const SOMEBODY: [&str; 9] =
    ["somebody", "someone", "anybody", "anyone", "others", "another", "another one", "somebody else", "someone else"];
const NOBODY: [&str; 4] = ["nobody", "no one", "noone", "none"];

/// Who does what the verb of a relationship says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    /// What the row leads to: "trained by", "supervisor".
    Led,
    /// The row: "replaced".
    Row,
}

/// The verb of a relationship of things with themselves, in the words that the model has for it.
fn voice(ground: &Ground, join: &Join, verb: &str) -> Option<Voice> {
    let verb = stem(verb);
    let is_it = |said: &str| stem(said) == verb;
    let agent = |said: &str| {
        let base = said.strip_suffix("er").or_else(|| said.strip_suffix("or"))?;
        (base.len() > 3).then(|| format!("{base}ed"))
    };
    let of = |words: &Vec<String>| match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [done, "by"] if is_it(done) => Some(Voice::Led),
        [said] if agent(said).is_some_and(|done| is_it(&done)) => Some(Voice::Led),
        [said] if is_it(said) && (said.ends_with("ed") || is_past(said)) => Some(Voice::Row),
        _ => None,
    };
    let said: Vec<Voice> = roles(ground, join).iter().filter_map(of).collect();
    // "replaced" beside "replaced by" does not say who is.
    said.first().copied().filter(|voice| said.iter().all(|other| other == voice))
}

/// It leads to what stands above, as its words or two of them say: `parent_id`, `reports_to`. A `part_id` may lead to either.
pub(in crate::chat::read) fn is_superior(ground: &Ground, join: &Join) -> bool {
    static ABOVE: Phrases = Phrases::named("scan.self_relations.ABOVE");
    let columns = join.on.iter().map(|(from, _)| lemmas(from));
    let is_above = |words: Vec<String>| {
        let is_it = |said: &[String]| ABOVE.contains(&said.join(" ").as_str());
        words.windows(1).chain(words.windows(2)).any(is_it)
    };
    roles(ground, join).into_iter().chain(columns).any(is_above)
}

impl Reader<'_> {
    pub fn relatives(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let ends_here = |end: usize| self.is_end(end);
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
            let Part::Join(join) = part else { continue };
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
        self.without_kin(at, steps);
        for (end, kin, filter) in self.above(at) {
            steps.push((end, Item::Kin(kin, filter)));
        }
        self.kindred(at, steps);
        let named: Vec<(usize, Filter)> = self.lists(at);
        for (end, filter) in named {
            let of = self.ground.field(filter.field).dataset;
            let is_whose = ["'s", "\u{2019}s"].iter().any(|ending| self.tokens[end - 1].raw.ends_with(ending));
            let is_it = self.is_named_one(&filter, of);
            // "which station does Northfield Station belong to"
            let belongs = self.any(end, &["belong to", "belongs to", "belonged to"]).filter(|end| ends_here(*end));
            if let (Some(end), Some(join)) = (belongs.filter(|_| is_it), self.superior(of)) {
                steps.push((end, Item::Kin(Kin { join, is_below: true }, filter.clone())));
            }
            for (end, join) in self.kin_of(self.past(end, &["the"])).into_iter().filter(|_| is_it) {
                let is_led = PREPOSITIONS.contains(&self.tokens[end - 1].text.as_str());
                // "Sam's boss"; "which club is Ajax II the reserve team of"
                if self.ground.join(join).from == of && (is_whose && !is_led || is_led && ends_here(end)) {
                    steps.push((end, Item::Kin(Kin { join, is_below: true }, filter.clone())));
                }
            }
        }
    }

    /// "have no mentor", "with a manager": whether they lead to one of their kind.
    fn without_kin(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        const WITHOUT: [&str; 9] = [
            "without",
            "with no",
            "have no",
            "has no",
            "had no",
            "do not have",
            "does not have",
            "did not have",
            "lacking",
        ];
        const WITH: [&str; 4] = ["with", "have", "has", "having"];
        let start = self.past(at, &["that", "which", "who"]);
        let without = self.any(start, &WITHOUT);
        let Some(end) = without.or_else(|| self.any(start, &WITH)) else { return };
        let behind = self.any(end, &["a", "an", "any"]);
        // "lawyers without mentees"
        if let Some((end, join)) = self.kin_below(behind.unwrap_or(end)).filter(|(end, _)| self.is_clause_end(*end))
            && self.thing_before(at) == Some(self.ground.join(join).from)
        {
            steps.push((end, Item::Kindred(Kin { join, is_below: true }, without.is_some())));
        }
        for (end, join) in self.kin_of(behind.unwrap_or(end)) {
            let of = self.ground.join(join).from;
            let is_role = !PREPOSITIONS.contains(&self.tokens[end - 1].text.as_str());
            let is_whole = self.is_clause_end(end) && (without.is_some() || behind.is_some());
            if is_role
                && is_whole
                && self.thing_before(at) == Some(of)
                && !schema_graph::is_called_by_its_own(self.ground, join)
            {
                let op = if without.is_some() { Op::IsEmpty } else { Op::IsNotEmpty };
                steps.push((
                    end,
                    match schema_graph::key_of(self.ground, join) {
                        Some(field) => Item::Filter(Filter { field, op, values: Vec::new() }),
                        None => Item::Kindred(Kin { join, is_below: false }, without.is_some()),
                    },
                ));
            }
        }
    }

    /// "stations that belong to Central Station", "stations under it": those that lead to it, by the only relationship of these
    /// things with themselves, which must be one of what stands above.
    fn above(&self, at: usize) -> Vec<(usize, Kin, Filter)> {
        const BELONG: [&str; 7] =
            ["belong to", "belongs to", "belonging to", "part of", "subordinate to", "under", "below"];
        let Some(of) = self.thing_before(at) else { return Vec::new() };
        let start = self.past(at, &["that", "which", "are", "is", "do"]);
        let is_right_behind = |end: usize| {
            (0..end).any(|from| self.parts(from).any(|(other, part)| other == end && *part == Part::Dataset(of)))
        };
        let behind = self.any(start, &BELONG).or_else(|| self.is(at, "of").filter(|_| is_right_behind(at)));
        let (Some(end), Some(join)) = (behind, self.superior(of)) else { return Vec::new() };
        let named = self.named_one(self.past(end, &["the"]), of);
        named.into_iter().map(|(end, filter)| (end, Kin { join, is_below: false }, filter)).collect()
    }

    /// The only relationship of things with themselves, where it leads to what stands above.
    pub fn superior(&self, of: DatasetId) -> Option<JoinId> {
        let own = |id: &JoinId| self.ground.join(*id).from == of && self.ground.join(*id).to == of;
        let mut joins = (0..self.ground.joins.len()).map(JoinId).filter(own);
        let (Some(join), None) = (joins.next(), joins.next()) else { return None };
        is_superior(self.ground, self.ground.join(join)).then_some(join)
    }

    /// "never replaced", "who referred somebody", "without a sequel": whether there are any.
    fn kindred(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let start = self.past(at, &["that", "which", "who", "they"]);
        let helped = self.past(start, &HELPS);
        let never = self.any(helped, &["not", "never"]);
        let from = never.map_or(helped, |end| self.past(end, &["been", "yet", "ever"]));
        let is_passive = self.tokens[start..from].iter().any(|token| PASSIVE.contains(&token.text.as_str()));
        let Some(verb) = self.tokens.get(from).filter(|token| token.kind == Kind::Word) else { return };
        let things = self.thing_before(at);
        let is_own = |join: &Join| join.from == join.to && things.is_none_or(|things| things == join.from);
        let own = self.ground.joins.iter().enumerate().filter(|(_, join)| is_own(join));
        for (join, voice) in own.filter_map(|(id, join)| Some((JoinId(id), voice(self.ground, join, &verb.text)?))) {
            let is_object = |words: &[&str]| self.any(from + 1, words);
            let (some, none) = (is_object(&SOMEBODY), is_object(&NOBODY).filter(|_| !is_passive));
            let by = self.is(from + 1, "by").and_then(|by| self.any(by, &SOMEBODY)).filter(|_| is_passive);
            // "which lorry replaced WH14", "the one replaced by WH14": one that is named.
            let of = self.ground.join(join).from;
            let behind = if is_passive { self.is(from + 1, "by") } else { Some(from + 1) };
            for (end, filter) in behind.filter(|_| never.is_none()).map(|at| self.named_one(at, of)).unwrap_or_default()
            {
                let is_below = (voice == Voice::Led) != is_passive;
                steps.push((end, Item::Kin(Kin { join, is_below }, filter)));
            }
            // "referred by Ann" is said otherwise.
            if is_passive && by.is_none() && self.any(from + 1, &["by", "with", "to"]).is_some() {
                continue;
            }
            let is_without = never.is_some() || none.is_some();
            if !is_passive && some.or(none).is_none() {
                continue;
            }
            let end = by.or(some.filter(|_| !is_passive)).or(none).unwrap_or(from + 1);
            let end = self.past(end, &["yet", "at all"]);
            // What the row leads to did it, or the row itself.
            match (voice == Voice::Led) == is_passive {
                true => {
                    let op = if is_without { Op::IsEmpty } else { Op::IsNotEmpty };
                    let key = schema_graph::key_of(self.ground, join);
                    steps.extend(key.map(|field| (end, Item::Filter(Filter { field, op, values: Vec::new() }))));
                }
                false => steps.push((end, Item::Kindred(Kin { join, is_below: true }, is_without))),
            }
        }
    }

    /// "mentees", of a relationship of things with themselves that is called by the mentor: those that lead to one. Nothing else is
    /// called so.
    pub fn kin_below(&self, at: usize) -> Option<(usize, JoinId)> {
        static BELOW: Phrases = Phrases::named("scan.self_relations.BELOW");
        let is_own = |join: &Join, above: &str| {
            let words = roles(self.ground, join).into_iter().chain(join.on.iter().map(|(from, _)| lemmas(from)));
            join.from == join.to && words.flatten().any(|word| word == above)
        };
        let pairs = BELOW.iter().filter_map(|pair| pair.split_once(" / "));
        let said = pairs.filter_map(|(above, below)| Some((self.is(at, below)?, above)));
        let (mut found, joins): (Vec<(usize, JoinId)>, _) = (Vec::new(), || self.ground.joins.iter().enumerate());
        for (end, above) in said.filter(|(end, _)| !self.is_named(at, *end)) {
            found.extend(joins().filter(|(_, join)| is_own(join, above)).map(|(id, _)| (end, JoinId(id))));
        }
        found.dedup();
        if let [one] = found.as_slice() { Some(*one) } else { None }
    }

    /// What relationships of a dataset with itself call what they lead to.
    pub fn kin_of(&self, at: usize) -> Vec<(usize, JoinId)> {
        let is_own = |join: &JoinId| self.ground.join(*join).from == self.ground.join(*join).to;
        let joins = self.parts(at).filter_map(|(end, part)| match part {
            Part::Join(join) if is_own(join) => Some((end, *join)),
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
