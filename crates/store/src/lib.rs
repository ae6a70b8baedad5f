//! The engines behind `emporion_model::ports::Store`: SQLite for service, memory for tests. One suite holds for both.
//!
//! A tour: `sqlite::SqliteStore` opens a file and starts its `writer`, a thread that owns the one writing connection
//! and stores change sets in groups (`expect` checks, `apply` writes, with `put` and `subtree`). Reads go through
//! `pool` and `snapshot`, past `cache`, which keeps what is read again and again. `rows` alone knows how a record
//! becomes a row, `list` alone how a query becomes SQL. `left_over` settles the log that a killed process has left,
//! `migrate` brings a file to the shape of this binary, `verify` says whether it is whole, `copy` takes one while it is
//! served. What other engines with tables need, too, lies beside it (`rows`, `facts`, `tallies`, `listed`, `invalidation`).
//! `memory` says in plain code what an engine must do; `testing` wraps any engine in one that makes trouble.

mod activity;
mod facts;
mod invalidation;
mod listed;
pub mod memory;
mod rows;
pub mod sqlite;
mod tallies;
pub mod testing;

pub use activity::Activity;
pub use memory::MemoryStore;
pub use sqlite::copy::{Copied, copy_file, sealed_texts};
pub use sqlite::{OnFatal, Options, SqliteStore, is_served, verify::Report, verify_file};
