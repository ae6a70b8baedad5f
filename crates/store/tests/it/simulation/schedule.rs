//! One schedule: who asks what, and what goes wrong, as its seed draws it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use emporion_catalog::catalog::Catalog;
use emporion_catalog::change_set::Expect;
use emporion_catalog::credentials::IssuedToken;
use emporion_catalog::lease::Ownership;
use emporion_catalog::ports::Store;
use emporion_store::testing::Remote;
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::check;
use super::clients::{Answer, Client, Request, authority, client};
use super::installation::{self, Installation};
use super::jobs::{watchman, worker};
use super::network::{FaultyLink, LogicalClock, RecordingStore};
use crate::support::random::SeededRandom;

/// How long a schedule lasts at least.
const LASTS: Duration = Duration::from_secs(30);

pub struct Schedule {
    pub seed: u64,
    /// What the store does not look at when it commits, to see that this is noticed.
    pub forgotten: Option<fn(&Expect) -> bool>,
}

pub struct Node {
    pub catalog: Arc<Catalog>,
    way: Arc<FaultyLink>,
    tasks: JoinSet<()>,
}

/// Where a schedule is played.
pub struct Simulation<'a> {
    pub installation: &'a Installation,
    pub nodes: Mutex<Vec<Node>>,
    pub moments: Arc<LogicalClock>,
    /// By which the steward is known now.
    pub token: Mutex<IssuedToken>,
    pub requests: Mutex<Vec<Request>>,
    /// Who was told that the job is his.
    pub owners: Mutex<Vec<(u64, Ownership)>>,
    pub violations: Mutex<Vec<String>>,
    pub counts: Mutex<Counts>,
    pub looks: AtomicU64,
    recording: Arc<RecordingStore>,
    seed: u64,
}

/// How often what happened.
#[derive(Debug, Default, Clone)]
pub struct Counts {
    pub written: u64,
    pub shown: u64,
    pub replayed: u64,
    pub refused: u64,
    pub forbidden: u64,
    pub unknown: u64,
    /// Questions that got no answer.
    pub broken: u64,
    /// Decisions that were made again.
    pub losses: u64,
    pub pauses: u64,
    pub deaths: u64,
    /// Of the job.
    pub steps: u64,
}

impl Counts {
    fn all(&mut self) -> [&mut u64; 11] {
        let Counts { written, shown, replayed, refused, forbidden, unknown, broken, losses, pauses, deaths, steps } =
            self;
        [written, shown, replayed, refused, forbidden, unknown, broken, losses, pauses, deaths, steps]
    }

    pub fn add(&mut self, other: &Counts) {
        let mut other = other.clone();
        self.all().into_iter().zip(other.all()).for_each(|(sum, more)| *sum += *more);
    }

    pub fn is_of_everything(&self) -> bool {
        self.clone().all().into_iter().all(|count| *count > 0)
    }
}

/// What came of a schedule.
pub struct Report {
    requests: Vec<Request>,
    pub violations: Vec<String>,
    pub counts: Counts,
}

impl Report {
    /// Who asked what, when, and what he was answered, with ids by the order in which they are met.
    pub fn history(&self) -> String {
        let mut text: String = self.requests.iter().map(|request| format!("{request}\n")).collect();
        let is_of_id = |c: char| c.is_ascii_hexdigit() || c == '-';
        let words: Vec<String> = text.split(|c| !is_of_id(c)).map(str::to_owned).collect();
        let mut met = Vec::new();
        for word in words {
            if word.len() == 36 && !met.contains(&word) {
                met.push(word.clone());
                text = text.replace(&word, &met.len().to_string());
            }
        }
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.history())?;
        self.violations.iter().try_for_each(|violation| writeln!(f, "WRONG: {violation}"))
    }
}

impl Schedule {
    pub fn of(seed: u64) -> Schedule {
        Schedule { seed, forgotten: None }
    }

    pub fn run(&self, installation: &'static Installation) -> Report {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(self.play(installation))
    }

    async fn play(&self, installation: &'static Installation) -> Report {
        installation::begin();
        let began = Instant::now();
        let moments = Arc::new(LogicalClock::default());
        let recording = RecordingStore::of(installation.store(), moments.clone(), self.forgotten).await;
        let stage = Arc::new(Simulation {
            installation,
            nodes: Mutex::default(),
            moments,
            token: Mutex::new(installation.token.clone()),
            requests: Mutex::default(),
            owners: Mutex::default(),
            violations: Mutex::default(),
            counts: Mutex::default(),
            looks: AtomicU64::new(0),
            recording: Arc::new(recording),
            seed: self.seed,
        });
        for number in 0..3 {
            let node = stage.node(number, number as u64);
            stage.nodes.lock().push(node);
        }
        let mut around = JoinSet::new();
        around.spawn(watchman(stage.clone()));
        around.spawn(trouble(stage.clone(), SeededRandom::of(self.seed, 1)));
        let mut clients = JoinSet::new();
        for (part, who) in [(2, Client::Admin), (3, Client::Admin), (4, Client::Steward), (5, Client::Steward)] {
            clients.spawn(client(stage.clone(), who, SeededRandom::of(self.seed, part)));
        }
        clients.spawn(authority(stage.clone(), SeededRandom::of(self.seed, 6)));
        while let Some(ended) = clients.join_next().await {
            ended.expect("no client panics");
        }
        // The job goes on meanwhile.
        sleep_until(began + LASTS).await;
        around.shutdown().await;
        stage.end().await
    }
}

impl Simulation<'_> {
    async fn end(&self) -> Report {
        let nodes = std::mem::take(&mut *self.nodes.lock());
        let mut counts = self.counts.lock().clone();
        for mut node in nodes {
            node.tasks.shutdown().await;
            counts.broken += node.way.lost.load(Ordering::Relaxed);
        }
        counts.losses = self.recording.losses.load(Ordering::Relaxed);
        let requests = std::mem::take(&mut *self.requests.lock());
        for request in &requests {
            *match &request.answer {
                Answer::Written(..) | Answer::Made(_) => &mut counts.written,
                Answer::Shown(_) => &mut counts.shown,
                Answer::Replayed(_) => &mut counts.replayed,
                Answer::Refused(_) if is_of_rights(request) => &mut counts.forbidden,
                Answer::Refused(_) => &mut counts.refused,
                Answer::Unknown => &mut counts.unknown,
            } += 1;
        }
        let mut violations = std::mem::take(&mut *self.violations.lock());
        violations.extend(check::violations(self.installation, &self.recording.seen(), &requests).await);
        Report { requests, violations, counts }
    }
}

fn is_of_rights(request: &Request) -> bool {
    use emporion_catalog::problem::Problem;
    matches!(request.answer, Answer::Refused(Problem::Forbidden { .. } | Problem::Unauthenticated { .. }))
        && request.who != Client::Admin
}

impl Simulation<'static> {
    /// A node as it starts: with nothing kept.
    fn node(self: &Arc<Self>, number: usize, incarnation: u64) -> Node {
        let way = Arc::new(FaultyLink::new(SeededRandom::of(self.seed, 100 + incarnation)));
        let store: Arc<dyn Store> = Arc::new(Remote::behind(way.clone(), self.recording.clone()));
        let catalog = self.installation.node(store, number);
        let mut tasks = JoinSet::new();
        let chance = SeededRandom::of(self.seed, 1_000 + incarnation);
        tasks.spawn(worker(self.clone(), catalog.clone(), chance));
        Node { catalog, way, tasks }
    }
}

/// Lets nodes pause, and kills them.
async fn trouble(stage: Arc<Simulation<'static>>, mut chance: SeededRandom) {
    for incarnation in 3.. {
        sleep(chance.milliseconds(6_000)).await;
        let number = usize::try_from(chance.below(3)).expect("a node");
        if chance.once_in(2) {
            let length = chance.milliseconds(12_000) + Duration::from_millis(1);
            stage.nodes.lock()[number].way.pause(length);
            stage.counts.lock().pauses += 1;
            continue;
        }
        let next = stage.node(number, incarnation);
        let mut killed = std::mem::replace(&mut stage.nodes.lock()[number], next);
        killed.way.cut();
        killed.tasks.abort_all();
        let mut counts = stage.counts.lock();
        counts.deaths += 1;
        counts.broken += killed.way.lost.load(Ordering::Relaxed);
    }
}
