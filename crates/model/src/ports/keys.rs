//! Secrets, passwords and tokens: the slow or keyed parts.

use async_trait::async_trait;

use crate::id::{AccountId, RecordId};
use crate::problem::Problem;
use crate::purpose_keys::DerivedKeys;

/// Sealed bytes and the fingerprint of what they hold.
pub type Resealed = (Vec<u8>, Vec<u8>);

/// Seals and opens secrets; the key never enters the core.
pub trait Sealer: Send + Sync {
    /// `context` binds the sealed bytes to their owner, so that they open nowhere else.
    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8>;
    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Problem>;
    /// Tells whether two texts at one place are equal, while the key stays the same: to compare with what is stored,
    /// use `is_same`.
    fn fingerprint(&self, context: &[u8], plain: &[u8]) -> Vec<u8>;
    /// Whether `plain` is what was sealed here, under whichever key that was.
    fn is_same(&self, context: &[u8], plain: &[u8], sealed: &[u8], fingerprint: &[u8]) -> bool;
    /// The same secret under the present key, with its fingerprint; `None` where it is sealed with that already.
    fn reseal(&self, context: &[u8], sealed: &[u8]) -> Result<Option<Resealed>, Problem>;
    /// The keys of a purpose beside sealing. One says nothing about another, nor about what is sealed.
    fn derived_keys(&self, purpose: &str) -> DerivedKeys;
}

/// Passwords and tokens: the slow or keyed parts of authentication.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Off the async worker: it takes tens of milliseconds by design. An empty or over-long password gives a text that
    /// no password matches. `name` is what the user logs in with: one password gives one hash for one name, so that all
    /// that were made for it are compared at the price of one.
    async fn hash_password(&self, name: String, plain: String) -> String;
    /// Which of the hashes the password is behind. Costs as much as one for all that were made for one name, and so it
    /// does where there are none.
    async fn verify_password(&self, plain: String, hashes: Vec<String>) -> Vec<bool>;
    /// Whether the hash is as `hash_password` would make it for the name today.
    fn is_made_for(&self, name: &str, hash: &str) -> bool;
    fn issue_token(&self, claims: &TokenClaims) -> Result<String, Problem>;
    /// Which key signs now: no two are called the same. Empty where nobody exchanges any.
    fn signing_key(&self) -> String {
        String::new()
    }
    /// Checks signature and expiry only; revocation is the core's business.
    fn verify_token(&self, token: &str) -> Result<TokenClaims, TokenFault>;
    /// How often the keys that tokens are checked with were exchanged since the process began: where it was meanwhile, a
    /// token is checked again.
    fn exchanges(&self) -> u64 {
        0
    }
    /// The public keys as a JWK set.
    fn jwks(&self) -> serde_json::Value;
    fn random_password(&self) -> String;
    /// `(access key id, secret)`.
    fn random_access_key(&self) -> (String, String);
    /// `(access key id, secret, session token)` of a key for a while. By its id everybody sees that it is one.
    fn random_session_key(&self) -> (String, String, String);
}

#[derive(Debug, Clone, PartialEq)]
pub struct TokenClaims {
    /// The user's name; what tokens of trusted foreign issuers carry.
    pub subject: String,
    pub email: Option<String>,
    /// Absent in foreign tokens.
    pub account: Option<AccountId>,
    pub user: Option<RecordId>,
    /// The credential that the token is; absent in foreign tokens, which live until they expire.
    pub id: Option<String>,
    pub is_bot: bool,
    pub token_type: &'static str,
    pub roles: Vec<String>,
    pub issued_ms: i64,
    pub expires_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    Malformed,
    UnknownKey,
    BadSignature,
    Expired,
}
