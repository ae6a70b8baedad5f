//! `POST run-sql`: a query on the tables of a product, through the guard and the caller's row filters.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::action::Action;
use emporion_catalog::reading::SeenId;
use emporion_catalog::response_cache::CachePool;
use emporion_catalog::rows::RowsPermit;
use emporion_products::asking;
use emporion_products::asking::{Decided, Sources};
use emporion_products::assets::aspect::Aspect;
use emporion_products::assets::row_counts::RowCounts;
use emporion_products::data_sources::data_source;
use emporion_products::databases::Statement;
use emporion_products::failure::{Code, Failure, RULE_TYPE, Violation};
use emporion_products::limits::{DEFAULT_ROWS, DEFAULT_TIMEOUT_MS, TIMEOUT_MS};
use emporion_products::reach;
use emporion_products::reach::Rows;
use emporion_products::read_context::ReadContext;
use emporion_products::rights;
use emporion_products::warning::Warning;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::shapes::run_sql as shapes;
use crate::subject;
use emporion_products::fields::{self, Checked};

/// What a request asks for, and how much of it.
struct Request {
    sql: String,
    parameters: Map<String, Value>,
    rows: u64,
    timeout: Duration,
    is_preview: bool,
    warnings: Vec<Warning>,
}

impl Request {
    fn parse(body: Value, strict: bool) -> Result<Request, Failure> {
        let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
            for (name, value) in body.get("params").and_then(Value::as_object).into_iter().flatten() {
                if value.is_array() || value.is_object() {
                    let mut path = "/params".to_owned();
                    emporion_products::failure::push_segment(&mut path, name);
                    broken.push(Violation::new(path, RULE_TYPE, "must be a text, a number, true, false or null"));
                }
            }
        };
        let checked = fields::check_all(&shapes::REQUEST, &[], body, strict, &check_body);
        let Checked { body, warnings } = checked.map_err(|failure| {
            // A time that no query can be given is a malformed request.
            let is_time = failure.violations.iter().any(|violation| violation.path == "/timeout");
            if is_time { Failure { code: Code::BAD_REQUEST, ..failure } } else { failure }
        })?;
        let number = |name: &str, default: i64| body.get(name).and_then(Value::as_i64).unwrap_or(default);
        let timeout_ms = number("timeout", DEFAULT_TIMEOUT_MS).clamp(*TIMEOUT_MS.start(), *TIMEOUT_MS.end());
        Ok(Request {
            sql: body.get("sql").and_then(Value::as_str).unwrap_or_default().to_owned(),
            parameters: body.get("params").and_then(Value::as_object).cloned().unwrap_or_default(),
            rows: u64::try_from(number("limit", DEFAULT_ROWS)).unwrap_or(1),
            timeout: Duration::from_millis(timeout_ms.unsigned_abs()),
            is_preview: body.get("preview").and_then(Value::as_bool).unwrap_or(false),
            warnings,
        })
    }
}

pub async fn run(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let request = Request::parse(call.body()?, call.is_strict())?;
    let asked = format!("run-sql {} {}", call.request.raw_path, request.is_preview);
    let making = ready(&door, &call, &request);
    let weigh = |ready: &Arc<Ready>| Some(ready.sources.weight());
    let ready = door.products.catalog.remembered(CachePool::Preparations, &call.caller, asked, weigh, making).await?;
    let parameters = asking::parameters(&request.parameters);
    let Ready { sources, permit } = &*ready;
    let permit = *permit;
    let Decided { source, policy, plan, .. } = sources.decide(&request.sql, &parameters, request.rows)?;
    let service = source.service.as_ref().ok_or_else(Failure::internal)?;
    let target = asking::target_of(&door.products, service).await?;
    let kind = data_source::source_type(service).word();
    let (rows, timeout) = (request.rows, request.timeout);
    let statement = Statement { plan: &plan, policy, cost: door.products.cost_limits, timeout, permit };
    let answered = door.products.databases.run(&target, &statement).await;
    let answered = answered.map_err(|error| sources.of_cost(error.failure(&kind, timeout)))?;
    let columns: Vec<Value> = answered.columns.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
    let data = json!({
        "columns": columns,
        "rowCount": answered.rows.len(),
        "rows": answered.rows,
        "executionTime": u64::try_from(answered.took.as_millis()).unwrap_or(u64::MAX),
        "truncated": answered.truncated,
        "limit": rows,
    });
    Ok(Reply::ok(data).warn(request.warnings))
}

/// What the caller may ask of a product, ready to decide about statements.
struct Ready {
    sources: Sources,
    permit: RowsPermit,
}

/// The same, made anew: it costs as much as the product has tables.
async fn ready(door: &Arc<Door>, call: &Call, request: &Request) -> Result<Arc<Ready>, Failure> {
    let (catalog, caller) = (&door.products.catalog, &call.caller);
    let reading = catalog.reading(caller).await?;
    let view = subject::find(door, call, &reading, &reach::depth()).await?;
    let is_editor = rights::may(&reading, Action::EditAll, &view.record).await?;
    if !is_editor && request.is_preview {
        return Err(Failure::forbidden("only those who may change the {product} see what is not deployed yet"));
    }
    let permit = reading.rows().may_query(&view).await?;
    let permit = permit.ok_or_else(|| Failure::forbidden("queries on the {product} are not allowed to you"))?;
    let aspect = if request.is_preview { Aspect::Drafted } else { Aspect::Live };
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    let mut reached = reach::of_product(&cx, &view, aspect, Rows::Own).await?;
    reached.groups.retain(|group| group.service.is_some());
    if reached.groups.is_empty() {
        let message = "the {product} has no data source that could be asked";
        return Err(Failure::new(Code::VALIDATION_FAILED, message));
    }
    let counts = RowCounts::of_groups(&cx, &reached.groups).await?;
    Ok(Arc::new(Ready { sources: Sources::of(&door.products, reached, &counts), permit }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_bounded() {
        let parse = |more: Value| {
            let mut body = json!({"sql": "SELECT 1"});
            body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            Request::parse(body, false)
        };
        assert_eq!(
            parse(json!({})).ok().map(|request| (request.rows, request.timeout.as_millis())),
            Some((1_000, 30_000))
        );
        assert_eq!(parse(json!({"timeout": 120_001})).err().map(|failure| failure.status()), Some(400));
        assert_eq!(parse(json!({"limit": 10_001})).err().map(|failure| failure.status()), Some(422));
        assert_eq!(parse(json!({"params": {"a": []}})).err().map(|failure| failure.status()), Some(400));
    }
}
