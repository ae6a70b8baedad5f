//! Carrying one statement out: who asks what, of which product, and what comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::spelling::decode;
use emporion_products::failure::Code;
use emporion_products::ids::ProductKey;
use emporion_products::limits::MAX_ROWS;
use emporion_products::query::{self, Query, Read};
use emporion_products::request::ProductRequest;
use emporion_semantic::guard::Dialect;
use emporion_semantic::pg::names::{self, Name};
use emporion_semantic::pg::product::{self, Real};
use emporion_semantic::pg::said::Said;
use emporion_semantic::pg::sqlite::{self, ColumnType, ColumnTypes};
use pgwire::api::Type;
use pgwire::error::PgWireError;
use serde_json::{Map, Value};

use crate::DATABASE;
use crate::catalogue;
use crate::door::Door;
use crate::failures::{self, NO_SUCH_TABLE, NOT_OFFERED, READ_ONLY, TOO_LARGE};
use crate::schemas::{self, Schema};
use crate::session::Session;
use crate::values::{Parameter, Table, of_kind};

/// What is answered.
pub enum Outcome {
    Rows(Table),
    Done(&'static str),
    Begun,
    Ended(&'static str),
}

/// What a statement reads with the rights of its caller.
#[derive(Debug, Clone, PartialEq)]
pub struct Rights {
    product: RecordId,
    read: Read,
}

/// Carries it out with these values of its parameters.
///
/// Errors: with the class that PostgreSQL has for it.
pub async fn carry_out(
    door: &Door,
    session: &Session,
    said: &Said,
    parameters: &[Parameter],
) -> Result<Outcome, PgWireError> {
    match said {
        Said::Query(sql) => Ok(Outcome::Rows(ask(door, session, sql, parameters).await?)),
        Said::Begin => Ok(Outcome::Begun),
        Said::Commit => Ok(Outcome::Ended("COMMIT")),
        Said::Rollback => Ok(Outcome::Ended("ROLLBACK")),
        Said::Set { name, value } => {
            session.set(name, value.as_deref())?;
            Ok(Outcome::Done(if value.is_some() { "SET" } else { "RESET" }))
        }
        Said::Idle(tag) => {
            if ["DISCARD ALL", "RESET"].contains(tag) {
                session.reset();
            }
            Ok(Outcome::Done(tag))
        }
        Said::Show(name) => {
            let value = session.setting(name);
            let unknown = || {
                failures::error(failures::NO_SUCH_SETTING, format!("unrecognized configuration parameter \"{name}\""))
            };
            Ok(Outcome::Rows(Table::text(name, value.ok_or_else(unknown)?)))
        }
        Said::Write(verb) => {
            Err(failures::error(READ_ONLY, format!("cannot execute {verb}: this connection is read-only")))
        }
        Said::Unknown(verb) => Err(failures::error(NOT_OFFERED, format!("{verb} is not offered"))),
    }
}

/// The types of what a statement would answer; of one that answers no rows, none.
pub async fn describe(
    door: &Door,
    session: &Session,
    said: &Said,
    parameters: &[Parameter],
) -> Result<Vec<(String, Type)>, PgWireError> {
    match said {
        Said::Show(name) => Ok(vec![(name.clone(), Type::TEXT)]),
        Said::Query(sql) => {
            if is_of_system(sql)? {
                let (caller, _) = session.caller(door).await?;
                return Ok(catalogue::ask(door, session, &caller, sql, None).await?.columns);
            }
            let asked = Asked::read(door, session, sql).await?;
            let (request, query, times) = asked.query(session, sql, parameters)?;
            let products = &door.calls.products;
            let describing = query::describe(products, &request, &query);
            let columns = door.calls.make(&asked.outer, &asked.caller, "pg_describe", describing).await;
            let columns = columns.map_err(|failure| failures::of_failure(&failure))?;
            let column =
                |(at, (name, kind)): (usize, (String, &'static str))| (name, of_kind(kind, time_at(&times, at)));
            Ok(columns.into_iter().enumerate().map(column).collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// What the caller may read by now of what a statement asks for; `None` where that is no rows of a product.
///
/// Errors: as if it were carried out.
pub async fn rights(
    door: &Door,
    session: &Session,
    said: &Said,
    parameters: &[Parameter],
) -> Result<Option<Rights>, PgWireError> {
    let Said::Query(sql) = said else { return Ok(None) };
    if is_of_system(sql)? {
        return Ok(None);
    }
    let asked = Asked::read(door, session, sql).await?;
    let (request, query, _) = asked.query(session, sql, parameters)?;
    let deciding = query::read_by(&door.calls.products, &request, &query);
    let read = deciding.await.map_err(|failure| failures::of_failure(&failure))?;
    Ok(Some(Rights { product: asked.schema.product, read }))
}

/// Whether it is about the system's catalogue, or about nothing that is stored.
///
/// Errors: a query that is about tables of products, too.
fn is_of_system(sql: &str) -> Result<bool, PgWireError> {
    let names = names::relations(sql).map_err(|refusal| failures::of_refusal(&refusal))?;
    let of_system = names.iter().filter(|name| name.is_of_system()).count();
    if of_system > 0 && of_system < names.len() {
        let message = "a statement reads the catalogue or the tables of a data product, and this one names both";
        return Err(failures::error(NOT_OFFERED, message));
    }
    Ok(of_system == names.len())
}

async fn ask(door: &Door, session: &Session, sql: &str, parameters: &[Parameter]) -> Result<Table, PgWireError> {
    if is_of_system(sql)? {
        let (caller, outer) = session.caller(door).await?;
        let values = parameters.iter().map(|parameter| parameter.value.clone()).collect();
        let asking = async {
            let asked = catalogue::ask(door, session, &caller, sql, Some(values)).await;
            // What the client did not get is no failure of the service.
            Ok(asked)
        };
        let answered = door.calls.make(&outer, &caller, "pg_catalogue", asking).await;
        return answered.map_err(|failure| failures::of_failure(&failure))?;
    }
    let asked = Asked::read(door, session, sql).await?;
    let (request, query, times) = asked.query(session, sql, parameters)?;
    let running = query::run(&door.calls.products, &request, &query);
    let answered = door.calls.make(&asked.outer, &asked.caller, "pg_query", running).await;
    let answered = answered.map_err(|failure| failures::of_failure(&failure))?;
    if answered.truncated {
        // A part would be taken for all of it.
        let message = format!("the answer has more than {MAX_ROWS} rows");
        return Err(failures::hinted(TOO_LARGE, message, "Group the rows, or say how many you want with LIMIT."));
    }
    Ok(Table::of(answered, |at| time_at(&times, at)))
}

/// A query, and the product that it is about.
struct Asked {
    caller: Caller,
    outer: emporion_edge::request::Request,
    schema: Schema,
    tables: Arc<Vec<schemas::Table>>,
    /// What it names, and which of the tables that is.
    named: BTreeMap<Name, usize>,
}

impl Asked {
    async fn read(door: &Door, session: &Session, sql: &str) -> Result<Asked, PgWireError> {
        let (caller, outer) = session.caller(door).await?;
        let names = names::relations(sql).map_err(|refusal| failures::of_refusal(&refusal))?;
        let products = &door.calls.products;
        let listed = schemas::of_caller(products, &caller).await;
        let schemas = listed.map_err(|failure| failures::of_failure(&failure))?;
        let path = schemas::search_path(session, &schemas);
        let mut found: Option<(Schema, Arc<Vec<schemas::Table>>)> = None;
        let mut named = BTreeMap::new();
        for name in names {
            let candidates: Vec<&String> = match &name.schema {
                Some(schema) => vec![schema],
                None if path.is_empty() => schemas.keys().collect(),
                None => path.iter().collect(),
            };
            let mut place = None;
            for schema in candidates.into_iter().filter_map(|schema| schemas.get(schema)) {
                let tables = match &found {
                    Some((known, tables)) if known.product == schema.product => tables.clone(),
                    _ => schemas::tables(products, &caller, schema.product)
                        .await
                        .map_err(|failure| failures::of_failure(&failure))?,
                };
                let Some(at) = tables.iter().position(|table| table.name == name.table) else { continue };
                if place.is_some() {
                    let message = format!("several data products have a table \"{}\"", name.table);
                    return Err(failures::hinted(NO_SUCH_TABLE, message, SCHEMA_HINT));
                }
                place = Some((schema, tables, at));
                if !path.is_empty() {
                    break;
                }
            }
            let Some((schema, tables, at)) = place else { return Err(refused(door, &caller, &outer, &name).await) };
            if found.as_ref().is_some_and(|(other, _)| other.product != schema.product) {
                let message = "a statement reads the tables of one data product, and this one names those of several";
                return Err(failures::error(NOT_OFFERED, message));
            }
            found = Some((schema.clone(), tables));
            named.insert(name, at);
        }
        let Some((schema, tables)) = found else {
            return Err(failures::error(NOT_OFFERED, "a statement that reads no table is not offered"));
        };
        Ok(Asked { caller, outer, schema, tables, named })
    }

    /// What the columns of all tables that it names hold, and the parameters that are said to be times.
    fn times(&self, parameters: &[Parameter]) -> ColumnTypes {
        let mut times = ColumnTypes::new();
        for (at, parameter) in parameters.iter().enumerate() {
            let holds = match parameter.ty {
                Some(Type::DATE) => ColumnType::Date,
                Some(Type::TIMESTAMP | Type::TIMESTAMPTZ) => ColumnType::Timestamp,
                _ => continue,
            };
            sqlite::note(&mut times, &format!(":p{}", at + 1), holds);
        }
        for table in self.named.values().map(|at| &self.tables[*at].real) {
            let columns = table.record().and_then(|record| record.body.get("columns")).and_then(Value::as_array);
            for column in columns.into_iter().flatten() {
                let text = |name: &str| column.get(name).and_then(Value::as_str).unwrap_or_default();
                sqlite::note(&mut times, &decode(text("name")), time_of(text("data_type")));
            }
        }
        times
    }

    /// As the product is asked.
    fn query(
        &self,
        session: &Session,
        sql: &str,
        parameters: &[Parameter],
    ) -> Result<(ProductRequest, Query, Times), PgWireError> {
        let real = |at: usize| {
            let table = &self.tables[at].real;
            Real { schema: table.schema().map(str::to_owned), table: table.name().to_owned() }
        };
        let dialect = self.named.values().next().map_or(Dialect::PostgreSql, |at| self.tables[*at].real.dialect());
        let named = self.named.iter().map(|(name, at)| (name.clone(), real(*at))).collect();
        let product::Written { sql, times } = product::written(sql, dialect, &named, &self.times(parameters))
            .map_err(|refusal| failures::of_refusal(&refusal))?;
        let product = ProductKey::Id(self.schema.product.uuid());
        let request = ProductRequest { caller: self.caller.clone(), product };
        let parameters: Map<String, Value> = parameters
            .iter()
            .enumerate()
            .map(|(at, parameter)| (format!("p{}", at + 1), parameter.value.clone()))
            .collect();
        let (rows, timeout) = (MAX_ROWS.unsigned_abs(), session.timeout());
        Ok((request, Query { sql, parameters, rows, timeout, is_preview: false }, times))
    }
}

/// Of the columns of an answer, those that hold times which their source does not know as such.
type Times = Vec<Option<ColumnType>>;

fn time_at(times: &[Option<ColumnType>], at: usize) -> Option<Type> {
    match times.get(at)?.as_ref()? {
        ColumnType::Date => Some(Type::DATE),
        ColumnType::Timestamp => Some(Type::TIMESTAMP),
        ColumnType::Other | ColumnType::Mixed => None,
    }
}

fn time_of(data_type: &str) -> ColumnType {
    match data_type {
        "DATE" => ColumnType::Date,
        "TIMESTAMP" | "DATETIME" | "TIMESTAMPZ" => ColumnType::Timestamp,
        _ => ColumnType::Other,
    }
}

const ACCESS_HINT: &str = "You may see the data product, and not its rows: ask for access on its page.";
const SCHEMA_HINT: &str = "Write schema.table: each data product is a schema.";

/// What a statement is told of a table that it cannot read. Where that is of a product that the caller sees, it is a refusal,
/// and noted as one.
async fn refused(door: &Door, caller: &Caller, outer: &emporion_edge::request::Request, name: &Name) -> PgWireError {
    let Some(schema) = &name.schema else { return no_such(name) };
    let refusing = async {
        match schemas::refusal(&door.calls.products, caller, schema).await? {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    };
    match door.calls.make(outer, caller, "pg_query", refusing).await {
        Ok(()) => no_such(name),
        Err(failure) if matches!(failure.code, Code::FORBIDDEN | Code::ROWS_NOT_GRANTED) => {
            failures::hinted(NO_SUCH_TABLE, not_there(name), ACCESS_HINT)
        }
        Err(failure) => failures::of_failure(&failure),
    }
}

fn not_there(name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("relation \"{schema}.{}\" does not exist", name.table),
        None => format!("relation \"{}\" does not exist", name.table),
    }
}

fn no_such(name: &Name) -> PgWireError {
    let message = not_there(name);
    match name.schema {
        Some(_) => failures::error(NO_SUCH_TABLE, message),
        None => failures::hinted(NO_SUCH_TABLE, message, SCHEMA_HINT),
    }
}

/// Whether a client may connect to this database.
pub fn is_the_database(name: Option<&str>) -> bool {
    name == Some(DATABASE)
}
