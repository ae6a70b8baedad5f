//! Sign-in: sessions of browsers, providers of identities, and the credentials that people hold.

pub(crate) mod attempt;
pub(crate) mod credentials;
pub(crate) mod providers;
pub(crate) mod recalled;
pub(crate) mod session;
