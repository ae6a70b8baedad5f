//! The index of searches as the catalogue makes it of a whole store: how long that takes, and how large it becomes.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::client::Connection;
use crate::process::Process;
use crate::world::Admin;

/// An index that is not there by then never will be.
const LIMIT: Duration = Duration::from_secs(1_800);

/// Where a store keeps its index.
const FOLDER: &str = "search";

#[derive(Debug, Clone, Copy)]
pub struct Index {
    /// From the first answer of the server until everything can be found.
    pub built: Duration,
    pub bytes: u64,
}

/// Removes the index of a store that nobody serves, so that it is made anew.
pub fn remove(store: &Path) -> Result<()> {
    let folder = store.join(FOLDER);
    fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))
}

/// Waits until everything in the store can be found.
pub async fn built(server: &Process, admin: &Admin, store: &Path) -> Result<Index> {
    let started = Instant::now();
    let mut connection = Connection::open(server.address).await?;
    let request = admin.request("GET", "/search/index", b"");
    loop {
        let reply = connection.exchange(&request).await?;
        if reply.status != 200 {
            bail!("{} of the index: {}", reply.status, String::from_utf8_lossy(reply.body));
        }
        let state: Value = serde_json::from_slice(reply.body).context("the state of the index")?;
        if state["building"] == false && state["position"] == state["head"] {
            return Ok(Index { built: started.elapsed(), bytes: bytes_of(&store.join(FOLDER))? });
        }
        if started.elapsed() > LIMIT {
            bail!("the index does not become whole: {state}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn bytes_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { bytes_of(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}
