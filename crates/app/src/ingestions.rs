//! Ingestions that a running server carries out: started, looked at and ended through the management interface.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::id::{AccountId, RecordId};
use emporion_ingest::{CrawlLimiter, DeletionGuard, Order, Pattern, RunRecord};
use emporion_sources::{Bounds, Config, Progress, Rules, Secret};
use serde_json::{Map, Value, json};
use tokio::task::AbortHandle;

use crate::members::Members;

/// Finished runs whose outcome can still be asked for.
const KEPT: usize = 100;
/// How long whoever ends a run waits for it to let go.
const STOPPING: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The runs of one server.
pub struct Ingestions {
    rules: Rules,
    runs: std::sync::Mutex<HashMap<u64, Arc<Run>>>,
    next: AtomicU64,
    limiter: Arc<CrawlLimiter>,
}

struct Run {
    account: AccountId,
    user: RecordId,
    service: String,
    kept: RunRecord,
    began: Instant,
    state: std::sync::Mutex<State>,
    task: std::sync::OnceLock<AbortHandle>,
}

#[derive(Default)]
struct State {
    what: &'static str,
    done: usize,
    all: usize,
    /// When the step was first told of.
    since: Option<Instant>,
    outcome: Option<Result<Value, Ended>>,
}

/// Why a run ended without a report: in a word for programs, and for people.
struct Ended {
    reason: &'static str,
    text: String,
}

/// The rules of an installation for where sources may be, and how much of them is taken.
pub fn rules(configured: &crate::config::Config) -> Rules {
    Rules::default().with_source_dirs(configured.source_dirs.to_vec()).with_bounds(configured.limits.of_sources())
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing under these locks can be left half done.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Ingestions {
    pub fn new(rules: Rules, limiter: Arc<CrawlLimiter>) -> Ingestions {
        // Numbers that another server, or this one before its restart, has not given out.
        let first = u64::from(rand::random::<u32>()) << 16;
        Ingestions { rules, runs: Default::default(), next: AtomicU64::new(first), limiter }
    }

    /// How much of a source is taken.
    pub fn bounds(&self) -> Bounds {
        self.rules.bounds()
    }

    /// Starts a run and answers its number.
    ///
    /// Errors: as those of [`CrawlLimiter::take`].
    pub async fn start(&self, catalog: &Arc<Catalog>, caller: &Caller, order: Order) -> Result<Value, Problem> {
        let permit = self.limiter.take(caller.account(), &order.service)?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let run = Arc::new(Run {
            account: caller.account(),
            user: caller.principal.user,
            service: order.service.clone(),
            kept: RunRecord::begin(catalog, caller, &order, number.to_string()).await,
            began: Instant::now(),
            state: Default::default(),
            task: Default::default(),
        });
        {
            let mut runs = lock(&self.runs);
            let mut finished: Vec<u64> =
                runs.iter().filter(|(_, run)| !run.is_running()).map(|(number, _)| *number).collect();
            finished.sort_unstable();
            for oldest in finished.iter().take(finished.len().saturating_sub(KEPT - 1)) {
                runs.remove(oldest);
            }
            runs.insert(number, run.clone());
        }
        let (catalog, caller, rules) = (catalog.clone(), caller.clone(), self.rules.clone());
        let told = run.clone();
        let task = tokio::spawn(async move {
            let outcome = told.kept.carry_out(&catalog, &caller, &rules, &order, &*told).await;
            if outcome.is_ok() {
                permit.finished();
            } else {
                drop(permit);
            }
            let outcome = outcome.map(|report| report.to_json());
            let outcome = outcome.map_err(|failure| Ended { reason: failure.reason(), text: failure.to_string() });
            lock(&told.state).outcome = Some(outcome);
        });
        // It was made a moment ago, and nobody else sets it.
        let _ = run.task.set(task.abort_handle());
        Ok(json!({"id": number.to_string()}))
    }

    /// How far a run is, and what came of it.
    pub async fn show(&self, catalog: &Catalog, caller: &Caller, id: &str) -> Result<Value, Problem> {
        let run = self.find(catalog, caller, id).await?;
        let state = lock(&run.state);
        let millis = |since: Instant| u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut shown = json!({
            "id": id,
            "service": run.service,
            "step": state.what,
            "done": state.done,
            "all": state.all,
            "elapsedMs": millis(run.began),
            "stepMs": state.since.map_or(0, millis),
        });
        match &state.outcome {
            None if run.has_ended() => {
                shown["state"] = "failed".into();
                shown["error"] = "it broke down; what was written before stays".into();
                shown["reason"] = "BROKE_DOWN".into();
            }
            None => shown["state"] = "running".into(),
            Some(Ok(report)) => {
                shown["state"] = "finished".into();
                shown["report"] = report.clone();
            }
            Some(Err(ended)) => {
                shown["state"] = "failed".into();
                shown["error"] = ended.text.as_str().into();
                shown["reason"] = ended.reason.into();
            }
        }
        Ok(shown)
    }

    /// Ends a run between two of its writes, and answers when it has given up its permit. What was written stays.
    pub async fn stop(&self, catalog: &Catalog, caller: &Caller, id: &str) -> Result<Value, Problem> {
        let run = self.find(catalog, caller, id).await?;
        let is_ended_now = {
            let mut state = lock(&run.state);
            let is_running = state.outcome.is_none();
            if is_running {
                run.task.get().into_iter().for_each(AbortHandle::abort);
                let text = "it was ended; what was written before stays".to_owned();
                state.outcome = Some(Err(Ended { reason: "STOPPED", text }));
            }
            is_running
        };
        let ended = async {
            while !run.has_ended() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        // One that takes longer keeps its turn for as long.
        let _ = tokio::time::timeout(STOPPING, ended).await;
        if is_ended_now {
            run.kept.stopped(catalog, caller).await;
        }
        Ok(json!({"id": id, "stopped": true}))
    }

    /// A run of the caller's, or of a service that he may ingest himself; an administrator sees all of his account.
    async fn find(&self, catalog: &Catalog, caller: &Caller, id: &str) -> Result<Arc<Run>, Problem> {
        let missing = || Problem::NotFound { kind: "ingestion", what: id.to_owned() };
        let found = id.parse().ok().and_then(|number: u64| lock(&self.runs).get(&number).cloned());
        let principal = &caller.principal;
        let run = found.filter(|run| run.account == principal.account).ok_or_else(missing)?;
        if principal.is_admin || run.user == principal.user {
            return Ok(run);
        }
        match emporion_ingest::may_ingest(catalog, caller, &run.service).await {
            Ok(()) => Ok(run),
            Err(Problem::Forbidden { .. } | Problem::NotFound { .. }) => Err(missing()),
            Err(problem) => Err(problem),
        }
    }
}

impl Run {
    fn is_running(&self) -> bool {
        lock(&self.state).outcome.is_none() && !self.has_ended()
    }

    fn has_ended(&self) -> bool {
        self.task.get().is_some_and(AbortHandle::is_finished)
    }
}

impl Progress for Run {
    fn step(&self, what: &'static str, done: usize, all: usize) {
        let mut state = lock(&self.state);
        if state.what != what {
            state.since = Some(Instant::now());
        }
        (state.what, state.done, state.all) = (what, done, all);
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
