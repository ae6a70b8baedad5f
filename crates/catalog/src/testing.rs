//! For tests of what lies behind the credentials.

use async_trait::async_trait;
use serde_json::Value;

use crate::id::RecordId;
use crate::ports::{Authenticator, TokenClaims, TokenFault};
use crate::problem::Problem;

/// Takes every credential as it comes.
pub struct Trusting;

#[async_trait]
impl Authenticator for Trusting {
    async fn hash_password(&self, plain: String) -> String {
        plain
    }
    async fn verify_password(&self, plain: String, hash: Option<String>) -> bool {
        hash == Some(plain)
    }
    fn issue_token(&self, claims: &TokenClaims) -> Result<String, Problem> {
        Ok(claims.id.clone().unwrap_or_default())
    }
    fn verify_token(&self, _: &str) -> Result<TokenClaims, TokenFault> {
        Err(TokenFault::Malformed)
    }
    fn jwks(&self) -> Value {
        Value::Null
    }
    fn random_password(&self) -> String {
        RecordId::fresh().to_string()
    }
    fn random_access_key(&self) -> (String, String) {
        (RecordId::fresh().to_string(), RecordId::fresh().to_string())
    }
}
