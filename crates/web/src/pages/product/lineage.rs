//! Where what a product holds comes from, and what is made of it.

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::SeenCard;
use emporion_catalog::relation;

use crate::lineage::Lineage;
use crate::record::Here;
use crate::visit::Shown;

pub async fn tab(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let assets: Vec<RecordId> = view.targets(relation::HAS_ASSET).map(|(edge, _)| edge.to).collect();
    let mut starts = vec![SeenCard::from(&view.record)];
    starts.extend(reading.cards(&assets).await?);
    here.shown(Lineage::around(visit, reading, &starts, Some(view.id())).await?).await
}
