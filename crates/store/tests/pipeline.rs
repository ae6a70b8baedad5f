//! The core's commit path over every engine, and over engines that make trouble, by two catalogues at once.

mod support;

#[path = "pipeline/commands.rs"]
mod commands;
#[path = "pipeline/decided.rs"]
mod decided;
#[path = "pipeline/house.rs"]
mod house;
#[path = "pipeline/kept.rs"]
mod kept;
#[path = "pipeline/made_with.rs"]
mod made_with;
#[path = "pipeline/revoked.rs"]
mod revoked;
