//! The Bobsled door: data products, their assets and users, deploy and data sources, under `/data-products` and,
//! for clients that have not moved yet, under `/workspaces`.

pub mod admit;
pub mod asking;
pub mod asset_list;
pub mod assets;
pub mod call;
pub mod chat;
pub mod circuit_breaker;
pub mod commit;
pub mod connection;
pub mod data_source_input;
pub mod data_sources;
pub mod databases;
pub mod deprecated_calls;
pub mod deprecation;
pub mod door;
mod dsn;
pub mod entry;
pub mod envelope;
pub mod error;
pub mod fields;
pub mod guard;
pub mod handlers;
pub mod idempotency;
pub mod ids;
pub mod language;
pub mod message;
pub mod migration;
pub mod mount;
pub mod operation;
pub mod operations;
pub mod page;
pub mod parts;
pub mod patch;
pub mod problems;
pub mod product_input;
pub mod products;
pub mod rate;
pub mod reach;
pub mod read_context;
pub mod readable;
pub mod refs;
pub mod refusal;
pub mod rights;
pub mod shapes;
pub mod source_type;
pub mod subject;
#[cfg(test)]
mod testing;
pub mod threads;
pub mod times;
pub mod upload;
pub mod user_list;
pub mod users;
pub mod warning;

pub use entry::{Options, check_sunset, document, mount};
