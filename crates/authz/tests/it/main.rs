//! The gate as the catalogue uses it.

mod agreement;
mod people;
mod policies;
mod verdicts;
