//! The tables that a product holds: what is kept of them, live and drafted.

pub mod aspect;
pub mod contents;
pub mod edit;
pub mod input;
pub mod live_assets;
pub mod meant;
pub mod on_demand;
pub mod pending;
pub mod product_assets;
pub mod relations;
pub mod row_counts;
pub mod tables;
pub mod unlent;
