//! What stores promise, and the core over them.

mod chunked_jobs;
mod conformance;
mod pipeline;
mod postgres;
mod postgres_server;
mod serialization_failures;
mod simulation;
mod sqlite;
mod support;
mod transfer;
mod upgrades;
