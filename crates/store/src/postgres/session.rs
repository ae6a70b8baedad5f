//! One connection, with every statement prepared once and kept.

use std::collections::HashMap;
use std::future::poll_fn;

use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Row, Statement};

use super::address::Address;
use super::error::PostgresError;
use super::options::Options;

/// Values of a statement, in the order of their marks.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Statements that one connection keeps; lists have some hundred forms. Beyond that it begins anew.
const STATEMENTS: usize = 512;

pub struct Session {
    client: Client,
    statements: Mutex<HashMap<Box<str>, Statement>>,
    driver: JoinHandle<()>,
}

impl Session {
    /// Connects. What the server tells of by itself is handed on where somebody listens: the payload of notifications.
    pub async fn open(
        address: &Address,
        options: &Options,
        heard: Option<UnboundedSender<String>>,
    ) -> Result<Session, PostgresError> {
        let (client, mut connection) = address.config.connect(address.tls.clone()).await?;
        let driver = tokio::spawn(async move {
            // Its errors come out of the client's calls, too.
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let (AsyncMessage::Notification(told), Some(heard)) = (message, &heard) {
                    let _ = heard.send(told.payload().to_owned());
                }
            }
        });
        let session = Session { client, statements: Mutex::default(), driver };
        let (statement, idle) = (options.statement_timeout.as_millis(), options.idle_timeout.as_millis());
        // An acknowledged commit is on disk, whatever the server does by default.
        session
            .batch(&format!(
                "SET statement_timeout = {statement}; SET idle_in_transaction_session_timeout = {idle}; SET jit = off; \
                 SELECT set_config('synchronous_commit', 'on', false) \
                 WHERE current_setting('synchronous_commit') = 'off'"
            ))
            .await?;
        Ok(session)
    }

    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Statements without values or answers, which are not kept.
    pub async fn batch(&self, sql: &str) -> Result<(), PostgresError> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// How many rows it wrote.
    pub async fn run(&self, sql: &str, params: Params<'_>) -> Result<u64, PostgresError> {
        let statement = self.statement(sql).await?;
        Ok(self.client.execute(&statement, params).await?)
    }

    pub async fn first<T>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl FnOnce(&Row) -> Result<T, PostgresError>,
    ) -> Result<Option<T>, PostgresError> {
        let statement = self.statement(sql).await?;
        self.client.query(&statement, params).await?.first().map(read).transpose()
    }

    pub async fn all<T>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl FnMut(&Row) -> Result<T, PostgresError>,
    ) -> Result<Vec<T>, PostgresError> {
        let statement = self.statement(sql).await?;
        self.client.query(&statement, params).await?.iter().map(read).collect()
    }

    pub async fn finds(&self, sql: &str, params: Params<'_>) -> Result<bool, PostgresError> {
        let statement = self.statement(sql).await?;
        Ok(!self.client.query(&statement, params).await?.is_empty())
    }

    async fn statement(&self, sql: &str) -> Result<Statement, PostgresError> {
        if let Some(known) = self.statements.lock().get(sql) {
            return Ok(known.clone());
        }
        let statement = self.client.prepare(sql).await?;
        let mut statements = self.statements.lock();
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Nothing that somebody waits for comes any more; the server takes back what was not committed.
        self.driver.abort();
    }
}
