//! What data sources say of themselves: whether they can be reached, and which tables they offer.

use std::sync::Arc;
use std::time::Duration;

use emporion_products::data_sources::probe;
use emporion_products::databases::{Named, Offered, Refreshed, Tested};
use emporion_products::failure::Failure;
use emporion_products::fields::{self, Checked};
use emporion_products::page::PageRequest;
use emporion_products::source_type::SourceType;
use emporion_products::warning::Warning;
use serde_json::{Map, Value, json};

use super::data_sources::id;
use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::shapes::data_source;

/// `POST data-sources/{id}/test-connection`: what came of it is kept, and shown with the source.
pub async fn test(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (kind, tested) = probe::test(&door.products, &call.caller, id(&call)?).await?;
    let mut data = details(&kind, &tested);
    data.insert("connected".to_owned(), true.into());
    data.insert("latencyMs".to_owned(), millis(tested.latency).into());
    Ok(Reply::ok(data.into()))
}

/// `POST data-sources/test-connection`: tries settings that are not kept yet; the answer says how it went.
pub async fn attempt(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let Checked { body, warnings } =
        fields::check(&data_source::ATTEMPT, &[&data_source::DATA_SOURCE], call.body()?, call.is_strict())?;
    let word = body.get("type").and_then(Value::as_str).unwrap_or("postgres");
    let source = SourceType::parse(word).expect("the check of shapes lets only known types pass");
    let empty = Map::new();
    let config = body.get("connectionConfig").and_then(Value::as_object).unwrap_or(&empty);
    let data = match probe::attempt(&door.products, &call.caller, &source, config).await? {
        Ok(tested) => json!({
            "success": true,
            "message": "the connection works",
            "details": details(&source.word(), &tested),
        }),
        Err(error) => json!({
            "success": false,
            "message": error.sentence(),
            "details": {"type": source.word(), "reason": error.reason()},
        }),
    };
    Ok(Reply::ok(data).warn(warnings))
}

/// `GET data-sources/{id}/available-tables`, by name: all of them, or, where a limit or a cursor is given, a page.
pub async fn available_tables(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let is_paged = ["limit", "cursor"].iter().any(|name| call.query.contains_key(*name));
    let found = probe::available_tables(&door.products, &call.caller, id(&call)?, &page, is_paged).await?;
    let tables = found.items.iter().map(|table: &Offered| {
        json!({
            "database": table.database,
            "schema": table.schema,
            "name": table.name,
            "type": if table.is_view { "view" } else { "table" },
            "rowCount": table.rows,
        })
    });
    let mut data = json!({"count": found.items.len(), "tables": tables.collect::<Vec<_>>()});
    if page.include_total {
        data["totalCount"] = found.total.into();
    }
    let reply = Reply::ok(data);
    Ok(if is_paged { reply.page(found.pagination) } else { reply })
}

/// `POST data-sources/{id}/refresh`: brings the catalogue's tables of the source to what they are there by now.
pub async fn refresh(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let Checked { body, warnings } =
        fields::check(&data_source::REFRESH, &[], call.optional_body()?, call.is_strict())?;
    let is_rehearsal = body.get("dryRun").and_then(Value::as_bool).unwrap_or(false);
    let (source, refreshed) = probe::refresh(&door.products, &call.caller, id(&call)?, is_rehearsal).await?;
    let found = warnings_of(&refreshed);
    let table = |table: &Named| json!({"schema": table.schema, "name": table.name});
    let changed = refreshed.changed.iter().map(|changed| {
        let columns = changed.columns.iter().map(|(name, from, to)| json!({"name": name, "from": from, "to": to}));
        json!({
            "schema": changed.table.schema,
            "name": changed.table.name,
            "columnsAdded": changed.added,
            "columnsRemoved": changed.removed,
            "columnsChanged": columns.collect::<Vec<_>>(),
        })
    });
    let failed = refreshed.failed.iter().map(|(name, reason)| json!({"name": name, "reason": reason}));
    let data = json!({
        "dataSourceId": source.to_string(),
        "dryRun": is_rehearsal,
        "tableCount": refreshed.known,
        "unchanged": refreshed.unchanged,
        "changed": changed.collect::<Vec<_>>(),
        "missing": refreshed.missing.iter().map(table).collect::<Vec<_>>(),
        "failed": failed.collect::<Vec<_>>(),
    });
    Ok(Reply::ok(data).warn(warnings).warn(found))
}

/// What is worth saying of a source that was read again.
fn warnings_of(refreshed: &Refreshed) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if refreshed.known == 0 {
        let message = "the catalogue has no tables of this data source; assets bring them in";
        warnings.push(Warning::new("NO_TABLES_KNOWN", message, None));
    }
    if !refreshed.missing.is_empty() {
        let message = "the data source no longer shows some tables; the catalogue keeps them";
        warnings.push(Warning::new("TABLES_MISSING", message, Some("/missing".to_owned())));
    }
    if !refreshed.failed.is_empty() {
        let message = "some tables could not be brought in";
        warnings.push(Warning::new("TABLES_FAILED", message, Some("/failed".to_owned())));
    }
    warnings
}

/// The version stands under a name of its own for each type.
fn details(kind: &str, tested: &Tested) -> Map<String, Value> {
    let mut details = Map::new();
    details.insert("type".to_owned(), kind.into());
    details.insert(format!("{kind}Version"), tested.version.as_str().into());
    details.insert("currentUser".to_owned(), tested.user.as_str().into());
    details.insert("currentDatabase".to_owned(), tested.database.as_str().into());
    details.insert("accessibleSchemas".to_owned(), tested.schemas.clone().into());
    details
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
