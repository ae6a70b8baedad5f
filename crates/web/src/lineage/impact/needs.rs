//! What of the products that hold a table, and of the views that are made of it, needs each of its columns: what each would
//! take from those who read it, if it went.

use std::collections::{BTreeMap, HashMap};

use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;

use super::products::{Found, Holding, MOST_PRODUCTS, Part, known};
use super::read::{ReadBy, SORTS};
use super::statement::Losing;
use super::views::{self, Views};
use crate::fault::Fault;
use crate::records::address;
use crate::records::link::Link;
use crate::request::visit::Visit;
use crate::text::texts::Texts;

/// Parts that are named in all; of columns that would have more, only how many need them is told.
const MOST_NAMED: usize = 1_000;

/// What the address asks with for them.
const ASKED: &str = "needs";
const YES: &str = "yes";

/// By the paths of the columns.
#[derive(Default)]
pub struct Needs {
    pub by_column: HashMap<String, Need>,
    /// Not all was looked at.
    pub is_cut: bool,
}

/// What needs a column.
pub struct Need {
    /// How much does, of each sort.
    pub rendered: String,
    /// What that is; nothing where only its number is told.
    pub read: Vec<ReadBy>,
}

impl Needs {
    /// The address of the table's page with these.
    pub fn address_of(view: &View) -> String {
        address::with_query(&address::of_record(&view.record), &[(ASKED, YES)])
    }

    /// Whether the address asks for them: many statements are read for it.
    pub fn are_asked(visit: &Visit) -> bool {
        visit.query(ASKED) == YES
    }

    /// As far as the visitor sees the products and the views. One look at them serves for all columns, and goes as far as it does for
    /// a version that loses some.
    pub async fn of(t: Texts, reading: &Reading<'_>, view: &View, paths: &[&str]) -> Result<Needs, Fault> {
        let alone = paths.iter().filter_map(|path| Some((*path, vec![known(path)?])));
        let (paths, names): (Vec<&str>, Vec<Vec<String>>) = alone.unzip();
        if paths.is_empty() {
            return Ok(Needs::default());
        }
        let Some(losing) = Losing::of(reading, view, (names, Vec::new())).await? else { return Ok(Needs::default()) };
        let holding = Holding::of(reading, view).await?;
        let mut found = holding.reading(reading, &losing).await?;
        let views = Views::of(reading, view).await?.reading(&losing).await?;
        found.extend(views.found);
        let is_more = holding.is_cut || views.is_cut || holding.products.len() > MOST_PRODUCTS;
        let is_cut = is_more || found.iter().any(|one| one.is_cut);
        Ok(Needs { by_column: by_column(t, &paths, &found, is_cut), is_cut })
    }
}

fn by_column(t: Texts, paths: &[&str], found: &[Found], is_cut: bool) -> HashMap<String, Need> {
    let mut read: BTreeMap<usize, Vec<(&Link, Vec<&Part>)>> = BTreeMap::new();
    for one in found {
        let mut own: BTreeMap<usize, Vec<&Part>> = BTreeMap::new();
        for part in &one.parts {
            for column in &part.groups {
                own.entry(*column).or_default().push(part);
            }
        }
        for (column, parts) in own {
            read.entry(column).or_default().push((&one.product, parts));
        }
    }
    let mut left = MOST_NAMED;
    let needs = read.into_iter().filter_map(|(column, read)| {
        let path = paths.get(column)?;
        Some(((*path).to_owned(), Need::of(t, &read, &mut left, is_cut)))
    });
    needs.collect()
}

impl Need {
    /// They are named where that many are `left` to be. Where not all was looked at, there are at least these.
    fn of(t: Texts, read: &[(&Link, Vec<&Part>)], left: &mut usize, is_cut: bool) -> Need {
        let counted = SORTS.into_iter().chain([views::SORT]).filter_map(|sort| {
            let of_it = read.iter().flat_map(|(_, parts)| parts).filter(|part| part.sort == sort);
            let number = of_it.count();
            (number > 0).then(|| t.count(sort, number))
        });
        let rendered = counted.collect::<Vec<_>>().join(", ");
        let rendered =
            t.with(if is_cut { "table.needed_at_least" } else { "table.needed_by" }, &[("parts", &rendered)]);
        let number: usize = read.iter().map(|(_, parts)| parts.len()).sum();
        let Some(rest) = left.checked_sub(number) else { return Need { rendered, read: Vec::new() } };
        *left = rest;
        let read = read.iter().map(|(product, parts)| ReadBy::of(t, product, parts, false));
        Need { rendered, read: read.collect() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::layout::icon::Icon;
    use crate::records::column::ColumnLink;

    fn part(sort: &'static str, name: &str, columns: &[usize]) -> Part {
        let link = ColumnLink { name: name.to_owned(), address: Some(format!("/m#{name}")) };
        Part { sort, link, groups: columns.iter().copied().collect() }
    }

    fn product(name: &str, parts: Vec<Part>) -> Found {
        let product = Link { icon: Icon("product"), name: name.to_owned(), address: Some(format!("/{name}")) };
        Found { product, parts, is_cut: false }
    }

    fn english() -> Texts {
        Texts::by_code("en").expect("it is spoken")
    }

    #[test]
    fn each_column_has_what_needs_it_by_product() {
        let shop =
            product("shop", vec![part("count.metrics", "sales", &[0, 2]), part("count.fields", "orders.amount", &[0])]);
        let other = product("other", vec![part("count.metrics", "owed", &[2])]);
        let needs = by_column(english(), &["id", "state", "amount"], &[shop, other], false);
        assert_eq!(needs.keys().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(["amount", "id"]));
        assert_eq!(needs["id"].rendered, "Used by 1 field, 1 metric");
        assert_eq!(needs["amount"].rendered, "Used by 2 metrics");
        let reported = |column: &str| needs[column].read.iter().map(ToString::to_string).collect::<Vec<_>>();
        let of_id = reported("id");
        assert!(of_id.len() == 1 && of_id[0].contains("orders.amount") && of_id[0].contains("/m#sales"), "{of_id:?}");
        let of_amount = reported("amount");
        assert!(of_amount[0].contains("sales") && !of_amount[0].contains("orders.amount"), "{of_amount:?}");
        assert!(of_amount[1].contains("owed") && of_amount[1].contains("/other"), "{of_amount:?}");
    }

    #[test]
    fn more_than_a_page_bears_is_counted() {
        let many = (0..MOST_NAMED - 1).map(|at| part("count.metrics", &format!("m{at}"), &[0])).collect();
        let shop = product("shop", many);
        let other = product("other", vec![part("count.fields", "a", &[1, 2]), part("count.fields", "b", &[1])]);
        let needs = by_column(english(), &["big", "small", "least"], &[shop, other], true);
        assert_eq!((needs["small"].rendered.as_str(), needs["small"].read.len()), ("Used by at least 2 fields", 0));
        assert_eq!([needs["big"].read.len(), needs["least"].read.len()], [1, 1]);
    }
}
