//! Ingestions that a running server carries out: started, looked at and ended through the management interface.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::follow::row::Versioned;
use emporion_catalog::id::Seq;
use emporion_catalog::lease::Ownership;
use emporion_catalog::schedules::Schedules;
use emporion_hosts::Hosts;
use emporion_ingest::{DeletionGuard, Failure, Order, Pattern, Report, RunRecord};
use emporion_sources::{Bounds, Config, Progress, Rules, Secret};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::crawls::{Crawl, CrawlPermit, Crawls, State};
use crate::jobs::{self, Owned};
use crate::members::Members;
use crate::schedules;

/// How long whoever ends a run waits for it to let go.
const STOPPING: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How often it is looked for runs whose nodes are gone.
const LOOKED_AFTER: Duration = Duration::from_secs(2);
/// Of a longer report, so many lines are kept as a service keeps of its runs.
const REPORT_BYTES: usize = 1 << 20;

/// The runs of all nodes, as one of them answers for them.
pub struct Ingestions {
    rules: Rules,
    crawls: Arc<Crawls>,
}

/// The rules of an installation for where sources may be, and how much of them is taken.
pub fn rules(configured: &crate::config::Config) -> Rules {
    let hosts = Hosts::parse(&configured.source_hosts).expect("configuration was checked");
    let rules = Rules::default().with_source_dirs(configured.source_dirs.to_vec()).with_hosts(hosts);
    rules.with_bounds(configured.limits.of_sources())
}

impl Ingestions {
    pub fn new(rules: Rules, crawls: Arc<Crawls>) -> Ingestions {
        Ingestions { rules, crawls }
    }

    /// How much of a source is taken.
    pub fn bounds(&self) -> Bounds {
        self.rules.bounds()
    }

    /// Starts a run and answers its number, as the owner of a job where one begins it; `is_again` says that it is in the place
    /// of one that was broken off.
    ///
    /// Errors: as those of [`Crawls::take`].
    pub async fn start(
        &self,
        catalog: &Arc<Catalog>,
        owner: &Ownership,
        caller: &Caller,
        order: Order,
        is_again: bool,
    ) -> Result<Value, Problem> {
        let run = Run::take((&self.crawls, owner), catalog, caller, order, is_again).await?;
        let id = run.id.clone();
        let (catalog, caller, rules) = (catalog.clone(), caller.clone(), self.rules.clone());
        let progress = run.permit.progress();
        tokio::spawn(async move { run.carry_out(&catalog, &caller, &rules, &progress).await });
        Ok(json!({"id": id}))
    }

    /// How far a run is, and what came of it, whichever node it is on.
    pub async fn show(&self, catalog: &Catalog, caller: &Caller, id: &str) -> Result<Value, Problem> {
        let crawl = self.find(catalog, caller, id).await?.data;
        let since = |began: i64| catalog.now().0.saturating_sub(began).max(0);
        let mut shown = json!({
            "id": id,
            "service": crawl.service,
            "step": crawl.step,
            "done": crawl.done,
            "all": crawl.all,
            "elapsedMs": since(crawl.began),
            "stepMs": if crawl.step.is_empty() { 0 } else { since(crawl.step_began) },
        });
        match crawl.state {
            State::Running => shown["state"] = "running".into(),
            State::Finished(report) => {
                shown["state"] = "finished".into();
                shown["report"] = report;
            }
            State::Failed(reason, error) => {
                shown["state"] = "failed".into();
                shown["error"] = error.into();
                shown["reason"] = reason.into();
            }
        }
        Ok(shown)
    }

    /// Ends a run between two of its writes, on whichever node it is, and answers whether it has given its turn back by now.
    /// What was written stays.
    pub async fn stop(&self, catalog: &Catalog, caller: &Caller, id: &str) -> Result<Value, Problem> {
        self.find(catalog, caller, id).await?;
        self.crawls.ask_to_stop(id).await?;
        let until = Instant::now() + STOPPING;
        let mut is_over = self.crawls.is_over(id).await?;
        while !is_over && Instant::now() < until {
            tokio::time::sleep(LOOK_AGAIN).await;
            is_over = self.crawls.is_over(id).await?;
        }
        Ok(json!({"id": id, "stopped": is_over}))
    }

    /// A run of the caller's, or of a service that he may ingest himself; an administrator sees all of his account.
    async fn find(&self, catalog: &Catalog, caller: &Caller, id: &str) -> Result<Versioned<Crawl>, Problem> {
        let missing = || Problem::NotFound { kind: "ingestion", what: id.to_owned() };
        let principal = &caller.principal;
        let found = self.crawls.find(id).await?;
        let found = found.filter(|run| run.account == principal.account && run.data.record.is_some());
        let run = found.ok_or_else(missing)?;
        if principal.is_admin || run.data.user == principal.user.to_string() {
            return Ok(run);
        }
        match emporion_ingest::may_ingest(catalog, caller, &run.data.service).await {
            Ok(()) => Ok(run),
            Err(Problem::Forbidden { .. } | Problem::NotFound { .. }) => Err(missing()),
            Err(problem) => Err(problem),
        }
    }

    /// Ends the runs of nodes that are gone, for as long as this node has the job; those that had begun at their times are begun
    /// once more.
    pub async fn look_after(&self, catalog: &Arc<Catalog>, owned: &Owned) {
        let mut seen = HashMap::new();
        loop {
            match jobs::owner(owned) {
                None => seen.clear(),
                Some(owner) => {
                    if let Err(problem) = self.end_abandoned(catalog, &owner, &mut seen).await {
                        tracing::warn!(%problem, "it is not known which ingestions were broken off; it is tried again");
                    }
                }
            }
            tokio::time::sleep(LOOKED_AFTER).await;
        }
    }

    async fn end_abandoned(
        &self,
        catalog: &Arc<Catalog>,
        owner: &Ownership,
        seen: &mut HashMap<String, (Seq, Instant)>,
    ) -> Result<(), Problem> {
        let again = self.crawls.end_abandoned(seen).await?;
        if again.is_empty() {
            return Ok(());
        }
        let schedules = Schedules::open(catalog).await?;
        for (account, service) in again {
            if let Some(one) = schedules.of(account, &service).filter(|one| one.stopped.is_none())
                && let Err(problem) = schedules::begin(catalog, self, owner, one, true).await
            {
                tracing::warn!(service, %problem, "a run that was broken off is not begun again");
            }
        }
        Ok(())
    }
}

/// A run that has its turn.
pub struct Run {
    id: String,
    order: Order,
    record: RunRecord,
    permit: CrawlPermit,
}

impl Run {
    /// Takes a turn for what is ordered, which the service learns of.
    ///
    /// Errors: as those of [`Crawls::take`].
    pub async fn take(
        (crawls, owner): (&Arc<Crawls>, &Ownership),
        catalog: &Catalog,
        caller: &Caller,
        order: Order,
        is_again: bool,
    ) -> Result<Run, Problem> {
        let id = rand::random::<u64>().to_string();
        let record = RunRecord::new(catalog, caller, &order, id.as_str());
        let crawl = Crawl::new(&order.service, caller.principal.user, catalog.now());
        let crawl = Crawl { record: Some(record.to_json()), is_again, ..crawl };
        let permit = crawls.take(owner, caller.account(), &id, crawl).await?;
        record.begun(catalog, &permit.writing(caller)).await;
        Ok(Run { id, order, record, permit })
    }

    /// To its end; nothing where it was broken off before.
    pub async fn carry_out(
        self,
        catalog: &Catalog,
        caller: &Caller,
        rules: &Rules,
        progress: &dyn Progress,
    ) -> Option<Result<Report, Failure>> {
        let Run { order, record, permit, .. } = self;
        let outcome = |outcome: &Result<Report, Failure>| match outcome {
            Ok(report) => State::Finished(kept(report.to_json())),
            Err(failure) => State::failed(failure.reason(), &failure.to_string()),
        };
        let caller = &permit.writing(caller);
        permit.carry_out(record.carry_out(catalog, caller, rules, &order, progress), outcome).await
    }
}

fn kept(report: Value) -> Value {
    match report.to_string().len() > REPORT_BYTES {
        true => emporion_ingest::shortened(report),
        false => report,
    }
}

/// What a request for an ingestion may say.
pub const MEMBERS: &[&str] = &[
    "service",
    "source",
    "password",
    "include",
    "exclude",
    "maxRemoved",
    "force",
    "keepRemoved",
    "dryRun",
    "forgetConnection",
    "replaceConnection",
    "timeoutSeconds",
];

/// The order that a request describes, of whose [`MEMBERS`] only `service` is needed; `source` is a URL, `maxRemoved`
/// percent, `timeoutSeconds` no more than sources get.
pub fn order(body: &Map<String, Value>, bounds: Bounds) -> Result<Order, Problem> {
    let mut members = Members::of(body);
    let mut order = Order::new(members.filled("service"));
    let password = members.text("password").filter(|password| !password.is_empty());
    match members.text("source").map(Config::from_url) {
        None if password.is_some() => members.refuse("password", "needs a source that it belongs to"),
        None => {}
        Some(Err(error)) => members.refuse("source", format!("is refused: {error}")),
        Some(Ok(config)) => {
            order.from = Some(match password {
                Some(password) => config.with_password(Secret::new(password)),
                None => config,
            });
        }
    }
    order.scope.include = patterns(&mut members, "include");
    order.scope.exclude = patterns(&mut members, "exclude");
    if let Some(percent) = members.whole("maxRemoved", 0, 100) {
        order.deletion_guard = DeletionGuard { percent: u8::try_from(percent).unwrap_or(100) };
    }
    if members.flag("force") {
        order.deletion_guard = DeletionGuard::OFF;
    }
    order.keep_gone = members.flag("keepRemoved");
    order.dry_run = members.flag("dryRun");
    order.keep_connection = !members.flag("forgetConnection");
    order.replace_connection = members.flag("replaceConnection");
    if let Some(seconds) = members.whole("timeoutSeconds", 1, bounds.time.as_secs()) {
        order.timeout = Duration::from_secs(seconds);
    }
    members.end(order)
}

fn patterns(members: &mut Members<'_>, member: &str) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for text in members.texts(member) {
        match text.parse() {
            Ok(pattern) => patterns.push(pattern),
            Err(reason) => members.refuse(member, format!("is refused: {reason}")),
        }
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_an_order_is_told_at_once_and_no_secret() {
        let order = |body: Value| super::order(body.as_object().unwrap(), Bounds::default());
        let body = json!({"source": "ftp://u:hunter2@h", "maxRemoved": 101, "force": 1, "include": ["a", ""]});
        let Err(Problem::Invalid(faults)) = order(body) else { panic!("faults") };
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["service", "source", "include", "maxRemoved", "force"]);
        assert!(!Problem::Invalid(faults).to_string().contains("hunter2"));
        assert!(order(json!({"service": "a", "password": "p"})).is_err());
        assert!(order(json!({"service": "a", "timeoutSeconds": 3600})).is_ok());
        let Err(Problem::Invalid(faults)) = order(json!({"service": "a", "timeoutSeconds": 3601})) else {
            panic!("a fault")
        };
        assert_eq!(faults[0].field, "timeoutSeconds");
        let order = order(json!({"service": "a", "source": "postgres://u@h/d", "password": "p"})).unwrap();
        assert!(matches!(order.from, Some(Config::PostgreSql(server)) if server.password.expose() == "p"));
    }
}
