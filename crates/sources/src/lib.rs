//! Real databases behind the products: what they hold, and guarded questions to them.
//!
//! One file per system implements [`Source`]; [`open`] chooses it. A source never decides what may be asked: the guard of
//! `emporion-semantic` does, and every session is read-only besides. Connections live as long as one call. Dropping a
//! call's future stops the work in the database too.

mod bounds;
mod config;
mod connection;
mod csv;
mod derived;
mod error;
mod files;
mod metadata;
mod mysql;
mod postgresql;
mod progress;
mod rows;
mod rules;
mod secret;
mod source;
mod sqlite;
mod tls;
mod types;

pub use emporion_semantic::guard::TableName;
pub use emporion_semantic::lineage::{ColumnName, Derived};

pub use bounds::Bounds;
pub use config::{Config, Server, System, TlsMode};
pub use connection::{FILES, Kept};
pub use csv::{ALL as ALL_FILES, Corrections, ReadAs, ReadColumn};
pub use error::{ErrorKind, SourceError};
pub use files::{check as check_files, files, is_directory, trial};
pub use metadata::{Column, Database, ForeignKey, Key, Partition, Schema, Table, TableKind, TableSummary};
pub use progress::{Progress, Silent};
pub use rows::{Limits, ResultColumn, ResultType, Rows};
pub use rules::{FIRST_ACCOUNT, Rules, SourceDir};
pub use secret::Secret;
pub use source::{Budget, Source, Tested, open};
