//! The Bobsled door: data products, their assets and users, deploy and data sources, under `/data-products` and,
//! for clients that have not moved yet, under `/workspaces`.

pub mod admit;
pub mod asset_list;
#[cfg(test)]
mod body_check_tests;
pub mod call;
pub mod data_source_input;
pub mod deprecated_calls;
pub mod deprecation;
pub mod door;
pub mod entry;
pub mod envelope;
pub mod file_note;
pub mod handlers;
pub mod http_failures;
pub mod idempotency_key;
pub mod migration;
pub mod mount;
pub mod operation;
pub mod operations;
pub mod parts;
pub mod print;
pub mod product_input;
pub mod products;
pub mod question_input;
pub mod shapes;
#[cfg(test)]
mod testing;
pub mod times;
pub mod upload;
pub mod user_list;

pub use entry::{Options, check_sunset, document, mount};
