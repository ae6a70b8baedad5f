//! The keyring as the catalogue's sealer.

use emporion_model::Problem;
use emporion_model::ports::Sealer;
use emporion_model::purpose_keys::DerivedKeys;

use parking_lot::RwLock;

use crate::keyring::{KeyId, Keyring, KeyringError};
use crate::seal::{self, OpenError, Sealed};

/// Seals with the current key of the ring and opens with any of them.
#[derive(Debug)]
pub struct RingSealer {
    ring: RwLock<Keyring>,
}

impl RingSealer {
    pub fn new(ring: Keyring) -> Self {
        Self { ring: RwLock::new(ring) }
    }

    /// Seals with a new key from now on. Where there are older keys beside the current one, an earlier rotation was
    /// broken off: there is nothing to make then, only to go on with.
    pub fn rotate(&self) -> Result<(), KeyringError> {
        let mut ring = self.ring.write();
        if ring.has_old() { Ok(()) } else { ring.rotate().map(|_| ()) }
    }

    /// Opens nothing any more that an older key has sealed: after everything was sealed anew. Keys that come from the
    /// environment are taken away there.
    pub fn forget_old(&self) -> Result<(), KeyringError> {
        match self.ring.write().forget_old() {
            Err(KeyringError::NotInAFile) => Ok(()),
            done => done,
        }
    }

    /// Seals and opens with another ring from now on.
    pub(crate) fn take_up(&self, ring: Keyring) {
        *self.ring.write() = ring;
    }

    /// Which key seals now.
    pub fn current_id(&self) -> KeyId {
        self.ring.read().current_id()
    }

    /// Whether there are keys that only open.
    pub fn has_old(&self) -> bool {
        self.ring.read().has_old()
    }

    /// Where the keys are and which, never the keys.
    pub fn describe(&self) -> String {
        self.ring.read().describe()
    }
}

impl Sealer for RingSealer {
    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        seal::seal(&self.ring.read(), context, plain).bytes
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Problem> {
        seal::open(&self.ring.read(), context, sealed).map_err(unopened)
    }

    fn fingerprint(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        seal::fingerprint(&self.ring.read(), context, plain).to_vec()
    }

    /// A secret whose key was lost is not the same as anything: writing it again seals it under the current key.
    fn is_same(&self, context: &[u8], plain: &[u8], sealed: &[u8], fingerprint: &[u8]) -> bool {
        let Ok(fingerprint) = fingerprint.try_into() else { return false };
        let stored = Sealed { bytes: sealed.to_vec(), fingerprint };
        seal::is_same(&self.ring.read(), context, plain, &stored).unwrap_or(false)
    }

    fn reseal(&self, context: &[u8], sealed: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>, Problem> {
        let resealed = seal::reseal(&self.ring.read(), context, sealed).map_err(unopened)?;
        Ok(resealed.map(|Sealed { bytes, fingerprint }| (bytes, fingerprint.to_vec())))
    }

    fn derived_keys(&self, purpose: &str) -> DerivedKeys {
        self.ring.read().derived(purpose)
    }
}

fn unopened(error: OpenError) -> Problem {
    Problem::internal(format!("a stored secret cannot be opened: {error}"))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn sealer(keys: &[u8]) -> RingSealer {
        let keys: Vec<_> = keys.iter().map(|&byte| STANDARD.encode([byte; 32])).collect();
        RingSealer::new(Keyring::from_environment(&keys.join(",")).unwrap())
    }

    #[test]
    fn a_secret_is_known_again_after_a_rotation() {
        let before = sealer(&[1]);
        let (sealed, fingerprint) = (before.seal(b"c", b"s3cret"), before.fingerprint(b"c", b"s3cret"));
        let after = sealer(&[2, 1]);
        assert_ne!(after.fingerprint(b"c", b"s3cret"), fingerprint);
        assert!(after.is_same(b"c", b"s3cret", &sealed, &fingerprint));
        assert!(!after.is_same(b"c", b"other", &sealed, &fingerprint));
        assert!(!after.is_same(b"d", b"s3cret", &sealed, &fingerprint));
        assert_eq!(after.open(b"c", &sealed).unwrap(), b"s3cret");
    }

    #[test]
    fn what_a_lost_key_sealed_is_the_same_as_nothing_and_does_not_open() {
        let old = sealer(&[1]);
        let (sealed, fingerprint) = (old.seal(b"c", b"s3cret"), old.fingerprint(b"c", b"s3cret"));
        let other = sealer(&[2]);
        assert!(!other.is_same(b"c", b"s3cret", &sealed, &fingerprint));
        let Err(Problem::Internal { detail }) = other.open(b"c", &sealed) else { panic!("it opened") };
        assert!(!detail.contains("s3cret"), "{detail}");
        assert!(!other.is_same(b"c", b"s3cret", b"", b"short"));
    }
}
