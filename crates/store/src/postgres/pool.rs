//! Connections for readers: opened when they are needed, kept for the next reader, so many at most. Who finds all of
//! them taken waits in a row.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connector::Connector;
use super::error::PostgresError;
use super::isolation::Isolation;
use super::session::Session;

pub struct Pool {
    connector: Arc<Connector>,
    idle: Mutex<Vec<Session>>,
    seats: Arc<Semaphore>,
}

impl Pool {
    pub fn new(connector: Arc<Connector>) -> Pool {
        let seats = Arc::new(Semaphore::new(connector.options.readers));
        Pool { connector, idle: Mutex::default(), seats }
    }

    /// The connection used last, or a new one.
    ///
    /// Errors: `Unavailable` where none comes free in time, or the server is not there.
    pub async fn take(self: &Arc<Pool>) -> Result<PooledSession, PostgresError> {
        let waiting = tokio::time::timeout(self.connector.options.patience, self.seats.clone().acquire_owned());
        let Ok(Ok(seat)) = waiting.await else {
            return Err(PostgresError::unavailable("no connection to the database has come free"));
        };
        let known = self.idle.lock().pop().filter(|session| !session.is_closed());
        let is_new = known.is_none();
        let session = match known {
            Some(session) => session,
            None => self.connector.open(None).await?,
        };
        Ok(PooledSession { session: Some(session), is_new, pool: self.clone(), seat: Some(seat) })
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
    seat: Option<OwnedSemaphorePermit>,
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
        let (pool, seat) = (self.pool.clone(), self.seat.take());
        runtime.spawn(async move {
            if session.batch("ROLLBACK").await.is_ok() {
                pool.idle.lock().push(session);
            }
            // Only now may the next one come.
            drop(seat);
        });
    }
}
