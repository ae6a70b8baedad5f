//! Data assets on the wire.

use std::collections::HashMap;

use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::ports::Snapshot;
use emporion_catalog::record::Record;
use emporion_catalog::spelling::decode;
use emporion_edge::timestamp;
use serde_json::Value;

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
    let description = if shows_live { live.and_then(description) } else { item.description() };
    let is_view = text("table_type").is_some_and(|kind| kind.contains("View"));
    object([
        ("id", item.id.to_string().into()),
        ("dataProductId", product.to_string().into()),
        ("externalId", fields.external_id.as_deref().into()),
        ("databaseName", fields.database_name.as_deref().into()),
        ("schemaName", fields.schema_name.as_deref().into()),
        ("tableName", fields.table_name.as_str().into()),
        ("assetType", if is_view { "view" } else { "table" }.into()),
        ("format", text("file_format").into()),
        ("location", text("location_path").into()),
        ("description", description.into()),
        ("rowCount", table.and_then(row_count).into()),
        ("columns", table.map(columns).into()),
        ("isDeployed", is_deployed.into()),
        ("pendingDelete", item.is_pending_delete().into()),
        ("createdAt", timestamp::print(created_ms).into()),
        ("updatedAt", timestamp::print(updated_ms).into()),
    ])
}

/// An object whose room is taken at once: a product shows thousands of columns.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
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
            object([
                ("name", decode(text("name").unwrap_or_default()).into()),
                ("type", text("data_type_display").or(text("data_type")).unwrap_or_default().into()),
                ("nullable", (!is_required).into()),
                ("description", text("description").into()),
            ])
        })
        .collect()
}
