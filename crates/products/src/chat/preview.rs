//! What one part of a semantic model comes to: its statement and a few rows, also of a model that nobody has stored. Both are
//! those that a question to it would be answered with, under the rights of who looks.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::name;
use emporion_semantic::chat::ground::{DatasetId, FieldId, Ground, JoinId, MetricId, Names};
use emporion_semantic::chat::query::{By, Dimension, Grain, Limit, Measure, Order, Query};
use emporion_semantic::chat::{plan, render};
use emporion_semantic::model::{Model, Reference};
use jiff::civil::Date;

use super::answer::Table;
use super::opening;
use super::prepared;
use super::wording::{self, columns, described};
use crate::failure::{Code, Failure};
use crate::message::Message;
use crate::parts::semantic_models::document::model_of;
use crate::parts::semantic_models::entry::{DryRun, EntryRef};
use crate::query;
use crate::request::ProductRequest;
use crate::service::Products;

const ROWS: u64 = 3;
const TIMEOUT: Duration = Duration::from_secs(10);
/// Fields of each table that are looked at.
const MOST_FIELDS: usize = 4;

pub struct Preview {
    /// What no question could be about any more, and why: other parts may name what was changed.
    pub broken: Vec<String>,
    pub sample: Result<Sample, Failure>,
}

pub struct Sample {
    pub sql: String,
    /// Named, and with units and periods, as answers have them.
    pub table: Table,
}

/// A metric by month, the newest first, or in all; a field's values; a table's rows; the rows that a relationship joins. For
/// what is taken away, `place` is `None`.
///
/// Errors: 403 for who may not query the product; 429 for who asks too much at a time. What else keeps it from being asked
/// is told beside what breaks.
pub async fn of(
    products: &Arc<Products>,
    request: &ProductRequest,
    trial: &DryRun,
    place: Option<&EntryRef>,
    today: Date,
) -> Result<Preview, Failure> {
    let _in_flight = opening::begin(products, request)?;
    let models = [&trial.before, &trial.fields].map(|fields| model_of(fields).into_iter().collect());
    let [(_, before), (ground, left_out)] = prepared::grounds_of(products, request, models).await?;
    let new = left_out.iter().filter(|one| !before.contains(one));
    let broken = new.map(|one| format!("{}: {}", one.part, one.reason)).collect();
    let model = model_of(&trial.fields);
    let sample = match place {
        Some(place) => sample(products, request, (&ground, model.as_ref()), place, today).await,
        None => Err(unasked("it is taken away".into())),
    };
    Ok(Preview { broken, sample })
}

async fn sample(
    products: &Products,
    request: &ProductRequest,
    (ground, model): (&Ground, Option<&Model>),
    place: &EntryRef,
    today: Date,
) -> Result<Sample, Failure> {
    if let Some(source) = leads_nowhere(ground, model, place) {
        return Err(unasked(Message::with("{} leads to no table of the product that it names", [source])));
    }
    let asked = queries((ground, model), place);
    let mut planned = asked.iter().map(|query| plan(ground, query, today).map(|planned| (query, planned)));
    let (asked, planned) = match planned.next() {
        Some(Ok(planned)) => planned,
        Some(Err(problem)) => match planned.find_map(Result::ok) {
            Some(planned) => planned,
            None => return Err(unasked(Message::verbatim(problem.message(ground)))),
        },
        None => return Err(unasked("no question can be about this".into())),
    };
    let parameters = planned.parameters.iter().map(|(name, value)| (name.clone(), described(value))).collect();
    let sql = planned.sql.clone();
    let query = query::Query { sql, parameters, rows: ROWS, timeout: TIMEOUT, is_preview: true };
    let answered = query::preview(products, request, &query, "model").await?;
    let named = render(ground, asked, &planned, &answered.rows, answered.truncated).columns;
    Ok(Sample { table: wording::table(columns(named, &answered), answered), sql: query.sql })
}

fn unasked(message: Message) -> Failure {
    Failure::new(Code::VALIDATION_FAILED, message)
}

/// What is asked of it: the first that can be planned.
fn queries((ground, model): (&Ground, Option<&Model>), place: &EntryRef) -> Vec<Query> {
    let limit = Some(Limit { rows: ROWS, is_per_group: false });
    let column = |field: FieldId| Dimension { field, grain: None };
    match place {
        EntryRef::Metric(Some(name)) => {
            let Some(at) = ground.metrics.iter().position(|one| is_called(&one.names, name)) else { return Vec::new() };
            let metric = &ground.metrics[at];
            let whole = Query { measures: vec![Measure::Metric(MetricId(at))], ..Query::default() };
            let first = metric.datasets.first().and_then(|of| ground.dataset(*of).default_time);
            let by_month = metric.time.or(first).map(|field| Query {
                dimensions: vec![Dimension { field, grain: Some(Grain::Month) }],
                order: vec![Order { by: By::Dimension(0), is_descending: true }],
                limit,
                ..whole.clone()
            });
            by_month.into_iter().chain([whole]).collect()
        }
        EntryRef::Field { table, name: Some(name) } => {
            let Some(table) = dataset(ground, model, table) else { return Vec::new() };
            let field = ground.fields_of(table).find(|id| is_called(&ground.field(*id).names, name));
            field
                .map(|field| Query { dimensions: vec![column(field)], limit, ..Query::default() })
                .into_iter()
                .collect()
        }
        EntryRef::Table(name) => {
            let Some(table) = dataset(ground, model, name) else { return Vec::new() };
            let dimensions: Vec<Dimension> = ground.fields_of(table).take(2 * MOST_FIELDS).map(column).collect();
            vec![Query { listed: Some(table), dimensions, limit, ..Query::default() }]
        }
        EntryRef::Relationship(Some(name)) => {
            let Some(at) = ground.joins.iter().position(|one| is_called(&one.names, name)) else { return Vec::new() };
            let join = ground.join(JoinId(at));
            let fields = |of: DatasetId| ground.fields_of(of).take(MOST_FIELDS).map(column);
            let dimensions = fields(join.from).chain(fields(join.to)).collect();
            vec![Query { listed: Some(join.from), dimensions, via: vec![JoinId(at)], limit, ..Query::default() }]
        }
        EntryRef::Metric(None) | EntryRef::Field { name: None, .. } | EntryRef::Relationship(None) => Vec::new(),
    }
}

/// What a model calls so. What refers to a composed product is a dataset of that one, and is called as it is there.
fn dataset(ground: &Ground, model: Option<&Model>, wanted: &str) -> Option<DatasetId> {
    let called = |wanted: &str| ground.datasets.iter().position(|one| is_called(&one.names, wanted)).map(DatasetId);
    let said = model.into_iter().flat_map(|model| &model.datasets);
    let said = said.into_iter().find(|one| name::fold(&one.common.name) == name::fold(wanted));
    let Some(Reference { alias, table }) = said.and_then(|said| Reference::parse(&said.source)) else {
        return called(wanted);
    };
    let whole = called(&format!("{alias}.{table}"));
    let Some((schema, bare)) = table.rsplit_once('.') else { return whole };
    // A table of which no model of its own speaks is called without its schema; one of another schema is another.
    let is_in = |id: &DatasetId| {
        let of = ground.dataset(*id).table.schema.as_deref();
        of.is_none_or(|of| schema.rsplit('.').next().is_some_and(|schema| name::fold(schema) == name::fold(of)))
    };
    whole.or_else(|| called(&format!("{alias}.{bare}")).filter(is_in))
}

/// What a dataset of the model refers to, where that leads to nothing.
fn leads_nowhere<'m>(ground: &Ground, model: Option<&'m Model>, place: &EntryRef) -> Option<&'m str> {
    let (EntryRef::Table(wanted) | EntryRef::Field { table: wanted, .. }) = place else { return None };
    let mut said = model.into_iter().flat_map(|model| &model.datasets);
    let said = said.find(|one| name::fold(&one.common.name) == name::fold(wanted))?;
    let is_lost = Reference::is_meant(&said.source) && dataset(ground, model, wanted).is_none();
    is_lost.then_some(said.source.trim())
}

fn is_called(names: &Names, wanted: &str) -> bool {
    name::fold(&names.name) == name::fold(wanted)
}
