//! Membership conditions: "customers without orders", "customers with more than 3 paid orders in March".

use super::super::frame::{Belonging, Belongs, SemanticFrame};
use super::super::items::{Grouped, Item, Target};
use super::super::resolver::{Outcome, Resolution, Resolver};
use super::compare;
use crate::chat::graph::Graph;
use crate::chat::ground::{DatasetId, FieldId, JoinId};
use crate::chat::query::{Filter, Measure, Member, Op, TimeRange, Value};
use crate::chat::schema_graph;
use crate::chat::times::{self, TimeOf};

impl Resolver<'_> {
    pub fn belongs(&mut self, all: &mut SemanticFrame, home: Option<DatasetId>) -> Outcome<()> {
        for Belongs { what, subject, behind, is_behind_groups, is_described, things } in
            std::mem::take(&mut all.belongs)
        {
            let counted = self.query.measures.first().and_then(|measure| super::counts::counted(self.ground, measure));
            let subject = subject.or(self.query.listed).or(counted);
            let (what, behind) = self.in_total(what, behind, things.is_empty())?;
            match what {
                Belonging::Condition { measure, op, values } => {
                    let from = schema_graph::home(self.ground, &measure).ok_or(Resolution::Nothing)?;
                    let of = subject.filter(|of| *of != from && schema_graph::reach(self.ground, from).contains(of));
                    let Some(of) = of else {
                        // They would hold for the figure that is asked for, too.
                        if is_described {
                            return Err(Resolution::Nothing);
                        }
                        all.conditions.push((Target::Measure(measure), op, values));
                        back(behind, all);
                        continue;
                    };
                    if is_behind_groups {
                        let name = self.shown(of);
                        return Err(Resolution::Not(format!(
                            "Say whether the condition is on each of {name} or on each group."
                        )));
                    }
                    let (filters, time) = self.inner(of, from, behind, all, home)?;
                    let within = schema_graph::reach(self.ground, from);
                    self.all_within(within, &filters, from)?;
                    self.query.members.push(Member { of, kin: None, measure, filters, time, op, values });
                }
                Belonging::Has { dataset, filters, via, is_named, is_without } => {
                    let of = subject.ok_or(Resolution::Nothing)?;
                    // "did we play", of what is of a play by something else: that they are of one says nothing.
                    let is_said = is_named || is_without || schema_graph::link(self.ground, of, dataset).is_some();
                    let is_plain = filters.is_empty() && via.is_none() && is_said;
                    if !is_plain || !self.linked(of, dataset, &behind, is_without, all) {
                        self.has(
                            of,
                            dataset,
                            (filters, via.map(|via| (via, is_named)), is_without),
                            (behind, things),
                            all,
                            home,
                        )?;
                    } else {
                        back(behind, all);
                    }
                }
            }
        }
        Ok(())
    }

    /// "clients who were invoiced more than 500,000": in one invoice or in all is not said, unless the model adds them up.
    fn in_total(
        &mut self,
        what: Belonging,
        mut behind: Vec<(usize, Item)>,
        is_alone: bool,
    ) -> Outcome<(Belonging, Vec<(usize, Item)>)> {
        let Belonging::Has { dataset, via, is_named: false, is_without: false, .. } = &what else {
            return Ok((what, behind));
        };
        let (dataset, via) = (*dataset, *via);
        let is_bound = |item: &Item| match item {
            Item::Condition { target: Target::Open, op, .. } => *op != Op::Is,
            Item::Condition { target: Target::Field(field), op, .. } => {
                let is_its = is_alone || self.ground.field(*field).dataset == dataset;
                *op != Op::Is && is_its && self.is_figure(*field)
            }
            // How often it was done, is said of the things.
            Item::Condition { target: Target::Measure(measure), .. } => {
                let is_count = super::counts::counted(self.ground, measure).is_some();
                !is_count && schema_graph::home(self.ground, measure) == Some(dataset)
            }
            _ => false,
        };
        let Some(at) = behind.iter().position(|(_, item)| is_bound(item)) else { return Ok((what, behind)) };
        let (_, Item::Condition { target, op, values }) = behind.remove(at) else { return Err(Resolution::Nothing) };
        let field = match target {
            Target::Field(field) => field,
            Target::Measure(measure) => {
                self.query.done_by.extend(via);
                return Ok((Belonging::Condition { measure, op, values }, behind));
            }
            _ => self.open_figure(dataset)?,
        };
        // "booked more than 20 seats": of what it was done with, or of what was done.
        let is_own = self.ground.field(field).dataset == dataset;
        let Some(measure) = super::totals::together(self.ground, field).filter(|_| is_own) else {
            let (name, of) = (self.ground.field(field).names.shown().to_lowercase(), self.shown(dataset));
            let sentence = format!("Say whether the {name} is that of one of {of}, or of all of them together.");
            return Err(Resolution::Not(sentence));
        };
        self.tell_total(&measure);
        self.query.done_by.extend(via);
        Ok((Belonging::Condition { measure, op, values }, behind))
    }

    /// "orders without a customer": whether the link is empty.
    fn linked(
        &mut self,
        of: DatasetId,
        dataset: DatasetId,
        behind: &[(usize, Item)],
        is_without: bool,
        all: &mut SemanticFrame,
    ) -> bool {
        // Whom of their kind they lead to, a verb does not ask.
        if of == dataset {
            return false;
        }
        let is_of_it = schema_graph::reach(self.ground, of).contains(&dataset);
        let key = || schema_graph::key(self.ground, dataset).filter(|_| is_of_it);
        let Some(field) = schema_graph::link(self.ground, of, dataset).or_else(key) else { return false };
        // Several ways lead there: which of them is empty?
        if Graph::of(self.ground, &self.query.via, &self.query.done_by).way(of, dataset).is_err() {
            return false;
        }
        if is_without && !behind.is_empty() {
            return false;
        }
        // "orders with a customer in Germany": the condition says it all.
        if behind.iter().any(|(_, item)| matches!(item, Item::Filter(_) | Item::Each(_))) {
            return true;
        }
        // "list stays with patient": rows that have one, or whose.
        if all.is_list && !is_without {
            return false;
        }
        let op = if is_without { Op::IsEmpty } else { Op::IsNotEmpty };
        self.notes.push(format!("Looked at whether {} is empty.", self.ground.path(field)));
        all.filters.push(Filter { field, op, values: Vec::new() });
        true
    }

    fn has(
        &mut self,
        of: DatasetId,
        dataset: DatasetId,
        (filters, via, is_without): (Vec<Filter>, Option<(JoinId, bool)>, bool),
        (behind, things): (Vec<(usize, Item)>, Vec<DatasetId>),
        all: &mut SemanticFrame,
        home: Option<DatasetId>,
    ) -> Outcome<()> {
        let (one, other) = (self.shown(of), self.shown(dataset));
        // "box office of studios, without films in English": without these films, or of studios that have none.
        let is_figured = |measure: &Measure| of != dataset && schema_graph::home(self.ground, measure) == Some(dataset);
        if is_without && self.query.measures.iter().any(is_figured) {
            let sentence = format!("Say whether the figure is without these {other}, or of {one} that have none.");
            return Err(Resolution::Not(sentence));
        }
        let (more, time) = self.inner(of, dataset, behind, all, home)?;
        let mut filters = [filters, more].concat();
        // "medications that were never prescribed": not by them, but of them.
        let done_to =
            via.map(|(via, _)| via).filter(|via| self.ground.join(*via).to != of && self.is_done_to(*via, of));
        if let Some(via) = done_to
            && self.is_unclear_of_deed(via, of, all, &filters)
        {
            return Err(Resolution::Nothing);
        }
        filters.extend(done_to.and_then(|via| self.may_lead_nowhere(via)));
        let via = via.filter(|_| done_to.is_none());
        // "customers who bought per year": when they bought, and not when they came.
        if via.is_some() && !is_without && all.groups.iter().any(|by| matches!(by, Grouped::Grain(_))) {
            return Err(Resolution::Nothing);
        }
        if let Some((via, is_named)) = via {
            let join = self.ground.join(via);
            // "how many customers bought": counted among the rows of what they bought.
            let is_counted = !is_without && !is_named && !self.query.measures.is_empty();
            let reach = schema_graph::reach(self.ground, join.from);
            let is_far = filters.iter().any(|filter| !reach.contains(&self.ground.field(filter.field).dataset));
            if join.to != of || is_counted && !is_far {
                return Err(Resolution::Nothing);
            }
            self.query.done_by.push(via);
        }
        // One of them has no other by that.
        if of == dataset && via.is_none() {
            return Err(Resolution::Nothing);
        }
        let unclear =
            || Resolution::Not(format!("Which {one} have {other} and which have none cannot be asked for here."));
        let mut ends: Vec<DatasetId> = filters.iter().map(|filter| self.ground.field(filter.field).dataset).collect();
        ends.extend([of, dataset]);
        ends.extend(things);
        // Where things lead to one another, what is named is the nearest.
        let within = schema_graph::reach(self.ground, dataset);
        let own = Some(dataset).filter(|_| ends.iter().all(|end| within.contains(end)));
        let link = || {
            schema_graph::bridge(self.ground, of, dataset)
                .filter(|_| ends.iter().all(|end| *end == of || *end == dataset))
        };
        let root = own.or_else(|| self.root(&ends)).or_else(link).or_else(|| self.part_of(dataset, &ends));
        let root = root.filter(|root| *root != of);
        let root = root.ok_or_else(unclear)?;
        if root != dataset {
            let key = schema_graph::key(self.ground, dataset).ok_or_else(unclear)?;
            if schema_graph::reach(self.ground, of).contains(&dataset) {
                return Err(unclear());
            }
            if !filters.iter().any(|filter| filter.field == key) {
                filters.push(Filter { field: key, op: Op::IsNotEmpty, values: Vec::new() });
            }
        }
        let (op, digits) = if is_without { (Op::Is, "0") } else { (Op::AtLeast, "1") };
        let values = vec![Value::Number(digits.to_owned())];
        let measure = Measure::CountOf(root);
        self.query.members.push(Member { of, kin: None, measure, filters, time, op, values });
        Ok(())
    }

    /// Of lots that were bought: who bought them, and when, is not what they lead to themselves. "Lots bought per buyer", "by
    /// parties in Kent", "per year".
    fn is_unclear_of_deed(&self, via: JoinId, of: DatasetId, all: &SemanticFrame, filters: &[Filter]) -> bool {
        let doers = schema_graph::reach(self.ground, self.ground.join(via).to);
        let own = schema_graph::reach(self.ground, of);
        let is_of_doers = |field: FieldId| doers.contains(&self.ground.field(field).dataset);
        let is_theirs = |by: &Grouped| match by {
            Grouped::Entity(id) => doers.contains(id),
            Grouped::Field(field) | Grouped::FieldGrain(field, _) => is_of_doers(*field),
            Grouped::Role(..) | Grouped::Such(..) | Grouped::Grain(_) => true,
        };
        let is_either =
            |filter: &Filter| is_of_doers(filter.field) && own.contains(&self.ground.field(filter.field).dataset);
        all.groups.iter().any(is_theirs) || all.filters.iter().chain(filters).any(is_either)
    }

    /// Rows of what was done lead to it, besides to who did it.
    fn is_done_to(&self, via: JoinId, of: DatasetId) -> bool {
        let join = self.ground.join(via);
        join.to != of && schema_graph::reach(self.ground, join.from).contains(&of)
    }

    /// The one that leads to all of `ends` and happens as rows of `whole` do: lines of orders, not what was sent back.
    fn part_of(&self, whole: DatasetId, ends: &[DatasetId]) -> Option<DatasetId> {
        let dated = |dataset: DatasetId| match crate::chat::times::of(self.ground, dataset) {
            TimeOf::Field { field, .. } => Some(self.ground.field(field).dataset),
            _ => None,
        };
        let roots = self.roots(ends);
        let mut parts = roots.iter().filter(|root| **root != whole && dated(**root) == Some(whole));
        let (one, None) = (parts.next()?, parts.next()) else { return None };
        Some(*one)
    }

    /// The one dataset nearest to all of `ends` that leads to each of them.
    pub fn root(&self, ends: &[DatasetId]) -> Option<DatasetId> {
        match self.roots(ends).as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    fn roots(&self, ends: &[DatasetId]) -> Vec<DatasetId> {
        let all = (0..self.ground.datasets.len()).map(DatasetId);
        let leads = |root: &DatasetId| {
            let reach = schema_graph::reach(self.ground, *root);
            ends.iter().all(|end| reach.contains(end))
        };
        let roots: Vec<DatasetId> = all.filter(leads).collect();
        let is_nearest = |root: &&DatasetId| {
            let reach = schema_graph::reach(self.ground, **root);
            roots.iter().all(|other| other == *root || !reach.contains(other))
        };
        roots.iter().filter(is_nearest).copied().collect()
    }

    /// What stands behind: of the thing itself, or of what belongs to it.
    fn inner(
        &mut self,
        of: DatasetId,
        about: DatasetId,
        behind: Vec<(usize, Item)>,
        all: &mut SemanticFrame,
        home: Option<DatasetId>,
    ) -> Outcome<(Vec<Filter>, Option<TimeRange>)> {
        // "last month, how many customers had no orders": the month of what?
        let whose = || Resolution::Not("Say of what the period is: put it right behind.".to_owned());
        let plain = all.times.iter().filter(|(_, _, field)| field.is_none()).count();
        if plain > all.happened.len() {
            return Err(whose());
        }
        let own = schema_graph::reach(self.ground, of);
        // "an appointment with Dr. Roux": of the appointment, though patients have a doctor, too.
        let beside = self.reach_beside(about, of);
        let is_own = |resolver: &Self, field: FieldId| {
            let dataset = resolver.ground.field(field).dataset;
            own.contains(&dataset) && (dataset == of || !beside.contains(&dataset))
        };
        let (mut filters, mut time, mut pending) = (Vec::new(), None, None);
        for (at, item) in behind {
            let filter = match item {
                Item::Each(filter) => {
                    if !is_own(self, filter.field) {
                        let sentence = "Say whether one of them is enough: \"or\", or ask for each.";
                        return Err(Resolution::Not(sentence.to_owned()));
                    }
                    filter
                }
                Item::Filter(filter) => filter,
                Item::Condition { target: Target::Field(field), op, values } => Filter { field, op, values },
                Item::Condition { target: Target::Open, op, values } => {
                    let field = self.open_figure(about)?;
                    self.notes.push(format!("Took the number for {}.", self.ground.field(field).names.shown()));
                    Filter { field, op, values }
                }
                Item::Happened(field) => {
                    if pending.replace(field).is_some() {
                        return Err(Resolution::Nothing);
                    }
                    continue;
                }
                Item::Time { stated, field } => {
                    let field = field.or(pending.take());
                    match field {
                        Some(field) if is_own(self, field) => all.times.push((at, stated, Some(field))),
                        field => {
                            if time.is_some() || self.base(home) != Some(of) {
                                return Err(whose());
                            }
                            let range = compare::clear(self, &stated)?;
                            self.notes.extend(stated.note.clone());
                            let field = field.map_or_else(|| self.time_in(None, about), Ok)?;
                            time = Some(TimeRange { field, range });
                        }
                    }
                    continue;
                }
                _ => return Err(Resolution::Nothing),
            };
            if is_own(self, filter.field) {
                all.filters.push(filter);
                continue;
            }
            // "bought shoes but not hats": none of it, or something else.
            if filter.op == Op::IsNot || filters.iter().any(|other: &Filter| other.field == filter.field) {
                let sentence = "Say whether none of them or not only them is meant: ask for each.";
                return Err(Resolution::Not(sentence.to_owned()));
            }
            filters.push(filter);
        }
        match pending {
            Some(field) if is_own(self, field) => all.happened.push(field),
            Some(field) => filters.push(self.context.come(self.ground, field, true)),
            None => {}
        }
        Ok((filters, time))
    }

    /// What rows of `about` lead to without those of `of`.
    pub fn reach_beside(&self, about: DatasetId, of: DatasetId) -> Vec<DatasetId> {
        let mut reached = vec![about];
        let mut at = 0;
        while at < reached.len() && about != of {
            let here = reached[at];
            for join in self.ground.joins.iter().filter(|join| join.from == here && join.to != of) {
                if !reached.contains(&join.to) {
                    reached.push(join.to);
                }
            }
            at += 1;
        }
        reached
    }

    fn all_within(&self, within: &[DatasetId], filters: &[Filter], of: DatasetId) -> Outcome<()> {
        let far = filters.iter().find(|filter| !within.contains(&self.ground.field(filter.field).dataset));
        match far {
            Some(filter) => {
                let field = self.ground.field(filter.field).names.shown();
                Err(Resolution::Not(format!("No relationship leads from {} to {field}.", self.shown(of))))
            }
            None => Ok(()),
        }
    }

    /// The time of a figure, or of the rows of a dataset.
    pub fn time_in(&mut self, measure: Option<&Measure>, base: DatasetId) -> Outcome<FieldId> {
        match self.time_of(measure, base) {
            TimeOf::Field { field, is_declared } => {
                let path = self.ground.path(field);
                let how = match is_declared {
                    true => {
                        format!("which the model names as the time of {}", self.shown(self.ground.field(field).dataset))
                    }
                    false if times::has_others(self.ground, field) => "the only dates of what was".to_owned(),
                    false => "the only dates there are".to_owned(),
                };
                let note = format!("Dates are those of {path}, {how}.");
                if !self.notes.contains(&note) {
                    self.notes.push(note);
                }
                Ok(field)
            }
            TimeOf::Several(fields) => {
                let about = format!("time of {}", self.ground.dataset(base).names.name);
                self.choose(crate::chat::reading::About::Time, &about, "Which time do you mean?", &fields)
            }
            TimeOf::None => Err(Resolution::Not(format!("There is no time for {}.", self.shown(base)))),
        }
    }
}

/// What stood behind a condition on groups is said of the whole question.
fn back(behind: Vec<(usize, Item)>, all: &mut SemanticFrame) {
    for (at, item) in behind {
        match item {
            Item::Filter(filter) | Item::Each(filter) => all.filters.push(filter),
            Item::Condition { target, op, values } => all.conditions.push((target, op, values)),
            Item::Time { stated, field } => all.times.push((at, stated, field)),
            Item::Happened(field) => all.happened.push(field),
            _ => {}
        }
    }
}
