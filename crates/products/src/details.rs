//! Details of products: what is shown of them besides their records.

use std::collections::HashMap;

use emporion_catalog::alias::EXTERNAL_PRODUCT;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;

use crate::failure::Failure;
use crate::parts::compositions::graph::{is_composite, source_of};
use crate::parts::compositions::spec::SPEC;
use crate::parts::item;

/// What is shown of one product.
#[derive(Debug, Clone, Default)]
pub struct Details {
    pub external_id: String,
    pub data_source: Option<RecordId>,
    pub has_drafts: bool,
    /// The products that it is composed of, where it is composite.
    pub composite_of: Vec<RecordId>,
}

/// Those of many products, read at once. Shape: the views bear the edges to their data sources.
pub async fn of_products(reading: &Reading<'_>, views: &[View]) -> Result<HashMap<RecordId, Details>, Failure> {
    let ids: Vec<RecordId> = views.iter().map(View::id).collect();
    let mut external: HashMap<RecordId, String> =
        reading.aliases(EXTERNAL_PRODUCT.name, &ids).await?.into_iter().collect();
    let services = reading.sources_of(views).await?;
    let drafted = reading.with_parts(views, reading.catalog().kind("draft")).await?;
    let mut composed = composed(reading, views).await?;
    let details = ids.into_iter().map(|id| {
        let details = Details {
            external_id: external.remove(&id).unwrap_or_default(),
            data_source: services.get(&id).copied(),
            has_drafts: drafted.contains(&id),
            composite_of: composed.remove(&id).unwrap_or_default(),
        };
        (id, details)
    });
    Ok(details.collect())
}

/// Those of one.
pub async fn of_product(reading: &Reading<'_>, view: &View) -> Result<Details, Failure> {
    let mut details = of_products(reading, std::slice::from_ref(view)).await?;
    Ok(details.remove(&view.id()).unwrap_or_default())
}

/// What the composite ones among the products are composed of.
async fn composed(reading: &Reading<'_>, views: &[View]) -> Result<HashMap<RecordId, Vec<RecordId>>, Failure> {
    let mut composed = HashMap::new();
    for view in views.iter().filter(|view| is_composite(view)) {
        let items = item::of_product(&SPEC, reading, view).await?;
        let staying = items.iter().filter(|item| !item.is_pending_delete());
        composed.insert(view.id(), staying.filter_map(|item| source_of(item.fields())).collect());
    }
    Ok(composed)
}
