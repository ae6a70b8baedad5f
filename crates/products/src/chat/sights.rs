//! What somebody sees of the tables of a product, as it is kept with answers and compared.

use std::collections::{BTreeMap, HashMap};

use emporion_catalog::id::RecordId;
use emporion_semantic::guard::TableName;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::answer::Status;
use super::stamp::Stamp;
use super::tables::SourceTable;
use crate::reach::{Reach, Reached, followed};

/// What somebody sees of the tables that he may query through a product.
#[derive(Debug)]
pub struct Sights {
    tables: Vec<(SourceTable, RecordId, Stamp)>,
    /// Of all of them together.
    whole: String,
}

impl Sights {
    /// `personal`: by asset, columns that nobody is shown.
    pub fn of(reached: &Reached, personal: &HashMap<Uuid, Vec<String>>) -> Sights {
        let tables =
            reached.groups.iter().enumerate().flat_map(|(at, group)| group.tables.iter().map(move |one| (at, one)));
        let sight = |(at, reach): (usize, &Reach)| {
            let relation = &reach.relation;
            let rows = followed::shown(reach.filter.as_deref(), &reach.links);
            let mut personal = personal.get(&relation.asset).cloned().unwrap_or_default();
            personal.sort_unstable();
            let stamp = Stamp::of([Stamp::of([rows]), Stamp::of(&reach.masked), Stamp::of(personal)]);
            let name = TableName { schema: relation.schema.clone(), name: relation.name.clone() };
            Some(((at, name), relation.record.as_ref()?.id, stamp))
        };
        let tables: Vec<(SourceTable, RecordId, Stamp)> = tables.filter_map(sight).collect();
        let sorted: BTreeMap<RecordId, &Stamp> = tables.iter().map(|(_, id, stamp)| (*id, stamp)).collect();
        let whole = Stamp::of(sorted).print();
        Sights { tables, whole }
    }

    /// About how many bytes they are.
    pub fn weight(&self) -> usize {
        150 * self.tables.len()
    }

    fn has(&self, table: &str, print: &Value) -> bool {
        let mut own = self.tables.iter().filter(|(_, id, _)| id.to_string() == table);
        own.any(|(_, _, stamp)| Some(stamp.print().as_str()) == print.as_str())
    }

    /// What is kept with an answer that was read from these tables. One that says what there is not, or asks back, rests on all.
    pub fn print(&self, status: Status, read: &[SourceTable], is_preview: bool) -> Map<String, Value> {
        let is_figure = matches!(status, Status::Answered | Status::ExecutedEmpty);
        let known = |table: &SourceTable| self.tables.iter().any(|(own, ..)| own == table);
        let mut seen = Map::new();
        if is_figure && !read.is_empty() && read.iter().all(known) {
            let own = self.tables.iter().filter(|(table, ..)| read.contains(table));
            let own: Map<String, Value> = own.map(|(_, id, stamp)| (id.to_string(), stamp.print().into())).collect();
            seen.insert("tables".to_owned(), own.into());
        } else {
            seen.insert("whole".to_owned(), self.whole.as_str().into());
        }
        seen.insert("isPreview".to_owned(), is_preview.into());
        seen
    }

    /// Whether what was kept with an answer is what he sees now.
    pub fn hold(&self, seen: &Value) -> bool {
        match (seen.get("tables").and_then(Value::as_object), seen.get("whole")) {
            (Some(tables), _) => tables.iter().all(|(table, print)| self.has(table, print)),
            (None, Some(whole)) => whole.as_str() == Some(self.whole.as_str()),
            (None, None) => true,
        }
    }
}
