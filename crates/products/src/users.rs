//! Users of a product: their roles on it, and the terms under which they ask it.

pub mod filter_check;
pub mod list;
mod mask_check;
pub mod operation;
pub mod preview;
pub mod roles;
pub mod update;
