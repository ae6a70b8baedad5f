//! What every source can do.

use std::time::Duration;

use async_trait::async_trait;
use emporion_semantic::guard::{CostLimits, Dialect, Estimate, Plan, Sizes};

use crate::config::Config;
use crate::error::{ErrorKind, SourceError};
use crate::metadata::{Database, TableSummary};
use crate::mysql::MySql;
use crate::postgresql::PostgreSql;
use crate::progress::Progress;
use crate::rows::{Limits, ResultColumn, Rows};
use crate::rules::Rules;
use crate::sqlite::Sqlite;

/// What a successful test tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    pub version: String,
    pub user: String,
    pub database: String,
    pub schemas: Vec<String>,
    pub latency: Duration,
}

/// What a statement may cost.
#[derive(Debug, Clone)]
pub struct Budget {
    pub cost: CostLimits,
    /// For a database that cannot tell how large its tables are.
    pub sizes: Sizes,
}

impl Budget {
    pub(crate) fn check(&self, estimate: Estimate) -> Result<(), SourceError> {
        estimate.check(self.cost).map_err(|refusal| SourceError::new(ErrorKind::Limit, refusal.message))
    }
}

/// One configured database. Each call opens a connection of its own and closes it; dropping the future of a call stops
/// the database's work on it.
#[async_trait]
pub trait Source: Send + Sync {
    fn dialect(&self) -> Dialect;

    /// The schema in which tables without one are looked for.
    fn default_schema(&self) -> Option<String>;

    /// Connects and looks around.
    async fn test(&self, timeout: Duration) -> Result<Tested, SourceError>;

    /// The tables and views with their sizes, sorted by schema and name.
    async fn tables(&self, timeout: Duration) -> Result<Vec<TableSummary>, SourceError>;

    /// Everything about the tables, in a handful of catalogue queries whatever their number.
    async fn crawl(&self, progress: &dyn Progress, timeout: Duration) -> Result<Database, SourceError>;

    /// The columns that a statement would answer; it is planned and not run.
    async fn describe(&self, plan: &Plan, timeout: Duration) -> Result<Vec<ResultColumn>, SourceError>;

    /// Runs a statement that the guard let through, in a read-only transaction; within a budget, only if the database
    /// expects to read no more for it.
    ///
    /// Errors: `Limit` beyond the budget, before anything is read.
    async fn query(&self, plan: &Plan, budget: Option<&Budget>, limits: Limits) -> Result<Rows, SourceError>;
}

/// The source of a configuration. Errors: a file outside the rules' directories; servers are judged when they are used.
pub fn open(config: Config, rules: &Rules) -> Result<Box<dyn Source>, SourceError> {
    Ok(match config {
        Config::Sqlite { path, files } => Box::new(Sqlite::new(rules.file(&path)?, files, rules.bounds())),
        Config::PostgreSql(server) => Box::new(PostgreSql::new(server, rules.clone())),
        Config::MySql(server) => Box::new(MySql::new(server, rules.clone())),
    })
}
