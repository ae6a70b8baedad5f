//! Metrics: their expressions over columns, what they are at home in, whether they add up.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use jiff::civil::date;
use sqlparser::ast::Expr;

use super::super::ground::{Additivity, DatasetId, FieldId, Metric, MetricId, Names};
use super::super::plan;
use super::super::query::{Dimension, Measure, Query};
use super::{LeftOut, Making, ModelSource, folded, names, spaced, text_of, translate};
use crate::guard::{Column, Dialect, Parameters, Policy, Table, guard};
use crate::model;
use crate::visit::{self, VisitorMut};

/// Metrics inside of metrics.
const MAX_DEPTH: usize = 8;

/// The expression of a metric, over the columns of these datasets.
struct Measured {
    expr: Expr,
    datasets: Vec<DatasetId>,
    first: DatasetId,
}

impl Making<'_> {
    pub(super) fn metrics(&mut self, at: usize, source: &ModelSource<'_>) {
        for metric in &source.model.metrics {
            let full = spaced(source.namespace, &metric.common.name);
            self.spent.set(0);
            match self.metric(at, source, metric, &full) {
                Ok(Some(metric)) => self.ground.metrics.push(metric),
                Ok(None) => {}
                Err(reason) => self.left_out.push(LeftOut { part: full, reason }),
            }
        }
    }

    fn metric(
        &self,
        at: usize,
        source: &ModelSource<'_>,
        metric: &model::Metric,
        full: &str,
    ) -> Result<Option<Metric>, String> {
        let extension = &metric.common.extension;
        if extension["hidden"] == true {
            return Ok(None);
        }
        let Measured { expr, datasets, first } = self.measured(at, source, metric)?;
        let dialect = self.ground.dataset(first).dialect;
        if self.shows_persons(&expr) {
            return Err("it would show values of personal columns".to_owned());
        }
        let mut default_filters = Vec::new();
        for filter in extension["defaultFilters"].as_array().into_iter().flatten() {
            let text = filter.as_str().ok_or("one of its default filters is no text")?;
            let filter = self.over_columns(at, self.read_ansi(text, dialect)?)?;
            default_filters.push(filter.to_string());
        }
        let additivity = match extension["additivity"].as_str() {
            Some("additive") => Additivity::Additive,
            Some(word) if word.starts_with("semi") => Additivity::SemiAdditive,
            Some(_) => Additivity::NonAdditive,
            // Whether it is one of sums and counts, planning looks at in any case.
            None => Additivity::Additive,
        };
        let time = match text_of(&extension["timeField"]) {
            Some(name) => Some(self.time(at, &name, first).ok_or(format!("there is no time field `{name}`"))?),
            None => None,
        };
        Ok(Some(Metric {
            names: Names { name: full.to_owned(), label: text_of(&extension["label"]), ..names(&metric.common, None) },
            expression: expr.to_string(),
            datasets,
            additivity,
            time,
            default_filters,
            unit: text_of(&extension["unit"]),
            format: text_of(&extension["format"]),
            is_proposal: extension["proposed"] == true,
        }))
    }

    /// The expression in the dialect of the tables that it is over: those of one source among the model's.
    fn measured(&self, at: usize, source: &ModelSource<'_>, metric: &model::Metric) -> Result<Measured, String> {
        let mut dialects: Vec<Dialect> = Vec::new();
        for dataset in &source.model.datasets {
            let known = self.dataset_named(at, &dataset.common.name).map(|id| self.ground.dataset(id).dialect);
            dialects.extend(known.filter(|dialect| !dialects.contains(dialect)));
        }
        if dialects.is_empty() {
            return Err("the model has no dataset that can be read".to_owned());
        }
        let mut why = None;
        for dialect in dialects {
            match self.measured_in(at, source, metric, dialect) {
                Ok(measured) if self.is_of_one_source(&measured, dialect) => return Ok(measured),
                Ok(_) => {}
                Err(reason) => drop(why.get_or_insert(reason)),
            }
        }
        Err(why.unwrap_or_else(|| "it is over tables of two sources".to_owned()))
    }

    fn measured_in(
        &self,
        at: usize,
        source: &ModelSource<'_>,
        metric: &model::Metric,
        dialect: Dialect,
    ) -> Result<Measured, String> {
        let expr = self.with_metrics(source, &metric.expression, dialect, 0)?;
        let expr = translate::divided(self.over_columns(at, expr)?);
        let mut datasets = plan::datasets_in(&expr, &self.ground);
        if datasets.is_empty() {
            // COUNT(*) names nothing.
            let only = source.model.datasets.len() == 1;
            datasets.extend(self.first_dataset(at, source).filter(|_| only));
        }
        let first = *datasets.first().ok_or("it does not say of which dataset")?;
        Ok(Measured { expr, datasets, first })
    }

    fn is_of_one_source(&self, measured: &Measured, dialect: Dialect) -> bool {
        let source = self.ground.dataset(measured.first).source;
        let datasets = measured.datasets.iter().map(|id| self.ground.dataset(*id));
        datasets.into_iter().all(|dataset| dataset.dialect == dialect && dataset.source == source)
    }

    fn first_dataset(&self, at: usize, source: &ModelSource<'_>) -> Option<DatasetId> {
        source.model.datasets.iter().find_map(|dataset| self.dataset_named(at, &dataset.common.name))
    }

    /// The expression with other metrics that it names put in their places.
    fn with_metrics(
        &self,
        source: &ModelSource<'_>,
        written: &model::Expression,
        dialect: Dialect,
        depth: usize,
    ) -> Result<Expr, String> {
        if depth > MAX_DEPTH {
            return Err("its metrics name one another in a circle".to_owned());
        }
        self.spend(written)?;
        let mut expr = self.read(written, dialect)?;
        let mut put = PutMetrics {
            known: source
                .model
                .metrics
                .iter()
                .map(|metric| (folded(&metric.common.name), &metric.expression))
                .collect(),
            read: &|expression| self.with_metrics(source, expression, dialect, depth + 1),
            inside: 0,
        };
        match visit::change(&mut expr, &mut put) {
            ControlFlow::Continue(()) => Ok(expr),
            ControlFlow::Break(reason) => Err(reason),
        }
    }

    fn time(&self, at: usize, name: &str, first: DatasetId) -> Option<FieldId> {
        let (dataset, field) = match name.rsplit_once('.') {
            Some((dataset, field)) => (self.dataset_named(at, dataset)?, field),
            None => (first, name),
        };
        let is_it = |id: &FieldId| folded(&self.ground.field(*id).names.name) == folded(field);
        self.ground.fields_of(dataset).find(|id| is_it(id) && self.ground.field(*id).is_time)
    }

    /// Leaves out what no statement can be made of, or what the guard would refuse.
    pub(super) fn check(&mut self) {
        let day = date(2026, 1, 1);
        let mut bad = Vec::new();
        for at in 0..self.ground.fields.len() {
            let dimension = Dimension { field: FieldId(at), grain: None };
            let query = Query { dimensions: vec![dimension], ..Query::default() };
            if let Some(reason) = self.refused(&query, day) {
                bad.push(FieldId(at));
                let part = self.ground.path(FieldId(at));
                self.left_out.push(LeftOut { part, reason });
            }
        }
        if !bad.is_empty() {
            self.ground = self.ground.without_fields(&bad);
        }
        let mut kept = Vec::new();
        for at in 0..self.ground.metrics.len() {
            let query = Query { measures: vec![Measure::Metric(MetricId(at))], ..Query::default() };
            let metric = self.ground.metrics[at].clone();
            // A state at a time can be asked for only by day.
            let semi = metric.additivity == Additivity::SemiAdditive;
            match self.refused(&query, day).filter(|reason| !(semi && reason.contains("state at a time"))) {
                None => kept.push(metric),
                Some(reason) => self.left_out.push(LeftOut { part: metric.names.name, reason }),
            }
        }
        self.ground.metrics = kept;
    }

    fn refused(&self, query: &Query, day: jiff::civil::Date) -> Option<String> {
        let statement = match plan::plan(&self.ground, query, day) {
            Ok(statement) => statement,
            Err(problem) => return Some(problem.message(&self.ground)),
        };
        let mut policy = Policy::new(statement.dialect);
        for id in &statement.datasets {
            let table = &self.tables[id.0];
            let columns: Vec<Column> = table.columns.iter().map(|(name, _)| Column::named(name.as_str())).collect();
            let columns = (!columns.is_empty()).then_some(columns);
            let table = Table { name: table.name.clone(), columns, filter: None, rows: None };
            if let Err(refusal) = policy.allow(table) {
                return Some(refusal.to_string());
            }
        }
        let none = Parameters::new();
        let parameters = if statement.parameters.is_empty() { &none } else { &statement.parameters };
        guard(&statement.sql, &policy, parameters).err().map(|refusal| refusal.to_string())
    }
}

type Read<'a> = &'a dyn Fn(&model::Expression) -> Result<Expr, String>;

struct PutMetrics<'a> {
    known: BTreeMap<String, &'a model::Expression>,
    read: Read<'a>,
    /// Calls that the walk is inside of: what an aggregate is of is no metric.
    inside: usize,
}

impl VisitorMut for PutMetrics<'_> {
    type Break = String;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        if is_aggregate(expr) {
            self.inside += 1;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<String> {
        if is_aggregate(expr) {
            self.inside -= 1;
        }
        if let (0, Expr::Identifier(ident)) = (self.inside, &*expr)
            && let Some(other) = self.known.get(&folded(&ident.value))
        {
            match (self.read)(other) {
                Ok(other) => *expr = plan::sql::bracketed(other),
                Err(reason) => return ControlFlow::Break(reason),
            }
        }
        ControlFlow::Continue(())
    }
}

fn is_aggregate(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(function)
        if crate::guard::known_function(&function.name.to_string().to_ascii_lowercase()) == Some(true))
}
