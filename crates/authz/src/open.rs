//! Everything that a running catalogue needs from here, opened from the folder of its store.

use std::path::Path;
use std::sync::Arc;

use emporion_model::id::Millis;

use crate::authenticator::KeyAuthenticator;
use crate::gate::CedarGate;
use crate::keyring::{Keyring, KeyringError, SEAL_KEY_FILE};
use crate::sealer::RingSealer;
use crate::signing::{PublicKey, SIGNING_KEY_FILE, SigningKey, SigningKeyError};
use crate::token::Tokens;

/// What the catalogue is given.
pub struct Parts {
    pub gate: Arc<CedarGate>,
    pub sealer: Arc<RingSealer>,
    pub authenticator: Arc<KeyAuthenticator>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error("the key that signs tokens: {0}")]
    Signing(SigningKeyError),
    #[error("the trusted key: {0}")]
    Trusted(SigningKeyError),
}

/// Opens the sealing keys and the signing key in `dir`, and makes them (0600) where they are missing.
///
/// `seal_key_env` is the value of `EMPORION_SEAL_KEY`, which goes before the file. A sealing key is made only for a new
/// store: another one would not open what is there. A new signing key merely ends all tokens.
/// `trusted` is a foreign public key whose tokens are taken, `(kid, PEM)`; an empty `kid` stands for its thumbprint.
pub fn open(
    dir: &Path,
    seal_key_env: Option<&str>,
    store_is_new: bool,
    trusted: Option<(&str, &str)>,
) -> Result<Parts, Error> {
    let ring = Keyring::open(&dir.join(SEAL_KEY_FILE), seal_key_env, store_is_new)?;
    let signing_file = dir.join(SIGNING_KEY_FILE);
    if !store_is_new && !signing_file.exists() {
        tracing::warn!(file = %signing_file.display(), "no signing key: a new one is made, earlier tokens are refused");
    }
    let mut tokens = Tokens::new(SigningKey::open(&signing_file).map_err(Error::Signing)?);
    if let Some((kid, pem)) = trusted {
        let kid = Some(kid).filter(|kid| !kid.is_empty());
        tokens = tokens.with_trusted(PublicKey::from_pem(kid, pem).map_err(Error::Trusted)?);
    }
    Ok(Parts {
        gate: Arc::new(CedarGate::default()),
        sealer: Arc::new(RingSealer::new(ring)),
        authenticator: Arc::new(KeyAuthenticator::new(tokens, Millis::now)),
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use emporion_model::ports::{Authenticator as _, Sealer as _};

    use super::*;
    use crate::private_file;
    use crate::signing::tests::OURS;

    #[test]
    fn keys_are_made_once_for_a_new_store_and_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let first = open(dir.path(), None, true, None).unwrap();
        let sealed = first.sealer.seal(b"c", b"s3cret");
        let second = open(dir.path(), None, false, None).unwrap();
        assert_eq!(second.sealer.open(b"c", &sealed).unwrap(), b"s3cret");
        assert_eq!(second.authenticator.jwks(), first.authenticator.jwks());
        #[cfg(unix)]
        for file in [SEAL_KEY_FILE, SIGNING_KEY_FILE] {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(dir.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_store_without_its_sealing_key_does_not_open() {
        let dir = tempfile::tempdir().unwrap();
        private_file::create(&dir.path().join(SIGNING_KEY_FILE), &OURS).unwrap();
        let error = open(dir.path(), None, false, None).err().unwrap();
        assert!(matches!(error, Error::Keyring(KeyringError::Missing { .. })), "{error}");
        let key = STANDARD.encode([7; 32]);
        assert!(open(dir.path(), Some(&key), false, None).is_ok(), "the environment has it");
        assert!(!dir.path().join(SEAL_KEY_FILE).exists());
    }

    #[test]
    fn a_trusted_key_that_is_none_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        private_file::create(&dir.path().join(SIGNING_KEY_FILE), &OURS).unwrap();
        let error = open(dir.path(), None, true, Some(("k", "no key"))).err().unwrap();
        assert!(matches!(error, Error::Trusted(SigningKeyError::NotAPublicKey)), "{error}");
    }
}
