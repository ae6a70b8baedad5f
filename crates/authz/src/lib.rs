//! Access: who may do what, and the secrets that prove who somebody is.
//!
//! - Decisions: [`policy`] turns rules into Cedar policies, their conditions parsed by [`expression`] into
//!   [`condition`] trees; [`engine`] decides from [`facts`] by the policies of an account.
//! - Secrets at rest: [`keyring`] holds the keys, [`seal`] seals and opens with them, [`password`] hashes.
//! - Credentials: [`signing`] and [`token`] make and check JSON web tokens, [`access_key`] makes keys for signed
//!   requests.
//! - The catalogue's ports: [`gate`] decides by the catalogue's own rules and the account's policies, [`sealer`] and
//!   [`authenticator`] hold the keys; [`open`] makes all three from the folder of a store, [`shared`] of keys that the nodes
//!   of one store share.

pub mod access_key;
pub mod authenticator;
pub mod condition;
mod core_rules;
pub mod engine;
mod entity_facts;
pub mod expression;
pub mod facts;
pub mod gate;
pub mod keyring;
pub mod open;
mod operations;
pub mod password;
pub mod policy;
mod private_file;
mod random;
mod resources;
pub mod seal;
pub mod sealer;
mod secret;
pub mod shared;
pub mod signing;
mod stored_rules;
pub mod token;

pub use private_file::PrivateFileError;
pub use secret::Secret;
