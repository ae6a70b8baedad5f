//! What one user may take of the door, over all his connections.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Weak};

use emporion_catalog::id::{AccountId, RecordId};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::engine_quota::EngineQuota;
use crate::memory_budget::MemoryBudget;

/// Connections at a time: tools keep some open for each of their users.
const CONNECTIONS: usize = 32;

/// Of one user.
pub struct Share {
    connections: Arc<Semaphore>,
    pub room: Arc<MemoryBudget>,
    pub turns: EngineQuota,
}

/// A connection of somebody's, counted while it lasts.
pub struct Place {
    pub share: Arc<Share>,
    _connection: OwnedSemaphorePermit,
}

/// What there is one of for each, while anybody has it.
struct Each<K, T>(Mutex<HashMap<K, Weak<T>>>);

impl<K, T> Default for Each<K, T> {
    fn default() -> Each<K, T> {
        Each(Mutex::default())
    }
}

impl<K: Eq + Hash, T> Each<K, T> {
    fn of(&self, key: K, make: impl FnOnce() -> T) -> Arc<T> {
        let mut all = self.0.lock();
        if let Some(known) = all.get(&key).and_then(Weak::upgrade) {
            return known;
        }
        all.retain(|_, one| one.strong_count() > 0);
        let made = Arc::new(make());
        all.insert(key, Arc::downgrade(&made));
        made
    }
}

pub struct Shares {
    door: Arc<EngineQuota>,
    accounts: Each<AccountId, EngineQuota>,
    users: Each<RecordId, Share>,
}

impl Default for Shares {
    fn default() -> Shares {
        Shares { door: Arc::new(EngineQuota::of_door()), accounts: Each::default(), users: Each::default() }
    }
}

impl Shares {
    /// One more connection of this user; `None` for who has as many as one may have.
    pub fn place(&self, account: AccountId, user: RecordId) -> Option<Place> {
        let share = self.users.of(user, || {
            let account = self.accounts.of(account, || EngineQuota::of_account(self.door.clone()));
            let connections = Arc::new(Semaphore::new(CONNECTIONS));
            Share { connections, room: MemoryBudget::of_user(), turns: EngineQuota::of_user(account) }
        });
        let connection = share.connections.clone().try_acquire_owned().ok()?;
        Some(Place { share, _connection: connection })
    }
}
