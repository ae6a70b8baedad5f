//! The tables of directories, kept as long as the files stay as they are. They are read beside who asks for them: that may
//! take longer than a question may, and what was read by then is there for the next one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::{Corrections, FileState, Tables, states};
use crate::error::{ErrorKind, SourceError};

/// Of memory, for all directories that are kept; what was not asked for longest goes, and what nobody asks for.
const MOST_KEPT: u64 = 1 << 30;
const KEPT_FOR: Duration = Duration::from_secs(600);
/// How long the files of one directory may take to be read.
const LOADING_FOR: Duration = Duration::from_secs(600);

/// A directory, and what is said of its files.
type Read = (PathBuf, Corrections);

/// The tables of one directory.
#[derive(Default)]
struct Slot {
    content: Mutex<Content>,
    /// Something was read, or could not be.
    changed: Condvar,
}

#[derive(Default)]
struct Content {
    tables: Option<Arc<Tables>>,
    /// What is being read.
    loading: Option<Vec<FileState>>,
    /// What could not be read last, and why.
    failed: Option<(Vec<FileState>, SourceError)>,
    used: Option<Instant>,
}

static SLOTS: LazyLock<Mutex<HashMap<Read, Arc<Slot>>>> = LazyLock::new(Mutex::default);
/// One directory is read at a time, whoever asks: it takes the memory of its files twice.
static LOADING: Mutex<()> = Mutex::new(());

/// The tables of a directory as its files are now.
///
/// Errors: `Configuration` where no file is one of CSV, or there is too much; `Timeout` where they are still being read at the
/// deadline.
pub fn open(directory: &Path, corrections: &Corrections, deadline: Instant) -> Result<Arc<Tables>, SourceError> {
    let read: Read = (directory.to_owned(), corrections.clone());
    let states = states(directory).inspect_err(|_| drop(SLOTS.lock().remove(&read)))?;
    let slot = SLOTS.lock().entry(read.clone()).or_default().clone();
    let mut content = slot.content.lock();
    content.used = Some(Instant::now());
    // What failed before this question may go well now.
    content.failed = None;
    loop {
        if let Some(tables) = content.tables.as_ref().filter(|tables| tables.states == states) {
            return Ok(tables.clone());
        }
        if let Some((_, error)) = content.failed.as_ref().filter(|(failed, _)| *failed == states) {
            return Err(error.clone());
        }
        if content.loading.is_none() {
            content.loading = Some(states.clone());
            let (slot, read, states) = (slot.clone(), read.clone(), states.clone());
            let begun = thread::Builder::new().name("csv".to_owned()).spawn(move || slot.load(&read, states));
            if begun.is_err() {
                content.loading = None;
                return Err(SourceError::new(ErrorKind::Failed, "the files cannot be read now"));
            }
        }
        if slot.changed.wait_until(&mut content, deadline).timed_out() {
            return Err(SourceError::new(ErrorKind::Timeout, "the files are still being read: ask again in a while"));
        }
    }
}

impl Slot {
    fn load(self: Arc<Self>, (directory, corrections): &Read, states: Vec<FileState>) {
        let _ending = Ending(&self);
        let loaded = {
            let _one = LOADING.lock();
            Tables::load(directory, states.clone(), corrections, Instant::now() + LOADING_FOR)
        };
        let mut content = self.content.lock();
        match loaded {
            Ok(tables) => content.tables = Some(Arc::new(tables)),
            Err(error) => content.failed = Some((states, error)),
        }
        drop(content);
        forget(&self);
    }

    fn bytes(&self) -> u64 {
        self.content.lock().tables.as_ref().map_or(0, |tables| tables.bytes)
    }

    fn used(&self) -> Option<Instant> {
        self.content.lock().used
    }
}

/// Ends the reading of a slot, however it ends.
struct Ending<'s>(&'s Slot);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.content.lock().loading = None;
        self.0.changed.notify_all();
    }
}

/// Lets go of what was not asked for longest, until the rest is little enough.
fn forget(but: &Arc<Slot>) {
    let mut slots = SLOTS.lock();
    slots.retain(|_, slot| slot.used().is_none_or(|used| used.elapsed() < KEPT_FOR));
    while slots.values().map(|slot| slot.bytes()).sum::<u64>() > MOST_KEPT {
        let others = slots.iter().filter(|(_, slot)| !Arc::ptr_eq(slot, but));
        let Some(oldest) = others.min_by_key(|(_, slot)| slot.used()).map(|(path, _)| path.clone()) else {
            break;
        };
        slots.remove(&oldest);
    }
}
