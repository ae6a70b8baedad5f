//! The clause of a deed: a verb, the rows that tell of it, who did it, what it was done to, where and when.

use super::items::{Deed, Done, Item, Noun, Phrase, Target};
use super::reader::{Reader, Sequence};
use super::scan::operators::CAME;
use crate::chat::dates;
use crate::chat::ground::{DatasetId, FieldId, Join, JoinId};
use crate::chat::lexicon::{Part, is_person};
use crate::chat::query::{Filter, Measure, Member, Op, Query, Range, TimeRange, Value};
use crate::chat::schema_graph;
use crate::chat::times;
use crate::chat::words::{Kind, Phrases, Token, is_past, stem};

/// Between what something is said of and its verb.
static HELPS: Phrases = Phrases::named("deeds.HELPS");
/// What says more of a deed: when, where, and what else.
static BEHIND: Phrases = Phrases::named("deeds.BEHIND");
/// States that things do not stay in: those that went on were in them, too.
static EARLY: Phrases = Phrases::named("deeds.EARLY");
static LATER: Phrases = Phrases::named("deeds.LATER");

impl Reader<'_> {
    /// Verbs that begin here, and what they say of whom. What a relationship and a time both call "opened" is one deed.
    pub fn deeds(&self, at: usize) -> Vec<(usize, Done)> {
        let mut deeds: Vec<(usize, Done)> = Vec::new();
        for (end, part) in self.parts(at) {
            let Some(deed) = self.deed(part) else { continue };
            match deeds.iter_mut().find(|(other, known)| *other == end && known.of == deed.of) {
                Some((_, known)) if known.via.is_none() || deed.via.is_none() => {
                    known.via = known.via.or(deed.via);
                    known.happened = known.happened.or(deed.happened);
                    known.is_deed |= deed.is_deed;
                }
                _ => deeds.push((end, deed)),
            }
        }
        deeds
    }

    fn deed(&self, part: &Part) -> Option<Done> {
        match part {
            Part::Join(join) => {
                let of = self.ground.join(*join).from;
                Some(Done { of, via: Some(*join), happened: None, is_deed: true })
            }
            Part::Done(dataset) => Some(Done { of: *dataset, via: None, happened: None, is_deed: true }),
            Part::Happened(field) => {
                let of = self.ground.field(*field).dataset;
                Some(Done { of, via: None, happened: Some(*field), is_deed: false })
            }
            _ => None,
        }
    }

    /// "which party viewed the most properties", "how many courses has each swimmer booked": rows of what was done link who
    /// did it with what it was done to.
    pub fn linking(&self, at: usize) -> Vec<(usize, Deed)> {
        let start = self.past(at, &["has", "have", "had"]);
        let mut linking: Vec<(usize, Deed)> = Vec::new();
        let links = self.deeds(start).into_iter().filter_map(|(end, done)| {
            let of = done.of;
            let link = |to: DatasetId| self.only_link(of, to).filter(|_| to != of);
            // "how many members attended each event": they are counted.
            if let Some((doer, thing)) = self.counted_of_each(at, end) {
                let (by, to) = (link(thing)?, link(doer)?);
                return (by != to).then_some((end, Deed { by, to: Some(to) }));
            }
            let most = self.any(end, &["the most", "most", "the fewest", "fewest"]);
            let (doers, thing) = match most {
                Some(most) => (self.things_before(at), self.thing_at(self.past(most, &["different"]))?),
                None => self.asked_of_each(at)?,
            };
            // "which client sent the most shipments": those who did, as the verb says.
            if thing == of {
                let by = done.via.filter(|via| doers.contains(&self.ground.join(*via).to))?;
                return Some((end, Deed { by, to: None }));
            }
            let (by, to) = (doers.into_iter().find_map(link)?, link(thing)?);
            let is_it = by != to && done.via.is_none_or(|via| via == by);
            is_it.then_some((end, Deed { by, to: Some(to) }))
        });
        for link in links {
            if !linking.contains(&link) {
                linking.push(link);
            }
        }
        linking
    }

    /// "how many members", before the verb, and "each event", behind it: members, and events.
    fn counted_of_each(&self, at: usize, end: usize) -> Option<(DatasetId, DatasetId)> {
        let each = self.any(end, &["each", "every", "each of the"])?;
        let thing = self.thing_at(each)?;
        let is_asked = |doer: &DatasetId| {
            let many = (0..at).find_map(|from| self.any(from, &["how many", "how many different", "number of"]));
            many.is_some_and(|many| self.parts(many).any(|(end, part)| end == at && *part == Part::Dataset(*doer)))
        };
        let doer = self.things_before(at).into_iter().find(is_asked)?;
        (doer != thing).then_some((doer, thing))
    }

    /// "attended more than 4 events": so many things of others, by rows that link who did it with them.
    pub fn so_many_linked(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let start = self.past(self.past(at, &["that", "which", "who"]), &["has", "have", "had"]);
        for (end, done) in self.deeds(start) {
            for (end, op, values) in self.comparisons(end) {
                let thing =
                    self.parts(self.past(end, &["different"])).find_map(|(end, part)| Some((end, dataset(part)?)));
                let Some((end, what)) = thing else { continue };
                let is_doer = |doer: DatasetId| doer != what && self.only_link(done.of, doer).is_some();
                let through = self.only_link(done.of, what).filter(|_| what != done.of);
                if let (Some(through), true) = (through, self.things_before(at).into_iter().any(is_doer)) {
                    let target = Target::Measure(Measure::CountThrough { what, through });
                    steps.push((end, Item::Condition { target, op, values }));
                }
            }
        }
    }

    /// "how many courses has each swimmer", before the verb that begins here: swimmers, and courses.
    fn asked_of_each(&self, at: usize) -> Option<(Vec<DatasetId>, DatasetId)> {
        const ASKS: [&str; 6] = ["did", "do", "does", "has", "have", "had"];
        let of = |from: usize| self.parts(from).filter_map(move |(end, part)| Some((end, dataset(part)?)));
        let from = (0..at).find(|from| of(*from).any(|(end, _)| end == at))?;
        let each = from.checked_sub(1).filter(|each| self.any(*each, &["each", "every"]) == Some(from))?;
        let asks = each.checked_sub(1).filter(|asks| self.any(*asks, &ASKS) == Some(each))?;
        let many = (0..asks).find_map(|from| self.any(from, &["how many", "how many different"]))?;
        let (_, thing) = of(many).find(|(end, _)| *end == asks)?;
        Some((of(from).filter(|(end, _)| *end == at).map(|(_, id)| id).collect(), thing))
    }

    /// All that the last name of things before may mean.
    fn things_before(&self, at: usize) -> Vec<DatasetId> {
        let named =
            |from: usize| self.parts(from).filter(move |(end, _)| *end <= at).filter_map(|(_, part)| dataset(part));
        (0..at).rev().map(|from| named(from).collect::<Vec<_>>()).find(|things| !things.is_empty()).unwrap_or_default()
    }

    fn only_link(&self, from: DatasetId, to: DatasetId) -> Option<JoinId> {
        let links = |join: &Join| join.from == from && join.to == to;
        let mut joins = (0..self.ground.joins.len()).map(JoinId).filter(|id| links(self.ground.join(*id)));
        joins.next().filter(|_| joins.next().is_none())
    }

    /// "students who passed": as rows of results say, each of which is one of a student.
    pub fn done_to(&self, at: usize) -> Vec<(usize, Filter)> {
        let Some(said) = (at < self.tokens.len()).then(|| self.said_of(at)).flatten() else { return Vec::new() };
        let is_verb = |end: usize| {
            self.parts(at).any(|(other, part)| other == end && matches!(part, Part::Join(_) | Part::Happened(_)))
        };
        let states = self.lists(at).into_iter().filter(|(end, filter)| {
            let of = self.ground.field(filter.field).dataset;
            let is_theirs = schema_graph::reach(self.ground, said).contains(&of);
            // "failed the most sections", "failed two of them": so many of what they did.
            let goes_on = self.is_end(*end) || self.any(*end, &BEHIND).is_some() || !self.lists(*end).is_empty();
            // Of one row it is one of them, and things are not what is said of their rows.
            let is_one = filter.values.len() == 1 || !self.says_each(at, *end);
            let is_person = is_person(self.ground, said);
            goes_on
                && is_one
                && is_person
                && is_deed(&self.tokens[end - 1])
                && !is_verb(*end)
                && !is_theirs
                && self.only_link(of, said).is_some()
        });
        states.collect()
    }

    /// Why the query does not say what the verbs of the question do.
    pub fn misdone(&self, query: &Query, sequence: &Sequence) -> Option<String> {
        let clauses = (0..self.tokens.len()).flat_map(|at| self.parts(at).map(move |(end, part)| (at, end, part)));
        let found = clauses.into_iter().find_map(|(at, end, part)| match part {
            Part::Happened(field) => self.is_of_others_deed(at, *field, query),
            Part::Join(join) => self.is_elsewhere_too(end, *join, query),
            Part::Done(of) => self.is_a_value_too(at, end, *of, sequence),
            Part::Value(field, Value::Text(_)) => {
                let is_held = |filter: &&Filter| filter.field == *field && filter.op == Op::Is;
                let members = || query.members.iter().flat_map(|member| &member.filters);
                query.filters.iter().chain(members()).find(is_held)?;
                let others = self.is_at_another_time(at, end, *field, query);
                others.or_else(|| self.has_gone_on(at, end, *field)).or_else(|| self.is_of_some(at, *field, query))
            }
            _ => None,
        });
        found.or_else(|| self.is_a_column(sequence))
    }

    /// "assigned and open": so they are, both, and it is no column.
    fn is_a_column(&self, sequence: &Sequence) -> Option<String> {
        let is_said =
            |item: &Item| matches!(item, Item::Through(..) | Item::Filter(_) | Item::Happened(_) | Item::Has { .. });
        sequence.items.windows(3).find_map(|items| match items {
            [(_, _, said), (_, _, Item::And), (at, _, Item::Noun(Phrase { noun: Noun::Field(field), .. }))]
                if is_said(said) && schema_graph::flag(self.ground, *field).is_some() =>
            {
                Some(format!("Say \"and are {}\" for those that are.", self.tokens[*at].raw))
            }
            _ => None,
        })
    }

    /// "bookings sold", of vessels that were: what is said of something is not said of what that leads to.
    fn is_of_others_deed(&self, at: usize, field: FieldId, query: &Query) -> Option<String> {
        let of = self.ground.field(field).dataset;
        let is_asked = query.filters.iter().any(|filter| filter.field == field)
            || query.time.as_ref().is_some_and(|time| time.field == field);
        let said = self.said_of(at).filter(|said| *said != of && is_asked)?;
        let is_part = || times::of(self.ground, said).field().is_some_and(|time| self.ground.field(time).dataset == of);
        let is_beyond = schema_graph::reach(self.ground, said).contains(&of) && !is_part();
        let shown = |id: DatasetId| self.ground.dataset(id).names.shown().to_lowercase();
        is_beyond.then(|| {
            format!("When {} were {}, the model does not say, only of {}.", shown(said), self.tokens[at].raw, shown(of))
        })
    }

    /// The things right before the verb.
    pub fn said_of(&self, at: usize) -> Option<DatasetId> {
        let is_help = |token: &Token| HELPS.contains(&token.text.as_str());
        let end = (0..at).rev().find(|before| !is_help(&self.tokens[*before]))? + 1;
        let of =
            |from: usize| self.parts(from).filter(|(behind, _)| *behind == end).find_map(|(_, part)| dataset(part));
        (0..end).find_map(of)
    }

    /// "shipments sent in Germany", of the shipper's country, where ports have one as well.
    fn is_elsewhere_too(&self, end: usize, join: JoinId, query: &Query) -> Option<String> {
        let start = self.any(end, &["in", "at", "from", "near"])?;
        let Join { from, to, .. } = *self.ground.join(join);
        let values = || {
            self.parts(start).filter_map(|(end, part)| match part {
                Part::Value(field, _) => Some((end, *field)),
                _ => None,
            })
        };
        let of = |field: FieldId| self.ground.field(field).dataset;
        let is_beyond = |field: FieldId| schema_graph::reach(self.ground, to).contains(&of(field));
        let is_taken = |field: FieldId| query.filters.iter().any(|filter| filter.field == field);
        let (end, taken) = values().find(|(_, field)| is_taken(*field))?;
        // Where it is itself, or what it is of, is not where somebody is who did it.
        let is_near = of(taken) == from || self.only_link(from, of(taken)).is_some();
        if is_near && !is_beyond(taken) {
            return None;
        }
        let own = schema_graph::reach(self.ground, from);
        let is_other =
            |field: &FieldId| *field != taken && own.contains(&of(*field)) && (is_beyond(taken) || is_beyond(*field));
        let other = values().filter(|(other, _)| *other == end).map(|(_, field)| field).find(is_other)?;
        let shown = |id: FieldId| {
            let field = self.ground.field(id);
            format!("{} of {}", field.names.shown(), self.ground.dataset(field.dataset).names.shown()).to_lowercase()
        };
        Some(format!("Say which is meant: the {}, or the {}.", shown(taken), shown(other)))
    }

    /// "swimmers who passed", of season passes, where a result is called so.
    fn is_a_value_too(&self, at: usize, end: usize, of: DatasetId, sequence: &Sequence) -> Option<String> {
        let is_taken = |(from, to, item): &(usize, usize, Item)| {
            *from <= at && *to >= end && matches!(item, Item::Has { dataset, .. } if *dataset == of)
        };
        let is_value = |(other, part): (usize, &Part)| other == end && matches!(part, Part::Value(..));
        let is_both = sequence.items.iter().any(is_taken) && self.parts(at).any(is_value);
        is_both.then(|| format!("Say what is meant by \"{}\": it is a value as well.", self.tokens[at].raw))
    }

    /// "students who passed in 2023", by when they were admitted, or enrolled: a period behind what was done is of when that was.
    fn is_at_another_time(&self, at: usize, end: usize, field: FieldId, query: &Query) -> Option<String> {
        const NEAR: usize = 8;
        let (word, of) = (&self.tokens[end - 1], self.ground.field(field).dataset);
        let is_behind = |range: Range| {
            let is_it =
                |from: &usize| dates::at(self.tokens, *from, self.context).iter().any(|(_, it)| it.range == range);
            let behind = (end..self.tokens.len().min(end + NEAR)).find(is_it);
            let is_apart = |at: usize| self.tokens[at].kind == Kind::Sign || self.thing_at(at).is_some();
            behind.is_some_and(|behind| !(end..behind).any(is_apart))
        };
        let is_of_others = |time: &TimeRange| {
            self.ground.field(time.field).dataset != of && self.said_of(at).is_some_and(|said| said != of)
        };
        let is_of_another =
            |time: &TimeRange| times::deed(self.ground, time.field).is_some_and(|verb| verb != stem(&word.text));
        let own = query.time.iter().find(|time| is_of_others(time));
        let members = query.members.iter().filter_map(|member| member.time.as_ref());
        let time = own.or_else(|| members.into_iter().find(|time| is_of_another(time)));
        time.filter(|time| is_deed(word) && is_behind(time.range)).map(|_| {
            let of = self.ground.dataset(of).names.shown().to_lowercase();
            format!("Say of what the period is: it is not clear when {of} were {}.", word.raw)
        })
    }

    /// "average fee of the students who failed": of what they failed, or all of theirs.
    fn is_of_some(&self, at: usize, field: FieldId, query: &Query) -> Option<String> {
        let of = self.ground.field(field).dataset;
        let is_held = |member: &Member| member.filters.iter().any(|filter| filter.field == field);
        let is_theirs = |measure: &Measure| schema_graph::home(self.ground, measure) == Some(of);
        let is_both = query.members.iter().any(is_held) && query.measures.iter().any(is_theirs);
        let (said, of) = (self.said_of(at).filter(|said| *said != of && is_both)?, self.ground.dataset(of));
        let (said, of) = (self.ground.dataset(said).names.shown(), of.names.shown());
        Some(format!("Say whether only these {} are meant, or all of such {}.", of.to_lowercase(), said.to_lowercase()))
    }

    /// "were shipped": those that were delivered were, too, and are not in that state any more.
    fn has_gone_on(&self, at: usize, end: usize, field: FieldId) -> Option<String> {
        let word = &self.tokens[end - 1];
        let is_dated = || !dates::at(self.tokens, end, self.context).is_empty();
        let is_made = CAME.contains(&word.text.as_str()) && is_dated();
        let is_past = self.any(at.checked_sub(1)?, &["was", "were", "been", "got"]) == Some(at) || is_made;
        let is_later = |value: &serde_json::Value| {
            value.as_str().is_some_and(|text| LATER.contains(&text.to_lowercase().as_str()))
        };
        let goes_on = self.ground.field(field).values.iter().any(is_later);
        (is_past && goes_on && EARLY.contains(&word.text.as_str())).then(|| {
            format!("Say \"are {0}\" for those that are so now: others were {0}, and are further on.", word.raw)
        })
    }
}

fn dataset(part: &Part) -> Option<DatasetId> {
    match part {
        Part::Dataset(id) => Some(*id),
        _ => None,
    }
}

fn is_deed(token: &Token) -> bool {
    token.text.ends_with("ed") || is_past(&token.text)
}
