//! Items of a reading, and the clauses that they make: a word of an item is accounted for where its clause is in the
//! query.

use super::clauses::Clauses;
use crate::chat::derived_fields::Made;
use crate::chat::ground::{DatasetId, FieldId, JoinId};
use crate::chat::query::{Aggregate, By, Dimension, Filter, Grain, Measure, Op, Order, Value};
use crate::chat::read::field_roles;
use crate::chat::read::items::{Contrast, Edit, Foremost, Grouped, Item, Noun, Phrase, Rank, Target};
use crate::chat::read::resolve::counts;
use crate::chat::read::resolver::is_grain;
use crate::chat::schema_graph;
use crate::chat::times;

/// That things have the value.
fn such(field: FieldId, value: &Value) -> Filter {
    Filter { field, op: Op::Is, values: vec![value.clone()] }
}

impl Clauses<'_> {
    /// The query has the clause that the item makes. Of words that the lattice knows (nouns, figures) and of those that
    /// say nothing, each is looked at by itself.
    pub fn has_made(&self, item: &Item) -> bool {
        if self.inner.as_ref().is_some_and(|inner| inner.has_made(item)) {
            return true;
        }
        let query = self.query;
        match item {
            Item::Filter(filter) | Item::Each(filter) | Item::Lacking(filter) => self.has_filter(filter),
            Item::InForce(filters) => filters.iter().all(|filter| self.has_filter(filter)),
            Item::Condition { target, op, values } => self.has_condition(target, *op, values),
            Item::Many { measure, filters, op, values } => {
                self.has_condition(&Target::Measure(measure.clone()), *op, values)
                    && filters.iter().all(|filter| self.has_filter(filter))
            }
            Item::Has { dataset, filters, is_without, .. } => {
                filters.iter().all(|filter| self.has_filter(filter)) && self.has_member(*dataset, *is_without)
            }
            Item::Measure { measure: measure @ Measure::Of { field, .. }, .. }
                if self.ground.made_of(*field).is_some() =>
            {
                query.measures.contains(measure)
            }
            Item::Measure { measure: measure @ Measure::Of { aggregate: Aggregate::Spread, .. }, .. } => {
                query.measures.contains(measure)
            }
            Item::ButNot => query.members.len() > 1,
            Item::Time { stated, .. } | Item::VersusRange(stated) => self.is_dated(stated),
            Item::Versus(_) | Item::Over(_) | Item::Change | Item::Grew(_) => query.compare.is_some(),
            Item::VersusValues { field, .. } => query.compare.is_some() || self.has_group(&Grouped::Field(*field)),
            Item::CompareWord => self.has_comparison,
            Item::Share | Item::OfTotal | Item::OfAll => query.share.is_some(),
            Item::Cumulative => query.is_cumulative,
            Item::Trend => self.has_grain,
            Item::Group { by, .. } => by.iter().all(|by| self.has_group(by)),
            Item::Per(_) | Item::PerFigure(_) | Item::Averaged(_) => {
                query.measures.iter().any(|measure| matches!(measure, Measure::Per { .. } | Measure::Over { .. }))
            }
            Item::NotThat(contrast) => !self.asks_for(contrast),
            Item::InUnit(unit) => self.is_in_unit(unit),
            Item::OnAverage => self.has_average,
            Item::Rank(rank) => self.has_rank(rank),
            Item::By(measure) => query.measures.contains(measure),
            Item::Order { .. } | Item::Direction(_) | Item::Age(_) | Item::Alphabetical => !query.order.is_empty(),
            Item::Limit(rows) => query.limit.is_some_and(|limit| limit.rows == *rows),
            Item::When { .. } | Item::WhenDid => self.shows_time(),
            Item::Kin(kin, filter) => {
                query.members.iter().any(|member| member.kin == Some(*kin) && member.filters.contains(filter))
            }
            Item::Kindred(kin, is_without) => query.members.iter().any(|member| {
                let is_none = member.op == Op::Is && member.values == [Value::Number("0".to_owned())];
                member.kin == Some(*kin) && member.filters.is_empty() && is_none == *is_without
            }),
            Item::Who(join) | Item::RoleOf(join) => self.has_join(*join),
            Item::HowMuch | Item::HowMany | Item::Counted | Item::Light => self.has_figure,
            Item::IfAny => query.all_of.is_some() || query.listed.is_some(),
            Item::Theirs(field) => self.has_group(&Grouped::Field(*field)),
            Item::Their => self.has_figure || query.listed.is_some(),
            Item::Edit(Edit::Foremost { by, is_descending, rows }) => self.has_foremost(by, *is_descending, *rows),
            Item::Edit(Edit::First { is_descending, .. }) => {
                let is_so = |order: &Order| order.is_descending == *is_descending;
                query.order.first().is_some_and(is_so) && query.limit.is_some_and(|limit| limit.rows == 1)
            }
            Item::Edit(_) | Item::Remove => true,
            _ => false,
        }
    }

    fn has_foremost(&self, by: &Foremost, is_descending: bool, rows: u64) -> bool {
        let query = self.query;
        let [Order { by: By::Dimension(at), is_descending: is_so }] = query.order.as_slice() else { return false };
        let is_by = match by {
            Foremost::Field(field) => query.dimensions.get(*at).is_some_and(|one| one.field == *field),
            _ => true,
        };
        is_by && *is_so == is_descending && query.limit.is_some_and(|limit| limit.rows == rows)
    }

    fn asks_for(&self, contrast: &Contrast) -> bool {
        let query = self.query;
        let is_shown = |field: FieldId| {
            query.dimensions.iter().any(|one| one.field == field)
                || query.measures.iter().any(|measure| field_roles::fields_of(self.ground, measure).contains(&field))
        };
        match contrast {
            Contrast::Field(field) => is_shown(*field),
            Contrast::Figure(id) => self.has_figure_of(*id),
            Contrast::Thing(id) => {
                query.listed == Some(*id)
                    || query.measures.iter().any(|measure| counts::counted(self.ground, measure) == Some(*id))
            }
        }
    }

    /// All figures that are shown are in the unit.
    fn is_in_unit(&self, said: &str) -> bool {
        let unit_of = |measure: &Measure| match measure {
            Measure::Metric(id) => self.ground.metric(*id).unit.clone(),
            Measure::Of { field, .. } => self.ground.field(*field).unit.clone(),
            _ => None,
        };
        let same = |unit: Option<String>| unit.is_some_and(|unit| unit.eq_ignore_ascii_case(said));
        !self.query.measures.is_empty() && self.query.measures.iter().all(|measure| same(unit_of(measure)))
    }

    fn has_filter(&self, filter: &Filter) -> bool {
        let is_it = |known: &&Filter| {
            known.field == filter.field
                && known.op == filter.op
                && filter.values.iter().all(|value| known.values.contains(value))
        };
        self.filters.iter().copied().any(|known| is_it(&known))
    }

    fn has_condition(&self, target: &Target, op: Op, values: &[Value]) -> bool {
        let query = self.query;
        let is_bound = |of: Op, known: &[Value]| of == op && known == values;
        let on_rows = |field: Option<FieldId>| {
            let is_it = |filter: &&Filter| {
                field.is_none_or(|field| filter.field == field) && is_bound(filter.op, &filter.values)
            };
            self.filters.iter().copied().any(|filter| is_it(&filter))
        };
        let on_figures = |measure: Option<&Measure>| {
            let is_it = |known: &Measure| measure.is_none_or(|measure| self.is_alike(measure, known));
            query.having.iter().any(|having| is_it(&having.measure) && is_bound(having.op, &having.values))
                || query.members.iter().any(|member| is_it(&member.measure) && is_bound(member.op, &member.values))
        };
        match target {
            Target::Field(field) => on_rows(Some(*field)),
            Target::Measure(measure) => on_figures(Some(measure)),
            Target::Lasting => on_rows(None),
            Target::Open | Target::Fraction => on_rows(None) || on_figures(None),
        }
    }

    /// The same figure, or a count of the same rows.
    fn is_alike(&self, one: &Measure, other: &Measure) -> bool {
        one == other || schema_graph::home(self.ground, one) == schema_graph::home(self.ground, other)
    }

    fn has_member(&self, dataset: DatasetId, is_without: bool) -> bool {
        let is_it = |op: Op, values: &[Value]| {
            let is_none = op == Op::Is && values == [Value::Number("0".to_owned())];
            is_none == is_without
        };
        let is_linked = |filter: &Filter| {
            let op = if is_without { Op::IsEmpty } else { Op::IsNotEmpty };
            filter.op == op
        };
        self.query.members.iter().any(|member| is_it(member.op, &member.values)) && self.has_dataset(dataset)
            || self.filters.iter().any(|filter| is_linked(filter))
    }

    fn has_group(&self, by: &Grouped) -> bool {
        let dimensions = &self.query.dimensions;
        match by {
            Grouped::Field(field) => dimensions.iter().any(|one| one.field == *field),
            Grouped::Entity(id) => {
                let names = schema_graph::identity(self.ground, *id);
                dimensions.iter().any(|one| names.contains(&one.field))
            }
            Grouped::Grain(Grain::Weekday) => dimensions.iter().any(|one| self.is_weekday(one.field)),
            Grouped::FieldGrain(field, Grain::Weekday) => {
                dimensions.iter().any(|one| self.ground.made_of(one.field) == Some(Made::Weekday(*field)))
            }
            Grouped::Grain(grain) => {
                let is_it = |one: &Dimension| one.grain == Some(*grain) || is_grain(self.ground, one.field, *grain);
                dimensions.iter().any(is_it)
            }
            Grouped::FieldGrain(field, grain) => {
                dimensions.iter().any(|one| one.field == *field && one.grain == Some(*grain))
            }
            Grouped::Such(field, value) => {
                let of = Grouped::Entity(self.ground.field(*field).dataset);
                self.has_group(&of) && self.has_filter(&such(*field, value))
            }
            Grouped::Role(join, _) => self.has_join(*join) && !dimensions.is_empty(),
        }
    }

    fn is_weekday(&self, field: FieldId) -> bool {
        matches!(self.ground.made_of(field), Some(Made::Weekday(_)))
    }

    fn has_phrase(&self, phrase: &Phrase) -> bool {
        let is_there = match phrase.noun {
            Noun::Entity(id) => self.query.listed == Some(id) || self.has_group(&Grouped::Entity(id)),
            Noun::Field(field) => self.has_group(&Grouped::Field(field)),
            Noun::Grain(grain) => self.has_group(&Grouped::Grain(grain)),
        };
        is_there && phrase.filters.iter().all(|filter| self.has_filter(filter))
    }

    fn has_rank(&self, rank: &Rank) -> bool {
        let query = self.query;
        let [order] = query.order.as_slice() else { return false };
        let measure = match order.by {
            By::Measure(at) | By::Change(at) => query.measures.get(at),
            By::Dimension(_) => None,
        };
        let field = match order.by {
            By::Dimension(at) => query.dimensions.get(at).map(|one| one.field),
            _ => measure.and_then(|measure| match measure {
                Measure::Of { field, .. } => Some(*field),
                _ => None,
            }),
        };
        let (is_descending, is_it) = match rank {
            Rank::Top { n, is_descending, what, own, by, .. } => {
                let is_many = n.is_none_or(|n| query.limit.is_some_and(|limit| limit.rows == n));
                let is_named = what.as_ref().is_none_or(|what| self.has_phrase(what));
                let is_by = by.as_ref().is_none_or(|by| Some(by) == measure);
                (*is_descending, is_many && is_named && is_by && own.is_none_or(|own| Some(own) == field))
            }
            Rank::Best { measure: by, is_descending } => (*is_descending, Some(by) == measure),
            Rank::BestField { field: by, is_descending, .. } => (*is_descending, Some(*by) == field),
            Rank::Recent { n, is_descending, what } => {
                let is_many = n.is_none_or(|n| query.limit.is_some_and(|limit| limit.rows == n));
                let is_time = field.is_some_and(|field| self.ground.field(field).is_time);
                (*is_descending, is_many && is_time && self.has_phrase(what))
            }
        };
        is_it && is_descending == order.is_descending && query.limit.is_some()
    }

    fn shows_time(&self) -> bool {
        let query = self.query;
        let is_time = |field: FieldId| self.ground.field(field).is_time;
        query.dimensions.iter().any(|one| is_time(one.field))
            || query.measures.iter().any(|measure| matches!(measure, Measure::Of { field, .. } if is_time(*field)))
    }

    /// Of what is listed, when it was.
    pub fn shows_own_time(&self) -> bool {
        let own = self.query.listed.and_then(|listed| times::own(self.ground, listed));
        own.is_some_and(|own| self.query.dimensions.iter().any(|one| one.field == own))
    }

    fn has_join(&self, join: JoinId) -> bool {
        self.joins.contains(&join)
    }

    fn has_dataset(&self, dataset: DatasetId) -> bool {
        self.datasets.contains(&dataset)
    }
}
