//! By which products somebody reads the rows of a table, as far as whoever asks may be told.

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::{filters, grants, masks};

use crate::fault::Fault;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Products that are looked at.
const MOST: u32 = 200;

/// A sentence for each product that was lent the rows and on which `theirs` has a role to query them; `reading` asks.
pub async fn of(t: Texts, reading: &Reading<'_>, theirs: &Reading<'_>, table: &View) -> Result<Vec<String>, Fault> {
    let sources = theirs.sources(&[table], &[relation::HAS_ASSET], MOST).await?;
    let lent: Vec<RecordId> =
        sources.edges.iter().filter(|edge| grants::is_granted(edge)).map(|edge| edge.from).collect();
    if lent.is_empty() {
        return Ok(Vec::new());
    }
    let query = ListQuery {
        ids: Some(lent),
        states: States::Alive,
        limit: MOST,
        ..ListQuery::of(theirs.account(), theirs.catalog().kind("data_product"))
    };
    let roles = [relation::OWNER, relation::EDITOR, relation::VIEWER, relation::OWNING_TEAM];
    let principal = &theirs.caller().principal;
    let mut ways = Vec::new();
    for product in theirs.list(query, &Depth::of(&roles, true)).await?.views {
        if theirs.rows().may_query(&product).await?.is_none() {
            continue;
        }
        let is_part = !filters::restrictions(&product, principal.user).is_empty()
            || !masks::for_roles_of(&product, principal).is_empty();
        let key = if is_part { "admin.reads_part_by" } else { "admin.reads_by" };
        // What is hidden from who asks has no name for him.
        let name = match reading.sees(&product.record).await? {
            true => shown(&product.record.name),
            false => t.say("admin.hidden_product"),
        };
        let way = t.with(key, &[("product", &name)]);
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    Ok(ways)
}
