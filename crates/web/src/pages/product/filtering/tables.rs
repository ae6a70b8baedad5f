//! Tables of a product, by the names that filters and masks have for them, and those that are not in it.

use std::collections::BTreeSet;

use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation;
use emporion_catalog::rows::filters;
use emporion_catalog::spelling::decode;
use emporion_products::assets::input::AssetInput;
use emporion_products::assets::list;
use emporion_products::content_state::ContentState;
use emporion_products::page::{ListPage, MAX_LIMIT, PageRequest};

use crate::fault::Fault;
use crate::request::visit::Visit;

/// Pages of drafted tables that are looked at.
const MOST_PAGES: usize = 20;

/// Tables of filters that are not in the product. As long as one is not, the service refuses whoever has its filter
/// everything that he asks of the product.
#[derive(Default)]
pub struct Away {
    /// They have left it.
    pub gone: BTreeSet<String>,
    /// The next deploy brings them.
    pub coming: BTreeSet<String>,
    /// Either of the two: the draft has too many tables to be looked at.
    pub unknown: BTreeSet<String>,
}

impl Away {
    /// Of these names of tables.
    pub async fn of(visit: &Visit, view: &View, named: impl Iterator<Item = &str>) -> Result<Away, Fault> {
        let tables = places(view);
        let away: BTreeSet<String> = named.filter(|given| !is_of(given, &tables)).map(str::to_owned).collect();
        if away.is_empty() {
            return Ok(Away::default());
        }
        Ok(Away::sorted(away, drafted(visit, view.id()).await?.as_deref()))
    }

    fn sorted(away: BTreeSet<String>, drafted: Option<&[Vec<String>]>) -> Away {
        let Some(drafted) = drafted else { return Away { unknown: away, ..Away::default() } };
        let (coming, gone) = away.into_iter().partition(|given| is_of(given, drafted));
        Away { gone, coming, ..Away::default() }
    }

    /// What the form says of such a table.
    pub fn hint(&self, table: &str, is_of_role: bool) -> Option<&'static str> {
        let (of_one, of_role) = match table {
            gone if self.gone.contains(gone) => ("filtering.left", "filtering.left_role"),
            coming if self.coming.contains(coming) => ("filtering.coming", "filtering.coming_role"),
            unknown if self.unknown.contains(unknown) => ("filtering.away", "filtering.away_role"),
            _ => return None,
        };
        Some(if is_of_role { of_role } else { of_one })
    }
}

/// Where the tables stand that a draft brings; `None` where they are too many to be looked at.
async fn drafted(visit: &Visit, product: RecordId) -> Result<Option<Vec<Vec<String>>>, Fault> {
    let (request, mut drafted, mut cursor) = (visit.about(product), Vec::new(), String::new());
    for _ in 0..MOST_PAGES {
        let page = PageRequest::at(MAX_LIMIT, &cursor);
        let listing = list::list(&visit.door.calls.products, &request, ContentState::Undeployed, &page);
        let ListPage { items, pagination, .. } = visit.serve("dataAssets_list", listing).await?.assets;
        drafted.extend(items.into_iter().map(|item| {
            let AssetInput { database_name, schema_name, table_name, .. } = item.fields;
            database_name.into_iter().chain(schema_name).chain([table_name]).collect::<Vec<_>>()
        }));
        match pagination.next_cursor {
            Some(next) => cursor = next,
            None => return Ok(Some(drafted)),
        }
    }
    Ok(None)
}

/// The tables of a product, lent to it or not.
pub fn places(view: &View) -> Vec<Vec<String>> {
    let assets = view.targets(relation::HAS_ASSET).filter(|(_, card)| card.kind.is("table"));
    assets.filter_map(|(_, card)| place(card)).collect()
}

/// Database, schema and table of a card, as far as it has them.
pub fn place(card: &Card) -> Option<Vec<String>> {
    let parts = name::split(&card.fqn)?;
    Some(parts[parts.len().saturating_sub(3)..].iter().map(|part| decode(part).into_owned()).collect())
}

fn is_of(given: &str, tables: &[Vec<String>]) -> bool {
    tables.iter().any(|place| means(given, place))
}

pub fn means(given: &str, place: &[String]) -> bool {
    let from_end = |n: usize| place.len().checked_sub(n).map(|at| place[at].as_str());
    from_end(1).is_some_and(|table| filters::means(given, from_end(3), from_end(2), table))
}

/// The shortest name that is for no other of the tables.
pub fn short(place: &[String], tables: &[Vec<String>]) -> String {
    let name = |n: usize| place[place.len() - n..].join(".");
    let is_alone = |name: &String| tables.iter().filter(|other| means(name, other)).count() == 1;
    (1..place.len()).map(name).find(is_alone).unwrap_or_else(|| name(place.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn a_table_that_is_away_has_left_or_comes_or_nobody_could_look() {
        let away = || ["orders", "sales.lines"].map(str::to_owned).into();
        let drafted = [place("shop.sales.lines")];
        let hints =
            |drafted| ["orders", "sales.lines", "others"].map(|table| Away::sorted(away(), drafted).hint(table, false));
        assert_eq!(hints(Some(&drafted)), [Some("filtering.left"), Some("filtering.coming"), None]);
        assert_eq!(hints(None), [Some("filtering.away"), Some("filtering.away"), None]);
    }

    #[test]
    fn a_table_is_named_as_shortly_as_it_can_be() {
        let tables = ["shop.sales.orders", "shop.sales.lines", "shop.stock.lines"].map(place);
        let named: Vec<String> = tables.iter().map(|table| short(table, &tables)).collect();
        assert_eq!(named, ["orders", "sales.lines", "stock.lines"]);
        assert!(means("Shop.Sales.Orders", &tables[0]) && means("LINES", &tables[2]) && !means("lines", &tables[0]));
    }
}
