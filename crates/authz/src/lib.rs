//! Access: who may do what, and the secrets that prove who somebody is.
//!
//! - Decisions: [`policy`] turns rules into Cedar policies, their conditions parsed by [`expression`] into
//!   [`condition`] trees; [`engine`] decides from [`facts`] by the policies of an account.
//! - Secrets at rest: [`keyring`] holds the keys, [`seal`] seals and opens with them, [`password`] hashes.
//! - Credentials: [`signing`] and [`token`] make and check JSON web tokens, [`access_key`] makes keys for signed
//!   requests.

pub mod access_key;
pub mod condition;
pub mod engine;
pub mod expression;
pub mod facts;
pub mod keyring;
pub mod password;
pub mod policy;
mod private_file;
mod random;
pub mod seal;
mod secret;
pub mod signing;
pub mod token;

pub use private_file::PrivateFileError;
pub use secret::Secret;
