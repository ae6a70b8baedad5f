//! The product that a request is about.

use emporion_catalog::action::Action;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::reading::{Reading, SeenId};
use emporion_catalog::record::View;
use emporion_catalog::rows::lenders::Extent;

use super::{refs, rights};
use crate::assets::contents;
use crate::call::Call;
use crate::door::Door;
use crate::error::Failure;
use crate::page::Listing;

/// The product that the path names, if the caller may see it.
pub async fn find(door: &Door, call: &Call, reading: &Reading<'_>, depth: &Depth) -> Result<View, Failure> {
    let target = refs::product(&door.catalog, &call.product()?);
    Ok(reading.get(&target, States::Alive, depth).await?)
}

/// The same for those, too, whose tables it has: they see these, and nothing else of a product that is hidden from them.
pub async fn find_for_lender(door: &Door, call: &Call, reading: &Reading<'_>) -> Result<(View, Extent), Failure> {
    let target = refs::product(&door.catalog, &call.product()?);
    Ok(reading.get_for_lender(&target, &contents::depth()).await?)
}

/// The product that the path names, if the caller may change its parts.
pub async fn editable(door: &Door, call: &Call) -> Result<SeenId, Failure> {
    let reading = door.catalog.reading(&call.caller).await?;
    let view = find(door, call, &reading, &Depth::bare()).await?;
    rights::require(&reading, Action::EditAll, &view.record).await?;
    Ok(SeenId::from(&view))
}

/// A list that belongs to one product.
pub fn listing(call: &Call, view: &View, name: &str) -> Listing {
    Listing::of(&call.caller.account().to_string(), &format!("{name}/{}", view.id()), &call.query)
}
