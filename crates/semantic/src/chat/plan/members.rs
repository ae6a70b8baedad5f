//! Membership conditions, on rows by what belongs to each: customers with more than three orders, products nobody
//! bought.

use sqlparser::ast::Expr;

use super::measures::{Bears, placeholder_index};
use super::sql::{self, Block};
use super::tree::{TableTree, parsed};
use super::{PlanProblem, Planner};
use crate::chat::query::{Member, Op, Value};

const PREFIX: &str = "its_";

impl Planner<'_> {
    /// The condition over the row of `alias`, which is one of `member.of`.
    pub(super) fn member(&mut self, member: &Member, alias: &str) -> Result<Expr, PlanProblem> {
        let shape = self.shape(&member.measure)?;
        let unclear = PlanProblem::Combination("A condition on rows by this figure");
        let ([leaf], Some(0)) = (shape.leaves.as_slice(), placeholder_index(&shape.expr)) else { return Err(unclear) };
        let way = self.graph.way(leaf.home, member.of)?;
        let Some((last, before)) = way.split_last() else { return Err(unclear) };
        let mut tree = TableTree::of(self.ground, leaf.home, PREFIX);
        let at = tree.reach(self.ground, before, PREFIX);
        tree.require(at);
        let inner = tree.alias_of(at).to_owned();
        let mut block = Block { conditions: vec![self.on(*last, &inner, alias)], ..Block::default() };
        for filter in &member.filters {
            let at = self.node_of_field(&mut tree, leaf.home, &[], leaf.home, filter.field, PREFIX)?;
            if super::filters::needs_a_value(filter) {
                tree.require(at);
            }
            let alias = tree.alias_of(at).to_owned();
            block.conditions.push(self.condition(filter, &alias)?);
        }
        if let Some(time) = &member.time {
            let at = self.node_of_field(&mut tree, leaf.home, &[], leaf.home, time.field, PREFIX)?;
            tree.require(at);
            let alias = tree.alias_of(at).to_owned();
            block.conditions.extend(self.in_range(time.field, &alias, &time.range)?);
        }
        for text in &leaf.filters {
            let bad = || PlanProblem::BadExpression { name: text.clone() };
            let condition = parsed(text, self.speech.dialect).ok_or_else(bad)?;
            let condition = self.bound(condition, &mut tree, &[], leaf.home, PREFIX)?;
            block.conditions.push(sql::bracketed(condition));
        }
        self.tell_filters(&member.measure, &shape);
        let is_there = (leaf.bears == Bears::Rows).then(|| is_there(member)).flatten();
        let call = self.bound(leaf.call.clone(), &mut tree, &[], leaf.home, PREFIX)?;
        block.from = Some(self.from(&tree));
        if let Some(is_there) = is_there {
            block.items.push((sql::number(1), self.speech.ident("found")));
            return Ok(Expr::Exists { subquery: Box::new(block.query()), negated: !is_there });
        }
        block.items.push((call, self.speech.ident("figure")));
        let figure = Expr::Subquery(Box::new(block.query()));
        self.on_figure(figure, shape.ty, member.op, &member.values)
    }
}

/// Whether a condition on a number of rows says that there is one, or that there is none.
fn is_there(member: &Member) -> Option<bool> {
    let [Value::Number(digits)] = member.values.as_slice() else { return None };
    match (member.op, digits.as_str()) {
        (Op::AtLeast, "1") | (Op::More, "0") => Some(true),
        (Op::Is | Op::AtMost, "0") | (Op::Less, "1") => Some(false),
        _ => None,
    }
}
