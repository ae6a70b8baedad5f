//! The way of one who signs in: to the provider with a request, and back with a code.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use url::Url;
use url::form_urlencoded;

use crate::discovery::{Discovery, Metadata};
use crate::failure::Failure;
use crate::identity::{self, Identity};
use crate::keys::Keys;
use crate::settings::{Settings, check_issuer};
use crate::token::{self, Expected};
use crate::transport::Transport;

/// Codes that are exchanged at a time.
const AT_ONCE: usize = 16;

#[derive(Debug)]
pub struct Provider {
    settings: Settings,
    transport: Transport,
    discovery: Discovery,
    keys: Keys,
    seats: Semaphore,
}

/// Where to send a browser, and what to know of it until it is back.
#[derive(Clone)]
pub struct Begun {
    pub url: Url,
    pub state: String,
    pub nonce: String,
    /// Proves to the provider that the code is shown by whoever asked for it.
    pub verifier: String,
}

/// What a browser comes back with, and what was kept of the beginning.
pub struct Return<'a> {
    pub code: &'a str,
    /// By whom it says that it was sent.
    pub issuer: Option<&'a str>,
    pub redirect: &'a str,
    pub nonce: &'a str,
    pub verifier: &'a str,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

impl Provider {
    /// Asks nobody yet.
    ///
    /// Errors: an issuer that can be none.
    pub fn new(settings: Settings) -> Result<Provider, Failure> {
        let issuer = check_issuer(&settings.issuer).map_err(|_| Failure::Unusable("the issuer is no address"))?;
        let transport = Transport::to(&issuer)?;
        let (discovery, keys) = (Discovery::default(), Keys::default());
        Ok(Provider { settings, transport, discovery, keys, seats: Semaphore::new(AT_ONCE) })
    }

    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Where a browser goes, to come back to `redirect`.
    pub async fn begin(&self, redirect: &str) -> Result<Begun, Failure> {
        let metadata = self.metadata().await?;
        let (state, nonce, verifier) = (random(), random(), random());
        let mut scopes = vec!["openid"];
        scopes.extend(self.settings.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid"));
        let mut url = metadata.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", redirect)
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)))
            .append_pair("code_challenge_method", "S256");
        Ok(Begun { url, state, nonce, verifier })
    }

    /// Who came back. The caller has compared the state already.
    pub async fn finish(&self, back: &Return<'_>) -> Result<Identity, Failure> {
        let _seat = self.seats.try_acquire().map_err(|_| Failure::Busy)?;
        let metadata = self.metadata().await?;
        // Before the code is shown to anybody: it may be another provider's (RFC 9207).
        match back.issuer {
            Some(issuer) if bool::from(issuer.as_bytes().ct_eq(self.issuer().as_bytes())) => {}
            None if !metadata.names_issuer => {}
            _ => return Err(Failure::Unproven("another provider has answered")),
        }
        let tokens = self.exchange(&metadata, back).await?;
        let heading = token::heading(&tokens.id_token)?;
        let found = self.keys.find(&metadata.keys, &self.transport, heading.key.as_deref(), heading.algorithm);
        let key = found.await?;
        let expected = Expected { issuer: self.issuer(), client: &self.settings.client_id, nonce: back.nonce };
        let claims = token::verify(&tokens.id_token, heading.algorithm, &key, &expected)?;
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_missing_some = identity::is_missing_some(&Value::Object(claims.clone()), &self.settings.claims);
        let mut said = vec![claims];
        if is_missing_some {
            said.extend(self.more(&metadata, tokens.access_token.as_deref(), &subject).await?);
        }
        identity::of(self.issuer(), &subject, &said, &self.settings.claims)
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, Failure> {
        self.discovery.metadata(self.issuer(), &self.transport).await
    }

    async fn exchange(&self, metadata: &Metadata, back: &Return<'_>) -> Result<Tokens, Failure> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", back.code),
            ("redirect_uri", back.redirect),
            ("code_verifier", back.verifier),
        ];
        let mut request = self.transport.client.post(metadata.token.clone()).header("accept", "application/json");
        match &self.settings.client_secret {
            Some(secret) if metadata.secret_in_form => {
                form.extend([("client_id", self.settings.client_id.as_str()), ("client_secret", secret.shown())]);
            }
            Some(secret) => request = request.header("authorization", basic(&self.settings.client_id, secret.shown())),
            None => form.push(("client_id", self.settings.client_id.as_str())),
        }
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        match self.transport.answer(request).await? {
            (StatusCode::OK, body) => {
                serde_json::from_slice(&body).map_err(|_| Failure::Unusable("it holds no ID token"))
            }
            (status, _) if status.is_server_error() => Err(Failure::Unreachable("it says that it has failed")),
            (_, body) => Err(Failure::Refused(refusal(&body))),
        }
    }

    /// What the provider says beside the token, where it says anything of the same person.
    async fn more(
        &self,
        metadata: &Metadata,
        access_token: Option<&str>,
        subject: &str,
    ) -> Result<Option<Map<String, Value>>, Failure> {
        let (Some(url), Some(access_token)) = (&metadata.user, access_token) else { return Ok(None) };
        if !access_token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Failure::Unusable("its access token cannot be sent"));
        }
        let request = self.transport.client.get(url.clone()).header("accept", "application/json");
        let said: Map<String, Value> = self.transport.read(request.bearer_auth(access_token)).await?;
        match said.get("sub").and_then(Value::as_str) == Some(subject) {
            true => Ok(Some(said)),
            false => Err(Failure::Unproven("it says more of somebody else")),
        }
    }
}

/// What nobody guesses.
fn random() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// RFC 6749, section 2.3.1: both are encoded as in a form first.
fn basic(client: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(client), encoded(secret))))
}

/// The word of the standard for a refusal, and no other.
fn refusal(body: &[u8]) -> &'static str {
    const WORDS: &[&str] = &[
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    ];
    let said: Option<Value> = serde_json::from_slice(body).ok();
    let word = said.as_ref().and_then(|said| said.get("error")).and_then(Value::as_str);
    WORDS.iter().find(|known| word == Some(**known)).copied().unwrap_or("in words of its own")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_encoded_before_it_stands_in_a_header() {
        assert_eq!(basic("a:b", "c d/é"), format!("Basic {}", STANDARD.encode("a%3Ab:c+d%2F%C3%A9")));
    }

    #[test]
    fn refusals_are_told_in_the_words_of_the_standard() {
        assert_eq!(refusal(br#"{"error":"invalid_grant"}"#), "invalid_grant");
        for other in [&b"<html>"[..], br#"{"error":"a\nb"}"#, br#"{"error":{}}"#, b"[]"] {
            assert_eq!(refusal(other), "in words of its own");
        }
    }

    #[test]
    fn what_is_random_has_the_length_that_pkce_asks_for() {
        assert!((43..=128).contains(&random().len()));
        assert_ne!(random(), random());
    }
}
