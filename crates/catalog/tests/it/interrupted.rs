//! A store that lets something else happen between a plan and its commit.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use emporion_catalog::change_set::{ChangeSet, Lost};
use emporion_catalog::id::Seq;
use emporion_catalog::ports::{Planner, Snapshot, Store, StoreResult};
use emporion_store::MemoryStore;
use parking_lot::Mutex;

pub type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
pub struct Interrupted {
    store: MemoryStore,
    next: Mutex<Option<Meanwhile>>,
}

impl Interrupted {
    pub fn new() -> Arc<Interrupted> {
        Arc::new(Interrupted::default())
    }

    /// Happens once, before the next commit.
    pub fn meanwhile(&self, what: impl Future<Output = ()> + Send + 'static) {
        *self.next.lock() = Some(Box::pin(what));
    }
}

#[async_trait]
impl Store for Interrupted {
    async fn snapshot(&self) -> StoreResult<Box<dyn Snapshot>> {
        self.store.snapshot().await
    }

    async fn commit(&self, sets: Vec<ChangeSet>) -> StoreResult<Vec<Result<Seq, Lost>>> {
        let what = self.next.lock().take();
        if let Some(what) = what {
            what.await;
        }
        self.store.commit(sets).await
    }

    async fn commit_planned(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        self.store.commit_planned(planner).await
    }

    async fn health(&self) -> StoreResult<Seq> {
        self.store.health().await
    }
}
