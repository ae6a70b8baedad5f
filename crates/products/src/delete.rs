//! Deleting a product: softly, with its drafts, and its name is free at once.

use emporion_catalog::Problem;
use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Deletion, Guard, Outcome};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::plan::write::check_guard;
use emporion_catalog::reading::SeenId;
use emporion_catalog::relation::{COMPOSED_OF, Relation};

use crate::decision::{self, Decision};
use crate::failure::Failure;
use crate::parts::compositions::graph;
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::{refs, rights, subject};

/// Deletes the product; not while others are composed of it, unless that is forced.
///
/// Errors: 403, 404; 409 that names those which are composed of it, or would be by the next deploy; 412 where the guard
/// does not hold.
pub async fn delete(
    products: &Products,
    request: &ProductRequest,
    guard: Guard,
    is_forced: bool,
) -> Result<RecordId, Failure> {
    const USES: &[Relation] = &[COMPOSED_OF];
    let refuse_if_used = if is_forced { &[] } else { USES };
    let command = Command::Delete {
        target: refs::product(&products.catalog, &request.product),
        guard: guard.clone(),
        how: Deletion { recursive: true, refuse_if_used, ..Deletion::SOFT },
    };
    let deleted = match is_forced {
        true => products.catalog.execute(&request.caller, &command).await?,
        // No composition comes between the look for drafts and the deletion.
        false => decision::until_it_stands(|made| delete_unused(products, request, &guard, &command, made)).await?,
    };
    Ok(deleted.view.id())
}

async fn delete_unused(
    products: &Products,
    request: &ProductRequest,
    guard: &Guard,
    command: &Command,
    decision: Decision,
) -> Result<Outcome, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &Depth::bare()).await?;
    rights::require(&reading, Action::Delete, &view.record).await?;
    check_guard(guard, &view.record)?;
    let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
    if !graph::drafting(&cx).await?.is_empty() {
        return Err(in_use(&cx).await?);
    }
    drop(reading);
    match decision.execute(products, &request.caller, command).await {
        Err(Problem::InUse { kind: "data_product", .. }) => {
            let reading = products.catalog.reading(&request.caller).await?;
            let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
            Err(in_use(&cx).await?)
        }
        done => Ok(done?),
    }
}

/// The refusal, with the products that compose this one.
async fn in_use(cx: &ReadContext<'_>) -> Result<Failure, Failure> {
    Ok(Failure::in_use(graph::users(cx).await?))
}
