//! Integration tests, linked once.

mod bounds;
mod honest;
mod hostile;
mod rewriting;
mod shop;
