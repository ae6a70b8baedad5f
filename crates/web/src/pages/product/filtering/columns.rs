//! The columns that a condition can be over: those of the tables of a product that the visitor sees.

use std::collections::{BTreeMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation;
use emporion_catalog::spelling::decode;
use emporion_products::reach::column_masks;
use serde_json::Value;

use super::tables::{means, place};
use crate::fault::Fault;
use crate::records::column_type;
use crate::text::plain::shown;

/// Tables whose columns are read for a form, and for one name. Of a name that means more none are offered.
const MOST_READ: usize = 50;
const MOST_MEANT: usize = 10;

/// A column as people read it.
#[derive(Clone)]
pub struct Column {
    /// As the source has it.
    pub real: String,
    pub name: String,
    pub ty: String,
    /// It has a year that can be shown alone.
    pub has_year: bool,
}

/// By the names of tables that filters have: the columns that every table has that is meant.
pub async fn of(
    reading: &Reading<'_>,
    view: &View,
    named: Vec<String>,
) -> Result<BTreeMap<String, Vec<Column>>, Fault> {
    let assets = view.targets(relation::HAS_ASSET).filter(|(_, card)| card.kind.is("table"));
    let tables: Vec<(RecordId, Vec<String>)> = assets.filter_map(|(_, card)| Some((card.id, place(card)?))).collect();
    let meant = |name: &str| -> Vec<RecordId> {
        let meant = tables.iter().filter(|(_, place)| means(name, place)).map(|(id, _)| *id);
        let ids: Vec<RecordId> = meant.take(MOST_MEANT + 1).collect();
        if ids.len() > MOST_MEANT { Vec::new() } else { ids }
    };
    let meant: Vec<(Vec<RecordId>, String)> =
        named.into_iter().take(MOST_READ).map(|name| (meant(&name), name)).collect();
    let mut ids: Vec<RecordId> = meant.iter().flat_map(|(ids, _)| ids).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(MOST_READ);
    let read: HashSet<RecordId> = ids.iter().copied().collect();
    let seen = reading.records(&ids, States::Alive).await?;
    let columns: BTreeMap<RecordId, Vec<Column>> = seen.iter().map(|table| (table.id, of_table(table))).collect();
    // What only some of those that are meant have is not offered for all of them.
    let of_all = |ids: Vec<RecordId>| match ids.iter().all(|id| read.contains(id)) {
        true => common(ids.iter().filter_map(|id| columns.get(id))),
        false => Vec::new(),
    };
    Ok(meant.into_iter().map(|(ids, name)| (name, of_all(ids))).collect())
}

fn of_table(table: &Record) -> Vec<Column> {
    let columns = table.body.get("columns").and_then(Value::as_array).into_iter().flatten();
    let column = |column: &Value| {
        let name = column.get("name")?.as_str()?;
        let (real, name) = (decode(name).into_owned(), shown(name));
        let has_year = column_masks::time_of(column).is_some();
        Some(Column { real, name, ty: shown(&column_type::rendered(column)), has_year })
    };
    columns.filter_map(column).collect()
}

/// The columns of the first that all others have, too; their types, where these are the same.
fn common<'a>(mut tables: impl Iterator<Item = &'a Vec<Column>>) -> Vec<Column> {
    let mut columns = tables.next().cloned().unwrap_or_default();
    for other in tables {
        columns.retain_mut(|column| {
            let same = other.iter().find(|one| one.name == column.name);
            if same.is_some_and(|one| one.ty != column.ty) {
                column.ty.clear();
            }
            column.has_year &= same.is_some_and(|one| one.has_year);
            same.is_some()
        });
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_for_several_tables_is_in_each_of_them() {
        let columns = |names: &[&str]| -> Vec<Column> {
            names
                .iter()
                .map(|name| Column {
                    real: (*name).to_owned(),
                    name: (*name).to_owned(),
                    ty: names.len().to_string(),
                    has_year: *name == "id" || names.len() == 3,
                })
                .collect()
        };
        let tables = [columns(&["id", "region", "tax"]), columns(&["region", "id"])];
        let names = |columns: Vec<Column>| columns.into_iter().map(|column| column.name).collect::<Vec<_>>();
        assert_eq!(names(common(tables.iter())), ["id", "region"]);
        assert_eq!(names(common(tables[..1].iter())), ["id", "region", "tax"]);
        assert!(common(tables[..0].iter()).is_empty());
        assert!(common(tables.iter()).iter().all(|column| column.ty.is_empty()), "their types differ");
        let years: Vec<bool> = common(tables.iter()).iter().map(|column| column.has_year).collect();
        assert_eq!(years, [true, false], "a mask is for all of them");
        assert!(common(tables[..1].iter()).iter().all(|column| column.ty == "3"));
    }
}
