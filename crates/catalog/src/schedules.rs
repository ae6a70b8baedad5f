//! Which sources are read at which times, over all accounts: read once, and kept up with the log from then on.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::alarm::Alarm;
use crate::boxed::Boxed;
use crate::catalog::Catalog;
use crate::command::Command;
use crate::cron::Cron;
use crate::id::{AccountId, Millis, RecordId, Seq};
use crate::kinds::database_service::{DATABASE_SERVICE, SCHEDULE, SCHEDULED_BY};
use crate::lease::Ownership;
use crate::log_watch::Interest;
use crate::observation::{INGESTION_RUN, Range};
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::query::{Keyset, KeysetKey, ListQuery};
use crate::record::Record;

/// Services, and lines of the log, that are looked at in one turn.
const PAGE: u32 = 500;

/// The sources that are read at times.
#[derive(Debug, Default)]
pub struct Schedules {
    /// How far the log has been read.
    at: Seq,
    found: HashMap<RecordId, Scheduled>,
}

/// A source, and when it is read in whose name.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheduled {
    pub account: AccountId,
    pub service: RecordId,
    pub name: String,
    pub cron: Cron,
    /// The user.
    pub by: RecordId,
    pub by_name: String,
    /// Times before this count no more: it was said then, or read since.
    pub since: Millis,
    pub stopped: Option<Stopped>,
}

/// That a source is read at no time any more, since the one in whose name it was read is gone or may not: until somebody
/// says times for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    pub at: Millis,
    pub why: String,
}

/// The member of who said the times that says so.
const STOPPED: &str = "stopped";

impl Scheduled {
    /// What a service says of its times; `None` where it says none.
    pub fn of(service: &Record) -> Option<Scheduled> {
        let by = service.body.get(SCHEDULED_BY)?;
        Some(Scheduled {
            account: service.account,
            service: service.id,
            name: service.name.clone(),
            cron: service.body.get(SCHEDULE)?.as_str()?.parse().ok()?,
            by: by.get("user")?.as_str()?.parse().ok()?,
            by_name: by.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            since: Millis(by.get("at")?.as_i64()?),
            stopped: by.get(STOPPED).and_then(|stopped| {
                let why = stopped.get("why").and_then(Value::as_str).unwrap_or_default().to_owned();
                Some(Stopped { at: Millis(stopped.get("at")?.as_i64()?), why })
            }),
        })
    }

    /// What a service says of who said its times, with that they are over; `None` where somebody has said them anew.
    pub fn stopping(&self, service: &Record, stopped: &Stopped) -> Option<Value> {
        Scheduled::of(service).filter(|now| (now.by, &now.cron) == (self.by, &self.cron))?;
        let mut by = service.body.get(SCHEDULED_BY)?.clone();
        by[STOPPED] = json!({"at": stopped.at.0, "why": stopped.why});
        Some(by)
    }

    /// It was read then, whoever began it and however that went: the times up to it are used up.
    pub fn use_up(&mut self, at: Millis) {
        self.since = self.since.max(at);
    }

    /// When it is to be read next.
    pub fn next(&self) -> Option<Millis> {
        if self.stopped.is_some() { None } else { self.cron.next_after(self.since) }
    }
}

impl Schedules {
    /// All that there are now.
    pub fn open(catalog: &Catalog) -> Boxed<'_, Result<Schedules, Problem>> {
        Box::pin(async move {
            let mut schedules = Schedules { at: catalog.log_head().await?, found: HashMap::new() };
            for account in catalog.accounts().await? {
                let mut after = None;
                loop {
                    let query =
                        ListQuery { after, limit: PAGE, ..ListQuery::of(account, catalog.kind(DATABASE_SERVICE.name)) };
                    let snapshot = catalog.store.snapshot().await?;
                    let page = snapshot.list(&query).await?;
                    let Some(last) = page.last() else { break };
                    after = Some(Keyset { key: KeysetKey::Name(last.name.clone()), id: last.id });
                    for service in &page {
                        schedules.take_in(&*snapshot, service).await?;
                    }
                }
            }
            Ok(schedules)
        })
    }

    /// What wakes whoever keeps them.
    pub fn alarm(catalog: &Catalog) -> Alarm<'_> {
        catalog.alarm(services())
    }

    /// Takes in what the log has told since.
    pub fn keep_up<'a>(&'a mut self, catalog: &'a Catalog) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move {
            let services = services();
            let snapshot = catalog.store.snapshot().await?;
            let head = snapshot.head().await?;
            while self.at < head {
                let lines = snapshot.events_of(self.at, head, &services, PAGE).await?;
                let is_last = lines.len() < PAGE as usize;
                let reached = lines.last().map_or(head, |(seq, _)| *seq);
                let told: BTreeSet<(AccountId, RecordId)> =
                    lines.iter().map(|(_, event)| (event.account, event.id)).collect();
                for (account, id) in told {
                    match snapshot.by_id(account, &[id]).await?.pop().flatten() {
                        Some(service) => self.take_in(&*snapshot, &service).await?,
                        None => drop(self.found.remove(&id)),
                    }
                }
                self.at = if is_last { head } else { reached };
            }
            Ok(())
        })
    }

    async fn take_in(&mut self, snapshot: &dyn Snapshot, service: &Record) -> Result<(), Problem> {
        let Some(mut scheduled) = Scheduled::of(service).filter(|_| service.state.is_alive()) else {
            self.found.remove(&service.id);
            return Ok(());
        };
        let runs = Range {
            account: service.account,
            record: service.id,
            series: INGESTION_RUN,
            item: String::new(),
            from: scheduled.since,
            to: Millis(i64::MAX),
            limit: 1,
        };
        if let Some(run) = snapshot.observations(&runs).await?.found.first() {
            scheduled.use_up(run.at);
        }
        self.found.insert(service.id, scheduled);
        Ok(())
    }

    /// Those that are to be read by now, each once, however many of its times have passed; the longest overdue first.
    pub fn due(&self, now: Millis) -> Vec<Scheduled> {
        let mut due: Vec<(Millis, &Scheduled)> =
            self.found.values().filter_map(|one| Some((one.next()?, one))).filter(|(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, one)| (*at, one.service));
        due.into_iter().map(|(_, one)| one.clone()).collect()
    }

    /// When the next of them is to be read.
    pub fn next(&self) -> Option<Millis> {
        self.found.values().filter_map(Scheduled::next).min()
    }

    /// What is said of a source.
    pub fn of(&self, account: AccountId, name: &str) -> Option<&Scheduled> {
        self.found.values().find(|one| one.account == account && one.name == name)
    }

    /// The time of one is used up, whether or not that can be read anywhere.
    pub fn done(&mut self, service: RecordId, now: Millis) {
        if let Some(one) = self.found.get_mut(&service) {
            one.use_up(now);
        }
    }
}

/// The lines of the log that may say another time.
fn services() -> Interest {
    Interest { account: None, kinds: Some(vec![DATABASE_SERVICE.name]) }
}

impl Catalog {
    /// Carries out what nobody has asked for, in the server's own name: notes something of a source where the one in whose
    /// name it is read may not, or is gone; brings up to date what an older version has written.
    pub fn note_by_server<'a>(
        &'a self,
        owner: &'a Ownership,
        account: AccountId,
        command: &'a Command,
        door: &'static str,
    ) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move { self.run_as_system(owner, account, Some(door), command).await.map(drop) })
    }
}
