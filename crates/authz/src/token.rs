//! JSON web tokens: what they say, issuing, verifying, and the cache that spares a request the RSA.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use jsonwebtoken::{Algorithm, Validation};
use lru::LruCache;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::signing::{PublicKey, SigningKey};

/// OpenMetadata's own issuer: its clients and scripts look for it.
pub const ISSUER: &str = "open-metadata.org";

/// A token of ours has under 1 KiB. Longer ones are refused before anything is computed from them.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// About 1 KiB an entry with its key: 4 MiB when full.
const CACHED_TOKENS: NonZeroUsize = NonZeroUsize::new(4096).expect("4096 is not zero");

/// What a token says. Members that only we write are absent from tokens of trusted foreign issuers.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    pub iss: String,
    /// The user's name.
    pub sub: String,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub is_bot: bool,
    /// `OM_USER`, `PERSONAL_ACCESS`, `BOT`…
    #[serde(default)]
    pub token_type: String,
    #[serde(default)]
    pub roles: Vec<String>,
    /// Seconds since 1970, as all times here.
    pub iat: i64,
    /// Absent in tokens that live until they are revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Names this one token: what revocation and listing go by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not a JSON web token signed with RS256")]
    Malformed,
    #[error("the token names a signing key that is not known here")]
    UnknownKey,
    #[error("the signature of the token does not match")]
    BadSignature,
    #[error("the token comes from another issuer")]
    ForeignIssuer,
    #[error("the token has expired")]
    Expired,
}

/// A token whose signature, issuer and time are in order. Whether it was revoked and whether its user is still
/// active are questions of the catalogue, asked at every request.
#[derive(Debug, PartialEq, Eq)]
pub struct VerifiedToken {
    pub claims: Claims,
    /// False for a token of a trusted foreign key: its account and user ids mean nothing here, only the name does.
    pub issued_here: bool,
}

struct Verifier {
    key: PublicKey,
    ours: bool,
}

/// Issues and verifies tokens.
pub struct Tokens {
    signing: SigningKey,
    verifiers: HashMap<String, Verifier>,
    validation: Validation,
    verified: Mutex<LruCache<[u8; 32], Arc<VerifiedToken>>>,
}

impl Tokens {
    pub fn new(signing: SigningKey) -> Self {
        let mut validation = Validation::new(Algorithm::RS256);
        // Time is checked here, with the caller's clock and on every hit of the cache; nobody sets an audience.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let own = Verifier { key: signing.public().clone(), ours: true };
        let verifiers = HashMap::from([(own.key.kid().to_owned(), own)]);
        Self { signing, verifiers, validation, verified: Mutex::new(LruCache::new(CACHED_TOKENS)) }
    }

    /// Adds a retired signing key of ours: its tokens stay good and it stays in the JWKS.
    pub fn with_retired(self, key: PublicKey) -> Self {
        self.with_verifier(key, true)
    }

    /// Adds somebody else's key, for test profiles: its tokens are taken, but it is not published as ours.
    pub fn with_trusted(self, key: PublicKey) -> Self {
        self.with_verifier(key, false)
    }

    /// The same trust in others, and another key that signs: what the present one has signed is refused.
    pub fn signing_with(&self, signing: SigningKey) -> Self {
        let foreign = self.verifiers.values().filter(|verifier| !verifier.ours);
        foreign.fold(Self::new(signing), |tokens, verifier| tokens.with_trusted(verifier.key.clone()))
    }

    fn with_verifier(mut self, key: PublicKey, ours: bool) -> Self {
        // A foreign key must not take the place of the one that signs.
        self.verifiers.entry(key.kid().to_owned()).or_insert(Verifier { key, ours });
        self
    }

    /// The signed token. `iss` is set here. Cost: one RSA signature, 1 to 2 ms.
    pub fn issue(&self, claims: Claims) -> String {
        self.signing.sign(&Claims { iss: ISSUER.to_owned(), ..claims })
    }

    /// What the token says, if it is good at `now` (seconds since 1970).
    ///
    /// Cost: one SHA-256 for a token seen before, an RSA verification for a new one.
    pub fn verify(&self, token: &str, now: i64) -> Result<Arc<VerifiedToken>, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let digest: [u8; 32] = Sha256::digest(token).into();
        let cached = self.verified.lock().get(&digest).cloned();
        if let Some(verified) = cached {
            if is_expired(&verified.claims, now) {
                self.verified.lock().pop(&digest);
                return Err(TokenError::Expired);
            }
            return Ok(verified);
        }
        let verified = Arc::new(self.verify_signature(token)?);
        if is_expired(&verified.claims, now) {
            return Err(TokenError::Expired);
        }
        self.verified.lock().put(digest, Arc::clone(&verified));
        Ok(verified)
    }

    fn verify_signature(&self, token: &str) -> Result<VerifiedToken, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        // RFC 7515 §4.1.11: a header member declared critical must be understood, and we understand none.
        if header.alg != Algorithm::RS256 || header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        let kid = header.kid.ok_or(TokenError::UnknownKey)?;
        let verifier = self.verifiers.get(&kid).ok_or(TokenError::UnknownKey)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &verifier.key.decoding, &self.validation)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenError::BadSignature,
                _ => TokenError::Malformed,
            })?
            .claims;
        if claims.iss != ISSUER {
            return Err(TokenError::ForeignIssuer);
        }
        Ok(VerifiedToken { claims, issued_here: verifier.ours })
    }

    /// The JWKS document: the keys that verify our tokens, the current one first.
    pub fn jwks(&self) -> Value {
        let current = self.signing.public();
        let mut keys = vec![current.to_jwk()];
        let retired = self.verifiers.values().filter(|verifier| verifier.ours && verifier.key.kid() != current.kid());
        keys.extend(retired.map(|verifier| verifier.key.to_jwk()));
        keys[1..].sort_by(|a, b| a["kid"].as_str().cmp(&b["kid"].as_str()));
        json!({ "keys": keys })
    }

    pub fn signing_key(&self) -> &SigningKey {
        &self.signing
    }
}

fn is_expired(claims: &Claims, now: i64) -> bool {
    claims.exp.is_some_and(|exp| exp <= now)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;
    use crate::signing::tests::{FOREIGN, OURS};

    const NOW: i64 = 1_800_000_000;

    fn key(pem: &str) -> SigningKey {
        SigningKey::from_pkcs8_pem(pem).unwrap()
    }

    fn tokens() -> Tokens {
        Tokens::new(key(&OURS))
    }

    fn claims() -> Claims {
        Claims {
            sub: "ada".into(),
            email: "ada@example.org".into(),
            token_type: "OM_USER".into(),
            roles: vec!["DataSteward".into()],
            iat: NOW,
            exp: Some(NOW + 60),
            jti: Some("t1".into()),
            account_id: Some("a1".into()),
            user_id: Some("u1".into()),
            ..Claims::default()
        }
    }

    /// A token with another header or payload under the signature of `token`.
    fn forge(token: &str, part: usize, json: &Value) -> String {
        let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        parts[part] = URL_SAFE_NO_PAD.encode(json.to_string());
        parts.join(".")
    }

    #[test]
    fn an_issued_token_says_what_was_put_in() {
        let tokens = tokens();
        let token = tokens.issue(claims());
        let verified = tokens.verify(&token, NOW).unwrap();
        assert_eq!(verified.claims, Claims { iss: ISSUER.into(), ..claims() });
        assert!(verified.issued_here);
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let payload: Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(payload["isBot"], false);
        assert_eq!(payload["tokenType"], "OM_USER");
        assert_eq!(payload["accountId"], "a1");
    }

    #[test]
    fn a_token_dies_at_its_end_cached_or_not() {
        let tokens = tokens();
        let token = tokens.issue(claims());
        assert!(tokens.verify(&token, NOW + 59).is_ok());
        assert_eq!(tokens.verified.lock().len(), 1);
        assert_eq!(tokens.verify(&token, NOW + 60), Err(TokenError::Expired));
        assert_eq!(tokens.verified.lock().len(), 0);
        assert_eq!(tokens.verify(&token, NOW + 60), Err(TokenError::Expired));
        assert_eq!(tokens.verified.lock().len(), 0);
    }

    #[test]
    fn a_token_without_end_lives_and_names_no_exp() {
        let tokens = tokens();
        let token = tokens.issue(Claims { exp: None, ..claims() });
        assert!(tokens.verify(&token, NOW * 2).is_ok());
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        assert!(!String::from_utf8(payload).unwrap().contains("exp"));
    }

    #[test]
    fn a_second_look_costs_no_signature() {
        let tokens = tokens();
        let token = tokens.issue(claims());
        let first = tokens.verify(&token, NOW).unwrap();
        assert!(Arc::ptr_eq(&first, &tokens.verify(&token, NOW).unwrap()));
    }

    #[test]
    fn a_changed_payload_or_signature_is_noticed() {
        let tokens = tokens();
        let token = tokens.issue(claims());
        let forged = forge(&token, 1, &json!({"iss": ISSUER, "sub": "root", "iat": NOW}));
        assert_eq!(tokens.verify(&forged, NOW), Err(TokenError::BadSignature));
        let (head, signature) = token.rsplit_once('.').unwrap();
        let other = tokens.issue(Claims { sub: "bob".into(), ..claims() });
        assert_eq!(
            tokens.verify(&format!("{head}.{}", other.rsplit_once('.').unwrap().1), NOW),
            Err(TokenError::BadSignature)
        );
        assert!(tokens.verify(&format!("{head}.{}", &signature[..signature.len() - 4]), NOW).is_err());
        assert!(tokens.verify(&format!("{head}."), NOW).is_err());
        assert_eq!(tokens.verified.lock().len(), 0, "nothing refused is cached");
    }

    #[test]
    fn other_algorithms_are_refused_even_with_our_kid() {
        let tokens = tokens();
        let token = tokens.issue(claims());
        let kid = tokens.signing_key().public().kid();
        for algorithm in ["none", "HS256", "RS512", "PS256", "ES256"] {
            let forged = forge(&token, 0, &json!({"typ": "JWT", "alg": algorithm, "kid": kid}));
            assert_eq!(tokens.verify(&forged, NOW), Err(TokenError::Malformed), "{algorithm}");
        }
        let critical = forge(&token, 0, &json!({"alg": "RS256", "kid": kid, "crit": ["x"], "x": "1"}));
        assert_eq!(tokens.verify(&critical, NOW), Err(TokenError::Malformed));
        // The public key as an HMAC secret: the classic confusion of RS256 and HS256.
        let secret = jsonwebtoken::EncodingKey::from_secret(kid.as_bytes());
        let mut header = jsonwebtoken::Header::new(Algorithm::HS256);
        header.kid = Some(kid.to_owned());
        let confused = jsonwebtoken::encode(&header, &claims(), &secret).unwrap();
        assert_eq!(tokens.verify(&confused, NOW), Err(TokenError::Malformed));
    }

    #[test]
    fn an_unknown_key_is_refused_until_it_is_trusted() {
        let foreign = Tokens::new(key(&FOREIGN));
        let token = foreign.issue(claims());
        assert_eq!(tokens().verify(&token, NOW), Err(TokenError::UnknownKey));
        let trusting = tokens().with_trusted(foreign.signing_key().public().clone());
        assert!(!trusting.verify(&token, NOW).unwrap().issued_here);
        assert_eq!(trusting.jwks()["keys"].as_array().unwrap().len(), 1, "a trusted key is not published as ours");
        let rotated = tokens().with_retired(foreign.signing_key().public().clone());
        assert!(rotated.verify(&token, NOW).unwrap().issued_here);
        assert_eq!(rotated.jwks()["keys"].as_array().unwrap().len(), 2);
        assert_eq!(rotated.jwks()["keys"][0]["kid"], rotated.signing_key().public().kid());
    }

    #[test]
    fn a_foreign_key_under_our_kid_does_not_replace_ours() {
        let ours = tokens();
        let jwk = key(&FOREIGN).public().to_jwk();
        let kid = ours.signing_key().public().kid().to_owned();
        let imposter = PublicKey::from_components(&kid, jwk["n"].as_str().unwrap(), jwk["e"].as_str().unwrap());
        let token = ours.issue(claims());
        assert!(ours.with_trusted(imposter.unwrap()).verify(&token, NOW).unwrap().issued_here);
    }

    #[test]
    fn a_token_of_another_issuer_or_without_our_claims_is_told_apart() {
        let signing = key(&OURS);
        let elsewhere = signing.sign(&json!({"iss": "elsewhere", "sub": "ada", "iat": NOW}));
        let sparse = signing.sign(&json!({"iss": ISSUER, "sub": "ada", "iat": NOW, "exp": null}));
        let nobody = signing.sign(&json!({"iss": ISSUER, "iat": NOW}));
        let mistyped = signing.sign(&json!({"iss": ISSUER, "sub": "ada", "iat": NOW, "exp": "never"}));
        let tokens = tokens();
        assert_eq!(tokens.verify(&elsewhere, NOW), Err(TokenError::ForeignIssuer));
        assert_eq!(tokens.verify(&sparse, NOW).unwrap().claims.user_id, None);
        assert_eq!(tokens.verify(&nobody, NOW), Err(TokenError::Malformed));
        assert_eq!(tokens.verify(&mistyped, NOW), Err(TokenError::Malformed));
    }

    #[test]
    fn a_huge_token_is_refused_unread() {
        assert_eq!(tokens().verify(&"a".repeat(MAX_TOKEN_BYTES + 1), NOW), Err(TokenError::Malformed));
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_no_token_and_does_no_harm(text in "[ -~]{0,80}|[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}") {
            prop_assert!(tokens().verify(&text, NOW).is_err());
        }
    }
}
