//! A job that one node does at a time, whatever becomes of the nodes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use emporion_catalog::catalog::Catalog;
use emporion_catalog::follower_state::FollowerState;
use emporion_catalog::id::{AccountId, Seq};
use emporion_catalog::lease::Lease;
use serde_json::json;
use tokio::time::sleep;

use super::schedule::Simulation;
use crate::support::random::SeededRandom;

const JOB: &str = "job";
/// What the job keeps, and under which key.
pub const KEPT: (&str, &str) = ("counter", "k");

/// Does the job on a node while it is its own: each step keeps the next number.
pub async fn worker(stage: Arc<Simulation<'static>>, catalog: Arc<Catalog>, mut chance: SeededRandom) {
    let lease = Lease::seek(catalog.clone(), JOB);
    let mut owned = lease.owned();
    loop {
        let owner = match owned.wait_for(Option::is_some).await {
            Ok(owner) => owner.clone().expect("it was waited for"),
            Err(_) => return,
        };
        // The same node may have it again, as another owner.
        let number = stage.moments.next();
        stage.owners.lock().push((number, owner.clone()));
        while owner.is_held() {
            let done = catalog.follower_state(KEPT.0, KEPT.1).await;
            // It thinks for a while, which can be longer than the job is its own.
            sleep(chance.milliseconds(3_000)).await;
            if let Ok(done) = done {
                let place = Seq(done.map_or(0, |state| state.position.0) + 1);
                let data = [("by".to_owned(), json!(number))].into_iter().collect();
                let (follower, key) = (KEPT.0.to_owned(), KEPT.1.to_owned());
                let state = FollowerState { follower, key, account: AccountId::GLOBAL, position: place, data };
                if catalog.keep_follower_states(&owner, vec![state], Vec::new()).await.is_ok() {
                    stage.counts.lock().steps += 1;
                }
            }
        }
        if owned.wait_for(Option::is_none).await.is_err() {
            return;
        }
    }
}

/// Looks again and again whether two nodes hold the job at once.
pub async fn watchman(stage: Arc<Simulation<'static>>) {
    loop {
        sleep(Duration::from_millis(100)).await;
        let mut owners = stage.owners.lock();
        owners.retain(|(_, owner)| owner.is_held());
        let holders: Vec<u64> = owners.iter().map(|(number, _)| *number).collect();
        if holders.len() > 1 {
            let at = stage.moments.next();
            stage.violations.lock().push(format!("at {at} the job has more than one owner: {holders:?}"));
            return;
        }
        stage.looks.fetch_add(1, Ordering::Relaxed);
    }
}
