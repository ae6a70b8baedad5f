//! Backups: one file that holds a store as it was at one moment, and with it the keys where they were asked for.
//!
//! `archive` is the file, `make` takes it, `restore` makes a store of it, `served` is how a running server gives it away,
//! and `last` remembers when the last one was taken.

pub mod archive;
pub mod last;
pub mod make;
pub mod restore;
pub mod served;

/// Hears what is being done, how much of it is done and of how much, in bytes. Where it says no, the work ends.
pub type Progress<'a> = &'a dyn Fn(&'static str, u64, u64) -> bool;

/// What does for a database what backups do for a store in a directory.
pub const INSTEAD: &str = "a database is backed up and restored with PostgreSQL's own tools (pg_dump and pg_restore, or base \
                           backups and the archive of its log), and the master key is kept apart from that";

/// The file of a store inside its directory, and inside a backup.
pub const STORE_FILE: &str = "catalogue.db";
