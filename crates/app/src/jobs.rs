//! Jobs that one process does at a time: the only one there is over a store in a directory, over a database the node that
//! has the lease.

use emporion_catalog::lease::{Lease, Ownership};
use tokio::sync::watch;

use crate::opening::Open;

/// Whether a job is this process's; none where nobody else could do it.
pub type Owned = Option<watch::Receiver<Option<Ownership>>>;

/// As whose owner this process writes now, where the job is its own.
pub fn owner(owned: &Owned) -> Option<Ownership> {
    match owned {
        None => Some(Ownership::alone()),
        Some(owned) => owned.borrow().clone().filter(Ownership::is_held),
    }
}

/// The jobs that this process does, or would do.
pub struct Jobs {
    webhooks: Option<Lease>,
    schedules: Option<Lease>,
    digests: Option<Lease>,
}

impl Jobs {
    /// Asks for all of them from now on.
    pub fn seek(open: &Open) -> Jobs {
        let seek = |name| open.storage.is_shared().then(|| Lease::seek(open.catalog.clone(), name));
        Jobs { webhooks: seek("webhooks"), schedules: seek("schedules"), digests: seek("digests") }
    }

    pub fn webhooks(&self) -> Owned {
        self.webhooks.as_ref().map(Lease::owned)
    }

    pub fn schedules(&self) -> Owned {
        self.schedules.as_ref().map(Lease::owned)
    }

    pub fn digests(&self) -> Owned {
        self.digests.as_ref().map(Lease::owned)
    }

    /// Gives them up, so that other nodes need not wait.
    pub async fn give_up(self) {
        for lease in [self.webhooks, self.schedules, self.digests].into_iter().flatten() {
            lease.give_up().await;
        }
    }
}
