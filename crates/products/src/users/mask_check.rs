//! Column masks at the moment when they are written: each is for a column of a table that is there, and fits what it holds.

use std::collections::BTreeMap;

use emporion_catalog::rows::masks::{self, Mask, Masks};

use crate::assets::relations::Relation;
use crate::failure::{Violation, push_segment};
use crate::message::Message;
use crate::problems::RULE_EXISTS;
use crate::reach::column_masks::{is_same, time};
use crate::reach::row_filters::means;

/// Looks at the masks that stand at `path`, by table; those that are good are kept under the names that the columns have.
pub fn check(tables: &[Relation], path: &str, given: &mut BTreeMap<String, Masks>, broken: &mut Vec<Violation>) {
    for (table, columns) in given {
        let mut path = path.to_owned();
        push_segment(&mut path, table);
        let meant: Vec<&Relation> = tables.iter().filter(|relation| means(table, relation)).collect();
        if meant.is_empty() {
            let message = Message::with("\"{}\" is no table of the {product}", [table.as_str()]);
            broken.push(Violation::new(path, RULE_EXISTS, message));
            continue;
        }
        let mut kept = Masks::new();
        for (column, mask) in std::mem::take(columns) {
            let mut path = path.clone();
            push_segment(&mut path, &column);
            match fitting(&meant, &column, mask) {
                Ok(own) => masks::join(&mut kept, [(own, mask)]),
                Err((rule, message)) => broken.push(Violation::new(path, rule, message)),
            }
        }
        *columns = kept;
    }
}

/// The column as it is called in all the tables that are meant.
fn fitting(meant: &[&Relation], column: &str, mask: Mask) -> Result<String, (&'static str, Message)> {
    let mut called = None;
    for relation in meant {
        let Some(own) = relation.column_names().into_iter().find(|own| is_same(own, column)) else {
            let message = Message::with("\"{}\" is no column of \"{}\"", [column.to_owned(), relation.called()]);
            return Err((RULE_EXISTS, message));
        };
        if mask == Mask::Year && time(relation, &own).is_none() {
            let message = Message::with(
                "only the year can be shown of days, times and texts, and \"{}\" holds none of these",
                [column],
            );
            return Err(("type", message));
        }
        called = Some(own);
    }
    Ok(called.unwrap_or_else(|| column.to_owned()))
}
