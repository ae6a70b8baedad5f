//! By which products somebody reads the rows of a table, as far as whoever asks may be told. It is decided by what decides
//! about statements, looks at first rows, and questions, asked as him.

use emporion_catalog::id::RecordId;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::composed::MAX_DEPTH;
use emporion_catalog::rows::grants;
use emporion_catalog::rows::masks::Masks;
use emporion_products::failure::{Code, Failure};
use emporion_products::reach::{self, queryable};

use crate::access::masking::masks_of;
use crate::fault::Fault;
use crate::request::visit::Visit;
use crate::text::plain::shown;

/// Products that are looked at.
const MOST: u32 = 200;

/// A product that is a way to rows, or would be one.
pub struct ReadingWay {
    pub said: String,
    pub is_open: bool,
}

/// What is said of a way that is open, and of each column that is masked there; or of one that is not.
type Said = Result<(&'static str, Vec<String>), &'static str>;

/// One for each product that was lent the rows, or is composed of one that was, and on which `theirs` has a role to query
/// them; `reading` asks.
pub async fn of(
    visit: &Visit,
    reading: &Reading<'_>,
    theirs: &Reading<'_>,
    table: &View,
) -> Result<Vec<ReadingWay>, Fault> {
    let query = ListQuery {
        ids: Some(holding(theirs, table).await?),
        states: States::Alive,
        limit: MOST,
        ..ListQuery::of(theirs.account(), theirs.catalog().kind("data_product"))
    };
    let page = theirs.list(query, &reach::depth()).await?;
    let mut ways = Vec::new();
    for product in &page.views {
        if theirs.rows().may_query(product).await?.is_none() {
            continue;
        }
        let said = match how(visit, theirs, product, table).await {
            Ok(None) => continue,
            Ok(Some(said)) => said,
            // A filter, or a mask, that fits nothing closes all of the product to him.
            Err(failure) if failure.code == Code::FORBIDDEN => Err("admin.reads_refused"),
            // One that cannot be looked at hides none of the others.
            Err(failure) => {
                let refusal = visit.refused(&failure);
                if failure.is_overtaken {
                    return Err(refusal.into());
                }
                tracing::warn!(refusal.code, refusal.message, product = %product.id(), "it cannot be told who reads a table");
                Err("admin.reads_unknown")
            }
        };
        // What is hidden from who asks has no name for him.
        let name = match reading.sees(&product.record).await? {
            true => shown(&product.record.name),
            false => visit.t.say("admin.hidden_product"),
        };
        let is_open = said.is_ok();
        let (key, masked) = said.unwrap_or_else(|key| (key, Vec::new()));
        let mut said = visit.t.with(key, &[("product", &name)]);
        // What comes of products below is for administrators alone.
        if visit.caller().principal.is_admin && !masked.is_empty() {
            said = format!("{said} {}.", masked.join("; "));
        }
        ways.push(ReadingWay { said, is_open });
    }
    if page.more {
        ways.push(ReadingWay { said: visit.t.say("admin.reads_more"), is_open: false });
    }
    Ok(ways)
}

/// What is said of how he reads the table by the product, and of each column that is masked; `None` where he may not.
async fn how(visit: &Visit, theirs: &Reading<'_>, product: &View, table: &View) -> Result<Option<Said>, Failure> {
    let tables = queryable::list_in(&visit.door.calls.products, theirs, product, None).await?.tables;
    let found = tables.into_iter().find(|one| one.record().is_some_and(|record| record.id == table.id()));
    // What no statement can name is read by none.
    let found = found.filter(|one| one.sql_name.is_some());
    Ok(found.map(|one| {
        if !one.is_connected {
            return Err("admin.reads_unconnected");
        }
        let key = match (one.row_filter.is_some(), one.masked.is_empty()) {
            (false, true) => "admin.reads_by",
            (true, true) => "admin.reads_part_by",
            (false, false) => "admin.reads_masked_by",
            (true, false) => "admin.reads_masked_part_by",
        };
        let masks: Masks = one.masked.iter().map(|(column, masked)| (column.clone(), masked.mask)).collect();
        Ok((key, masks_of(visit.t, [(&one.called(), masks)])))
    }))
}

/// The products that were lent the rows, and those that are composed of them.
async fn holding(theirs: &Reading<'_>, table: &View) -> Result<Vec<RecordId>, Fault> {
    let sources = theirs.sources(&[table], &[relation::HAS_ASSET], MOST).await?;
    let lent = sources.edges.iter().filter(|edge| grants::is_granted(edge));
    let mut found: Vec<RecordId> = lent.map(|edge| edge.from).collect();
    let mut level = found.clone();
    for _ in 0..MAX_DEPTH {
        level = theirs.composing(&level).await?.into_iter().filter(|id| !found.contains(id)).collect();
        found.extend(&level);
    }
    Ok(found)
}
