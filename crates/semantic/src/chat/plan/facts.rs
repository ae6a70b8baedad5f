//! Placement of aggregates: over the rows of which dataset each is computed, joined to what, under which conditions.

use sqlparser::ast::Expr;

use super::filters::needs_a_value;
use super::measures::{Bears, Leaf};
use super::periods::Shift;
use super::semi_join::SemiJoin;
use super::sql::{self, Block};
use super::tree::{TableTree, datasets_in, parsed};
use super::{PlanProblem, Planner};
use crate::chat::graph::{Step, Way};
use crate::chat::ground::{DatasetId, FieldId, JoinId, MaskShows};
use crate::chat::query::{CompareTo, Filter, Range};
use crate::chat::schema_graph;

/// One side of a comparison; without one there is one side.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Side {
    pub range: Option<Range>,
    pub shift: Option<Shift>,
    /// What holds for this side alone.
    pub also: Vec<Filter>,
}

/// How a leaf stands to what the query groups and filters by. Leaves of one placement are computed together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placement {
    /// Whose rows are read. Another one than home where what is grouped by is on the side of many.
    pub root: DatasetId,
    pub home: DatasetId,
    /// From root to home.
    base: Way,
    /// By dimension.
    dimensions: Vec<FieldId>,
    time: Option<FieldId>,
    /// The filters of the metric.
    filters: Vec<String>,
    /// Whether filters and time on the side of many hold for some row there.
    semi_join: Option<SemiJoin>,
    /// Filters of the query that are not about its rows.
    left_out: Vec<Filter>,
}

/// A side and a placement, with what is computed there.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub side: usize,
    pub placement: Placement,
    /// Places among all leaves.
    pub leaves: Vec<usize>,
}

impl Planner<'_> {
    /// `leaves` with the label of the measure that each is of.
    pub(super) fn facts(&mut self, leaves: &[(Leaf, String)], sides: &[Side]) -> Result<Vec<Fact>, PlanProblem> {
        let mut facts: Vec<Fact> = Vec::new();
        for (side, known) in sides.iter().enumerate() {
            for at in 0..leaves.len() {
                let placement = self.placement(leaves, at, known)?;
                match facts.iter_mut().find(|fact| fact.side == side && fact.placement == placement) {
                    Some(fact) => fact.leaves.push(at),
                    None => facts.push(Fact { side, placement, leaves: vec![at] }),
                }
            }
        }
        Ok(facts)
    }

    fn placement(&mut self, leaves: &[(Leaf, String)], at: usize, side: &Side) -> Result<Placement, PlanProblem> {
        let Some((leaf, label)) = leaves.get(at) else { return Err(PlanProblem::NothingAsked) };
        let home = leaf.home;
        let is_alone = leaves.iter().all(|(other, _)| other.home == home);
        let unsafe_ = |field: FieldId, planner: &Planner<'_>| {
            let other = planner.ground.dataset(planner.ground.field(field).dataset).names.shown();
            PlanProblem::UnsafeReaggregation {
                measure: label.clone(),
                why: format!(
                    "each row of {} belongs to several of {other}, and would be counted with each",
                    planner.ground.dataset(home).names.shown()
                ),
            }
        };
        let dataset_of = |field: FieldId, planner: &Planner<'_>| planner.ground.field(field).dataset;

        let mut dimensions = Vec::new();
        let mut ends = vec![home];
        for dimension in &self.query.dimensions {
            let field = match dimension.grain {
                Some(_) => self.time_for(dimension.field, leaves, at),
                None => dimension.field,
            };
            dimensions.push(field);
            let dataset = self.ground.field(field).dataset;
            if self.graph.reaches(home, dataset) {
                continue;
            }
            if !is_alone {
                return Err(PlanProblem::NoStitchingDimension { measure: label.clone(), field });
            }
            if leaf.bears == Bears::Nothing && !self.is_bridged(home, dataset) {
                self.connected(home, dataset)?;
                return Err(unsafe_(field, self));
            }
            if !ends.contains(&dataset) {
                ends.push(dataset);
            }
        }
        let root = if ends.len() > 1 { self.root_of(&ends)? } else { home };
        let base = self.graph.way(root, home)?;

        let filters: Vec<Filter> = self.query.filters.iter().chain(&side.also).cloned().collect();
        let (mut far_filters, mut left_out): (Vec<Filter>, Vec<Filter>) = (Vec::new(), Vec::new());
        for filter in filters {
            let dataset = dataset_of(filter.field, self);
            if self.graph.reaches(home, dataset) || root != home && self.graph.reaches(root, dataset) {
                continue;
            }
            if leaf.is_frame {
                left_out.push(filter);
                continue;
            }
            if !is_alone {
                return Err(PlanProblem::NoStitchingDimension { measure: label.clone(), field: filter.field });
            }
            let is_clear = needs_a_value(&filter) && !far_filters.iter().any(|other| other.field == filter.field);
            if leaf.bears == Bears::Nothing && !self.is_bridged(home, dataset) || root != home || !is_clear {
                self.connected(home, dataset)?;
                return Err(unsafe_(filter.field, self));
            }
            far_filters.push(filter);
        }
        for member in &self.query.members {
            if !self.graph.reaches(home, member.of) && (root == home || !self.graph.reaches(root, member.of)) {
                self.connected(home, member.of)?;
                let why =
                    format!("not each of its rows belongs to one of {}", self.ground.dataset(member.of).names.shown());
                return Err(PlanProblem::UnsafeReaggregation { measure: label.clone(), why });
            }
        }
        let mut time = None;
        let mut far_time = None;
        // A time that was named holds for rows that are there for their groups, too, where it is theirs.
        let is_of_frame = |field: FieldId, planner: &Planner<'_>| {
            !planner.query.is_dated_by_own && planner.graph.reaches(home, dataset_of(field, planner))
        };
        if let (Some(asked), Some(_)) = (&self.query.time, side.range)
            && (!leaf.is_frame || is_of_frame(asked.field, self))
        {
            let field = self.time_for(asked.field, leaves, at);
            let dataset = dataset_of(field, self);
            if self.graph.reaches(home, dataset) || root != home && self.graph.reaches(root, dataset) {
                time = Some(field);
            } else if !is_alone {
                return Err(PlanProblem::NoStitchingDimension { measure: label.clone(), field });
            } else if leaf.bears == Bears::Nothing || root != home {
                self.connected(home, dataset)?;
                return Err(unsafe_(field, self));
            } else {
                far_time = Some(field);
            }
        }
        let semi_join = if far_filters.is_empty() && far_time.is_none() {
            None
        } else {
            let mut ends = vec![home];
            ends.extend(far_filters.iter().map(|filter| dataset_of(filter.field, self)));
            ends.extend(far_time.map(|field| dataset_of(field, self)));
            Some(SemiJoin { root: self.root_of(&ends)?, filters: far_filters, time: far_time })
        };
        Ok(Placement { root, home, base, dimensions, time, filters: leaf.filters.clone(), semi_join, left_out })
    }

    /// One table links them and is nothing else.
    fn is_bridged(&self, home: DatasetId, other: DatasetId) -> bool {
        let bridge = schema_graph::bridge(self.ground, home, other);
        bridge.is_some_and(|bridge| schema_graph::is_pure_bridge(self.ground, bridge))
    }

    /// The time that stands for `field` where a leaf is dated by another one, and nobody named the time.
    fn time_for(&mut self, field: FieldId, leaves: &[(Leaf, String)], at: usize) -> FieldId {
        let Some((leaf, label)) = leaves.get(at) else { return field };
        let own = leaf.time.filter(|own| *own != field && self.query.is_dated_by_own && !leaf.is_frame);
        let Some(own) = own else { return field };
        // Figures of the rows that the first one is of are dated as it is, unless their model says otherwise.
        let is_of_first = leaves.first().is_some_and(|(first, _)| first.home == leaf.home && first.time != leaf.time);
        if is_of_first && !leaf.declares_time || !self.graph.reaches(leaf.home, self.ground.field(own).dataset) {
            return field;
        }
        let name = super::columns::lowered(self.ground.field(own).names.shown());
        self.assume(format!("{label} is dated by {name}."));
        own
    }

    /// The block of a fact: the dimensions that are shown, then the leaves, each with the name that is given for it.
    pub(super) fn fact(
        &mut self,
        fact: &Fact,
        sides: &[Side],
        leaves: &[(Leaf, String)],
        names: &[String],
        shown: &[usize],
    ) -> Result<(Block, Vec<Expr>), PlanProblem> {
        let side = sides.get(fact.side).cloned().unwrap_or_default();
        let Placement { root, home, base, dimensions, time, filters: own, semi_join, left_out } = &fact.placement;
        let mut tree = TableTree::of(self.ground, *root, "");
        let at_home = tree.reach(self.ground, base, "");
        if root != home {
            tree.require(at_home);
        }
        let mut block = Block { groups: shown.len(), ..Block::default() };
        let kept: Vec<Filter> = self.query.filters.iter().chain(&side.also).cloned().collect();
        let is_far = |filter: &Filter| semi_join.as_ref().is_some_and(|semi_join| semi_join.filters.contains(filter));
        for filter in kept.iter().filter(|filter| !is_far(filter) && !left_out.contains(filter)) {
            let at = self.node_of_field(&mut tree, *home, base, *root, filter.field, "")?;
            if needs_a_value(filter) {
                tree.require(at);
            }
            let alias = tree.alias_of(at).to_owned();
            block.conditions.push(self.condition(filter, &alias)?);
        }
        if let (Some(field), Some(range)) = (time, &side.range) {
            let at = self.node_of_field(&mut tree, *home, base, *root, *field, "")?;
            let alias = tree.alias_of(at).to_owned();
            if let Some(condition) = self.in_range(*field, &alias, range)? {
                tree.require(at);
                block.conditions.push(condition);
            }
        }
        for member in &self.query.members {
            let at = self.node_of_dataset(&mut tree, *home, base, *root, member.of, "")?;
            tree.require(at);
            let alias = tree.alias_of(at).to_owned();
            block.conditions.push(self.member(member, &alias)?);
        }
        if let Some(picked) = &self.query.picked {
            let at = self.node_of_dataset(&mut tree, *home, base, *root, picked.of, "")?;
            tree.require(at);
            let alias = tree.alias_of(at).to_owned();
            block.conditions.push(self.picked(picked, &alias)?);
        }
        for text in own {
            let bad = || PlanProblem::BadExpression { name: text.clone() };
            let condition = parsed(text, self.speech.dialect).ok_or_else(bad)?;
            if datasets_in(&condition, self.ground).is_empty() {
                return Err(bad());
            }
            let condition = self.bound(condition, &mut tree, base, *home, "")?;
            block.conditions.push(sql::bracketed(condition));
        }
        if let Some(semi_join) = semi_join {
            let alias = tree.alias_of(at_home).to_owned();
            block.conditions.push(self.exists(semi_join, *home, &alias, side.range.as_ref())?);
        }
        let all: Vec<_> = self.query.dimensions.iter().zip(dimensions).collect();
        for (dimension, field) in shown.iter().filter_map(|at| all.get(*at).copied()) {
            let at = self.node_of_field(&mut tree, *home, base, *root, *field, "")?;
            let at = self.leader(&mut tree, at, *field);
            let alias = tree.alias_of(at).to_owned();
            let mut value = self.field(*field, &alias)?;
            if dimension.grain.is_none() && self.mask_of(*field) == Some(MaskShows::Year) {
                // A year that is shown as its first day would stand there as that day.
                return Err(self.masked(*field));
            }
            if let Some(grain) = dimension.grain {
                if !self.is_time(*field) {
                    return Err(PlanProblem::NotATime { field: *field });
                }
                self.tells(*field, grain)?;
                if self.compares_times() {
                    // What has no date has none that it could stand beside.
                    block.conditions.push(Expr::IsNotNull(Box::new(value.clone())));
                    let name = super::columns::lowered(self.ground.field(*field).names.shown());
                    self.assume(format!("Rows without {name} are left out."));
                }
                value = match side.shift {
                    Some(Shift::Months(months)) => self.speech.plus_months(self.speech.day(value), months),
                    Some(Shift::Days(days)) => self.speech.plus_days(self.speech.day(value), days),
                    None => value,
                };
                let calendar = &self.ground.calendar;
                let fiscal = if calendar.is_fiscal { i64::from(calendar.fiscal_start) - 1 } else { 0 };
                value = self.speech.truncated(value, grain, calendar.week_starts_on_sunday, fiscal);
            }
            block.items.push((value, self.speech.ident("")));
        }
        let mut calls = Vec::new();
        for at in &fact.leaves {
            let Some((leaf, label)) = leaves.get(*at) else { continue };
            let call = match leaf.bears {
                Bears::Rows if root != home => sql::function("COUNT", vec![self.key(*home, label)?], true),
                _ => leaf.call.clone(),
            };
            calls.push(self.bound(call, &mut tree, base, *home, "")?);
        }
        let given = shown.iter().filter_map(|at| names.get(*at));
        for ((_, name), given) in block.items.iter_mut().zip(given) {
            *name = self.speech.ident(given);
        }
        block.from = Some(self.from(&tree)?);
        Ok((block, calls))
    }

    /// The node of whom the row of a node leads to, where what is shown is theirs.
    fn leader(&self, tree: &mut TableTree, at: usize, field: FieldId) -> usize {
        let is_of = |join: &JoinId| self.ground.join(*join).from == self.ground.field(field).dataset;
        match self.query.led_by.filter(is_of) {
            Some(join) => {
                let led = tree.step(self.ground, at, Step { join, is_backwards: false }, "");
                tree.require(led);
                led
            }
            None => at,
        }
    }

    fn compares_times(&self) -> bool {
        self.query.compare.as_ref().is_some_and(|compare| !matches!(compare.to, CompareTo::Values { .. }))
    }

    /// The node of a field's dataset, by home where a way leads from there.
    pub(super) fn node_of_field(
        &mut self,
        tree: &mut TableTree,
        home: DatasetId,
        base: &[Step],
        root: DatasetId,
        field: FieldId,
        prefix: &str,
    ) -> Result<usize, PlanProblem> {
        self.node_of_dataset(tree, home, base, root, self.ground.field(field).dataset, prefix)
    }

    /// The same of a dataset.
    pub(super) fn node_of_dataset(
        &mut self,
        tree: &mut TableTree,
        home: DatasetId,
        base: &[Step],
        root: DatasetId,
        dataset: DatasetId,
        prefix: &str,
    ) -> Result<usize, PlanProblem> {
        let mut way: Way = base.to_vec();
        if root == home || self.graph.reaches(home, dataset) {
            way.extend(self.graph.way(home, dataset)?);
        } else {
            way = self.graph.way(root, dataset)?;
        }
        Ok(tree.reach(self.ground, &way, prefix))
    }
}
