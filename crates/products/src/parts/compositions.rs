//! Compositions: other products whose tables and prompts a product takes over, each under an alias.

pub mod create;
pub mod graph;
pub mod part;
pub mod shapes;
pub mod spec;
pub mod stale;
