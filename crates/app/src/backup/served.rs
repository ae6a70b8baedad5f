//! Backups that a running server takes and gives away in pieces: a client that is slow, or comes back, keeps no
//! transaction open, and a piece is all that is held in memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use emporion_catalog::Problem;
use serde_json::{Value, json};

use super::archive::Image;
use super::last;
use super::make::make;

/// The most of a backup that one answer holds.
pub const PIECE: usize = 4 << 20;
/// Without a request for so long, one gives way to another.
const GIVES_WAY: Duration = Duration::from_secs(20);
/// Backups at one moment, taken or being taken: each is a copy of the store on its disk.
const MOST: usize = 2;
/// A backup that nobody has asked for this long is thrown away.
const FORGOTTEN: Duration = Duration::from_secs(120);
/// What a copy in the store's directory is called while it is made.
const SCRATCH: &str = "backup-";

pub struct Backups {
    /// None where the store is in a database.
    directory: Option<PathBuf>,
    taken: Arc<Mutex<HashMap<String, Arc<Taken>>>>,
}

struct Taken {
    state: Mutex<State>,
    touched: Mutex<Instant>,
    is_ended: AtomicBool,
}

enum State {
    Running { what: &'static str, done: u64, all: u64 },
    Finished(Arc<Image>),
    Failed(String),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks can be left half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Backups {
    /// Of the store in the directory, which this process serves. Copies that another one has left there are removed.
    pub fn new(directory: Option<&Path>) -> Backups {
        for entry in directory.map(std::fs::read_dir).into_iter().flatten().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(SCRATCH) && name.ends_with(".tmp")) {
                // Only room is lost by one that stays.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        Backups { directory: directory.map(Path::to_owned), taken: Default::default() }
    }

    /// Begins a backup and answers its id. Whoever may run the server may ask for it; the caller has seen to that, here as
    /// below.
    ///
    /// Errors: `Conflict` while others are there, and where the store is in a database.
    pub fn start(&self, with_keys: bool) -> Result<Value, Problem> {
        let Some(directory) = self.directory.clone() else { return Err(Problem::conflict(super::INSTEAD)) };
        let id = format!("{:032x}", rand::random::<u128>());
        let taken = Arc::new(Taken {
            state: Mutex::new(State::Running { what: "copying", done: 0, all: 0 }),
            touched: Mutex::new(Instant::now()),
            is_ended: AtomicBool::new(false),
        });
        {
            let mut all = lock(&self.taken);
            let idle = |taken: &Taken| lock(&taken.touched).elapsed();
            if all.len() >= MOST {
                // One whose taker has gone gives way.
                let left = all.iter().find(|(_, taken)| idle(taken) > GIVES_WAY).map(|(id, _)| id.clone());
                if let Some(taken) = left.and_then(|id| all.remove(&id)) {
                    taken.is_ended.store(true, Ordering::Relaxed);
                }
            }
            if all.len() >= MOST {
                return Err(Problem::conflict(format!("{MOST} backups are being taken; try again later")));
            }
            all.insert(id.clone(), taken.clone());
        }
        tokio::spawn(forget(self.taken.clone(), id.clone()));
        let scratch = directory.join(format!("{SCRATCH}{id}.tmp"));
        tokio::task::spawn_blocking(move || {
            let made = make(&directory, &scratch, with_keys, &|what, done, all| {
                *lock(&taken.state) = State::Running { what, done, all };
                !taken.is_ended.load(Ordering::Relaxed)
            });
            *lock(&taken.state) = match made {
                Ok(image) => State::Finished(Arc::new(image)),
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "a backup failed");
                    State::Failed(format!("{error:#}"))
                }
            };
        });
        Ok(json!({"id": id}))
    }

    /// How far it is, and what can be read.
    pub fn show(&self, id: &str) -> Result<Value, Problem> {
        let taken = self.find(id)?;
        let shown = match &*lock(&taken.state) {
            State::Running { what, done, all } => {
                json!({"id": id, "state": "running", "step": what, "done": done, "all": all})
            }
            State::Finished(image) => json!({
                "id": id,
                "state": "finished",
                "bytes": image.len(),
                "records": image.manifest.records,
                "seq": image.manifest.seq,
            }),
            State::Failed(why) => json!({"id": id, "state": "failed", "error": why}),
        };
        Ok(shown)
    }

    /// The bytes of a finished backup from a place on, at most [`PIECE`]; none at its end.
    pub async fn read(&self, id: &str, from: u64) -> Result<Vec<u8>, Problem> {
        let taken = self.find(id)?;
        let image = match &*lock(&taken.state) {
            State::Finished(image) => image.clone(),
            _ => return Err(Problem::conflict("the backup is not finished")),
        };
        let directory = self.directory.clone();
        let read = tokio::task::spawn_blocking(move || {
            let read = image.read_at(from, PIECE)?;
            // Whoever has the last piece has them all.
            if !read.is_empty() && from + read.len() as u64 == image.len() {
                directory.iter().for_each(|directory| last::keep(directory, &image.manifest, image.len()));
            }
            std::io::Result::Ok(read)
        });
        let read = read.await.map_err(|error| Problem::internal(error.to_string()))?;
        read.map_err(|error| Problem::Unavailable { reason: format!("reading the backup: {error}") })
    }

    /// Throws it away, also while it is made.
    pub fn end(&self, id: &str) -> Result<Value, Problem> {
        self.find(id)?.is_ended.store(true, Ordering::Relaxed);
        lock(&self.taken).remove(id);
        Ok(json!({"id": id, "ended": true}))
    }

    fn find(&self, id: &str) -> Result<Arc<Taken>, Problem> {
        let found = lock(&self.taken).get(id).cloned();
        let found = found.ok_or_else(|| Problem::NotFound { kind: "backup", what: id.to_owned() })?;
        *lock(&found.touched) = Instant::now();
        Ok(found)
    }
}

impl Drop for Backups {
    /// A server that stops does not wait for copies.
    fn drop(&mut self) {
        lock(&self.taken).values().for_each(|taken| taken.is_ended.store(true, Ordering::Relaxed));
    }
}

/// Throws a backup away once nobody asks for it any more.
async fn forget(all: Arc<Mutex<HashMap<String, Arc<Taken>>>>, id: String) {
    loop {
        let Some(taken) = lock(&all).get(&id).cloned() else { return };
        let idle = lock(&taken.touched).elapsed();
        if idle >= FORGOTTEN {
            taken.is_ended.store(true, Ordering::Relaxed);
            lock(&all).remove(&id);
            return;
        }
        tokio::time::sleep(FORGOTTEN - idle).await;
    }
}
