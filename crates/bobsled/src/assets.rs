//! The tables that a product holds: what requests say of them, what is kept, live and drafted, and how they are shown.

pub mod asset;
pub mod contents;
pub mod live_assets;
pub mod meant;
pub mod pending;
pub mod product_assets;
pub mod relations;
pub mod row_counts;
pub mod tables;
pub mod take_in;
pub mod unlent;
