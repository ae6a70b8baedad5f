//! PostgreSQL, and what speaks like it.

mod crawled;
mod session;

use std::time::{Duration, Instant};

use async_trait::async_trait;
use emporion_semantic::guard::{Dialect, Estimate, Plan};
use futures_util::{StreamExt, pin_mut};
use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

use self::crawled::{Catalogue, is_split, relations};
use self::session::{Session, result_columns};
use crate::bounds::{Bounds, aside};
use crate::config::Server;
use crate::error::SourceError;
use crate::metadata::{Database, TableSummary};
use crate::progress::Progress;
use crate::rows::{self, Collector, Limits, ResultColumn, ResultType, Rows};
use crate::rules::Rules;
use crate::source::{Budget, Source, Tested};

pub struct PostgreSql {
    server: Server,
    rules: Rules,
}

impl PostgreSql {
    pub(crate) fn new(server: Server, rules: Rules) -> PostgreSql {
        PostgreSql { server, rules }
    }

    fn schema(&self) -> &str {
        self.server.default_schema.as_deref().unwrap_or("public")
    }

    /// Everything of one call: connect, work, within `timeout`.
    async fn within<T>(
        &self,
        timeout: Duration,
        statement: &str,
        work: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, SourceError> {
        // A server that stops talking is noticed here; one that works too long notices itself a little earlier.
        let done = tokio::time::timeout(timeout + Duration::from_millis(250), work).await;
        let done = done.unwrap_or_else(|_| Err(SourceError::timeout()));
        done.map_err(|error| error.without(self.server.password.expose(), statement))
    }

    async fn session(&self, timeout: Duration, search_path: &str, bounds: Bounds) -> Result<Session, SourceError> {
        let address = self.rules.address(&self.server.host, self.server.port, timeout).await?;
        Session::open(address, &self.server, timeout, search_path, bounds).await
    }
}

#[async_trait]
impl Source for PostgreSql {
    fn dialect(&self) -> Dialect {
        Dialect::PostgreSql
    }

    fn default_schema(&self) -> Option<String> {
        Some(self.schema().to_owned())
    }

    async fn test(&self, timeout: Duration) -> Result<Tested, SourceError> {
        let work = async {
            let began = Instant::now();
            let mut session = self.session(timeout, self.schema(), Bounds::SMALL).await?;
            let told =
                session.cells("SELECT current_setting('server_version'), current_user, current_database()").await?;
            let latency = began.elapsed();
            let schemas = session
                .cells(
                    "SELECT nspname FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%' \
                     AND has_schema_privilege(oid, 'USAGE') ORDER BY nspname COLLATE \"C\" LIMIT 1000",
                )
                .await?;
            let mut cells = told.rows().next().unwrap_or_default().into_iter().map(Option::unwrap_or_default);
            let mut next = || cells.next().unwrap_or_default();
            Ok(Tested {
                version: format!("PostgreSQL {}", next()),
                user: next(),
                database: next(),
                schemas: schemas.rows().filter_map(|row| row.into_iter().next().flatten()).collect(),
                latency,
            })
        };
        self.within(timeout, "", work).await
    }

    async fn tables(&self, timeout: Duration) -> Result<Vec<TableSummary>, SourceError> {
        let work = async {
            let mut session = self.session(timeout, "pg_catalog", self.rules.bounds()).await?;
            let name = current_database(&mut session).await?;
            let tables = session.cells(include_str!("postgresql/tables.sql")).await?;
            let read = move || Ok(Database { name, schemas: relations(&tables).0, ..Database::default() }.summaries());
            aside(read).await
        };
        self.within(timeout, "", work).await
    }

    async fn crawl(&self, progress: &dyn Progress, timeout: Duration) -> Result<Database, SourceError> {
        let timeout = timeout.min(self.rules.bounds().time);
        let work = async {
            // With nothing but the system's schema on the path, view definitions name every schema.
            let mut session = self.session(timeout, "pg_catalog", self.rules.bounds()).await?;
            let version = session.cells("SELECT current_setting('server_version')").await?.first().unwrap_or_default();
            let name = current_database(&mut session).await?;
            let tables = session.cells(include_str!("postgresql/tables.sql")).await?;
            progress.step("tables", tables.len(), tables.len());
            let schemas = session.cells(include_str!("postgresql/schemas.sql")).await?;
            let columns = session.cells(include_str!("postgresql/columns.sql")).await?;
            progress.step("columns", columns.len(), columns.len());
            let keys = session.cells(include_str!("postgresql/keys.sql")).await?;
            progress.step("keys", keys.len(), keys.len());
            let partitions = match tables.rows().any(|row| is_split(&row)) {
                true => Some(session.cells(include_str!("postgresql/partitions.sql")).await?),
                false => None,
            };
            let (catalogue, allowance) = (Catalogue { tables, schemas, columns, keys, partitions }, session.allowance);
            let schemas = aside(move || catalogue.read(allowance)).await?;
            Ok(Database { name, version: format!("PostgreSQL {version}"), schemas, only_schema: None })
        };
        self.within(timeout, "", work).await
    }

    async fn describe(&self, plan: &Plan, timeout: Duration) -> Result<Vec<ResultColumn>, SourceError> {
        let work = async {
            let mut session = self.session(timeout, self.schema(), Bounds::SMALL).await?;
            Ok(result_columns(session.columns(&plan.sql).await?))
        };
        self.within(timeout, &plan.sql, work).await
    }

    async fn query(&self, plan: &Plan, budget: Option<&Budget>, limits: Limits) -> Result<Rows, SourceError> {
        let limits = Limits { rows: limits.rows.min(plan.limit), ..limits };
        let work = async {
            let mut session = self.session(limits.timeout, self.schema(), Bounds::SMALL).await?;
            if let Some(budget) = budget {
                let told = session.cells(&Estimate::question(plan, Dialect::PostgreSql)).await?;
                let text = told.rows().flatten().flatten().collect::<Vec<_>>().join("\n");
                budget.check(Estimate::of_json(&serde_json::from_str(&text).unwrap_or_default()))?;
            }
            let began = Instant::now();
            // The extended protocol takes one statement only, whatever the text: the types come from it.
            let columns = session.columns(&plan.sql).await?;
            session.busy = true;
            session.meter.allow(limits.incoming(), limits.bytes);
            let stream = session.client.simple_query_raw(&plan.sql).await.map_err(|error| session.fault(&error))?;
            pin_mut!(stream);
            let mut collector = Collector::new(limits);
            let mut complete = true;
            while let Some(message) = stream.next().await {
                let SimpleQueryMessage::Row(row) = message.map_err(|error| session.fault(&error))? else { continue };
                let mut size = 0;
                let values = columns
                    .iter()
                    .enumerate()
                    .map(|(at, answering)| {
                        let Ok(Some(text)) = row.try_get(at) else { return Value::Null };
                        size += text.len();
                        let text = if answering.is_padded { text.trim_end_matches(' ') } else { text };
                        value(answering.column.kind, text)
                    })
                    .collect();
                if !collector.push(values, size)? {
                    complete = false;
                    break;
                }
            }
            // Rows that nobody wants any more are cancelled when the session goes.
            session.busy = !complete;
            Ok(collector.finish(result_columns(columns), began.elapsed()))
        };
        self.within(limits.timeout, &plan.sql, work).await
    }
}

fn value(kind: ResultType, text: &str) -> Value {
    match kind {
        ResultType::Binary => {
            let bytes = text.strip_prefix("\\x").map(hexadecimal);
            bytes.map_or_else(|| Value::from(text), |bytes| rows::binary(&bytes))
        }
        kind => rows::typed(kind, text),
    }
}

fn hexadecimal(text: &str) -> Vec<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).unwrap_or(0) as u8;
    text.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

async fn current_database(session: &mut Session) -> Result<String, SourceError> {
    Ok(session.cells("SELECT current_database()").await?.first().unwrap_or_default())
}
