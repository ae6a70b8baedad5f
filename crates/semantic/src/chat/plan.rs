//! The planner: from a query without words to one statement in the dialect of its source, or to why there is none.
//!
//! Rows are never multiplied: each figure is computed over the rows of one dataset, joined only to what each row has at
//! most one of. Figures of different rows are computed apart and put side by side over what they are grouped by.

mod assemble;
mod columns;
mod condition;
mod fact_union;
mod facts;
mod filters;
mod layers;
mod list;
mod measures;
mod members;
mod named;
mod periods;
mod problem;
mod semi_join;
pub(in crate::chat) mod sql;
mod tree;
mod ways_differ;

use std::collections::BTreeSet;

use jiff::civil::Date;
use sqlparser::ast::{Expr, Query as Select, Statement as Tree};
use sqlparser::parser::Parser;

use super::graph::Graph;
use super::ground::{DatasetId, Ground, Type};
use super::query::Query;
use super::speech::{self, Speech};
use crate::guard::{Dialect, Literal, Parameters};

pub(in crate::chat) use columns::{label, lowered};
pub use problem::PlanProblem;
pub(in crate::chat) use tree::{datasets_in, parsed, parsed_ansi};
pub use ways_differ::ways_differ;

/// Rows of a list for which no number was asked.
pub const LISTED_ROWS: u64 = 100;
/// So many rows that tie with the last one come on top of those that were asked for.
pub const TIES: u64 = 10;

/// One statement that reads, as input of the guard.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Values are parameters, `:p1`.
    pub sql: String,
    pub parameters: Parameters,
    pub columns: Vec<OutColumn>,
    /// The most rows that it answers, where it bounds them.
    pub limit: Option<u64>,
    pub dialect: Dialect,
    /// Of its datasets: tables of one name may lie in several.
    pub source: usize,
    pub datasets: Vec<DatasetId>,
    /// What was taken for granted, as sentences.
    pub assumptions: Vec<String>,
    /// The range that a comparison is with.
    pub compared: Option<super::query::Range>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Dimension,
    Measure,
    /// The other figure of a comparison.
    Previous,
    Change,
    /// As a part of one: 0.1 is ten per cent.
    ChangePct,
    Share,
    Cumulative,
}

#[derive(Debug, Clone, PartialEq)]
pub struct OutColumn {
    pub name: String,
    pub label: String,
    pub role: Role,
    pub ty: Type,
    pub format: Option<String>,
    pub unit: Option<String>,
    /// The place among the query's dimensions or measures of what it shows.
    pub of: usize,
    pub grain: Option<super::query::Grain>,
    /// Its days stand for such periods of everybody's calendar, for nothing finer is known of them, or shown.
    pub stands_for: Option<super::query::Grain>,
    /// What is shown in place of the values.
    pub mask: Option<super::ground::MaskShows>,
}

impl OutColumn {
    /// Whether its days stand for periods.
    pub fn is_period(&self) -> bool {
        self.grain.or(self.stands_for).is_some()
    }
}

/// The statement that answers `query` on the day `today`.
///
/// Errors: why no statement is sure to answer it.
pub fn plan(ground: &Ground, query: &Query, today: Date) -> Result<Statement, PlanProblem> {
    Planner::of(ground, query, today)?.plan()
}

/// The same, where a list for which no number was asked has so many rows at most.
///
/// Errors: as [`plan`].
pub fn plan_listing(ground: &Ground, query: &Query, today: Date, rows: u64) -> Result<Statement, PlanProblem> {
    Planner { listed_rows: rows, ..Planner::of(ground, query, today)? }.plan()
}

pub(in crate::chat) struct Planner<'a> {
    ground: &'a Ground,
    query: &'a Query,
    today: Date,
    speech: &'static Speech,
    source: usize,
    graph: Graph<'a>,
    parameters: Parameters,
    assumptions: Vec<String>,
    datasets: BTreeSet<DatasetId>,
    listed_rows: u64,
}

impl<'a> Planner<'a> {
    fn of(ground: &'a Ground, query: &'a Query, today: Date) -> Result<Planner<'a>, PlanProblem> {
        let named = named::named_datasets(ground, query)?;
        let first = named.first().ok_or(PlanProblem::NothingAsked)?;
        let first = ground.datasets.get(first.0).ok_or(PlanProblem::NothingAsked)?;
        for other in &named {
            let other = ground.datasets.get(other.0).ok_or(PlanProblem::NothingAsked)?;
            if other.source != first.source || other.dialect != first.dialect {
                return Err(PlanProblem::SeveralSources);
            }
        }
        let mut ends = query.done_by.clone();
        ends.extend(named::through(query));
        Ok(Planner {
            ground,
            query,
            today,
            speech: speech::of(first.dialect),
            source: first.source,
            graph: Graph::of(ground, &query.via, &ends),
            parameters: Parameters::new(),
            assumptions: Vec::new(),
            datasets: BTreeSet::new(),
            listed_rows: LISTED_ROWS,
        })
    }

    fn plan(self) -> Result<Statement, PlanProblem> {
        if self.query.measures.is_empty() {
            return self.list();
        }
        self.aggregate()
    }

    /// The statement, after the proof that its text reads as exactly this tree.
    fn statement(
        self,
        select: Select,
        columns: Vec<OutColumn>,
        limit: Option<u64>,
        compared: Option<super::query::Range>,
    ) -> Result<Statement, PlanProblem> {
        let meant = Tree::Query(Box::new(select));
        let sql = meant.to_string();
        let read =
            Parser::new(self.speech.dialect.parser()).try_with_sql(&sql).and_then(|mut it| it.parse_statements());
        match read.as_deref() {
            Ok([read]) if *read == meant => {}
            _ => return Err(PlanProblem::NotPrintable),
        }
        Ok(Statement {
            sql,
            parameters: self.parameters,
            columns,
            limit,
            dialect: self.speech.dialect,
            source: self.source,
            datasets: self.datasets.into_iter().collect(),
            assumptions: self.assumptions,
            compared,
        })
    }

    /// A value as a parameter; the same value is the same one.
    fn value(&mut self, literal: Literal) -> Expr {
        let known = self.parameters.iter().find(|(_, known)| **known == literal).map(|(name, _)| name.clone());
        let name = known.unwrap_or_else(|| {
            let name = format!("p{}", self.parameters.len() + 1);
            self.parameters.insert(name.clone(), literal);
            name
        });
        sql::parameter(&name)
    }

    fn assume(&mut self, sentence: String) {
        if !self.assumptions.contains(&sentence) {
            self.assumptions.push(sentence);
        }
    }
}
