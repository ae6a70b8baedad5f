//! What data sources say of themselves: whether they can be reached, and which tables they offer.

use std::time::Duration;

use emporion_catalog::action::Action;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Draft, Guard};
use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_catalog::rows::closed::Closed;
use emporion_catalog::rules::source_files;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{data_source, manage};
use crate::asking::target_of;
use crate::connection::{self, Secret};
use crate::databases::{DatabaseError, Offered, Refreshed, Refreshing, Target, Tested, Unrefreshed};
use crate::failure::Failure;
use crate::page::{CursorScope, ListPage, PageRequest, Position, SortKey};
use crate::service::Products;
use crate::source_type::SourceType;
use crate::{commands, refs, rights};

const TIMEOUT: Duration = Duration::from_secs(15);
/// For all that a source says of its tables.
const REFRESHING: Duration = Duration::from_secs(20);

/// Tries the connection of a data source; what comes of it is kept, and shown with the source. Answers the word for its
/// type, too.
///
/// Errors: 403, 404, 422 for a type that no driver reads, 502 and 504 where the source cannot be reached.
pub async fn test(products: &Products, caller: &Caller, id: Uuid) -> Result<(String, Tested), Failure> {
    let (view, target, kind) = reached(products, caller, id).await?;
    let result = products.databases.test(&target, TIMEOUT).await;
    if result != Err(DatabaseError::Unsupported) {
        remember(products, caller, &view, result.is_ok()).await?;
    }
    let tested = result.map_err(|error| error.failure(&kind, TIMEOUT))?;
    Ok((kind, tested))
}

/// Tries settings that are not kept yet; how that went is the answer.
///
/// Errors: 403, 422 for settings that are none, and for a type that no driver reads.
pub async fn attempt(
    products: &Products,
    caller: &Caller,
    source: &SourceType,
    config: &Map<String, Value>,
) -> Result<Result<Tested, DatabaseError>, Failure> {
    let catalog = &products.catalog;
    let reading = catalog.reading(caller).await?;
    reading.ask_create_at_top(catalog.kind("database_service")).await?;
    drop(reading);
    if source_files::reads_files(source.service_type()) && !caller.principal.is_trusted() {
        return Err(Failure::forbidden("only an administrator says which file a source reads"));
    }
    let connection = connection::read(source, config, None)?;
    let clear = connection.secrets.iter().filter_map(|(pointer, secret)| match secret {
        Secret::Set(text) => Some((pointer.clone(), text.clone())),
        Secret::Keep => None,
    });
    let target = data_source::target(caller.account(), source.service_type(), &connection, clear);
    match products.databases.test(&target, TIMEOUT).await {
        Err(DatabaseError::Unsupported) => Err(Failure::data_source_type_unsupported(&source.word())),
        done => Ok(done),
    }
}

/// Tables that a data source offers, by name: all of them, or, where one is asked for, a page. The rows of those are not
/// counted of which the caller sees a part.
///
/// Errors: 400 for a cursor of another list, 403, 404, 422 for a type that no driver reads, 502 and 504 where the source
/// cannot be reached.
pub async fn available_tables(
    products: &Products,
    caller: &Caller,
    id: Uuid,
    page: &PageRequest,
    is_paged: bool,
) -> Result<ListPage<Offered>, Failure> {
    let (view, target, kind) = reached(products, caller, id).await?;
    let closed = closed(products, caller, &view).await?;
    let scope = CursorScope::of(caller.account(), &format!("availableTables/{}", view.id()), page);
    // No source is asked for the sake of a cursor that is none.
    page.cursor.as_deref().map(|cursor| scope.open(&products.cursor_keys, cursor)).transpose()?;
    let mut offered =
        products.databases.tables(&target, TIMEOUT).await.map_err(|error| error.failure(&kind, TIMEOUT))?;
    let service = &view.record.fqn;
    for table in &mut offered {
        if closed.may_be(service, &table.database, &table.schema, &table.name) {
            table.rows = None;
        }
    }
    offered.sort_by_cached_key(order);
    let page = match is_paged {
        true => page.clone(),
        false => PageRequest { limit: offered.len(), ..page.clone() },
    };
    let place = |table: &Offered| Position { key: SortKey::Text(order(table)), id: Uuid::nil() };
    scope.page(&products.cursor_keys, &page, offered, place, Position::gt)
}

/// The tables of which the caller sees a part: their rows are not counted for him, unless he holds those of the source.
async fn closed(products: &Products, caller: &Caller, source: &View) -> Result<Closed, Failure> {
    let reading = products.catalog.reading(caller).await?;
    let rows = reading.rows();
    let closed = rows.closed().await?;
    if closed.is_empty() || !rows.held(&[source.id()]).await?.is_empty() {
        return Ok(Closed::default());
    }
    Ok(closed)
}

/// Brings the catalogue's tables of a data source to what they are there by now; a rehearsal only says what that is.
///
/// Errors: 403, 404, 409, 422 for a type that no driver reads, 502 and 504 where the source cannot be reached.
pub async fn refresh(
    products: &Products,
    caller: &Caller,
    id: Uuid,
    is_rehearsal: bool,
) -> Result<(RecordId, Refreshed), Failure> {
    let (view, target, kind) = reached(products, caller, id).await?;
    let how = Refreshing { is_rehearsal, timeout: REFRESHING };
    let refreshed = products.databases.refresh(&products.catalog, caller, &view.record, &target, &how).await;
    let refreshed = refreshed.map_err(|reason| match reason {
        Unrefreshed::Source(error) => error.failure(&kind, REFRESHING),
        Unrefreshed::Busy(problem) | Unrefreshed::Catalogue(problem) => problem.into(),
    })?;
    Ok((view.id(), refreshed))
}

/// What tables are sorted by, and found again by.
fn order(table: &Offered) -> String {
    [&table.database, &table.schema, &table.name].map(String::as_str).join("\u{1f}")
}

/// A data source that the caller may change, for who may not must not use its password either.
async fn reached(products: &Products, caller: &Caller, id: Uuid) -> Result<(View, Target, String), Failure> {
    let reading = products.catalog.reading(caller).await?;
    let view = manage::find(&reading, id).await?;
    rights::require(&reading, Action::EditAll, &view.record).await?;
    let target = target_of(products, &view.record).await?;
    let kind = data_source::source_type(&view.record).word();
    Ok((view, target, kind))
}

async fn remember(products: &Products, caller: &Caller, view: &View, success: bool) -> Result<(), Failure> {
    let status = if success { "Successful" } else { "Failed" };
    // Clients of the catalogue read a result only with its steps.
    let step = json!({"name": "CheckAccess", "mandatory": true, "passed": success});
    let result = json!({"status": status, "lastUpdatedAt": products.catalog.now().0, "steps": [step]});
    let mut draft = Draft::default();
    draft.set("test_connection_result", result);
    let target = refs::data_source(&products.catalog, view.id().uuid());
    let command = commands::change(target, Guard::None, draft);
    products.catalog.execute(caller, &command).await?;
    Ok(())
}
