//! Following: what somebody wants to hear of, and what there is to tell him.

pub mod changes;
pub mod chat_places;
pub mod choices;
pub mod choosing;
pub mod digest;
pub mod mail;
pub mod mark;
pub mod questions;
pub mod searches;
pub mod told;

use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;

/// What of a kind the caller keeps for himself.
async fn own_parts(reading: &Reading<'_>, kind: &'static str, most: u32) -> Result<Vec<Record>, Problem> {
    let me = reading.caller().principal.user;
    // Who may not see users, himself among them, keeps nothing below himself.
    let Some(user) = reading.record(me).await? else { return Ok(Vec::new()) };
    let query = ListQuery { limit: most, ..ListQuery::of(reading.account(), reading.catalog().kind(kind)) };
    let found = reading.parts(&user, query).await?;
    Ok(found.into_iter().filter(|record| record.created.by.id == me).collect())
}
