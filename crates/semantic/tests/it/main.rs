//! Integration tests, linked once.

mod bounds;
mod honest;
mod hostile;
mod models;
mod rewriting;
mod shop;
