//! The gate as the catalogue uses it.

mod account;
mod agreement;
mod people;
mod policies;
mod verdicts;
