//! What a browser keeps of a login that it has gone to a provider for: one cookie, which nobody else can make or read,
//! which is sent to the way back alone, and serves once.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use emporion_catalog::purpose_keys::{DerivedKey, PurposeKeys};
use emporion_edge::request::Request;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::request::cookies;

const COOKIE: &str = "emporion_sign_in";
/// For somebody to find his password, and his second factor.
pub const WITHIN_SECONDS: i64 = 600;
/// A cookie has room for 4,096 bytes.
const MOST_NEXT: usize = 1_500;
/// Ways back that are remembered as used.
const MOST_USED: usize = 10_000;
const NONCE_BYTES: usize = 24;

/// A login that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    /// Where the provider sends the browser back to.
    pub redirect: String,
    /// Where to afterwards.
    pub next: String,
    pub until_ms: i64,
}

pub struct Attempts {
    keys: PurposeKeys,
    /// States that have served here, until when they could. That a provider takes each code once does not rest on it.
    used: Mutex<HashMap<String, i64>>,
}

impl Attempts {
    pub fn new(keys: PurposeKeys) -> Attempts {
        Attempts { keys, used: Mutex::default() }
    }

    /// The cookie of an attempt by a provider.
    pub fn cookie(&self, request: &Request, provider: &str, mut attempt: Attempt) -> String {
        if attempt.next.len() > MOST_NEXT {
            attempt.next = "/".to_owned();
        }
        let plain = serde_json::to_vec(&attempt).expect("texts and a number");
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let sealed = cipher(&self.keys.now().newest).encrypt(&nonce, Payload { msg: &plain, aad: provider.as_bytes() });
        let sealed = sealed.expect("it is short");
        set(request, provider, &URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()), WITHIN_SECONDS)
    }

    /// The attempt of this browser by this provider that the state belongs to, once.
    pub fn take(&self, request: &Request, provider: &str, state: &str, now_ms: i64) -> Option<Attempt> {
        let shown = URL_SAFE_NO_PAD.decode(cookies::cookie(request, COOKIE)?).ok()?;
        let (nonce, sealed) = shown.split_at_checked(NONCE_BYTES)?;
        let open = |key: &DerivedKey| {
            cipher(key).decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: provider.as_bytes() }).ok()
        };
        let plain = self.keys.now().all().find_map(open)?;
        let attempt: Attempt = serde_json::from_slice(&plain).ok()?;
        let is_its_own = bool::from(attempt.state.as_bytes().ct_eq(state.as_bytes()));
        (is_its_own && attempt.until_ms > now_ms && self.serves(&attempt, now_ms)).then_some(attempt)
    }

    fn serves(&self, attempt: &Attempt, now_ms: i64) -> bool {
        let mut used = self.used.lock();
        used.retain(|_, until| *until > now_ms);
        if used.len() >= MOST_USED {
            let oldest = used.iter().min_by_key(|(_, until)| **until).map(|(state, _)| state.clone());
            oldest.and_then(|oldest| used.remove(&oldest));
        }
        used.insert(attempt.state.clone(), attempt.until_ms).is_none()
    }
}

fn cipher(key: &DerivedKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}

/// Takes the cookie back.
pub fn clear(request: &Request, provider: &str) -> String {
    set(request, provider, "", 0)
}

/// `Lax`, so that it comes along when the provider sends the browser back.
fn set(request: &Request, provider: &str, value: &str, seconds: i64) -> String {
    let secure = cookies::secure(request);
    format!("{COOKIE}={value}; Path=/login/{provider}/callback; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use emporion_catalog::purpose_keys::DerivedKeys;
    use emporion_edge::route::Method;

    use super::*;

    fn attempts(newest: u8, older: &[u8]) -> Attempts {
        let keys = DerivedKeys { newest: [newest; 32], older: older.iter().map(|byte| [*byte; 32]).collect() };
        Attempts::new(PurposeKeys::new(move || keys.clone()))
    }

    fn attempt(state: &str) -> Attempt {
        let text = |text: &str| text.to_owned();
        let (nonce, verifier, redirect, next) =
            (text("n"), text("v"), text("http://x/login/a/callback"), text("/products"));
        Attempt { state: text(state), nonce, verifier, redirect, next, until_ms: 1_000 }
    }

    fn showing(cookie: &str) -> Request {
        let mut request = Request::new(Method::GET, "/login/a/callback");
        let pair = cookie.split(';').next().expect("a pair");
        request.headers.insert("cookie", pair.parse().expect("a header"));
        request
    }

    #[test]
    fn an_attempt_serves_once_in_its_own_browser() {
        let attempts = attempts(7, &[]);
        let asked = Request::new(Method::POST, "/login/a");
        let cookie = attempts.cookie(&asked, "a", attempt("s"));
        assert!(cookie.contains("HttpOnly; SameSite=Lax") && cookie.contains("Path=/login/a/callback"), "{cookie}");
        let back = showing(&cookie);
        assert_eq!(attempts.take(&back, "a", "another state", 0), None);
        assert_eq!(attempts.take(&back, "b", "s", 0), None, "by another provider");
        assert_eq!(attempts.take(&back, "a", "s", 1_000), None, "too late");
        assert_eq!(attempts.take(&asked, "a", "s", 0), None, "from another browser");
        assert_eq!(self::attempts(8, &[]).take(&back, "a", "s", 0), None, "sealed by nobody here");
        assert_eq!(self::attempts(7, &[]).take(&back, "a", "s", 0), Some(attempt("s")), "after a restart");
        assert_eq!(self::attempts(8, &[7]).take(&back, "a", "s", 0), Some(attempt("s")), "the key was exchanged");
        assert_eq!(attempts.take(&back, "a", "s", 0), Some(attempt("s")));
        assert_eq!(attempts.take(&back, "a", "s", 0), None, "once");
    }

    #[test]
    fn what_is_no_cookie_of_ours_is_none() {
        let attempts = attempts(7, &[]);
        for broken in ["", "x", "AAAA", "é", &"A".repeat(64)] {
            let Ok(value) = format!("{COOKIE}={broken}").parse() else { continue };
            let mut request = Request::new(Method::GET, "/login/a/callback");
            request.headers.insert("cookie", value);
            assert_eq!(attempts.take(&request, "a", "", 0), None, "{broken}");
        }
        let mut long = attempt("s");
        long.next = format!("/{}", "a".repeat(MOST_NEXT));
        let cookie = attempts.cookie(&Request::new(Method::POST, "/login/a"), "a", long);
        assert!(cookie.len() < 4_096);
        assert_eq!(attempts.take(&showing(&cookie), "a", "s", 0).expect("the attempt").next, "/");
    }

    #[test]
    fn no_flood_of_used_ones_grows_beyond_its_bound() {
        let attempts = attempts(7, &[]);
        for number in 0..MOST_USED + 5 {
            assert!(attempts.serves(&attempt(&number.to_string()), 0));
        }
        assert_eq!(attempts.used.lock().len(), MOST_USED);
        assert!(attempts.serves(&attempt("later"), 1_000));
        assert_eq!(attempts.used.lock().len(), 1);
    }
}
