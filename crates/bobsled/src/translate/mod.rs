//! Between the words of this door and those of the core: names to references, requests to commands, views to answers.

pub mod asset;
pub mod contents;
pub mod data_source;
pub mod filter_check;
pub mod guard;
pub mod literals;
pub mod live_assets;
pub mod meant;
pub mod pending;
pub mod product;
pub mod product_assets;
pub mod reach;
pub mod refs;
pub mod relations;
pub mod rights;
pub mod row_filters;
pub mod sources;
pub mod tables;
pub mod take_in;
pub mod uncovered;
pub mod unlent;
pub mod users;
