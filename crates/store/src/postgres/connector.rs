//! The way to the server: whoever needs a connection gets it here. While the server is away it is asked again later and
//! later, and nobody waits for it who could be told so; one that has been lost this moment is waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedSender;

use super::address::Address;
use super::error::PostgresError;
use super::options::Options;
use super::session::Session;

/// How long a server may take until a connection can be used: one that accepts and then says nothing is away, too.
const OPENING: Duration = Duration::from_secs(10);
/// The same for each of several.
const OPENING_EACH: Duration = Duration::from_secs(4);
/// After the first failure nobody tries for so long, and then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// For how long one that has just been lost is waited for, and how often it is tried meanwhile: what refuses a single connection
/// is over by then, and a server that is gone is not.
const LOST_FOR: Duration = Duration::from_millis(1_500);
const TRIED_EVERY: Duration = Duration::from_millis(100);

pub struct Connector {
    pub address: Address,
    pub options: Arc<Options>,
    away: Mutex<Option<Away>>,
    /// The place of the host that was reached last.
    first: AtomicUsize,
}

/// Since the server was last not reached.
#[derive(Clone)]
struct Away {
    since: Instant,
    until: Instant,
    pause: Duration,
    why: String,
}

/// A host that is being tried. Where it is dropped, because the host was not reached or nobody waits any longer, whoever comes
/// next begins with the one behind it.
struct ConnectionAttempt<'a> {
    connector: &'a Connector,
    place: usize,
}

impl Drop for ConnectionAttempt<'_> {
    fn drop(&mut self) {
        let next = (self.place + 1) % self.connector.address.hosts.len();
        // Somebody may have reached another meanwhile.
        let _ = self.connector.first.compare_exchange(self.place, next, Ordering::Relaxed, Ordering::Relaxed);
    }
}

impl Connector {
    pub fn new(address: Address, options: Arc<Options>) -> Connector {
        Connector { address, options, away: Mutex::default(), first: AtomicUsize::new(0) }
    }

    /// A new connection.
    ///
    /// Errors: `Gone` where the server is not reached, or was not a moment ago.
    pub async fn open(&self, heard: Option<UnboundedSender<String>>) -> Result<Session, PostgresError> {
        let asked = Instant::now();
        loop {
            match self.try_to_open(heard.clone()).await {
                Err(PostgresError::Gone(_)) if asked.elapsed() < LOST_FOR && self.is_lost_just_now() => {
                    tokio::time::sleep(TRIED_EVERY).await
                }
                opened => return opened,
            }
        }
    }

    fn is_lost_just_now(&self) -> bool {
        self.away.lock().as_ref().is_none_or(|away| away.since.elapsed() < LOST_FOR)
    }

    async fn try_to_open(&self, heard: Option<UnboundedSender<String>>) -> Result<Session, PostgresError> {
        if let Some(away) = self.away.lock().as_ref().filter(|away| Instant::now() < away.until) {
            return Err(PostgresError::Gone(away.why.clone()));
        }
        let opened = self.try_each(heard).await;
        match &opened {
            Ok(_) => {
                if self.away.lock().take().is_some() {
                    tracing::info!(database = self.address.shown(), "the database is reached again");
                }
            }
            Err(PostgresError::Gone(why)) => self.note(why),
            Err(_) => {}
        }
        opened
    }

    /// The host that was reached last, then the others.
    async fn try_each(&self, heard: Option<UnboundedSender<String>>) -> Result<Session, PostgresError> {
        let hosts = &self.address.hosts;
        let limit = if hosts.len() > 1 { OPENING_EACH } else { OPENING };
        let first = self.first.load(Ordering::Relaxed);
        let mut fault = PostgresError::internal("no host was tried");
        for place in (first..first + hosts.len()).map(|place| place % hosts.len()) {
            let attempt = ConnectionAttempt { connector: self, place };
            let opening = Session::open(&hosts[place], &self.address.tls, &self.options, heard.clone());
            let opened = tokio::time::timeout(limit, opening).await;
            fault = match opened.unwrap_or_else(|_| Err(PostgresError::Gone("the database does not answer".into()))) {
                Ok(session) => {
                    std::mem::forget(attempt);
                    self.first.store(place, Ordering::Relaxed);
                    return Ok(session);
                }
                Err(fault) => fault,
            };
        }
        Err(fault)
    }

    fn note(&self, why: &str) {
        let mut away = self.away.lock();
        let pause = away.as_ref().map_or(FIRST_PAUSE, |away| (away.pause * 2).min(LONGEST_PAUSE));
        if away.is_none() {
            tracing::warn!(database = self.address.shown(), why, "the database is away; it is tried again");
        }
        let (since, now) = (away.as_ref().map(|away| away.since), Instant::now());
        *away = Some(Away { since: since.unwrap_or(now), until: now + pause, pause, why: why.to_owned() });
    }
}
