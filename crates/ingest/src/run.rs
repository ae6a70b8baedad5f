//! One run: crawl, compare, write in turns.

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, Instant};

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{Command, Effect};
use emporion_catalog::name;
use emporion_catalog::rules::source_files;
use emporion_sources::{Config, Database, Progress, Rules, SourceError, open};

use crate::deletion_guard::DeletionGuard;
use crate::lineage::Origins;
use crate::losses;
use crate::plan::{Change, Input, Level, Plan, Step, plan};
use crate::present::Present;
use crate::report::{MOST_FAULTS, Omission, Report, Tally};
use crate::scope::Scope;
use crate::service;
use crate::spelling::spelled;

pub use emporion_catalog::record::INGESTION as DOOR;
/// Commands that are stored together. What was stored stays when a run is broken off.
// 500: a turn is a fraction of a second, and larger ones were no faster.
const TURN: usize = 500;

/// What is to be ingested, and how.
#[derive(Debug, Clone)]
pub struct Order {
    /// Name of the database service.
    pub service: String,
    /// Where the source is; `None` takes the connection of the service.
    pub from: Option<Config>,
    pub scope: Scope,
    pub deletion_guard: DeletionGuard,
    /// Leave what the source no longer has.
    pub keep_gone: bool,
    /// Leave out what the catalogue does not have.
    pub only_known: bool,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Keep the connection with a service that has none.
    pub keep_connection: bool,
    /// Keep it with a service that has another one, too.
    pub replace_connection: bool,
    /// How long the source may take to describe itself.
    pub timeout: Duration,
    /// Its time has come; nobody asked for it at this moment.
    pub by_schedule: bool,
}

impl Order {
    pub fn new(service: impl Into<String>) -> Order {
        Order {
            service: service.into(),
            from: None,
            scope: Scope::default(),
            deletion_guard: DeletionGuard::default(),
            keep_gone: false,
            only_known: false,
            dry_run: false,
            keep_connection: true,
            replace_connection: false,
            timeout: Duration::from_secs(300),
            by_schedule: false,
        }
    }
}

/// Why a run ended early. Texts hold no secret.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The order does not fit the catalogue; nothing was written.
    Refused(String),
    /// The source could not be crawled; nothing was written.
    Source(SourceError),
    /// Too many tables are gone; nothing was written.
    DeletionGuard { gone: usize, known: usize, percent: u8 },
    /// The catalogue did not take it. What was written before stays, and the next run goes on from there.
    Catalogue(Problem),
}

impl Failure {
    /// One word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Failure::Refused(_) => "REFUSED",
            Failure::Source(error) => error.kind.code(),
            Failure::DeletionGuard { .. } => "BRAKE",
            Failure::Catalogue(Problem::Forbidden { .. }) => "NOT_PERMITTED",
            Failure::Catalogue(_) => "CATALOGUE",
        }
    }
}

/// What the user may not do, in words that people know.
fn forbidden(who: &str, action: &str, kind: &str, why: Option<&str>) -> String {
    let verb = match action {
        "Create" => "make",
        "Delete" => "delete",
        edit if edit.starts_with("Edit") => "change",
        _ => "use",
    };
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    format!("{who} may not {verb} {}s{why}", kind.replace('_', " "))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(reason) => f.write_str(reason),
            Failure::Source(error) => write!(f, "the source: {error}"),
            Failure::DeletionGuard { gone, known, percent } => write!(
                f,
                "{gone} of {known} tables are no longer in the source, more than the {percent} % that may go at once; \
                 nothing was changed"
            ),
            Failure::Catalogue(Problem::Forbidden { who, action, kind, why }) => {
                f.write_str(&forbidden(who, action, kind, why.as_deref()))
            }
            Failure::Catalogue(problem) => write!(f, "{problem}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::Catalogue(problem)
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Failure {
        Failure::Source(error)
    }
}

/// Brings the catalogue to what the source says. Every write is a command of the caller's.
///
/// `rules` say where sources may be. Single records that the catalogue refuses are told in the report.
pub async fn run(
    catalog: &Catalog,
    caller: &Caller,
    rules: &Rules,
    order: &Order,
    progress: &dyn Progress,
) -> Result<Report, Failure> {
    let caller = &caller.clone().at(DOOR);
    let mut report = Report { service: order.service.clone(), is_dry_run: order.dry_run, ..Report::default() };
    let config = config(catalog, caller, order, &mut report).await?;
    let account = catalog.account_name(caller.account()).await?;
    let source = open(config.clone(), &rules.of_account(&account))?;
    let began = Instant::now();
    let crawled = source.crawl(progress, order.timeout).await?;
    report.crawling = began.elapsed();
    report.database.clone_from(&crawled.name);
    report.version.clone_from(&crawled.version);

    report.notes.extend(unseen(&crawled, &order.scope));

    let began = Instant::now();
    let writing = Writing { catalog, caller, order, crawled: &crawled, service: name::quote(&order.service), progress };
    let mut planned = writing.plan().await?;
    let is_whole = order.scope.include.is_empty();
    if order.deletion_guard.holds(planned.gone, planned.known, is_whole) && !order.keep_gone {
        let Plan { gone, known, .. } = planned;
        return Err(Failure::DeletionGuard { gone, known, percent: order.deletion_guard.percent });
    }
    if !order.dry_run {
        let service =
            service::command(catalog, &order.service, &config, order.keep_connection, order.replace_connection, None);
        let made = catalog.execute(caller, &service).await?;
        if made.effect == Effect::Restored {
            // What went with the service came back with it.
            planned = writing.plan().await?;
        }
        if planned.restores_containers() {
            writing.carry_out(planned.take_containers(), &mut report).await?;
            let Plan { schemas, .. } = planned;
            add(&mut report.schemas, schemas);
            planned = writing.plan().await?;
            planned.schemas = Tally::default();
        }
    }
    add(&mut report.schemas, planned.schemas);
    add(&mut report.tables, planned.tables);
    add(&mut report.lineage, planned.lineage);
    report.columns = planned.columns;
    report.known = planned.known;
    report.missing.append(&mut planned.missing);
    report.changes.append(&mut planned.changes);
    report.skipped.append(&mut planned.skipped);
    let mut losses = losses::of(catalog, caller, &planned.leaving).await?;
    if order.dry_run {
        for step in &planned.steps {
            count(&mut report, step.level, step.change);
        }
        report.lineage.updated += planned.origins.len();
    } else {
        let failed = writing.carry_out(planned.steps, &mut report).await?;
        losses.retain(|loss| !failed.contains(&loss.table));
        report.changes.retain(|change| !failed.contains(&change.fqn));
        writing.link(planned.origins, &failed, &mut report).await?;
    }
    report.notes.extend(losses::told(&losses, order.dry_run));
    report.writing = began.elapsed();
    Ok(report)
}

/// What to say of a crawl that found nothing to look at: it is a success that may be a mistake.
fn unseen(crawled: &Database, scope: &Scope) -> Option<String> {
    if crawled.schemas.iter().all(|schema| schema.tables.is_empty()) {
        return Some("the source shows this role no tables".to_owned());
    }
    let mut seen = crawled.schemas.iter().flat_map(|schema| schema.tables.iter().map(move |table| (schema, table)));
    let has_any = seen.any(|(schema, table)| scope.has_table(&schema.name, &table.name));
    (!has_any).then(|| "the source has no tables that the patterns leave in".to_owned())
}

/// Where the source is: what the order says, else what the service keeps.
async fn config(catalog: &Catalog, caller: &Caller, order: &Order, report: &mut Report) -> Result<Config, Failure> {
    let Order { service, from, .. } = order;
    if service.is_empty() {
        return Err(Failure::Refused("a service needs a name".to_owned()));
    }
    let found = service::find(catalog, caller, service).await?;
    let stored = match &found {
        Some(record) => service::stored_config(catalog, record).await?,
        None => None,
    };
    let Some(from) = from else {
        let reason = match &found {
            None => format!("there is no service {service:?} whose connection could be used; give a URL"),
            Some(record) if service::system(record).is_none() => {
                format!("the service {service:?} is of a type that cannot be crawled from here")
            }
            Some(_) => format!("the service {service:?} has no connection; give a URL"),
        };
        return stored.ok_or(Failure::Refused(reason))?.map_err(Failure::Source);
    };
    // A URL does not say how files are read: what is said of them stays.
    let from = &match &stored {
        Some(Ok(stored)) => from.clone().with_files_of(stored),
        _ => from.clone(),
    };
    if let Some(record) = &found
        && service::system(record) != Some(from.system())
    {
        let kind = record.body.get("service_type").and_then(|kind| kind.as_str()).unwrap_or_default();
        return Err(Failure::Refused(format!("the service {service:?} is of type {kind}, the source is not")));
    }
    // Before it is opened: what it holds would be told even where nothing can be written.
    if !stored.as_ref().is_some_and(|stored| stored.as_ref() == Ok(from)) {
        source_files::ask(&caller.principal, from.kept(None).service_type, found.is_none())?;
    }
    let is_another = stored.is_some_and(|stored| stored.as_ref() != Ok(from));
    if is_another && order.keep_connection && !order.replace_connection {
        report.notes.push("the service keeps the connection that it has, which is another one".to_owned());
    }
    Ok(from.clone())
}

struct Writing<'a> {
    catalog: &'a Catalog,
    caller: &'a Caller,
    order: &'a Order,
    crawled: &'a Database,
    /// FQN of the service.
    service: String,
    progress: &'a dyn Progress,
}

impl Writing<'_> {
    async fn plan(&self) -> Result<Plan, Problem> {
        let present = Present::read(self.catalog, self.caller, &self.service, &self.crawled.name).await?;
        Ok(plan(&Input {
            registry: self.catalog.registry(),
            service: &self.service,
            crawled: &spelled(self.crawled, &present),
            present: &present,
            scope: &self.order.scope,
            keep_gone: self.order.keep_gone,
            only_known: self.order.only_known,
            now: self.catalog.now(),
        }))
    }

    /// Gives views what they read as their origins, when that is there. What `failed` can be none.
    async fn link(&self, origins: Vec<Origins>, failed: &HashSet<String>, report: &mut Report) -> Result<(), Failure> {
        let (table, by) = (self.catalog.kind("table"), &self.caller.principal.name);
        let now = self.catalog.now();
        let steps: Vec<Step> = origins.into_iter().filter_map(|origins| origins.step(table, failed, now, by)).collect();
        if !steps.is_empty() {
            self.carry_out(steps, report).await?;
        }
        Ok(())
    }

    /// The FQNs of what was refused.
    async fn carry_out(&self, steps: Vec<Step>, report: &mut Report) -> Result<HashSet<String>, Failure> {
        let all = steps.len();
        let mut failed = HashSet::new();
        let mut done = 0;
        self.progress.step("written", 0, all);
        let mut steps = steps.into_iter();
        loop {
            let permit: Vec<Step> = steps.by_ref().take(TURN).collect();
            if permit.is_empty() {
                return Ok(failed);
            }
            let commands: Vec<Command> = permit.iter().map(|step| step.command.clone()).collect();
            let outcomes = self.catalog.execute_all(self.caller, &commands).await;
            done += permit.len();
            for (step, outcome) in permit.into_iter().zip(outcomes) {
                match outcome {
                    Ok(outcome) => match outcome.effect {
                        Effect::Created => count(report, step.level, Change::Create),
                        Effect::Restored => count(report, step.level, Change::Restore),
                        Effect::Deleted | Effect::Purged => count(report, step.level, Change::Remove),
                        Effect::Updated => count(report, step.level, step.change),
                        Effect::Unchanged => tally(report, step.level, |tally| tally.unchanged += 1),
                    },
                    // These concern every later row as well.
                    Err(
                        problem @ (Problem::Unavailable { .. }
                        | Problem::StorageFull
                        | Problem::Overtaken
                        | Problem::Unauthenticated { .. }
                        | Problem::Internal { .. }),
                    ) => return Err(Failure::Catalogue(problem)),
                    Err(problem) if step.level == Level::Database => return Err(Failure::Catalogue(problem)),
                    Err(problem) => {
                        tally(report, step.level, |tally| tally.failed += 1);
                        if report.failed.len() < MOST_FAULTS {
                            report.failed.push(Omission { name: step.fqn.clone(), reason: problem.to_string() });
                        }
                        failed.insert(step.fqn);
                    }
                }
            }
            self.progress.step("written", done, all);
        }
    }
}

fn count(report: &mut Report, level: Level, change: Change) {
    tally(report, level, |tally| match change {
        Change::Create => tally.created += 1,
        Change::Update => tally.updated += 1,
        Change::Observe => tally.observed += 1,
        Change::Restore => tally.restored += 1,
        Change::Remove => tally.removed += 1,
    });
}

fn tally(report: &mut Report, level: Level, count: impl FnOnce(&mut Tally)) {
    match level {
        Level::Database => {}
        Level::Schema => count(&mut report.schemas),
        Level::Table => count(&mut report.tables),
        Level::Lineage => count(&mut report.lineage),
    }
}

fn add(to: &mut Tally, more: Tally) {
    to.unchanged += more.unchanged;
}
