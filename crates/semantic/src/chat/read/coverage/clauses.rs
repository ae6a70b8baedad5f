//! The clauses of a query: its parts, by what words can account for them.

use std::collections::BTreeSet;

use crate::chat::dates::Stated;
use crate::chat::derived_fields::{self, Made};
use crate::chat::graph::Graph;
use crate::chat::ground::{DatasetId, FieldId, Ground, JoinId, MetricId};
use crate::chat::lexicon::{Part, value_words};
use crate::chat::names::phrases;
use crate::chat::null_meaning;
use crate::chat::query::{Aggregate, By, CompareTo, Filter, Measure, Member, Op, Query, Range, Value};
use crate::chat::read::field_roles::fields_of;
use crate::chat::read::resolve::counts;
use crate::chat::{schema_graph, times};

/// What a query holds.
#[derive(Debug)]
pub(super) struct Clauses<'a> {
    pub(super) ground: &'a Ground,
    pub(super) query: &'a Query,
    metrics: BTreeSet<MetricId>,
    fields: BTreeSet<FieldId>,
    pub(super) datasets: BTreeSet<DatasetId>,
    pub(super) joins: BTreeSet<JoinId>,
    pub(super) filters: Vec<&'a Filter>,
    ranges: Vec<Range>,
    numbers: Vec<f64>,
    pub has_negation: bool,
    pub has_bound: bool,
    pub has_bound_op: bool,
    pub has_value: bool,
    pub has_rank: bool,
    pub has_limit: bool,
    pub has_average: bool,
    pub has_median: bool,
    pub is_whole: bool,
    /// A figure adds something up.
    pub is_total: bool,
    pub has_figure: bool,
    pub is_distinct: bool,
    pub has_share: bool,
    pub has_text_op: bool,
    pub has_change: bool,
    pub has_comparison: bool,
    pub is_cumulative: bool,
    pub has_grain: bool,
    pub has_groups: bool,
    pub has_condition: bool,
    /// Conditions hold for all that is shown. Of what was done they hold once: who bought shoes may have bought more.
    pub is_restricted: bool,
    pub has_time: bool,
    /// Of what is there now, or is no longer.
    pub has_state: bool,
    pub is_list: bool,
    /// Those of the query that picks the things.
    pub(super) inner: Option<Box<Clauses<'a>>>,
}

impl<'a> Clauses<'a> {
    pub fn of(ground: &'a Ground, query: &'a Query) -> Clauses<'a> {
        let members = &query.members;
        let filters: Vec<&Filter> =
            query.filters.iter().chain(&query.part).chain(members.iter().flat_map(|member| &member.filters)).collect();
        let having = query.having.iter().map(|having| (having.op, &having.values));
        let bounds = having.chain(members.iter().map(|member| (member.op, &member.values)));
        let bounds: Vec<(Op, &Vec<Value>)> =
            bounds.chain(filters.iter().map(|filter| (filter.op, &filter.values))).collect();
        let times = query.time.iter().chain(members.iter().filter_map(|member| member.time.as_ref()));
        let mut ranges: Vec<Range> = times.map(|time| time.range).collect();
        if let Some(CompareTo::Range(range)) = query.compare.as_ref().map(|compare| &compare.to) {
            ranges.push(*range);
        }
        let numbers = bounds.iter().flat_map(|(_, values)| values.iter()).filter_map(number);
        let numbers = numbers.chain(query.limit.map(|limit| limit.rows as f64)).collect();
        let is_none = |(op, values): &(Op, &Vec<Value>)| {
            matches!(op, Op::IsNot | Op::IsEmpty | Op::IsNotEmpty | Op::AtMost | Op::AtLeast)
                || *op == Op::Is
                    && values.iter().any(|value| number(value) == Some(0.0) || *value == Value::Boolean(false))
        };
        let is_bound =
            |(op, _): &(Op, &Vec<Value>)| matches!(op, Op::More | Op::AtLeast | Op::Less | Op::AtMost | Op::Between);
        let is_dated = |(op, values): &(Op, &Vec<Value>)| {
            let is_there = matches!(op, Op::IsEmpty | Op::IsNotEmpty);
            !is_there && values.iter().any(|value| matches!(value, Value::Date(_)))
        };
        let is_state = |(op, values): &(Op, &Vec<Value>)| {
            matches!(op, Op::IsEmpty | Op::IsNotEmpty) && values.iter().any(|value| matches!(value, Value::Date(_)))
        };
        let dates = bounds.iter().any(is_dated);
        let has_time = !ranges.is_empty() || dates;
        let has_comparison = query.compare.is_some();
        let is_weekday = |field: FieldId| matches!(ground.made_of(field), Some(Made::Weekday(_)));
        let has_grain = query.dimensions.iter().any(|one| one.grain.is_some() || is_weekday(one.field));
        let has_groups = !query.dimensions.is_empty();
        let mut clauses = Clauses {
            ground,
            query,
            metrics: BTreeSet::new(),
            fields: BTreeSet::new(),
            datasets: BTreeSet::new(),
            joins: BTreeSet::new(),
            numbers,
            has_negation: bounds.iter().any(is_none) || filters.iter().any(|filter| is_no(ground, filter)),
            has_bound: bounds.iter().any(is_bound) || has_comparison,
            has_bound_op: bounds.iter().any(is_bound),
            has_value: !bounds.is_empty(),
            has_rank: !query.order.is_empty(),
            has_limit: query.limit.is_some(),
            has_average: false,
            has_median: false,
            is_whole: query.limit.is_none() || !query.measures.is_empty(),
            is_total: false,
            has_figure: !query.measures.is_empty(),
            is_distinct: query.measures.is_empty() && query.listed.is_none(),
            has_text_op: filters.iter().any(|filter| matches!(filter.op, Op::Contains | Op::StartsWith | Op::EndsWith)),
            has_share: query.share.is_some() || has_comparison,
            has_change: has_comparison || query.measures.len() > 1,
            has_comparison: has_comparison || query.measures.len() > 1 || has_groups,
            is_cumulative: query.is_cumulative,
            has_grain,
            has_groups,
            has_condition: !bounds.is_empty() || has_time || query.limit.is_some(),
            is_restricted: (!filters.is_empty() || has_time || query.limit.is_some())
                && query.members.is_empty()
                && query.done_by.is_empty()
                && !query.measures.iter().any(|measure| matches!(measure, Measure::CountThrough { .. })),
            has_time: has_time || has_comparison,
            has_state: bounds.iter().any(is_state),
            is_list: query.listed.is_some(),
            filters,
            ranges,
            inner: query.picked.as_ref().map(|picked| Box::new(Clauses::of(ground, &picked.query))),
        };
        clauses.gather();
        clauses.take_in();
        clauses
    }

    /// Of how many things it is asked whether there are any.
    pub fn members(&self) -> usize {
        self.query.members.len()
    }

    /// A condition on things is one on what all rows that belong to them add up to.
    pub fn adds_up_members(&self) -> bool {
        let adds = |measure: &Measure| counts::counted(self.ground, measure).is_none();
        let query = self.query;
        query.members.iter().any(|member| adds(&member.measure)) || query.having.iter().any(|it| adds(&it.measure))
    }

    /// What the query that picks the things says, this one says.
    fn take_in(&mut self) {
        let Some(inner) = &self.inner else { return };
        self.metrics.extend(&inner.metrics);
        self.fields.extend(&inner.fields);
        self.datasets.extend(&inner.datasets);
        self.joins.extend(&inner.joins);
        self.filters.extend(&inner.filters);
        self.ranges.extend(&inner.ranges);
        self.numbers.extend(&inner.numbers);
        self.has_rank |= inner.has_rank;
        self.has_negation |= inner.has_negation;
        self.has_bound |= inner.has_bound;
        self.has_bound_op |= inner.has_bound_op;
        self.has_value |= inner.has_value;
        self.has_limit |= inner.has_limit;
        self.has_average |= inner.has_average;
        self.is_total |= inner.is_total;
        self.has_time |= inner.has_time;
        self.has_condition = true;
    }

    fn gather(&mut self) {
        let query = self.query;
        let measures = query.measures.iter().chain(query.having.iter().map(|having| &having.measure));
        for measure in measures.chain(query.members.iter().map(|member| &member.measure)) {
            self.measure(measure);
        }
        let times = query.time.iter().chain(query.members.iter().filter_map(|member| member.time.as_ref()));
        self.fields.extend(times.map(|time| time.field));
        self.fields.extend(query.dimensions.iter().map(|dimension| dimension.field));
        self.fields.extend(self.filters.iter().map(|filter| filter.field));
        if let Some(CompareTo::Values { field, .. }) = query.compare.as_ref().map(|compare| &compare.to) {
            self.fields.insert(*field);
        }
        let made: Vec<Made> = self.fields.iter().filter_map(|field| self.ground.made_of(*field)).collect();
        self.fields.extend(made.into_iter().flat_map(derived_fields::parts));
        self.datasets.extend(query.listed.iter().chain(&query.all_of));
        self.datasets.extend(query.members.iter().map(|member| member.of));
        self.joins.extend(query.via.iter().chain(&query.done_by).chain(&query.led_by));
        self.joins.extend(query.members.iter().filter_map(|member| member.kin).map(|kin| kin.join));
        self.datasets.extend(query.picked.iter().map(|picked| picked.of));
        let of_fields: Vec<DatasetId> = self.fields.iter().map(|field| self.ground.field(*field).dataset).collect();
        self.datasets.extend(of_fields);
        self.datasets.extend(query.measures.iter().filter_map(|measure| schema_graph::home(self.ground, measure)));
        self.ways();
        // Whether a link leads anywhere speaks of what it leads to.
        for (at, join) in self.ground.joins.iter().enumerate() {
            let is_link = schema_graph::key_of(self.ground, JoinId(at)).is_some_and(|key| self.fields.contains(&key));
            if is_link && self.datasets.contains(&join.from) {
                self.datasets.insert(join.to);
                self.joins.insert(JoinId(at));
            }
        }
        for (at, join) in self.ground.joins.iter().enumerate() {
            if self.datasets.contains(&join.from) && self.datasets.contains(&join.to) {
                self.joins.insert(JoinId(at));
            }
        }
    }

    fn measure(&mut self, measure: &Measure) {
        self.is_total |= schema_graph::adds_up(self.ground, measure) || counts::counted(self.ground, measure).is_some();
        match measure {
            Measure::Metric(id) => {
                let metric = self.ground.metric(*id);
                let text = metric.expression.to_lowercase();
                self.metrics.insert(*id);
                self.fields.extend(fields_of(self.ground, measure));
                self.datasets.extend(&metric.datasets);
                self.is_distinct |= text.contains("distinct");
                self.has_average |= text.contains("avg(") || text.contains('/');
                self.has_median |= text.contains("median") || text.contains("percentile");
                self.has_rank |= text.contains("max(") || text.contains("min(");
                self.has_share |= text.contains('/');
            }
            Measure::CountOf(id) => {
                self.datasets.insert(*id);
            }
            Measure::CountThrough { what, through } => {
                self.is_distinct = true;
                let join = self.ground.join(*through);
                self.datasets.extend([*what, join.from, join.to]);
                self.joins.insert(*through);
            }
            Measure::Of { aggregate, field } => {
                self.fields.insert(*field);
                match aggregate {
                    Aggregate::Average => self.has_average = true,
                    Aggregate::Median => self.has_median = true,
                    Aggregate::CountDistinct => self.is_distinct = true,
                    Aggregate::Minimum | Aggregate::Maximum => self.has_rank = true,
                    Aggregate::Spread => (self.has_rank, self.has_change) = (true, true),
                    Aggregate::Periods(_) => self.has_grain = true,
                    Aggregate::Sum | Aggregate::Count => {}
                }
            }
            Measure::Per { measure, of } => {
                (self.has_average, self.has_groups) = (true, true);
                self.datasets.insert(*of);
                self.measure(measure);
            }
            Measure::Over { part, whole } => {
                (self.has_average, self.has_groups, self.has_share) = (true, true, true);
                self.measure(part);
                self.measure(whole);
            }
        }
    }

    /// What lies on the ways between the datasets.
    fn ways(&mut self) {
        let graph = Graph::of(self.ground, &self.query.via, &self.query.done_by);
        let ends: Vec<DatasetId> = self.datasets.iter().copied().collect();
        for (from, to) in ends.iter().flat_map(|from| ends.iter().map(move |to| (*from, *to))) {
            for step in graph.way(from, to).into_iter().flatten() {
                let join = self.ground.join(step.join);
                self.joins.insert(step.join);
                self.datasets.extend([join.from, join.to]);
            }
            // "viewed the most properties", which each have a seller: by whom they were viewed is not in it.
            let is_linked = from != to && !graph.reaches(from, to) && !graph.reaches(to, from);
            if let Some(bridge) = schema_graph::bridge(self.ground, from, to).filter(|_| is_linked) {
                self.datasets.insert(bridge);
            }
        }
    }

    /// A relationship by which things were said to be meant, and which no way from what is asked for passes: "the chief vet in
    /// Spokane" is not any vet there.
    pub fn idle_relationship(&self) -> Option<JoinId> {
        let query = self.query;
        if query.via.is_empty() || !query.members.is_empty() || self.inner.is_some() {
            return None;
        }
        let homes = query.measures.iter().filter_map(|measure| schema_graph::home(self.ground, measure));
        let homes: BTreeSet<DatasetId> = homes.chain(query.listed).collect();
        if homes.is_empty() {
            return None;
        }
        let ends: BTreeSet<DatasetId> = self.fields.iter().map(|field| self.ground.field(*field).dataset).collect();
        let graph = Graph::of(self.ground, &query.via, &query.done_by);
        let mut passed = BTreeSet::new();
        for (from, to) in homes.iter().flat_map(|from| ends.iter().map(move |to| (*from, *to))) {
            // What is linked by others is reached in another way.
            passed.extend(graph.way(from, to).ok()?.into_iter().map(|step| step.join));
        }
        query.via.iter().copied().find(|join| !passed.contains(join))
    }

    /// A clause is made of it.
    pub fn holds(&self, part: &Part) -> bool {
        match part {
            Part::Metric(id) | Part::CountMetric(id) => {
                let counted = counts::counted(self.ground, &Measure::Metric(*id));
                let counts = |measure: &Measure| counted.is_some() && counted == counts::counted(self.ground, measure);
                // "without any sales": without rows that they are made of.
                let home = self.ground.metric(*id).datasets.first().copied();
                let is_theirs = |member: &Member| schema_graph::home(self.ground, &member.measure) == home;
                self.metrics.contains(id)
                    || self.query.measures.iter().any(counts)
                    || self.query.members.iter().any(is_theirs)
            }
            Part::Dataset(id) | Part::Done(id) | Part::Made(id) => self.datasets.contains(id),
            Part::Field(id) => self.fields.contains(id),
            Part::Value(field, value) => self.has_value_of(*field, value),
            // "sections taught online": what its rows are, whoever did it.
            Part::Join(id) => self.joins.contains(id) || self.datasets.contains(&self.ground.join(*id).from),
            Part::Undone(id) => self.filters.iter().any(|filter| filter.field == *id && filter.op == Op::IsEmpty),
            Part::Happened(id) | Part::Deeds(id) => {
                let dataset = self.ground.field(*id).dataset;
                // Of what may have none, not all rows are so.
                let is_of_all =
                    || times::own(self.ground, dataset) == Some(*id) && !null_meaning::may_be_empty(self.ground, *id);
                self.fields.contains(id) || self.datasets.contains(&dataset) && is_of_all()
            }
        }
    }

    /// What there is the most of, or the least, comes first: in the query, or in what it picks.
    pub fn is_sorted_by_number(&self) -> bool {
        let is_number = |query: &Query| {
            let by = query.order.first().map(|order| order.by);
            matches!(by, Some(By::Measure(at)) if query.measures.get(at)
                .is_some_and(|measure| counts::counted(self.ground, measure).is_some()))
        };
        is_number(self.query) || self.query.picked.as_ref().is_some_and(|picked| is_number(&picked.query))
    }

    fn has_value_of(&self, field: FieldId, value: &Value) -> bool {
        let is_flag = schema_graph::flag(self.ground, field).is_some();
        let is_in = |filter: &&Filter| filter.field == field && (is_flag || filter.values.contains(value));
        let is_compared = |to: &CompareTo| match to {
            CompareTo::Values { field: of, first, second } => *of == field && [first, second].contains(&value),
            _ => false,
        };
        self.filters.iter().any(is_in) || self.query.compare.as_ref().is_some_and(|compare| is_compared(&compare.to))
    }

    /// The period stands in the query.
    pub fn is_dated(&self, stated: &Stated) -> bool {
        let Stated { range, other, ends, .. } = stated;
        let ends = ends.iter().flat_map(|(first, second)| [first, second]);
        let mut said = std::iter::once(range).chain(other).chain(ends);
        let has = |day: Option<jiff::civil::Date>, end: fn(&Range) -> Option<jiff::civil::Date>| {
            day.is_some_and(|day| {
                self.ranges.iter().any(|range| end(range) == Some(day))
                    || self.filters.iter().any(|filter| filter.values.contains(&Value::Date(day)))
            })
        };
        // "2023, 2024 and 2025", each a group.
        let is_inside = |one: &Range| {
            let holds = |range: &Range| range.from <= one.from && range.to >= one.to;
            self.has_grain && one.from.is_some() && one.to.is_some() && self.ranges.iter().any(holds)
        };
        let is_within =
            |one: &Range| has(one.from, |range| range.from) || has(one.to, |range| range.to) || is_inside(one);
        said.any(is_within)
    }

    /// Things of the dataset are counted, each once, or are those that are listed or grouped by.
    pub fn has_figure_of(&self, id: MetricId) -> bool {
        self.query.measures.contains(&Measure::Metric(id))
    }

    pub fn counts_once(&self, dataset: DatasetId) -> bool {
        let is_of = |measure: &Measure| match measure {
            Measure::CountThrough { what, .. } => *what == dataset,
            Measure::Of { aggregate: Aggregate::CountDistinct, field } => {
                schema_graph::identity(self.ground, dataset).contains(field)
            }
            Measure::Metric(id) if self.ground.metric(*id).expression.to_lowercase().contains("distinct") => true,
            measure => counts::counted(self.ground, measure) == Some(dataset),
        };
        let names = schema_graph::identity(self.ground, dataset);
        self.query.measures.iter().any(is_of)
            || self.query.members.iter().any(|member| is_of(&member.measure))
            || self.query.listed == Some(dataset)
            || self.query.dimensions.iter().any(|one| names.contains(&one.field))
    }

    /// Values of the field are counted, or shown, each once.
    pub fn has_once(&self, field: FieldId) -> bool {
        let is_of = |measure: &Measure| *measure == Measure::Of { aggregate: Aggregate::CountDistinct, field };
        let shown = || self.query.dimensions.iter().any(|one| one.field == field);
        self.query.measures.iter().any(is_of)
            || self.query.listed.is_none() && shown()
            || self.counts_once(self.ground.field(field).dataset)
    }

    pub fn has_number(&self, digits: &str) -> bool {
        let Ok(number) = digits.parse::<f64>() else { return false };
        self.numbers.iter().any(|known| (known - number).abs() < 1e-9 || (known * 100.0 - number).abs() < 1e-9)
            || self.has_text(digits)
    }

    /// Something of the query before is not in it any more.
    pub fn lacks(&self, before: &Clauses<'_>) -> bool {
        let (now, last) = (self.query, before.query);
        last.filters.iter().any(|filter| !now.filters.contains(filter))
            || last.dimensions.iter().any(|one| !now.dimensions.contains(one))
            || last.measures.iter().any(|one| !now.measures.contains(one))
            || last.order != now.order
            || last.limit != now.limit
            || last.compare.is_some() && now.compare.is_none()
            || last.time.is_some() && now.time.is_none()
            || last.share.is_some() && now.share.is_none()
            || last.members.len() > now.members.len()
    }

    /// One of its fields is called by the word.
    pub fn has_named(&self, word: &str) -> bool {
        let names = |field: &FieldId| phrases(&self.ground.field(*field).names);
        self.fields.iter().flat_map(names).flatten().any(|known| known == word)
    }

    /// It is one of the values that conditions name, or that figures are compared by.
    pub fn names(&self, text: &str) -> bool {
        let is_it = |value: &Value| matches!(value, Value::Text(known) if known == text);
        let compared = match self.query.compare.as_ref().map(|compare| &compare.to) {
            Some(CompareTo::Values { first, second, .. }) => is_it(first) || is_it(second),
            _ => false,
        };
        compared
            || self.filters.iter().any(|filter| filter.values.iter().any(is_it))
            || self.inner.as_ref().is_some_and(|inner| inner.names(text))
    }

    /// A condition has it as a value, or as a word of one.
    pub fn has_text(&self, text: &str) -> bool {
        let words = value_words(text);
        let has = |value: &Value| match value {
            // What has no words is itself.
            Value::Text(known) if words.is_empty() => known == text,
            Value::Text(known) => {
                let known = value_words(known);
                words.iter().all(|word| known.contains(word))
            }
            _ => false,
        };
        self.filters.iter().any(|filter| filter.values.iter().any(has))
    }
}

fn is_no(ground: &Ground, filter: &Filter) -> bool {
    schema_graph::flag(ground, filter.field).is_some_and(|(_, no)| filter.values.contains(&no))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(digits) => digits.parse().ok(),
        _ => None,
    }
}
