//! Access to rows and records: who has it, who gives it, and what it is called.

pub mod access_paths;
pub(crate) mod action_labels;
pub(crate) mod bans;
pub(crate) mod borrowers;
pub mod condition;
pub mod effects;
pub(crate) mod holders;
pub mod loans;
pub mod masking;
pub(crate) mod naming_policies;
pub mod no_rows;
pub(crate) mod notifications;
pub(crate) mod own;
pub(crate) mod policy_rules;
mod product_reading;
pub(crate) mod readers;
mod reading_ways;
pub(crate) mod role;
pub mod simulator;
pub(crate) mod team_readers;
pub mod who_may;
