//! Union of facts, for figures of several side by side: all rows of each under one another, and each group once.

use sqlparser::ast::{Expr, Ident, Query as Select};

use super::assemble::Parts;
use super::layers::Work;
use super::sql::{self, Block, From};
use super::{PlanProblem, Planner};
use crate::chat::ground::{FieldId, Type};
use crate::chat::query::{By, CompareTo, Dimension};

/// Columns that are there in each group of the first side's facts.
const HERE: &str = "is_here";

/// By side and leaf the expression of its value; `None` where it is not computed.
pub(super) type Values = Vec<Vec<Option<Expr>>>;

impl Planner<'_> {
    /// The block to put measures into, and by side and leaf the expression of its value there.
    pub(super) fn values(&mut self, parts: &Parts) -> Result<(Work, Values), PlanProblem> {
        let names: Vec<String> = parts.dimensions.iter().map(|column| column.name.clone()).collect();
        let mut values: Values = vec![vec![None; parts.leaves.len()]; parts.sides.len()];
        if let [fact] = parts.facts.as_slice() {
            let all: Vec<usize> = (0..names.len()).collect();
            let (block, calls) = self.fact(fact, &parts.sides, &parts.leaves, &names, &all)?;
            for (at, call) in fact.leaves.iter().zip(calls) {
                values[fact.side][*at] = Some(call);
            }
            return Ok((Work::of(block, true), values));
        }
        let alias = self.speech.ident("j");
        let speech = self.speech;
        let column = |name: &str| Expr::CompoundIdentifier(vec![alias.clone(), speech.ident(name)]);
        let keys = self.keys();
        let key_names: Vec<String> = keys.iter().map(|at| names[*at].clone()).collect();
        let (mut ctes, mut here): (Vec<(Ident, Select)>, Vec<Expr>) = (Vec::new(), Vec::new());
        // The name of what is joined so far, and its columns beyond the dimensions.
        let mut joined: Option<(Ident, Vec<String>)> = None;
        for (n, fact) in parts.facts.iter().enumerate() {
            // What the key of a group says is looked up once, where all groups are.
            let is_frame = fact.leaves.iter().all(|at| parts.leaves.get(*at).is_some_and(|(leaf, _)| leaf.is_frame));
            let all: Vec<usize> = (0..names.len()).collect();
            let shown = if is_frame { &all } else { &keys };
            let (mut block, calls) = self.fact(fact, &parts.sides, &parts.leaves, &names, shown)?;
            let mut own: Vec<String> =
                shown.iter().filter(|at| !keys.contains(at)).map(|at| names[*at].clone()).collect();
            for (at, call) in fact.leaves.iter().zip(calls) {
                let name = format!("value_{}", at + 1 + fact.side * parts.leaves.len());
                block.items.push((call, self.speech.ident(&name)));
                values[fact.side][*at] = Some(column(&name));
                own.push(name);
            }
            if fact.side == 0 && self.needs_here() {
                let name = format!("{HERE}_{}", n + 1);
                block.items.push((sql::call("MAX", vec![sql::number(1)]), self.speech.ident(&name)));
                here.push(Expr::IsNotNull(Box::new(column(&name))));
                own.push(name);
            }
            let name = self.free_name(&format!("part_{}", n + 1));
            ctes.push((name.clone(), block.query()));
            joined = Some(match joined {
                None => (name, own),
                Some((before, mut known)) => {
                    let name_joined = self.free_name(&format!("joined_{n}"));
                    ctes.push((name_joined.clone(), self.joined(&key_names, (&before, &known), (&name, &own))));
                    known.extend(own);
                    (name_joined, known)
                }
            });
        }
        let (name, _) = joined.ok_or(PlanProblem::NothingAsked)?;
        let mut block = Block { from: Some(From::of(sql::table(vec![name], Some(alias.clone())))), ..Block::default() };
        block.items = names.iter().map(|name| (column(name), self.speech.ident(name))).collect();
        let mut work = Work::of(block, false);
        work.ctes = ctes;
        work.block.conditions.extend(sql::any(here));
        Ok((work, values))
    }

    /// The dimensions, by their places, that tell the groups apart: all, or where there is one for each row of a
    /// dataset, its key, and what no greatest can be had of.
    fn keys(&self) -> Vec<usize> {
        let dimensions = self.query.dimensions.iter().enumerate();
        let all: Vec<usize> = (0..self.query.dimensions.len()).collect();
        let Some(of) = self.query.all_of else { return all };
        let key = &self.ground.dataset(of).primary_key;
        let column = |field: FieldId| self.ground.field(field).expression.replace(['"', '`'], "");
        let is_key = |field: FieldId| self.ground.field(field).dataset == of && key.contains(&column(field));
        let has_all = key.iter().all(|part| {
            self.query.dimensions.iter().any(|dimension| is_key(dimension.field) && column(dimension.field) == *part)
        });
        if key.is_empty() || !has_all {
            return all;
        }
        let is_said = |dimension: &Dimension| {
            let has_greatest = matches!(
                self.ground.field(dimension.field).ty,
                Type::Number | Type::Text | Type::Date | Type::Timestamp
            );
            dimension.grain.is_none() && has_greatest && !is_key(dimension.field)
        };
        dimensions.filter(|(_, dimension)| !is_said(dimension)).map(|(at, _)| at).collect()
    }

    /// Groups of the other side alone go: buckets after the last one, and what cannot be among the most.
    fn needs_here(&self) -> bool {
        let Some(compare) = &self.query.compare else { return false };
        if self.query.dimensions.is_empty() || matches!(compare.to, CompareTo::Values { .. }) {
            return false;
        }
        let has_buckets = self.query.dimensions.iter().any(|dimension| dimension.grain.is_some());
        let is_open = self.query.time.as_ref().is_none_or(|time| time.range.to.is_none());
        let by_change = self.query.order.iter().any(|order| matches!(order.by, By::Change(_)));
        has_buckets && is_open || self.query.limit.is_some() && !by_change
    }

    /// Both, each group once: what only one of them has is empty in the other's columns.
    fn joined(&self, names: &[String], left: (&Ident, &[String]), right: (&Ident, &[String])) -> Select {
        let half = |(name, own): (&Ident, &[String])| {
            let column = |text: &String| (Expr::Identifier(self.speech.ident(text)), self.speech.ident(text));
            let empty = |text: &String| (sql::null(), self.speech.ident(text));
            let mut items: Vec<(Expr, Ident)> = names.iter().map(column).collect();
            for text in left.1.iter().chain(right.1) {
                items.push(if own.contains(text) { column(text) } else { empty(text) });
            }
            let from = Some(From::of(sql::table(vec![name.clone()], None)));
            Block { items, from, ..Block::default() }.query()
        };
        let both = self.speech.ident("both_parts");
        let column = |text: &String| Expr::CompoundIdentifier(vec![both.clone(), self.speech.ident(text)]);
        let mut items: Vec<(Expr, Ident)> = names.iter().map(|text| (column(text), self.speech.ident(text))).collect();
        for text in left.1.iter().chain(right.1) {
            items.push((sql::call("MAX", vec![column(text)]), self.speech.ident(text)));
        }
        let rows = sql::union_all(half(left), half(right));
        let from = Some(From::of(sql::derived(rows, both.clone())));
        Block { items, from, groups: names.len(), ..Block::default() }.query()
    }

    /// A name that none of the tables has.
    pub(super) fn free_name(&self, wanted: &str) -> Ident {
        let mut name = wanted.to_owned();
        while self.ground.datasets.iter().any(|dataset| dataset.table.name.eq_ignore_ascii_case(&name)) {
            name.push('_');
        }
        self.speech.ident(&name)
    }
}
