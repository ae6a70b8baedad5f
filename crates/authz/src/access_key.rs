//! Access keys for signed requests: an id that may be seen and a secret that is shown once; of those for a while also a
//! token, which each request shows.

use std::fmt;

use crate::random;
use crate::secret::Secret;

/// The prefix of long-lived keys in AWS; clients and secret scanners recognise it.
const PREFIX: &str = "AKIA";
/// The prefix of those that end, and need their token.
const TEMPORARY_PREFIX: &str = "ASIA";

/// AWS draws the 16 symbols after the prefix from base32.
const ID_SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ID_TAIL: usize = 16;

/// AWS secrets are 40 symbols of base64 (240 bits).
const SECRET_SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SECRET_LENGTH: usize = 40;
/// AWS names no length. As random as three secrets.
const TOKEN_LENGTH: usize = 120;

/// `AKIA` or `ASIA`, and 16 symbols of base32.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AccessKeyId(String);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an access key id is \"AKIA\" or \"ASIA\" followed by 16 of A-Z and 2-7")]
pub struct NotAnAccessKeyId;

impl AccessKeyId {
    pub fn parse(text: &str) -> Result<Self, NotAnAccessKeyId> {
        match text.strip_prefix(PREFIX).or_else(|| text.strip_prefix(TEMPORARY_PREFIX)) {
            Some(tail) if tail.len() == ID_TAIL && tail.bytes().all(|b| ID_SYMBOLS.contains(&b)) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(NotAnAccessKeyId),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key as its owner receives it. The secret is stored sealed, not hashed: verifying a signature needs it back.
#[derive(Clone, Debug)]
pub struct AccessKey {
    pub id: AccessKeyId,
    pub secret: Secret,
}

/// A new random key. 80 bits make the id unique without looking; the store's unique index has the last word.
pub fn generate() -> AccessKey {
    generate_with(PREFIX)
}

/// One that ends, and the token that goes with it.
pub fn generate_for_a_while() -> (AccessKey, Secret) {
    (generate_with(TEMPORARY_PREFIX), Secret::new(random::text(SECRET_SYMBOLS, TOKEN_LENGTH)))
}

fn generate_with(prefix: &str) -> AccessKey {
    AccessKey {
        id: AccessKeyId(format!("{prefix}{}", random::text(ID_SYMBOLS, ID_TAIL))),
        secret: Secret::new(random::text(SECRET_SYMBOLS, SECRET_LENGTH)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_has_the_form_that_clients_expect() {
        let key = generate();
        assert_eq!(AccessKeyId::parse(key.id.as_str()), Ok(key.id.clone()));
        assert_eq!(key.id.as_str().len(), 20);
        assert_eq!(key.secret.expose().len(), 40);
        assert_ne!(generate().id, key.id);
        let (key, token) = generate_for_a_while();
        assert_eq!(AccessKeyId::parse(key.id.as_str()), Ok(key.id.clone()));
        assert!(key.id.as_str().starts_with("ASIA") && token.expose().len() == TOKEN_LENGTH);
    }

    #[test]
    fn the_secret_stays_out_of_debug_output() {
        let key = generate();
        assert!(!format!("{key:?}").contains(key.secret.expose()));
    }

    #[test]
    fn other_texts_are_no_access_key_ids() {
        for text in [
            "",
            "AKIA",
            "AKIAAAAAAAAAAAAAAAA1",
            "ABIAAAAAAAAAAAAAAAAA",
            "AKIAaaaaaaaaaaaaaaaa",
            "AKIAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(AccessKeyId::parse(text), Err(NotAnAccessKeyId), "{text}");
        }
    }
}
