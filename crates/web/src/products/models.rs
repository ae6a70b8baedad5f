//! The semantic models of a product, as the visitor sees them.

use emporion_catalog::id::RecordId;
use emporion_products::content_state::ContentState;
use emporion_products::page::{ListPage, PageRequest};
use emporion_products::parts::item::{self, SeenItem};
use emporion_products::parts::read::{self, PartList};
use emporion_products::parts::semantic_models::part::SemanticModels;
use emporion_products::parts::semantic_models::read::{self as documents, SemanticModel};
use emporion_products::parts::semantic_models::spec::SPEC;

use crate::fault::Fault;
use crate::products::model::Model;
use crate::request::internal_client::Refusal;
use crate::request::visit::Visit;

/// Models of a product that are looked at.
const MOST: usize = 20;

/// So many models of a product: the first ones, or those that begin at the cursor.
pub async fn list(
    visit: &Visit,
    product: RecordId,
    state: ContentState,
    page: &PageRequest,
) -> Result<ListPage<SeenItem>, Refusal> {
    let request = visit.about(product);
    let listing = read::list(&SemanticModels, &visit.door.calls.products, &request, (state, None), page);
    visit.serve("semanticModels_list", listing).await.map(|PartList { page, .. }| page)
}

/// A model with its document.
pub async fn find(visit: &Visit, product: RecordId, id: &str) -> Result<SemanticModel, Refusal> {
    let request = visit.about(product);
    let finding = async { documents::find(&visit.door.calls.products, &request, item::id_of(&SPEC, id)?).await };
    Ok(SemanticModel::of(&visit.serve("semanticModels_get", finding).await?))
}

/// The models of a product that the visitor sees, live or drafted, each by its id.
pub async fn all(visit: &Visit, product: RecordId) -> Result<Vec<(String, Model)>, Fault> {
    let mut models = Vec::new();
    let listed = match list(visit, product, ContentState::Drafted, &PageRequest::at(MOST, "")).await {
        Ok(listed) => listed.items,
        Err(refusal) if matches!(refusal.status, 403 | 404) => Vec::new(),
        Err(refusal) => return Err(refusal.into()),
    };
    for one in listed {
        let id = one.item.id.to_string();
        // It may have gone since it was listed.
        if let Ok(model) = find(visit, product, &id).await {
            models.push((id, Model::of(visit.t, &model)));
        }
    }
    Ok(models)
}
