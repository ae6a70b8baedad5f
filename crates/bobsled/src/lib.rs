//! The Bobsled door: data products, their assets and users, deploy and data sources, under `/data-products` and,
//! for clients that have not moved yet, under `/workspaces`.

pub mod asset_list;
pub mod call;
pub mod connection;
pub mod data_source_input;
pub mod deprecation;
pub mod door;
mod dsn;
pub mod envelope;
pub mod error;
pub mod fields;
pub mod idempotency;
pub mod ids;
pub mod message;
pub mod mount;
pub mod operation;
pub mod operations;
pub mod page;
pub mod patch;
pub mod product_input;
pub mod shapes;
pub mod source_type;
pub mod times;
pub mod user_list;
