//! Connections for readers: opened when they are needed, kept for the next reader, so many at most. Who finds all of
//! them taken waits in a row.
//!
//! Who holds one may need another before he gives it back. Some are kept for those, so that not all that there are can be in
//! the hands of who waits for one more.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task;

use super::connector::Connector;
use super::error::PostgresError;
use super::isolation::Isolation;
use super::session::Session;

pub struct Pool {
    connector: Arc<Connector>,
    idle: Mutex<Vec<Session>>,
    /// What has to be had by a task that holds as many connections as the place says: less and less.
    seats: [Arc<Semaphore>; 3],
    /// How many connections a task holds.
    held: Arc<Mutex<HashMap<task::Id, usize>>>,
}

impl Pool {
    pub fn new(connector: Arc<Connector>) -> Pool {
        let readers = connector.options.readers;
        let seats =
            [readers - readers / 3, readers - readers / 12, readers].map(|seats| Arc::new(Semaphore::new(seats)));
        Pool { connector, idle: Mutex::default(), seats, held: Arc::default() }
    }

    /// The connection used last, or a new one.
    ///
    /// Errors: `Unavailable` where none comes free in time, or the server is not there.
    pub async fn take(self: &Arc<Pool>) -> Result<PooledSession, PostgresError> {
        let task = task::try_id();
        let held = task.and_then(|task| self.held.lock().get(&task).copied()).unwrap_or(0);
        let waiting = tokio::time::timeout(self.connector.options.patience, self.seats(held));
        let Ok(seats) = waiting.await else {
            return Err(PostgresError::unavailable("no connection to the database has come free"));
        };
        let known = self.idle.lock().pop().filter(|session| !session.is_closed());
        let is_new = known.is_none();
        let session = match known {
            Some(session) => session,
            None => self.connector.open(None).await?,
        };
        let held = HeldCount::begin(self.held.clone(), task);
        Ok(PooledSession { session: Some(session), is_new, pool: self.clone(), seats, _held: held })
    }

    /// In the order of how many there are, so that who waits for one keeps none from those who need fewer.
    async fn seats(&self, held: usize) -> Vec<OwnedSemaphorePermit> {
        let mut seats = Vec::with_capacity(self.seats.len());
        for of in &self.seats[held.min(self.seats.len() - 1)..] {
            seats.extend(of.clone().acquire_owned().await);
        }
        seats
    }

    pub fn isolation(&self) -> Isolation {
        self.connector.options.isolation
    }

    /// Forgets the connections that wait: the server has ended them.
    pub fn forget(&self) {
        self.idle.lock().clear();
    }
}

/// A connection of the pool in the hands of a reader, with a transaction open on it.
pub struct PooledSession {
    session: Option<Session>,
    /// It was opened just now.
    pub is_new: bool,
    pool: Arc<Pool>,
    seats: Vec<OwnedSemaphorePermit>,
    _held: HeldCount,
}

impl PooledSession {
    pub fn session(&self) -> Result<&Session, PostgresError> {
        self.session.as_ref().ok_or_else(|| PostgresError::internal("the connection was handed back"))
    }

    /// With which its transaction begins.
    pub fn begin(&self) -> &'static str {
        self.pool.isolation().begin_reading()
    }

    /// Throws the connection away.
    pub fn discard(mut self) {
        self.session = None;
    }
}

impl Drop for PooledSession {
    fn drop(&mut self) {
        let Some(session) = self.session.take().filter(|session| !session.is_closed()) else { return };
        // Outside a runtime nobody could end its transaction: it is closed, which does.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (pool, seats) = (self.pool.clone(), std::mem::take(&mut self.seats));
        runtime.spawn(async move {
            if !session.cancel().await && session.batch("ROLLBACK").await.is_ok() {
                pool.idle.lock().push(session);
            }
            // Only now may the next one come.
            drop(seats);
        });
    }
}

/// Counts a connection that a task holds.
struct HeldCount {
    of: Arc<Mutex<HashMap<task::Id, usize>>>,
    task: Option<task::Id>,
}

impl HeldCount {
    fn begin(of: Arc<Mutex<HashMap<task::Id, usize>>>, task: Option<task::Id>) -> HeldCount {
        if let Some(task) = task {
            *of.lock().entry(task).or_default() += 1;
        }
        HeldCount { of, task }
    }
}

impl Drop for HeldCount {
    fn drop(&mut self) {
        let Some(task) = self.task else { return };
        let mut held = self.of.lock();
        if let Some(count) = held.get_mut(&task) {
            *count -= 1;
            if *count == 0 {
                held.remove(&task);
            }
        }
    }
}
