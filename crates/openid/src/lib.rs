//! Signing in by OpenID Connect: the side that relies on a provider's word, with the authorisation code and PKCE.
//!
//! [`Provider::begin`] says where a browser goes, and what to keep until it comes back; [`Provider::finish`] exchanges the
//! code that it brings and answers who came. What lies between (the browser's cookie, who that is in the catalogue) is
//! the business of others. Nothing here knows a user.

mod discovery;
mod failure;
mod identity;
mod keys;
mod provider;
mod settings;
mod token;
mod transport;

pub use failure::Failure;
pub use identity::Identity;
pub use provider::{Begun, Provider, Return};
pub use settings::{Claims, Secret, Settings, check_issuer};
