//! `POST run-sql`: a query on the tables of a product.

use std::sync::Arc;
use std::time::Duration;

use emporion_products::failure::{Code, Failure, Violation};
use emporion_products::fields::{self, Checked};
use emporion_products::limits::{DEFAULT_ROWS, DEFAULT_TIMEOUT_MS, TIMEOUT_MS};
use emporion_products::query::{self, Query};
use emporion_products::warning::Warning;
use serde_json::{Map, Value};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::file_note;
use crate::shapes::run_sql as shapes;

/// What a body asks for, and what is to be said of it.
fn parse(body: Value, strict: bool) -> Result<(Query, Vec<Warning>), Failure> {
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
        let parameters = body.get("params").and_then(Value::as_object);
        broken.extend(parameters.map(query::broken_parameters).into_iter().flatten());
    };
    let checked = fields::check_all(&shapes::REQUEST, &[], body, strict, &check_body);
    let Checked { body, warnings } = checked.map_err(|failure| {
        // A time that no query can be given is a malformed request.
        let is_time = failure.violations.iter().any(|violation| violation.path == "/timeout");
        if is_time { Failure { code: Code::BAD_REQUEST, ..failure } } else { failure }
    })?;
    let number = |name: &str, default: i64| body.get(name).and_then(Value::as_i64).unwrap_or(default);
    let timeout_ms = number("timeout", DEFAULT_TIMEOUT_MS).clamp(*TIMEOUT_MS.start(), *TIMEOUT_MS.end());
    let query = Query {
        sql: body.get("sql").and_then(Value::as_str).unwrap_or_default().to_owned(),
        parameters: body.get("params").and_then(Value::as_object).cloned().unwrap_or_default(),
        rows: u64::try_from(number("limit", DEFAULT_ROWS)).unwrap_or(1),
        timeout: Duration::from_millis(timeout_ms.unsigned_abs()),
        is_preview: body.get("preview").and_then(Value::as_bool).unwrap_or(false),
    };
    Ok((query, warnings))
}

pub async fn run(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (query, warnings) = parse(call.body()?, call.is_strict())?;
    let request = call.of_product()?;
    let mut answered = match file_note::of(&call) {
        Some(file) => query::run_into_file(&door.products, &request, &query, file).await?,
        None => query::run(&door.products, &request, &query).await?,
    };
    let of_rows = std::mem::take(&mut answered.warnings);
    let mut data = answered.print();
    data.insert("limit".to_owned(), query.rows.into());
    Ok(Reply::ok(data.into()).warn(warnings.into_iter().chain(of_rows)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http_failures;

    #[test]
    fn a_request_is_bounded() {
        let parse = |more: Value| {
            let mut body = json!({"sql": "SELECT 1"});
            body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            super::parse(body, false)
        };
        assert_eq!(
            parse(json!({})).ok().map(|(query, _)| (query.rows, query.timeout.as_millis())),
            Some((1_000, 30_000))
        );
        assert_eq!(parse(json!({"timeout": 120_001})).err().map(|failure| http_failures::status(&failure)), Some(400));
        assert_eq!(parse(json!({"limit": 10_001})).err().map(|failure| http_failures::status(&failure)), Some(422));
        assert_eq!(parse(json!({"params": {"a": []}})).err().map(|failure| http_failures::status(&failure)), Some(400));
    }
}
