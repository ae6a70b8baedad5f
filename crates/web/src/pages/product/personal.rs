//! What of a product's tables is personal data, for who gives somebody its rows.

use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::column::COLUMNS;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::grants;
use emporion_catalog::rows::personal::folded;

use crate::fault::Fault;
use crate::records::difference;
use crate::request::visit::Visit;
use crate::text::plain::shown;

/// Tables that are looked at for personal data.
const MOST_LOOKED_AT: usize = 100;

/// The personal data in the tables that are lent to a product, as far as the visitor sees these: a tag keeps it out of samples
/// and answers alone, and whoever reads the rows reads it.
pub async fn of(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Option<String>, Fault> {
    let tables = view.targets(relation::HAS_ASSET).filter(|(_, card)| card.kind.is("table"));
    let lent = tables.filter(|(edge, _)| grants::is_granted(edge)).map(|(edge, _)| edge.to);
    let lent: Vec<RecordId> = lent.take(MOST_LOOKED_AT).collect();
    let tables = reading.records(&lent, States::Alive).await?;
    let personal = reading.rows().personal(&tables.iter().collect::<Vec<_>>()).await?;
    let mut names = Vec::new();
    for (table, personal) in tables.iter().zip(&personal) {
        COLUMNS.walk(COLUMNS.of(|name| table.body.get(name)), &mut |path, _| {
            if personal.is_masked(path) && !personal.secrets().contains(&folded(path)) {
                names.push(format!("{}.{}", shown(&table.name), shown(path)));
            }
        });
    }
    let named = || visit.t.with("access.personal", &[("names", &difference::listed(visit.t, &names))]);
    Ok((!names.is_empty()).then(named))
}
