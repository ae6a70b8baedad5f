//! What stays of a run: an observation of its service, in the words in which runs of ingestion pipelines are kept.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Ref};
use emporion_catalog::id::{AccountId, Millis};
use emporion_catalog::kinds::database_service::SCHEDULED_BY;
use emporion_catalog::lease::Ownership;
use emporion_catalog::name;
use emporion_catalog::observation::INGESTION_RUN;
use emporion_catalog::schedules::{Scheduled, Stopped};
use emporion_sources::{Progress, Rules};
use serde_json::{Value, json};

use crate::report::Report;
use crate::run::{DOOR, Failure, Order, run};
use crate::service;

/// How many lines of each list of a report stay.
const MOST_LINES: usize = 100;
/// Why a run came to no end by itself: somebody has ended it; it, or its server, went away.
pub const STOPPED: &str = "STOPPED";
pub const BROKE_DOWN: &str = "BROKE_DOWN";
/// The member that says that a run began at its time.
pub const BY_SCHEDULE: &str = "bySchedule";
const LISTS: &[&str] = &["changed", "missing", "skipped", "failed", "notes"];

/// One run, as its service remembers it.
#[derive(Debug, Clone)]
pub struct RunRecord {
    service: String,
    id: String,
    by: String,
    began: Millis,
    is_dry: bool,
    by_schedule: bool,
}

impl RunRecord {
    /// A run that begins now; `id` is what others call it by. What is left without an end was broken off.
    pub async fn begin(catalog: &Catalog, caller: &Caller, order: &Order, id: impl Into<String>) -> RunRecord {
        let run = RunRecord::new(catalog, caller, order, id);
        run.begun(catalog, caller).await;
        run
    }

    /// The same before anything is kept of it.
    pub fn new(catalog: &Catalog, caller: &Caller, order: &Order, id: impl Into<String>) -> RunRecord {
        RunRecord {
            service: order.service.clone(),
            id: id.into(),
            by: caller.principal.name.to_string(),
            began: catalog.now(),
            is_dry: order.dry_run,
            by_schedule: order.by_schedule,
        }
    }

    pub async fn begun(&self, catalog: &Catalog, caller: &Caller) {
        self.note(catalog, caller, "running", json!({})).await;
    }

    /// For whoever keeps it elsewhere until its end.
    pub fn to_json(&self) -> Value {
        json!({
            "service": self.service, "id": self.id, "by": self.by, "began": self.began.0, "isDry": self.is_dry,
            "bySchedule": self.by_schedule,
        })
    }

    pub fn of_json(kept: &Value) -> Option<RunRecord> {
        let text = |member: &str| kept[member].as_str().map(str::to_owned);
        Some(RunRecord {
            service: text("service")?,
            id: text("id")?,
            by: text("by")?,
            began: Millis(kept["began"].as_i64()?),
            is_dry: kept["isDry"].as_bool()?,
            by_schedule: kept["bySchedule"].as_bool()?,
        })
    }

    pub fn service(&self) -> &str {
        &self.service
    }

    /// Whether it began at its time.
    pub fn is_scheduled(&self) -> bool {
        self.by_schedule
    }

    /// It came to no end by itself: the server notes it, since who may end a run may not change its service for that.
    ///
    /// Errors: there is no such service any more.
    pub async fn broke_off(
        &self,
        catalog: &Catalog,
        account: AccountId,
        reason: &str,
        error: &str,
    ) -> Result<(), Problem> {
        if self.is_dry {
            return Ok(());
        }
        let (state, told) = match reason {
            STOPPED => ("stopped", json!({})),
            _ => ("failed", json!({"reason": reason, "error": error})),
        };
        catalog.note_by_server(&Ownership::alone(), account, &self.command(catalog, state, told, None), DOOR).await
    }

    /// A run at its time that could not begin: the server notes it. Where that will be so the next time, too, since the one
    /// in whose name it would be is gone or may not, there is no next time.
    ///
    /// Errors: there is no such service any more.
    pub async fn refused(
        catalog: &Catalog,
        owner: &Ownership,
        of: &Scheduled,
        error: &str,
        is_over: bool,
    ) -> Result<(), Problem> {
        let run = RunRecord {
            service: of.name.clone(),
            id: format!("{:x}", catalog.now().0),
            by: of.by_name.clone(),
            began: catalog.now(),
            is_dry: false,
            by_schedule: true,
        };
        let reason = if is_over { "NOT_PERMITTED" } else { "FAILED" };
        let told = json!({"reason": reason, "error": error});
        let over = is_over.then(|| (of.clone(), Stopped { at: run.began, why: error.to_owned() }));
        catalog.note_by_server(owner, of.account, &run.command(catalog, "failed", told, over), DOOR).await
    }

    /// The run itself, to its end.
    pub async fn carry_out(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        rules: &Rules,
        order: &Order,
        progress: &dyn Progress,
    ) -> Result<Report, Failure> {
        let outcome = run(catalog, caller, rules, order, progress).await;
        match &outcome {
            Ok(report) => {
                let state = if report.failures() > 0 { "partialSuccess" } else { "success" };
                self.note(catalog, caller, state, json!({"report": shortened(report.to_json())})).await;
            }
            Err(failure) => self.failed(catalog, caller, failure.reason(), &failure.to_string()).await,
        }
        outcome
    }

    async fn failed(&self, catalog: &Catalog, caller: &Caller, reason: &str, error: &str) {
        self.note(catalog, caller, "failed", json!({"reason": reason, "error": error})).await;
    }

    /// A service that is not there, or is not the caller's to change, remembers nothing. No run fails for it.
    async fn note(&self, catalog: &Catalog, caller: &Caller, state: &str, run: Value) {
        if self.is_dry {
            return;
        }
        let command = self.command(catalog, state, run, None);
        match catalog.execute(&caller.clone().at(DOOR), &command).await {
            Ok(_) | Err(Problem::NotFound { .. } | Problem::Forbidden { .. }) => {}
            Err(problem) => tracing::warn!(%problem, service = self.service, "a run could not be kept"),
        }
    }

    /// `over` is a schedule that ends with it.
    fn command(&self, catalog: &Catalog, state: &str, mut run: Value, over: Option<(Scheduled, Stopped)>) -> Command {
        run["runId"] = self.id.as_str().into();
        run["pipelineState"] = state.into();
        run["by"] = self.by.as_str().into();
        run["startDate"] = self.began.0.into();
        run["timestamp"] = self.began.0.into();
        if self.by_schedule {
            run[BY_SCHEDULE] = true.into();
        }
        if state != "running" {
            run["endDate"] = catalog.now().0.into();
        }
        let began = self.began;
        Command::Change {
            target: Ref::Name(catalog.kind(service::KIND), name::quote(&self.service)),
            guard: Guard::None,
            edit: Arc::new(move |view| {
                let mut draft = Draft::default();
                draft.observe(INGESTION_RUN, "", began, run.clone());
                let by = over.as_ref().and_then(|(scheduled, stopped)| scheduled.stopping(&view.record, stopped));
                if let Some(by) = by {
                    draft.set(SCHEDULED_BY, by);
                }
                Ok(draft)
            }),
            rules: DoorRules::default(),
        }
    }
}

/// A report with so many lines of each list that it can be kept.
pub fn shortened(mut report: Value) -> Value {
    for list in LISTS {
        if let Some(lines) = report[*list].as_array_mut() {
            let more = lines.len().saturating_sub(MOST_LINES);
            lines.truncate(MOST_LINES);
            if more > 0 {
                report["more"][*list] = more.into();
            }
        }
    }
    report
}
