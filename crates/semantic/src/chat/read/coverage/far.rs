//! Far conditions: values found only over relationships that the question does not name, which are asked back about.

use crate::chat::annotate::{option, phrase, shown};
use crate::chat::graph::{self, Graph};
use crate::chat::ground::{DatasetId, FieldId, JoinId};
use crate::chat::lexicon::Part;
use crate::chat::query::{Filter, Measure, Op, Query, Value};
use crate::chat::read::field_roles;
use crate::chat::read::reader::Reader;
use crate::chat::reading::{About, Choice, Clarification, Offer};
use crate::chat::schema_graph;
use crate::chat::times;
use crate::chat::words::{Token, is_past, lemmas};

use super::clauses::Clauses;

/// Relationships between what is asked for and the field of a value that nobody named: more of them are not taken.
const FAR: usize = 2;

impl Reader<'_> {
    /// The question back about a value that was found only far from what is asked for, or in a role that nobody named.
    pub fn far(&self, query: &Query, last: Option<&Query>, choices: &[Choice]) -> Option<Clarification> {
        let before = last.map(|last| Clauses::of(self.ground, last));
        let is_new = |filter: &&Filter| {
            let of = Part::Dataset(self.ground.field(filter.field).dataset);
            !before.as_ref().is_some_and(|before| before.holds(&of))
        };
        let mut filters = query.filters.iter().chain(&query.part).filter(is_new);
        let homes: Vec<&str> = self.homes(query).map(|home| &*self.ground.dataset(home).names.name).collect();
        let homes = homes.join("+");
        let option = filters.find_map(|filter| {
            let role = self.role_to(query, filter).filter(|_| last.is_none() || !self.is_only_there(query, filter))?;
            let (field, path) = (self.ground.field(filter.field), self.ground.path(filter.field));
            let of = self.ground.dataset(field.dataset).names.shown().to_lowercase();
            let by = role.as_ref().map(|role| format!(", by {role}")).unwrap_or_default();
            // What was chosen holds for the same thing, by the same role.
            let id = format!("far|{homes}|{}|{path}", role.unwrap_or_default());
            let is_new = !choices.contains(&Choice { id: id.clone() });
            let offer = || Offer { id, label: format!("{} of {of}{by}", field.names.shown()) };
            is_new.then(|| (offer(), filter.values.iter().map(shown).collect::<Vec<_>>().join(", ")))
        })?;
        let (option, values) = option;
        let things: Vec<String> =
            self.homes(query).map(|home| self.ground.dataset(home).names.shown().to_lowercase()).collect();
        let things = things.first().cloned().unwrap_or_default();
        let question = format!("\u{201c}{values}\u{201d} is not said of {things} themselves. Do you mean this?");
        Some(Clarification { about: About::Value, question, options: vec![option] })
    }

    /// The question back about a value of something far, which a field of what is asked for holds as well, of which the words make
    /// no condition: "tracks by NAME", of an artist or of their composer.
    pub fn own_instead(&self, query: &Query, choices: &[Choice]) -> Option<Clarification> {
        let homes: Vec<DatasetId> = self.homes(query).collect();
        let of = |field: FieldId| self.ground.field(field).dataset;
        let far = query.filters.iter().filter(|filter| !homes.contains(&of(filter.field)));
        for filter in far {
            let [value] = filter.values.as_slice() else { continue };
            for at in 0..self.tokens.len() {
                let taken = Part::Value(filter.field, value.clone());
                let named = self
                    .parts(at)
                    .find(|(end, part)| **part == taken && !self.is_beside_its_field(filter.field, at, *end));
                let Some((end, _)) = named else { continue };
                let is_own =
                    |part: &Part| matches!(part, Part::Value(field, Value::Text(_)) if homes.contains(&of(*field)));
                let own =
                    self.parts(at).find(|(other, part)| *other == end && is_own(part)).map(|(_, part)| part.clone());
                let Some(own) = own else { continue };
                if let Some(which) = self.either_of(at..end, value, [&taken, &own], choices) {
                    return Some(which);
                }
            }
        }
        None
    }

    /// The question back about a text of what is asked for, by which something that it leads to is known as well: "albums of NAME", of
    /// their artist, or one that is called so; and about one by which the things of the groups are known: "tracks by playlist
    /// without NAME", without that playlist, or without the genre.
    pub fn named_instead(&self, query: &Query, choices: &[Choice]) -> Option<Clarification> {
        let of = |field: FieldId| self.ground.field(field).dataset;
        let homes: Vec<DatasetId> = self.homes(query).collect();
        let groups = query.dimensions.iter().filter(|one| query.listed.is_none() && one.grain.is_none());
        let groups: Vec<DatasetId> = groups.map(|one| of(one.field)).collect();
        let is_plain = |filter: &&Filter| matches!(filter.op, Op::Is | Op::IsNot);
        query.filters.iter().filter(is_plain).find_map(|filter| {
            let [value @ Value::Text(_)] = filter.values.as_slice() else { return None };
            let taken = Part::Value(filter.field, value.clone());
            let is_name = schema_graph::is_label(self.ground, filter.field);
            let is_text = is_name || !self.ground.field(filter.field).is_enumerated;
            let is_own = is_text && filter.op == Op::Is && homes.contains(&of(filter.field));
            let reach = schema_graph::reach(self.ground, of(filter.field));
            let is_theirs = |part: &Part| match part {
                Part::Value(field, Value::Text(_)) => {
                    let is_led = is_own && reach.contains(&of(*field)) && !homes.contains(&of(*field));
                    let is_group = groups.contains(&of(*field)) && of(*field) != of(filter.field);
                    (is_led || is_group) && schema_graph::is_label(self.ground, *field)
                }
                _ => false,
            };
            (0..self.tokens.len()).find_map(|at| {
                let named = self.parts(at).find(|(_, part)| **part == taken).map(|(end, _)| end);
                let end = named.filter(|end| !self.is_called_so(filter.field, at, *end))?;
                let theirs = self.parts(at).find(|(other, part)| *other == end && is_theirs(part));
                self.either_of(at..end, value, [&taken, theirs?.1], choices)
            })
        })
    }

    /// What is meant by these words; nothing where it was chosen before.
    fn either_of(
        &self,
        words: std::ops::Range<usize>,
        value: &Value,
        parts: [&Part; 2],
        choices: &[Choice],
    ) -> Option<Clarification> {
        let words = phrase(&self.tokens[words]);
        let offers = parts.map(|part| Offer {
            id: option(self.ground, &words, part),
            label: crate::chat::read::choice::label(self.ground, part),
        });
        let is_chosen = offers.iter().any(|offer| choices.iter().any(|choice| choice.id == offer.id));
        let question = format!("What do you mean by \"{}\"?", shown(value));
        (!is_chosen).then(|| Clarification { about: About::Value, question, options: offers.to_vec() })
    }

    /// "the album NAME", "called NAME", "the NAME album", "title NAME": one that is called so.
    fn is_called_so(&self, field: FieldId, at: usize, end: usize) -> bool {
        let of = self.ground.field(field).dataset;
        let is_one = |(end, part): (usize, &Part)| match part {
            Part::Field(id) => *id == field,
            Part::Dataset(id) => *id == of && self.tokens[end - 1].text == self.tokens[end - 1].lemma,
            _ => false,
        };
        let small = ["the", "is", "are", "=", ":", "\""];
        // "composed by NAME": who did it, which is no name of what was done.
        let is_deed = |at: usize| self.tokens[at].text.ends_with("ed") || is_past(&self.tokens[at].text);
        let is_done = at > 1 && self.tokens[at - 1].is("by") && is_deed(at - 2);
        let before = (0..at).rev().find(|at| !small.iter().any(|word| self.tokens[*at].is(word)));
        let is_before = before.is_some_and(|before| {
            let is_word = ["called", "named", "titled"].iter().any(|word| self.tokens[before].is(word));
            is_word || (0..=before).any(|from| self.parts(from).any(|part| part.0 == before + 1 && is_one(part)))
        });
        is_done || is_before || self.parts(end).any(is_one)
    }

    /// "only North" of what is on the screen: no other field has the value, and one way leads to it.
    fn is_only_there(&self, query: &Query, filter: &Filter) -> bool {
        let of = self.ground.field(filter.field).dataset;
        let is_other = |part: &Part| matches!(part, Part::Value(field, value) if *field != filter.field && filter.values.contains(value));
        let leads = |home: DatasetId| {
            let reach = schema_graph::reach(self.ground, home);
            let mut near = self.ground.joins.iter().filter(|join| join.to == of && reach.contains(&join.from));
            near.next().is_some() && near.next().is_none()
        };
        !self.says(is_other) && self.homes(query).all(leads)
    }

    /// The question back about a time of something that nobody named, where what is asked for has one of its own: "orders opened
    /// in May", of which the model knows when branches were.
    pub fn far_time(&self, query: &Query, choices: &[Choice]) -> Option<Clarification> {
        let field = query.time.as_ref()?.field;
        let of = self.ground.field(field).dataset;
        let homes: Vec<DatasetId> = self.homes(query).collect();
        let is_of_figure = |measure: &Measure| match measure {
            Measure::Metric(id) => schema_graph::home(self.ground, measure)
                .is_some_and(|home| times::of_metric(self.ground, *id, home).field() == Some(field)),
            _ => false,
        };
        let is_known = |part: &Part| match part {
            Part::Dataset(id) | Part::Done(id) | Part::Made(id) => *id == of,
            Part::Join(id) => [self.ground.join(*id).from, self.ground.join(*id).to].contains(&of),
            Part::Field(id) | Part::Value(id, _) => self.ground.field(*id).dataset == of && *id != field,
            Part::Metric(id) | Part::CountMetric(id) => self.ground.metric(*id).datasets.contains(&of),
            _ => false,
        };
        let has_own = |home: &DatasetId| times::own(self.ground, *home).is_some_and(|own| own != field);
        let is_done = self.says(|part| *part == Part::Happened(field));
        if homes.contains(&of) || !is_done || !homes.iter().any(has_own) || self.says(is_known) {
            return None;
        }
        if query.measures.iter().any(is_of_figure) {
            return None;
        }
        let names: Vec<&str> = homes.iter().map(|home| &*self.ground.dataset(*home).names.name).collect();
        let id = format!("far|{}|time|{}", names.join("+"), self.ground.path(field));
        let label = format!(
            "{} of {}",
            self.ground.field(field).names.shown(),
            self.ground.dataset(of).names.shown().to_lowercase()
        );
        let question = "Nothing of what is asked for has such a time itself. Do you mean this?".to_owned();
        let is_new = !choices.contains(&Choice { id: id.clone() });
        is_new.then(|| Clarification { about: About::Time, question, options: vec![Offer { id, label }] })
    }

    /// Why a month or a day without a year is no period: of births it is one of each year, and of what is planned the one to come.
    pub fn of_no_year(&self, query: &Query) -> Option<String> {
        const PLANNED: [&str; 5] = ["scheduled", "planned", "upcoming", "announced", "forthcoming"];
        let time = query.time.as_ref()?;
        let (from, to) = (time.range.from?, time.range.to?);
        let has_year = self.tokens.iter().any(|token| token.raw.chars().filter(char::is_ascii_digit).count() >= 4);
        let is_relative =
            self.tokens.iter().any(|token| ["this", "last", "today", "yesterday"].iter().any(|it| token.is(it)));
        let is_short = from.until(to).is_ok_and(|span| span.get_days() <= 31);
        if has_year || is_relative || !is_short {
            return None;
        }
        let is_planned = || PLANNED.iter().any(|word| self.tokens.iter().any(|token| token.is(word)));
        let name = self.ground.field(time.field).names.shown().to_lowercase();
        if field_roles::is_of_birth(self.ground, time.field) {
            return Some(format!("Say of which year: days of each year cannot be asked for, and {name} is in one."));
        }
        // "events in December", in June: those of last year, or those to come.
        let of = self.ground.field(time.field).dataset;
        let is_last_years = from.year() < self.context.today.year() && field_roles::is_planned(self.ground, of);
        let is_over = self.tokens.iter().any(|token| ["was", "were", "did", "had"].iter().any(|it| token.is(it)));
        (is_planned() && to <= self.context.today || is_last_years && !is_over)
            .then(|| "Say of which year: what is planned may lie ahead.".to_owned())
    }

    /// What is asked for.
    pub(super) fn homes<'q>(&'q self, query: &'q Query) -> impl Iterator<Item = DatasetId> + 'q {
        query.measures.iter().filter_map(|measure| schema_graph::home(self.ground, measure)).chain(query.listed)
    }

    /// What leads to the field of a condition, where the question does not name it: a role, or what links others to it.
    pub(super) fn role_to(&self, query: &Query, filter: &Filter) -> Option<Option<String>> {
        let homes: Vec<DatasetId> = self.homes(query).collect();
        let of = self.ground.field(filter.field).dataset;
        let graph = Graph::of(self.ground, &query.via, &query.done_by);
        let is_named = |part: &Part| match part {
            Part::Dataset(id) | Part::Done(id) => *id == of,
            Part::Field(id) => *id == filter.field,
            _ => false,
        };
        let is_value = filter.values.iter().all(|value| matches!(value, Value::Text(_))) && !filter.values.is_empty();
        if homes.is_empty() || !is_value || self.says(is_named) {
            return None;
        }
        let reaches = |home: &&DatasetId| schema_graph::reach(self.ground, **home).contains(&of);
        // "comedy films": what only links them is nothing by itself.
        let is_linked = |home: &DatasetId| {
            schema_graph::bridge(self.ground, *home, of).is_some_and(|it| schema_graph::is_pure_bridge(self.ground, it))
        };
        let Some(home) = homes.iter().find(reaches) else {
            return if homes.iter().all(is_linked) && filter.values.len() == 1 { None } else { Some(None) };
        };
        let way = graph.way(*home, of).ok()?;
        // "treatments of works by artists in Germany": near to what is named on the way.
        let is_passed = |join: JoinId| self.says(|part| *part == Part::Dataset(self.ground.join(join).to));
        let passed = way.iter().rposition(|step| is_passed(step.join)).map_or(0, |at| at + 1);
        let way = &way[passed..];
        if way.len() > FAR {
            return Some(None);
        }
        let role = way.iter().map(|step| step.join).find(|join| !self.is_role_said(*join, query))?;
        // A column that the model does not show is not named.
        let join = self.ground.join(role);
        let is_shown =
            |column: &str| self.ground.fields_of(join.from).any(|id| self.ground.field(id).names.name == column);
        Some(join.on.first().filter(|(from, _)| is_shown(from)).map(|(from, _)| lemmas(from).join(" ")))
    }

    /// The relationship is the only one to be thought of, or the words name it.
    fn is_role_said(&self, join: JoinId, query: &Query) -> bool {
        let known = self.ground.join(join);
        let role: Vec<String> = known.on.iter().flat_map(|(from, _)| lemmas(from)).collect();
        let is_word = |token: &Token| role.contains(&token.lemma);
        // `nat` of nations
        let thing = lemmas(&self.ground.dataset(known.to).names.name);
        let is_like = |word: &String| thing.iter().any(|thing| word.len() > 2 && thing.starts_with(word.as_str()));
        graph::is_plain(self.ground, join)
            || role.iter().any(is_like)
            || query.via.contains(&join)
            || query.done_by.contains(&join)
            || self.says(|part| *part == Part::Join(join) || *part == Part::Dataset(known.to))
            || self.tokens.iter().any(is_word)
    }
}
