//! Membership conditions, on rows by what belongs to each: customers with more than three orders, products nobody
//! bought.

use sqlparser::ast::Expr;
use sqlparser::parser::Parser;

use super::measures::{Bears, placeholder_index};
use super::sql::{self, Block, From};
use super::tree::{TableTree, parsed};
use super::{PlanProblem, Planner};
use crate::chat::graph::Step;
use crate::chat::ground::MaskShows;
use crate::chat::query::{Member, Op, Picked, Value};
use crate::chat::schema_graph;

const PREFIX: &str = "its_";

impl Planner<'_> {
    /// The condition over the row of `alias`, which is one of `member.of`.
    pub(super) fn member(&mut self, member: &Member, alias: &str) -> Result<Expr, PlanProblem> {
        let shape = self.shape(&member.measure)?;
        let unclear = PlanProblem::Combination("A condition on rows by this figure");
        let ([leaf], Some(0)) = (shape.leaves.as_slice(), placeholder_index(&shape.expr)) else { return Err(unclear) };
        let way = match member.kin {
            Some(kin) if self.ground.join(kin.join).from == leaf.home && leaf.home == member.of => {
                vec![Step { join: kin.join, is_backwards: !kin.is_below }]
            }
            Some(_) => return Err(unclear),
            None => self.graph.way(leaf.home, member.of)?,
        };
        let Some((last, before)) = way.split_last() else { return Err(unclear) };
        let mut tree = TableTree::of(self.ground, leaf.home, PREFIX);
        let at = tree.reach(self.ground, before, PREFIX);
        tree.require(at);
        let inner = tree.alias_of(at).to_owned();
        let mut block = Block { conditions: vec![self.on(*last, &inner, alias)?], ..Block::default() };
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
        block.from = Some(self.from(&tree)?);
        if let Some(is_there) = is_there {
            block.items.push((sql::number(1), self.speech.ident("found")));
            return Ok(Expr::Exists { subquery: Box::new(block.query()), negated: !is_there });
        }
        block.items.push((call, self.speech.ident("figure")));
        let figure = Expr::Subquery(Box::new(block.query()));
        self.on_figure(figure, shape.ty, member.op, &member.values)
    }
}

impl Planner<'_> {
    /// The row of `alias` is one of those that a query of its own comes to.
    pub(super) fn picked(&mut self, picked: &Picked, alias: &str) -> Result<Expr, PlanProblem> {
        let unclear = || PlanProblem::Combination("A condition on rows by a ranking of these things");
        let key = schema_graph::key(self.ground, picked.of).ok_or_else(unclear)?;
        if !matches!(self.mask_of(key), None | Some(MaskShows::Hash(_))) {
            return Err(self.masked(key));
        }
        let value = self.field(key, alias)?;
        let mut inner = Planner::of(self.ground, &picked.query, self.today)?;
        inner.parameters = std::mem::take(&mut self.parameters);
        let statement = inner.plan()?;
        let at = picked.query.dimensions.iter().position(|dimension| dimension.field == key);
        // A list shows its key first.
        let at = if picked.query.listed.is_some() { Some(0) } else { at };
        let column = at.and_then(|at| statement.columns.get(at)).ok_or_else(unclear)?;
        let read =
            Parser::new(self.speech.dialect.parser()).try_with_sql(&statement.sql).and_then(|mut it| it.parse_query());
        let source = sql::derived(*read.map_err(|_| PlanProblem::NotPrintable)?, self.speech.ident("ranked"));
        let item = (self.column("ranked", &column.name), self.speech.ident(&column.name));
        let block = Block { items: vec![item], from: Some(From::of(source)), ..Block::default() };
        if picked.query.limit.is_some() {
            self.assume("Where several share the place, all of them are taken.".to_owned());
        }
        self.parameters = statement.parameters;
        self.datasets.extend(statement.datasets);
        statement.assumptions.into_iter().for_each(|sentence| self.assume(sentence));
        Ok(Expr::InSubquery { expr: Box::new(value), subquery: Box::new(block.query()), negated: false })
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
