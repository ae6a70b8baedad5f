//! How the server is: the log, what follows it, the store, the index of searches.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use emporion_bobsled::deprecated_calls::DeprecatedCalls;
use emporion_catalog::Problem;
use emporion_catalog::follow::Followers;
use emporion_search::Engine;
use emporion_store::Activity;
use serde_json::{Value, json};

use crate::backup::last;
use crate::measures::{beside, length, resident};

pub struct Health {
    pub activity: Arc<Activity>,
    pub followers: Arc<Followers>,
    pub engine: Arc<Engine>,
    /// The file of an embedded store.
    pub store: Option<PathBuf>,
    pub deprecated: DeprecatedCalls,
}

/// Callers of deprecated paths that are told of, those who call most first.
const MOST_DEPRECATED: usize = 50;

impl Health {
    /// Whoever runs the server may ask for it; the caller has seen to that.
    pub async fn shown(&self) -> Result<Value, Problem> {
        let head = self.engine.catalog().log_head().await?.0;
        let building = self.engine.progress().await?;
        let indexed = building.as_ref().map_or(self.engine.seq(), |progress| progress.position);
        let follower = |one: emporion_catalog::follow::Following| json!({"name": one.name, "position": one.position, "lag": one.lag, "failures": one.failures});
        let called = |(path, token, calls)| json!({"path": path, "token": token, "calls": calls});
        Ok(json!({
            "version": env!("CARGO_PKG_VERSION"),
            "logHead": head,
            "followers": self.followers.each(head).into_iter().map(follower).collect::<Vec<_>>(),
            "storeBytes": self.store.as_ref().map(|store| length(store) as u64),
            "storeLogBytes": self.store.as_ref().map(|store| length(&beside(store, "-wal")) as u64),
            "storeQueue": self.activity.waiting(),
            "index": {"building": building.is_some(), "position": indexed.0},
            "memoryBytes": resident() as u64,
            "lastBackup": self.store.as_deref().and_then(Path::parent).and_then(last::told),
            "deprecatedCalls": self.deprecated.each().into_iter().take(MOST_DEPRECATED).map(called).collect::<Vec<_>>(),
        }))
    }
}
