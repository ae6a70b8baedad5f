//! Semi-joins: conditions that hold for some row on the side of many, and the dataset that leads to both sides.

use sqlparser::ast::Expr;

use super::filters::needs_a_value;
use super::sql::{self, Block};
use super::tree::TableTree;
use super::{PlanProblem, Planner};
use crate::chat::graph::Step;
use crate::chat::ground::{DatasetId, FieldId};
use crate::chat::query::{Filter, Having, Member, Range};

/// Filters and a time of which some row of `root` fulfils all at once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SemiJoin {
    pub root: DatasetId,
    pub filters: Vec<Filter>,
    pub time: Option<FieldId>,
}

impl Planner<'_> {
    /// Errors: no dataset leads to both, so that they have nothing to do with one another.
    pub(super) fn connected(&self, home: DatasetId, other: DatasetId) -> Result<(), PlanProblem> {
        match self.graph.roots(&[home, other]).is_empty() {
            true => Err(PlanProblem::NoPath { from: home, to: other }),
            false => Ok(()),
        }
    }

    /// The one dataset nearest to all of `ends` that leads to each of them.
    pub(super) fn root_of(&self, ends: &[DatasetId]) -> Result<DatasetId, PlanProblem> {
        let (from, to) = (ends[0], *ends.last().unwrap_or(&ends[0]));
        let roots = self.graph.roots(ends);
        match roots.as_slice() {
            [] => Err(PlanProblem::NoPath { from, to }),
            [one] => Ok(*one),
            several => {
                let passes = |root: &&DatasetId| {
                    let ways = ends.iter().filter_map(|end| self.graph.way(**root, *end).ok());
                    self.graph.is_chosen(&ways.flatten().map(|step| step.join).collect::<Vec<_>>())
                };
                if let [one] = several.iter().filter(passes).collect::<Vec<_>>().as_slice() {
                    return Ok(**one);
                }
                let ways = several.iter().map(|root| {
                    let steps = ends.iter().filter_map(|end| self.graph.way(*root, *end).ok()).flatten();
                    steps.map(|step: Step| step.join).collect()
                });
                Err(PlanProblem::AmbiguousPath { from, to, ways: ways.collect() })
            }
        }
    }

    /// There is a row of another dataset that leads to the row of `alias` and for which the conditions hold.
    pub(super) fn exists(
        &mut self,
        semi_join: &SemiJoin,
        home: DatasetId,
        alias: &str,
        range: Option<&Range>,
    ) -> Result<Expr, PlanProblem> {
        const PREFIX: &str = "some_";
        let mut tree = TableTree::of(self.ground, semi_join.root, PREFIX);
        let way = self.graph.way(semi_join.root, home)?;
        let (last, before) = way.split_last().ok_or(PlanProblem::NothingAsked)?;
        let at = tree.reach(self.ground, before, PREFIX);
        tree.require(at);
        let inner = tree.alias_of(at).to_owned();
        let mut block = Block { conditions: vec![self.on(*last, &inner, alias)?], ..Block::default() };
        for filter in &semi_join.filters {
            let way = self.graph.way(semi_join.root, self.ground.field(filter.field).dataset)?;
            let at = tree.reach(self.ground, &way, PREFIX);
            tree.require(at);
            let alias = tree.alias_of(at).to_owned();
            block.conditions.push(self.condition(filter, &alias)?);
        }
        if let (Some(field), Some(range)) = (semi_join.time, range) {
            let way = self.graph.way(semi_join.root, self.ground.field(field).dataset)?;
            let at = tree.reach(self.ground, &way, PREFIX);
            tree.require(at);
            let alias = tree.alias_of(at).to_owned();
            block.conditions.extend(self.in_range(field, &alias, range)?);
        }
        let (one, many) = (self.ground.dataset(home).names.shown(), self.ground.dataset(semi_join.root).names.shown());
        let sentence = format!("{one} are those with at least one of {many} for which the conditions hold.");
        self.assume(sentence);
        block.from = Some(self.from(&tree)?);
        block.items.push((sql::number(1), self.speech.ident("found")));
        Ok(Expr::Exists { subquery: Box::new(block.query()), negated: false })
    }

    /// What a list needs of the same: conditions on the rows of `home`, near and semi_join.
    pub(super) fn listed(&mut self, home: DatasetId, tree: &mut TableTree) -> Result<Vec<Expr>, PlanProblem> {
        let mut conditions = Vec::new();
        let mut semi_join = SemiJoin { root: home, filters: Vec::new(), time: None };
        let mut ends = vec![home];
        for filter in &self.query.filters {
            let dataset = self.ground.field(filter.field).dataset;
            if self.graph.reaches(home, dataset) {
                let at = self.node_of_field(tree, home, &[], home, filter.field, "")?;
                if needs_a_value(filter) {
                    tree.require(at);
                }
                let alias = tree.alias_of(at).to_owned();
                conditions.push(self.condition(filter, &alias)?);
                continue;
            }
            if !needs_a_value(filter) || semi_join.filters.iter().any(|other| other.field == filter.field) {
                let why = "it is not clear whether one or every row is meant".to_owned();
                let measure = self.ground.dataset(home).names.shown().to_owned();
                return Err(PlanProblem::UnsafeReaggregation { measure, why });
            }
            semi_join.filters.push(filter.clone());
            ends.push(dataset);
        }
        if let Some(time) = &self.query.time {
            let dataset = self.ground.field(time.field).dataset;
            if self.graph.reaches(home, dataset) {
                let at = self.node_of_field(tree, home, &[], home, time.field, "")?;
                let alias = tree.alias_of(at).to_owned();
                if let Some(condition) = self.in_range(time.field, &alias, &time.range)? {
                    tree.require(at);
                    conditions.push(condition);
                }
            } else {
                semi_join.time = Some(time.field);
                ends.push(dataset);
            }
        }
        for member in &self.query.members {
            let at = self.node_of_dataset(tree, home, &[], home, member.of, "")?;
            tree.require(at);
            let alias = tree.alias_of(at).to_owned();
            conditions.push(self.member(member, &alias)?);
        }
        if let Some(picked) = &self.query.picked {
            let at = self.node_of_dataset(tree, home, &[], home, picked.of, "")?;
            tree.require(at);
            let alias = tree.alias_of(at).to_owned();
            conditions.push(self.picked(picked, &alias)?);
        }
        if !self.query.having.is_empty() {
            let alias = tree.alias_of(0).to_owned();
            for having in &self.query.having {
                let time = semi_join.time.and(self.query.time.clone());
                let Having { measure, op, values } = having.clone();
                let member =
                    Member { of: home, kin: None, measure, filters: semi_join.filters.clone(), time, op, values };
                conditions.push(self.member(&member, &alias)?);
            }
            return Ok(conditions);
        }
        if ends.len() > 1 {
            semi_join.root = self.root_of(&ends)?;
            let alias = tree.alias_of(0).to_owned();
            let range = self.query.time.as_ref().map(|time| time.range);
            conditions.push(self.exists(&semi_join, home, &alias, range.as_ref())?);
        }
        Ok(conditions)
    }
}
