//! For tests: records that nobody stored, and what lies behind the credentials.

use async_trait::async_trait;
use serde_json::Value;

use crate::id::{AccountId, Millis, RecordId, Revision};
use crate::kind::Visibility;
use crate::name;
use crate::ports::{Authenticator, TokenClaims, TokenFault};
use crate::problem::Problem;
use crate::record::{Actor, Body, Record, Stamp, State};
use crate::registry::Registry;

/// A living record in its first revision. What a test is about it says itself: `Record { body, ..record(…) }`.
pub fn record(kind: &str, parent: Option<&Record>, name: &str) -> Record {
    let stamp = Stamp { at: Millis(0), by: Actor { id: RecordId::fresh(), name: "somebody".into(), through: None } };
    Record {
        id: RecordId::fresh(),
        account: parent.map_or(AccountId::GLOBAL, |parent| parent.account),
        kind: Registry::standard().expect(kind),
        name: name.to_owned(),
        fqn: name::join(parent.map(|parent| parent.fqn.as_str()), name),
        parent: parent.map(|parent| parent.id),
        revision: Revision::FIRST,
        version: 1,
        content_revision: 1,
        created: stamp.clone(),
        updated: stamp,
        state: State::Alive,
        visibility: Visibility::Open,
        body: Body::new(),
        change: None,
    }
}

/// Takes every credential as it comes.
pub struct Trusting;

#[async_trait]
impl Authenticator for Trusting {
    async fn hash_password(&self, _: String, plain: String) -> String {
        plain
    }
    async fn verify_password(&self, plain: String, hashes: Vec<String>) -> Vec<bool> {
        hashes.iter().map(|hash| *hash == plain).collect()
    }
    fn is_made_for(&self, _: &str, _: &str) -> bool {
        true
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
