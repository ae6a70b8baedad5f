//! The resolver of a frame: the query that it comes to so far, and the resolution that it ends in.

use super::field_roles;
use super::frame::SemanticFrame;
use super::items::{Grouped, Noun, Phrase, Target};
use super::resolve::counts;
use super::scan::groups::grain_word;
use crate::chat::derived_fields::Made;
use crate::chat::ground::{DatasetId, FieldId, Ground, Type};
use crate::chat::lexicon::short_names;
use crate::chat::names::{further, phrases};
use crate::chat::null_meaning;
use crate::chat::query::{
    Aggregate, By, Dimension, Filter, Grain, Having, Measure, Op, Order, Query, TimeRange, Value,
};
use crate::chat::reading::{About, Choice, Clarification, Offer};
use crate::chat::schema_graph;
use crate::chat::times::{self, TimeOf};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Resolution {
    Query(Box<Query>, Vec<String>),
    Ask(Clarification),
    /// A whole sentence.
    Not(String),
    /// The same, of a query that does not say a word of the question: others may say them all.
    Lost(String, Box<Query>),
    /// The words do not go together.
    Nothing,
}

pub(super) struct Resolver<'a> {
    pub ground: &'a Ground,
    pub choices: &'a [Choice],
    pub context: crate::chat::dates::Context<'a>,
    pub query: Query,
    pub notes: Vec<String>,
}

pub(super) type Outcome<T> = Result<T, Resolution>;

impl<'a> Resolver<'a> {
    pub fn new(ground: &'a Ground, choices: &'a [Choice], context: crate::chat::dates::Context<'a>) -> Resolver<'a> {
        Resolver { ground, choices, context, query: Query::default(), notes: Vec::new() }
    }

    /// The dataset whose rows the query goes over, once its measures are known.
    pub fn base(&self, home: Option<DatasetId>) -> Option<DatasetId> {
        self.query.measures.first().and_then(|measure| schema_graph::home(self.ground, measure)).or(home)
    }

    pub fn conditions(&mut self, all: &mut SemanticFrame, home: Option<DatasetId>) -> Outcome<()> {
        self.belongs(all, home)?;
        let base = self.base(home);
        for (target, op, values) in all.conditions.drain(..) {
            match target {
                Target::Field(field) => all.filters.push(Filter { field, op, values }),
                Target::Lasting => {
                    let field = base.and_then(|base| schema_graph::lasting(self.ground, base));
                    let field = field.ok_or(Resolution::Nothing)?;
                    self.notes.push(format!("Took {} for how long it lasts.", self.ground.path(field)));
                    all.filters.push(Filter { field, op, values });
                }
                Target::Fraction => return Err(Resolution::Nothing),
                Target::Measure(measure) => self.query.having.push(Having { measure, op, values }),
                Target::Open => {
                    let base = base.ok_or(Resolution::Nothing)?;
                    // "revenue over 1000" is no condition of rows.
                    let counts = |measure: &Measure| matches!(measure, Measure::CountOf(_)) || self.is_count(measure);
                    if !self.query.measures.iter().all(counts) {
                        return Err(Resolution::Nothing);
                    }
                    let field = self.open_figure(base)?;
                    self.notes.push(format!("Took the number for {}.", self.ground.field(field).names.shown()));
                    all.filters.push(Filter { field, op, values });
                }
            }
        }
        self.both_within(all);
        if all.happened.len() > 1 && !all.times.is_empty() && all.times.len() < all.happened.len() {
            return Err(Resolution::Not("Say of each when it happened.".into()));
        }
        for field in all.happened.drain(..) {
            match all.times.iter_mut().find(|(_, _, of)| of.is_none()) {
                Some((_, _, of)) => *of = Some(field),
                // "shipped by month", "by month of expiration"
                None if all.groups.iter().any(|by| matches!(by, Grouped::Grain(_))) => {
                    // Of those that it did not happen to, there is no month.
                    if base.is_none_or(|base| times::own(self.ground, base) != Some(field)) {
                        all.filters.push(Filter { field, op: Op::IsNotEmpty, values: Vec::new() });
                    }
                    for by in &mut all.groups {
                        if let Grouped::Grain(grain) = by {
                            *by = Grouped::FieldGrain(field, *grain);
                        }
                    }
                }
                None if base.is_some_and(|base| times::own(self.ground, base) == Some(field))
                    && !field_roles::ends(self.ground, field)
                    && !null_meaning::may_be_empty(self.ground, field) => {}
                None => all.filters.push(self.context.come(self.ground, field, true)),
            }
        }
        Ok(())
    }

    /// "opened and closed in October": both within it.
    fn both_within(&mut self, all: &mut SemanticFrame) {
        let ([_, second], [(_, stated, None)], true) =
            (all.happened.as_slice(), all.times.as_slice(), all.are_both_within)
        else {
            return;
        };
        let (second, range) = (*second, stated.range);
        let (Some(from), Some(to)) = (range.from, range.to) else { return };
        for (op, day) in [(Op::AtLeast, from), (Op::Less, to)] {
            all.filters.push(Filter { field: second, op, values: vec![Value::Date(day)] });
        }
        let name = self.ground.field(second).names.shown().to_lowercase();
        self.notes.push(format!("Took the period for {name}, too."));
        all.happened.truncate(1);
    }

    /// What a number says of things that is said with no figure. Of things that figures of others are grouped by, it
    /// may be one of these, but where a figure of the model is made of it.
    pub fn open_figure(&self, dataset: DatasetId) -> Outcome<FieldId> {
        let field = self.only_figure(dataset)?;
        if field_roles::is_grouped_by(self.ground, dataset) && !field_roles::is_used(self.ground, dataset, field) {
            let (name, of) = (self.ground.field(field).names.shown().to_lowercase(), self.shown(dataset));
            return Err(Resolution::Not(format!("Say which figure of {of} the number is about: {name}, for one.")));
        }
        Ok(field)
    }

    /// The field that a number without a name is about: there must be one figure only.
    pub fn only_figure(&self, dataset: DatasetId) -> Outcome<FieldId> {
        let figures: Vec<FieldId> = self.ground.fields_of(dataset).filter(|id| self.is_figure(*id)).collect();
        let about = format!("number of {}", self.ground.dataset(dataset).names.name);
        match figures.as_slice() {
            [] => Err(Resolution::Nothing),
            [one] if !field_roles::is_worth(self.ground, *one) => {
                let (name, figure) = (self.shown(dataset), self.ground.field(*one).names.shown().to_lowercase());
                Err(Resolution::Not(format!("Say which figure of {name} the number is about: {figure}, for one.")))
            }
            [one] => Ok(*one),
            several => self.choose(About::Dimension, &about, "Which figure do you mean?", several),
        }
    }

    pub fn is_figure(&self, id: FieldId) -> bool {
        let field = self.ground.field(id);
        field.ty == Type::Number && !field.is_key && !field.is_time
    }

    /// One of several fields: what was chosen before, else the question which.
    pub fn choose(&self, about: About, phrase: &str, question: &str, fields: &[FieldId]) -> Outcome<FieldId> {
        let id = |field: &FieldId| format!("{phrase}|field:{}", self.ground.path(*field));
        let chosen = fields.iter().find(|field| self.choices.iter().any(|choice| choice.id == id(field)));
        if let Some(field) = chosen {
            return Ok(*field);
        }
        let label = |field: &FieldId| {
            let of = self.ground.field(*field);
            format!("{} of {}", of.names.shown(), self.ground.dataset(of.dataset).names.shown())
        };
        let options = fields.iter().take(5).map(|field| Offer { id: id(field), label: label(field) }).collect();
        Err(Resolution::Ask(Clarification { about, question: question.to_owned(), options }))
    }

    /// One of two meanings, as it was chosen, else the question which: whether it is the first.
    pub fn either(&self, ids: [String; 2], labels: [String; 2], question: &str) -> Outcome<bool> {
        match ids.iter().position(|id| self.choices.iter().any(|choice| choice.id == *id)) {
            Some(place) => Ok(place == 0),
            None => {
                let options = ids.into_iter().zip(labels).map(|(id, label)| Offer { id, label }).collect();
                Err(Resolution::Ask(Clarification { about: About::Scope, question: question.to_owned(), options }))
            }
        }
    }

    pub fn shown(&self, dataset: DatasetId) -> String {
        self.ground.dataset(dataset).names.shown().to_lowercase()
    }

    /// The time field that periods are about.
    pub fn time(&mut self, home: Option<DatasetId>, named: Option<FieldId>) -> Outcome<FieldId> {
        if named.is_some() {
            self.query.is_dated_by_own = false;
        }
        if let Some(field) = named.or(self.query.time.as_ref().map(|time| time.field)) {
            return Ok(field);
        }
        let Some(base) = self.base(home) else { return Err(Resolution::Nothing) };
        let reach = schema_graph::reach(self.ground, base);
        let mut grouped = self.query.dimensions.iter().filter(|dimension| dimension.grain.is_some());
        if let Some(Dimension { field, .. }) = grouped.find(|one| reach.contains(&self.ground.field(one.field).dataset))
        {
            return Ok(*field);
        }
        self.query.is_dated_by_own = true;
        self.counted_otherwise()?;
        self.times_of_others()?;
        let measure = self.query.measures.first().cloned();
        self.time_in(measure.as_ref(), base)
    }

    pub fn time_of(&self, measure: Option<&Measure>, home: DatasetId) -> TimeOf {
        match measure {
            Some(Measure::Metric(id)) => times::of_metric(self.ground, *id, home),
            _ => times::of(self.ground, home),
        }
    }

    /// Figures beside the first one are dated by their own times: these must be known.
    fn times_of_others(&self) -> Outcome<()> {
        for measure in self.query.measures.iter().skip(1) {
            let Some(home) = schema_graph::home(self.ground, measure) else { continue };
            let is_known = self.base(None).is_some_and(|base| base == home)
                || !matches!(self.time_of(Some(measure), home), TimeOf::Several(_));
            if !is_known {
                let name = self.shown(home);
                return Err(Resolution::Not(format!("There are several times of {name}, and none was named.")));
            }
        }
        Ok(())
    }

    pub fn groups(&mut self, all: &SemanticFrame, home: Option<DatasetId>) -> Outcome<()> {
        let named = all.times.iter().find_map(|(_, _, field)| *field);
        // "in 2024 by order date": whose year it is, or of each day.
        let is_day = |by: &Grouped| match by {
            Grouped::Field(id) => self.ground.field(*id).is_time,
            Grouped::FieldGrain(_, grain) => *grain == Grain::Day,
            _ => false,
        };
        let is_open = all.times.iter().any(|(_, _, field)| field.is_none());
        if is_open && !all.is_per && all.groups.iter().any(is_day) {
            let sentence = "Say \"by day\" for each day, or of which time the period is: \"ordered in 2024\", for one.";
            return Err(Resolution::Not(sentence.to_owned()));
        }
        let mut dimensions = Vec::new();
        for by in &all.groups {
            self.grouped(by, home, named, &mut dimensions)?;
        }
        let has_time = |dimensions: &[Dimension]| dimensions.iter().any(|dimension| dimension.grain.is_some());
        if (all.is_trend || all.is_cumulative) && !has_time(&dimensions) {
            let field = self.time(home, named)?;
            self.notes.push("Grouped by month, as no other period was named.".to_owned());
            dimensions.push(Dimension { field, grain: Some(Grain::Month) });
        }
        // What the question is about comes last: "top 3 cities per country" are so many of each country.
        dimensions.append(&mut self.query.dimensions);
        let mut unique: Vec<Dimension> = Vec::new();
        for dimension in dimensions {
            if !unique.contains(&dimension) {
                unique.push(dimension);
            }
        }
        self.query.dimensions = unique;
        self.query.is_cumulative = all.is_cumulative;
        if all.is_cumulative
            && (self.query.measures.is_empty() || !self.query.measures.iter().all(|measure| self.adds_up(measure)))
        {
            return Err(Resolution::Nothing);
        }
        Ok(())
    }

    pub fn grouped(
        &mut self,
        by: &Grouped,
        home: Option<DatasetId>,
        named: Option<FieldId>,
        dimensions: &mut Vec<Dimension>,
    ) -> Outcome<()> {
        match by {
            Grouped::Field(field) => dimensions.push(schema_graph::dimension(self.ground, *field)),
            Grouped::FieldGrain(field, grain) => dimensions.push(self.period(*field, *grain)?),
            Grouped::Grain(grain) => dimensions.push(self.by_grain(*grain, home, named)?),
            Grouped::Such(field, value) => {
                self.query.filters.push(Filter { field: *field, op: Op::Is, values: vec![value.clone()] });
                self.grouped(&Grouped::Entity(self.ground.field(*field).dataset), home, named, dimensions)?;
            }
            Grouped::Role(join, of) if self.ground.join(*join).from == self.ground.join(*join).to => {
                if of.is_some() || self.query.led_by.is_some() {
                    let name = self.shown(self.ground.join(*join).to);
                    return Err(Resolution::Not(format!(
                        "Which {name} belong to which others cannot be asked for here."
                    )));
                }
                self.query.led_by = Some(*join);
                self.grouped(&Grouped::Entity(self.ground.join(*join).to), home, named, dimensions)?;
            }
            Grouped::Role(join, Some(field)) => {
                self.query.via.push(*join);
                dimensions.push(schema_graph::dimension(self.ground, *field));
            }
            Grouped::Role(join, None) => {
                self.query.via.push(*join);
                let to = self.ground.join(*join).to;
                self.grouped(&Grouped::Entity(to), home, named, dimensions)?;
            }
            Grouped::Entity(dataset) => {
                let identity = schema_graph::identity(self.ground, *dataset);
                if identity.is_empty() {
                    return Err(Resolution::Not(format!(
                        "Nothing tells one of {} from another.",
                        self.shown(*dataset)
                    )));
                }
                // "awards by award": by what they are called, since each of them is one.
                let is_of_itself = home == Some(*dataset) && self.query.led_by.is_none();
                let is_counted = |measure: &Measure| counts::counted(self.ground, measure) == Some(*dataset);
                let is_of_itself = is_of_itself && self.query.measures.iter().all(is_counted);
                let mut names = identity.iter().copied().filter(|id| schema_graph::is_label(self.ground, *id));
                let name = names.next().filter(|_| is_of_itself && !self.query.measures.is_empty());
                if !schema_graph::has_key(self.ground, *dataset) || name.is_some() {
                    self.notes.push(format!("Those of {} with the same name are taken as one.", self.shown(*dataset)));
                }
                let fields = name.map_or(identity, |name| vec![name]);
                dimensions.extend(fields.into_iter().map(|field| Dimension { field, grain: None }));
            }
        }
        Ok(())
    }

    /// "by month": by the dates of what is asked for, unless its rows have a field that is called so and is no date. The field
    /// of others is meant only where there are no dates.
    fn by_grain(&mut self, grain: Grain, home: Option<DatasetId>, named: Option<FieldId>) -> Outcome<Dimension> {
        let base = self.base(home);
        let own = base.and_then(|base| self.called(grain, &[base])).filter(|_| named.is_none());
        if let Some(field) = own {
            return match self.is_date(field) {
                true => self.period(field, grain),
                false => Ok(schema_graph::dimension(self.ground, field)),
            };
        }
        let by_time = self.time(home, named).and_then(|field| self.period(field, grain));
        let reach = base.map_or(&[][..], |base| schema_graph::reach(self.ground, base));
        match self.called(grain, reach) {
            Some(field) if by_time.is_err() => Ok(schema_graph::dimension(self.ground, field)),
            _ => by_time,
        }
    }

    fn is_date(&self, field: FieldId) -> bool {
        matches!(self.ground.field(field).ty, Type::Date | Type::Timestamp)
    }

    /// The one field of these that is called as a grain of time is.
    fn called(&self, grain: Grain, of: &[DatasetId]) -> Option<FieldId> {
        let mut fields =
            of.iter().flat_map(|id| self.ground.fields_of(*id)).filter(|id| is_grain(self.ground, *id, grain));
        fields.next().filter(|_| fields.next().is_none())
    }

    fn period(&self, field: FieldId, grain: Grain) -> Outcome<Dimension> {
        match grain {
            Grain::Weekday => {
                let field = self.ground.made(Made::Weekday(field)).ok_or(Resolution::Nothing)?;
                Ok(Dimension { field, grain: None })
            }
            grain => Ok(Dimension { field, grain: Some(grain) }),
        }
    }

    pub fn is_count(&self, measure: &Measure) -> bool {
        matches!(measure, Measure::Metric(id) if crate::chat::lexicon::is_count(&self.ground.metric(*id).expression))
    }

    pub fn adds_up(&self, measure: &Measure) -> bool {
        schema_graph::adds_up(self.ground, measure)
    }

    pub fn rank(&mut self, measure: Measure, is_descending: bool) {
        let at = self.query.measures.iter().position(|other| *other == measure).unwrap_or_else(|| {
            self.query.measures.push(measure);
            self.query.measures.len() - 1
        });
        self.query.order = vec![Order { by: By::Measure(at), is_descending }];
    }

    /// "region", "5 products", "month": what ranked rows are of.
    pub fn ranked(&mut self, phrase: &Phrase, home: Option<DatasetId>) -> Outcome<()> {
        let by = match phrase.noun {
            Noun::Entity(id) => Grouped::Entity(id),
            Noun::Field(id) => Grouped::Field(id),
            Noun::Grain(grain) => Grouped::Grain(grain),
        };
        let mut dimensions = Vec::new();
        self.grouped(&by, home, None, &mut dimensions)?;
        self.query.dimensions = dimensions;
        Ok(())
    }

    pub fn set_time(&mut self, field: FieldId, range: crate::chat::query::Range) {
        self.query.time = Some(TimeRange { field, range });
    }
}

/// A field that is called "month" or the like.
pub(super) fn is_grain(ground: &Ground, field: FieldId, grain: Grain) -> bool {
    let names = &ground.field(field).names;
    let is_it = |words: &Vec<String>| matches!(words.as_slice(), [one] if grain_word(one) == Some(grain));
    let all = [phrases(names), further(names), short_names(ground, field)].concat();
    all.iter().any(is_it)
}

/// A figure that belongs to rows and not to groups.
pub(super) fn is_extreme(measure: &Measure) -> bool {
    matches!(measure, Measure::Of { aggregate: Aggregate::Maximum | Aggregate::Minimum, .. })
}
