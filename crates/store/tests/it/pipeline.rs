//! The core's commit path over every engine, and over engines that make trouble, by two catalogues at once.

mod commands;
mod decided;
pub mod house;
mod kept;
mod made_with;
mod revoked;
