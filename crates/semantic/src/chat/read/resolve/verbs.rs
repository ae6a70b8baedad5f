//! Verbs of relationships: "orders bought by customers", "premium that each holder paid".

use super::super::frame::{Belonging, Belongs, SemanticFrame};
use super::super::items::{Alone, Grouped, Noun};
use super::super::resolver::{Outcome, Resolution, Resolver};
use crate::chat::graph::Graph;
use crate::chat::ground::{DatasetId, FieldId, JoinId, Type};
use crate::chat::names::phrases;
use crate::chat::null_meaning;
use crate::chat::query::{Dimension, Filter, Measure, Op, Value};
use crate::chat::reading::About;
use crate::chat::schema_graph;
use crate::chat::times;
use crate::chat::words::{is_past, stem, verbs_of};

impl Resolver<'_> {
    /// "claims caused by a storm": those that have one. The thing behind the verb is there for this alone.
    pub fn done_by(&mut self, all: &mut SemanticFrame) -> Outcome<()> {
        for (join, id) in std::mem::take(&mut all.by_verb) {
            let (from, to) = (self.ground.join(join).from, self.ground.join(join).to);
            let beyond = schema_graph::reach(self.ground, to);
            let is_said = |filter: &Filter| beyond.contains(&self.ground.field(filter.field).dataset);
            let Some(field) = schema_graph::key(self.ground, to).or_else(|| schema_graph::link(self.ground, from, to))
            else {
                continue;
            };
            // "bought by customers in Germany": the condition says it all.
            if id != to || all.filters.iter().any(is_said) {
                continue;
            }
            let is_it = |noun: &Noun| *noun == Noun::Entity(id);
            let Some(at) = all.nouns.iter().position(|phrase| is_it(&phrase.noun)) else { continue };
            all.nouns.remove(at);
            all.stop = all.stop.map(|stop| if at < stop { stop - 1 } else { stop });
            all.filters.push(Filter { field, op: Op::IsNotEmpty, values: Vec::new() });
        }
        Ok(())
    }

    /// "viewed the most properties": those that the rows of viewings lead to, by who they say did it, and when.
    pub fn deed(&mut self, all: &mut SemanticFrame) -> Outcome<()> {
        let Some(deed) = all.deed.take() else { return Ok(()) };
        let what = deed.to.map_or(self.ground.join(deed.by).from, |to| self.ground.join(to).to);
        let counts = |measure: &Measure| {
            let is_figure = matches!(measure, Measure::Metric(id) if self.ground.metric(*id).datasets == [what]);
            *measure == Measure::CountOf(what)
                || super::counts::counting(self.ground, what).as_ref() == Some(measure)
                || deed.to.is_none() && is_figure
        };
        if !matches!(self.query.measures.as_slice(), [one] if counts(one)) {
            return Err(Resolution::Nothing);
        }
        if let Some(through) = deed.to {
            self.query.measures = vec![Measure::CountThrough { what, through }];
        }
        self.query.via.push(deed.by);
        Ok(())
    }

    pub fn through(&mut self, all: &mut SemanticFrame) -> Outcome<()> {
        for (join, done_by, alone) in std::mem::take(&mut all.through) {
            let from = self.ground.join(join).from;
            let to = self.ground.join(join).to;
            if from == to {
                return Err(Resolution::Nothing);
            }
            // "policies that each holder sold": agents sold them.
            if done_by.is_some_and(|id| id != from && id != to) {
                return Err(Resolution::Nothing);
            }
            // "how many customers bought more than 5 orders": the condition says of what, the verb by which
            // relationship.
            let is_said = |belongs: &Belongs| match &belongs.what {
                Belonging::Condition { measure, .. } => {
                    belongs.subject == Some(to) && schema_graph::home(self.ground, measure) == Some(from)
                }
                Belonging::Has { .. } => false,
            };
            if all.belongs.iter().any(is_said) {
                self.query.done_by.push(join);
                continue;
            }
            match self.query.measures.as_slice() {
                [Measure::CountOf(what)] if *what == to => {
                    self.query.measures = vec![Measure::CountThrough { what: to, through: join }];
                }
                // "lawyers who lead more than 15 matters": they are those to whom it leads.
                _ if self.are_several_ways(from, to) && self.is_grouped_by(to) && self.leads_from_homes(from) => {
                    self.query.via.push(join);
                }
                // "contracts sold by the Inside Sales team", "premium that each holder paid": by which relationship the
                // team and the holders are meant.
                _ if self.leads_by(join, alone, all) => self.query.via.push(join),
                // "orders bought" says what orders are; "approved by the manager" says by whom, who is no group then.
                [Measure::CountOf(what)] if *what == from && !all.is_verb_before_by => match alone {
                    Alone::Nothing => {}
                    Alone::Linked => all.filters.extend(self.leads_somewhere(join)),
                    Alone::So | Alone::By => all.filters.extend(self.may_lead_nowhere(join)),
                    Alone::State => return Err(Resolution::Nothing),
                },
                _ => return Err(Resolution::Nothing),
            }
        }
        Ok(())
    }

    fn are_several_ways(&self, from: DatasetId, to: DatasetId) -> bool {
        self.ground.joins.iter().filter(|join| join.from == from && join.to == to).count() > 1
    }

    /// The groups are these things.
    fn is_grouped_by(&self, of: DatasetId) -> bool {
        let dimensions = &self.query.dimensions;
        let is_it = |one: &Dimension| one.grain.is_none() && self.ground.field(one.field).dataset == of;
        !dimensions.is_empty() && dimensions.iter().all(is_it)
    }

    /// The figures are of rows that lead there, and of no others.
    fn leads_from_homes(&self, from: DatasetId) -> bool {
        let mut homes = self.query.measures.iter().map(|measure| schema_graph::home(self.ground, measure)).peekable();
        homes.peek().is_some() && homes.all(|home| home == Some(from))
    }

    /// That rows lead to something by a relationship.
    fn leads_somewhere(&self, join: JoinId) -> Option<Filter> {
        let field = schema_graph::key_of(self.ground, join)?;
        Some(Filter { field, op: Op::IsNotEmpty, values: Vec::new() })
    }

    /// The same, where it is said of some that they do not: "empty unless sold".
    pub fn may_lead_nowhere(&self, join: JoinId) -> Option<Filter> {
        self.leads_somewhere(join).filter(|filter| null_meaning::may_be_empty(self.ground, filter.field))
    }

    /// The figures lead to where this relationship begins, and a condition or a group is of what it leads to.
    fn leads_by(&self, join: JoinId, alone: Alone, all: &SemanticFrame) -> bool {
        let (from, to) = (self.ground.join(join).from, self.ground.join(join).to);
        let homes = self.query.measures.iter().filter_map(|measure| schema_graph::home(self.ground, measure));
        let mut homes = homes.chain(self.query.listed).peekable();
        let beyond = schema_graph::reach(self.ground, to);
        let is_beyond = |field: &FieldId| beyond.contains(&self.ground.field(*field).dataset);
        let is_of = |by: &Grouped| match by {
            Grouped::Entity(id) => *id == to,
            Grouped::Field(field) => is_beyond(field),
            _ => false,
        };
        // "who reported the most incidents": those by whom they were.
        let are_led_to = |dimensions: &[Dimension]| {
            !dimensions.is_empty() && dimensions.iter().all(|dimension| is_beyond(&dimension.field))
        };
        // "sold in Kent", of what is in a town itself and was sold by somebody who lives in one.
        let is_elsewhere = |filter: &Filter| {
            let of = self.ground.field(filter.field).dataset;
            homes.clone().any(|home| home != of && self.reach_beside(home, to).contains(&of))
        };
        let is_led_to = |filter: &Filter| {
            is_beyond(&filter.field) && (alone == Alone::By || alone != Alone::State && !is_elsewhere(filter))
        };
        let is_filtered = all.filters.iter().any(is_led_to);
        homes.peek().is_some()
            && homes.all(|home| schema_graph::reach(self.ground, home).contains(&from))
            && (is_filtered || all.groups.iter().any(is_of) || all.is_someone && are_led_to(&self.query.dimensions))
    }

    /// "cancelled in 2025", "delivered by Ann in May": periods behind what was done are of when that was.
    pub fn times_of_deeds(&mut self, all: &mut SemanticFrame) -> Outcome<()> {
        for (at, filter) in std::mem::take(&mut all.done_in) {
            if !self.says_what_was_done(&filter) {
                continue;
            }
            let field = filter.field;
            let dataset = self.ground.field(field).dataset;
            // When it was shipped is not when it was cancelled, where both are values of the field.
            let states: Vec<String> = self
                .ground
                .field(field)
                .values
                .iter()
                .filter_map(|value| value.as_str())
                .map(|state| stem(&state.to_lowercase()))
                .collect();
            let own = times::own(self.ground, dataset);
            let is_of_another = |id: &FieldId| {
                phrases(&self.ground.field(*id).names).iter().flatten().any(|word| states.contains(&stem(word)))
            };
            let times = self.ground.fields_of(dataset).filter(|id| {
                let known = self.ground.field(*id);
                let is_time = known.is_time && matches!(known.ty, Type::Date | Type::Timestamp);
                is_time && (Some(*id) == own || !is_of_another(id))
            });
            let times: Vec<FieldId> = times.collect();
            let is_open = all.times.get(at).is_some_and(|(_, _, of)| of.is_none());
            // "let in 2024", of homes that were listed then.
            let things = phrases(&self.ground.dataset(dataset).names).into_iter().flatten();
            let things: Vec<String> = things.flat_map(|word| [vec![stem(&word)], verbs_of(&word)].concat()).collect();
            let is_its =
                |value: &Value, verb: &str| matches!(value, Value::Text(text) if stem(&text.to_lowercase()) == verb);
            let is_clear = |one: &FieldId| {
                let is_said = |verb: String| filter.values.iter().any(|value| is_its(value, &verb));
                times::deed(self.ground, *one).is_none_or(|verb| things.contains(&verb) || is_said(verb))
            };
            if !is_open || times.is_empty() || matches!(times.as_slice(), [one] if is_clear(one)) {
                continue;
            }
            let about = format!("time of {}", self.ground.path(field));
            let chosen = self.choose(About::Time, &about, "The period of which time?", &times)?;
            if let Some((_, _, of)) = all.times.get_mut(at) {
                *of = Some(chosen);
            }
        }
        if let ([done], [(_, _, of @ None)]) = (all.done_at.as_slice(), all.times.as_mut_slice()) {
            *of = Some(*done);
        }
        Ok(())
    }

    /// "cancelled", "paid", and a code that is called so.
    fn says_what_was_done(&self, filter: &Filter) -> bool {
        let is_done = |text: &str| {
            let text = text.to_lowercase();
            text.ends_with("ed") || is_past(&text)
        };
        let synonyms = &self.ground.field(filter.field).value_synonyms;
        let is_called = |value: &str| {
            let of = synonyms.iter().filter(|(known, _)| known == value).flat_map(|(_, words)| words);
            is_done(value) || of.into_iter().any(|word| is_done(word))
        };
        let is_it = |value: &Value| matches!(value, Value::Text(text) if is_called(text));
        filter.op == Op::Is && filter.values.iter().any(is_it)
    }

    /// "visits of Berlin members": where the visits lead to a place themselves, it is not that of the members.
    pub fn are_of_what_they_are_said(&self, all: &SemanticFrame, home: Option<DatasetId>) -> Outcome<()> {
        let homes = self.query.measures.iter().filter_map(|measure| schema_graph::home(self.ground, measure));
        let homes: Vec<DatasetId> = homes.chain(self.query.listed).chain(home).collect();
        let graph = Graph::of(self.ground, &self.query.via, &self.query.done_by);
        for (of, filter) in all.said_of.iter().filter(|(_, filter)| self.query.filters.contains(filter)) {
            let to = self.ground.field(filter.field).dataset;
            let is_beyond = to != *of && schema_graph::reach(self.ground, *of).contains(&to);
            for from in homes.iter().filter(|from| is_beyond && *from != of) {
                let Ok(way) = graph.way(*from, to) else { continue };
                let passes = way.iter().any(|step| {
                    let join = self.ground.join(step.join);
                    if step.is_backwards { join.from == *of } else { join.to == *of }
                });
                if !passes {
                    let (field, own, others) = (self.ground.field(filter.field), self.shown(*from), self.shown(*of));
                    let name = field.names.shown().to_lowercase();
                    return Err(Resolution::Not(format!(
                        "Say whether the {name} is that of {own} or that of {others}."
                    )));
                }
            }
        }
        Ok(())
    }
}
