//! Compositions as they are created.

pub mod create;

#[cfg(test)]
#[path = "compositions/stale_tests.rs"]
mod stale_tests;
