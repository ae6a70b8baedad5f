//! What conversations share.

use std::sync::Arc;

use emporion_edge::login_throttle::Throttle;
use emporion_edge::tls::Tls;
use emporion_products::calls::Calls;
use pgwire::api::{ConnectionManager, RandomPidSecretKeyGenerator};
use tokio::sync::Semaphore;

use crate::pending_logins::PendingLogins;
use crate::shares::Shares;

/// Connections at a time.
pub(crate) const CONNECTIONS: usize = 512;
const ALPN: &[u8] = b"postgresql";

pub struct Door {
    pub(crate) calls: Calls,
    pub(crate) logins: Arc<Throttle>,
    pub(crate) running: Arc<ConnectionManager>,
    pub(crate) tls: Option<Tls>,
    pub(crate) seats: Arc<Semaphore>,
    pub(crate) arrivals: PendingLogins,
    /// Of cancelling: no two connections have the same number.
    pub(crate) keys: RandomPidSecretKeyGenerator,
    pub(crate) shares: Shares,
}

impl Door {
    /// `logins` holds back who guesses passwords, together with the other ways to log in.
    pub fn new(calls: Calls, logins: Arc<Throttle>, tls: Option<&Tls>, arrivals: PendingLogins) -> Door {
        Door {
            calls,
            logins,
            running: Arc::new(ConnectionManager::new()),
            tls: tls.map(|tls| tls.for_protocol(ALPN)),
            seats: Arc::new(Semaphore::new(CONNECTIONS)),
            arrivals,
            keys: RandomPidSecretKeyGenerator::default(),
            shares: Shares::default(),
        }
    }
}
