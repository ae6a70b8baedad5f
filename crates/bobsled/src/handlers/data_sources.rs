//! Data sources of the account: database services of the catalogue.

use std::sync::Arc;

use emporion_catalog::command::Guard;
use emporion_catalog::record::View;
use emporion_products::data_sources::data_source;
use emporion_products::data_sources::manage::{self, ShownSource};
use emporion_products::failure::Failure;
use emporion_products::page::PageRequest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::data_source_input::{DataSourceCreate, DataSourcePatch};
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::{Key, MakesRecord};
use crate::products::product;

const MAKES: MakesRecord =
    MakesRecord { shown: "dataSource", id: "id", version: Some("version"), folder: "data-sources" };

/// `GET data-sources`, oldest first.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let (found, default) = manage::list(&door.products, &call.caller, &page).await?;
    let print = |view: &View| data_source::print(&view.record, default == Some(view.id()), None);
    let printed: Vec<Value> = found.items.iter().map(print).collect();
    let data = json!({"dataSources": printed, "count": found.items.len()});
    Ok(Reply::list(&page, data, found.total, found.pagination))
}

/// `GET data-sources/{id}`, with its connection but for secrets.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    Ok(printed(&manage::get(&door.products, &call.caller, id(&call)?).await?))
}

/// `POST data-sources`.
pub async fn create(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of_record(&call, &body, MAKES, &door.products)?;
    let DataSourceCreate { draft, warnings } = DataSourceCreate::parse(body, call.is_strict())?;
    let below = call.location("/data-sources");
    let print = move |made: &ShownSource| {
        Reply::created(data(made), format!("{below}/{}", made.service.id()))
            .etag(product::version(&made.service))
            .warn(warnings.iter().cloned())
    };
    key.answer(&call, print, |stored| manage::create(&door.products, &call.caller, &draft, stored)).await
}

/// `PATCH data-sources/{id}`.
pub async fn update(door: Arc<Door>, call: Call, guard: Guard) -> Result<Reply, Failure> {
    let DataSourcePatch { change, warnings } = DataSourcePatch::parse(call.body()?, call.is_strict())?;
    let changed = manage::change(&door.products, &call.caller, id(&call)?, change, &guard).await?;
    Ok(printed(&changed).warn(warnings))
}

/// `DELETE data-sources/{id}`: not while products take their tables from it.
pub async fn delete(door: Arc<Door>, call: Call, guard: Guard) -> Result<Reply, Failure> {
    Ok(Reply::deleted(manage::delete(&door.products, &call.caller, id(&call)?, guard).await?))
}

/// The data source that the path names.
pub fn id(call: &Call) -> Result<Uuid, Failure> {
    call.id("dataSourceId", "data source")
}

fn printed(shown: &ShownSource) -> Reply {
    Reply::ok(data(shown)).etag(product::version(&shown.service))
}

fn data(ShownSource { service, is_default, secrets }: &ShownSource) -> Value {
    json!({"dataSource": data_source::print(&service.record, *is_default, Some(secrets))})
}
