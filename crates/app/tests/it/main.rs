//! Integration tests, linked once.

mod architecture;
mod circles;
mod generated_once;
mod openapi;
