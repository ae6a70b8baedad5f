//! Sealing of secrets: XChaCha20-Poly1305 under a key of the ring, with a keyed fingerprint beside the ciphertext.
//!
//! Sealed bytes are `version (1) | key id (4) | nonce (24) | ciphertext and tag`. The context (which secret of which
//! record this is) is authenticated but not stored: a sealed value moved to another place does not open there.
//! The fingerprint tells whether a value is the one stored without opening it; it covers the context too, so that
//! equal passwords of two services do not show as equal.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::keyring::{KeyId, Keyring, SealKey};
use crate::random;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const HEADER_BYTES: usize = 1 + 4 + NONCE_BYTES;

pub type Fingerprint = [u8; 32];

/// What is stored: both parts are safe to write to disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub bytes: Vec<u8>,
    pub fingerprint: Fingerprint,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OpenError {
    #[error("the sealed value is not in a known form")]
    Malformed,
    #[error("the sealed value needs key {0}, which is not in the ring")]
    UnknownKey(KeyId),
    #[error("the sealed value was changed or belongs to another place")]
    Forged,
}

/// Seals `plain` for the place named by `context` with the current key.
pub fn seal(ring: &Keyring, context: &[u8], plain: &[u8]) -> Sealed {
    let key = ring.current();
    let nonce: [u8; NONCE_BYTES] = random::bytes();
    let mut bytes = Vec::with_capacity(HEADER_BYTES + plain.len() + 16);
    bytes.push(VERSION);
    bytes.extend_from_slice(&key.id.0);
    bytes.extend_from_slice(&nonce);
    let ciphertext = cipher(key)
        .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: &associated(key.id, context) })
        .expect("a secret is far shorter than the cipher's limit of 256 GiB");
    bytes.extend_from_slice(&ciphertext);
    Sealed { bytes, fingerprint: fingerprint_with(key, context, plain) }
}

/// The plain text of a sealed value that was made for this context.
pub fn open(ring: &Keyring, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let key = key_of(ring, sealed)?;
    let (header, ciphertext) = sealed.split_at_checked(HEADER_BYTES).ok_or(OpenError::Malformed)?;
    cipher(key)
        .decrypt(
            XNonce::from_slice(&header[HEADER_BYTES - NONCE_BYTES..]),
            Payload { msg: ciphertext, aad: &associated(key.id, context) },
        )
        .map_err(|_| OpenError::Forged)
}

/// The fingerprint that sealing `plain` here now would have. After a rotation it differs from those made before: to
/// compare with a stored value use [`is_same`], which goes by the key that made it.
pub fn fingerprint(ring: &Keyring, context: &[u8], plain: &[u8]) -> Fingerprint {
    fingerprint_with(ring.current(), context, plain)
}

/// Whether `plain` is what was sealed here, seen by the fingerprint alone.
pub fn is_same(ring: &Keyring, context: &[u8], plain: &[u8], sealed: &Sealed) -> Result<bool, OpenError> {
    let key = key_of(ring, &sealed.bytes)?;
    Ok(fingerprint_with(key, context, plain).ct_eq(&sealed.fingerprint).into())
}

/// The same secret under the current key, or `None` where it is sealed with that already.
pub fn reseal(ring: &Keyring, context: &[u8], sealed: &[u8]) -> Result<Option<Sealed>, OpenError> {
    if key_of(ring, sealed)?.id == ring.current_id() {
        return Ok(None);
    }
    Ok(Some(seal(ring, context, &open(ring, context, sealed)?)))
}

/// Which key sealed these bytes, known to the ring or not.
pub fn key_id(sealed: &[u8]) -> Result<KeyId, OpenError> {
    match sealed {
        [VERSION, a, b, c, d, ..] => Ok(KeyId([*a, *b, *c, *d])),
        _ => Err(OpenError::Malformed),
    }
}

fn key_of<'a>(ring: &'a Keyring, sealed: &[u8]) -> Result<&'a SealKey, OpenError> {
    let id = key_id(sealed)?;
    ring.by_id(id).ok_or(OpenError::UnknownKey(id))
}

fn cipher(key: &SealKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&key.cipher).into())
}

fn associated(id: KeyId, context: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(5 + context.len());
    data.push(VERSION);
    data.extend_from_slice(&id.0);
    data.extend_from_slice(context);
    data
}

fn fingerprint_with(key: &SealKey, context: &[u8], plain: &[u8]) -> Fingerprint {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&key.fingerprint).expect("HMAC takes keys of any length");
    // The length keeps ("ab", "c") and ("a", "bc") apart.
    mac.update(&(context.len() as u64).to_be_bytes());
    mac.update(context);
    mac.update(plain);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn ring(keys: &[u8]) -> Keyring {
        let keys: Vec<_> = keys.iter().map(|&byte| STANDARD.encode([byte; 32])).collect();
        Keyring::from_environment(&keys.join(",")).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_again(context: Vec<u8>, plain: Vec<u8>) {
            let ring = ring(&[1]);
            let sealed = seal(&ring, &context, &plain);
            prop_assert_eq!(open(&ring, &context, &sealed.bytes), Ok(plain.clone()));
            prop_assert_eq!(is_same(&ring, &context, &plain, &sealed), Ok(true));
        }

        #[test]
        fn arbitrary_bytes_never_open_and_never_panic(bytes: Vec<u8>) {
            prop_assert!(open(&ring(&[1]), b"c", &bytes).is_err());
        }
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let ring = ring(&[1]);
        let sealed = seal(&ring, b"service/password", b"s3cret").bytes;
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(open(&ring, b"service/password", &changed).is_err(), "byte {index}");
        }
        for length in 0..sealed.len() {
            assert!(open(&ring, b"service/password", &sealed[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn a_sealed_value_opens_only_at_its_own_place() {
        let ring = ring(&[1]);
        let sealed = seal(&ring, b"service-a/password", b"s3cret");
        assert_eq!(open(&ring, b"service-b/password", &sealed.bytes), Err(OpenError::Forged));
    }

    #[test]
    fn one_secret_sealed_twice_differs_but_has_one_fingerprint() {
        let ring = ring(&[1]);
        let (a, b) = (seal(&ring, b"c", b"s3cret"), seal(&ring, b"c", b"s3cret"));
        assert_ne!(a.bytes, b.bytes);
        assert_eq!(a.fingerprint, b.fingerprint);
        assert_eq!(a.fingerprint, fingerprint(&ring, b"c", b"s3cret"));
        assert_ne!(a.fingerprint, seal(&ring, b"d", b"s3cret").fingerprint);
        assert_ne!(a.fingerprint, seal(&ring, b"cs", b"3cret").fingerprint);
        assert_eq!(is_same(&ring, b"c", b"other", &a), Ok(false));
    }

    #[test]
    fn rotation_reseals_under_the_new_key_once() {
        let old = seal(&ring(&[1]), b"c", b"s3cret");
        let rotated = ring(&[2, 1]);
        assert_eq!(is_same(&rotated, b"c", b"s3cret", &old), Ok(true), "compared under the key that made it");
        let new = reseal(&rotated, b"c", &old.bytes).unwrap().expect("the old key is not current");
        assert_eq!(key_id(&new.bytes), Ok(rotated.current_id()));
        assert_eq!(reseal(&rotated, b"c", &new.bytes), Ok(None));
        assert_eq!(open(&ring(&[2]), b"c", &new.bytes).unwrap(), b"s3cret");
        let missing = key_id(&old.bytes).unwrap();
        assert_eq!(open(&ring(&[2]), b"c", &old.bytes), Err(OpenError::UnknownKey(missing)));
    }
}
