//! What somebody reads of the tables of a product, as statements by every door do: which of them he cannot query, and of
//! which he reads a part of the rows, or something else than the values. Told as far as whoever asks may know it: what comes
//! of products that this one is composed of, to administrators alone.

use std::collections::HashSet;

use emporion_catalog::caller::Principal;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::filters;
use emporion_catalog::rows::masks::{self, Masks};
use emporion_products::reach::queryable::{QueryableTable, QueryableTables};

use crate::access::condition::Condition;
use crate::access::masking::masks_of;
use crate::request::visit::Visit;
use crate::text::plain::shown;
use crate::text::texts::Texts;

#[derive(Default)]
pub struct ProductReading {
    /// Columns that are masked for him, each with its mask.
    pub masked: Vec<String>,
    /// That some tables are closed to him, and that nobody reads some of them from here.
    pub closed: Vec<String>,
    /// Tables of which he reads some rows alone.
    pub filters: Vec<(String, Condition)>,
}

/// Of `tables`, which he may query, of so many that there are. What comes of products that this one is composed of is told
/// to administrators alone, also of tables that both have: whoever gives roles on the product need not see those.
pub fn of(visit: &Visit, product: &View, tables: &QueryableTables, all: usize, reader: &Principal) -> ProductReading {
    let (t, is_admin) = (visit.t, visit.caller().principal.is_admin);
    let assets = product.targets(relation::HAS_ASSET).filter(|(_, card)| card.kind.is("table"));
    let own: HashSet<RecordId> = assets.map(|(_, card)| card.id).collect();
    let is_own = |table: &&QueryableTable| table.record().is_some_and(|record| own.contains(&record.id));
    let told: Vec<&QueryableTable> = tables.tables.iter().filter(|table| is_admin || is_own(table)).collect();
    let mut reading = of_product(t, product, reader, &told);
    if is_admin {
        add_from_below(t, &told, &mut reading);
    }
    let closed = if is_admin { all } else { own.len() }.saturating_sub(told.len());
    let unconnected = told.iter().filter(|table| !table.is_connected).count();
    let counted = [("admin.tables_closed", closed), ("admin.tables_unconnected", unconnected)].into_iter();
    reading.closed = counted.filter(|(_, count)| *count > 0).map(|(key, count)| t.count(key, count)).collect();
    reading
}

/// What the product says itself.
fn of_product(t: Texts, product: &View, reader: &Principal, told: &[&QueryableTable]) -> ProductReading {
    let theirs = filters::of_principal(product, reader);
    let mut filters: Vec<(String, Condition)> =
        theirs.iter().map(|(table, condition)| (shown(table), Condition::of(t, table, condition))).collect();
    for (table, link) in filters::links_of_principal(product, reader) {
        let of = theirs.iter().find(|(of, _)| *of == link.to).map(|(_, condition)| format!(" WHERE {condition}"));
        let (columns, to) = (link.columns.join(", "), link.to_columns.join(", "));
        let condition = format!("({columns}) IN (SELECT {to} FROM {}{})", link.to, of.unwrap_or_default());
        filters.push((shown(&table), Condition::of(t, &table, &condition)));
    }
    let masks = filters::masks_of_principal(product, reader).into_iter().chain(masks::for_roles_of(product, reader));
    let mut masked = Vec::new();
    for (given, masks) in masks {
        let name = told.iter().find(|table| table.is_meant_by(&given)).map_or(given, |table| table.called());
        let lines = masks_of(t, [(&name, masks)]);
        masked.extend(lines.into_iter().filter(|line| !masked.contains(line)).collect::<Vec<_>>());
    }
    ProductReading { masked, closed: Vec::new(), filters }
}

/// What statements come to besides.
fn add_from_below(t: Texts, told: &[&QueryableTable], reading: &mut ProductReading) {
    for table in told {
        let name = table.called();
        let is_said = reading.filters.iter().any(|(given, _)| table.is_meant_by(given));
        if let Some(condition) = table.row_filter.as_ref().filter(|_| !is_said) {
            reading.filters.push((shown(&name), Condition::of(t, &name, condition)));
        }
        let masks: Masks = table.masked.iter().map(|(column, masked)| (column.clone(), masked.mask)).collect();
        let lines = masks_of(t, [(&name, masks)]);
        reading.masked.extend(lines.into_iter().filter(|line| !reading.masked.contains(line)).collect::<Vec<_>>());
    }
}
