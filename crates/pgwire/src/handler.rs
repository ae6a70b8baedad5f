//! One conversation: what its messages ask for, handed on to login and statements.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use emporion_semantic::pg::said::{self, Fetch, Said};
use futures_util::future::{Either, select};
use futures_util::{Sink, SinkExt, stream};
use parking_lot::Mutex;
use pgwire::api::auth::{
    DefaultServerParameterProvider, StartupHandler, finish_authentication, protocol_negotiation,
    save_startup_parameters_to_metadata,
};
use pgwire::api::portal::{Format, Portal, PortalExecutionState};
use pgwire::api::query::{
    ExtendedQueryHandler, SimpleQueryHandler, send_describe_response, send_execution_response, send_query_response,
};
use pgwire::api::results::{
    DescribePortalResponse, DescribeStatementResponse, FieldFormat, FieldInfo, QueryResponse, Response, Tag,
};
use pgwire::api::stmt::{QueryParser, StoredStatement};
use pgwire::api::store::{Entry, PortalStore};
use pgwire::api::{
    ClientInfo, ClientPortalStore, ConnectionHandle, DEFAULT_NAME, PgWireConnectionState, PidSecretKeyGenerator, Type,
};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::data::DataRow;
use pgwire::messages::extendedquery::{Describe, Execute, Sync as SyncMessage, TARGET_TYPE_BYTE_PORTAL};
use pgwire::messages::response::{ReadyForQuery, TransactionStatus};
use pgwire::messages::startup::Authentication;
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};

use crate::door::Door;
use crate::failures::{self, NO_SUCH_DATABASE, NOT_AUTHORISED};
use crate::login;
use crate::memory_budget::{MemoryBudget, Reservation};
use crate::portals::{Described, Portals, Sent, as_described};
use crate::rights::Rights;
use crate::session::{Session, VERSION, startup_settings};
use crate::statement::{self, Description, Outcome};
use crate::values::{self, Bound};

/// What is answered to one text.
const MOST_ANSWERED: usize = 32 << 20;
/// Of what a client gives a name to.
const MOST_NAME: usize = 63;
const MOST_PARAMETERS: usize = 1_000;
const MOST_PORTALS: usize = 100;
/// Rows that a client may take at a time; whoever says another number gets them all.
const ROWS_AT_A_TIME: std::ops::RangeInclusive<i32> = 0..=10_000;

pub struct Handler {
    door: Arc<Door>,
    session: OnceLock<Session>,
    handle: OnceLock<Arc<ConnectionHandle>>,
    read: Portals,
    /// The portals that there are by their names, with what their parameters take.
    portals: Mutex<HashMap<String, Reservation>>,
}

/// Takes statements to be prepared, where there is room for them.
pub struct Parser {
    /// Of who has logged in.
    room: Option<Arc<MemoryBudget>>,
}

/// A prepared statement.
pub struct Prepared {
    said: Said,
    /// The types that its client was told before there was an answer.
    told: Mutex<Option<Vec<Type>>>,
    _kept: Reservation,
}

impl Handler {
    pub fn new(door: Arc<Door>) -> Handler {
        Handler {
            door,
            session: OnceLock::new(),
            handle: OnceLock::new(),
            read: Portals::default(),
            portals: Mutex::default(),
        }
    }

    pub fn is_logged_in(&self) -> bool {
        self.session.get().is_some()
    }

    fn session(&self) -> PgWireResult<&Session> {
        self.session.get().ok_or_else(nobody)
    }

    /// Errors: for who may not act any more.
    pub async fn look_again(&self) -> PgWireResult<()> {
        self.session()?.caller(&self.door).await.map(drop)
    }

    /// Takes a message that names things only within bounds.
    pub fn admit(&self, message: &PgWireFrontendMessage) -> PgWireResult<()> {
        let named = |name: &Option<String>| match name.as_ref().is_none_or(|name| name.len() <= MOST_NAME) {
            true => Ok(()),
            false => Err(failures::error(failures::TOO_LARGE, format!("a name may have {MOST_NAME} bytes"))),
        };
        let counted = |count: usize| match count <= MOST_PARAMETERS {
            true => Ok(()),
            false => Err(failures::error(failures::TOO_LARGE, format!("there may be {MOST_PARAMETERS} parameters"))),
        };
        match message {
            PgWireFrontendMessage::Parse(parse) => {
                named(&parse.name)?;
                counted(parse.type_oids.len())
            }
            PgWireFrontendMessage::Bind(bind) => {
                named(&bind.portal_name)?;
                counted(bind.parameters.len())?;
                let mut portals = self.portals.lock();
                let name = bind.portal_name.as_deref().unwrap_or(DEFAULT_NAME);
                if portals.len() >= MOST_PORTALS && !portals.contains_key(name) {
                    return Err(failures::error(failures::TOO_LARGE, "too many portals: close some"));
                }
                let bytes = bind.parameters.iter().flatten().map(bytes::Bytes::len).sum();
                portals.insert(name.to_owned(), self.session()?.room.take(bytes)?);
                Ok(())
            }
            PgWireFrontendMessage::Close(close) if close.target_type == TARGET_TYPE_BYTE_PORTAL => {
                let name = close.name.as_deref().unwrap_or(DEFAULT_NAME);
                self.portals.lock().remove(name);
                self.read.close(name);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Portals last as long as their transaction, and no longer than until it fails; then cursors end, too.
    pub fn end_portals(&self, client: &(impl ClientInfo + ClientPortalStore<PortalStore: PortalStore>)) {
        let status = client.transaction_status();
        if status == TransactionStatus::Transaction {
            return;
        }
        client.portal_store().clear_portals();
        self.portals.lock().clear();
        self.read.clear();
        if let (TransactionStatus::Error, Some(session)) = (status, self.session.get()) {
            session.cursors.end();
        }
    }

    /// In a transaction that has failed, nothing is done until it ends.
    fn look_at(&self, client: &impl ClientInfo, said: &Said) -> PgWireResult<()> {
        let is_failed = client.transaction_status() == TransactionStatus::Error;
        if is_failed && !matches!(said, Said::Commit | Said::Rollback | Said::Idle("ROLLBACK")) {
            let message = "current transaction is aborted, commands ignored until end of transaction block";
            return Err(failures::error(failures::FAILED_TRANSACTION, message));
        }
        Ok(())
    }

    async fn log_in<C>(&self, client: &mut C, secret: &str) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = client.metadata().get("user").cloned().ok_or(PgWireError::UserNameRequired)?;
        let address = client.socket_addr().ip().to_canonical();
        let proof = login::prove(&self.door, &name, secret, address).await?;
        let database = client.metadata().get("database").cloned();
        let database = database.unwrap_or_else(|| name.clone());
        if !statement::is_the_database(Some(&database)) {
            let message =
                format!("database \"{database}\" does not exist: the one that there is is \"{}\"", crate::DATABASE);
            return Err(failures::fatal(NO_SUCH_DATABASE, message));
        }
        let place = self.door.shares.place(proof.account, proof.user);
        let place = place.ok_or_else(|| failures::fatal("53300", "you have too many connections: close some"))?;
        let session = Session::new(&name, proof, place, (address, client.is_secure()));
        for (name, value) in startup_settings(client.metadata()) {
            session.set(&name, Some(&value))?;
        }
        let (pid, key) = self.door.keys.generate(client);
        client.set_pid_and_secret_key(pid, key.clone());
        let (handle, guard) = self.door.running.register(pid, key);
        client.session_extensions().insert::<Arc<ConnectionHandle>>(handle.clone());
        client.session_extensions().insert(guard);
        let _ = self.handle.set(handle);
        let _ = self.session.set(session);
        let mut parameters = DefaultServerParameterProvider::default();
        VERSION.clone_into(&mut parameters.server_version);
        "\"$user\", public".clone_into(&mut parameters.search_path);
        "UTC".clone_into(&mut parameters.time_zone);
        "ISO, MDY".clone_into(&mut parameters.date_style);
        parameters.is_superuser = false;
        parameters.default_transaction_read_only = true;
        finish_authentication(client, &parameters).await
    }

    fn bound(portal: &Portal<Arc<Prepared>>) -> Vec<Bound> {
        let types = &portal.statement.parameter_types;
        let one = |(at, bytes): (usize, &Option<bytes::Bytes>)| {
            let is_binary = values::format_at(&portal.parameter_format, at) == FieldFormat::Binary;
            Bound { bytes: bytes.clone(), is_binary, ty: types.get(at).cloned().flatten() }
        };
        portal.parameters.iter().enumerate().map(one).collect()
    }

    /// What the caller may read by now of what a portal asks for.
    async fn rights(&self, portal: &Portal<Arc<Prepared>>) -> PgWireResult<Option<Rights>> {
        let bound = Self::bound(portal);
        statement::rights(&self.door, self.session()?, &portal.statement.statement.said, &bound).await
    }

    /// Errors: for a portal of which a part was sent, and the rest may not be.
    async fn look_at_rest(&self, portal: &Portal<Arc<Prepared>>) -> PgWireResult<()> {
        let is_begun = matches!(*portal.state.lock().await, PortalExecutionState::Suspended(_));
        let Some(before) = self.read.begun_with(&portal.name, &portal.state).filter(|_| is_begun) else {
            return Ok(());
        };
        if self.rights(portal).await? == Some(before) {
            return Ok(());
        }
        Err(failures::rights_have_changed())
    }
}

fn nobody() -> PgWireError {
    failures::fatal(NOT_AUTHORISED, "nobody has logged in")
}

fn fields(columns: &[(String, Type)], format: &Format) -> Vec<FieldInfo> {
    let field = |(at, (name, ty)): (usize, &(String, Type))| {
        let size = match *ty {
            Type::BOOL | Type::CHAR => 1,
            Type::INT2 => 2,
            Type::INT4 | Type::OID | Type::FLOAT4 | Type::DATE => 4,
            Type::INT8 | Type::FLOAT8 | Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ => 8,
            Type::NAME => 64,
            _ => -1,
        };
        FieldInfo::new(name.clone(), None, None, ty.clone(), values::format_at(format, at)).with_type_size(size)
    };
    columns.iter().enumerate().map(field).collect()
}

/// How an answer is sent.
struct Sending<'a> {
    /// The types that its client was told before.
    told: Option<Vec<Type>>,
    format: &'a Format,
    /// The rows that its client takes at first, and room for the others.
    portion: Option<(usize, &'a Arc<MemoryBudget>)>,
}

impl Sending<'_> {
    /// All at once, as text.
    const WHOLE: Sending<'static> = Sending { told: None, format: &Format::UnifiedText, portion: None };
}

/// As the library sends it, and how many bytes of rows it has. What is to be said beside it is sent here, and what is copied,
/// behind what was answered before it.
///
/// Errors: a value that is none of its type; rows that there is no room for.
async fn response<C>(
    client: &mut C,
    before: &mut Vec<Response>,
    outcome: Outcome,
    Sending { told, format, portion }: Sending<'_>,
) -> PgWireResult<(Response, usize)>
where
    C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send,
    C::Error: Debug,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    for warning in outcome.warnings() {
        client.feed(PgWireBackendMessage::NoticeResponse(failures::warning(warning))).await?;
    }
    let mut bytes = 0;
    let response = match outcome {
        Outcome::Copied(copied) if before.is_empty() => Response::Execution(copied.send(client).await?),
        Outcome::Copied(copied) => {
            send(client, before).await?;
            let tag = copied.send(client).await?;
            // What was sent already is not asked about transactions any more.
            match client.transaction_status() {
                TransactionStatus::Transaction => Response::TransactionStart(tag),
                _ => Response::TransactionEnd(tag),
            }
        }
        Outcome::Rows(mut table) => {
            if let Some(told) = told {
                for ((_, ty), told) in table.columns.iter_mut().zip(told) {
                    *ty = told;
                }
            }
            let types: Vec<Type> = table.columns.iter().map(|(_, ty)| ty.clone()).collect();
            let rows = table.encoded(&types, format)?;
            bytes = rows.iter().map(|row| row.data.capacity() + size_of::<DataRow>()).sum();
            let left = portion.filter(|(first, _)| rows.len() >= *first);
            let kept = left.map(|(_, room)| room.take(bytes)).transpose()?;
            let schema = Arc::new(fields(&table.columns, format));
            // It goes with the rows.
            let rows = rows.into_iter().map(move |row| (Ok(row), &kept).0);
            let mut response = QueryResponse::new(schema, stream::iter(rows));
            if table.is_fetched {
                response.set_command_tag("FETCH");
            }
            Response::Query(response)
        }
        Outcome::Done(tag) => Response::Execution(Tag::new(tag)),
        Outcome::Moved(rows) => Response::Execution(Tag::new("MOVE").with_rows(rows)),
        Outcome::Begun => Response::TransactionStart(Tag::new("BEGIN")),
        Outcome::Ended(tag) => Response::TransactionEnd(Tag::new(tag)),
    };
    Ok((response, bytes))
}

/// Sends what was answered so far.
async fn send<C>(client: &mut C, answered: &mut Vec<Response>) -> PgWireResult<()>
where
    C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send,
    C::Error: Debug,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    for response in answered.drain(..) {
        let status = client.transaction_status();
        match response {
            Response::Query(rows) => send_query_response(client, rows, true).await?,
            Response::TransactionStart(tag) => {
                send_execution_response(client, tag).await?;
                client.set_transaction_status(status.to_in_transaction_state());
            }
            Response::TransactionEnd(tag) => {
                send_execution_response(client, tag).await?;
                client.set_transaction_status(status.to_idle_state());
            }
            Response::Execution(tag) => send_execution_response(client, tag).await?,
            _ => {}
        }
    }
    Ok(())
}

#[async_trait]
impl StartupHandler for Handler {
    async fn on_startup<C>(&self, client: &mut C, message: PgWireFrontendMessage) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        match message {
            PgWireFrontendMessage::Startup(startup) => {
                protocol_negotiation(client, &startup).await?;
                // A password is not asked for where others could read it.
                if !client.is_secure() && !client.socket_addr().ip().to_canonical().is_loopback() {
                    return Err(failures::fatal(NOT_AUTHORISED, "connect with TLS (sslmode=require)"));
                }
                save_startup_parameters_to_metadata(client, &startup);
                client.set_state(PgWireConnectionState::AuthenticationInProgress);
                client.send(PgWireBackendMessage::Authentication(Authentication::CleartextPassword)).await?;
                Ok(())
            }
            PgWireFrontendMessage::PasswordMessageFamily(message) => {
                self.log_in(client, &message.into_password()?.password).await
            }
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl SimpleQueryHandler for Handler {
    async fn do_query<C>(&self, client: &mut C, query: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let session = self.session()?;
        let statements = said::statements(query).map_err(|refusal| failures::of_refusal(&refusal))?;
        let mut responses = Vec::with_capacity(statements.len());
        let mut answered = 0;
        for said in statements {
            let done = match self.look_at(client, &said) {
                Ok(()) => statement::carry_out(&self.door, session, &said, &[]).await,
                Err(error) => Err(error),
            };
            let done = match done {
                Ok(outcome) => response(client, &mut responses, outcome, Sending::WHOLE).await,
                Err(error) => Err(error),
            };
            let done = done.and_then(|(response, bytes)| {
                // One answer has bounds of its own.
                if answered > 0 && answered + bytes > MOST_ANSWERED {
                    return Err(failures::error(
                        failures::TOO_LARGE,
                        "the statements answer too much: send fewer at once",
                    ));
                }
                answered += bytes;
                Ok(response)
            });
            match done {
                Ok(response) => responses.push(response),
                Err(error) => {
                    let info: pgwire::error::ErrorInfo = error.into();
                    if info.is_fatal() || responses.is_empty() {
                        return Err(PgWireError::UserError(Box::new(info)));
                    }
                    // What came before it is answered first.
                    responses.push(Response::Error(Box::new(info)));
                    break;
                }
            }
        }
        Ok(responses)
    }
}

#[async_trait]
impl QueryParser for Parser {
    type Statement = Arc<Prepared>;

    async fn parse_sql<C>(&self, _: &C, sql: &str, types: &[Option<Type>]) -> PgWireResult<Option<Arc<Prepared>>>
    where
        C: ClientInfo + Unpin + Send + Sync,
    {
        let room = self.room.as_ref().ok_or_else(nobody)?;
        let mut statements = said::statements(sql).map_err(|refusal| failures::of_refusal(&refusal))?;
        let Some(said) = statements.pop() else { return Ok(None) };
        if !statements.is_empty() {
            let message = "cannot insert multiple commands into a prepared statement";
            return Err(failures::error(failures::SYNTAX, message));
        }
        let kept = room.take(sql.len() + size_of_val(types) + 1_000)?;
        Ok(Some(Arc::new(Prepared { said, told: Mutex::default(), _kept: kept })))
    }

    fn get_parameter_types(&self, _: &Arc<Prepared>) -> PgWireResult<Vec<Type>> {
        Ok(Vec::new())
    }

    fn get_result_schema(&self, _: &Arc<Prepared>, _: Option<&Format>) -> PgWireResult<Vec<FieldInfo>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl ExtendedQueryHandler for Handler {
    type Statement = Arc<Prepared>;
    type QueryParser = Parser;

    fn query_parser(&self) -> Arc<Parser> {
        Arc::new(Parser { room: self.session.get().map(|session| session.prepared.clone()) })
    }

    async fn on_execute<C>(&self, client: &mut C, mut message: Execute) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Arc<Prepared>>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        // He may act still: what was answered a moment ago is not sent to somebody else.
        self.look_again().await?;
        if !ROWS_AT_A_TIME.contains(&message.max_rows) {
            message.max_rows = 0;
        }
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        if let Some(Entry::Value(portal)) = client.portal_store().get_portal(name) {
            self.look_at_rest(&portal).await?;
        }
        self._on_execute(client, message).await
    }

    async fn on_describe<C>(&self, client: &mut C, message: Describe) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Arc<Prepared>>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        // What DECLARE has made is a portal, too.
        if message.target_type == TARGET_TYPE_BYTE_PORTAL
            && let Some(name) = &message.name
            && client.portal_store().get_portal(name).is_none()
            && let Ok(columns) = self.session()?.cursors.columns(name)
        {
            let described = DescribePortalResponse::new(fields(&columns, &Format::UnifiedText));
            return send_describe_response(client, &described).await;
        }
        self._on_describe(client, message).await
    }

    async fn on_sync<C>(&self, client: &mut C, _: SyncMessage) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Arc<Prepared>>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        client.portal_store().rm_portal(DEFAULT_NAME);
        self.portals.lock().remove(DEFAULT_NAME);
        self.read.close(DEFAULT_NAME);
        self.end_portals(client);
        let ready = ReadyForQuery::new(client.transaction_status());
        client.send(PgWireBackendMessage::ReadyForQuery(ready)).await?;
        client.flush().await?;
        Ok(())
    }

    async fn do_query<C>(&self, client: &mut C, portal: &Portal<Arc<Prepared>>, rows: usize) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Arc<Prepared>>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let (prepared, session) = (&portal.statement.statement, self.session()?);
        self.look_at(client, &prepared.said)?;
        let sending = Sending {
            told: prepared.told.lock().clone(),
            format: &portal.result_column_format,
            portion: (rows > 0).then_some((rows, &session.room)),
        };
        let described = self.read.take_described(&portal.state);
        let is_asked = described.is_some() || rows > 0;
        let rights = if is_asked { self.rights(portal).await? } else { None };
        if rows > 0 {
            self.read.begin(&portal.name, &portal.state, rights.clone());
        }
        let columns = match described.map(|described| described.sent(rights.as_ref())) {
            Some(Sent::Read(table)) => {
                let outcome = Outcome::Rows(table);
                return response(client, &mut Vec::new(), outcome, sending).await.map(|(response, _)| response);
            }
            Some(Sent::Again(columns)) => Some(columns),
            None => None,
        };
        let bound = Self::bound(portal);
        let mut outcome = statement::carry_out(&self.door, session, &prepared.said, &bound).await?;
        if let (Outcome::Rows(table), Some(columns)) = (&mut outcome, columns) {
            as_described(table, columns)?;
        }
        response(client, &mut Vec::new(), outcome, sending).await.map(|(response, _)| response)
    }

    async fn do_describe_statement<C>(
        &self,
        client: &mut C,
        target: &StoredStatement<Arc<Prepared>>,
    ) -> PgWireResult<DescribeStatementResponse>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Arc<Prepared>>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let prepared = &target.statement;
        self.look_at(client, &prepared.said)?;
        let given = &target.parameter_types;
        let described = statement::describe(&self.door, self.session()?, &prepared.said, given).await?;
        let Description { parameters, columns } = described;
        *prepared.told.lock() = Some(columns.iter().map(|(_, ty)| ty.clone()).collect());
        Ok(DescribeStatementResponse::new(parameters, fields(&columns, &Format::UnifiedText)))
    }

    async fn do_describe_portal<C>(
        &self,
        client: &mut C,
        portal: &Portal<Arc<Prepared>>,
    ) -> PgWireResult<DescribePortalResponse>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Arc<Prepared>>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let prepared = &portal.statement.statement;
        if !matches!(prepared.said, Said::Query(_) | Said::Show(_) | Said::Fetch(Fetch { is_move: false, .. })) {
            return Ok(DescribePortalResponse::new(Vec::new()));
        }
        self.look_at(client, &prepared.said)?;
        let bound = Self::bound(portal);
        let session = self.session()?;
        // What is refused here is refused, and noted, where it is carried out.
        let rights = self.rights(portal).await;
        let running = Box::pin(statement::carry_out(&self.door, session, &prepared.said, &bound));
        let outcome = match self.handle.get() {
            Some(handle) => match select(running, handle.start_query().await).await {
                Either::Left((outcome, _)) => outcome?,
                Either::Right(_) => return Err(PgWireError::QueryCanceled),
            },
            None => running.await?,
        };
        let Outcome::Rows(mut table) = outcome else { return Ok(DescribePortalResponse::new(Vec::new())) };
        if let Some(told) = prepared.told.lock().as_ref() {
            for ((_, ty), told) in table.columns.iter_mut().zip(told) {
                ty.clone_from(told);
            }
        }
        let fields = fields(&table.columns, &portal.result_column_format);
        let rights = rights?;
        self.read.describe(Described::new(portal.state(), table, rights, &session.room));
        Ok(DescribePortalResponse::new(fields))
    }
}
