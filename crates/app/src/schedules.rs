//! Sources that are read at their times, as those that somebody orders are: in the name of whoever said the times, with
//! what he may do at that moment.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::schedules::{Scheduled, Schedules};
use emporion_ingest::{KeptRun, Order};
use tokio::time::MissedTickBehavior;

use crate::ingestions::Ingestions;

/// How often it is looked whether it is time. Cron knows minutes.
const TICK: Duration = Duration::from_secs(1);

/// Begins the runs whose time has come, as long as the server runs. One that was missed meanwhile begins at once.
pub fn keep(catalog: Arc<Catalog>, ingestions: Arc<Ingestions>) {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut known = None;
        loop {
            ticks.tick().await;
            if let Err(problem) = turn(&catalog, &ingestions, &mut known).await {
                tracing::warn!(%problem, "it could not be seen which sources are to be read now; it is tried again");
            }
        }
    });
}

async fn turn(catalog: &Arc<Catalog>, ingestions: &Ingestions, known: &mut Option<Schedules>) -> Result<(), Problem> {
    let schedules = match known {
        Some(schedules) => {
            schedules.keep_up(catalog).await?;
            schedules
        }
        None => known.insert(Schedules::open(catalog).await?),
    };
    for one in schedules.due(catalog.now()) {
        match begin(catalog, ingestions, &one).await {
            Ok(()) => {}
            // It is being read, or too many others are: it waits for its turn, as others do for the store.
            Err(Problem::Conflict { .. } | Problem::Unavailable { .. } | Problem::StorageFull) => continue,
            Err(problem) => {
                tracing::warn!(service = one.name, by = one.by_name, %problem, "a source is not read at its time");
                let why = told(&one, &problem);
                if let Err(problem) = KeptRun::refused(catalog, &one, &why, is_over(&problem)).await {
                    tracing::warn!(service = one.name, %problem, "that cannot be kept");
                }
            }
        }
        schedules.done(one.service, catalog.now());
    }
    Ok(())
}

async fn begin(catalog: &Arc<Catalog>, ingestions: &Ingestions, one: &Scheduled) -> Result<(), Problem> {
    let caller = catalog.caller(one.account, one.by).await?;
    emporion_ingest::may_ingest(catalog, &caller, &one.name).await?;
    let order = Order { by_schedule: true, ..Order::new(&one.name) };
    ingestions.start(catalog, &caller, order).await.map(drop)
}

/// Whether it will be so the next time, too, until somebody else says the times.
fn is_over(problem: &Problem) -> bool {
    matches!(problem, Problem::Unauthenticated { .. } | Problem::Forbidden { .. } | Problem::NotFound { .. })
}

/// Why it is not read, for those who see its runs.
fn told(one: &Scheduled, problem: &Problem) -> String {
    match problem {
        Problem::Unauthenticated { .. } => {
            format!("{} is disabled or gone, in whose name it would be read", one.by_name)
        }
        Problem::Forbidden { .. } | Problem::NotFound { .. } => {
            format!("{}, in whose name it would be read, may not ingest it any more", one.by_name)
        }
        problem => problem.to_string(),
    }
}
