//! `GET queryable-tables`: the tables that the caller's statements on a product may read, as statements call them.

use std::sync::Arc;

use emporion_catalog::name;
use emporion_catalog::reading::SeenId;
use emporion_products::asking;
use emporion_products::content_state::ContentState;
use emporion_products::failure::Failure;
use emporion_products::reach::{self, Reach, Rows};
use emporion_products::read_context::ReadContext;
use serde_json::json;

use crate::assets::asset::Columns;
use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::subject;

pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (catalog, caller) = (&door.products.catalog, &call.caller);
    let reading = catalog.reading(caller).await?;
    let view = subject::find(&door, &call, &reading, &reach::depth()).await?;
    let permit = reading.rows().may_query(&view).await?;
    permit.ok_or_else(|| Failure::forbidden("queries on the {product} are not allowed to you"))?;
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    let reached = reach::of_product(&cx, &view, ContentState::Live, Rows::Own).await?;
    let wanted = call.text("name").map(name::fold);
    let mut tables = Vec::new();
    for group in &reached.groups {
        let Some(service) = &group.service else { continue };
        let speech = asking::speech(&door.products, Some(service));
        let near = group.tables.iter().filter(|reach| asking::is_near(&reach.relation, &speech));
        let named =
            near.filter(|reach| wanted.as_ref().is_none_or(|wanted| name::fold(&reach.relation.name) == *wanted));
        let dialect = speech.dialect;
        tables.extend(named.map(|reach| {
            json!({
                "databaseName": reach.relation.database,
                "schemaName": reach.relation.schema,
                "tableName": reach.relation.name,
                "sqlName": sql_name(reach, |part| dialect.written(part)),
                "dialect": dialect.name(),
                "dataSourceId": service.id.to_string(),
                // Kept with a line for a comment that it may end in.
                "rowFilter": reach.filter.as_ref().map(|filter| filter.replace("\n)", ")")),
                "columns": reach.relation.record.as_deref().map(Columns),
            })
        }));
    }
    let count = tables.len();
    Ok(Reply::ok(json!({"tables": tables, "count": count, "closedCount": reached.closed.len()})))
}

/// `None` where no statement can name the table.
fn sql_name(reach: &Reach, written: impl Fn(&str) -> Option<String>) -> Option<String> {
    let parts = reach.relation.schema.as_deref().into_iter().chain([reach.relation.name.as_str()]);
    let written: Option<Vec<String>> = parts.map(written).collect();
    Some(written?.join("."))
}
