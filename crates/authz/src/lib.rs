//! Access: who may do what, and the secrets that prove who somebody is.
//!
//! - Secrets at rest: [`keyring`] holds the keys, [`seal`] seals and opens with them, [`password`] hashes.
//! - Credentials: [`signing`] and [`token`] make and check JSON web tokens, [`access_key`] makes keys for signed
//!   requests.

pub mod access_key;
pub mod keyring;
pub mod password;
mod private_file;
mod random;
pub mod seal;
mod secret;
pub mod signing;
pub mod token;

pub use private_file::PrivateFileError;
pub use secret::Secret;
