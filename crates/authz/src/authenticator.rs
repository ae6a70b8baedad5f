//! Passwords and tokens as the catalogue's authenticator.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use emporion_model::Problem;
use emporion_model::id::{AccountId, Millis, RecordId};
use emporion_model::ports::{Authenticator, TokenClaims, TokenFault};
use parking_lot::RwLock;
use tokio::sync::Semaphore;

use crate::signing::{SigningKey, SigningKeyError};
use crate::token::{Claims, TokenError, Tokens, VerifiedToken};
use crate::{access_key, password};

/// Hashing takes a core for tens of milliseconds and 19 MiB: more at once would starve the reads, and a flood of logins
/// would take the memory. The others wait in turn.
const HASHES_AT_ONCE: usize = 2;

/// No PHC string: no password matches it.
const MATCHES_NOTHING: &str = "!";

/// Checks passwords off the async workers and tokens with the keys at hand.
pub struct KeyAuthenticator {
    tokens: RwLock<Arc<Tokens>>,
    /// How often the keys were exchanged.
    exchanges: AtomicU64,
    clock: fn() -> Millis,
    hashing: Arc<Semaphore>,
}

impl KeyAuthenticator {
    pub fn new(tokens: Tokens, clock: fn() -> Millis) -> Self {
        let (tokens, exchanges) = (RwLock::new(Arc::new(tokens)), AtomicU64::default());
        Self { tokens, exchanges, clock, hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)) }
    }

    /// Signs with a new key from now on, which takes the place of the one in the file. Tokens of the old one are refused.
    ///
    /// Cost: up to half a second, for the new key.
    pub async fn replace_key(&self, file: PathBuf) -> Result<(), SigningKeyError> {
        let replaced = tokio::task::spawn_blocking(move || SigningKey::replace(&file)).await;
        let key = replaced.map_err(|_| SigningKeyError::NotAPrivateKey)??;
        self.sign_with(key);
        Ok(())
    }

    /// The same with a key that nodes share, unless it signs already.
    pub(crate) fn take_up(&self, key: SigningKey) {
        if self.tokens().signing_key().public().kid() != key.public().kid() {
            self.sign_with(key);
        }
    }

    fn sign_with(&self, key: SigningKey) {
        let mut tokens = self.tokens.write();
        *tokens = Arc::new(tokens.signing_with(key));
        self.exchanges.fetch_add(1, Ordering::AcqRel);
    }

    fn tokens(&self) -> Arc<Tokens> {
        self.tokens.read().clone()
    }

    /// Runs one hash on a blocking thread. `None` when the runtime is shutting down or the thread was lost.
    async fn hashing<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let permit = Arc::clone(&self.hashing).acquire_owned().await.ok()?;
        // The permit goes along: a caller that gives up does not end the work that it ordered.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        done.await.inspect_err(|error| tracing::error!(%error, "a password hash was not finished")).ok()
    }
}

#[async_trait]
impl Authenticator for KeyAuthenticator {
    async fn hash_password(&self, name: String, plain: String) -> String {
        let hash = self.hashing(move || password::hash(&name, &plain)).await;
        hash.and_then(Result::ok).unwrap_or_else(|| MATCHES_NOTHING.to_owned())
    }

    async fn verify_password(&self, plain: String, hashes: Vec<String>) -> Vec<bool> {
        let nothing = vec![false; hashes.len()];
        self.hashing(move || password::verify(&hashes, &plain)).await.unwrap_or(nothing)
    }

    fn is_made_for(&self, name: &str, hash: &str) -> bool {
        !password::is_outdated(hash, name)
    }

    fn issue_token(&self, claims: &TokenClaims) -> Result<String, Problem> {
        Ok(self.tokens().issue(to_token(claims)))
    }

    fn signing_key(&self) -> String {
        self.tokens().signing_key().public().kid().to_owned()
    }

    fn verify_token(&self, token: &str) -> Result<TokenClaims, TokenFault> {
        let now = seconds((self.clock)().0);
        let verified = self.tokens().verify(token, now).map_err(fault)?;
        from_token(&verified)
    }

    fn exchanges(&self) -> u64 {
        self.exchanges.load(Ordering::Acquire)
    }

    fn jwks(&self) -> serde_json::Value {
        self.tokens().jwks()
    }

    fn random_password(&self) -> String {
        password::generate().into_exposed()
    }

    fn random_access_key(&self) -> (String, String) {
        let key = access_key::generate();
        (key.id.to_string(), key.secret.into_exposed())
    }

    fn random_session_key(&self) -> (String, String, String) {
        let (key, token) = access_key::generate_for_a_while();
        (key.id.to_string(), key.secret.into_exposed(), token.into_exposed())
    }
}

fn to_token(claims: &TokenClaims) -> Claims {
    Claims {
        iss: String::new(),
        sub: claims.subject.clone(),
        email: claims.email.clone().unwrap_or_default(),
        is_bot: claims.is_bot,
        token_type: claims.token_type.to_owned(),
        roles: claims.roles.clone(),
        iat: seconds(claims.issued_ms),
        exp: claims.expires_ms.map(seconds),
        jti: claims.id.clone(),
        account_id: claims.account.map(|account| account.to_string()),
        user_id: claims.user.map(|user| user.to_string()),
    }
}

fn from_token(verified: &VerifiedToken) -> Result<TokenClaims, TokenFault> {
    let claims = &verified.claims;
    let (account, user, id) = if verified.issued_here {
        // Without all three it could pass for a foreign token, which is good until it expires.
        let account: AccountId = parsed(claims.account_id.as_deref())?;
        let user: RecordId = parsed(claims.user_id.as_deref())?;
        (Some(account), Some(user), Some(claims.jti.clone().ok_or(TokenFault::Malformed)?))
    } else {
        (None, None, None)
    };
    Ok(TokenClaims {
        subject: claims.sub.clone(),
        email: Some(claims.email.clone()).filter(|email| !email.is_empty()),
        account,
        user,
        id,
        is_bot: claims.is_bot,
        token_type: match claims.token_type.as_str() {
            "BOT" => "BOT",
            "PERSONAL_ACCESS" => "PERSONAL_ACCESS",
            "REFRESH" => "REFRESH",
            _ => "OM_USER",
        },
        roles: claims.roles.clone(),
        issued_ms: milliseconds(claims.iat),
        expires_ms: claims.exp.map(milliseconds),
    })
}

fn parsed<T: std::str::FromStr>(text: Option<&str>) -> Result<T, TokenFault> {
    text.and_then(|text| text.parse().ok()).ok_or(TokenFault::Malformed)
}

/// Rounded down: a token dies at most a second early, never late.
fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1000)
}

/// A foreign token may name any second; the far ends of time are all the same.
fn milliseconds(seconds: i64) -> i64 {
    seconds.saturating_mul(1000)
}

fn fault(error: TokenError) -> TokenFault {
    match error {
        TokenError::Malformed | TokenError::ForeignIssuer => TokenFault::Malformed,
        TokenError::UnknownKey => TokenFault::UnknownKey,
        TokenError::BadSignature => TokenFault::BadSignature,
        TokenError::Expired => TokenFault::Expired,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::tests::{FOREIGN, OURS};

    const NOW: i64 = 1_800_000_000_500;

    fn key(pem: &str) -> SigningKey {
        SigningKey::from_pkcs8_pem(pem).unwrap()
    }

    fn authenticator() -> KeyAuthenticator {
        let trusted = key(&FOREIGN).public().clone();
        KeyAuthenticator::new(Tokens::new(key(&OURS)).with_trusted(trusted), || Millis(NOW))
    }

    fn claims() -> TokenClaims {
        TokenClaims {
            subject: "ada".into(),
            email: Some("ada@example.org".into()),
            account: Some(AccountId::fresh()),
            user: Some(RecordId::fresh()),
            id: Some("t1".into()),
            is_bot: false,
            token_type: "PERSONAL_ACCESS",
            roles: vec!["DataSteward".into()],
            issued_ms: NOW - 500,
            expires_ms: Some(NOW + 59_500),
        }
    }

    #[test]
    fn a_token_says_what_was_put_in() {
        let authenticator = authenticator();
        for token_type in ["BOT", "PERSONAL_ACCESS", "OM_USER", "REFRESH"] {
            let claims = TokenClaims { token_type, is_bot: token_type == "BOT", ..claims() };
            let token = authenticator.issue_token(&claims).unwrap();
            assert_eq!(authenticator.verify_token(&token), Ok(claims));
        }
    }

    #[test]
    fn a_token_dies_at_its_millisecond_or_up_to_a_second_before() {
        let authenticator = authenticator();
        let expired = TokenClaims { expires_ms: Some(NOW), ..claims() };
        let token = authenticator.issue_token(&expired).unwrap();
        assert_eq!(authenticator.verify_token(&token), Err(TokenFault::Expired));
        let endless = TokenClaims { expires_ms: None, ..claims() };
        let token = authenticator.issue_token(&endless).unwrap();
        assert_eq!(authenticator.verify_token(&token), Ok(endless));
    }

    #[test]
    fn a_foreign_token_names_a_user_and_nothing_of_ours() {
        let foreign = KeyAuthenticator::new(Tokens::new(key(&FOREIGN)), || Millis(NOW));
        let token = foreign.issue_token(&TokenClaims { token_type: "BOT", ..claims() }).unwrap();
        let read = authenticator().verify_token(&token).unwrap();
        assert_eq!((read.account, read.user, read.id), (None, None, None));
        assert_eq!((read.subject.as_str(), read.token_type), ("ada", "BOT"));
    }

    #[test]
    fn a_token_of_ours_without_ids_does_not_pass_for_a_foreign_one() {
        let authenticator = authenticator();
        for lacking in [
            TokenClaims { account: None, ..claims() },
            TokenClaims { user: None, ..claims() },
            TokenClaims { id: None, ..claims() },
        ] {
            let token = authenticator.issue_token(&lacking).unwrap();
            assert_eq!(authenticator.verify_token(&token), Err(TokenFault::Malformed));
        }
        assert_eq!(authenticator.verify_token("nonsense"), Err(TokenFault::Malformed));
    }

    #[tokio::test]
    async fn passwords_are_hashed_and_checked_a_few_at_a_time() {
        let authenticator = Arc::new(authenticator());
        let stored = authenticator.hash_password("ada".into(), "correct horse".into()).await;
        let tasks: Vec<_> = (0..6)
            .map(|index| {
                let (authenticator, stored) = (Arc::clone(&authenticator), stored.clone());
                let plain = if index % 2 == 0 { "correct horse" } else { "wrong" };
                tokio::spawn(async move { authenticator.verify_password(plain.into(), vec![stored]).await })
            })
            .collect();
        for (index, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap(), [index % 2 == 0]);
        }
        assert_eq!(authenticator.hashing.available_permits(), HASHES_AT_ONCE);
        assert_eq!(authenticator.verify_password("anything".into(), Vec::new()).await, [false; 0]);
    }

    #[tokio::test]
    async fn a_password_that_cannot_be_hashed_matches_nothing() {
        let authenticator = authenticator();
        let stored = authenticator.hash_password("ada".into(), String::new()).await;
        assert_eq!(authenticator.verify_password(String::new(), vec![stored.clone()]).await, [false]);
        assert_eq!(authenticator.verify_password(stored.clone(), vec![stored]).await, [false]);
    }

    #[test]
    fn random_credentials_have_their_form() {
        let authenticator = authenticator();
        let (id, secret) = authenticator.random_access_key();
        assert!(access_key::AccessKeyId::parse(&id).is_ok() && secret.len() == 40);
        let (id, secret, token) = authenticator.random_session_key();
        assert!(id.starts_with("ASIA") && secret.len() == 40 && token.len() > 100);
        assert_eq!(authenticator.random_password().len(), password::GENERATED_LENGTH);
        assert_eq!(authenticator.jwks()["keys"].as_array().unwrap().len(), 1);
    }
}
