//! The way to the server: whoever needs a connection gets it here. While the server is away it is asked again later and
//! later, and nobody waits for it who could be told so.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedSender;

use super::address::Address;
use super::error::PostgresError;
use super::options::Options;
use super::session::Session;

/// How long a server may take until a connection can be used: one that accepts and then says nothing is away, too.
const OPENING: Duration = Duration::from_secs(10);
/// After the first failure nobody tries for so long, and then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

pub struct Connector {
    pub address: Address,
    pub options: Arc<Options>,
    away: Mutex<Option<Away>>,
}

/// Since the server was last not reached.
#[derive(Clone)]
struct Away {
    until: Instant,
    pause: Duration,
    why: String,
}

impl Connector {
    pub fn new(address: Address, options: Arc<Options>) -> Connector {
        Connector { address, options, away: Mutex::default() }
    }

    /// A new connection.
    ///
    /// Errors: `Gone` where the server is not reached, or was not a moment ago.
    pub async fn open(&self, heard: Option<UnboundedSender<String>>) -> Result<Session, PostgresError> {
        if let Some(away) = self.away.lock().as_ref().filter(|away| Instant::now() < away.until) {
            return Err(PostgresError::Gone(away.why.clone()));
        }
        let opening = tokio::time::timeout(OPENING, Session::open(&self.address, &self.options, heard));
        let opened = opening.await.unwrap_or_else(|_| Err(PostgresError::Gone("the database does not answer".into())));
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

    fn note(&self, why: &str) {
        let mut away = self.away.lock();
        let pause = away.as_ref().map_or(FIRST_PAUSE, |away| (away.pause * 2).min(LONGEST_PAUSE));
        if away.is_none() {
            tracing::warn!(database = self.address.shown(), why, "the database is away; it is tried again");
        }
        *away = Some(Away { until: Instant::now() + pause, pause, why: why.to_owned() });
    }
}
