//! The databases behind products: as the catalogue keeps them, and which one a product takes its tables from.

pub mod data_source;
pub mod manage;
pub mod probe;
pub mod sources;
