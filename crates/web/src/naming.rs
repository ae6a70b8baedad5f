//! Records by the names that people type into forms.

use emporion_catalog::command::Ref;
use emporion_catalog::kind::{Asset, Kind};
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;

use crate::fault::Fault;

/// Names of each kind that are suggested.
const SUGGESTED: u32 = 200;

/// The kinds that links may lead to.
fn kinds(reading: &Reading<'_>, named: &[&'static str]) -> Vec<Kind> {
    let catalog = reading.catalog();
    if named.is_empty() {
        return catalog.registry().iter().filter(|kind| kind.0.asset == Asset::Item).collect();
    }
    named.iter().map(|name| catalog.kind(name)).collect()
}

/// Names that a form suggests for links to these kinds.
pub async fn suggested(reading: &Reading<'_>, named: &[&'static str]) -> Result<Vec<String>, Fault> {
    let named = if named.is_empty() { &["table"] } else { named };
    let mut names = Vec::new();
    for kind in kinds(reading, named) {
        let query = ListQuery { limit: SUGGESTED, ..ListQuery::of(reading.account(), kind) };
        let page = reading.list(query, &Depth { alone: true, ..Depth::bare() }).await?;
        names.extend(
            page.views.into_iter().map(|view| if kind.is("user") { view.record.name } else { view.record.fqn }),
        );
    }
    Ok(names)
}

/// A record that the visitor sees, of one of the kinds, by its full name, its name, or the address of a person.
pub async fn named_record(reading: &Reading<'_>, named: &[&'static str], text: &str) -> Result<Option<Ref>, Fault> {
    for kind in kinds(reading, named) {
        let mut found = match reading.find(&Ref::Name(kind, text.to_owned())).await {
            Err(Problem::Ambiguous { .. }) => None,
            found => found?,
        };
        if found.is_none() && kind.is("user") {
            found = reading.find(&Ref::Name(kind, name::quote(&name::fold(text)))).await?;
            if found.is_none()
                && let Some(id) = reading.id_of_address(text).await?
            {
                found = reading.record(id).await?;
            }
        }
        if let Some(record) = found.filter(|record| States::Alive.holds(record)) {
            return Ok(Some(Ref::Id(record.kind, record.id)));
        }
    }
    Ok(None)
}
