//! What the catalogue has below a service, deleted things included.

use std::collections::HashMap;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::observation::TABLE_PROFILE;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, Record};
use emporion_catalog::relation::{DERIVED_FROM, READS_FROM};
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
        let reading = catalog.reading(caller).await?;
        let list = async |kind: &str, within: &str| {
            let query = ListQuery {
                within: Some(within.to_owned()),
                states: States::All,
                ..ListQuery::of(caller.account(), catalog.kind(kind))
            };
            reading.all(query).await
        };
        let databases = list("database", service).await?;
        let found = spelling::pick(&databases, name).cloned();
        let sensitive = sensitive(&reading).await?;
        Ok(match found {
            None => Present { sensitive, ..Present::default() },
            Some(found) => {
                let database = found.fqn.clone();
                let tables = list("table", &database).await?;
                let origins = origins(&reading, &tables).await?;
                let schemas = list("database_schema", &database).await?;
                let rows = counted(&reading, &tables).await?;
                Present { database: Some(found), schemas, tables, origins, rows, sensitive }
            }
        })
    }
}

async fn sensitive(reading: &Reading<'_>) -> Result<Option<RecordId>, Problem> {
    let found = reading.by_fqn(reading.catalog().kind("tag"), &[SENSITIVE]).await?;
    let Some(tag) = found.into_iter().flatten().find(|tag| tag.state.is_alive()) else { return Ok(None) };
    let tag = reading.view(tag, &Depth::bare()).await?;
    let is_disabled = |flag: Option<Value>| flag.and_then(|flag| flag.as_bool()) == Some(true);
    let above = match tag.ancestors.first() {
        Some(above) => reading.field_above(&tag, above, "disabled").await?,
        None => None,
    };
    let is_closed = is_disabled(tag.field("disabled").cloned()) || is_disabled(above);
    Ok((!is_closed).then(|| tag.id()))
}

async fn origins(reading: &Reading<'_>, tables: &[Record]) -> Result<HashMap<RecordId, Vec<Edge>>, Problem> {
    let mut origins: HashMap<RecordId, Vec<Edge>> = HashMap::new();
    for edge in reading.edges_from(tables, Some(&[DERIVED_FROM, READS_FROM])).await? {
        if edge.at.is_empty() {
            origins.entry(edge.from).or_default().push(edge);
        }
    }
    Ok(origins)
}

async fn counted(reading: &Reading<'_>, tables: &[Record]) -> Result<HashMap<RecordId, f64>, Problem> {
    let newest = reading.newest_observations(tables, &[TABLE_PROFILE]).await?;
    Ok(newest.into_iter().filter_map(|one| Some((one.record, one.value.get("rowCount")?.as_f64()?))).collect())
}
