//! Queries: a statement of the caller's on the tables of a product, through the guard and his row filters.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::action::Action;
use emporion_catalog::audit_event::AuditEventKind;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::SeenId;
use emporion_catalog::response_cache::CachePool;
use emporion_catalog::rows::RowsPermit;
use emporion_catalog::text;
use emporion_catalog::tracking::ReadSet;
use emporion_semantic::guard::Plan;
use serde_json::{Map, Value};

use crate::asking::{self, Decided, Sources};
use crate::assets::row_counts::RowCounts;
use crate::content_state::ContentState;
use crate::data_sources::data_source;
use crate::databases::{Answered, Column, Statement};
use crate::failure::{Code, Failure, RULE_TYPE, Violation, push_segment};
use crate::noted::{ReadingOutcome, Subject, TablesRead};
use crate::reach::{self, Rows};
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::rows_file::RowsFile;
use crate::service::Products;
use crate::{rights, subject};

/// A statement, and how much it may answer.
pub struct Query {
    pub sql: String,
    /// Values of its parameters by name: texts, numbers, flags and nulls.
    pub parameters: Map<String, Value>,
    /// Rows that are answered at most.
    pub rows: u64,
    pub timeout: Duration,
    /// Of what is drafted, too.
    pub is_preview: bool,
}

/// What is wrong with values of parameters: those that are no single value.
pub fn broken_parameters(parameters: &Map<String, Value>) -> Vec<Violation> {
    let nested = parameters.iter().filter(|(_, value)| value.is_array() || value.is_object());
    let violation = |(name, _): (&String, &Value)| {
        let mut path = "/params".to_owned();
        push_segment(&mut path, name);
        Violation::new(path, RULE_TYPE, "must be a text, a number, true, false or null")
    };
    nested.map(violation).collect()
}

/// Runs the statement.
///
/// Errors: 400 for a parameter that is no single value, 403 for who may not query the product, 422 with the guard's
/// rule for what may not be run, 502 and 504 of the source.
pub async fn run(products: &Products, request: &ProductRequest, query: &Query) -> Result<Answered, Failure> {
    asked(products, request, query, Purpose::Given).await
}

/// Runs it for a file that its rows go into.
///
/// Errors: as [`run`].
pub async fn run_into_file(
    products: &Products,
    request: &ProductRequest,
    query: &Query,
    file: RowsFile,
) -> Result<Answered, Failure> {
    asked(products, request, query, Purpose::File(file)).await
}

/// Runs it for a preview beside a form that somebody is typing into (`model`, `row_filters`), of which there may be many in a
/// minute.
///
/// Errors: as [`run`].
pub async fn preview(
    products: &Products,
    request: &ProductRequest,
    query: &Query,
    beside: &'static str,
) -> Result<Answered, Failure> {
    asked(products, request, query, Purpose::Preview(beside)).await
}

/// What the rows are read for.
#[derive(Clone, Copy)]
enum Purpose {
    Given,
    File(RowsFile),
    /// Beside what somebody is typing into.
    Preview(&'static str),
}

async fn asked(
    products: &Products,
    request: &ProductRequest,
    query: &Query,
    purpose: Purpose,
) -> Result<Answered, Failure> {
    let broken = broken_parameters(&query.parameters);
    if !broken.is_empty() {
        return Err(Failure::invalid(broken));
    }
    let reads = Arc::new(ReadSet::default());
    let prepared = reads.during(prepared(products, request, query.is_preview)).await?;
    let tables = TablesRead::default();
    let parameters = asking::parameters(&query.parameters);
    let decided = prepared.sources.decide(&query.sql, &parameters, query.rows);
    let text = match &decided {
        Ok(decided) => decided.without_values(&query.sql),
        Err(_) => text::hidden(&query.sql),
    };
    let answered = match decided {
        Ok(decided) => {
            let read = Read::of(&decided);
            let answered = answered(products, request, query, &prepared, decided, &tables).await;
            // Who may no longer read this is told so, whatever the source has said meanwhile.
            match still_reads(products, request, query, &read?, &reads).await {
                Ok(()) => answered,
                Err(failure) => Err(failure),
            }
        }
        Err(failure) => Err(failure),
    };
    let given = match &answered {
        Ok(answered) => ReadingOutcome::Rows(answered.rows.len()),
        Err(failure) => ReadingOutcome::Nothing(failure),
    };
    let text = || text.clone();
    let (caller, subject) = (&request.caller, &prepared.subject);
    match purpose {
        Purpose::Preview(beside) => products.note_preview(caller, beside, subject, &tables, given, text),
        _ => products.note_reading(caller, AuditEventKind::Statement, subject, &tables, given, text),
    }
    if let (Purpose::File(file), Ok(answered)) = (purpose, &answered) {
        products.note_file(caller, file, subject, &tables, answered.rows.len(), text);
    }
    answered
}

/// Asks again for the right to what a source was asked for: it takes its time. `reads` is what was decided on.
///
/// Errors: what the statement would be refused with by now; 409 where it reads something else.
async fn still_reads(
    products: &Products,
    request: &ProductRequest,
    query: &Query,
    read: &Read,
    reads: &ReadSet,
) -> Result<(), Failure> {
    if products.catalog.still_holds(&request.caller, reads).await? {
        return Ok(());
    }
    let request = request.present(&products.catalog).await?;
    match read_by(products, &request, query).await? == *read {
        true => Ok(()),
        false => Err(Failure::conflict(
            "what you may read of the {product} has changed while the statement ran: run it again",
        )),
    }
}

async fn answered(
    products: &Products,
    request: &ProductRequest,
    query: &Query,
    prepared: &Prepared,
    decided: Decided<'_>,
    tables: &TablesRead,
) -> Result<Answered, Failure> {
    let Prepared { sources, permit, .. } = prepared;
    let permit = *permit;
    tables.add(&decided);
    let Decided { source, policy, plan, .. } = decided;
    let service = source.service.as_ref().ok_or_else(Failure::internal)?;
    let target = asking::target_of(products, service).await?;
    let kind = data_source::source_type(service).word();
    let timeout = query.timeout;
    let _permit = products.statements.permit(request.caller.principal.user, service.id, timeout).await?;
    let statement = Statement { plan: &plan, policy, cost: products.cost_limits, timeout, permit };
    let answered = products.databases.run(&target, &statement).await;
    answered.map_err(|error| sources.of_cost(error.failure(&kind, timeout)))
}

/// Names and types of the columns that the statement would answer: it is planned, and not run.
///
/// Errors: as [`run`].
pub async fn describe(products: &Products, request: &ProductRequest, query: &Query) -> Result<Vec<Column>, Failure> {
    let prepared = prepared(products, request, query.is_preview).await?;
    let parameters = asking::parameters(&query.parameters);
    let Decided { source, plan, .. } = prepared.sources.decide(&query.sql, &parameters, query.rows)?;
    let service = source.service.as_ref().ok_or_else(Failure::internal)?;
    let target = asking::target_of(products, service).await?;
    let _permit = products.statements.permit(request.caller.principal.user, service.id, query.timeout).await?;
    let described = products.databases.describe(&target, &plan, query.timeout).await;
    described.map_err(|error| error.failure(&data_source::source_type(service).word(), query.timeout))
}

/// What a statement reads with the rights of its caller: where it is the same, so is what he may be answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    service: RecordId,
    /// With his filters and masks.
    plan: Plan,
}

/// Decides about the statement, and does not run it.
///
/// Errors: as [`run`].
pub async fn read_by(products: &Products, request: &ProductRequest, query: &Query) -> Result<Read, Failure> {
    let prepared = prepared(products, request, query.is_preview).await?;
    let parameters = asking::parameters(&query.parameters);
    Read::of(&prepared.sources.decide(&query.sql, &parameters, query.rows)?)
}

impl Read {
    fn of(decided: &Decided<'_>) -> Result<Read, Failure> {
        let service = decided.source.service.as_ref().ok_or_else(Failure::internal)?;
        Ok(Read { service: service.id, plan: decided.plan.clone() })
    }
}

async fn prepared(products: &Products, request: &ProductRequest, is_preview: bool) -> Result<Arc<Prepared>, Failure> {
    let asked = format!("run-sql {:?} {is_preview}", request.product);
    let making = prepare(products, request, is_preview);
    let weigh = |prepared: &Arc<Prepared>| Some(prepared.sources.weight());
    products.catalog.remembered(CachePool::Preparations, &request.caller, asked, weigh, making).await
}

/// What the caller may ask of a product, ready to decide about statements.
struct Prepared {
    sources: Sources,
    permit: RowsPermit,
    subject: Subject,
}

/// The same, made anew: it costs as much as the product has tables.
async fn prepare(products: &Products, request: &ProductRequest, is_preview: bool) -> Result<Arc<Prepared>, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &reach::depth()).await?;
    let is_editor = rights::may(&reading, Action::EditAll, &view.record).await?;
    if !is_editor && is_preview {
        return Err(Failure::forbidden("only those who may change the {product} see what is not deployed yet"));
    }
    let permit = reading.rows().may_query(&view).await?;
    let permit = permit.ok_or_else(|| reach::no_rows(&view, "queries on the {product} are not allowed to you"))?;
    let state = if is_preview { ContentState::Drafted } else { ContentState::Live };
    let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
    let mut reached = reach::of_product(&cx, &view, state, Rows::Own).await?;
    reached.groups.retain(|group| group.service.is_some());
    if reached.groups.is_empty() {
        let message = "the {product} has no data source that could be asked";
        return Err(Failure::new(Code::VALIDATION_FAILED, message));
    }
    let counts = RowCounts::of_groups(&cx, &reached.groups).await?;
    Ok(Arc::new(Prepared { sources: Sources::of(products, reached, &counts), permit, subject: Subject::of(&view) }))
}
