//! The core of Emporion: the commit path, rights, reading. No HTTP, no SQL, no dialect. What it speaks of stands in
//! `emporion-model`.
//!
//! A tour, in the order of a request: a door names a record (`command::Ref`) and a change (`command::Command`);
//! `commit_path` takes a snapshot (`ports::Snapshot`), `plan` decides over it with `access` and the kind's `rules`, and
//! makes a `change_set::ChangeSet`; the store applies it or says which expectation was lost; `load` and `read` put records
//! and what belongs to them together for the answer.

pub mod access;
pub mod alarm;
pub mod ask;
pub mod audit_trail;
mod batch;
pub mod bootstrap;
pub mod boxed;
mod browser_logins;
pub mod cached_snapshot;
mod caller_seal;
pub mod catalog;
mod commit_path;
pub mod committed;
pub mod connection_logins;
pub mod context;
mod credential_usage;
pub mod credentials;
pub mod denials;
pub mod dry_run;
pub mod expiry;
pub mod facts;
pub mod finder;
pub mod follow;
mod form_models;
pub mod held;
mod idempotency;
pub mod key_change;
pub mod keyed_semaphore;
mod late_binding;
pub mod lease;
pub mod listing;
pub mod load;
pub mod logins;
pub mod member_language;
pub mod member_query;
mod past_names;
pub mod plan;
pub mod prefetch;
pub mod provider_logins;
pub mod proving;
pub mod read;
pub mod reading;
pub mod reading_counts;
mod references;
pub mod requests;
pub mod resolve;
pub mod response_cache;
pub mod rows;
pub mod rules;
pub mod schedules;
mod seeded;
mod system_task;
mod test_definitions;
pub mod tracking;

pub use catalog::Catalog;
// The words of the model are the core's own: doors find them here.
pub use emporion_model::testing;
pub use emporion_model::{
    Problem, action, alias, audit_event, caller, change_set, climb, command, cron, dependency, facet, field,
    follower_state, formats, id, json_text, kind, kinds, log_watch, name, number, observation, overlay, parts, ports,
    problem, provided, purpose_keys, query, questions, record, registry, relation, request_freshness, rule, spelling,
    text, timestamp,
};
