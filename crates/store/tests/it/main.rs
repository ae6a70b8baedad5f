//! What stores promise, and the core over them.

mod chunked_jobs;
mod conformance;
mod overtaken;
mod pipeline;
mod postgres;
mod postgres_server;
mod simulation;
mod sqlite;
mod support;
mod transfer;
mod upgrades;
