//! What data sources say of themselves: whether they can be reached, and which tables they offer.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, Guard};
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_catalog::rows::filters::Closed;
use emporion_catalog::rules::source_files;
use emporion_products::asking::target_of;
use emporion_products::connection::{self, Secret};
use emporion_products::data_sources::data_source as stored;
use emporion_products::databases::{DatabaseError, Named, Offered, Refreshed, Refreshing, Target, Tested, Unrefreshed};
use emporion_products::failure::Failure;
use emporion_products::fields::{self, Checked};
use emporion_products::page::{CursorScope, PageRequest, Position, SortKey};
use emporion_products::source_type::SourceType;
use emporion_products::warning::Warning;
use emporion_products::{commands, refs, rights};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::shapes::data_source;

const TIMEOUT: Duration = Duration::from_secs(15);
/// For all that a source says of its tables.
const REFRESHING: Duration = Duration::from_secs(20);

/// `POST data-sources/{id}/test-connection`: what came of it is kept, and shown with the source.
pub async fn test(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (view, target, kind) = reached(&door, &call).await?;
    let result = door.products.databases.test(&target, TIMEOUT).await;
    if result != Err(DatabaseError::Unsupported) {
        remember(&door, &call, &view, result.is_ok()).await?;
    }
    let tested = result.map_err(|error| error.failure(&kind, TIMEOUT))?;
    let mut data = details(&kind, &tested);
    data.insert("connected".to_owned(), true.into());
    data.insert("latencyMs".to_owned(), millis(tested.latency).into());
    Ok(Reply::ok(data.into()))
}

/// `POST data-sources/test-connection`: tries settings that are not kept yet; the answer says how it went.
pub async fn attempt(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let Checked { body, warnings } =
        fields::check(&data_source::ATTEMPT, &[&data_source::DATA_SOURCE], call.body()?, call.is_strict())?;
    let catalog = &door.products.catalog;
    let reading = catalog.reading(&call.caller).await?;
    reading.ask_create_at_top(catalog.kind("database_service")).await?;
    drop(reading);
    let word = body.get("type").and_then(Value::as_str).unwrap_or("postgres");
    let source = SourceType::parse(word).expect("the check of shapes lets only known types pass");
    if source_files::reads_files(source.service_type()) && !call.caller.principal.is_trusted() {
        return Err(Failure::forbidden("only an administrator says which file a source reads"));
    }
    let empty = Map::new();
    let config = body.get("connectionConfig").and_then(Value::as_object).unwrap_or(&empty);
    let connection = connection::read(&source, config, None)?;
    let clear = connection.secrets.iter().filter_map(|(pointer, secret)| match secret {
        Secret::Set(text) => Some((pointer.clone(), text.clone())),
        Secret::Keep => None,
    });
    let target = stored::target(call.caller.account(), source.service_type(), &connection, clear);
    let data = match door.products.databases.test(&target, TIMEOUT).await {
        Ok(tested) => json!({
            "success": true,
            "message": "the connection works",
            "details": details(&source.word(), &tested),
        }),
        Err(DatabaseError::Unsupported) => return Err(Failure::data_source_type_unsupported(&source.word())),
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
    let (view, target, kind) = reached(&door, &call).await?;
    let closed = closed(&door, &call, &view).await?;
    let page = PageRequest::of(&call.query);
    let is_paged = ["limit", "cursor"].iter().any(|name| call.query.contains_key(*name));
    let name = format!("availableTables/{}", view.id());
    let listing = CursorScope::of(call.caller.account(), &name, &page);
    let after = page.cursor.as_deref().map(|cursor| listing.open(&door.cursor_keys, cursor)).transpose()?;
    let offered =
        door.products.databases.tables(&target, TIMEOUT).await.map_err(|error| error.failure(&kind, TIMEOUT))?;
    let total = offered.len();
    let mut wanted: Vec<(String, &Offered)> = offered.iter().map(|table| (order(table), table)).collect();
    wanted.sort_by(|one, other| one.0.cmp(&other.0));
    if let Some(Position { key: SortKey::Text(after), .. }) = after {
        wanted.retain(|(order, _)| *order > after);
    }
    let mut pagination = None;
    if is_paged {
        let position = |(order, _): &(String, _)| Position { key: SortKey::Text(order.clone()), id: Uuid::nil() };
        let (cut, next) = listing.cut(&door.cursor_keys, &page, wanted, position);
        (wanted, pagination) = (cut, Some(next));
    }
    let service = &view.record.fqn;
    let is_closed = |table: &Offered| closed.may_be(service, &table.database, &table.schema, &table.name);
    let tables = wanted.iter().map(|(_, table)| {
        json!({
            "database": table.database,
            "schema": table.schema,
            "name": table.name,
            "type": if table.is_view { "view" } else { "table" },
            "rowCount": table.rows.filter(|_| !is_closed(table)),
        })
    });
    let mut data = json!({"count": wanted.len(), "tables": tables.collect::<Vec<_>>()});
    if page.include_total {
        data["totalCount"] = total.into();
    }
    let reply = Reply::ok(data);
    Ok(match pagination {
        Some(pagination) => reply.page(pagination),
        None => reply,
    })
}

/// The tables of which the caller sees a part: their rows are not counted for him, unless he holds those of the source.
async fn closed(door: &Door, call: &Call, source: &View) -> Result<Closed, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let rows = reading.rows();
    let closed = rows.closed().await?;
    if closed.is_empty() || !rows.held(&[source.id()]).await?.is_empty() {
        return Ok(Closed::default());
    }
    Ok(closed)
}

/// `POST data-sources/{id}/refresh`: brings the catalogue's tables of the source to what they are there by now.
pub async fn refresh(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let Checked { body, warnings } =
        fields::check(&data_source::REFRESH, &[], call.optional_body()?, call.is_strict())?;
    let is_rehearsal = body.get("dryRun").and_then(Value::as_bool).unwrap_or(false);
    let (view, target, kind) = reached(&door, &call).await?;
    let how = Refreshing { is_rehearsal, timeout: REFRESHING };
    let refreshed =
        door.products.databases.refresh(&door.products.catalog, &call.caller, &view.record, &target, &how).await;
    let refreshed = refreshed.map_err(|reason| match reason {
        Unrefreshed::Source(error) => error.failure(&kind, REFRESHING),
        Unrefreshed::Busy(problem) | Unrefreshed::Catalogue(problem) => problem.into(),
    })?;
    let told = told(&refreshed);
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
        "dataSourceId": view.id().to_string(),
        "dryRun": is_rehearsal,
        "tableCount": refreshed.known,
        "unchanged": refreshed.unchanged,
        "changed": changed.collect::<Vec<_>>(),
        "missing": refreshed.missing.iter().map(table).collect::<Vec<_>>(),
        "failed": failed.collect::<Vec<_>>(),
    });
    Ok(Reply::ok(data).warn(warnings).warn(told))
}

/// What is worth saying of a source that was read again.
fn told(refreshed: &Refreshed) -> Vec<Warning> {
    let mut told = Vec::new();
    if refreshed.known == 0 {
        let message = "the catalogue has no tables of this data source; assets bring them in";
        told.push(Warning::new("NO_TABLES_KNOWN", message, None));
    }
    if !refreshed.missing.is_empty() {
        let message = "the data source no longer shows some tables; the catalogue keeps them";
        told.push(Warning::new("TABLES_MISSING", message, Some("/missing".to_owned())));
    }
    if !refreshed.failed.is_empty() {
        let message = "some tables could not be brought in";
        told.push(Warning::new("TABLES_FAILED", message, Some("/failed".to_owned())));
    }
    told
}

/// What tables are sorted by, and found again by.
fn order(table: &Offered) -> String {
    [&table.database, &table.schema, &table.name].map(String::as_str).join("\u{1f}")
}

/// A data source that the caller may change, for who may not must not use its password either.
async fn reached(door: &Door, call: &Call) -> Result<(View, Target, String), Failure> {
    let catalog = &door.products.catalog;
    let reading = catalog.reading(&call.caller).await?;
    let target = refs::data_source(catalog, call.id("dataSourceId", "data source")?);
    let view = reading.get(&target, States::Alive, &Depth::bare()).await?;
    rights::require(&reading, Action::EditAll, &view.record).await?;
    let target = target_of(&door.products, &view.record).await?;
    let kind = stored::source_type(&view.record).word();
    Ok((view, target, kind))
}

async fn remember(door: &Door, call: &Call, view: &View, success: bool) -> Result<(), Failure> {
    let status = if success { "Successful" } else { "Failed" };
    // Clients of the catalogue read a result only with its steps.
    let step = json!({"name": "CheckAccess", "mandatory": true, "passed": success});
    let result = json!({"status": status, "lastUpdatedAt": door.products.catalog.now().0, "steps": [step]});
    let mut draft = Draft::default();
    draft.set("test_connection_result", result);
    let target = refs::data_source(&door.products.catalog, view.id().uuid());
    let command = commands::change(target, Guard::None, draft);
    door.products.catalog.execute(&call.caller, &command).await?;
    Ok(())
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
