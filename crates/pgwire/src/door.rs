//! What conversations share.

use std::collections::HashMap;
use std::sync::Arc;

use emporion_edge::login_throttle::Throttle;
use emporion_edge::tls::Tls;
use emporion_products::calls::Calls;
use parking_lot::Mutex;
use pgwire::api::{ConnectionManager, RandomPidSecretKeyGenerator};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Connections at a time: tools keep some open for each of their users.
const CONNECTIONS: usize = 512;
const CONNECTIONS_OF_ONE: usize = 32;
const ALPN: &[u8] = b"postgresql";

pub struct Door {
    pub(crate) calls: Calls,
    pub(crate) logins: Arc<Throttle>,
    pub(crate) running: Arc<ConnectionManager>,
    pub(crate) tls: Option<Tls>,
    pub(crate) seats: Arc<Semaphore>,
    /// Of cancelling: no two connections have the same number.
    pub(crate) keys: RandomPidSecretKeyGenerator,
    /// Queries of the catalogue, and of nothing that is stored, at a time: one for each core.
    pub(crate) engines: Arc<Semaphore>,
    users: Arc<Mutex<HashMap<Uuid, usize>>>,
}

/// A connection of somebody's, counted while it lasts.
pub(crate) struct Place {
    user: Uuid,
    users: Arc<Mutex<HashMap<Uuid, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut users = self.users.lock();
        if let Some(count) = users.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                users.remove(&self.user);
            }
        }
    }
}

impl Door {
    /// `logins` holds back who guesses passwords, together with the other ways to log in.
    pub fn new(calls: Calls, logins: Arc<Throttle>, tls: Option<&Tls>) -> Door {
        Door {
            calls,
            logins,
            running: Arc::new(ConnectionManager::new()),
            tls: tls.map(|tls| tls.for_protocol(ALPN)),
            seats: Arc::new(Semaphore::new(CONNECTIONS)),
            keys: RandomPidSecretKeyGenerator::default(),
            engines: Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from))),
            users: Arc::default(),
        }
    }

    /// One more connection of this user; `None` for who has as many as one may have.
    pub(crate) fn place_for(&self, user: Uuid) -> Option<Place> {
        let mut users = self.users.lock();
        let count = users.entry(user).or_default();
        if *count >= CONNECTIONS_OF_ONE {
            return None;
        }
        *count += 1;
        Some(Place { user, users: self.users.clone() })
    }
}
