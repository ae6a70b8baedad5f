//! How fresh sources are: how the last run of each ended, and when the next one begins by itself, or should have. Many are
//! looked at with as many questions as one.
//!
//! When a source was read, and whether that went well, is for everybody who sees it; when it is to be read, for those who
//! may ingest it.

use std::collections::{HashMap, HashSet};

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::action::Action;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::observation::{INGESTION_RUN, Observation};
use emporion_catalog::ports::Verdict;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::{Reading, SeenId};
use emporion_catalog::record::{Record, View};
use emporion_catalog::schedules::Scheduled;

use super::run::{self, RunState, State};
use super::{SOURCES, connection, runs};
use crate::fault::Fault;
use crate::records::link::Link;
use crate::records::{address, naming};
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::texts::Texts;

/// Sources that are looked at for a page about all of them, and how many at once.
const MOST_LOOKED_AT: usize = 2_000;
const AT_ONCE: u32 = 500;
/// A run begins when its time comes, or when those before it have ended: later than this it is late.
const PATIENCE: i64 = 5 * 60_000;

#[derive(Template)]
#[template(path = "parts/freshness.html")]
pub struct Freshness {
    t: Texts,
    last: Option<(State, Moment)>,
    /// What other programs read of it, as far as the last run of each failed.
    failing: Vec<String>,
    /// `None` where there are no such times, or they are not the visitor's business.
    due: Option<Due>,
    /// Its last run failed or was broken off, or one that should have begun has not.
    needs_a_look: bool,
}

impl HtmlSafe for Freshness {}

/// What is said of the times at which it is read by itself.
struct Due {
    rendered: String,
    at: Moment,
    is_bad: bool,
}

/// How those stand.
#[derive(Debug, PartialEq)]
pub enum Times {
    Next(Millis),
    Late(Millis),
    Stopped(Millis),
}

impl Freshness {
    /// `ended` is the state of the last run, and when that was.
    pub fn reported(
        visit: &Visit,
        ended: Option<(String, Millis)>,
        failing: Vec<String>,
        times: Option<(Times, String)>,
    ) -> Freshness {
        let t = visit.t;
        let has_failed = ended.as_ref().is_some_and(|(state, _)| matches!(&**state, "failed" | "interrupted"));
        let due = times.map(|(times, zone)| times.rendered(visit, &zone));
        Freshness {
            t,
            needs_a_look: has_failed || !failing.is_empty() || due.as_ref().is_some_and(|due| due.is_bad),
            last: ended.map(|(state, at)| (run::state(t, &state), visit.moment(at))),
            failing,
            due,
        }
    }

    /// Of each of the sources; `None` of what is not crawled.
    pub async fn of(visit: &Visit, reading: &Reading<'_>, services: &[View]) -> Result<Vec<Option<Freshness>>, Fault> {
        let crawled: Vec<&View> = services.iter().filter(|view| view.record.kind.is("database_service")).collect();
        if crawled.is_empty() {
            return Ok(services.iter().map(|_| None).collect());
        }
        // What other programs read of a service, they keep with pipelines of their own below it.
        let kind = reading.catalog().kind("ingestion_pipeline");
        let below = |view: &&View| ListQuery { parent: Some(view.id()), ..ListQuery::of(reading.account(), kind) };
        let others = reading.lists(crawled.iter().map(below).collect()).await?;
        let seen: Vec<SeenId> =
            crawled.iter().map(|view| SeenId::from(*view)).chain(others.iter().flatten().map(SeenId::from)).collect();
        let newest = reading.newest_observations(&seen, &[INGESTION_RUN]).await?;
        let newest: HashMap<RecordId, Observation> = newest.into_iter().map(|run| (run.record, run)).collect();
        let is_at_stake =
            |view: &&View| Scheduled::of(&view.record).is_some() || newest.get(&view.id()).is_some_and(is_running);
        let at_stake: Vec<&View> = crawled.iter().copied().filter(is_at_stake).collect();
        let his = may_run(visit, reading, &at_stake, usize::MAX).await?;
        let looked = Looked { visit, reading, newest: &newest, his: &his };
        let mut found = HashMap::new();
        for (view, others) in crawled.into_iter().zip(&others) {
            found.insert(view.id(), looked.at(view, others).await?);
        }
        Ok(services.iter().map(|view| found.remove(&view.id())).collect())
    }
}

/// Those of all sources that need a look.
pub struct Troubled {
    pub sources: Vec<(Link, Freshness)>,
    /// How many sources were looked at, and whether there are more.
    pub looked_at: usize,
    pub is_partial: bool,
}

impl Troubled {
    /// By their names.
    pub async fn of(visit: &Visit, reading: &Reading<'_>) -> Result<Troubled, Fault> {
        let mut found = Troubled { sources: Vec::new(), looked_at: 0, is_partial: false };
        // Of the same sources as the list of them has.
        for (kind, ..) in SOURCES {
            found.add(visit, reading, reading.catalog().kind(kind)).await?;
        }
        Ok(found)
    }

    /// Those of a kind, as far as not too many were looked at before.
    async fn add(&mut self, visit: &Visit, reading: &Reading<'_>, kind: Kind) -> Result<(), Fault> {
        let mut query = ListQuery { limit: AT_ONCE, ..ListQuery::of(reading.account(), kind) };
        loop {
            let page = reading.list(query.clone(), &Depth::bare()).await?;
            if self.looked_at >= MOST_LOOKED_AT {
                self.is_partial |= !page.views.is_empty();
                return Ok(());
            }
            for (view, freshness) in page.views.iter().zip(Freshness::of(visit, reading, &page.views).await?) {
                if let Some(freshness) = freshness.filter(|freshness| freshness.needs_a_look) {
                    let runs = address::with_query(&address::of_record(&view.record), &[("tab", "runs")]);
                    self.sources.push((Link { address: Some(runs), ..Link::of_record(&view.record) }, freshness));
                }
            }
            self.looked_at += page.views.len();
            match page.views.last().filter(|_| page.more) {
                Some(last) => query.after = Some(query.keyset(&last.record)),
                None => return Ok(()),
            }
        }
    }
}

fn is_running(run: &Observation) -> bool {
    run.value["pipelineState"] == "running"
}

/// What was read for all of them.
struct Looked<'a> {
    visit: &'a Visit,
    reading: &'a Reading<'a>,
    newest: &'a HashMap<RecordId, Observation>,
    his: &'a HashSet<RecordId>,
}

impl Looked<'_> {
    async fn at(&self, view: &View, others: &[Record]) -> Result<Freshness, Fault> {
        let (visit, t) = (self.visit, self.visit.t);
        let own = self.newest.get(&view.id());
        let mut ended = self.own(view, own).await?;
        let mut failing = Vec::new();
        for other in others {
            let Some(run) = self.newest.get(&other.id) else { continue };
            let state = run.value["pipelineState"].as_str().unwrap_or_default().to_owned();
            if state == "failed" {
                failing.push(t.with("waiting.failed_of", &[("name", &naming::rendered_of(other))]));
            }
            if ended.as_ref().is_none_or(|(_, at)| *at < run.at) {
                ended = Some((state, run.at));
            }
        }
        let scheduled = Scheduled::of(&view.record).filter(|_| self.his.contains(&view.id()));
        let times = scheduled.and_then(|scheduled| {
            let zone = scheduled.cron.zone().to_owned();
            Some((Times::of(scheduled, own.map(|run| run.at), visit.now)?, zone))
        });
        // What is being read is held back, and not late.
        let is_going = own.is_some_and(is_running);
        let times = times.filter(|(times, _)| matches!(times, Times::Next(_)) || !is_going);
        Ok(Freshness::reported(visit, ended, failing, times))
    }

    /// How the last run from here stands, and when it began. One that goes on is for those who may ingest the source: others
    /// are told of the one before.
    async fn own(&self, view: &View, newest: Option<&Observation>) -> Result<Option<(String, Millis)>, Fault> {
        let Some(run) = newest else { return Ok(None) };
        let reported = |run: &Observation, live: Option<&serde_json::Value>| {
            (RunState { kept: Some(&run.value), live }.state().to_owned(), run.at)
        };
        if !is_running(run) {
            return Ok(Some(reported(run, None)));
        }
        if self.his.contains(&view.id()) {
            let live = runs::live(self.visit, run.value["runId"].as_str().unwrap_or_default()).await?;
            return Ok(Some(reported(run, live.as_ref())));
        }
        let before = (Millis(0), Millis(run.at.0.saturating_sub(1)));
        let earlier = self.reading.observations(&view.record, (INGESTION_RUN, ""), before, 1).await?.found;
        Ok(earlier.first().map(|run| reported(run, None)))
    }
}

impl Times {
    /// `last`: when the last run began, whoever began it.
    fn of(mut scheduled: Scheduled, last: Option<Millis>, now: Millis) -> Option<Times> {
        if let Some(stopped) = &scheduled.stopped {
            return Some(Times::Stopped(stopped.at));
        }
        last.into_iter().for_each(|at| scheduled.use_up(at));
        let next = scheduled.next()?;
        Some(if next.0 + PATIENCE < now.0 { Times::Late(next) } else { Times::Next(next) })
    }

    /// On the clocks by which they were set.
    fn rendered(self, visit: &Visit, zone: &str) -> Due {
        let (key, at, is_bad) = match self {
            Times::Next(at) => ("schedule.next", at, false),
            Times::Late(at) => ("sources.late", at, true),
            Times::Stopped(at) => ("sources.stopped", at, true),
        };
        Due { rendered: visit.t.say(key), at: Moment::in_zone(at, visit.now, zone, visit.t), is_bad }
    }
}

/// Those of the sources that the visitor may ingest. Where his rights turn on each of them, those that he does not hold are
/// asked about one by one, so many at most.
pub async fn may_run(
    visit: &Visit,
    reading: &Reading<'_>,
    services: &[&View],
    most_asked: usize,
) -> Result<HashSet<RecordId>, Fault> {
    let ids: Vec<RecordId> = services.iter().map(|service| service.id()).collect();
    let kind = reading.catalog().kind("database_service");
    let verdict = visit.catalog().verdict_of_kind(visit.caller(), Action::EditAll, kind);
    let mut his: HashSet<RecordId> = match verdict {
        _ if ids.is_empty() => return Ok(HashSet::new()),
        Verdict::Always => return Ok(ids.into_iter().collect()),
        _ => reading.rows().held(&ids).await?,
    };
    if let Verdict::Depends = verdict {
        let others = services.iter().filter(|service| !his.contains(&service.id()));
        for service in others.take(most_asked).copied().collect::<Vec<_>>() {
            if connection::may(reading, service).await? {
                his.insert(service.id());
            }
        }
    }
    Ok(his)
}

#[cfg(test)]
mod tests {
    use emporion_catalog::id::{AccountId, Millis, RecordId};
    use emporion_catalog::schedules::{Scheduled, Stopped};

    use super::{PATIENCE, Times};

    #[test]
    fn a_source_is_late_when_its_time_has_long_passed_and_nobody_has_read_it_since() {
        const HOUR: i64 = 3_600_000;
        let hourly = |stopped: Option<Stopped>| Scheduled {
            account: AccountId::fresh(),
            service: RecordId::fresh(),
            name: "shop".into(),
            cron: "0 * * * *".parse().expect("a time"),
            by: RecordId::fresh(),
            by_name: "ann".into(),
            since: Millis(10),
            stopped,
        };
        let at = |last: Option<i64>, now: i64| Times::of(hourly(None), last.map(Millis), Millis(now));
        assert_eq!(at(None, 20), Some(Times::Next(Millis(HOUR))));
        assert_eq!(at(None, HOUR + PATIENCE), Some(Times::Next(Millis(HOUR))));
        assert_eq!(at(None, HOUR + PATIENCE + 1), Some(Times::Late(Millis(HOUR))));
        assert_eq!(at(Some(HOUR + 1), HOUR + PATIENCE + 1), Some(Times::Next(Millis(2 * HOUR))));
        let stopped = hourly(Some(Stopped { at: Millis(7), why: "ann is gone".into() }));
        assert_eq!(Times::of(stopped, None, Millis(2 * HOUR)), Some(Times::Stopped(Millis(7))));
    }
}
