//! A directory of CSV files as a database: each file is a table of a database in memory, which is made anew when a file has
//! changed. What is inferred of a file (its delimiter, encoding, header, types) is said otherwise by a file of metadata beside
//! it (`orders.csv-metadata.json`, CSV on the Web), or by the connection of the source.

mod cache;
mod corrections;
mod format;
mod load;
mod metadata;
mod read_as;
mod shape;
mod values;

pub use cache::open;
pub use corrections::{ALL, Corrections};
pub use read_as::{ReadAs, ReadColumn, trial};

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};

use crate::error::{ErrorKind, SourceError};
use crate::metadata::{Table, TableKind};

/// Of one directory.
const MOST_FILES: usize = 1_000;
/// Of the files of one directory. What is larger belongs into a database.
const MOST_BYTES: u64 = 512 << 20;
const METADATA: &str = "-metadata.json";

/// The tables of one directory, as long as somebody holds them.
pub struct Tables {
    uri: String,
    /// An engine forgets a database in memory with its last connection.
    _kept: Mutex<Connection>,
    states: Vec<FileState>,
    bytes: u64,
    /// How each file is read.
    read_as: Vec<ReadAs>,
}

/// What tells one state of a file from another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileState {
    name: String,
    bytes: u64,
    modified: Option<SystemTime>,
    /// Device and number.
    inode: (u64, u64),
}

static NEXT: AtomicU64 = AtomicU64::new(0);

impl Tables {
    fn load(
        directory: &Path,
        states: Vec<FileState>,
        corrections: &Corrections,
        deadline: Instant,
    ) -> Result<Tables, SourceError> {
        // Of this engine's sorts of databases in memory the one in which readers do not wait for one another.
        let uri = format!("file:/emporion-csv-{}?vfs=memdb", NEXT.fetch_add(1, Ordering::Relaxed));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut db = Connection::open_with_flags(&uri, flags | named())?;
        // Keys are what files say of themselves: nothing has to keep them.
        db.pragma_update(None, "foreign_keys", false)?;
        let mut read_as: Vec<ReadAs> = Vec::new();
        for state in states.iter().filter(|state| !state.name.ends_with(METADATA)) {
            if Instant::now() >= deadline {
                return Err(SourceError::timeout());
            }
            let table = stem(&state.name);
            let is_taken = read_as.iter().any(|one| one.fault.is_none() && one.table.eq_ignore_ascii_case(table));
            read_as.push(match is_taken {
                true => {
                    let why = "another file has the same name but for its ending or its case".to_owned();
                    ReadAs::unread(&state.name, why)
                }
                false => match load::read(directory, state, MOST_BYTES, (&states, corrections)) {
                    Ok(file) => ReadAs::loaded(&mut db, &file, deadline)?,
                    Err(why) => ReadAs::unread(&state.name, why),
                },
            });
        }
        let size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
        let bytes = db.query_row(size, [], |row| row.get::<_, i64>(0))?.unsigned_abs();
        // Who may move directories could have put a link to another in its place meanwhile.
        is_itself(directory)?;
        Ok(Tables { uri, _kept: Mutex::new(db), states, bytes, read_as })
    }

    /// A connection that reads them.
    pub fn connect(&self) -> Result<Connection, rusqlite::Error> {
        Connection::open_with_flags(&self.uri, OpenFlags::SQLITE_OPEN_READ_ONLY | named())
    }

    /// The files that are no table, with why.
    pub fn unread(&self) -> impl Iterator<Item = Table> {
        let unread = self.read_as.iter().filter_map(|one| Some((one, one.fault.as_ref()?)));
        unread.map(|(one, why)| Table {
            fault: Some(why.clone().into()),
            ..Table::new(one.table.clone(), TableKind::Table)
        })
    }

    /// How each file is read.
    pub fn read_as(&self) -> &[ReadAs] {
        &self.read_as
    }
}

fn named() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI
}

/// The files of a directory that are tables, and what is said of them, by their names. Links are not followed.
fn states(directory: &Path) -> Result<Vec<FileState>, SourceError> {
    let gone = |_| unreachable_directory();
    is_itself(directory)?;
    let mut states = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(gone)? {
        let entry = entry.map_err(gone)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_wanted = is_csv(&name) || name.strip_suffix(METADATA).is_some_and(is_csv);
        let Some(found) = entry.metadata().ok().filter(|found| is_wanted && found.is_file()) else { continue };
        let inode = (found.dev(), found.ino());
        states.push(FileState { name, bytes: found.len(), modified: found.modified().ok(), inode });
    }
    let refused = |rule: String| Err(SourceError::new(ErrorKind::Configuration, rule));
    if !states.iter().any(|state| is_csv(&state.name)) {
        return refused("the directory holds no file whose name ends with .csv or .tsv".to_owned());
    }
    if states.len() > MOST_FILES || states.iter().map(|state| state.bytes).sum::<u64>() > MOST_BYTES {
        let megabytes = MOST_BYTES >> 20;
        return refused(format!(
            "a directory may hold {MOST_FILES} files of CSV, and {megabytes} MiB of them, at most"
        ));
    }
    states.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(states)
}

/// Errors: the path leads elsewhere than when it was allowed.
fn is_itself(directory: &Path) -> Result<(), SourceError> {
    let is_same = directory.canonicalize().is_ok_and(|found| found == directory);
    if is_same { Ok(()) } else { Err(unreachable_directory()) }
}

fn unreachable_directory() -> SourceError {
    SourceError::new(ErrorKind::Unreachable, "the directory cannot be read")
}

fn is_csv(name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ending.eq_ignore_ascii_case("csv") || ending.eq_ignore_ascii_case("tsv")
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// What a file that still is what was seen in the directory holds, so much of it at most.
fn bytes_of(directory: &Path, state: &FileState, most: u64) -> std::io::Result<Vec<u8>> {
    let path = directory.join(&state.name);
    let is_same = |found: &Metadata| (found.dev(), found.ino()) == state.inode && found.is_file();
    // Before it is opened, too: a pipe would be waited for.
    if !is_same(&std::fs::symlink_metadata(&path)?) {
        return Err(std::io::Error::other("it is another file now"));
    }
    let mut file = File::open(path)?;
    if !is_same(&file.metadata()?) {
        return Err(std::io::Error::other("it is another file now"));
    }
    let mut bytes = Vec::new();
    file.by_ref().take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
