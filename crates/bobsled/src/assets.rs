//! The tables of a product as requests change and answers show them.

pub mod asset;
