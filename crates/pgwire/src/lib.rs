//! The door of people's own tools: PostgreSQL's protocol, for reading.
//!
//! Each product that the caller may query is a schema of the one database, with its tables. A statement on them takes the
//! way of every statement (`emporion_products::query`): through the guard, under the caller's row filters and limits, with
//! a line in the log. What clients ask of the system's catalogue is answered from a picture of what the caller may see.

mod arrays;
mod binary;
mod catalogue;
mod computed;
mod copy;
mod cursors;
mod door;
mod engine;
mod engine_quota;
mod failures;
mod handler;
mod login;
mod memory_budget;
mod messages;
mod pending_logins;
mod portals;
mod rights;
mod schemas;
mod server;
mod session;
mod shares;
mod statement;
mod values;

pub use door::Door;
pub use pending_logins::PendingLogins;
pub use server::serve;

/// The one database that there is.
pub const DATABASE: &str = "emporion";
