//! Integration tests, linked once.

mod architecture;
mod generated_once;
mod import_cycles;
mod openapi;
