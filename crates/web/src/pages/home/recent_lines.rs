//! The last lines of the log, and the runs of ingestions among them: before what a run wrote, lines are looked through that were
//! written before it, so that ten thousand tables hide nothing that people did.

use std::collections::HashMap;

use emporion_catalog::change_set::Event;
use emporion_catalog::id::{Millis, Seq};
use emporion_catalog::name;
use emporion_catalog::observation::{INGESTION_RUN, Observation};
use emporion_catalog::reading::Reading;
use emporion_catalog::reading::log::Line;
use emporion_catalog::record::{INGESTION, Record};
use parking_lot::Mutex;

use crate::fault::Fault;
use crate::pages::sources::run;
use crate::records::address;

/// Lines of the log that are looked through, and again before each run.
const LINES: u64 = 400;
const RUNS_PASSED_OVER: usize = 3;

pub struct RecentLines {
    /// Oldest first.
    pub lines: Vec<Line>,
    /// Before which none was looked at.
    pub after: Seq,
    pub runs: Runs,
}

impl RecentLines {
    pub async fn of(reading: &Reading<'_>, head: Seq) -> Result<RecentLines, Fault> {
        let (mut stretches, mut runs) = (Vec::new(), Runs::default());
        let (mut until, mut after) = (head, head);
        for _ in 0..=RUNS_PASSED_OVER {
            after = Seq(until.0.saturating_sub(LINES));
            let oldest: Mutex<Option<Event>> = Mutex::default();
            let is_of_interest = |event: &Event| {
                oldest.lock().get_or_insert_with(|| event.clone());
                address::folder(event.kind).is_some() && !event.is_of_itself_alone()
            };
            stretches.push(reading.log(after, (until.0 - after.0) as u32, &is_of_interest).await?.found);
            if after.0 == 0 {
                break;
            }
            // What a run wrote may go on before this; a stretch without a line of this account says nothing.
            let Some(oldest) = oldest.into_inner() else {
                until = after;
                continue;
            };
            let Some(written) = Some(oldest).filter(|event| service_of(event).is_some()) else { break };
            runs.add(reading, std::iter::once(&written)).await?;
            let run = service_of(&written).and_then(|service| runs.at(&service, written.at));
            // As many lines as it wrote lie before its last one, at most.
            let lines = run.map_or(0, |run| run::written(&run.value)).max(LINES);
            until = Seq(until.0.saturating_sub(lines));
        }
        let mut lines: Vec<Line> = stretches.into_iter().rev().flatten().collect();
        runs.add(reading, lines.iter().map(|line| &line.event)).await?;
        lines.retain(|line| !runs.is_no_news(&line.event));
        Ok(RecentLines { lines, after, runs })
    }
}

/// The FQN of the service that a run of an ingestion wrote something of.
pub fn service_of(event: &Event) -> Option<String> {
    let is_written = event.by.door.as_deref() == Some(INGESTION);
    let service = name::split(&event.fqn).filter(|_| is_written)?.into_iter().next()?;
    Some(name::quote(&service))
}

/// Services that the reader sees, with their newest run.
#[derive(Default)]
pub struct Runs(HashMap<String, Option<(Record, Option<Observation>)>>);

impl Runs {
    /// Cost: two questions where there is a service that is not known yet.
    async fn add(&mut self, reading: &Reading<'_>, events: impl Iterator<Item = &Event>) -> Result<(), Fault> {
        let mut wanted: Vec<String> = events.filter_map(service_of).filter(|of| !self.0.contains_key(of)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(());
        }
        let kind = reading.catalog().kind("database_service");
        let fqns: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let found = reading.by_fqn(kind, &fqns).await?;
        let seen: Vec<Record> = found.iter().flatten().cloned().collect();
        let mut runs = reading.newest_observations(&seen, &[INGESTION_RUN]).await?;
        for (fqn, record) in wanted.into_iter().zip(found) {
            let with_run = |record: Record| {
                let at = runs.iter().position(|run| run.record == record.id);
                (record, at.map(|at| runs.swap_remove(at)))
            };
            self.0.insert(fqn, record.map(with_run));
        }
        Ok(())
    }

    /// Whether it says only that a run was there, which wrote nothing, or has counted something: of what it wrote there are other
    /// lines. Of one that has failed there is none.
    fn is_no_news(&self, event: &Event) -> bool {
        let Some(service) = service_of(event).filter(|_| event.notes_observations()) else { return false };
        !self.at(&service, event.at).is_some_and(|run| run.value["pipelineState"] == "failed")
    }

    pub fn service(&self, fqn: &str) -> Option<&Record> {
        Some(&self.0.get(fqn)?.as_ref()?.0)
    }

    /// The newest run of a service, where something was written during it.
    pub fn at(&self, service: &str, at: Millis) -> Option<&Observation> {
        self.0.get(service)?.as_ref()?.1.as_ref().filter(|run| run.at <= at)
    }
}
