//! Lists of rows, and of the different values that fields have.

use sqlparser::ast::{BinaryOperator, Expr, Ident, OrderByExpr};

use super::columns::Columns;
use super::sql::{self, Block, From};
use super::tree::TableTree;
use super::{OutColumn, PlanProblem, Planner, Statement};
use crate::chat::derived_fields::Made;
use crate::chat::graph::Step;
use crate::chat::ground::{DatasetId, FieldId, Type};
use crate::chat::query::{By, Dimension, Order};
use crate::chat::times;

/// Words in the names of fields that rows are known by.
const LABELS: &[&str] = &["name", "title", "label", "subject", "number", "code", "reference"];

impl Planner<'_> {
    pub(super) fn list(mut self) -> Result<Statement, PlanProblem> {
        let query = self.query;
        if query.compare.is_some() || query.share.is_some() || query.is_cumulative {
            return Err(PlanProblem::NothingToCompare);
        }
        if !query.having.is_empty() && query.listed.is_none() {
            // Of which rows the figure is to be, nobody said.
            return Err(PlanProblem::Combination("A list of values under a condition on a figure that is not shown"));
        }
        let (home, is_distinct) = match query.listed {
            Some(listed) => (listed, false),
            None => (self.home_of_values()?, true),
        };
        let dimensions = if is_distinct { query.dimensions.clone() } else { self.shown(home) };
        let mut tree = TableTree::of(self.ground, home, "");
        let mut block = Block { conditions: self.listed(home, &mut tree)?, ..Block::default() };
        let mut names = Columns::default();
        let mut columns: Vec<OutColumn> = Vec::new();
        for (of, dimension) in dimensions.iter().enumerate() {
            let way = self.graph.way(home, self.ground.field(dimension.field).dataset)?;
            let at = tree.reach(self.ground, &way, "");
            // Of another one of its kind, to which the row leads.
            let (at, field) = match self.ground.made_of(dimension.field) {
                Some(Made::Led(join, name)) => {
                    (tree.step(self.ground, at, Step { join, is_backwards: false }, ""), name)
                }
                _ => (at, dimension.field),
            };
            let alias = tree.alias_of(at).to_owned();
            let mut value = self.field(field, &alias)?;
            if let Some(grain) = dimension.grain {
                if !self.is_time(dimension.field) {
                    return Err(PlanProblem::NotATime { field: dimension.field });
                }
                self.tells(dimension.field, grain)?;
                let calendar = &self.ground.calendar;
                let fiscal = if calendar.is_fiscal { i64::from(calendar.fiscal_start) - 1 } else { 0 };
                value = self.speech.truncated(value, grain, calendar.week_starts_on_sunday, fiscal);
            }
            let column = names.dimension(self.ground, dimension, of);
            block.items.push((value, self.speech.ident(&column.name)));
            columns.push(column);
        }
        if block.items.is_empty() {
            return Err(PlanProblem::NothingAsked);
        }
        if is_distinct {
            block.groups = block.items.len();
        }
        block.order = self.list_order(home, is_distinct, &dimensions, &columns, &block.items, &tree)?;
        block.from = Some(self.from(&tree)?);
        if let (true, Some(limit)) = (query.keeps_ties && query.listed.is_some(), query.limit) {
            let place = names.hidden("place");
            let block = self.with_ties(block, (dimensions.as_slice(), columns.as_slice()), limit.rows, &place)?;
            let most = block.limit;
            return self.statement(block.query(), columns, most, None);
        }
        let limit = query.limit.map_or(self.listed_rows, |limit| limit.rows);
        block.limit = Some(limit);
        self.statement(block.query(), columns, Some(limit), None)
    }

    /// The rows of the first places, and all that share the last of these.
    fn with_ties(
        &self,
        mut block: Block,
        (dimensions, columns): (&[Dimension], &[OutColumn]),
        rows: u64,
        place: &str,
    ) -> Result<Block, PlanProblem> {
        let [Order { by: By::Dimension(at), is_descending }] = self.query.order.as_slice() else {
            return Err(PlanProblem::NothingAsked);
        };
        let wanted = self.query.dimensions.get(*at);
        let at = dimensions.iter().position(|one| Some(one) == wanted).ok_or(PlanProblem::NothingAsked)?;
        let (value, by) = block.items.get(at).cloned().ok_or(PlanProblem::NothingAsked)?;
        block.conditions.push(Expr::IsNotNull(Box::new(sql::bracketed(value.clone()))));
        let along = self.speech.sorted(value, *is_descending);
        let place = self.speech.ident(place);
        let rank = sql::over(sql::call("RANK", Vec::new()), Vec::new(), along, false);
        block.items.push((rank, place.clone()));
        block.order.clear();
        let name = self.free_name("ranked");
        let shown = |column: &OutColumn| self.speech.ident(&column.name);
        let others = columns.iter().map(shown).filter(|name| *name != by);
        let mut order = self.speech.sorted(Expr::Identifier(by.clone()), *is_descending);
        order.extend(others.flat_map(|name| self.speech.sorted(Expr::Identifier(name), false)));
        let place = Expr::Identifier(place);
        Ok(Block {
            ctes: vec![(name.clone(), block.query())],
            items: columns.iter().map(|column| (Expr::Identifier(shown(column)), shown(column))).collect(),
            from: Some(From::of(sql::table(vec![name], None))),
            conditions: vec![sql::binary(place, BinaryOperator::LtEq, sql::number(rows))],
            order,
            limit: Some(self.listed_rows.max(rows)),
            ..Block::default()
        })
    }

    /// The dataset of whose rows the values of all dimensions are taken.
    fn home_of_values(&self) -> Result<DatasetId, PlanProblem> {
        let mut ends: Vec<DatasetId> = Vec::new();
        for dimension in &self.query.dimensions {
            let dataset = self.ground.field(dimension.field).dataset;
            if !ends.contains(&dataset) {
                ends.push(dataset);
            }
        }
        let first = *ends.first().ok_or(PlanProblem::NothingAsked)?;
        let last = *ends.last().unwrap_or(&first);
        match self.graph.roots(&ends).as_slice() {
            [] => Err(PlanProblem::NoPath { from: first, to: last }),
            [one] => Ok(*one),
            several => {
                let joins = |root: &DatasetId| {
                    let ways = ends.iter().filter_map(|end| self.graph.way(*root, *end).ok()).flatten();
                    ways.map(|step| step.join).collect()
                };
                Err(PlanProblem::AmbiguousPath { from: first, to: last, ways: several.iter().map(joins).collect() })
            }
        }
    }

    /// Key, what rows are known by, time, and the fields that were named.
    fn shown(&self, home: DatasetId) -> Vec<Dimension> {
        let mut fields: Vec<FieldId> = Vec::new();
        let mut add = |field: Option<FieldId>| {
            if let Some(field) = field.filter(|field| !fields.contains(field)) {
                fields.push(field);
            }
        };
        add(self.key_field(home));
        let is_label = |field: &FieldId| {
            let known = self.ground.field(*field);
            let name = known.names.name.to_lowercase();
            known.ty == Type::Text && LABELS.iter().any(|word| name.split('_').any(|part| part == *word))
        };
        add(self.ground.fields_of(home).find(is_label));
        add(times::only(self.ground, home));
        // What a condition was on is worth seeing.
        for filter in &self.query.filters {
            let dataset = self.ground.field(filter.field).dataset;
            add(Some(filter.field).filter(|_| self.graph.way(home, dataset).is_ok()));
        }
        let asked = |field: FieldId| self.query.dimensions.iter().find(|dimension| dimension.field == field);
        for dimension in &self.query.dimensions {
            add(Some(dimension.field));
        }
        if fields.len() < 2 {
            let others = self.ground.fields_of(home).filter(|field| !self.ground.field(*field).is_key);
            let others: Vec<FieldId> = others.filter(|field| !fields.contains(field)).take(4).collect();
            fields.extend(others);
        }
        fields.dedup();
        let shown = |field: FieldId| asked(field).cloned().unwrap_or(Dimension { field, grain: None });
        fields.into_iter().map(shown).collect()
    }

    fn key_field(&self, home: DatasetId) -> Option<FieldId> {
        let key = &self.ground.dataset(home).primary_key;
        let is_key = |field: &FieldId| {
            let known = self.ground.field(*field);
            let column: String = known.expression.chars().filter(|c| !matches!(c, '"' | '`')).collect();
            key.first().is_some_and(|first| *first == column)
        };
        self.ground.fields_of(home).find(is_key)
    }

    fn list_order(
        &self,
        home: DatasetId,
        is_distinct: bool,
        dimensions: &[Dimension],
        columns: &[OutColumn],
        items: &[(Expr, Ident)],
        tree: &TableTree,
    ) -> Result<Vec<OrderByExpr>, PlanProblem> {
        let sorted = |column: &OutColumn, is_descending: bool| {
            let name = Expr::Identifier(self.speech.ident(&column.name));
            let known = items.iter().find(|(_, known)| known.value == column.name).map(|(expr, _)| expr.clone());
            let value = known.filter(|expr| matches!(expr, Expr::CompoundIdentifier(_)));
            self.speech.sorted_as(name, value, is_descending)
        };
        let mut order = Vec::new();
        for asked in &self.query.order {
            let By::Dimension(at) = asked.by else { return Err(PlanProblem::NothingAsked) };
            let wanted = self.query.dimensions.get(at).ok_or(PlanProblem::NothingAsked)?;
            if wanted.grain.is_none() {
                self.is_unmasked(wanted.field)?;
            }
            let place = dimensions.iter().position(|dimension| dimension == wanted);
            let column = place.and_then(|place| columns.get(place)).ok_or(PlanProblem::NothingAsked)?;
            order.extend(sorted(column, asked.is_descending));
        }
        if is_distinct {
            for column in columns {
                order.extend(sorted(column, false));
            }
            return Ok(order);
        }
        if self.query.order.is_empty() {
            let time = times::own(self.ground, home);
            let place = dimensions.iter().position(|dimension| Some(dimension.field) == time);
            if let Some(column) = place.and_then(|place| columns.get(place)) {
                // The newest first, since the rest may be cut off.
                order.extend(sorted(column, true));
            }
        }
        for column in &self.ground.dataset(home).primary_key {
            order.extend(self.speech.sorted(self.column(tree.alias_of(0), column), false));
        }
        if self.ground.dataset(home).primary_key.is_empty() {
            for column in columns {
                order.extend(sorted(column, false));
            }
        }
        Ok(order)
    }
}
