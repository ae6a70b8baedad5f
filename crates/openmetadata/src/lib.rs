//! The OpenMetadata door: the paths, bodies, errors and habits that OpenMetadata's clients expect, over the core.
//!
//! A noun of the protocol is a constant in `nouns/`; what all nouns have in common is a loop over them.

pub mod asset_relation;
pub mod auth;
pub mod case;
pub mod column;
pub mod connection;
pub mod create_request;
pub mod cursor;
pub mod definition;
pub mod door;
pub mod entry;
pub mod errors;
pub mod generic;
pub mod has;
mod media;
pub mod members;
pub mod mount;
pub mod names;
pub mod noun;
pub mod nouns;
pub mod openapi;
pub mod operation;
pub mod params;
pub mod passwords;
pub mod patch;
pub mod patched;
pub mod pointer;
pub mod problem;
pub mod query_names;
pub mod reference;
pub mod render;
pub mod routes;
pub mod secrets;
pub mod special;
pub mod subscriptions;
pub mod token_expiry;
pub mod user_credentials;
pub mod version;

pub use door::{Door, Options};
pub use mount::mount;
pub use openapi::document;
