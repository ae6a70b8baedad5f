//! Data sources of the account: database services of the catalogue.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard};
use emporion_catalog::id::{AccountId, RecordId};
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::{Problem, relation};
use emporion_products::connection::{self, Connection};
use emporion_products::data_sources::data_source;
use emporion_products::data_sources::sources::{self, DEFAULT_SPACE, Marks};
use emporion_products::failure::Failure;
use emporion_products::idempotency::{self, Idempotent, StoredAnswer};
use emporion_products::page::{CursorScope, PageRequest};
use emporion_products::patch::Patch;
use emporion_products::{commands, refs, rights};
use serde_json::{Value, json};

use crate::call::Call;
use crate::data_source_input::{DataSourceCreate, DataSourcePatch};
use crate::door::Door;
use crate::envelope::Reply;
use crate::guard;
use crate::idempotency_key::{Key, Makes};
use crate::products::product;

const MAKES: Makes =
    Makes { shown: "dataSource", id: "id", version: Some("version"), folder: "data-sources", is_part: false };

/// `GET data-sources`, oldest first.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (catalog, caller) = (&door.products.catalog, &call.caller);
    let page = PageRequest::of(&call.query);
    let listing = CursorScope::of(caller.account(), "dataSources", &page);
    let sources = ListQuery::of(caller.account(), catalog.kind("database_service"));
    let query = listing.query(&door.cursor_keys, &page, sources)?;
    let reading = catalog.reading(caller).await?;
    let found = reading.list(query, &Depth::bare()).await?;
    let default = Marks::read(&reading).await?.default();
    let print = |view: &View| data_source::print(&view.record, default == Some(view.id()), None);
    let printed: Vec<Value> = found.views.iter().map(print).collect();
    let data = json!({"dataSources": printed, "count": found.views.len()});
    Ok(Reply::list(&page, data, found.total, listing.pagination_after(&door.cursor_keys, &page, &found)))
}

/// `GET data-sources/{id}`, with its connection but for secrets.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = find(&door, &call, &reading).await?;
    let data = printed(&reading, &view).await?;
    Ok(Reply::ok(data).etag(product::version(&view)))
}

/// `POST data-sources`.
pub async fn create(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, Some(MAKES))?;
    let input = DataSourceCreate::parse(body, call.is_strict())?;
    key.once(&door, &call, |stored| decide_to_create(&door, &call, input, stored)).await
}

async fn decide_to_create(
    door: &Door,
    call: &Call,
    input: DataSourceCreate,
    stored: Option<StoredAnswer<Reply>>,
) -> Result<Idempotent<Reply>, Failure> {
    let catalog = &door.products.catalog;
    let reading = catalog.reading(&call.caller).await?;
    let marks = Marks::read(&reading).await?;
    drop(reading);
    let id = RecordId::fresh();
    allow(door, call.caller.account(), input.source.service_type(), &input.connection)?;
    let (connection, secrets) = data_source::field(&input.connection);
    let pointers: BTreeSet<String> = input.connection.secrets.keys().cloned().collect();
    let mut draft = Draft { name: Some(input.name), secrets: Some(secrets), ..Draft::default() };
    draft.set("service_type", input.source.service_type());
    draft.set("connection", connection);
    if let Some(description) = input.description {
        draft.set("description", description);
    }
    let is_default = input.is_default || marks.default().is_none();
    if input.is_default {
        draft.aliases.push((DEFAULT_SPACE, marks.next(id, catalog.now().0)));
    }
    let command = commands::create(catalog.kind("database_service"), None, id, draft);
    let (location, warnings) = (call.location(&format!("/data-sources/{id}")), input.warnings);
    idempotency::commit(catalog, &call.caller, &command, stored, None, move |outcome| {
        let printed = data_source::print(&outcome.view.record, is_default, Some(&pointers));
        Reply::created(json!({"dataSource": printed}), location.clone())
            .etag(product::version(&outcome.view))
            .warn(warnings.iter().cloned())
    })
    .await
}

/// `PATCH data-sources/{id}`.
pub async fn update(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let patch = DataSourcePatch::parse(call.body()?, call.is_strict())?;
    let condition = guard::guard(call.if_match()?.as_ref());
    let catalog = &door.products.catalog;
    let reading = catalog.reading(&call.caller).await?;
    let view = find(&door, &call, &reading).await?;
    let is_prose = patch.name.is_none() && patch.config.is_none() && patch.is_default.is_none();
    let action = if is_prose { Action::EditDescription } else { Action::EditAll };
    rights::require(&reading, action, &view.record).await?;
    guard::check(&condition, &view.record)?;
    let present = |member: &str| if member == "name" { Some(view.record.name.as_str()) } else { view.text(member) };
    patch.bounds.hold(present)?;
    let mut draft = Draft { name: patch.name, ..Draft::default() };
    match patch.description {
        Patch::Keep => {}
        Patch::Clear => draft.set("description", Value::Null),
        Patch::Set(text) => draft.set("description", text),
    }
    if let Some(config) = &patch.config {
        let present = data_source::stored(&view.record, &reading.secret_paths(&view).await?);
        let source = data_source::source_type(&view.record);
        let wanted = connection::read(&source, config, Some(present))?;
        allow(&door, call.caller.account(), source.service_type(), &wanted)?;
        let (connection, secrets) = data_source::field(&wanted);
        draft.set("connection", connection);
        draft.secrets = Some(secrets);
    }
    let marks = Marks::read(&reading).await?;
    let is_default = marks.default() == Some(view.id());
    let mark = match patch.is_default {
        Some(true) if !is_default => Some(marks.next(view.id(), catalog.now().0)),
        Some(false) if is_default => Some(sources::unmark(view.id())),
        _ => None,
    };
    drop(reading);
    let rules = DoorRules { may_rename: true, ..DoorRules::default() };
    draft.aliases.extend(mark.map(|mark| (DEFAULT_SPACE, mark)));
    let command = Command::Change {
        target: refs::data_source(catalog, view.id().uuid()),
        // What is written was made from this revision.
        guard: Guard::Revisions(vec![view.record.revision.0]),
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules,
    };
    let outcome = catalog.execute(&call.caller, &command).await.map_err(|problem| match problem {
        Problem::Stale { .. } if condition == Guard::None => {
            Failure::conflict("the data source was changed at the same moment; read it and try again")
        }
        other => other.into(),
    })?;
    let reading = catalog.reading(&call.caller).await?;
    let data = printed(&reading, &outcome.view).await?;
    Ok(Reply::ok(data).etag(product::version(&outcome.view)).warn(patch.warnings))
}

/// `DELETE data-sources/{id}`: not while products take their tables from it.
pub async fn delete(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let guard = guard::guard(call.if_match()?.as_ref());
    let target = refs::data_source(&door.products.catalog, call.id("dataSourceId", "data source")?);
    let how = Deletion { recursive: true, refuse_if_used: &[relation::SERVED_BY], ..Deletion::SOFT };
    let outcome = door.products.catalog.execute(&call.caller, &Command::Delete { target, guard, how }).await?;
    Ok(Reply::deleted(outcome.view.id()))
}

async fn find(door: &Door, call: &Call, reading: &Reading<'_>) -> Result<View, Failure> {
    let target = refs::data_source(&door.products.catalog, call.id("dataSourceId", "data source")?);
    Ok(reading.get(&target, States::Alive, &Depth::bare()).await?)
}

async fn printed(reading: &Reading<'_>, view: &View) -> Result<Value, Failure> {
    let default = Marks::read(reading).await?.default();
    let pointers = reading.secret_paths(view).await?;
    Ok(json!({"dataSource": data_source::print(&view.record, default == Some(view.id()), Some(&pointers))}))
}

/// Errors: 422 for a host that is written as an address which this installation forbids.
fn allow(door: &Door, account: AccountId, service_type: &str, connection: &Connection) -> Result<(), Failure> {
    let target = data_source::target(account, service_type, connection, []);
    door.products.databases.allow(&target).map_err(|error| error.failure(service_type, Duration::ZERO))
}
