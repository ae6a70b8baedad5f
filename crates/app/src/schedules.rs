//! Sources that are read at their times, as those that somebody orders are: in the name of whoever said the times, with
//! what he may do at that moment. A store in a directory is open in one process alone, which holds its lock as long as it
//! lives. Over a database one node has this job, and begins a run only while it still has it.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::id::Millis;
use emporion_catalog::lease::Ownership;
use emporion_catalog::schedules::{Scheduled, Schedules};
use emporion_ingest::{Order, RunRecord};

use crate::ingestions::Ingestions;
use crate::jobs::{self, Owned};

/// How often it is looked whether the job is this node's while it is not: a lease that was late may be renewed.
const LOOKED_AFTER: Duration = Duration::from_secs(1);

/// Begins the runs whose time has come, as long as the server runs. One that was missed meanwhile begins at once.
pub fn keep(catalog: Arc<Catalog>, ingestions: Arc<Ingestions>, mut owned: Owned) {
    let (left, of, whose) = (ingestions.clone(), catalog.clone(), owned.clone());
    tokio::spawn(async move { left.look_after(&of, &whose).await });
    tokio::spawn(async move {
        let mut alarm = Schedules::alarm(&catalog);
        let mut known = None;
        loop {
            let held = jobs::owner(&owned).is_some();
            if let Some(owned) = owned.as_mut().filter(|_| !held) {
                // What another node has begun meanwhile is read anew.
                known = None;
                if let Ok(Err(_)) = tokio::time::timeout(LOOKED_AFTER, owned.changed()).await {
                    return;
                }
                continue;
            }
            let next = turn(&catalog, &ingestions, &owned, &mut known).await.unwrap_or_else(|problem| {
                tracing::warn!(%problem, "it could not be seen which sources are to be read now; it is tried again");
                Some(catalog.soon())
            });
            alarm.wait_until(next).await;
        }
    });
}

/// Begins what is to be read by now, and answers when to look again.
async fn turn(
    catalog: &Arc<Catalog>,
    ingestions: &Ingestions,
    owned: &Owned,
    known: &mut Option<Schedules>,
) -> Result<Option<Millis>, Problem> {
    let schedules = match known {
        Some(schedules) => {
            schedules.keep_up(catalog).await?;
            schedules
        }
        None => known.insert(Schedules::open(catalog).await?),
    };
    let mut is_held_up = false;
    for one in schedules.due(catalog.now()) {
        // The one before may have taken long.
        let Some(owner) = jobs::owner(owned) else {
            *known = None;
            return Ok(Some(catalog.soon()));
        };
        match begin(catalog, ingestions, &owner, &one, false).await {
            Ok(()) => {}
            // It is being read, or too many others are: it waits for its turn, as others do for the store.
            Err(Problem::Conflict { .. } | Problem::Unavailable { .. } | Problem::StorageFull) => {
                is_held_up = true;
                continue;
            }
            Err(problem) => {
                tracing::warn!(service = one.name, by = one.by_name, %problem, "a source is not read at its time");
                let why = told(&one, &problem);
                if let Err(problem) = RunRecord::refused(catalog, &owner, &one, &why, is_over(&problem)).await {
                    tracing::warn!(service = one.name, %problem, "that cannot be kept");
                }
            }
        }
        schedules.done(one.service, catalog.now());
    }
    Ok(if is_held_up { Some(catalog.soon()) } else { schedules.next() })
}

/// Begins a run in the name of whoever said the times; `is_again` is as for [`Ingestions::start`].
pub async fn begin(
    catalog: &Arc<Catalog>,
    ingestions: &Ingestions,
    owner: &Ownership,
    one: &Scheduled,
    is_again: bool,
) -> Result<(), Problem> {
    let caller = catalog.caller(one.account, one.by).await?;
    emporion_ingest::may_ingest(catalog, &caller, &one.name).await?;
    let order = Order { by_schedule: true, ..Order::new(&one.name) };
    ingestions.start(catalog, owner, &caller, order, is_again).await.map(drop)
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
