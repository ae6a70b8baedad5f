//! The engines behind `emporion_model::ports::Store`: SQLite for one server, PostgreSQL for many, memory for tests. One
//! suite holds for all.
//!
//! A tour: `sqlite::SqliteStore` opens a file and starts its `writer`, a thread that owns the one writing connection
//! and stores change sets in groups (`expect` checks, `apply` writes, with `put` and `subtree`). Reads go through
//! `pool` and `snapshot`, past `cache`, which keeps what is read again and again. `rows` alone knows how a record
//! becomes a row, `list` alone how a query becomes SQL. `left_over` settles the log that a killed process has left,
//! `migrate` brings a file to the shape of this binary, `verify` says whether it is whole, `copy` takes one while it is
//! served, `transfer` gives and takes its rows. `postgres` has a tour of its own; what both have in common lies beside them (`rows`, `facts`, `tallies`, `listed`,
//! `invalidation`). `memory` says in plain code what an engine must do; `testing` wraps any engine in one that makes trouble.

mod activity;
mod facts;
mod invalidation;
mod listed;
pub mod memory;
pub mod postgres;
mod rows;
pub mod sqlite;
mod tallies;
pub mod testing;
mod transfer;

pub use activity::Activity;
pub use memory::MemoryStore;
pub use postgres::PostgresStore;
pub use sqlite::copy::{Copied, copy_file, sealed_texts};
pub use sqlite::{OnFatal, Options, SqliteStore, is_served, verify::Report, verify_file};
