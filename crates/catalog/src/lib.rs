//! The core of Emporion: kinds, records, edges, commands, the commit path, rights. No HTTP, no SQL, no dialect.
//!
//! A tour, in the order of a request: a door names a record (`command::Ref`) and a change (`command::Command`);
//! `catalog` takes a snapshot (`ports::Snapshot`), `plan` decides over it with `access` and the kind's `rules`, and makes
//! a `change_set::ChangeSet`; the store applies it or says which expectation was lost; `load` and `read` put records and
//! what belongs to them together for the answer.

pub mod access;
pub mod action;
pub mod alias;
pub mod ask;
mod body;
pub mod bootstrap;
pub mod cached_snapshot;
pub mod caller;
pub mod catalog;
pub mod change_set;
pub mod climb;
pub mod command;
pub mod context;
pub mod credentials;
pub mod dependency;
pub mod facet;
pub mod facts;
pub mod field;
pub mod follow;
pub mod follower_state;
pub mod form_model;
pub mod id;
mod idempotency;
pub mod key_change;
pub mod kind;
pub mod kinds;
pub mod listing;
pub mod load;
pub mod logins;
pub mod name;
pub mod observation;
pub mod parts;
pub mod plan;
pub mod ports;
pub mod prefetch;
pub mod problem;
pub mod provided;
pub mod query;
pub mod questions;
pub mod read;
pub mod record;
pub mod registry;
pub mod rehearsal;
pub mod relation;
pub mod resolve;
pub mod response_cache;
pub mod rows;
pub mod rule;
pub mod rules;
mod seeded;
pub mod segmented_lru;
pub mod spelling;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod timestamp;
pub mod tracking;

pub use catalog::Catalog;
pub use problem::Problem;
