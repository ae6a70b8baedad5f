//! Backups: one file that holds a store as it was at one moment, and with it the keys where they were asked for.
//!
//! `archive` is the file, `make` takes it, `restore` makes a store of it, `served` is how a running server gives it away,
//! and `last` remembers when the last one was taken. The store in it has the form of the embedded engine, whichever keeps it
//! (`destination`, `keys`); so `migrate` is the one and the other without a file between them.

pub mod archive;
pub mod destination;
pub mod keys;
pub mod last;
pub mod make;
pub mod migrate;
pub mod restore;
pub mod served;
mod unfinished;

/// Hears what is being done, how much of it is done and of how much, in bytes. Where it says no, the work ends.
pub type Progress<'a> = &'a dyn Fn(&'static str, u64, u64) -> bool;

/// How a store in a database is backed up, where a node of it is asked to.
pub const INSTEAD: &str = "a database is backed up from beside its nodes: `emporion backup --store postgres://… --with-keys`, or \
                           PostgreSQL's own tools";

/// The file of a store inside its directory, and inside a backup.
pub const STORE_FILE: &str = "catalogue.db";
