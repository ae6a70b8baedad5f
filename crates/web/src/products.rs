//! Data products: what they promise, what can be asked of them, and their semantic models.

pub mod askable;
pub(crate) mod contract;
pub(crate) mod diagnostics;
pub mod model;
pub(crate) mod model_difference;
pub mod model_picture;
pub mod models;
pub(crate) mod part_changes;
pub(crate) mod unconnected;
