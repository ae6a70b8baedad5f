//! The tables that a product offers: where they stand, and what the catalogue knows of them.

use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::reading::Through;
use emporion_catalog::record::View;
use emporion_catalog::relation::HAS_ASSET;
use emporion_catalog::rows::grants;
use emporion_catalog::spelling::decode;
use serde_json::Value;
use uuid::Uuid;

use super::contents;
use super::tables::Tables;
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::read_context::ReadContext;

/// One table of a product, under the names by which its source knows it.
#[derive(Debug, Clone)]
pub struct Relation {
    pub asset: Uuid,
    /// `None`: only a draft names it, and the catalogue has no such table.
    pub record: Option<Through>,
    /// Its rows are lent to the product. What only a draft names lends nothing.
    pub is_lent: bool,
    /// The name of the service above it.
    pub service: Option<String>,
    pub database: Option<String>,
    pub schema: Option<String>,
    pub name: String,
}

impl Relation {
    /// `None` for a record that is no table of a database.
    fn of(asset: Uuid, record: Through, is_lent: bool) -> Option<Relation> {
        let [service, database, schema, name] = name::split(&record.fqn)?.try_into().ok()?;
        let real = |name: String| decode(&name).into_owned();
        let (database, schema) = (Some(real(database)), Some(real(schema)));
        let (record, service) = (Some(record), Some(service));
        Some(Relation { asset, record, is_lent, service, database, schema, name: real(name) })
    }

    /// Its columns as the catalogue has them; none where it knows nothing of the table.
    pub fn columns(&self) -> impl Iterator<Item = &Value> {
        let columns = self.record.as_ref().and_then(|record| record.body.get("columns")?.as_array());
        columns.into_iter().flatten()
    }

    pub fn column_names(&self) -> Vec<String> {
        let names = self.columns().filter_map(|column| column.get("name")?.as_str());
        names.map(|name| decode(name).into_owned()).collect()
    }

    /// The name as people read it.
    pub fn called(&self) -> String {
        let parts = self.schema.as_deref().into_iter().chain([self.name.as_str()]);
        parts.collect::<Vec<_>>().join(".")
    }

    /// Whether `table`, `schema.table` or `database.schema.table` means it.
    fn is_called(&self, parts: &[String], same: fn(&str, &str) -> bool) -> bool {
        let own = [Some(self.name.as_str()), self.schema.as_deref(), self.database.as_deref()];
        parts.len() <= own.len()
            && parts.iter().rev().zip(own).all(|(wanted, own)| own.is_none_or(|own| same(wanted, own)))
    }
}

/// The table that a name of one to three parts means: letter for letter, else but for case.
pub fn find<'a>(relations: &'a [Relation], name: &str) -> Option<&'a Relation> {
    let parts: Vec<String> = name::split(name)?.iter().map(|part| decode(part).into_owned()).collect();
    let exact = relations.iter().find(|relation| relation.is_called(&parts, |a, b| a == b));
    exact
        .or_else(|| relations.iter().find(|relation| relation.is_called(&parts, |a, b| name::fold(a) == name::fold(b))))
}

/// The tables of the product that somebody looks at: the deployed ones, or what a deploy would leave.
pub async fn of_product(cx: &ReadContext<'_>, state: ContentState) -> Result<Vec<Relation>, Failure> {
    let view = contents::load(cx.reading, cx.product_id()).await?;
    of_view(cx, &view, state).await
}

/// The same where the product was read already, with its `has_asset` and `served_by` edges. Those of its own data source
/// come first: of two tables of one name, the name alone means that one.
pub async fn of_view(cx: &ReadContext<'_>, view: &View, state: ContentState) -> Result<Vec<Relation>, Failure> {
    let mut relations = in_state(cx, view, state).await?;
    let first = relations.first().and_then(|relation| relation.service.as_ref());
    if relations.iter().any(|relation| relation.service.as_ref() != first)
        && let Some(own) = cx.reading.source_of(view).await?
    {
        relations.sort_by_key(|relation| relation.service.as_ref().is_some_and(|service| *service != own.name));
    }
    Ok(relations)
}

async fn in_state(cx: &ReadContext<'_>, view: &View, state: ContentState) -> Result<Vec<Relation>, Failure> {
    let tables = |view: &View| -> Vec<(Uuid, RecordId, bool)> {
        let tables = view.targets(HAS_ASSET).filter(|(_, card)| card.kind.is("table"));
        tables.map(|(edge, card)| (edge.id.uuid(), card.id, grants::is_granted(edge))).collect()
    };
    if state == ContentState::Live {
        return read(cx, view, tables(view)).await;
    }
    let product_assets = contents::product_assets(cx.reading, view).await?;
    let (mut present, mut drafted) = (Vec::new(), Vec::new());
    for item in product_assets.items.iter().filter(|item| !item.is_pending_delete()) {
        match &item.live {
            Some(live) if live.fields.full_name() == item.fields.full_name() => {
                present.push((item.id, live.table, live.is_lent))
            }
            _ => drafted.push(item),
        }
    }
    let mut relations = read(cx, view, present).await?;
    if !drafted.is_empty() {
        let service = cx.reading.source_of(view).await?;
        let mut tables = Tables::below(service, cx.reading);
        let found = tables.find(&drafted.iter().map(|item| &item.fields).collect::<Vec<_>>()).await?;
        for (item, table) in drafted.into_iter().zip(found) {
            let found = table.ok().and_then(|record| Relation::of(item.id, record.into(), false));
            relations.push(found.unwrap_or_else(|| Relation {
                asset: item.id,
                record: None,
                is_lent: false,
                service: None,
                database: item.fields.database_name.clone(),
                schema: item.fields.schema_name.clone(),
                name: item.fields.table_name.clone(),
            }));
        }
    }
    Ok(relations)
}

async fn read(
    cx: &ReadContext<'_>,
    view: &View,
    tables: Vec<(Uuid, RecordId, bool)>,
) -> Result<Vec<Relation>, Failure> {
    let ids: Vec<RecordId> = tables.iter().map(|(_, table, _)| *table).collect();
    let alive = cx.reading.assets_of(view, &ids).await?;
    let relation = |((asset, _, is_lent), record): (_, Option<Through>)| Relation::of(asset, record?, is_lent);
    Ok(tables.into_iter().zip(alive).filter_map(relation).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(database: Option<&str>, schema: Option<&str>, name: &str) -> Relation {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let (database, schema) = (text(database), text(schema));
        let (asset, name) = (Uuid::now_v7(), name.to_owned());
        Relation { asset, record: None, is_lent: true, service: None, database, schema, name }
    }

    #[test]
    fn a_table_is_found_under_every_form_of_its_name() {
        let relations = [relation(Some("shop"), Some("sales"), "Orders"), relation(None, None, "a.b")];
        for name in ["Orders", "orders", "SALES.orders", "shop.sales.Orders"] {
            assert_eq!(find(&relations, name).map(|found| found.name.as_str()), Some("Orders"), "{name}");
        }
        for name in ["other.orders", "orders.sales", "x.shop.sales.orders", "", "a."] {
            assert!(find(&relations, name).is_none(), "{name}");
        }
        // What a draft leaves out may be anything.
        assert!(find(&relations, "any.\"a.b\"").is_some());
    }
}
