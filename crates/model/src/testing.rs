//! For tests: records that nobody stored, and what lies behind credentials and secrets.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use crate::id::{AccountId, Millis, RecordId, Revision};
use crate::kind::Visibility;
use crate::name;
use crate::ports::{Authenticator, Sealer, TokenClaims, TokenFault};
use crate::problem::Problem;
use crate::purpose_keys::DerivedKeys;
use crate::record::{Actor, Body, Record, Stamp, State};
use crate::registry::Registry;

/// A living record in its first revision. What a test is about it says itself: `Record { body, ..record(…) }`.
pub fn record(kind: &str, parent: Option<&Record>, name: &str) -> Record {
    let stamp = Stamp {
        at: Millis(0),
        by: Actor { id: RecordId::fresh(), name: "somebody".into(), through: None, door: None },
    };
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
    fn random_session_key(&self) -> (String, String, String) {
        let (id, secret) = self.random_access_key();
        (id, secret, RecordId::fresh().to_string())
    }
}

/// Remembers what was issued, wherever it was.
#[derive(Default)]
pub struct Tokens(Mutex<HashMap<String, TokenClaims>>);

impl Tokens {
    fn issued(&self) -> MutexGuard<'_, HashMap<String, TokenClaims>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Authenticator for Tokens {
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
        let token = format!("token-{}", claims.id.clone().unwrap_or_default());
        self.issued().insert(token.clone(), claims.clone());
        Ok(token)
    }
    fn verify_token(&self, token: &str) -> Result<TokenClaims, TokenFault> {
        self.issued().get(token).cloned().ok_or(TokenFault::Malformed)
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
    fn random_session_key(&self) -> (String, String, String) {
        let (id, secret) = self.random_access_key();
        (id, secret, RecordId::fresh().to_string())
    }
}

/// Keeps secrets as they are, behind their context.
pub struct Plain;

impl Sealer for Plain {
    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        [context, plain].concat()
    }
    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Problem> {
        sealed.strip_prefix(context).map(<[u8]>::to_vec).ok_or_else(|| Problem::internal("sealed for somebody else"))
    }
    fn fingerprint(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        self.seal(context, plain)
    }
    fn is_same(&self, context: &[u8], plain: &[u8], _: &[u8], fingerprint: &[u8]) -> bool {
        self.fingerprint(context, plain) == fingerprint
    }

    fn reseal(&self, _: &[u8], _: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>, Problem> {
        Ok(None)
    }

    fn derived_keys(&self, purpose: &str) -> DerivedKeys {
        let mut newest = [0; 32];
        newest.iter_mut().zip(purpose.bytes()).for_each(|(byte, of_purpose)| *byte = of_purpose);
        DerivedKeys { newest, older: Vec::new() }
    }
}
