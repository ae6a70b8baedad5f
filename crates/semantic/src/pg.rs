//! Statements of PostgreSQL's clients: what one is, and how it is written for who answers it. A query of a product's
//! tables is written for the product's source, whose guard then reads it as anybody's; one of the system's catalogue for
//! the engine that has a picture of it.

pub mod about;
pub mod arrays;
pub mod catalogue;
mod column_names;
pub mod computed;
pub mod copy;
pub mod names;
pub mod product;
pub mod said;
mod sqlite;
pub mod system;
pub mod types;
pub mod typing;
