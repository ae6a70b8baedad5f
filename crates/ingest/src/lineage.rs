//! What views are made from: the tables that they read, as edges that say that a view says so.
//!
//! Edges that anybody else has made, or has said something else of, are left alone. What the views read stands in edges of its
//! own as well, which nobody else makes or takes away.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use emporion_catalog::command::{Command, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::name;
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation::{self, DERIVED_FROM, OF_A_VIEW, READS_FROM};
use emporion_sources::{Table, TableName};
use serde_json::{Map, Value, json};

use crate::plan::{Change, Level, Step};

/// Longer queries stand with the view alone, not with each of its edges, too.
const MOST_SQL: usize = 16_384;
/// What is made of more columns of one table is told without its columns.
const MOST_COLUMNS: usize = 10_000;

/// A view (or what was one) and the tables that it reads, as far as the catalogue has them in the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Origins {
    /// FQN.
    pub view: String,
    /// FQN of the database around it. Edges out of it are nothing that a crawl could know better.
    pub database: String,
    pub reads: Vec<Read>,
    pub sql: Option<String>,
}

/// A table that a view reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    pub fqn: String,
    /// `{from, to, function}` for each column of the view that is made of some of the table's: paths inside the two.
    pub columns: Vec<Value>,
}

impl Origins {
    /// `fqn` is the table's own, `schema` the name of its schema, `database` the FQN above that.
    pub fn of(table: &Table, fqn: &str, schema: &str, database: &str, is_there: impl Fn(&str) -> bool) -> Origins {
        let fqn_of = |read: &TableName| {
            let above = name::join(Some(database), read.schema.as_deref().unwrap_or(schema));
            name::join(Some(&above), &read.name)
        };
        let mut columns = columns_by(table, fqn_of);
        let mut reads: Vec<Read> = Vec::new();
        for read in table.reads.iter().filter(|_| table.kind.is_view()).map(fqn_of) {
            if read != fqn && is_there(&read) && reads.iter().all(|known| known.fqn != read) {
                let columns = columns.remove(&read).unwrap_or_default();
                reads.push(Read { fqn: read, columns });
            }
        }
        let sql = table.definition.clone().filter(|text| text.len() <= MOST_SQL);
        Origins { view: fqn.to_owned(), database: database.to_owned(), reads, sql }
    }

    /// Whether the edges of the view are others than these. `known`: the tables of the database that are there already.
    pub fn differ(&self, edges: &[Edge], known: &HashMap<&str, RecordId>) -> bool {
        let wanted: Vec<Option<RecordId>> =
            self.reads.iter().map(|read| known.get(read.fqn.as_str()).copied()).collect();
        let of = |relation| edges.iter().filter(move |edge| edge.relation == relation);
        let is_linked = |(read, to): (&Read, &Option<RecordId>)| {
            of(READS_FROM).any(|edge| Some(edge.to) == *to)
                && of(DERIVED_FROM).any(|edge| Some(edge.to) == *to && (!edge.is_of_a_view() || self.says(read, edge)))
        };
        !self.reads.iter().zip(&wanted).all(is_linked)
            || edges.iter().any(|edge| {
                is_of_crawl(edge) && !wanted.contains(&Some(edge.to)) && known.values().any(|id| *id == edge.to)
            })
    }

    /// Whether the edge says of the query and of its columns what is known. Where nothing is known of the columns, what
    /// another crawler said of those of the same query stays.
    fn says(&self, read: &Read, edge: &Edge) -> bool {
        let columns = edge.attributes.get("columns").and_then(Value::as_array);
        edge.attributes.get("sql").and_then(Value::as_str) == self.sql.as_deref()
            && (read.columns.is_empty() || columns == Some(&read.columns))
    }

    /// What makes the edges of the view these. Tables that are missing (`failed`) are passed over.
    pub fn step(self, table: Kind, failed: &HashSet<String>, now: Millis, by: &str) -> Option<Step> {
        if failed.contains(&self.view) {
            return None;
        }
        let mut origins = self;
        origins.reads.retain(|read| !failed.contains(&read.fqn));
        let fqn = origins.view.clone();
        let by = by.to_owned();
        let command = Command::Change {
            target: Ref::Name(table, fqn.clone()),
            guard: Guard::None,
            edit: Arc::new(move |view| Ok(origins.draft(view, table, now, &by))),
            rules: DoorRules::default(),
        };
        Some(Step { level: Level::Lineage, change: Change::Update, fqn, command })
    }

    fn draft(&self, view: &View, table: Kind, now: Millis, by: &str) -> Draft {
        let of = |relation| -> HashMap<&str, &Edge> {
            let edges = view.edges.iter().filter(|edge| edge.relation == relation && edge.at.is_empty());
            let card = |edge: &Edge| view.cards.get(&edge.to).filter(|card| card.kind == table);
            edges.filter_map(|edge| Some((card(edge)?.fqn.as_str(), edge))).collect()
        };
        let linked = of(DERIVED_FROM);
        let mut set = Vec::new();
        for read in &self.reads {
            let (to, mut attributes) = match linked.get(read.fqn.as_str()) {
                None => {
                    let fresh = json!({"source": OF_A_VIEW, "created_at": now.0, "created_by": by});
                    (Ref::Name(table, read.fqn.clone()), fresh.as_object().cloned().unwrap_or_default())
                }
                Some(edge) if edge.is_of_a_view() && !self.says(read, edge) => {
                    (Ref::AnyOf(&[], edge.to), edge.attributes.clone())
                }
                Some(_) => continue,
            };
            self.say(read, &mut attributes, now, by);
            set.push(Target { attributes, ..Target::of(to) });
        }
        let is_gone = |(fqn, edge): &(&&str, &&Edge)| {
            is_of_crawl(edge) && is_below(fqn, &self.database) && !self.reads.iter().any(|read| read.fqn == ***fqn)
        };
        let gone = linked.iter().filter(is_gone).flat_map(|(_, edge)| every_place_of(view, edge));
        let read = of(READS_FROM);
        let fresh = self.reads.iter().filter(|one| !read.contains_key(one.fqn.as_str()));
        let unread = read.iter().filter(is_gone).map(|(_, edge)| Target::of(Ref::AnyOf(&[], edge.to)));
        let mut draft = Draft::default();
        draft.relate(DERIVED_FROM, How::Remove, "lineage", gone.collect());
        draft.relate(DERIVED_FROM, How::Add, "lineage", set);
        draft.relate(READS_FROM, How::Remove, "lineage", unread.collect());
        let fresh = fresh.map(|one| Target::of(Ref::Name(table, one.fqn.clone())));
        draft.relate(READS_FROM, How::Add, "lineage", fresh.collect());
        draft
    }

    fn say(&self, read: &Read, attributes: &mut Map<String, Value>, now: Millis, by: &str) {
        match &self.sql {
            Some(sql) => drop(attributes.insert("sql".to_owned(), sql.as_str().into())),
            None => drop(attributes.shift_remove("sql")),
        }
        match read.columns.is_empty() {
            true => drop(attributes.shift_remove("columns")),
            false => drop(attributes.insert("columns".to_owned(), read.columns.clone().into())),
        }
        attributes.insert("updated_at".to_owned(), now.0.into());
        attributes.insert("updated_by".to_owned(), by.into());
    }
}

/// What is known of the view's columns, by the FQN of the table that they are made of.
fn columns_by(table: &Table, fqn_of: impl Fn(&TableName) -> String) -> HashMap<String, Vec<Value>> {
    let mut columns: HashMap<String, Vec<Value>> = HashMap::new();
    let mut sizes: HashMap<String, usize> = HashMap::new();
    for derived in &table.derived {
        let mut origins: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for origin in &derived.from {
            origins.entry(fqn_of(&origin.table)).or_default().push(name::quote(&origin.column).into());
        }
        for (fqn, from) in origins {
            *sizes.entry(fqn.clone()).or_default() += from.len();
            let mut pair = json!({"from": from, "to": name::quote(&derived.column)});
            if let Some(function) = &derived.function {
                pair["function"] = function.as_str().into();
            }
            columns.entry(fqn).or_default().push(pair);
        }
    }
    columns.retain(|fqn, _| sizes[fqn] <= MOST_COLUMNS);
    columns
}

/// Whether it is for a crawl to take away.
pub fn is_of_crawl(edge: &Edge) -> bool {
    edge.relation == READS_FROM || edge.is_of_a_view()
}

fn is_below(fqn: &str, above: &str) -> bool {
    fqn.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'))
}

/// The edge, and the one to the pipeline that somebody has named for it.
fn every_place_of<'a>(view: &'a View, edge: &'a Edge) -> impl Iterator<Item = Target> + 'a {
    let place = relation::made_by(edge.to);
    let named = view.edges.iter().filter(move |other| other.relation == DERIVED_FROM && other.at == place);
    let named = named.map(|other| Target::of(Ref::AnyOf(&[], other.to)).at(other.at.as_str()));
    std::iter::once(Target::of(Ref::AnyOf(&[], edge.to))).chain(named)
}

#[cfg(test)]
mod tests {
    use emporion_sources::{ColumnName, Derived, TableKind};

    use super::*;

    fn reading(kind: TableKind, reads: &[(Option<&str>, &str)]) -> Vec<String> {
        let mut table = Table::new("v".to_owned(), kind);
        let named = reads.iter().map(|(schema, name)| (schema.map(str::to_owned), (*name).to_owned()));
        table.reads = named.map(|(schema, name)| TableName { schema, name }).collect();
        let reads = Origins::of(&table, "w.d.s.v", "s", "w.d", |fqn| !fqn.ends_with("missing")).reads;
        reads.into_iter().map(|read| read.fqn).collect()
    }

    #[test]
    fn a_view_reads_other_tables_that_are_there_each_once() {
        let reads = [(None, "a"), (Some("s"), "a"), (Some("x.y"), "b"), (None, "v"), (None, "missing")];
        assert_eq!(reading(TableKind::View, &reads), ["w.d.s.a", "w.d.\"x.y\".b"]);
        assert_eq!(reading(TableKind::MaterializedView, &reads).len(), 2);
        assert!(reading(TableKind::Table, &reads).is_empty());
    }

    #[test]
    fn columns_stand_with_the_table_that_they_are_of() {
        let name = |name: &str| TableName { schema: Some("s".to_owned()), name: name.to_owned() };
        let of = |table: &str, column: &str| ColumnName { table: name(table), column: column.to_owned() };
        let derived = |column: &str, from: Vec<ColumnName>, function: Option<&str>| Derived {
            column: column.to_owned(),
            from,
            function: function.map(str::to_owned),
        };
        let mut table = Table::new("v".to_owned(), TableKind::View);
        table.reads = vec![name("a"), name("b")];
        table.derived = vec![
            derived("x", vec![of("a", "i.d"), of("a", "n"), of("b", "id")], Some("a.n + b.id")),
            derived("y", vec![of("b", "id")], None),
            derived("z", vec![of("elsewhere", "id")], None),
        ];
        let reads = Origins::of(&table, "w.d.s.v", "s", "w.d", |_| true).reads;
        let told: Vec<Value> = reads.into_iter().map(|read| json!([read.fqn, read.columns])).collect();
        assert_eq!(
            json!(told),
            json!([
                ["w.d.s.a", [{"from": ["\"i.d\"", "n"], "to": "x", "function": "a.n + b.id"}]],
                ["w.d.s.b", [{"from": ["id"], "to": "x", "function": "a.n + b.id"}, {"from": ["id"], "to": "y"}]],
            ])
        );
    }

    #[test]
    fn long_queries_are_left_with_the_view() {
        let mut table = Table::new("v".to_owned(), TableKind::View);
        table.definition = Some("x".repeat(MOST_SQL));
        let sql = |table: &Table| Origins::of(table, "w.d.s.v", "s", "w.d", |_| true).sql;
        assert!(sql(&table).is_some());
        table.definition = Some("x".repeat(MOST_SQL + 1));
        assert_eq!(sql(&table), None);
    }
}
