//! When a store was backed up last, and before that: a line beside it, written when somebody has the whole of a backup.

use std::io::Write;
use std::path::Path;

use emporion_catalog::id::Millis;
use serde_json::{Value, json};

use super::archive::Manifest;
use super::destination::private;

const FILE: &str = "last-backup.json";

/// Remembers it. A backup is none the worse for a line that cannot be written: the log says so.
pub fn keep(directory: &Path, manifest: &Manifest, bytes: u64) {
    let before = told(directory).and_then(|before| before["at"].as_i64());
    let (at, seq) = (Millis::now().0, manifest.seq);
    let told = json!({"at": at, "before": before, "bytes": bytes, "seq": seq, "withKeys": manifest.with_keys});
    if let Err(error) = replace(directory, told.to_string().as_bytes()) {
        tracing::warn!(%error, "that a backup was taken could not be remembered");
    }
}

/// Whole or not at all, and for the owner's eyes.
fn replace(directory: &Path, text: &[u8]) -> std::io::Result<()> {
    let unfinished = directory.join(format!("{FILE}.new"));
    let _ = std::fs::remove_file(&unfinished);
    private(&unfinished)?.write_all(text)?;
    std::fs::rename(unfinished, directory.join(FILE))
}

/// Of the last one: when, when the one before it, how many bytes, up to which line of the log. `None` where none was taken, as far as is known.
pub fn told(directory: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(directory.join(FILE)).ok()?).ok()
}
