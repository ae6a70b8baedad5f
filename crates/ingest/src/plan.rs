//! The planner: a crawl beside what the catalogue has becomes the commands that make the one the other. Pure.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use emporion_catalog::command::{Command, Deletion, DoorRules, Guard, Ref};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::name;
use emporion_catalog::record::Record;
use emporion_catalog::registry::Registry;
use emporion_sources::{Database, Schema};

use crate::changes::TableChange;
use crate::described::Described;
use crate::lineage::{Origins, is_of_crawl};
use crate::merge::{self, OBSERVED};
use crate::present::Present;
use crate::report::{Omission, Tally};
use crate::scope::Scope;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Database,
    Schema,
    Table,
    /// What a view was made from.
    Lineage,
}

impl Level {
    fn is_container(self) -> bool {
        matches!(self, Level::Database | Level::Schema)
    }
}

/// What a step does to its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Create,
    Update,
    /// Writes observations alone.
    Observe,
    Restore,
    Remove,
}

#[derive(Clone)]
pub struct Step {
    pub level: Level,
    pub change: Change,
    pub fqn: String,
    pub command: Command,
}

/// The commands in the order in which they can be carried out: what holds others before what it holds.
#[derive(Default)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// How many are as they should be.
    pub schemas: Tally,
    pub tables: Tally,
    /// Views that have what they read as their origins.
    pub lineage: Tally,
    /// The views that have not, to be written when all tables are.
    pub origins: Vec<Origins>,
    /// Of the crawled tables in the scope.
    pub columns: usize,
    pub skipped: Vec<Omission>,
    /// Tables that the catalogue has in the scope, and how many of them the source no longer has.
    pub known: usize,
    pub gone: usize,
    /// Tables that are other ones than the catalogue has.
    pub changes: Vec<TableChange>,
    /// FQNs of the tables that are gone.
    pub missing: Vec<String>,
    /// The tables that are removed.
    pub leaving: Vec<Record>,
}

/// What a plan is made of.
pub struct Input<'a> {
    pub registry: &'a Registry,
    /// FQN of the service.
    pub service: &'a str,
    pub crawled: &'a Database,
    pub present: &'a Present,
    pub scope: &'a Scope,
    pub keep_gone: bool,
    /// Look at nothing that the catalogue does not have.
    pub only_known: bool,
    pub now: Millis,
}

impl Input<'_> {
    fn leaves_out(&self, found: Option<&Record>) -> bool {
        self.only_known && !found.is_some_and(|record| record.state.is_alive())
    }
}

impl Plan {
    /// Whether anything comes back that holds other things, which come back with it.
    pub fn restores_containers(&self) -> bool {
        self.steps.iter().any(|step| step.level.is_container() && step.change == Change::Restore)
    }

    /// Takes the steps of databases and schemas out that make or restore them.
    pub fn take_containers(&mut self) -> Vec<Step> {
        let is_first = |step: &mut Step| step.level.is_container() && step.change != Change::Remove;
        self.steps.extract_if(.., is_first).collect()
    }
}

pub fn plan(input: &Input<'_>) -> Plan {
    let Input { registry, service, crawled, present, scope, .. } = *input;
    let mut plan = Plan::default();
    let kind = |name: &str| registry.expect(name);
    let database = name::join(Some(service), &crawled.name);
    let above = Ref::Name(kind("database_service"), service.to_owned());
    let container = Described::container(None);
    let found = present.database.as_ref();
    if input.only_known && !found.is_some_and(|database| database.state.is_alive()) {
        return plan;
    }
    plan.write(
        input,
        WriteTarget { level: Level::Database, kind: kind("database"), above, name: &crawled.name, fqn: &database },
        container,
        found,
    );

    let schemas: HashMap<&str, &Record> = by_fqn(&present.schemas);
    let tables: HashMap<&str, &Record> = by_fqn(&present.tables);
    let mut seen: HashSet<String> = HashSet::new();
    for schema in crawled.schemas.iter().filter(|schema| scope.has_schema(&schema.name)) {
        let fqn = name::join(Some(&database), &schema.name);
        if input.leaves_out(schemas.get(fqn.as_str()).copied()) {
            continue;
        }
        let above = Ref::Name(kind("database"), database.clone());
        let place =
            WriteTarget { level: Level::Schema, kind: kind("database_schema"), above, name: &schema.name, fqn: &fqn };
        plan.write(input, place, Described::container(schema.comment.as_deref()), schemas.get(fqn.as_str()).copied());
        plan.tables_of(input, schema, &database, &fqn, &tables, &mut seen);
        seen.insert(fqn);
    }
    plan.remove(input, &seen);
    plan.link(input, &database, &tables, &seen);
    plan
}

/// Where a step writes.
struct WriteTarget<'a> {
    level: Level,
    kind: Kind,
    above: Ref,
    name: &'a str,
    fqn: &'a str,
}

impl Plan {
    fn tables_of(
        &mut self,
        input: &Input<'_>,
        schema: &Schema,
        database: &str,
        schema_fqn: &str,
        tables: &HashMap<&str, &Record>,
        seen: &mut HashSet<String>,
    ) {
        let kind = input.registry.expect("table");
        for table in schema.tables.iter().filter(|table| input.scope.has_table(&schema.name, &table.name)) {
            let fqn = name::join(Some(schema_fqn), &table.name);
            if input.leaves_out(tables.get(fqn.as_str()).copied()) {
                continue;
            }
            if table.columns.is_empty() {
                let reason = table.fault.clone().unwrap_or(match table.kind.is_view() {
                    true => "it cannot be read: it names what is not there, or what the account may not see".into(),
                    false => "it has no columns".into(),
                });
                self.skipped.push(Omission { name: fqn.clone(), reason: reason.into_owned() });
                seen.insert(fqn);
                continue;
            }
            self.columns += table.columns.len();
            let above = Ref::Name(input.registry.expect("database_schema"), schema_fqn.to_owned());
            let place = WriteTarget { level: Level::Table, kind, above, name: &table.name, fqn: &fqn };
            self.write(
                input,
                place,
                Described::table(table, database, &schema.name),
                tables.get(fqn.as_str()).copied(),
            );
            seen.insert(fqn);
        }
    }

    /// Finds the views whose origins are others than what they read, as far as that will be in the catalogue.
    fn link(&mut self, input: &Input<'_>, database: &str, tables: &HashMap<&str, &Record>, seen: &HashSet<String>) {
        let Input { crawled, present, scope, .. } = *input;
        let skipped: HashSet<&str> = self.skipped.iter().map(|fault| fault.name.as_str()).collect();
        let gone: HashSet<RecordId> = gone(input, seen).iter().map(|table| table.id).collect();
        let known: HashMap<&str, RecordId> = tables
            .iter()
            .filter(|(_, record)| record.state.is_alive())
            .map(|(fqn, record)| (*fqn, record.id))
            .collect();
        let is_there = |fqn: &str| match known.get(fqn) {
            Some(id) => !gone.contains(id),
            None => seen.contains(fqn) && !skipped.contains(fqn),
        };
        for schema in crawled.schemas.iter().filter(|schema| scope.has_schema(&schema.name)) {
            let above = name::join(Some(database), &schema.name);
            for table in schema.tables.iter().filter(|table| scope.has_table(&schema.name, &table.name)) {
                let fqn = name::join(Some(&above), &table.name);
                let edges = tables.get(fqn.as_str()).and_then(|record| present.origins.get(&record.id));
                let edges = edges.map(Vec::as_slice).unwrap_or_default();
                let is_left_out = input.leaves_out(tables.get(fqn.as_str()).copied());
                if is_left_out
                    || skipped.contains(fqn.as_str())
                    || !(table.kind.is_view() || edges.iter().any(is_of_crawl))
                {
                    continue;
                }
                let wanted = Origins::of(table, &fqn, &schema.name, database, is_there);
                if wanted.differ(edges, &known) {
                    self.origins.push(wanted);
                } else if !wanted.reads.is_empty() {
                    self.lineage.unchanged += 1;
                }
            }
        }
    }

    /// Makes, restores or changes one record, where that is needed.
    fn write(&mut self, input: &Input<'_>, place: WriteTarget<'_>, wanted: Described, found: Option<&Record>) {
        let WriteTarget { level, kind, above, name, fqn } = place;
        let now = input.now;
        let counted = found.and_then(|record| input.present.rows.get(&record.id).copied());
        let change = match found {
            None => Change::Create,
            Some(record) if !record.state.is_alive() => Change::Restore,
            Some(record) => {
                let differing = merge::fields(&wanted, Some(&record.body));
                if differing.is_empty() && merge::profile(&wanted, counted, now).is_none() {
                    return self.tally(level, |tally| tally.unchanged += 1);
                }
                let is_observed = differing.keys().all(|field| OBSERVED.contains(&field.as_str()));
                if !is_observed && let Some(change) = TableChange::of(&wanted, record) {
                    self.changes.push(TableChange { fqn: fqn.to_owned(), ..change });
                }
                if is_observed { Change::Observe } else { Change::Update }
            }
        };
        let wanted = Arc::new(wanted);
        let sensitive = input.present.sensitive.map(|tag| Ref::Id(input.registry.expect("tag"), tag));
        let command = Command::Upsert {
            kind,
            parent: Some(above),
            name: name.to_owned(),
            edit: Arc::new(move |view| Ok(merge::draft(&wanted, view, counted, sensitive.as_ref(), now))),
            rules: DoorRules { is_found: true, ..DoorRules::default() },
        };
        self.steps.push(Step { level, change, fqn: fqn.to_owned(), command });
    }

    /// Deletes softly what the scope holds and the source does not. A schema takes its tables along.
    fn remove(&mut self, input: &Input<'_>, seen: &HashSet<String>) {
        let Input { registry, present, .. } = *input;
        self.known = looked_at(input).count();
        let gone = gone(input, seen);
        self.gone = gone.len();
        self.missing = gone.iter().map(|table| table.fqn.clone()).collect();
        if input.keep_gone {
            return;
        }
        self.leaving = gone.iter().map(|table| (*table).clone()).collect();
        let left: HashSet<RecordId> =
            present.schemas.iter().filter(|schema| seen.contains(&schema.fqn)).map(|schema| schema.id).collect();
        for table in gone.into_iter().filter(|table| table.parent.is_some_and(|parent| left.contains(&parent))) {
            self.steps.push(removal(Level::Table, registry.expect("table"), table));
        }
        for schema in present.schemas.iter().filter(|schema| schema.state.is_alive()) {
            if is_crawled(input, &schema.name) && !seen.contains(&schema.fqn) {
                self.steps.push(removal(Level::Schema, registry.expect("database_schema"), schema));
            }
        }
    }

    fn tally(&mut self, level: Level, count: impl FnOnce(&mut Tally)) {
        match level {
            Level::Database => {}
            Level::Schema => count(&mut self.schemas),
            Level::Table => count(&mut self.tables),
            Level::Lineage => count(&mut self.lineage),
        }
    }
}

fn is_crawled(input: &Input<'_>, schema: &str) -> bool {
    input.crawled.only_schema.as_deref().is_none_or(|only| only == schema) && input.scope.has_schema(schema)
}

/// The living tables that the crawl would have found, were they still there.
fn looked_at<'a>(input: &Input<'a>) -> impl Iterator<Item = &'a Record> {
    let Input { present, scope, .. } = *input;
    let schemas = present.schemas.iter().filter(|schema| is_crawled(input, &schema.name));
    let schemas: HashMap<RecordId, &str> = schemas.map(|schema| (schema.id, schema.name.as_str())).collect();
    present.tables.iter().filter(move |table| {
        let schema = table.parent.and_then(|parent| schemas.get(&parent));
        table.state.is_alive() && schema.is_some_and(|schema| scope.has_table(schema, &table.name))
    })
}

fn gone<'a>(input: &Input<'a>, seen: &HashSet<String>) -> Vec<&'a Record> {
    looked_at(input).filter(|table| !seen.contains(&table.fqn)).collect()
}

fn removal(level: Level, kind: Kind, record: &Record) -> Step {
    let how = Deletion { recursive: level != Level::Table, ..Deletion::SOFT };
    let command = Command::Delete { target: Ref::Id(kind, record.id), guard: Guard::None, how };
    Step { level, change: Change::Remove, fqn: record.fqn.clone(), command }
}

fn by_fqn(records: &[Record]) -> HashMap<&str, &Record> {
    records.iter().map(|record| (record.fqn.as_str(), record)).collect()
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
