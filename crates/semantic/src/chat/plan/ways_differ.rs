//! Whether two ways between tables ever lead to different rows.

use jiff::civil::Date;
use sqlparser::ast::BinaryOperator;

use super::sql::{self, Block};
use super::tree::TableTree;
use super::{PlanProblem, Planner, Statement};
use crate::chat::graph::{Step, Way};
use crate::chat::ground::{DatasetId, Ground, JoinId};
use crate::chat::query::{Measure, Query};

/// The statement that answers one row of `from` where both ways lead somewhere, and not to the same row; none where they
/// always do. `None`: these are no ways from there to the same dataset by what tells its rows apart.
pub fn ways_differ(ground: &Ground, from: DatasetId, ways: [&[JoinId]; 2]) -> Option<Statement> {
    let [one, other] = ways.map(|way| steps(ground, from, way));
    let ((one, to), (other, also)) = (one?, other?);
    if to != also {
        return None;
    }
    let query = Query { measures: vec![Measure::CountOf(from)], ..Query::default() };
    let planner = Planner::of(ground, &query, Date::constant(2000, 1, 1)).ok()?;
    planner.ways_differ(from, to, [&one, &other]).ok()
}

/// The steps of a way, and where it leads.
fn steps(ground: &Ground, from: DatasetId, way: &[JoinId]) -> Option<(Way, DatasetId)> {
    let mut at = from;
    let mut steps = Way::new();
    for id in way {
        let join = ground.join(*id);
        let is_backwards = join.from != at;
        if is_backwards && (join.to != at || !join.is_one_to_one) {
            return None;
        }
        at = if is_backwards { join.from } else { join.to };
        steps.push(Step { join: *id, is_backwards });
    }
    Some((steps, at))
}

impl Planner<'_> {
    fn ways_differ(mut self, from: DatasetId, to: DatasetId, ways: [&[Step]; 2]) -> Result<Statement, PlanProblem> {
        let mut tree = TableTree::of(self.ground, from, "");
        let [one, other] = ways.map(|way| {
            let at = tree.reach(self.ground, way, "");
            tree.require(at);
            tree.alias_of(at).to_owned()
        });
        let key = &self.ground.dataset(to).primary_key;
        let is_hidden = |column: &String| self.ground.dataset(to).mask_of(column).is_some();
        if key.is_empty() || key.iter().any(is_hidden) {
            return Err(PlanProblem::NothingAsked);
        }
        let differs = key
            .iter()
            .map(|column| sql::binary(self.column(&one, column), BinaryOperator::NotEq, self.column(&other, column)));
        let differs = differs.reduce(|one, other| sql::binary(one, BinaryOperator::Or, other));
        let items = key.iter().map(|column| (self.column(&one, column), self.speech.ident(column))).collect();
        let from = Some(self.from(&tree)?);
        let block =
            Block { items, from, conditions: differs.into_iter().collect(), limit: Some(1), ..Block::default() };
        self.statement(block.query(), Vec::new(), Some(1), None)
    }
}
