//! The tables that a product holds: what is kept of them, live and drafted.

pub mod asset_tables;
pub mod contents;
pub mod edit;
pub mod fuzzy_match;
pub mod input;
pub mod keys;
pub mod list;
pub mod live_assets;
pub mod missing_grants;
pub mod on_demand;
pub mod pending;
pub mod print;
pub mod product_assets;
pub mod relations;
pub mod row_counts;
pub mod tables;
