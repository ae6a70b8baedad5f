//! What may stand in requests and answers: plain data in canonical names, one file per resource.
//!
//! Request structs are open: a member that they do not list is reported as a warning, or refused when the client asks
//! for strictness (`fields`), never by the check of shapes itself.

pub mod asset;
pub mod chat;
pub mod chat_feedback;
pub mod chat_thread;
pub mod common;
pub mod data_source;
pub mod deploy;
pub mod envelope;
pub mod mirror;
pub mod product;
pub mod queryable;
pub mod run_sql;
pub mod skill;
pub mod user;
