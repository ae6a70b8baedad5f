//! Why nobody has signed in. What is said holds no secret, no code and no token: it is for the log.

use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// The provider cannot be asked now.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(&'static str),
    #[error("too many are signing in by this provider")]
    Busy,
    /// Its answer is not what the standard says.
    #[error("the provider's answer cannot be used: {0}")]
    Unusable(&'static str),
    /// It takes the code, or the client, for wrong.
    #[error("the provider refuses: {0}")]
    Refused(&'static str),
    /// What came does not prove who somebody is.
    #[error("the proof is not good: {0}")]
    Unproven(&'static str),
}

impl Failure {
    /// Whether it may go better in a while, with nothing changed.
    pub fn is_passing(&self) -> bool {
        matches!(self, Failure::Unreachable(_) | Failure::Busy)
    }
}
