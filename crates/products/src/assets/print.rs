//! Data assets as JSON, for doors and assistants.

use emporion_catalog::id::RecordId;
use emporion_catalog::record::Record;
use emporion_catalog::spelling::decode;
use emporion_edge::timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use uuid::Uuid;

use super::asset_tables::AssetTables;
use super::product_assets::{Item, Live};
use crate::content_state::ContentState;

/// What is said of the rows of an asset: lent to the product, or not.
pub const GRANTED: &str = "granted";
pub const CLOSED: &str = "closed";
/// What the member with the id of the product is called.
pub const OWNER: &str = "dataProductId";

/// The assets of one product as somebody looks at them.
#[derive(Clone, Copy)]
pub struct Showing<'a> {
    pub product: RecordId,
    pub state: ContentState,
    /// Those behind live items that the reader may see.
    pub tables: &'a AssetTables,
    /// When the product was made, for assets whose id does not say when they came.
    pub since_ms: i64,
    /// The name of the member with the id of the product.
    pub owner: &'static str,
}

/// One asset, which writes itself: there may be thousands in an answer, with thousands of columns.
pub struct Shown<'a> {
    pub item: &'a Item,
    pub showing: Showing<'a>,
}

/// One asset.
pub fn print(item: &Item, showing: Showing<'_>) -> Value {
    serde_json::to_value(Shown { item, showing }).expect("its keys are texts")
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Shown { item, showing: Showing { product, state, tables, since_ms, owner: owner_key } } = *self;
        let live = item.live.as_ref();
        let shows_live = state == ContentState::Live;
        let fields = match live {
            Some(live) if shows_live => &live.fields,
            _ => &item.fields,
        };
        let is_deployed = shows_live || item.is_deployed();
        // A draft that points elsewhere shows nothing of the table that the asset stands for until then.
        let table = live
            .filter(|live| live.fields.full_name() == fields.full_name())
            .and_then(|live| tables.seen.get(&live.table));
        let created_ms = item.created_ms().unwrap_or(since_ms);
        let updated_ms = match (&item.pending, table) {
            (Some(pending), _) if !shows_live => pending.updated_ms.max(created_ms),
            (_, Some(table)) => table.updated.at.0.max(created_ms),
            _ => created_ms,
        };
        let text = |name: &str| table.and_then(|table| table.body.get(name)?.as_str());
        let description = if shows_live { live.and_then(description) } else { item.description() };
        let is_view = text("table_type").is_some_and(|kind| kind.contains("View"));
        let (mut id, mut owner) = (Uuid::encode_buffer(), Uuid::encode_buffer());
        let created = timestamp::print(created_ms);
        let mut members = serializer.serialize_map(Some(16))?;
        members.serialize_entry("id", &*item.id.as_hyphenated().encode_lower(&mut id))?;
        members.serialize_entry(owner_key, &*product.uuid().as_hyphenated().encode_lower(&mut owner))?;
        members.serialize_entry("externalId", &fields.external_id)?;
        members.serialize_entry("databaseName", &fields.database_name)?;
        members.serialize_entry("schemaName", &fields.schema_name)?;
        members.serialize_entry("tableName", &fields.table_name)?;
        members.serialize_entry("assetType", if is_view { "view" } else { "table" })?;
        members.serialize_entry("format", &text("file_format"))?;
        members.serialize_entry("location", &text("location_path"))?;
        members.serialize_entry("description", &description)?;
        let is_shown = |live: &&Live| live.fields.full_name() == fields.full_name();
        let rows = if live.filter(is_shown).is_some_and(|live| live.is_lent) { GRANTED } else { CLOSED };
        members.serialize_entry("rows", rows)?;
        let counted = table.filter(|table| !tables.uncounted.contains(&table.id));
        members.serialize_entry("rowCount", &counted.and_then(|table| tables.rows.of_table(&table.id)))?;
        members.serialize_entry("columns", &table.map(Columns))?;
        members.serialize_entry("isDeployed", &is_deployed)?;
        members.serialize_entry("pendingDelete", &item.is_pending_delete())?;
        members.serialize_entry("createdAt", &created)?;
        match updated_ms == created_ms {
            true => members.serialize_entry("updatedAt", &created)?,
            false => members.serialize_entry("updatedAt", &timestamp::print(updated_ms))?,
        }
        members.end()
    }
}

fn description(live: &Live) -> Option<&str> {
    live.fields.description.as_deref().or(live.table_description.as_deref())
}

/// The columns of a table.
pub struct Columns<'a>(pub &'a Record);

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.0.body.get("columns").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        serializer.collect_seq(columns.iter().map(Column))
    }
}

struct Column<'a>(&'a Value);

impl Serialize for Column<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |name: &str| self.0.get(name).and_then(Value::as_str);
        let is_required = matches!(text("constraint"), Some("NOT_NULL" | "PRIMARY_KEY"));
        let mut members = serializer.serialize_map(Some(4))?;
        members.serialize_entry("name", &*decode(text("name").unwrap_or_default()))?;
        members.serialize_entry("type", text("data_type_display").or(text("data_type")).unwrap_or_default())?;
        members.serialize_entry("nullable", &!is_required)?;
        members.serialize_entry("description", &text("description"))?;
        members.end()
    }
}
