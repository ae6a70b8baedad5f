//! What the catalogue has below a service, deleted things included.

use std::collections::HashMap;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::observation::TABLE_PROFILE;
use emporion_catalog::ports::Snapshot;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::{Edge, Record};
use emporion_catalog::relation::DERIVED_FROM;
use emporion_catalog::rows::personal::SENSITIVE;

use serde_json::Value;

use crate::spelling;

/// The database of a crawl as the catalogue has it.
#[derive(Debug, Clone, Default)]
pub struct Present {
    pub database: Option<Record>,
    pub schemas: Vec<Record>,
    pub tables: Vec<Record>,
    /// What the tables were made from, by their ids.
    pub origins: HashMap<RecordId, Vec<Edge>>,
    /// How many rows the last profiles of the tables counted.
    pub rows: HashMap<RecordId, f64>,
    /// The tag that is proposed for columns that look personal, where the account has it and lets it be put on.
    pub sensitive: Option<RecordId>,
}

impl Present {
    /// Reads what the caller sees of the database that the source calls `name`.
    pub async fn read(catalog: &Catalog, caller: &Caller, service: &str, name: &str) -> Result<Present, Problem> {
        let snapshot = catalog.snapshot().await?;
        let depth = Depth { alone: true, ..Depth::bare() };
        let list = async |kind: &str, within: &str| {
            let query = ListQuery {
                within: Some(within.to_owned()),
                states: States::All,
                limit: u32::MAX,
                ..ListQuery::of(caller.account(), catalog.kind(kind))
            };
            let page = catalog.list_in(&*snapshot, caller, query, &depth).await?;
            Ok::<_, Problem>(page.views.into_iter().map(|view| view.record).collect::<Vec<Record>>())
        };
        let databases = list("database", service).await?;
        let found = spelling::pick(&databases, name).cloned();
        let sensitive = sensitive(&*snapshot, catalog, caller).await?;
        Ok(match found {
            None => Present { sensitive, ..Present::default() },
            Some(found) => {
                let database = found.fqn.clone();
                let tables = list("table", &database).await?;
                let origins = origins(&*snapshot, &tables).await?;
                let schemas = list("database_schema", &database).await?;
                let rows = counted(&*snapshot, caller, &tables).await?;
                Present { database: Some(found), schemas, tables, origins, rows, sensitive }
            }
        })
    }
}

async fn sensitive(snapshot: &dyn Snapshot, catalog: &Catalog, caller: &Caller) -> Result<Option<RecordId>, Problem> {
    let found = snapshot.by_fqn(caller.account(), catalog.kind("tag"), &[SENSITIVE]).await?;
    let Some(tag) = found.into_iter().flatten().find(|tag| tag.state.is_alive()) else { return Ok(None) };
    let above: Vec<RecordId> = tag.parent.into_iter().collect();
    let above = snapshot.by_id(caller.account(), &above).await?;
    let is_open = |record: &Record| record.body.get("disabled").and_then(Value::as_bool) != Some(true);
    Ok((is_open(&tag) && above.iter().flatten().all(is_open)).then_some(tag.id))
}

async fn origins(snapshot: &dyn Snapshot, tables: &[Record]) -> Result<HashMap<RecordId, Vec<Edge>>, Problem> {
    let ids: Vec<RecordId> = tables.iter().map(|table| table.id).collect();
    let mut origins: HashMap<RecordId, Vec<Edge>> = HashMap::new();
    for edge in snapshot.edges_from(&ids, Some(&[DERIVED_FROM])).await? {
        if edge.at.is_empty() {
            origins.entry(edge.from).or_default().push(edge);
        }
    }
    Ok(origins)
}

async fn counted(
    snapshot: &dyn Snapshot,
    caller: &Caller,
    tables: &[Record],
) -> Result<HashMap<RecordId, f64>, Problem> {
    let ids: Vec<RecordId> = tables.iter().map(|table| table.id).collect();
    let newest = snapshot.newest_observations(caller.account(), &ids, &[TABLE_PROFILE]).await?;
    Ok(newest.into_iter().filter_map(|one| Some((one.record, one.value.get("rowCount")?.as_f64()?))).collect())
}
