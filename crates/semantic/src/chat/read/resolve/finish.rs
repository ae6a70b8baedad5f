//! The last steps of a resolution: orders, the columns of lists, and whether what is asked for can be had.

use super::super::frame::SemanticFrame;
use super::super::items::{Rank, Target};
use super::super::resolver::{Outcome, Resolution, Resolver};
use crate::chat::ground::{DatasetId, FieldId, Join, Type};
use crate::chat::null_meaning;
use crate::chat::query::{By, Dimension, Filter, Limit, Measure, Member, Op, Order, Value};
use crate::chat::schema_graph;
use crate::chat::times;

/// Said where those without anything are missing.
pub(in crate::chat::read) const NONE: &str = "What has none at all is not among them.";
/// Columns of one row.
const WIDEST: usize = 20;

impl Resolver<'_> {
    pub fn orders(&mut self, all: &SemanticFrame) -> Outcome<()> {
        if let Some((target, is_descending)) = &all.order {
            let by = match target {
                Target::Measure(measure) => {
                    let at = self.query.measures.iter().position(|other| other == measure);
                    By::Measure(at.ok_or(Resolution::Nothing)?)
                }
                Target::Field(field) => {
                    let at = self.query.dimensions.iter().position(|other| other.field == *field);
                    match (at, self.query.listed) {
                        (Some(at), _) => By::Dimension(at),
                        (None, Some(_)) => {
                            self.query.dimensions.push(Dimension { field: *field, grain: None });
                            By::Dimension(self.query.dimensions.len() - 1)
                        }
                        (None, None) => return Err(Resolution::Nothing),
                    }
                }
                Target::Open | Target::Fraction | Target::Lasting => return Err(Resolution::Nothing),
            };
            if !self.query.order.is_empty() {
                return Err(Resolution::Nothing);
            }
            let is_descending = all.direction.or(*is_descending).or(all.age).unwrap_or(matches!(by, By::Measure(_)));
            self.query.order.push(Order { by, is_descending });
        } else if let Some(is_descending) = all.direction {
            let has_figure = self.query.dimensions.iter().any(|dimension| self.is_figure(dimension.field));
            match (self.query.order.first_mut(), self.query.measures.len()) {
                (Some(order), _) => order.is_descending = is_descending,
                // "campaigns by budget, largest first": of the number that is said, or of how many there are.
                (None, 1) if has_figure => return Err(Resolution::Nothing),
                // "growth by region, largest first"
                (None, 1) if self.query.compare.is_some() && (all.is_change || all.over.is_some()) => {
                    self.notes.push("Ordered by the difference, not by its percentage.".to_owned());
                    self.query.order.push(Order { by: By::Change(0), is_descending });
                }
                (None, 1) => self.query.order.push(Order { by: By::Measure(0), is_descending }),
                (None, 0) => {
                    let listed = self.query.listed.ok_or(Resolution::Nothing)?;
                    let field = self.shown_figure(listed)?;
                    let at = self.column(field);
                    self.query.order.push(Order { by: By::Dimension(at), is_descending });
                }
                _ => return Err(Resolution::Nothing),
            }
        }
        self.sorted(all)?;
        if let Some(rows) = all.limit {
            // "with the lowest attendance, three of them": so many of those that are ranked.
            let is_open = matches!(all.rank, Some(Rank::Best { .. } | Rank::BestField { .. }))
                && self.query.limit.is_some_and(|limit| limit.rows == 10 && !limit.is_per_group);
            if self.query.limit.is_some() && !is_open {
                return Err(Resolution::Nothing);
            }
            self.notes.retain(|note| !note.starts_with("Showed ten"));
            self.query.limit = Some(Limit { rows, is_per_group: false });
        }
        Ok(())
    }

    /// Those without anything are among the groups, with zero.
    pub fn with_none(&mut self, home: Option<DatasetId>) -> Outcome<()> {
        let mut datasets: Vec<DatasetId> =
            self.query.dimensions.iter().map(|dimension| self.ground.field(dimension.field).dataset).collect();
        datasets.dedup();
        let has_grain = self.query.dimensions.iter().any(|dimension| dimension.grain.is_some());
        match datasets.as_slice() {
            [one] if Some(*one) == home => {}
            // Those that are gone have none since.
            [one]
                if self
                    .ground
                    .fields_of(*one)
                    .any(|id| null_meaning::of(self.ground, id).is_some_and(|it| it.may_last)) =>
            {
                let name = self.shown(*one);
                let sentence =
                    format!("Some of {name} are gone and have none since: ask for each of {name}, lowest first.");
                return Err(Resolution::Not(sentence));
            }
            [one] if !has_grain => self.query.all_of = Some(*one),
            _ => self.notes.push(NONE.to_owned()),
        }
        Ok(())
    }

    /// By time, or by the first text that is shown.
    fn sorted(&mut self, all: &SemanticFrame) -> Outcome<()> {
        if all.age.is_none() && !all.is_alphabetical {
            return Ok(());
        }
        // "sorted by opening date, newest first"
        let is_dated = matches!(&all.order, Some((Target::Field(field), _)) if self.ground.field(*field).is_time);
        if all.age.is_some() && is_dated && !all.is_alphabetical {
            return Ok(());
        }
        if !self.query.order.is_empty() || all.age.is_some() && all.is_alphabetical {
            return Err(Resolution::Nothing);
        }
        let is_text = |dimension: &Dimension| self.ground.field(dimension.field).ty == Type::Text;
        let is_time =
            |dimension: &Dimension| matches!(self.ground.field(dimension.field).ty, Type::Date | Type::Timestamp);
        let at = match all.age {
            Some(_) => self.query.dimensions.iter().position(is_time),
            None => self.query.dimensions.iter().position(is_text),
        };
        let default = self.query.listed.and_then(|listed| self.ground.dataset(listed).default_time);
        let at = match (at, default, self.query.listed) {
            (Some(at), ..) => at,
            (None, Some(field), _) if all.age.is_some() => self.column(field),
            (None, _, Some(listed)) if all.is_alphabetical => {
                let texts = schema_graph::identity(self.ground, listed).into_iter();
                let text = texts.into_iter().find(|field| self.ground.field(*field).ty == Type::Text);
                self.column(text.ok_or(Resolution::Nothing)?)
            }
            _ => return Err(Resolution::Nothing),
        };
        self.query.order.push(Order { by: By::Dimension(at), is_descending: all.age.unwrap_or(false) });
        Ok(())
    }

    /// "playlists of the track X", "tracks in the playlist Y": one table links them. Sums are of rows that it links
    /// once.
    fn is_bridged(&self, home: DatasetId, other: DatasetId) -> bool {
        let query = &self.query;
        let is_plain =
            query.members.is_empty() && query.via.is_empty() && query.done_by.is_empty() && query.compare.is_none();
        let counts = |measure: &Measure| super::counts::counted(self.ground, measure) == Some(home);
        let bridge = schema_graph::bridge(self.ground, home, other).filter(|_| is_plain);
        bridge.is_some_and(|bridge| {
            query.measures.iter().all(counts) || schema_graph::is_pure_bridge(self.ground, bridge)
        })
    }

    /// "who directed Poppy": what is said of a row that links a person to a film, and which film it is, are said of one row.
    fn linked_by_one(&mut self, home: Option<DatasetId>) {
        let counted = self.query.measures.first().and_then(|measure| super::counts::counted(self.ground, measure));
        let home = self.query.listed.or(if self.query.measures.len() == 1 { counted } else { None }).or(home);
        let Some(home) = home.filter(|_| self.query.measures.is_empty() || counted.is_some()) else { return };
        let of = |filter: &Filter| self.ground.field(filter.field).dataset;
        let is_near = |filter: &Filter| schema_graph::reach(self.ground, home).contains(&of(filter));
        let far: Vec<Filter> = self.query.filters.iter().filter(|filter| !is_near(filter)).cloned().collect();
        let leads = |link: DatasetId| schema_graph::reach(self.ground, link).contains(&home);
        let mut links: Vec<DatasetId> = far.iter().map(of).filter(|link| leads(*link)).collect();
        links.dedup();
        let [link] = links.as_slice() else { return };
        let within = schema_graph::reach(self.ground, *link);
        let is_plain =
            far.iter().all(|filter| filter.op == Op::Is && filter.values.len() == 1 && within.contains(&of(filter)));
        let names_other = far.iter().any(|filter| of(filter) != *link);
        if !is_plain || !names_other {
            return;
        }
        self.query.filters.retain(|filter| !far.contains(filter));
        let (measure, values) = (Measure::CountOf(*link), vec![Value::Number("1".to_owned())]);
        let member = Member { of: home, kin: None, measure, filters: far, time: None, op: Op::AtLeast, values };
        self.query.members.push(member);
    }

    /// "staff per manager": of the managers, who are staff themselves, only what tells them apart is shown.
    fn are_led_by(&self) -> Outcome<()> {
        let Some(of) = self.query.led_by.map(|join| self.ground.join(join).from) else { return Ok(()) };
        let names = schema_graph::identity(self.ground, of);
        let is_clear = |one: &Dimension| self.ground.field(one.field).dataset != of || names.contains(&one.field);
        let is_plain = !self.query.measures.is_empty() && self.query.all_of.is_none() && self.query.picked.is_none();
        match is_plain && self.query.dimensions.iter().all(is_clear) {
            true => Ok(()),
            false => Err(Resolution::Nothing),
        }
    }

    /// What links what is asked for with these fields, and says something of both.
    fn bridges(&self, homes: &[DatasetId], fields: &[FieldId]) -> Outcome<Vec<DatasetId>> {
        // "stores by country": those of the orders that link them, which the words do not say.
        let linked = homes.iter().flat_map(|home| fields.iter().map(move |field| (*home, *field)));
        let linked: Vec<DatasetId> = linked
            .filter_map(|(home, field)| {
                let dataset = self.ground.field(field).dataset;
                let is_near = schema_graph::reach(self.ground, home).contains(&dataset);
                if is_near { None } else { schema_graph::bridge(self.ground, home, dataset) }
            })
            .collect();
        if let Some((bridge, other)) = linked.iter().find_map(|bridge| self.linked_otherwise(*bridge)) {
            let (bridge, other) = (self.shown(bridge), self.shown(other));
            let sentence = format!("By what they are linked is not clear: {bridge} link them, and so do {other}.");
            return Err(Resolution::Not(sentence));
        }
        let linked = linked.into_iter().filter(|bridge| !schema_graph::is_pure_bridge(self.ground, *bridge));
        Ok(linked.collect())
    }

    /// "pilots per berth", by their licences for it, or by what they did there: rows of others that lead to both of what a bridge
    /// links, and not by way of the bridge.
    fn linked_otherwise(&self, bridge: DatasetId) -> Option<(DatasetId, DatasetId)> {
        let ends: Vec<DatasetId> =
            self.ground.joins.iter().filter(|join| join.from == bridge).map(|join| join.to).collect();
        let is_other = |root: &DatasetId| {
            let reach = schema_graph::reach(self.ground, *root);
            let is_direct = self.ground.joins.iter().any(|join| join.from == *root && ends.contains(&join.to));
            *root != bridge && is_direct && !reach.contains(&bridge) && ends.iter().all(|end| reach.contains(end))
        };
        let other = (0..self.ground.datasets.len()).map(DatasetId).find(is_other)?;
        (!ends.contains(&other)).then_some((bridge, other))
    }

    /// The figure that a list shows, else the only one that its rows have.
    fn shown_figure(&self, listed: DatasetId) -> Outcome<FieldId> {
        let shown = self.query.dimensions.iter().map(|dimension| dimension.field);
        let shown: Vec<FieldId> = shown.filter(|field| self.is_figure(*field)).collect();
        match shown.as_slice() {
            [one] => Ok(*one),
            _ => self.only_figure(listed),
        }
    }

    /// The place of a field among the columns, where it is put if need be.
    fn column(&mut self, field: FieldId) -> usize {
        let known = self.query.dimensions.iter().position(|dimension| dimension.field == field);
        known.unwrap_or_else(|| {
            self.query.dimensions.push(Dimension { field, grain: None });
            self.query.dimensions.len() - 1
        })
    }

    /// Lists show what tells rows apart, their time and what the question names.
    pub fn lists(&mut self, home: Option<DatasetId>) -> Outcome<()> {
        let Some(listed) = self.query.listed else { return Ok(()) };
        let mut fields = schema_graph::identity(self.ground, listed);
        fields.extend(times::only(self.ground, listed));
        fields.extend(self.query.time.as_ref().map(|time| time.field));
        // What is linked by others has several for each.
        let reach = schema_graph::reach(self.ground, listed);
        let said = self
            .query
            .filters
            .iter()
            .filter(|filter| !schema_graph::is_own_key(self.ground, filter))
            .map(|filter| filter.field);
        fields.extend(said.filter(|field| reach.contains(&self.ground.field(*field).dataset)));
        // Of one row, all there is to see.
        let key = schema_graph::key(self.ground, listed);
        let is_one = self.query.filters.iter().any(|filter| Some(filter.field) == key && filter.op == Op::Is);
        if is_one && self.query.dimensions.is_empty() {
            fields.extend(self.ground.fields_of(listed).take(WIDEST));
        }
        if fields.is_empty() {
            fields.extend(self.ground.fields_of(home.unwrap_or(listed)).take(6));
        }
        for field in fields {
            if !self.query.dimensions.iter().any(|dimension| dimension.field == field) {
                self.query.dimensions.push(Dimension { field, grain: None });
            }
        }
        Ok(())
    }

    /// What is asked for can be had: no two conditions of one field, groups where groups are needed, all within reach.
    pub fn check(&mut self, home: Option<DatasetId>) -> Outcome<()> {
        self.linked_by_one(home);
        self.holds_together()?;
        self.are_led_by()?;
        let query = &self.query;
        for (at, filter) in query.filters.iter().enumerate() {
            if query.filters[..at].iter().any(|other| other.field == filter.field && clash(other, filter)) {
                return Err(Resolution::Nothing);
            }
        }
        if !query.having.is_empty() && (query.dimensions.is_empty() || query.listed.is_some()) {
            return Err(Resolution::Not(
                "How many groups meet a condition cannot be asked for here, only which ones.".into(),
            ));
        }
        if let Some(limit) = query.limit
            && limit.is_per_group
            && query.dimensions.len() < 2
        {
            return Err(Resolution::Nothing);
        }
        let homes: Vec<DatasetId> = match query.measures.is_empty() {
            true => self.query.listed.or(home).into_iter().collect(),
            false => query.measures.iter().filter_map(|measure| schema_graph::home(self.ground, measure)).collect(),
        };
        for member in &query.members {
            let far = homes.iter().find(|home| !schema_graph::reach(self.ground, **home).contains(&member.of));
            if let Some(home) = far {
                let (home, of) = (self.shown(*home), self.shown(member.of));
                return Err(Resolution::Not(format!("No relationship leads from {home} to {of}.")));
            }
        }
        // What is not so of what is linked may be so of another that is linked.
        let is_clear = |filter: &&Filter| !matches!(filter.op, Op::IsNot | Op::IsEmpty | Op::IsNotEmpty);
        let unclear: Vec<FieldId> =
            query.filters.iter().filter(|filter| !is_clear(filter)).map(|filter| filter.field).collect();
        let time = query.time.iter().map(|time| time.field);
        let fields =
            query.dimensions.iter().filter(|dimension| dimension.grain.is_none()).map(|dimension| dimension.field);
        let fields = fields.chain(query.filters.iter().chain(&query.part).map(|filter| filter.field));
        let mut fields: Vec<FieldId> = fields.collect();
        if homes.len() == 1 {
            fields.extend(time.chain(query.dimensions.iter().map(|dimension| dimension.field)));
        }
        // "who reports to Ann": whose key that is, and whose name, are two of the same.
        let is_own_key = |field: &FieldId| {
            let known = self.ground.field(*field);
            let leads = |join: &&Join| join.from == join.to && join.from == known.dataset;
            let mut own = self.ground.joins.iter().filter(leads).flat_map(|join| &join.on);
            own.any(|(from, _)| {
                known.names.name.eq_ignore_ascii_case(from) || known.expression.eq_ignore_ascii_case(from)
            })
        };
        let is_same = |field: &FieldId| {
            let dataset = self.ground.field(*field).dataset;
            query.filters.iter().any(|filter| self.ground.field(filter.field).dataset == dataset)
        };
        let mut shown = query.dimensions.iter().map(|dimension| dimension.field);
        if let Some(field) = shown.find(|field| is_own_key(field) && is_same(field)) {
            let name = self.shown(self.ground.field(field).dataset);
            return Err(Resolution::Not(format!("Which {name} belong to which others cannot be asked for here.")));
        }
        let linked = self.bridges(&homes, &fields)?;
        for home in &homes {
            let reach = schema_graph::reach(self.ground, *home);
            let is_far = |field: &&FieldId| {
                let dataset = self.ground.field(**field).dataset;
                !reach.contains(&dataset) && (unclear.contains(field) || !self.is_bridged(*home, dataset))
            };
            if let Some(field) = fields.iter().find(is_far) {
                let (field, home) = (self.ground.field(*field).names.shown().to_owned(), self.shown(*home));
                return Err(Resolution::Not(format!("No relationship leads from {home} to {field}.")));
            }
        }
        for bridge in linked {
            let note = format!("Took what {} link together.", self.shown(bridge));
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        Ok(())
    }
}

/// Two conditions of one field that people do not say of one row, or say with a word that is missing.
fn clash(one: &Filter, other: &Filter) -> bool {
    let is_bound = |op: Op| matches!(op, Op::Less | Op::AtMost | Op::More | Op::AtLeast | Op::Between);
    !(is_bound(one.op) && is_bound(other.op) && one.op != other.op || one.op == Op::IsNot && other.op == Op::IsNot)
}
