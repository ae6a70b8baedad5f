//! The RSA key that signs tokens, and the public halves that verify them.

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, LineEnding};
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::private_file::{self, PrivateFileError};
use crate::secret::Secret;

/// RS256 needs at least 2048 bits (RFC 7518 §3.3); larger keys make every first use of a token slower.
const KEY_BITS: usize = 2048;

/// The file beside an embedded store.
pub const SIGNING_KEY_FILE: &str = "signing.pem";

#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    #[error(transparent)]
    File(#[from] PrivateFileError),
    #[error("the signing key is not an RSA private key in PKCS#8 PEM form")]
    NotAPrivateKey,
    #[error("the verification key is not an RSA public key in PEM form or as modulus and exponent")]
    NotAPublicKey,
    #[error("an RSA key of {bits} bits is too weak, at least {KEY_BITS} are needed")]
    TooWeak { bits: usize },
}

/// The private key with its public half.
pub struct SigningKey {
    encoding: EncodingKey,
    pem: Secret,
    public: PublicKey,
}

impl SigningKey {
    /// A new RSA-2048 key. Cost: 0.1 to 0.5 s of CPU, once in the life of a store.
    pub fn generate() -> Self {
        // The `rsa` crate still speaks the previous generation of the randomness traits; this is the same source.
        let mut rng = chacha20poly1305::aead::OsRng;
        let key = RsaPrivateKey::new(&mut rng, KEY_BITS).expect("the operating system provides randomness");
        Self::new(&key).expect("a generated key has the right size and encodes")
    }

    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, SigningKeyError> {
        Self::new(&RsaPrivateKey::from_pkcs8_pem(pem).map_err(|_| SigningKeyError::NotAPrivateKey)?)
    }

    /// The key in the file, or a new one written there (0600).
    pub fn open(path: &Path) -> Result<Self, SigningKeyError> {
        if let Some(pem) = private_file::read(path)? {
            return Self::from_pkcs8_pem(&pem);
        }
        let key = Self::generate();
        match private_file::create(path, key.pem.expose()) {
            Ok(()) => Ok(key),
            // Another process was first: its key rules.
            Err(PrivateFileError::Exists { .. }) => {
                Self::from_pkcs8_pem(&private_file::read(path)?.ok_or(SigningKeyError::NotAPrivateKey)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the key to a new file (0600).
    pub fn write_to(&self, path: &Path) -> Result<(), SigningKeyError> {
        Ok(private_file::create(path, self.pem.expose())?)
    }

    /// A new key in the place of the one in the file.
    pub fn replace(path: &Path) -> Result<Self, SigningKeyError> {
        let key = Self::generate();
        private_file::replace(path, key.pem.expose())?;
        Ok(key)
    }

    /// The key in the file, where there is one.
    pub fn read(path: &Path) -> Result<Option<Self>, SigningKeyError> {
        private_file::read(path)?.map(|pem| Self::from_pkcs8_pem(&pem)).transpose()
    }

    fn new(key: &RsaPrivateKey) -> Result<Self, SigningKeyError> {
        let public = PublicKey::new(None, &key.to_public_key())?;
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|_| SigningKeyError::NotAPrivateKey)?;
        let encoding = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| SigningKeyError::NotAPrivateKey)?;
        Ok(Self { encoding, pem: Secret::new(pem.as_str()), public })
    }

    /// The key as PKCS#8 PEM, for a store that keeps it sealed.
    pub fn to_pkcs8_pem(&self) -> &Secret {
        &self.pem
    }

    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(crate) fn sign(&self, claims: &impl Serialize) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.public.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.encoding).expect("claims are plain data and the key was checked")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.kid)
    }
}

/// A key that verifies, known by its `kid`.
#[derive(Clone)]
pub struct PublicKey {
    kid: String,
    modulus: String,
    exponent: String,
    pub(crate) decoding: DecodingKey,
}

impl PublicKey {
    /// A key from `-----BEGIN PUBLIC KEY-----`; without a `kid` it is known by its thumbprint.
    pub fn from_pem(kid: Option<&str>, pem: &str) -> Result<Self, SigningKeyError> {
        Self::new(kid, &RsaPublicKey::from_public_key_pem(pem).map_err(|_| SigningKeyError::NotAPublicKey)?)
    }

    /// A key as a JWKS prints it: modulus and exponent in URL-safe base64.
    pub fn from_components(kid: &str, modulus: &str, exponent: &str) -> Result<Self, SigningKeyError> {
        let number = |text: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| SigningKeyError::NotAPublicKey);
            bytes.map(|bytes| BigUint::from_bytes_be(&bytes))
        };
        let key = RsaPublicKey::new(number(modulus)?, number(exponent)?).map_err(|_| SigningKeyError::NotAPublicKey)?;
        Self::new(Some(kid), &key)
    }

    fn new(kid: Option<&str>, key: &RsaPublicKey) -> Result<Self, SigningKeyError> {
        let bits = key.n().bits();
        if bits < KEY_BITS {
            return Err(SigningKeyError::TooWeak { bits });
        }
        let modulus = URL_SAFE_NO_PAD.encode(key.n().to_bytes_be());
        let exponent = URL_SAFE_NO_PAD.encode(key.e().to_bytes_be());
        let decoding =
            DecodingKey::from_rsa_components(&modulus, &exponent).map_err(|_| SigningKeyError::NotAPublicKey)?;
        let kid = kid.map_or_else(|| thumbprint(&modulus, &exponent), str::to_owned);
        Ok(Self { kid, modulus, exponent, decoding })
    }

    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The entry of this key in a JWKS document.
    pub fn to_jwk(&self) -> Value {
        json!({
            "kid": self.kid, "kty": "RSA", "alg": "RS256", "use": "sig", "n": self.modulus, "e": self.exponent,
        })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.kid)
    }
}

/// RFC 7638: the same key has the same name on every node and after every restart, with nothing to store.
fn thumbprint(modulus: &str, exponent: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#)))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::LazyLock;

    use super::*;

    /// Keys are slow to make without optimisation: all tests share two.
    pub(crate) static OURS: LazyLock<String> = LazyLock::new(|| SigningKey::generate().pem.into_exposed());
    pub(crate) static FOREIGN: LazyLock<String> = LazyLock::new(|| SigningKey::generate().pem.into_exposed());

    #[test]
    fn a_key_survives_its_pem_form() {
        let key = SigningKey::from_pkcs8_pem(&OURS).unwrap();
        assert!(key.to_pkcs8_pem().expose().starts_with("-----BEGIN PRIVATE KEY-----"));
        let again = SigningKey::from_pkcs8_pem(key.to_pkcs8_pem().expose()).unwrap();
        assert_eq!(key.public().kid(), again.public().kid());
        assert!(!format!("{key:?}").contains("PRIVATE"));
    }

    #[test]
    fn the_first_start_writes_the_key_and_later_starts_find_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SIGNING_KEY_FILE);
        private_file::create(&path, &OURS).unwrap();
        let first = SigningKey::open(&path).unwrap();
        assert_eq!(SigningKey::open(&path).unwrap().public().kid(), first.public().kid());
        let fresh = folder.path().join("fresh.pem");
        let made = SigningKey::open(&fresh).unwrap();
        assert_eq!(SigningKey::open(&fresh).unwrap().public().kid(), made.public().kid());
    }

    #[test]
    fn the_jwk_alone_rebuilds_the_public_key() {
        let jwk = SigningKey::from_pkcs8_pem(&OURS).unwrap().public().to_jwk();
        let text = |name: &str| jwk[name].as_str().unwrap();
        let rebuilt = PublicKey::from_components(text("kid"), text("n"), text("e")).unwrap();
        assert_eq!(rebuilt.to_jwk(), jwk);
        assert_eq!(text("e"), "AQAB");
        assert_eq!((text("kty"), text("alg"), text("use")), ("RSA", "RS256", "sig"));
    }

    #[test]
    fn the_kid_is_the_thumbprint_of_rfc_7638() {
        // The example of the RFC, section 3.1.
        let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWK\
                       RXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMic\
                       AtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3\
                       XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        assert_eq!(thumbprint(modulus, "AQAB"), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn broken_and_weak_keys_are_refused() {
        assert!(matches!(SigningKey::from_pkcs8_pem("no key"), Err(SigningKeyError::NotAPrivateKey)));
        assert!(matches!(PublicKey::from_pem(None, "no key"), Err(SigningKeyError::NotAPublicKey)));
        assert!(matches!(PublicKey::from_components("k", "%", "AQAB"), Err(SigningKeyError::NotAPublicKey)));
        let small = URL_SAFE_NO_PAD.encode([0xff; 128]);
        assert!(matches!(
            PublicKey::from_components("k", &small, "AQAB"),
            Err(SigningKeyError::TooWeak { bits: 1024 })
        ));
    }
}
