//! The join tree of one SELECT: a root table and what each of its rows leads to, each way joined once.

use std::borrow::Cow;
use std::ops::ControlFlow;

use jiff::civil::Date;
use sqlparser::ast::{Expr, Ident, TableFactor};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use super::sql::{self, From};
use super::{PlanProblem, Planner};
use crate::chat::derived_fields::TODAY;
use crate::chat::graph::{Step, Way};
use crate::chat::ground::{Calendar, DatasetId, FieldId, Ground, MaskShows, plain_column};
use crate::chat::query::Grain;
use crate::guard::Dialect;
use crate::visit::{self, Visitor, VisitorMut};

#[derive(Debug, Clone)]
pub(super) struct TableTree {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone)]
struct Node {
    dataset: DatasetId,
    /// The place of the node before, and the step from it.
    before: Option<(usize, Step)>,
    alias: String,
    is_inner: bool,
}

impl TableTree {
    /// Aliases begin with `prefix`, so that those of a query inside another one differ from the outer ones.
    pub fn of(ground: &Ground, root: DatasetId, prefix: &str) -> TableTree {
        let mut tree = TableTree { nodes: Vec::new() };
        let alias = tree.alias(ground, root, prefix);
        tree.nodes.push(Node { dataset: root, before: None, alias, is_inner: true });
        tree
    }

    /// The node at the end of a way from the root, joined if it was not yet.
    pub fn reach(&mut self, ground: &Ground, way: &[Step], prefix: &str) -> usize {
        way.iter().fold(0, |at, step| self.step(ground, at, *step, prefix))
    }

    /// The node one step on from another.
    pub fn step(&mut self, ground: &Ground, at: usize, step: Step, prefix: &str) -> usize {
        let known = self.nodes.iter().position(|node| node.before == Some((at, step)));
        known.unwrap_or_else(|| {
            let join = ground.join(step.join);
            let dataset = if step.is_backwards { join.from } else { join.to };
            let alias = self.alias(ground, dataset, prefix);
            self.nodes.push(Node { dataset, before: Some((at, step)), alias, is_inner: false });
            self.nodes.len() - 1
        })
    }

    /// Rows that lead nowhere on the way to this node go.
    pub fn require(&mut self, mut at: usize) {
        while let Some(node) = self.nodes.get_mut(at) {
            node.is_inner = true;
            let Some((before, _)) = node.before else { return };
            at = before;
        }
    }

    pub fn alias_of(&self, at: usize) -> &str {
        self.nodes.get(at).map_or("", |node| node.alias.as_str())
    }

    pub fn datasets(&self) -> impl Iterator<Item = DatasetId> + '_ {
        self.nodes.iter().map(|node| node.dataset)
    }

    fn alias(&self, ground: &Ground, dataset: DatasetId, prefix: &str) -> String {
        let name = &ground.dataset(dataset).names.name;
        let own = name.rsplit('.').next().unwrap_or(name);
        let plain: String = own
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
            .take(40)
            .collect();
        let wanted = format!("{prefix}{plain}");
        let mut alias = wanted.clone();
        let mut n = 2;
        while self.nodes.iter().any(|node| node.alias == alias) {
            alias = format!("{wanted}_{n}");
            n += 1;
        }
        alias
    }
}

impl Planner<'_> {
    pub(super) fn from(&mut self, tree: &TableTree) -> Result<From, PlanProblem> {
        self.datasets.extend(tree.datasets());
        let mut from: Option<From> = None;
        for node in &tree.nodes {
            let table = self.table(node.dataset, &node.alias);
            match (&mut from, &node.before) {
                (Some(from), Some((before, step))) => {
                    let condition = self.on(*step, tree.alias_of(*before), &node.alias)?;
                    from.joins.push((table, condition, node.is_inner));
                }
                _ => from = Some(From::of(table)),
            }
        }
        Ok(from.unwrap_or_else(|| From::of(sql::table(Vec::new(), None))))
    }

    fn table(&self, dataset: DatasetId, alias: &str) -> TableFactor {
        let table = &self.ground.dataset(dataset).table;
        let parts = table.schema.iter().chain([&table.name]).map(|part| self.speech.ident(part)).collect();
        sql::table(parts, Some(self.speech.ident(alias)))
    }

    /// The condition of a step between two aliases.
    ///
    /// Errors: what is shown of a column does not tell its values apart.
    pub(super) fn on(&self, step: Step, before: &str, after: &str) -> Result<Expr, PlanProblem> {
        let join = self.ground.join(step.join);
        for (from, to) in &join.on {
            let (one, other) = (self.ground.dataset(join.from), self.ground.dataset(join.to));
            let shown = [one.mask_of(from), other.mask_of(to)];
            let is_told = match shown {
                [None, None] => true,
                [Some(MaskShows::Hash(one)), Some(MaskShows::Hash(other))] => one == other,
                _ => false,
            };
            if !is_told {
                let (dataset, column) = if shown[0].is_some() { (one, from) } else { (other, to) };
                return Err(PlanProblem::Masked { name: format!("{}.{column}", dataset.names.name) });
            }
        }
        let pairs = join.on.iter().map(|(from, to)| {
            let (before_column, after_column) = if step.is_backwards { (to, from) } else { (from, to) };
            let (left, right) = (self.column(before, before_column), self.column(after, after_column));
            sql::binary(left, sqlparser::ast::BinaryOperator::Eq, right)
        });
        Ok(sql::all(pairs.collect()).unwrap_or_else(sql::null))
    }

    pub(super) fn column(&self, alias: &str, column: &str) -> Expr {
        Expr::CompoundIdentifier(vec![self.speech.ident(alias), self.speech.ident(column)])
    }

    /// The field's expression over the row of an alias.
    pub(super) fn field(&self, field: FieldId, alias: &str) -> Result<Expr, PlanProblem> {
        let id = field;
        let field = self.ground.field(id);
        if plain_column(&field.expression).is_none() {
            self.is_unmasked(id)?;
        }
        let bad = || PlanProblem::BadExpression { name: field.names.shown().to_owned() };
        let expression = match self.ground.made_of(id) {
            Some(_) => Cow::Owned(field.expression.replace(TODAY, &self.today.to_string())),
            None => Cow::Borrowed(field.expression.as_str()),
        };
        let mut expr = parsed(&expression, self.speech.dialect).ok_or_else(bad)?;
        let mut put = PutAlias { alias: self.speech.ident(alias) };
        let _: ControlFlow<()> = visit::change(&mut expr, &mut put);
        Ok(sql::bracketed(expr))
    }

    /// Errors: what is shown of the field is not its values.
    pub(super) fn is_unmasked(&self, field: FieldId) -> Result<(), PlanProblem> {
        match self.mask_of(field) {
            None => Ok(()),
            Some(_) => Err(self.masked(field)),
        }
    }

    /// Errors: what is known, or shown, of a time is its year, say, and what is asked is finer.
    pub(super) fn tells(&self, field: FieldId, grain: Grain) -> Result<(), PlanProblem> {
        let finest = Grain::from(self.ground.field(field).finest);
        let Calendar { is_fiscal, fiscal_start, .. } = self.ground.calendar;
        let shift = if is_fiscal && grain >= Grain::Quarter { fiscal_start - 1 } else { 0 };
        if finest > Grain::Day && (grain < finest || !is_begin_of(finest, shift + 1)) {
            return Err(PlanProblem::TooFine { field, finest });
        }
        if grain == Grain::Year && self.mask_of(field) == Some(MaskShows::Year) && !self.ground.calendar.is_fiscal {
            return Ok(());
        }
        self.is_unmasked(field)
    }

    /// Errors: what is known, or shown, of a time is its year, say, and an end of the range lies within one.
    pub(super) fn tells_range(&self, field: FieldId, ends: [Option<Date>; 2]) -> Result<(), PlanProblem> {
        let finest = Grain::from(self.ground.field(field).finest);
        let is_end = |day: &Date| day.day() == 1 && is_begin_of(finest, day.month());
        // What ends with today ends with what there is.
        let mut days = ends.iter().flatten().filter(|day| self.today.tomorrow().ok() != Some(**day));
        if finest > Grain::Day && !days.all(is_end) {
            return Err(PlanProblem::TooFine { field, finest });
        }
        let is_new_year = |day: &Date| (day.month(), day.day()) == (1, 1);
        let is_whole = ends.iter().flatten().all(is_new_year);
        if is_whole && self.mask_of(field) == Some(MaskShows::Year) { Ok(()) } else { self.is_unmasked(field) }
    }

    pub(super) fn mask_of(&self, field: FieldId) -> Option<MaskShows> {
        self.ground.mask_of(field)
    }

    pub(super) fn masked(&self, field: FieldId) -> PlanProblem {
        PlanProblem::Masked { name: self.ground.field(field).names.shown().to_owned() }
    }

    /// An expression whose names are `dataset.column`, over the rows of a tree: `base` leads from the root to `home`,
    /// and further ways begin there.
    pub(super) fn bound(
        &self,
        mut expr: Expr,
        tree: &mut TableTree,
        base: &[Step],
        home: DatasetId,
        prefix: &str,
    ) -> Result<Expr, PlanProblem> {
        let mut aliases: Vec<(DatasetId, Ident)> = Vec::new();
        for dataset in datasets_in(&expr, self.ground) {
            let mut way: Way = base.to_vec();
            way.extend(self.graph.way(home, dataset)?);
            let at = tree.reach(self.ground, &way, prefix);
            aliases.push((dataset, self.speech.ident(tree.alias_of(at))));
        }
        let mut put = PutAliases { ground: self.ground, aliases };
        let _: ControlFlow<()> = visit::change(&mut expr, &mut put);
        Ok(expr)
    }
}

/// Whether a period begins with the first day of a month.
pub(super) const fn is_begin_of(period: Grain, month: i8) -> bool {
    match period {
        Grain::Quarter => (month - 1) % 3 == 0,
        Grain::Year => month == 1,
        _ => true,
    }
}

/// The text of a ground's expression as a tree; `None` for what is none.
pub(in crate::chat) fn parsed(text: &str, dialect: Dialect) -> Option<Expr> {
    with_parser(text, dialect.parser())
}

/// The same for the standard's text, in which double quotes make names.
pub(in crate::chat) fn parsed_ansi(text: &str) -> Option<Expr> {
    with_parser(text, &GenericDialect {})
}

fn with_parser(text: &str, dialect: &dyn sqlparser::dialect::Dialect) -> Option<Expr> {
    crate::stack::enough_for(text.len() / 2, || {
        let mut parser = Parser::new(dialect).try_with_sql(text).ok()?;
        let expr = parser.parse_expr().ok()?;
        (parser.peek_token_ref().token == sqlparser::tokenizer::Token::EOF).then_some(expr)
    })
}

/// The datasets that the names of an expression begin with, each once, in order.
pub(in crate::chat) fn datasets_in(expr: &Expr, ground: &Ground) -> Vec<DatasetId> {
    let mut named = Named { ground, datasets: Vec::new() };
    let _: ControlFlow<()> = visit::look(expr, &mut named);
    named.datasets
}

/// What is shown of the columns that an expression over datasets names; `None` where none is masked. A name without a dataset
/// may be of any of them.
pub(super) fn masks_in(expr: &Expr, ground: &Ground) -> Option<MaskShows> {
    struct Masks<'a>(&'a Ground, Option<MaskShows>);
    impl Visitor for Masks<'_> {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            let Masks(ground, found) = self;
            let shown = match expr {
                Expr::CompoundIdentifier(parts) => {
                    let of = parts.first().and_then(|part| dataset_called(ground, &part.value));
                    of.zip(parts.last()).and_then(|(of, column)| ground.dataset(of).mask_of(&column.value))
                }
                Expr::Identifier(column) => {
                    ground.datasets.iter().filter_map(|dataset| dataset.mask_of(&column.value)).max()
                }
                _ => None,
            };
            *found = (*found).max(shown);
            ControlFlow::Continue(())
        }
    }
    let mut masks = Masks(ground, None);
    let _: ControlFlow<()> = visit::look(expr, &mut masks);
    masks.1
}

fn dataset_called(ground: &Ground, name: &str) -> Option<DatasetId> {
    let exact = ground.datasets.iter().position(|dataset| dataset.names.name == name);
    exact
        .or_else(|| ground.datasets.iter().position(|dataset| dataset.names.name.eq_ignore_ascii_case(name)))
        .map(DatasetId)
}

struct Named<'a> {
    ground: &'a Ground,
    datasets: Vec<DatasetId>,
}

impl Visitor for Named<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let Some(dataset) = parts.first().and_then(|part| dataset_called(self.ground, &part.value))
            && !self.datasets.contains(&dataset)
        {
            self.datasets.push(dataset);
        }
        ControlFlow::Continue(())
    }
}

struct PutAlias {
    alias: Ident,
}

impl VisitorMut for PutAlias {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => *expr = Expr::CompoundIdentifier(vec![self.alias.clone(), ident.clone()]),
            Expr::CompoundIdentifier(parts) => {
                if let Some(column) = parts.pop() {
                    *parts = vec![self.alias.clone(), column];
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

struct PutAliases<'a> {
    ground: &'a Ground,
    aliases: Vec<(DatasetId, Ident)>,
}

impl VisitorMut for PutAliases<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let Some(dataset) = parts.first().and_then(|part| dataset_called(self.ground, &part.value))
            && let Some((_, alias)) = self.aliases.iter().find(|(known, _)| *known == dataset)
            && let Some(column) = parts.pop()
        {
            *parts = vec![alias.clone(), column];
        }
        ControlFlow::Continue(())
    }
}
