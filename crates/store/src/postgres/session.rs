//! One connection, with every statement prepared once and kept.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use emporion_model::ports::StoreError;
use futures_util::TryStreamExt;
use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, CopyInSink, CopyOutStream, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::PostgresError;
use super::options::{FailsOnPurpose, Options};

/// Values of a statement, in the order of their marks.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Statements that one connection keeps; lists have some hundred forms. Beyond that it begins anew.
const STATEMENTS: usize = 512;
/// Fails as a statement does that has met another transaction.
const ON_PURPOSE: &str = "DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '40001'; END $$";
/// How much longer than a statement may take its answer is waited for.
const ON_ITS_WAY: Duration = Duration::from_secs(5);

pub struct Session {
    client: Client,
    tls: MakeRustlsConnect,
    statements: Mutex<HashMap<Box<str>, Statement>>,
    driver: JoinHandle<()>,
    /// How long the server may say nothing to somebody who waits.
    patience: Duration,
    /// Statements have no limit at present.
    is_patient: AtomicBool,
    /// How many calls were begun, and how many answers have come.
    calls: AtomicU64,
    answers: AtomicU64,
    is_given_up: AtomicBool,
    /// The server has warned of something.
    warned: Arc<AtomicBool>,
    fails_on_purpose: Option<FailsOnPurpose>,
    /// Statements of the transaction are planned for their values.
    plans_for_values: AtomicBool,
}

/// While it lives, answers are waited for without a limit.
pub struct Patience<'a>(&'a Session);

impl Drop for Patience<'_> {
    fn drop(&mut self) {
        self.0.is_patient.store(false, Ordering::Release);
    }
}

impl Session {
    /// Connects. What the server tells of by itself is handed on where somebody listens: the payload of notifications.
    pub async fn open(
        at: &Config,
        tls: &MakeRustlsConnect,
        options: &Options,
        heard: Option<UnboundedSender<String>>,
    ) -> Result<Session, PostgresError> {
        let (client, mut connection) = at.connect(tls.clone()).await?;
        let warned = Arc::new(AtomicBool::new(false));
        let warns = warned.clone();
        let driver = tokio::spawn(async move {
            // Its errors come out of the client's calls, too.
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                match (message, &heard) {
                    (AsyncMessage::Notification(told), Some(heard)) => drop(heard.send(told.payload().to_owned())),
                    (AsyncMessage::Notice(told), _) if *told.code() == SqlState::WARNING => {
                        warns.store(true, Ordering::Release);
                    }
                    _ => {}
                }
            }
        });
        let mut session = Session {
            client,
            tls: tls.clone(),
            statements: Mutex::default(),
            driver,
            patience: options.statement_timeout + ON_ITS_WAY,
            is_patient: AtomicBool::new(false),
            calls: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            is_given_up: AtomicBool::new(false),
            warned,
            fails_on_purpose: None,
            plans_for_values: AtomicBool::new(false),
        };
        let (statement, idle) = (options.statement_timeout.as_millis(), options.idle_timeout.as_millis());
        // An acknowledged commit is on disk, whatever the server does by default.
        session
            .batch(&format!(
                "SET statement_timeout = {statement}; SET idle_in_transaction_session_timeout = {idle}; SET jit = off; \
                 SET plan_cache_mode = force_generic_plan; SELECT set_config('synchronous_commit', 'on', false) \
                 WHERE current_setting('synchronous_commit') = 'off'"
            ))
            .await?;
        session.fails_on_purpose = options.fails_on_purpose.clone();
        Ok(session)
    }

    pub fn is_closed(&self) -> bool {
        self.is_given_up.load(Ordering::Acquire) || self.client.is_closed()
    }

    /// For statements that the server sets no limit to, either.
    pub fn patient(&self) -> Patience<'_> {
        self.is_patient.store(true, Ordering::Release);
        Patience(self)
    }

    /// The answer to a call. A server that has fallen silent is given up, and the connection with it.
    async fn answered<T>(
        &self,
        call: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, PostgresError> {
        self.calls.fetch_add(1, Ordering::AcqRel);
        let mut call = pin!(call);
        loop {
            let before = self.answers.load(Ordering::Acquire);
            if let Ok(answer) = tokio::time::timeout(self.patience, call.as_mut()).await {
                self.answers.fetch_add(1, Ordering::AcqRel);
                return Ok(answer?);
            }
            // Calls stand in a row: where one before it was answered meanwhile, its own time begins now.
            if !self.is_patient.load(Ordering::Acquire) && self.answers.load(Ordering::Acquire) == before {
                self.is_given_up.store(true, Ordering::Release);
                self.driver.abort();
                return Err(PostgresError::Gone("the database does not answer".into()));
            }
        }
    }

    async fn fail_on_purpose(&self, sql: &str) -> Result<(), PostgresError> {
        match &self.fails_on_purpose {
            Some(fails) if fails(sql) => self.answered(self.client.batch_execute(ON_PURPOSE)).await,
            _ => Ok(()),
        }
    }

    /// Statements without values or answers, which are not kept.
    pub async fn batch(&self, sql: &str) -> Result<(), PostgresError> {
        self.fail_on_purpose(sql).await?;
        self.answered(self.client.batch_execute(sql)).await
    }

    /// Begins a transaction. Statements are planned once and for all values: what looks rows up by their keys has one plan,
    /// and planning it takes longer than running it.
    pub async fn begin(&self, sql: &str) -> Result<(), PostgresError> {
        self.plans_for_values.store(false, Ordering::Release);
        self.batch(sql).await
    }

    /// The statements of this transaction are planned for their values from now on: how many rows a list has to pass turns on
    /// them.
    pub async fn plan_for_values(&self) -> Result<(), PostgresError> {
        match self.plans_for_values.swap(true, Ordering::AcqRel) {
            true => Ok(()),
            false => self.batch("SET LOCAL plan_cache_mode = auto").await,
        }
    }

    /// Commits.
    ///
    /// Errors: where the connection is lost meanwhile, nobody knows what became of it; nor where the server says so itself (40003),
    /// or anything that does not mean for certain that nothing is stored; nor where it warns: somebody has ended its waiting for
    /// a standby, and a standby that takes over may not have it.
    pub async fn commit(&self) -> Result<(), PostgresError> {
        self.warned.store(false, Ordering::Release);
        let why = match self.batch("COMMIT").await {
            Ok(()) if self.warned.load(Ordering::Acquire) => "no standby was waited for".into(),
            Err(PostgresError::Gone(detail) | PostgresError::Store(StoreError::Internal(detail))) => detail,
            done => return done,
        };
        Err(PostgresError::unavailable(format!("nobody knows what became of a commit: {why}")))
    }

    /// Ends a statement that is under way although nobody waits for it any more.
    ///
    /// Answers whether there was one. Nothing is asked by this connection then: what cancels it may come later than its end, and
    /// would meet another statement.
    pub async fn cancel(&self) -> bool {
        let answers = self.answers.load(Ordering::Acquire);
        if self.calls.swap(answers, Ordering::AcqRel) == answers {
            return false;
        }
        let cancelling = async { self.client.cancel_token().cancel_query(self.tls.clone()).await };
        // Where it does not come there, the statement ends by itself, or in time.
        drop(tokio::time::timeout(ON_ITS_WAY, cancelling).await);
        true
    }

    /// Commits what was `done`, or takes back. What broke it off comes before what breaks down now.
    pub async fn end<T>(&self, done: Result<T, PostgresError>, commits: bool) -> Result<T, PostgresError> {
        let ended = if commits { self.commit().await } else { self.batch("ROLLBACK").await };
        done.and_then(|done| ended.map(|()| done))
    }

    /// How many rows it wrote.
    pub async fn run(&self, sql: &str, params: Params<'_>) -> Result<u64, PostgresError> {
        let statement = self.ready(sql).await?;
        self.answered(self.client.execute(&statement, params)).await
    }

    pub async fn first<T>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl FnOnce(&Row) -> Result<T, PostgresError>,
    ) -> Result<Option<T>, PostgresError> {
        let statement = self.ready(sql).await?;
        self.answered(self.client.query(&statement, params)).await?.first().map(read).transpose()
    }

    pub async fn all<T>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl FnMut(&Row) -> Result<T, PostgresError>,
    ) -> Result<Vec<T>, PostgresError> {
        let statement = self.ready(sql).await?;
        self.answered(self.client.query(&statement, params)).await?.iter().map(read).collect()
    }

    /// Rows as they come, one in memory at a time, until `take` wants no more.
    pub async fn each(
        &self,
        sql: &str,
        params: Params<'_>,
        mut take: impl FnMut(&Row) -> Result<bool, PostgresError>,
    ) -> Result<(), PostgresError> {
        let statement = self.ready(sql).await?;
        let mut rows = pin!(self.answered(self.client.query_raw(&statement, params.iter().copied())).await?);
        while let Some(row) = self.answered(rows.try_next()).await? {
            if !take(&row)? {
                break;
            }
        }
        Ok(())
    }

    pub async fn finds(&self, sql: &str, params: Params<'_>) -> Result<bool, PostgresError> {
        let statement = self.ready(sql).await?;
        Ok(!self.answered(self.client.query(&statement, params)).await?.is_empty())
    }

    /// Takes rows in; where it is dropped before its end, none of them.
    pub async fn copy_in(&self, sql: &str) -> Result<CopyInSink<Bytes>, PostgresError> {
        self.answered(self.client.copy_in(sql)).await
    }

    /// Gives rows out.
    pub async fn copy_out(&self, sql: &str) -> Result<CopyOutStream, PostgresError> {
        self.answered(self.client.copy_out(sql)).await
    }

    async fn ready(&self, sql: &str) -> Result<Statement, PostgresError> {
        self.fail_on_purpose(sql).await?;
        self.statement(sql).await
    }

    async fn statement(&self, sql: &str) -> Result<Statement, PostgresError> {
        if let Some(known) = self.statements.lock().get(sql) {
            return Ok(known.clone());
        }
        let statement = self.answered(self.client.prepare(sql)).await?;
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
