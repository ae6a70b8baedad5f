//! The asset that an entry means although it spells its names otherwise.

use emporion_catalog::id::RecordId;
use emporion_catalog::name;

use super::input;
use super::product_assets::{Item, ProductAssets};
use super::tables::Tables;
use crate::assets::input::{AssetEdit, AssetInput};
use crate::failure::Failure;
use crate::warning::Warning;

/// The edit with entries renamed as the assets that they mean: the one that stands for the same table, where the
/// catalogue can tell, else the one whose names differ in case only. An entry that means the table of an earlier one
/// of the edit is left out with a warning.
///
/// Cost: nothing while all entries are spelled as their assets; else one look-up of those that are not, and of drafts.
pub async fn unified(
    edit: AssetEdit,
    product_assets: &ProductAssets,
    tables: &mut Tables<'_>,
) -> Result<(AssetEdit, Vec<Warning>), Failure> {
    Ok(match edit {
        AssetEdit::Change { add, update, remove } => {
            let (add, warnings) = renamed(add, "/add", product_assets, tables).await?;
            (AssetEdit::Change { add, update, remove }, warnings)
        }
        AssetEdit::Replace(entries) => {
            let (entries, warnings) = renamed(entries, "/dataAssets", product_assets, tables).await?;
            (AssetEdit::Replace(entries), warnings)
        }
    })
}

async fn renamed(
    entries: Vec<AssetInput>,
    at: &str,
    product_assets: &ProductAssets,
    tables: &mut Tables<'_>,
) -> Result<(Vec<AssetInput>, Vec<Warning>), Failure> {
    let is_open =
        |entry: &AssetInput| entry.id.is_none() && !product_assets.items.iter().any(|item| item.is_meant_by(entry));
    let open: Vec<&AssetInput> = entries.iter().filter(|entry| is_open(entry)).collect();
    if open.is_empty() {
        return Ok((entries, Vec::new()));
    }
    let drafted: Vec<&Item> = product_assets.items.iter().filter(|item| live_table(item).is_none()).collect();
    let named: Vec<&AssetInput> = open.into_iter().chain(drafted.iter().map(|item| &item.fields)).collect();
    let mut found: Vec<Option<RecordId>> =
        tables.find(&named).await?.into_iter().map(|table| table.ok().map(|table| table.id)).collect();
    let of_drafts = found.split_off(found.len() - drafted.len());
    let live = product_assets.items.iter().filter_map(|item| Some((item, Some(live_table(item)?))));
    let present: Vec<(&Item, Option<RecordId>)> = live.chain(drafted.into_iter().zip(of_drafts)).collect();
    let (mut kept, mut warnings): (Vec<AssetInput>, _) = (Vec::with_capacity(entries.len()), Vec::new());
    let mut fresh: Vec<RecordId> = Vec::new();
    let mut found = found.into_iter();
    for (index, mut entry) in entries.into_iter().enumerate() {
        if is_open(&entry) {
            let table = found.next().flatten();
            let same = present.iter().find(|(item, other)| match (table, other) {
                (Some(table), Some(other)) => table == *other,
                _ => is_alike(&entry, &item.fields),
            });
            if let Some((item, _)) = same {
                entry.database_name.clone_from(&item.fields.database_name);
                entry.schema_name.clone_from(&item.fields.schema_name);
                entry.table_name.clone_from(&item.fields.table_name);
            } else if let Some(table) = table {
                if fresh.contains(&table) {
                    warnings.push(input::already_there(&entry, format!("{at}/{index}")));
                    continue;
                }
                fresh.push(table);
            }
        }
        kept.push(entry);
    }
    Ok((kept, warnings))
}

/// The table that an asset stands for, unless a draft points it elsewhere.
fn live_table(item: &Item) -> Option<RecordId> {
    item.live.as_ref().filter(|live| live.fields.full_name() == item.fields.full_name()).map(|live| live.table)
}

fn is_alike(entry: &AssetInput, own: &AssetInput) -> bool {
    let fold = |name: Option<&str>| name.map(name::fold);
    let (database, schema, table) = entry.full_name();
    let (own_database, own_schema, own_table) = own.full_name();
    fold(database) == fold(own_database)
        && fold(schema) == fold(own_schema)
        && name::fold(table) == name::fold(own_table)
}
