//! Plugs the drivers of `emporion-sources` into the Bobsled door.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use emporion_catalog::caller::Caller;
use emporion_catalog::held;
use emporion_catalog::lease::Ownership;
use emporion_catalog::name;
use emporion_catalog::record::Record;
use emporion_catalog::spelling::decode;
use emporion_catalog::{Catalog, Problem};
use emporion_ingest::{Failure, Order, Pattern, Scope};
use emporion_products::databases::{
    Answered, Changed, Column, DatabaseError, Databases, Named, Offered, Refreshed, Refreshing, Speech, Statement,
    Target, Tested, Unrefreshed, warnings,
};
use emporion_semantic::guard::{Plan, Sizes};
use emporion_sources::{Budget, Config, ErrorKind, Limits, Rules, Silent, Source, SourceError, System};

use crate::crawls::{Crawl, Crawls, State};

/// How long a source may take to describe the tables that are taken in for a request.
const TAKING: Duration = Duration::from_secs(20);

/// The databases that the rules of this installation let in.
pub struct Reachable {
    rules: Rules,
    catalog: Arc<Catalog>,
    crawls: Arc<Crawls>,
}

impl Reachable {
    pub fn new(rules: Rules, catalog: Arc<Catalog>, crawls: Arc<Crawls>) -> Reachable {
        Reachable { rules, catalog, crawls }
    }

    async fn open(&self, target: &Target) -> Result<Box<dyn Source>, DatabaseError> {
        held::assert_none("a source is asked");
        let config = config(target)?;
        // Servers belong to whoever knows their password; files to one account.
        let account = match &config {
            Config::Sqlite { .. } => self.catalog.account_name(target.account).await.map_err(|problem| {
                tracing::warn!(%problem, "whose a file is could not be looked up");
                DatabaseError::Source {
                    reason: ErrorKind::Failed.code(),
                    message: "the file cannot be opened now".to_owned(),
                }
            })?,
            Config::PostgreSql(_) | Config::MySql(_) => String::new(),
        };
        emporion_sources::open(config, &self.rules.of_account(&account)).map_err(fault)
    }

    async fn refresh_now(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        service: &Record,
        target: &Target,
        how: &Refreshing,
    ) -> Result<Refreshed, Unrefreshed> {
        // What cannot be reached at all is told as it is everywhere.
        self.open(target).await.map_err(Unrefreshed::Source)?;
        let order = Order {
            only_known: true,
            keep_gone: true,
            dry_run: how.is_rehearsal,
            timeout: how.timeout,
            ..Order::new(service.name.as_str())
        };
        let report = emporion_ingest::run(catalog, caller, &self.rules, &order, &Silent).await;
        let report = report.map_err(|failure| match failure {
            Failure::Source(error) => Unrefreshed::Source(fault(error)),
            Failure::Catalogue(problem) => Unrefreshed::Catalogue(problem),
            refused @ (Failure::Refused(_) | Failure::DeletionGuard { .. }) => {
                Unrefreshed::Source(DatabaseError::Settings { reason: "CONFIGURATION", message: refused.to_string() })
            }
        })?;
        let changes = report.changes.into_iter().map(|change| Changed {
            table: named(&change.fqn),
            added: change.added.iter().map(|name| decode(name).into_owned()).collect(),
            removed: change.removed.iter().map(|name| decode(name).into_owned()).collect(),
            columns: change
                .changed
                .into_iter()
                .map(|column| (decode(&column.name).into_owned(), column.before, column.after))
                .collect(),
        });
        let changed: Vec<Changed> = changes.collect();
        let failed = report.skipped.iter().chain(&report.failed);
        let failed: Vec<(String, String)> = failed.map(|fault| (fault.name.clone(), fault.reason.clone())).collect();
        Ok(Refreshed {
            known: report.known,
            unchanged: report.tables.unchanged + report.tables.observed,
            changed,
            missing: report.missing.iter().map(|fqn| named(fqn)).collect(),
            failed,
        })
    }
}

#[async_trait]
impl Databases for Reachable {
    async fn test(&self, target: &Target, timeout: Duration) -> Result<Tested, DatabaseError> {
        let tested = self.open(target).await?.test(timeout).await.map_err(fault)?;
        Ok(Tested {
            version: tested.version,
            user: tested.user,
            database: tested.database,
            schemas: tested.schemas,
            latency: tested.latency,
        })
    }

    async fn tables(&self, target: &Target, timeout: Duration) -> Result<Vec<Offered>, DatabaseError> {
        let tables = self.open(target).await?.tables(timeout).await.map_err(fault)?;
        let offered = tables.into_iter().map(|table| Offered {
            database: table.database,
            schema: table.schema,
            name: table.name,
            is_view: table.kind.is_view(),
            rows: table.rows,
        });
        Ok(offered.collect())
    }

    async fn take_in(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        service: &Record,
        tables: &[(String, String)],
    ) -> Result<(), String> {
        held::assert_none("a source is asked");
        let include = tables.iter().map(|(schema, table)| Pattern::table(schema, table)).collect();
        let order = Order {
            scope: Scope { include, ..Scope::default() },
            keep_gone: true,
            timeout: TAKING,
            ..Order::new(service.name.as_str())
        };
        let report = emporion_ingest::run(catalog, caller, &self.rules, &order, &Silent).await;
        let report = report.map_err(|failure| failure.to_string())?;
        match report.failed.first() {
            Some(fault) if report.tables.created + report.tables.restored == 0 => Err(fault.reason.clone()),
            _ => Ok(()),
        }
    }

    async fn refresh(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        service: &Record,
        target: &Target,
        how: &Refreshing,
    ) -> Result<Refreshed, Unrefreshed> {
        let crawl = Crawl::new(&service.name, caller.principal.user, catalog.now());
        let id = rand::random::<u64>().to_string();
        let permit = self.crawls.take(&Ownership::alone(), caller.account(), &id, crawl).await;
        let permit = permit.map_err(Unrefreshed::Busy)?;
        let caller = &permit.writing(caller);
        let outcome = |refreshed: &Result<_, _>| match refreshed {
            Ok(_) => State::Finished(serde_json::Value::Null),
            Err(_) => State::failed("FAILED", ""),
        };
        let refreshed = permit.carry_out(self.refresh_now(catalog, caller, service, target, how), outcome).await;
        refreshed.unwrap_or_else(|| {
            let reason = "the server stops, or did not reach its store for too long".into();
            Err(Unrefreshed::Catalogue(Problem::Unavailable { reason }))
        })
    }

    fn allow(&self, target: &Target) -> Result<(), DatabaseError> {
        match config(target) {
            Ok(Config::PostgreSql(server) | Config::MySql(server)) => {
                self.rules.allow_written(&server.host).map_err(fault)
            }
            // What is incomplete, or cannot be reached from here, may be kept.
            Ok(Config::Sqlite { .. }) | Err(_) => Ok(()),
        }
    }

    fn speech(&self, target: &Target) -> Result<Speech, DatabaseError> {
        let config = config(target)?;
        let database = match &config {
            // A PostgreSQL connection sees one database; elsewhere the catalogue's level of databases is only a name.
            Config::PostgreSql(server) => server.database.clone(),
            Config::MySql(_) | Config::Sqlite { .. } => None,
        };
        let (dialect, place) = (config.system().dialect(), config.place());
        Ok(Speech { dialect, default_schema: config.default_schema(), database, place })
    }

    async fn describe(&self, target: &Target, plan: &Plan, timeout: Duration) -> Result<Vec<Column>, DatabaseError> {
        let columns = self.open(target).await?.describe(plan, timeout).await.map_err(of_statement)?;
        Ok(columns.into_iter().map(|column| (column.name, column.kind.name())).collect())
    }

    async fn run(&self, target: &Target, statement: &Statement<'_>) -> Result<Answered, DatabaseError> {
        let source = self.open(target).await?;
        let Statement { plan, policy, cost, timeout, permit: _ } = *statement;
        let budget = Budget { cost, sizes: Sizes::of(plan, policy) };
        let limits = Limits { rows: plan.limit, timeout, ..Limits::default() };
        let rows = source.query(plan, Some(&budget), limits).await.map_err(of_statement)?;
        Ok(Answered {
            columns: rows.columns.into_iter().map(|column| (column.name, column.kind.name())).collect(),
            rows: rows.rows,
            truncated: rows.truncated,
            took: rows.took,
            warnings: warnings(plan),
        })
    }
}

/// The last two names of a table's FQN, as its source has them.
fn named(fqn: &str) -> Named {
    let mut names = name::split(fqn).unwrap_or_default().into_iter().rev();
    let mut next = || names.next().map(|name| decode(&name).into_owned()).unwrap_or_default();
    let name = next();
    Named { schema: next(), name }
}

fn config(target: &Target) -> Result<Config, DatabaseError> {
    let system = System::named(&target.service_type).ok_or(DatabaseError::Unsupported)?;
    Config::from_connection(system, &target.config).map_err(fault)
}

/// What a source has against a statement that the guard let through is the statement's fault, too.
fn of_statement(error: SourceError) -> DatabaseError {
    match error.kind {
        ErrorKind::Syntax => DatabaseError::Refused { rule: ErrorKind::Syntax.code(), message: error.message },
        ErrorKind::Value => DatabaseError::Value { message: error.message },
        _ => fault(error),
    }
}

fn fault(error: SourceError) -> DatabaseError {
    let SourceError { kind, message } = error;
    match kind {
        ErrorKind::Timeout => DatabaseError::Timeout,
        ErrorKind::Limit => DatabaseError::Cost { message },
        ErrorKind::Configuration | ErrorKind::Forbidden => DatabaseError::Settings { reason: kind.code(), message },
        ErrorKind::Unreachable | ErrorKind::Unauthorised | ErrorKind::Syntax | ErrorKind::Value | ErrorKind::Failed => {
            DatabaseError::Source { reason: kind.code(), message }
        }
    }
}
