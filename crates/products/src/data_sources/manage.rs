//! Data sources of the account, which are database services of the catalogue: listed, made, changed and deleted.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::action::Action;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard};
use emporion_catalog::id::{AccountId, RecordId};
use emporion_catalog::load::Depth;
use emporion_catalog::plan::write::check_guard;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::{Problem, relation};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::data_source;
use super::sources::{self, DEFAULT_SPACE, Marks};
use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::fields::Bounds;
use crate::idempotency::{self, Idempotent, StoredAnswer};
use crate::page::{CursorScope, ListPage, PageRequest};
use crate::patch::Patch;
use crate::service::Products;
use crate::source_type::SourceType;
use crate::{commands, refs, rights};

/// A data source that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSourceDraft {
    pub name: String,
    pub source: SourceType,
    pub connection: Connection,
    pub description: Option<String>,
    pub is_default: bool,
}

/// What a data source shall say; what is absent stays.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSourceChange {
    pub name: Option<String>,
    /// To be read with `connection::read` once the stored connection is known.
    pub config: Option<Map<String, Value>>,
    pub description: Patch<String>,
    pub is_default: Option<bool>,
    /// Limits to hold against the record.
    pub bounds: Bounds,
}

/// A data source as it is shown.
pub struct ShownSource {
    pub service: View,
    pub is_default: bool,
    /// Pointers of what is sealed of its connection.
    pub secrets: BTreeSet<String>,
}

impl ShownSource {
    async fn of(reading: &Reading<'_>, service: View) -> Result<ShownSource, Failure> {
        let is_default = Marks::read(reading).await?.default() == Some(service.id());
        let secrets = reading.secret_paths(&service).await?;
        Ok(ShownSource { service, is_default, secrets })
    }
}

/// Those that the caller sees, oldest first, and the id of the account's default.
///
/// Errors: 400 for a cursor of another list.
pub async fn list(
    products: &Products,
    caller: &Caller,
    page: &PageRequest,
) -> Result<(ListPage<View>, Option<RecordId>), Failure> {
    let scope = CursorScope::of(caller.account(), "dataSources", page);
    let sources = ListQuery::of(caller.account(), products.catalog.kind("database_service"));
    let query = scope.query(&products.cursor_keys, page, sources)?;
    let reading = products.catalog.reading(caller).await?;
    let found = reading.list(query, &Depth::bare()).await?;
    let default = Marks::read(&reading).await?.default();
    let pagination = scope.pagination_after(&products.cursor_keys, page, &found);
    Ok((ListPage { items: found.views, total: found.total, pagination }, default))
}

/// One of them.
///
/// Errors: 404.
pub async fn get(products: &Products, caller: &Caller, id: Uuid) -> Result<ShownSource, Failure> {
    let reading = products.catalog.reading(caller).await?;
    let view = find(&reading, id).await?;
    ShownSource::of(&reading, view).await
}

/// Makes a data source, once for the key where the request has one. The first one of an account is its default.
///
/// Errors: 403; 409 for a name that is taken; 422 for a host that this installation forbids.
pub async fn create(
    products: &Products,
    caller: &Caller,
    draft: &DataSourceDraft,
    stored: Option<StoredAnswer<ShownSource>>,
) -> Result<Idempotent<ShownSource>, Failure> {
    let catalog = &products.catalog;
    idempotency::once(catalog, caller, stored.as_ref(), async {
        let reading = catalog.reading(caller).await?;
        let marks = Marks::read(&reading).await?;
        drop(reading);
        let id = RecordId::fresh();
        allow(products, caller.account(), draft.source.service_type(), &draft.connection)?;
        let (connection, secrets) = data_source::field(&draft.connection);
        let pointers: BTreeSet<String> = draft.connection.secrets.keys().cloned().collect();
        let mut record = Draft { name: Some(draft.name.clone()), secrets: Some(secrets), ..Draft::default() };
        record.set("service_type", draft.source.service_type());
        record.set("connection", connection);
        if let Some(description) = &draft.description {
            record.set("description", description.as_str());
        }
        let is_default = draft.is_default || marks.default().is_none();
        if draft.is_default {
            record.aliases.push((DEFAULT_SPACE, marks.next(id, catalog.now().0)));
        }
        let command = commands::create(catalog.kind("database_service"), None, id, record);
        idempotency::commit(catalog, caller, &command, stored.clone(), None, move |outcome| ShownSource {
            service: outcome.view.clone(),
            is_default,
            secrets: pointers.clone(),
        })
        .await
    })
    .await
}

/// Changes a data source. What is written is made from the state that was read, and from no other.
///
/// Errors: 403, 404; 409 for a name that is taken, and where it was changed at the same moment; 412 where the guard does
/// not hold; 422 for a connection that is none, and for a host that this installation forbids.
pub async fn change(
    products: &Products,
    caller: &Caller,
    id: Uuid,
    change: DataSourceChange,
    guard: &Guard,
) -> Result<ShownSource, Failure> {
    let catalog = &products.catalog;
    let reading = catalog.reading(caller).await?;
    let view = find(&reading, id).await?;
    let is_prose = change.name.is_none() && change.config.is_none() && change.is_default.is_none();
    let action = if is_prose { Action::EditDescription } else { Action::EditAll };
    rights::require(&reading, action, &view.record).await?;
    check_guard(guard, &view.record)?;
    let present = |member: &str| if member == "name" { Some(view.record.name.as_str()) } else { view.text(member) };
    change.bounds.hold(present)?;
    let mut draft = Draft { name: change.name, ..Draft::default() };
    match change.description {
        Patch::Keep => {}
        Patch::Clear => draft.set("description", Value::Null),
        Patch::Set(text) => draft.set("description", text),
    }
    if let Some(config) = &change.config {
        let present = data_source::stored(&view.record, &reading.secret_paths(&view).await?);
        let source = data_source::source_type(&view.record);
        let wanted = connection::read(&source, config, Some(present))?;
        allow(products, caller.account(), source.service_type(), &wanted)?;
        let (connection, secrets) = data_source::field(&wanted);
        draft.set("connection", connection);
        draft.secrets = Some(secrets);
    }
    let marks = Marks::read(&reading).await?;
    let is_default = marks.default() == Some(view.id());
    let mark = match change.is_default {
        Some(true) if !is_default => Some(marks.next(view.id(), catalog.now().0)),
        Some(false) if is_default => Some(sources::unmark(view.id())),
        _ => None,
    };
    drop(reading);
    draft.aliases.extend(mark.map(|mark| (DEFAULT_SPACE, mark)));
    let command = Command::Change {
        target: refs::data_source(catalog, view.id().uuid()),
        guard: Guard::Revisions(vec![view.record.revision.0]),
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: DoorRules { may_rename: true, ..DoorRules::default() },
    };
    let outcome = catalog.execute(caller, &command).await.map_err(|problem| match problem {
        Problem::Stale { .. } if *guard == Guard::None => {
            Failure::conflict("the data source was changed at the same moment; read it and try again")
        }
        other => other.into(),
    })?;
    let reading = catalog.reading(caller).await?;
    ShownSource::of(&reading, outcome.view).await
}

/// Deletes a data source; not while products take their tables from it.
///
/// Errors: 403, 404, 409 while it is used, 412 where the guard does not hold.
pub async fn delete(products: &Products, caller: &Caller, id: Uuid, guard: Guard) -> Result<RecordId, Failure> {
    let target = refs::data_source(&products.catalog, id);
    let how = Deletion { recursive: true, refuse_if_used: &[relation::SERVED_BY], ..Deletion::SOFT };
    Ok(products.catalog.execute(caller, &Command::Delete { target, guard, how }).await?.view.id())
}

pub(super) async fn find(reading: &Reading<'_>, id: Uuid) -> Result<View, Failure> {
    let target = refs::data_source(reading.catalog(), id);
    Ok(reading.get(&target, States::Alive, &Depth::bare()).await?)
}

/// Errors: 422 for a host that is written as an address which this installation forbids.
fn allow(products: &Products, account: AccountId, service_type: &str, connection: &Connection) -> Result<(), Failure> {
    let target = data_source::target(account, service_type, connection, []);
    products.databases.allow(&target).map_err(|error| error.failure(service_type, Duration::ZERO))
}
