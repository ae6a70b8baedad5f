//! The keys that a provider signs with. One that is not known may be new: then they are asked for again, now and then.

use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use crate::failure::Failure;
use crate::transport::Transport;

/// Keys that were taken back are believed no longer than this.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// For a key that is not known they are asked for no more often than this.
const PAUSE: Duration = Duration::from_secs(30);

const UNKNOWN: Failure = Failure::Unproven("no key of the provider has signed it");

#[derive(Debug, Default)]
pub struct Keys {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: Option<Vec<Jwk>>,
    read: Option<Instant>,
    /// For a key that was not known.
    asked_again: Option<Instant>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl Keys {
    /// The key that a token says it was signed with.
    pub async fn find(
        &self,
        url: &Url,
        transport: &Transport,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<DecodingKey, Failure> {
        let mut state = self.state.lock().await;
        let is_fresh = state.read.is_some_and(|at| at.elapsed() < FRESH);
        if is_fresh {
            if let Some(known) = state.known.as_deref().and_then(|keys| key(keys, id, algorithm)) {
                return Ok(known);
            }
            if state.asked_again.is_some_and(|at| at.elapsed() < PAUSE) {
                return Err(UNKNOWN);
            }
            state.asked_again = Some(Instant::now());
        }
        let said: Document = transport.get(url.clone()).await?;
        // Keys of sorts that are not known here are for others.
        let keys: Vec<Jwk> = said.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
        let found = key(&keys, id, algorithm);
        state.known = Some(keys);
        state.read = Some(Instant::now());
        found.ok_or(UNKNOWN)
    }
}

/// The one key of this id that signs in this way; without an id, the only one that does.
fn key(keys: &[Jwk], id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
    let mut fitting = keys.iter().filter(|key| fits(key, algorithm)).filter(|key| match id {
        Some(id) => key.common.key_id.as_deref() == Some(id),
        None => true,
    });
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => DecodingKey::from_jwk(key).ok(),
        _ => None,
    }
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    let is_of_sort = match &key.algorithm {
        AlgorithmParameters::RSA(_) => matches!(algorithm, RS256 | RS384 | RS512 | PS256 | PS384 | PS512),
        AlgorithmParameters::EllipticCurve(_) => matches!(algorithm, ES256 | ES384),
        AlgorithmParameters::OctetKeyPair(_) => algorithm == EdDSA,
        // A secret that is published is none.
        AlgorithmParameters::OctetKey(_) => false,
    };
    let signs = key.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let is_meant = key.common.key_algorithm.is_none_or(|meant| meant.to_string() == format!("{algorithm:?}"));
    is_of_sort && signs && is_meant
}
