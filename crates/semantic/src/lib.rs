//! The semantic layer: the guard every statement passes, the semantic models products carry, what views are made of,
//! and what a question means.
//!
//! Nothing here reads a file, opens a connection or asks for the time: text goes in, a decision comes out. The crate
//! `sources` runs what [`guard`] let through; the doors print what it refused.

pub mod chat;
pub mod guard;
pub mod lineage;
pub mod model;
pub mod pg;
pub mod yaml;

mod stack;
mod template;
mod visit;
