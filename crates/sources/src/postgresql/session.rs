//! One connection to a server, and what its errors mean.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{StreamExt, pin_mut};
use tokio::net::TcpStream;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::types::Type;
use tokio_postgres::{CancelToken, Client, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::bounds::{Allowance, Bounds, Meter, Metered, Told};
use crate::config::{Server, TlsMode};
use crate::error::{ErrorKind, SourceError};
use crate::rows::{ResultColumn, ResultType};
use crate::tls;

/// Where the server is, and what protects the way to it.
#[derive(Clone)]
struct Place {
    address: SocketAddr,
    host: String,
    tls: rustls::ClientConfig,
}

impl Place {
    async fn connected(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn tls<S>(&self) -> Result<<MakeRustlsConnect as MakeTlsConnect<S>>::TlsConnect, SourceError>
    where
        MakeRustlsConnect: MakeTlsConnect<S>,
    {
        MakeRustlsConnect::new(self.tls.clone()).make_tls_connect(&self.host).map_err(|_| {
            SourceError::new(ErrorKind::Unreachable, "an encrypted connection as configured could not be made")
        })
    }

    async fn cancel(&self, token: &CancelToken) {
        if let (Ok(stream), Ok(tls)) = (self.connected().await, self.tls::<TcpStream>()) {
            let _ = token.cancel_query_raw(stream, tls).await;
        }
    }
}

/// One connection in a read-only transaction. Dropped while it works, it tells the server to stop.
pub struct Session {
    pub client: Client,
    cancel: CancelToken,
    place: Place,
    task: tokio::task::JoinHandle<()>,
    pub meter: Meter,
    pub allowance: Allowance,
    pub busy: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        let task = &self.task;
        // Nothing more comes in that somebody waits for.
        self.meter.allow(Bounds::SMALL.bytes, Bounds::SMALL.bytes);
        if !self.busy {
            task.abort();
            return;
        }
        let (cancel, place, task) = (self.cancel.clone(), self.place.clone(), task.abort_handle());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = tokio::time::timeout(Duration::from_secs(5), place.cancel(&cancel)).await;
                task.abort();
            });
        }
    }
}

impl Session {
    /// A session whose catalogue queries may together tell as much as `bounds` say.
    pub async fn open(
        address: SocketAddr,
        server: &Server,
        timeout: Duration,
        search_path: &str,
        bounds: Bounds,
    ) -> Result<Session, SourceError> {
        let place =
            Place { address, host: server.host.trim_matches(['[', ']']).to_owned(), tls: tls::client(server.tls)? };
        let mut config = tokio_postgres::Config::new();
        config.user(&server.user).password(server.password.expose()).application_name("emporion").ssl_mode(
            match server.tls {
                TlsMode::Disable => SslMode::Disable,
                TlsMode::Prefer => SslMode::Prefer,
                TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
            },
        );
        if let Some(database) = &server.database {
            config.dbname(database);
        }
        let meter = Meter::new(bounds);
        let stream = Metered::new(place.connected().await.map_err(|_| unreachable())?, meter.clone());
        let connecting = config.connect_raw(stream, place.tls::<Metered<TcpStream>>()?);
        let (client, mut connection) =
            connecting.await.map_err(|error| meter.fault().unwrap_or_else(|| classified(&error)))?;
        let task = tokio::spawn(async move {
            // Its errors come out of the client's calls too. What the server remarks is nobody's business: no log's either.
            while let Some(Ok(_)) = poll_fn(|cx| connection.poll_message(cx)).await {}
        });
        let allowance = Allowance::new(bounds);
        let session = Session { cancel: client.cancel_token(), client, place, task, meter, allowance, busy: false };
        let milliseconds = timeout.as_millis().clamp(1, i32::MAX as u128);
        let quoted = search_path.replace('"', "\"\"");
        session
            .batch(&format!(
                "SET default_transaction_read_only = on; SET statement_timeout = {milliseconds}; SET lock_timeout = {milliseconds}; \
                 SET idle_in_transaction_session_timeout = {}; SET standard_conforming_strings = on; SET timezone = 'UTC'; \
                 SET datestyle = 'ISO, YMD'; SET intervalstyle = 'iso_8601'; SET bytea_output = 'hex'; SET extra_float_digits = 1; \
                 SET client_encoding = 'UTF8'; SET search_path = \"{quoted}\"; BEGIN TRANSACTION READ ONLY",
                milliseconds.saturating_mul(2).min(i32::MAX as u128)
            ))
            .await?;
        Ok(session)
    }

    /// What an error of the driver means: that a bound was reached comes out of it as a connection that broke off.
    pub fn fault(&self, error: &tokio_postgres::Error) -> SourceError {
        self.meter.fault().unwrap_or_else(|| classified(error))
    }

    async fn batch(&self, sql: &str) -> Result<(), SourceError> {
        self.client.batch_execute(sql).await.map_err(|error| self.fault(&error))
    }

    /// All rows of a catalogue query, as text.
    pub async fn cells(&mut self, sql: &str) -> Result<Told, SourceError> {
        self.busy = true;
        self.allowance.give(&self.meter);
        let stream = self.client.simple_query_raw(sql).await.map_err(|error| self.fault(&error))?;
        pin_mut!(stream);
        let mut told = Told::default();
        while let Some(message) = stream.next().await {
            let SimpleQueryMessage::Row(row) = message.map_err(|error| self.fault(&error))? else { continue };
            told.push((0..row.len()).map(|at| row.try_get(at).ok().flatten()), &mut self.allowance)?;
        }
        self.busy = false;
        Ok(told)
    }

    pub async fn columns(&mut self, sql: &str) -> Result<Vec<Answering>, SourceError> {
        self.busy = true;
        self.meter.allow(Bounds::SMALL.bytes, Bounds::SMALL.bytes);
        let statement = self.client.prepare(sql).await.map_err(|error| self.fault(&error))?;
        self.busy = false;
        Ok(statement
            .columns()
            .iter()
            .map(|column| Answering {
                column: ResultColumn { name: column.name().to_owned(), kind: result_type(column.type_()) },
                is_padded: *column.type_() == Type::BPCHAR,
            })
            .collect())
    }
}

/// A column of an answer. Texts of `char(n)` come filled up with blanks, which are no part of the value.
pub struct Answering {
    pub column: ResultColumn,
    pub is_padded: bool,
}

pub fn result_columns(columns: Vec<Answering>) -> Vec<ResultColumn> {
    columns.into_iter().map(|answering| answering.column).collect()
}

fn result_type(of: &Type) -> ResultType {
    match *of {
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID | Type::NUMERIC => ResultType::Number,
        Type::FLOAT4 | Type::FLOAT8 => ResultType::Float,
        Type::BOOL => ResultType::Boolean,
        Type::DATE => ResultType::Date,
        Type::TIME => ResultType::Time,
        Type::TIMESTAMP => ResultType::Timestamp,
        Type::TIMESTAMPTZ => ResultType::TimestampTz,
        Type::JSON | Type::JSONB => ResultType::Json,
        Type::BYTEA => ResultType::Binary,
        _ => ResultType::Varchar,
    }
}

fn unreachable() -> SourceError {
    SourceError::new(ErrorKind::Unreachable, "no PostgreSQL server answers there")
}

fn classified(error: &tokio_postgres::Error) -> SourceError {
    let Some(db) = error.as_db_error() else {
        let text = error.to_string();
        if text.contains("password missing") || text.contains("authentication") {
            return SourceError::new(ErrorKind::Unauthorised, "the source refused the credentials");
        }
        if text.contains("TLS") {
            return SourceError::new(ErrorKind::Unreachable, "an encrypted connection as configured could not be made");
        }
        if text.contains("timed out") || text.contains("timeout") {
            return SourceError::timeout();
        }
        return unreachable();
    };
    let code = db.code();
    if *code == SqlState::QUERY_CANCELED || *code == SqlState::LOCK_NOT_AVAILABLE {
        return SourceError::timeout();
    }
    if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        return SourceError::new(ErrorKind::Forbidden, "sources are only read");
    }
    if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        return SourceError::new(ErrorKind::Unauthorised, "the source's account may not read that");
    }
    // A character that there is not counts as a limit there. The routine's name is the same in every language.
    if *code == SqlState::PROGRAM_LIMIT_EXCEEDED && db.routine() == Some("chr") {
        return SourceError::value();
    }
    if *code == SqlState::DIVISION_BY_ZERO {
        return SourceError::division_by_zero();
    }
    match code.code().get(..2) {
        Some("28") => SourceError::new(ErrorKind::Unauthorised, "the source refused the credentials"),
        Some("3D") => SourceError::new(ErrorKind::Configuration, "the server has no such database"),
        // Texts of these classes name tables, columns, functions and features of the statement, never values.
        Some("42" | "0A") => SourceError::quoting(ErrorKind::Syntax, db.message()),
        // Data exceptions, and more rows than one where one value is wanted.
        Some("21" | "22") => SourceError::value(),
        Some("53" | "54") => {
            SourceError::new(ErrorKind::Limit, "the server has not enough resources for the statement")
        }
        Some("57" | "08") => SourceError::new(ErrorKind::Unreachable, "the server does not accept connections now"),
        _ => SourceError::new(ErrorKind::Failed, "the statement failed while it ran"),
    }
}
