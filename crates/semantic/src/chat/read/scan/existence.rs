//! Conditions of existence: "without orders", "never bought", "opened a ticket", "nobody viewed".

use super::super::items::{Alone, Done, Item, Noun};
use super::super::reader::Reader;
use super::nouns::DISTINCT;
use super::operators::CAME;
use crate::chat::ground::{DatasetId, FieldId, Join, JoinId};
use crate::chat::lexicon::{Part, roles};
use crate::chat::names::phrases;
use crate::chat::null_meaning;
use crate::chat::query::{Filter, Measure, Op};
use crate::chat::schema_graph;
use crate::chat::words::{Phrases, is_past, stem, verbs_of};

const WHO: [&str; 3] = ["that", "which", "who"];
const HELPS: [&str; 14] =
    ["have", "has", "had", "do", "does", "did", "is", "are", "was", "were", "been", "ever", "yet", "so far"];
const NEVER: [&str; 2] = ["not", "never"];
const NOBODY: [&str; 4] = ["nobody", "no one", "noone", "no one else"];
const HAVE: [&str; 6] = ["have", "has", "had", "having", "get", "got"];
const ANY: [&str; 7] = ["a", "an", "any", "a single", "even one", "at least one", "some"];
const WITH: [&str; 4] = ["with", "with some", "with any", "with existing"];
static WITHOUT: Phrases = Phrases::named("scan.existence.WITHOUT");
/// Of verbs that say "without" themselves.
const LACK: [&str; 6] = ["lack", "lacks", "have no", "has no", "had no", "having no"];

impl Reader<'_> {
    /// Whether things have something, or did something.
    pub fn existence(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let start = self.past(at, &WHO);
        let is_relative = start > at;
        if let Some(end) = self.any(at, &WITHOUT).or_else(|| self.any(start, &LACK)) {
            self.fields_there(end, true, steps);
            self.things_there(end, None, true, steps);
            self.figures_there(end, true, steps);
            self.roles_there(end, Op::IsEmpty, steps);
            for (end, filter) in self.excepted(self.past(end, &["a", "an", "any", "the"])) {
                steps.push((end, Item::Lacking(filter)));
            }
        }
        if let Some(end) = self.any(at, &WITH).or_else(|| self.any(start, &HAVE)) {
            let end = self.past(end, &["had", "some"]);
            self.things_there(end, None, false, steps);
            if self.any(end, &["a", "an", "any"]).is_some() {
                self.fields_there(end, false, steps);
                self.roles_there(end, Op::IsNotEmpty, steps);
            }
        }
        self.did_not(start, steps);
        self.nobody(start, steps);
        self.out(start, steps);
        // "booked a trip", of bookings, says what was done.
        let came = self.any(start, &CAME).filter(|_| self.deeds(start).is_empty());
        if let Some(end) = came.filter(|end| self.any(*end, &ANY).is_some()) {
            self.things_there(self.past(end, &ANY), None, false, steps);
        }
        for (end, filter) in self.done_to(self.past(start, &HELPS)) {
            let (dataset, filters) = (self.ground.field(filter.field).dataset, vec![filter]);
            let is_named = true;
            steps.push((end, Item::Has { dataset, filters, via: None, happened: None, is_named, is_without: false }));
        }
        for (end, done) in self.deeds(start) {
            // "closed tickets" are tickets; "customers that closed tickets", "closed a ticket" say what was done.
            if is_relative || self.any(end, &ANY).is_some() {
                self.things_linked(end, &done, false, steps);
                self.things_there(self.past(end, &ANY), Some(done), false, steps);
            }
        }
    }

    /// "books that are on loan", "items currently rented out": with rows of that kind that are not over.
    fn out(&self, start: usize, steps: &mut Vec<(usize, Item)>) {
        const NOW: [&str; 5] = ["still", "currently", "now", "at the moment", "right now"];
        const BEHIND: [&str; 7] = ["out", "currently", "now", "at the moment", "right now", "at present", "today"];
        let Some(of) = self.thing_before(start) else { return };
        let copula = self.past(start, &["is", "are", "was", "were"]);
        let not = self.is(copula, "not");
        let now = self.past(not.unwrap_or(copula), &NOW);
        let is_now = now > not.unwrap_or(copula);
        let out = self.past(now, &["out"]);
        let mut found: Vec<(usize, DatasetId)> = Vec::new();
        for (end, part) in self.is(out, "on").map(|end| self.parts(end)).into_iter().flatten() {
            let is_one = self.tokens[end - 1].text == self.tokens[end - 1].lemma;
            found.extend(match part {
                Part::Dataset(id) | Part::Done(id) if is_one => Some((end, *id)),
                _ => None,
            });
        }
        for (end, part) in self.parts(now) {
            let Part::Done(id) = part else { continue };
            if is_now || self.any(end, &BEHIND).is_some() {
                found.push((end, *id));
            }
        }
        for (end, dataset) in found {
            let link = self.ground.joins.iter().filter(|join| join.from == dataset && join.to == of).count() == 1;
            let Some(field) = self.over(dataset).filter(|_| link) else { continue };
            let filters = vec![Filter { field, op: Op::IsEmpty, values: Vec::new() }];
            let end = self.past(end, &BEHIND);
            let (is_named, is_without) = (true, not.is_some());
            steps.push((end, Item::Has { dataset, filters, via: None, happened: None, is_named, is_without }));
        }
    }

    /// "never bought", "have not had any sessions", "did not order", "not shipped yet".
    fn did_not(&self, start: usize, steps: &mut Vec<(usize, Item)>) {
        let first = self.past(self.past(start, &HELPS), &["still"]);
        let Some(end) = self.any(first, &NEVER) else { return };
        let helped = first > start;
        let behind = self.past(end, &["yet", "ever", "been", "yet been"]);
        let had = self.any(behind, &HAVE);
        if let Some(end) = had {
            if self.any(end, &["a", "an", "any"]).is_some() || !helped {
                self.fields_there(end, true, steps);
            }
            self.things_there(self.past(end, &ANY), None, true, steps);
            self.figures_there(end, true, steps);
        }
        // "never placed an order"
        let came = self.any(behind, &CAME).filter(|_| self.deeds(behind).is_empty());
        if let Some(end) = came.filter(|end| self.any(*end, &ANY).is_some()) {
            self.things_there(self.past(end, &ANY), None, true, steps);
        }
        // "are not open" says how they are, "did not open" and "are not opened" what was done.
        let is_so = first > 0
            && self.tokens[first].is("not")
            && ["is", "are", "was", "were"].contains(&self.tokens[first - 1].text.as_str());
        let is_done = |at: usize| self.tokens[at].text.ends_with("ed") || is_past(&self.tokens[at].text);
        for (end, done) in self.deeds(behind).into_iter().filter(|_| !is_so || is_done(behind)) {
            if let Some(item) = self.undone(&done, start) {
                steps.push((self.past(end, &["yet", "anything", "at all"]), item));
            }
            self.things_linked(end, &done, true, steps);
            self.things_there(self.past(end, &ANY), Some(done), true, steps);
        }
        // "never sold", of units sold
        let is_deed = self.deeds(behind).iter().any(|(_, done)| done.is_deed);
        for (end, part) in self.parts(behind).filter(|_| !is_deed) {
            if let Part::Made(dataset) = part
                && !self.is_state_of(behind, *dataset)
            {
                steps.push((self.past(end, &["yet", "anything", "at all"]), has(*dataset, Vec::new(), None, true)));
            }
        }
        // "did not order"
        for (end, part) in self.parts(behind).filter(|_| helped) {
            if let Part::Dataset(dataset) = part
                && self.tokens[end - 1].text == self.tokens[end - 1].lemma
            {
                let end = self.past(end, &["yet", "anything", "at all"]);
                steps.push((end, has(*dataset, Vec::new(), None, true)));
            }
        }
    }

    /// "cancelled", which some of these rows are: whether there are any is not what it says.
    fn is_state_of(&self, at: usize, of: DatasetId) -> bool {
        self.parts(at).any(|(_, part)| match part {
            Part::Value(field, _) | Part::Happened(field) | Part::Undone(field) => {
                self.ground.field(*field).dataset == of
            }
            _ => false,
        })
    }

    /// "nobody has ever viewed"
    fn nobody(&self, start: usize, steps: &mut Vec<(usize, Item)>) {
        let Some(end) = self.any(start, &NOBODY) else { return };
        let at = self.past(end, &HELPS);
        // "clients nobody looks after": what names who does is empty.
        for (end, part) in self.parts(at) {
            let of = self.thing_before(start);
            if let Part::Field(field) = part
                && of == Some(self.ground.field(*field).dataset)
                && !self.is_figure(*field)
            {
                // "parcels nobody collected", of yes and no.
                let filter = match schema_graph::flag(self.ground, *field) {
                    Some((_, no)) => Filter { field: *field, op: Op::Is, values: vec![no] },
                    None if self.is_agent(*field, at) => Filter { field: *field, op: Op::IsEmpty, values: Vec::new() },
                    None => continue,
                };
                steps.push((end, Item::Filter(filter)));
            }
        }
        for (end, done) in self.deeds(at) {
            // "exhibitions nobody curated": the relationship leads nowhere.
            let own = done.via.filter(|via| self.thing_before(start) == Some(self.ground.join(*via).from));
            if let Some(field) = own.and_then(|via| schema_graph::key_of(self.ground, via)) {
                steps.push((end, Item::Filter(Filter { field, op: Op::IsEmpty, values: Vec::new() })));
                continue;
            }
            // It was not done to the things that are spoken of, whoever might have done it.
            if done.is_deed {
                steps.push((end, has(done.of, Vec::new(), None, true)));
            }
        }
    }

    /// "looks after", of what is called "looked after by".
    fn is_agent(&self, field: FieldId, at: usize) -> bool {
        let verb = stem(&self.tokens[at].text);
        let names = phrases(&self.ground.field(field).names);
        names.iter().any(|name| name.len() > 1 && name.last().is_some_and(|by| by == "by") && stem(&name[0]) == verb)
    }

    /// That it was not done: of the rows themselves, that their time is empty.
    fn undone(&self, done: &Done, at: usize) -> Option<Item> {
        match done.happened.filter(|_| !done.is_deed) {
            Some(field) if self.is_deed_on(field, at) => Some(has(done.of, Vec::new(), None, true)),
            // "guests who never cancelled": none of their bookings was.
            Some(_) if self.are_rows_of_theirs(done.of, at) => Some(has(done.of, Vec::new(), Some(done), true)),
            Some(field) => Some(Item::Filter(self.context.come(self.ground, field, false))),
            None => Some(has(done.of, Vec::new(), Some(done), true)),
        }
    }

    /// Rows that lead to the things named before, in one way.
    fn are_rows_of_theirs(&self, of: DatasetId, at: usize) -> bool {
        let things = self.thing_before(at).filter(|things| *things != of);
        let links =
            |things: DatasetId| self.ground.joins.iter().filter(|join| join.from == of && join.to == things).count();
        // "patients who have not been discharged yet": those with one that is not over.
        let said = |word: &str| self.tokens[at..].iter().any(|token| token.is(word));
        if said("yet") || !said("never") && !said("did") {
            return false;
        }
        // "copies each branch has that were never withdrawn": these.
        let is_named = (0..at).any(|from| self.thing_at(from) == Some(of));
        !is_named && things.is_some_and(|things| links(things) == 1)
    }

    /// "ships never inspected", of inspections that lead to them: there is none.
    fn is_deed_on(&self, field: FieldId, at: usize) -> bool {
        let of = self.ground.field(field).dataset;
        let Some(things) = self.thing_before(at).filter(|things| *things != of) else { return false };
        let Some(verb) = crate::chat::times::deed(self.ground, field) else { return false };
        let nouns = phrases(&self.ground.dataset(of).names);
        let is_it =
            |words: &Vec<String>| words.last().is_some_and(|noun| verbs_of(noun).iter().any(|it| stem(it) == verb));
        let links = self.ground.joins.iter().filter(|join| join.from == of && join.to == things).count();
        links == 1 && nouns.iter().any(is_it)
    }

    /// That it was done: "bought", "opened".
    pub fn did(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        for (end, done) in self.deeds(at) {
            // "with their manager": somebody, and nothing that was done.
            let is_role = done.via.is_some_and(|via| {
                self.called_roles(at).contains(&(end, via)) && !self.is_verb_of(at, self.ground.join(via))
            });
            if done.is_deed && !is_role {
                steps.push((end, has(done.of, Vec::new(), Some(&done), false)));
                // "have rented nothing"
                let nothing = self.is(end, "nothing").map(|end| self.past(end, &["yet", "at all", "so far"]));
                steps.extend(nothing.map(|end| (end, has(done.of, Vec::new(), Some(&done), true))));
            }
        }
    }

    /// "countries speak French", of a relationship that is called "spoken", too: right behind things, or what stands for them.
    fn is_verb_of(&self, at: usize, join: &Join) -> bool {
        let verb = stem(&self.tokens[at].text);
        let is_deed = |word: &String| word.ends_with("ed") || is_past(word);
        let said = roles(self.ground, join);
        let mut said = said.iter().filter_map(|words| words.first());
        let is_many = |(end, part): (usize, &Part)| end == at && matches!(part, Part::Dataset(_));
        let is_behind = at > 0
            && (WHO.iter().any(|word| self.tokens[at - 1].is(word))
                || self.tokens[at - 1].text != self.tokens[at - 1].lemma
                    && (0..at).any(|from| self.parts(from).any(is_many)));
        is_behind && said.any(|word| is_deed(word) && stem(word) == verb)
    }

    /// "how many different products did we sell", of units sold. Without "different", it may be how often.
    pub fn made(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        if !self.tokens[..at].iter().any(|token| DISTINCT.iter().any(|word| token.is(word))) {
            return;
        }
        let named: Vec<DatasetId> = (0..at)
            .flat_map(|from| self.parts(from))
            .filter_map(|(end, part)| match part {
                Part::Dataset(id) if end <= at => Some(*id),
                _ => None,
            })
            .collect();
        for (end, part) in self.parts(at) {
            let Part::Made(home) = part else { continue };
            let joins = self.ground.joins.iter().enumerate().filter(|(_, join)| join.from == *home);
            let mut joins = joins.filter(|(_, join)| named.contains(&join.to));
            if let (Some((join, _)), None) = (joins.next(), joins.next()) {
                steps.push((end, Item::Through(JoinId(join), None, Alone::Nothing)));
            }
        }
    }

    fn fields_there(&self, at: usize, is_without: bool, steps: &mut Vec<(usize, Item)>) {
        let op = if is_without { Op::IsEmpty } else { Op::IsNotEmpty };
        for (end, part) in self.parts(self.past(at, &["a", "an", "any", "the"])) {
            // "no fee" may be none, or one of zero; "without a floor area" has none.
            let is_said = |field: FieldId| null_meaning::of(self.ground, field).is_some();
            // "with a delay", of what may be less than none.
            let may_be_none = |field: FieldId| {
                let said = self.ground.field(field).names.description.as_deref().unwrap_or_default().to_lowercase();
                ["negative", "zero"].iter().any(|word| said.contains(word))
            };
            let is_clear = self.any(at, &["a", "an"]).is_some();
            if let Part::Field(field) = part
                && (is_clear && (is_without || !may_be_none(*field)) || !self.is_figure(*field) || is_said(*field))
            {
                // "with a garden", of yes and no.
                let filter = match schema_graph::flag(self.ground, *field) {
                    Some((yes, no)) => {
                        Filter { field: *field, op: Op::Is, values: vec![if is_without { no } else { yes }] }
                    }
                    None => Filter { field: *field, op, values: Vec::new() },
                };
                steps.push((end, Item::Filter(filter)));
            }
        }
    }

    /// "without any sales": without rows of which the figure is the sum.
    fn figures_there(&self, at: usize, is_without: bool, steps: &mut Vec<(usize, Item)>) {
        for (end, part) in self.parts(self.past(at, &ANY)) {
            let Part::Metric(id) = part else { continue };
            let metric = self.ground.metric(*id);
            let is_whole = metric.default_filters.is_empty() && !metric.expression.to_lowercase().contains("case");
            let adds = schema_graph::adds_up(self.ground, &Measure::Metric(*id));
            if let (Some(dataset), true) = (metric.datasets.first(), is_whole && adds) {
                steps.push((end, has(*dataset, Vec::new(), None, is_without)));
            }
        }
    }

    /// "only cancelled orders", "all orders delivered": more than that there are some.
    fn is_exclusive(&self, at: usize, end: usize) -> bool {
        const WORDS: [&str; 7] = ["only", "just", "all", "every", "each", "exclusively", "nothing"];
        self.tokens[at..end].iter().any(|token| WORDS.iter().any(|word| token.is(word)))
    }

    /// "without an owner": whether the relationship leads anywhere.
    fn roles_there(&self, at: usize, op: Op, steps: &mut Vec<(usize, Item)>) {
        for (end, join) in self.roles(self.past(at, &ANY)) {
            let Join { from, to, .. } = *self.ground.join(join);
            // "without a sequel", of `sequel_of`: it is no sequel itself, or has none.
            if from == to && schema_graph::is_called_by_its_own(self.ground, join) {
                continue;
            }
            let joins = self.ground.joins.iter().filter(|join| join.from == from && join.to == to);
            let key = schema_graph::key(self.ground, to).filter(|_| joins.count() == 1 && from != to);
            if let Some(field) = schema_graph::key_of(self.ground, join).or(key) {
                steps.push((end, Item::Filter(Filter { field, op, values: Vec::new() })));
            }
        }
    }

    /// "enrolled in a course": rows of enrolments, each of which links one with a course.
    fn things_linked(&self, at: usize, done: &Done, is_without: bool, steps: &mut Vec<(usize, Item)>) {
        const IN: [&str; 5] = ["in", "for", "at", "on", "to"];
        let Some(start) = self.any(self.any(at, &IN).unwrap_or(at), &["a", "an", "any"]) else { return };
        for (end, phrase) in self.phrases(start) {
            let to = match phrase.noun {
                Noun::Entity(id) => id,
                Noun::Field(field) if schema_graph::is_label(self.ground, field) => self.ground.field(field).dataset,
                _ => continue,
            };
            let link = schema_graph::link(self.ground, done.of, to);
            let Some(link) = link.filter(|_| to != done.of && phrase.is_plain() && !phrase.is_distinct) else {
                continue;
            };
            let mut filters = phrase.filters;
            if filters.is_empty() && null_meaning::may_be_empty(self.ground, link) {
                filters.push(Filter { field: link, op: Op::IsNotEmpty, values: Vec::new() });
            }
            let Done { of: dataset, via, happened, .. } = *done;
            steps.push((end, Item::Has { dataset, filters, via, happened, is_named: true, is_without }));
        }
    }

    /// "paid orders", behind a verb only what that is said of.
    fn things_there(&self, at: usize, done: Option<Done>, is_without: bool, steps: &mut Vec<(usize, Item)>) {
        // "had a repair": rows of that kind.
        let is_one = at > 0 && ["a", "an", "any", "no"].iter().any(|word| self.tokens[at - 1].is(word));
        for (end, filter) in if is_one && done.is_none() { self.singles(at) } else { Vec::new() } {
            let dataset = self.ground.field(filter.field).dataset;
            if !schema_graph::is_label(self.ground, filter.field)
                && !self.parts(end).any(|(_, part)| matches!(part, Part::Dataset(_) | Part::Field(_)))
                && !self.parts(at).any(|(other, part)| other == end && matches!(part, Part::Dataset(_)))
            {
                steps.push((end, has(dataset, vec![filter], None, is_without)));
            }
        }
        for (end, phrase) in self.phrases(at) {
            // "booked a class": what each booking is of.
            if let (Noun::Field(field), Some(done)) = (&phrase.noun, &done)
                && self.ground.field(*field).dataset == done.of
                && phrase.is_plain()
                && !phrase.is_plural
                && phrase.filters.is_empty()
                && at > 0
                && self.any(at - 1, &["a", "an", "any"]) == Some(at)
            {
                steps.push((end, has(done.of, Vec::new(), Some(done), is_without)));
            }
            if let Noun::Entity(dataset) = phrase.noun
                && done.as_ref().is_none_or(|done| done.of == dataset)
                && phrase.is_plain()
                && !phrase.is_distinct
                && !self.is_exclusive(at, end)
                && (is_without || done.is_some() || !self.is_column(end, &phrase))
                && !(phrase.filters.iter().any(|filter| filter.values.len() > 1) && self.says_each(at, end))
            {
                let Done { via, happened, .. } = done.clone().unwrap_or(Done::nothing(dataset));
                let filters = phrase.filters;
                steps.push((end, Item::Has { dataset, filters, via, happened, is_named: true, is_without }));
            }
        }
    }
}

fn has(dataset: DatasetId, filters: Vec<Filter>, done: Option<&Done>, is_without: bool) -> Item {
    let via = done.and_then(|done| done.via);
    let happened: Option<FieldId> = done.and_then(|done| done.happened);
    Item::Has { dataset, filters, via, happened, is_named: false, is_without }
}
