//! From a statement and the tables it may read to what a source is asked: the guard stands between the two.

use std::collections::BTreeSet;

use emporion_catalog::reading::Through;
use emporion_catalog::record::Record;
use emporion_catalog::text;
use emporion_semantic::guard::{
    self, Column, Dialect, Link, Literal, NamedTable, Parameters, Plan, Policy, Refusal, Rule, Table, TableName,
};
use serde_json::{Map, Value};

use crate::assets::relations::Relation;
use crate::assets::row_counts::RowCounts;
use crate::connection::Connection;
use crate::data_sources::data_source as stored;
use crate::databases::{Speech, Target};
use crate::failure::{Code, Failure};
use crate::message::Message;
use crate::reach::column_masks::{self, Masked};
use crate::reach::followed::Followed;
use crate::reach::{Closed, Group, Reach, Reached};
use crate::service::Products;

/// What it takes to reach a stored source. The caller's right to use it was looked at before.
pub async fn target_of(products: &Products, service: &Record) -> Result<Target, Failure> {
    let clear = products.catalog.unseal(service).await?;
    let pointers = clear.iter().map(|(pointer, _)| pointer.clone()).collect();
    let connection: Connection = stored::stored(service, &pointers);
    Ok(stored::target(service.account, service_type(service), &connection, clear))
}

fn service_type(service: &Record) -> &str {
    service.body.get("service_type").and_then(Value::as_str).unwrap_or_default()
}

/// How statements for a source are written. What it cannot be asked for, for want of settings or of a driver, is the
/// standard's way.
pub fn speech(products: &Products, service: Option<&Record>) -> Speech {
    let standard = Speech { dialect: Dialect::PostgreSql, default_schema: None, database: None, place: String::new() };
    service.and_then(|service| speech_of(products, service)).unwrap_or(standard)
}

/// Whether a source can be asked at all: there is a driver for it, and all that it takes to reach it is set.
pub fn is_connected(products: &Products, service: &Record) -> bool {
    speech_of(products, service).is_some()
}

fn speech_of(products: &Products, service: &Record) -> Option<Speech> {
    // The secrets stay sealed: nothing is connected.
    let connection = stored::stored(service, &Default::default());
    let target = stored::target(service.account, service_type(service), &connection, []);
    products.databases.speech(&target).ok()
}

/// What a statement on the tables of one source may read.
///
/// Errors: a row filter that is none.
pub fn policy(products: &Products, tables: &[Reach], speech: &Speech, counts: &RowCounts) -> Result<Policy, Refusal> {
    let mut policy = Policy::new(speech.dialect);
    if let Some(schema) = &speech.default_schema {
        policy = policy.with_default_schema(schema);
    }
    // A connection that sees one database sees no tables of others; elsewhere that level is only a name.
    let only = speech.database.as_deref();
    let first = || tables.iter().find_map(|reach| reach.relation.database.as_deref());
    if let Some(database) = only.or_else(first) {
        policy = policy.with_database(database);
    }
    for reach in tables.iter().filter(|reach| is_near(&reach.relation, speech)) {
        policy.allow_linked(table(products, reach, &speech.place, counts), links(&reach.links))?;
    }
    Ok(policy)
}

/// Whether a connection sees the table: one that sees one database sees none of others.
pub fn is_near(relation: &Relation, speech: &Speech) -> bool {
    match (speech.database.as_deref(), relation.database.as_deref()) {
        (Some(only), Some(database)) => only == database,
        _ => true,
    }
}

fn table(products: &Products, reach: &Reach, place: &str, counts: &RowCounts) -> Table {
    let mut columns = columns(&reach.relation.column_names());
    if let Some(only) = &reach.only {
        for column in &mut columns {
            column.hidden = !only.contains(&column.name);
        }
    }
    for column in &mut columns {
        let masked = reach.masked.get(&column.name);
        let (keys, relation) = (&products.mask_keys, &reach.relation);
        let mask = |masked: &Masked| column_masks::guarded(keys, relation, place, &column.name, *masked);
        column.mask = masked.map(mask);
    }
    Table {
        name: TableName { schema: reach.relation.schema.clone(), name: reach.relation.name.clone() },
        columns: Some(columns).filter(|columns| !columns.is_empty()),
        filter: reach.filter.clone(),
        rows: counts.of_relation(&reach.relation),
    }
}

fn links(followed: &[Followed]) -> Vec<Link> {
    let link = |followed: &Followed| {
        let relation = &followed.to.relation;
        Link {
            columns: followed.columns.clone(),
            to: Table {
                name: TableName { schema: relation.schema.clone(), name: relation.name.clone() },
                columns: Some(columns(&relation.column_names())).filter(|columns| !columns.is_empty()),
                filter: followed.to.filter.clone(),
                rows: None,
            },
            to_links: links(&followed.to.links),
            to_columns: followed.to_columns.clone(),
        }
    };
    followed.iter().map(link).collect()
}

pub fn columns(names: &[String]) -> Vec<Column> {
    names.iter().map(Column::named).collect()
}

/// The data sources that statements may be for, each with what may be read there.
#[derive(Debug)]
pub struct Sources {
    sources: Vec<Source>,
    /// Tables that a statement may name and not read.
    closed: Vec<Closed>,
    /// How much a statement would read may follow rows that are hidden from the caller.
    is_filtered: bool,
}

#[derive(Debug)]
pub struct Source {
    /// `None`: the product has none, and its tables are not in the catalogue.
    pub service: Option<Through>,
    tables: Vec<Named>,
    dialect: Dialect,
    policy: Result<Policy, Refusal>,
    /// What stands in double quotes is a name wherever a statement passes the guard. SQLite takes one that names no column
    /// for a text, and the guard finds that where the columns are known.
    is_name_quoted: bool,
    weight: usize,
}

/// A table by its name alone.
#[derive(Debug)]
struct Named {
    database: Option<String>,
    schema: Option<String>,
    name: String,
    /// Its full name in the catalogue, where that has it.
    record: Option<String>,
    /// The connection sees it.
    is_near: bool,
}

/// A statement that one source may run.
#[derive(Debug)]
pub struct Decided<'s> {
    pub source: &'s Source,
    /// Its place among the sources.
    pub at: usize,
    pub policy: &'s Policy,
    pub plan: Plan,
}

impl Decided<'_> {
    /// The statement without the values in it.
    pub fn without_values(&self, sql: &str) -> String {
        if self.source.is_name_quoted { text::hidden_beside_names(sql) } else { text::hidden(sql) }
    }
}

impl Source {
    fn of(products: &Products, group: Group, counts: &RowCounts) -> Source {
        let speech = speech(products, group.service.as_deref());
        let policy = policy(products, &group.tables, &speech, counts);
        let weight = group.tables.iter().map(weight).sum();
        let is_name_quoted = match speech.dialect {
            Dialect::PostgreSql => true,
            Dialect::Sqlite => group.tables.iter().all(|reach| reach.relation.columns().next().is_some()),
            Dialect::MySql => false,
        };
        let named = |Reach { relation, .. }: Reach| Named {
            is_near: is_near(&relation, &speech),
            database: relation.database,
            schema: relation.schema,
            name: relation.name,
            record: relation.record.map(|record| record.fqn.clone()),
        };
        let tables = group.tables.into_iter().map(named).collect();
        Source { service: group.service, tables, dialect: speech.dialect, policy, is_name_quoted, weight }
    }

    fn name(&self) -> Option<&str> {
        self.service.as_ref().map(|service| service.name.as_str())
    }

    fn planned(&self, sql: &str, parameters: &Parameters, rows: u64) -> Result<(&Policy, Plan), Refusal> {
        let policy = self.policy.as_ref().map_err(Clone::clone)?;
        Ok((policy, guard::guard_rows(sql, policy, parameters, rows)?))
    }

    /// Whether the catalogue has every table that the name may mean.
    pub fn is_in_catalogue(&self, table: &TableName) -> bool {
        let mut named = self.tables.iter().filter(|named| named.name.eq_ignore_ascii_case(&table.name));
        named.all(|named| named.record.is_some())
    }

    /// The full name that the catalogue has for a table of it; else the one that the source has.
    pub fn full_name(&self, table: &TableName) -> String {
        let is_meant = |named: &&Named| named.is_near && named.name == table.name && named.schema == table.schema;
        let mut meant = self.tables.iter().filter(is_meant);
        match (meant.next().and_then(|named| named.record.clone()), meant.next()) {
            (Some(record), None) => record,
            _ => table.schema.iter().chain([&table.name]).map(String::as_str).collect::<Vec<_>>().join("."),
        }
    }
}

impl Named {
    fn may_be(&self, wanted: &NamedTable) -> bool {
        may_be(wanted, self.database.as_deref(), self.schema.as_deref(), &self.name)
    }
}

/// Whether a statement that says `wanted` may mean the table: what neither says counts as the same.
fn may_be(wanted: &NamedTable, database: Option<&str>, schema: Option<&str>, name: &str) -> bool {
    let same = |wanted: Option<&str>, own: Option<&str>| {
        wanted.zip(own).is_none_or(|(wanted, own)| wanted.eq_ignore_ascii_case(own))
    };
    wanted.table.name.eq_ignore_ascii_case(name)
        && same(wanted.table.schema.as_deref(), schema)
        && same(wanted.database.as_deref(), database)
}

/// About how many bytes a policy holds for a table.
fn weight(reach: &Reach) -> usize {
    const TABLE: usize = 400;
    const COLUMN: usize = 100;
    TABLE
        + COLUMN * reach.relation.columns().count()
        + reach.filter.as_ref().map_or(0, |filter| 4 * filter.len())
        + COLUMN * reach.masked.len()
        + reach
            .links
            .iter()
            .flat_map(Followed::all)
            .map(|link| {
                let filter = link.to.filter.as_ref().map_or(0, |filter| 4 * filter.len());
                2 * TABLE + COLUMN * link.to.relation.columns().count() + filter
            })
            .sum::<usize>()
}

impl Sources {
    /// Made once for many statements.
    pub fn of(products: &Products, reached: Reached, counts: &RowCounts) -> Sources {
        let Reached { groups, closed, is_filtered } = reached;
        let sources = groups.into_iter().map(|group| Source::of(products, group, counts)).collect();
        Sources { sources, closed, is_filtered }
    }

    /// About how many bytes it holds.
    pub fn weight(&self) -> usize {
        const CLOSED: usize = 100;
        self.sources.iter().map(|source| source.weight).sum::<usize>() + CLOSED * self.closed.len()
    }

    /// What the source, or the guard, says of a statement that costs too much, as this caller may hear it.
    pub fn of_cost(&self, failure: Failure) -> Failure {
        if self.is_filtered && failure.code == Code::COST_LIMIT {
            return Failure::new(Code::COST_LIMIT, "the query is too large");
        }
        failure
    }

    /// The same source for a statement that was written for it.
    ///
    /// Errors: 422 with the guard's rule; where its connection does not see the tables.
    pub fn decide_in(&self, at: usize, sql: &str, parameters: &Parameters, rows: u64) -> Result<Decided<'_>, Failure> {
        let far =
            || Failure::new(Code::VALIDATION_FAILED, "no data source of the {product} is connected to the tables");
        let source = self.sources.get(at).ok_or_else(far)?;
        let planned = source.planned(sql, parameters, rows);
        let (policy, plan) = planned.map_err(|refusal| self.of_cost(refused(&refusal)))?;
        Ok(Decided { source, at, policy, plan })
    }

    /// Finds the source whose tables the statement names. It is to answer at most `rows`.
    ///
    /// Errors: 422 with the guard's rule; `SEVERAL_SOURCES` where the tables it names are all there, but not in one
    /// source; `AMBIGUOUS_SOURCE` where several have tables of these names.
    pub fn decide(&self, sql: &str, parameters: &Parameters, rows: u64) -> Result<Decided<'_>, Failure> {
        let mut refusals = Vec::new();
        for (at, source) in self.sources.iter().enumerate() {
            match source.planned(sql, parameters, rows) {
                Ok((policy, plan)) => {
                    if self.is_ambiguous(at, sql) {
                        let message = "several data sources have tables of the names that it uses: say which, as in database.schema.table";
                        return Err(Failure::sql_not_allowed("AMBIGUOUS_SOURCE", message));
                    }
                    return Ok(Decided { source, at, policy, plan });
                }
                Err(refusal) => refusals.push((source.dialect, refusal)),
            }
        }
        let is_elsewhere = |rule: Rule| matches!(rule, Rule::TableNotAllowed | Rule::OtherDatabase);
        // A statement that only lacks tables here, and breaks another rule there, is about the tables there.
        let reported = refusals.iter().find(|(_, refusal)| !is_elsewhere(refusal.rule)).or(refusals.first());
        let Some((dialect, refusal)) = reported else {
            return Err(Failure::new(Code::VALIDATION_FAILED, "the {product} has no tables that could be asked"));
        };
        if is_elsewhere(refusal.rule)
            && let Some(closed) = self.named_and_closed(sql)
        {
            return Err(not_granted(closed));
        }
        if is_elsewhere(refusal.rule) && self.sources.len() > 1 && self.are_scattered(sql, *dialect) {
            let message = "its tables lie in several data sources, and a statement reads one";
            return Err(Failure::sql_not_allowed("SEVERAL_SOURCES", message));
        }
        Err(self.of_cost(refused(refusal)))
    }

    /// Whether another source has all the tables that the statement names, too; closed ones count: the statement may have
    /// been written when they were open.
    fn is_ambiguous(&self, at: usize, sql: &str) -> bool {
        let source = &self.sources[at];
        let named = guard::tables_named(sql, source.dialect);
        let own = source.name();
        let services = self.closed.iter().filter_map(|closed| closed.service.as_deref());
        let others: BTreeSet<&str> = services.chain(self.sources.iter().filter_map(Source::name)).collect();
        let has = |service: &str, wanted: &NamedTable| {
            let mut sources = self.sources.iter().filter(|source| source.name() == Some(service));
            let mut closed = self.closed.iter().filter(|closed| closed.service.as_deref() == Some(service));
            sources.any(|source| source.tables.iter().any(|table| table.may_be(wanted)))
                || closed
                    .any(|closed| may_be(wanted, closed.database.as_deref(), closed.schema.as_deref(), &closed.name))
        };
        !named.is_empty()
            && others.iter().any(|other| Some(*other) != own && named.iter().all(|wanted| has(other, wanted)))
    }

    /// A table that the statement names and whose rows the product was not lent.
    fn named_and_closed(&self, sql: &str) -> Option<&Closed> {
        let mut named = Vec::new();
        for source in &self.sources {
            named.extend(guard::tables_named(sql, source.dialect));
        }
        let is_named = |closed: &&Closed| {
            let (database, schema) = (closed.database.as_deref(), closed.schema.as_deref());
            named.iter().any(|wanted| may_be(wanted, database, schema, &closed.name))
        };
        self.closed.iter().find(is_named)
    }

    /// Whether each table that a statement names is in some source.
    fn are_scattered(&self, sql: &str, dialect: Dialect) -> bool {
        let named = guard::tables_named(sql, dialect);
        let is_there = |wanted: &NamedTable| {
            self.sources.iter().flat_map(|source| &source.tables).any(|table| table.may_be(wanted))
        };
        !named.is_empty() && named.iter().all(is_there)
    }
}

/// The failure of a call that asks for rows which nobody has lent.
fn not_granted(closed: &Closed) -> Failure {
    if let Some(refused) = closed.refused {
        return refused.failure(closed.is_seen.then_some(closed.name.as_str()));
    }
    let message = match closed.is_seen {
        true => Message::with("the rows of \"{}\" were not granted to the {product}", [closed.name.as_str()]),
        false => "rows of a table that it names were not granted to the {product}".into(),
    };
    Failure::new(Code::ROWS_NOT_GRANTED, message)
}

/// What the guard has against a statement, as the failure of a call.
pub fn refused(refusal: &Refusal) -> Failure {
    if refusal.rule == Rule::CostLimit {
        return Failure::new(Code::COST_LIMIT, Message::verbatim(refusal.message.as_str()));
    }
    let failure = Failure::sql_not_allowed(refusal.rule.code(), &refusal.message);
    match refusal.position {
        Some(at) => failure.detail("line", at.line).detail("column", at.column),
        None => failure,
    }
}

/// Values for what a statement writes as `:name`.
pub fn parameters(given: &Map<String, Value>) -> Parameters {
    given.iter().map(|(name, value)| (name.clone(), literal(value))).collect()
}

pub fn literal(value: &Value) -> Literal {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => Literal::Null,
        Value::Bool(flag) => Literal::Boolean(*flag),
        Value::Number(number) => Literal::Number(number.to_string()),
        Value::String(text) => Literal::Text(text.clone()),
    }
}
