//! Data assets on the wire.

use std::collections::HashMap;

use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::ports::Snapshot;
use emporion_catalog::record::Record;
use emporion_edge::timestamp;
use serde_json::{Value, json};

use super::holdings::{Item, Live};
use crate::error::Failure;

/// Which state of the assets a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// The live ones overlaid with drafts.
    Drafted,
    Live,
    /// Only what is not live as it stands.
    Undeployed,
}

impl Aspect {
    /// `isDeployed` of the query.
    pub fn of(is_deployed: Option<bool>) -> Aspect {
        match is_deployed {
            None => Aspect::Drafted,
            Some(true) => Aspect::Live,
            Some(false) => Aspect::Undeployed,
        }
    }

    pub fn shows(self, item: &Item) -> bool {
        match self {
            Aspect::Drafted => true,
            Aspect::Live => item.live.is_some(),
            Aspect::Undeployed => !item.is_deployed(),
        }
    }
}

/// The tables behind live items, as far as the caller may see them.
pub async fn tables(
    catalog: &Catalog,
    snapshot: &dyn Snapshot,
    caller: &Caller,
    items: &[&Item],
) -> Result<HashMap<RecordId, Record>, Failure> {
    let ids: Vec<RecordId> = items.iter().filter_map(|item| Some(item.live.as_ref()?.table)).collect();
    let mut seen = HashMap::with_capacity(ids.len());
    if ids.is_empty() {
        return Ok(seen);
    }
    for record in snapshot.by_id(caller.account(), &ids).await?.into_iter().flatten() {
        if catalog.access().sees_in(snapshot, &caller.principal, &record).await? {
            seen.insert(record.id, record);
        }
    }
    Ok(seen)
}

/// One asset. `since_ms` is when its product was made, for assets whose id does not say when they came.
pub fn print(
    item: &Item,
    product: RecordId,
    aspect: Aspect,
    tables: &HashMap<RecordId, Record>,
    since_ms: i64,
) -> Value {
    let live = item.live.as_ref();
    let shows_live = aspect == Aspect::Live;
    let fields = match live {
        Some(live) if shows_live => &live.fields,
        _ => &item.fields,
    };
    let is_deployed = shows_live || item.is_deployed();
    // A draft that points elsewhere shows nothing of the table that the asset stands for until then.
    let table = live.filter(|live| live.fields.place() == fields.place()).and_then(|live| tables.get(&live.table));
    let created_ms = item.created_ms().unwrap_or(since_ms);
    let updated_ms = match (&item.pending, table) {
        (Some(pending), _) if !shows_live => pending.updated_ms.max(created_ms),
        (_, Some(table)) => table.updated.at.0.max(created_ms),
        _ => created_ms,
    };
    let text = |name: &str| table.and_then(|table| table.body.get(name)?.as_str());
    json!({
        "id": item.id.to_string(),
        "dataProductId": product.to_string(),
        "externalId": fields.external_id,
        "databaseName": fields.database_name,
        "schemaName": fields.schema_name,
        "tableName": fields.table_name,
        "assetType": if text("table_type").is_some_and(|kind| kind.contains("View")) { "view" } else { "table" },
        "format": text("file_format"),
        "location": text("location_path"),
        "description": if shows_live { live.and_then(description) } else { item.description() },
        "rowCount": table.and_then(row_count),
        "columns": table.map(columns),
        "isDeployed": is_deployed,
        "pendingDelete": item.is_pending_delete(),
        "createdAt": timestamp::print(created_ms),
        "updatedAt": timestamp::print(updated_ms),
    })
}

fn description(live: &Live) -> Option<&str> {
    live.fields.description.as_deref().or(live.table_description.as_deref())
}

/// What the last profile of the table counted.
pub fn row_count(table: &Record) -> Option<i64> {
    let count = table.body.get("profile")?.get("rowCount")?;
    // Profilers of other doors write counts as fractions of nothing: 42.0.
    count.as_i64().or_else(|| count.as_f64().map(|count| count as i64)).filter(|count| *count >= 0)
}

fn columns(table: &Record) -> Value {
    let columns = table.body.get("columns").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    columns
        .iter()
        .map(|column| {
            let text = |name: &str| column.get(name).and_then(Value::as_str);
            let is_required = matches!(text("constraint"), Some("NOT_NULL" | "PRIMARY_KEY"));
            json!({
                "name": text("name").unwrap_or_default(),
                "type": text("data_type_display").or(text("data_type")).unwrap_or_default(),
                "nullable": !is_required,
                "description": text("description"),
            })
        })
        .collect()
}
