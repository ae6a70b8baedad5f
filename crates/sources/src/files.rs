//! The files of a source that is a directory of them: how they are read, and how one would be.

use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::config::{Config, invalid};
use crate::csv::{self, Corrections, ReadAs};
use crate::error::{ErrorKind, SourceError};
use crate::rules::Rules;

/// What every SQLite database begins with.
const BEGINS: &[u8] = b"SQLite format 3\0";

/// Whether the source is a directory that may be read.
pub fn is_directory(config: &Config, rules: &Rules) -> bool {
    directory(config, rules).is_ok()
}

/// Looks at a path that is to be read, before anything is kept of it: a database, or a directory of files.
///
/// Errors: a file that is no database; those of the rules.
pub async fn check(config: &Config, rules: &Rules) -> Result<(), SourceError> {
    let Config::Sqlite { path, .. } = config else { return Ok(()) };
    let path = rules.file(path)?;
    blocking(move || {
        if !path.is_file() {
            return Ok(());
        }
        let mut begins = Vec::new();
        let read = std::fs::File::open(&path).and_then(|file| file.take(BEGINS.len() as u64).read_to_end(&mut begins));
        // A database in which nothing was made yet is empty; what cannot be read now, a test tells.
        match read.is_err() || begins.is_empty() || begins == BEGINS {
            true => Ok(()),
            false => Err(invalid("is no SQLite database; of CSV files, name the directory that they lie in")),
        }
    })
    .await
}

/// How each of its files is read.
///
/// Errors: that it is no directory, or elsewhere; those of reading it.
pub async fn files(config: &Config, rules: &Rules, timeout: Duration) -> Result<Vec<ReadAs>, SourceError> {
    let (directory, files) = directory(config, rules)?;
    blocking(move || Ok(csv::open(&directory, &files, Instant::now() + timeout)?.read_as().to_vec())).await
}

/// How one of them is read by what the configuration says, with its first rows.
///
/// Errors: as those of [`files`]; `Forbidden` for what is none of them.
pub async fn trial(
    config: &Config,
    rules: &Rules,
    file: &str,
    rows: usize,
    timeout: Duration,
) -> Result<ReadAs, SourceError> {
    let (directory, files) = directory(config, rules)?;
    let file = file.to_owned();
    blocking(move || csv::trial(&directory, &files, &file, rows, Instant::now() + timeout)).await
}

fn directory(config: &Config, rules: &Rules) -> Result<(PathBuf, Corrections), SourceError> {
    let Config::Sqlite { path, files } = config else { return Err(invalid("it is no directory of files")) };
    let path = rules.file(path)?;
    if path.is_dir() { Ok((path, files.clone())) } else { Err(invalid("it is no directory of files")) }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| SourceError::new(ErrorKind::Failed, "reading the files failed"))?
}
