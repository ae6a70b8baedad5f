//! Carrying one statement out: who asks what, of which product, and what comes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use emporion_catalog::caller::Caller;
use emporion_products::failure::Code;
use emporion_products::ids::ProductKey;
use emporion_products::limits::MAX_ROWS;
use emporion_products::query::{self, Query};
use emporion_products::request::ProductRequest;
use emporion_products::warning::Warning;
use emporion_semantic::guard::Dialect;
use emporion_semantic::pg::about::{self, About};
use emporion_semantic::pg::arrays::element_name;
use emporion_semantic::pg::names::Name;
use emporion_semantic::pg::product::{self, Given, Real, Written};
use emporion_semantic::pg::said::{self, Said};
use pgwire::api::Type;
use pgwire::error::PgWireError;
use serde_json::{Map, Value};

use crate::DATABASE;
use crate::catalogue;
use crate::computed;
use crate::copy::Copied;
use crate::cursors::Declared;
use crate::door::Door;
use crate::failures::{self, NO_SUCH_TABLE, NOT_OFFERED, READ_ONLY, TOO_LARGE};
use crate::rights::Rights;
use crate::schemas::{self, Schema};
use crate::session::Session;
use crate::values::{Bound, Table, array_of, given, of_columns, of_kind, told};

/// What is answered.
pub enum Outcome {
    Rows(Table),
    Copied(Copied),
    Done(&'static str),
    /// So many rows of a cursor were passed over.
    Moved(usize),
    Begun,
    Ended(&'static str),
}

impl Outcome {
    /// What is to be said beside it.
    pub fn warnings(&self) -> &[Warning] {
        match self {
            Outcome::Rows(table) => &table.warnings,
            Outcome::Copied(copied) => &copied.warnings,
            Outcome::Done(_) | Outcome::Moved(_) | Outcome::Begun | Outcome::Ended(_) => &[],
        }
    }
}

/// Carries it out with these values of its parameters.
///
/// Errors: with the class that PostgreSQL has for it.
pub async fn carry_out(door: &Door, session: &Session, said: &Said, bound: &[Bound]) -> Result<Outcome, PgWireError> {
    match said {
        Said::Query(sql) => Ok(Outcome::Rows(ask(door, session, sql, bound).await?)),
        Said::Copy(copy) => {
            let table = ask(door, session, &copy.query, bound).await?;
            Ok(Outcome::Copied(Copied::of(table, &copy.form)?))
        }
        Said::Declare { cursor, query, is_held } => {
            let rights = rights_to(door, session, query, bound).await?;
            let table = ask(door, session, query, bound).await?;
            let declared = Declared { query: query.clone(), bound: bound.to_vec(), rights, is_held: *is_held };
            session.cursors.open(&session.room, cursor, declared, table)?;
            Ok(Outcome::Done("DECLARE CURSOR"))
        }
        Said::Fetch(fetch) => {
            let Declared { query, bound, rights: before, .. } = session.cursors.declared(&fetch.cursor)?;
            // He may act still.
            session.caller(door).await?;
            if rights_to(door, session, &query, &bound).await? != before {
                return Err(failures::rights_have_changed());
            }
            let table = session.cursors.fetch(fetch)?;
            Ok(if fetch.is_move { Outcome::Moved(table.rows.len()) } else { Outcome::Rows(table) })
        }
        Said::Close(cursor) => {
            session.cursors.close(cursor.as_deref())?;
            Ok(Outcome::Done("CLOSE CURSOR"))
        }
        Said::Begin => Ok(Outcome::Begun),
        Said::Commit | Said::Rollback => {
            session.cursors.end();
            Ok(Outcome::Ended(if *said == Said::Commit { "COMMIT" } else { "ROLLBACK" }))
        }
        Said::Set { name, value } => {
            session.set(name, value.as_deref())?;
            Ok(Outcome::Done(if value.is_some() { "SET" } else { "RESET" }))
        }
        Said::Idle(tag) => {
            if ["DISCARD ALL", "RESET"].contains(tag) {
                session.reset();
            }
            if *tag == "DISCARD ALL" {
                session.cursors.close(None)?;
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

/// What a statement takes and answers.
#[derive(Default)]
pub struct Description {
    pub parameters: Vec<Type>,
    /// Of one that answers no rows, none.
    pub columns: Vec<(String, Type)>,
}

/// Describes it. `given` are the types that the client says its parameters are of.
pub async fn describe(
    door: &Door,
    session: &Session,
    said: &Said,
    given: &[Option<Type>],
) -> Result<Description, PgWireError> {
    match said {
        Said::Show(name) => Ok(Description { columns: vec![(name.clone(), Type::TEXT)], ..Description::default() }),
        Said::Fetch(fetch) => {
            let columns = session.cursors.columns(&fetch.cursor)?;
            Ok(Description { columns, ..Description::default() })
        }
        Said::Query(sql) | Said::Declare { query: sql, .. } => {
            let ty = |at: usize| given.get(at).cloned().flatten();
            let count = said::parameters(sql);
            let bound: Vec<Bound> = (0..count).map(|at| Bound { ty: ty(at), ..Bound::default() }).collect();
            let (known, columns) = described(door, session, sql, &bound).await?;
            let known = |at: usize| known.get(at).cloned().unwrap_or(Type::TEXT);
            let parameters = (0..count).map(|at| ty(at).unwrap_or_else(|| known(at))).collect();
            let columns = if matches!(said, Said::Query(_)) { columns } else { Vec::new() };
            Ok(Description { parameters, columns })
        }
        _ => Ok(Description::default()),
    }
}

async fn described(
    door: &Door,
    session: &Session,
    sql: &str,
    bound: &[Bound],
) -> Result<(Vec<Type>, Vec<(String, Type)>), PgWireError> {
    let named = match about(sql)? {
        About::System => {
            let (caller, _) = session.caller(door).await?;
            let parameters = catalogue::parameters(sql, &given(bound))?;
            return Ok((parameters, catalogue::ask(door, session, &caller, sql, None).await?.columns));
        }
        About::Nothing => {
            let written = computed::written(sql, bound)?;
            let columns = computed::ask(session, &written, bound).await?.columns;
            return Ok((parameters(&written), columns));
        }
        About::Tables(named) => named,
    };
    let asked = Asked::read(door, session, named).await?;
    let Prepared { request, query, written } = asked.query(session, sql, bound)?;
    let describing = query::describe(&door.calls.products, &request, &query);
    let columns = door.calls.make(&asked.outer, &asked.caller, "pg_describe", describing).await;
    let columns = columns.map_err(|failure| failures::of_failure(&failure))?;
    let said = of_columns(&written.columns, columns.len());
    let columns = columns.iter().enumerate().map(|(at, (name, kind))| (name.clone(), of_kind(kind, said(at))));
    Ok((parameters(&written), columns.collect()))
}

/// What its parameters are told as.
fn parameters(written: &Written) -> Vec<Type> {
    let parameter = |(at, ty): (usize, &Option<_>)| {
        let ty = ty.map_or(Type::TEXT, told);
        if written.arrays.contains(&at) { array_of(&ty) } else { ty }
    };
    written.parameters.iter().enumerate().map(parameter).collect()
}

/// What the caller may read by now of what a statement asks for; `None` where that is nothing that takes rights.
///
/// Errors: as if it were carried out.
pub async fn rights(
    door: &Door,
    session: &Session,
    said: &Said,
    bound: &[Bound],
) -> Result<Option<Rights>, PgWireError> {
    match said {
        Said::Query(sql) => rights_to(door, session, sql, bound).await,
        Said::Fetch(fetch) => {
            let Declared { query, bound, .. } = session.cursors.declared(&fetch.cursor)?;
            rights_to(door, session, &query, &bound).await
        }
        _ => Ok(None),
    }
}

async fn rights_to(door: &Door, session: &Session, sql: &str, bound: &[Bound]) -> Result<Option<Rights>, PgWireError> {
    let named = match about(sql)? {
        About::Tables(named) => named,
        About::System => {
            let (caller, _) = session.caller(door).await?;
            let seen = schemas::seen(&door.calls.products, &caller).await;
            return Ok(Some(Rights::Catalogue(seen.map_err(|failure| failures::of_failure(&failure))?)));
        }
        About::Nothing => return Ok(None),
    };
    let asked = Asked::read(door, session, named).await?;
    let Prepared { request, query, .. } = asked.query(session, sql, bound)?;
    let deciding = query::read_by(&door.calls.products, &request, &query);
    let read = deciding.await.map_err(|failure| failures::of_failure(&failure))?;
    Ok(Some(Rights::Rows { product: asked.schema.product, read }))
}

fn about(sql: &str) -> Result<About, PgWireError> {
    about::about(sql).map_err(|refusal| failures::of_refusal(&refusal))
}

async fn ask(door: &Door, session: &Session, sql: &str, bound: &[Bound]) -> Result<Table, PgWireError> {
    let about = about(sql)?;
    let About::Tables(named) = about else {
        let (caller, outer) = session.caller(door).await?;
        let asking = async {
            match about {
                About::Nothing => computed::ask(session, &computed::written(sql, bound)?, bound).await,
                _ => catalogue::ask(door, session, &caller, sql, Some(bound)).await,
            }
        };
        // What the client did not get is no failure of the service.
        let asking = async { Ok(asking.await) };
        let answered = door.calls.make(&outer, &caller, "pg_catalogue", asking).await;
        return answered.map_err(|failure| failures::of_failure(&failure))?;
    };
    let asked = Asked::read(door, session, named).await?;
    let Prepared { request, query, written } = asked.query(session, sql, bound)?;
    let running = query::run(&door.calls.products, &request, &query);
    let answered = door.calls.make(&asked.outer, &asked.caller, "pg_query", running).await;
    let mut answered = answered.map_err(|failure| failures::of_failure(&failure))?;
    if session.setting("client_min_messages").as_deref() == Some("error") {
        answered.warnings.clear();
    }
    if answered.truncated {
        return Err(too_many_rows());
    }
    Ok(Table::of(answered, &written.columns))
}

/// A part would be taken for all of it.
pub fn too_many_rows() -> PgWireError {
    let message = format!("the answer has more than {MAX_ROWS} rows");
    failures::hinted(TOO_LARGE, message, "Group the rows, or say how many you want with LIMIT.")
}

/// A query, and the product that it is about.
struct Asked {
    caller: Caller,
    outer: emporion_edge::request::Request,
    schema: Schema,
    tables: Arc<schemas::Tables>,
    /// What it names, and which of the tables that is.
    named: BTreeMap<Name, usize>,
}

impl Asked {
    async fn read(door: &Door, session: &Session, names: BTreeSet<Name>) -> Result<Asked, PgWireError> {
        let (caller, outer) = session.caller(door).await?;
        let products = &door.calls.products;
        let listed = schemas::of_caller(products, &caller).await;
        let schemas = listed.map_err(|failure| failures::of_failure(&failure))?;
        let path = schemas.search_path(session);
        let mut found: Option<(Schema, Arc<schemas::Tables>)> = None;
        let mut named = BTreeMap::new();
        for name in names {
            // What means several products means none of them.
            let said = name.schema.clone().map_or_else(|| session.search_path(), |schema| vec![schema]);
            if let Some(refusal) = said.iter().find_map(|schema| schemas.ambiguity(schema)) {
                return Err(refusal);
            }
            let candidates: Vec<&String> = match &name.schema {
                Some(schema) => vec![schema],
                None if path.is_empty() => schemas.names().collect(),
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
                let Some(at) = tables.all.iter().position(|table| table.name == name.table) else { continue };
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

    /// As the product is asked.
    fn query(&self, session: &Session, sql: &str, bound: &[Bound]) -> Result<Prepared, PgWireError> {
        let real = |at: usize| {
            let table = &self.tables.all[at].real;
            Real { schema: table.schema().map(str::to_owned), table: table.name().to_owned() }
        };
        let dialect = self.named.values().next().map_or(Dialect::PostgreSql, |at| self.tables.all[*at].real.dialect());
        let named = self.named.iter().map(|(name, at)| (name.clone(), real(*at))).collect();
        let tables = self.named.iter().map(|(name, at)| (name.clone(), self.tables.all[*at].types.clone())).collect();
        let given = Given { types: &given(bound), count: &|at| bound.get(at).and_then(Bound::count) };
        let written = product::written(sql, dialect, &named, &tables, &given);
        let written = written.map_err(|refusal| failures::of_refusal(&refusal))?;
        let parameters = values(&written, bound)?;
        let product = ProductKey::Id(self.schema.product.uuid());
        let request = ProductRequest { caller: self.caller.clone(), product };
        let (rows, timeout, sql) = (MAX_ROWS.unsigned_abs(), session.timeout(), written.sql.clone());
        Ok(Prepared { request, query: Query { sql, parameters, rows, timeout, is_preview: false }, written })
    }
}

/// What is bound to the parameters of a statement, by their names there.
pub fn values(written: &Written, bound: &[Bound]) -> Result<Map<String, Value>, PgWireError> {
    let mut values = Map::new();
    for (at, one) in bound.iter().enumerate() {
        let known = written.parameters.get(at).copied().flatten();
        if written.arrays.contains(&at) {
            let elements = one.elements(known)?.into_iter().enumerate();
            values.extend(elements.map(|(element, value)| (element_name(at, element), value)));
        } else {
            values.insert(format!("p{}", at + 1), one.value(known)?);
        }
    }
    Ok(values)
}

/// A query as its product is asked, and what is known of it.
struct Prepared {
    request: ProductRequest,
    query: Query,
    written: Written,
}

const ACCESS_HINT: &str = "You may see the data product, and not its rows: ask for access on its page.";
const SCHEMA_HINT: &str = "Write schema.table: each data product is a schema.";

/// What a statement is told of a table that it cannot read. Where that is of a product that the caller sees, it is a refusal,
/// and noted as one.
async fn refused(door: &Door, caller: &Caller, outer: &emporion_edge::request::Request, name: &Name) -> PgWireError {
    let hint = match &name.schema {
        None => Some(SCHEMA_HINT),
        Some(schema) => {
            let refusing = async {
                match schemas::refusal(&door.calls.products, caller, schema).await? {
                    Some(refusal) => Err(refusal),
                    None => Ok(()),
                }
            };
            match door.calls.make(outer, caller, "pg_query", refusing).await {
                Ok(()) => None,
                Err(failure) if matches!(failure.code, Code::FORBIDDEN | Code::ROWS_NOT_GRANTED) => Some(ACCESS_HINT),
                Err(failure) => return failures::of_failure(&failure),
            }
        }
    };
    let called: Vec<&str> = name.schema.iter().chain([&name.table]).map(String::as_str).collect();
    let message = format!("relation \"{}\" does not exist", called.join("."));
    match hint {
        Some(hint) => failures::hinted(NO_SUCH_TABLE, message, hint),
        None => failures::error(NO_SUCH_TABLE, message),
    }
}

/// Whether a client may connect to this database.
pub fn is_the_database(name: Option<&str>) -> bool {
    name == Some(DATABASE)
}
