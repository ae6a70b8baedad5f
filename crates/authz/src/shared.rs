//! The keys that the nodes of one catalogue share. They lie in the store, wrapped by a master key that stands in no store
//! and that each node is given, and are exchanged for all nodes at once.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use emporion_model::id::Millis;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::authenticator::KeyAuthenticator;
use crate::gate::CedarGate;
use crate::keyring::{KeyId, Keyring, KeyringError};
use crate::open::Parts;
use crate::seal::{self, OpenError};
use crate::sealer::RingSealer;
use crate::signing::{PublicKey, SigningKey, SigningKeyError};
use crate::token::Tokens;

/// Holds the master key itself; replaces the file.
pub const MASTER_KEY_VARIABLE: &str = "EMPORION_MASTER_KEY";

const WRAPS: &str =
    "Wraps the keys of a store; every node of it needs this one, and without it no secret of it can be opened.";

#[derive(Debug, thiserror::Error)]
pub enum SharedKeysError {
    #[error(transparent)]
    Master(#[from] KeyringError),
    #[error("the keys of this store were wrapped by master key {0}, which was not given")]
    AnotherMaster(String),
    #[error("the keys of this store cannot be unwrapped: {0}")]
    Unopened(OpenError),
    #[error("the keys of this store are not in a known form")]
    Malformed,
    #[error("the key that signs tokens: {0}")]
    Signing(#[from] SigningKeyError),
    #[error("{0}")]
    Trusted(SigningKeyError),
}

/// The keys that may have wrapped the others. The first is the one that is to wrap them.
pub struct MasterKey(Keyring);

impl MasterKey {
    /// Of the variable, else of the file, else of a new file (0600) where one may be made.
    pub fn open(
        file: Option<&Path>,
        environment: Option<&str>,
        may_create: bool,
    ) -> Result<Option<Self>, KeyringError> {
        if let Some(value) = environment.map(str::trim).filter(|value| !value.is_empty()) {
            return Ok(Some(MasterKey(Keyring::from_variable(MASTER_KEY_VARIABLE, value)?)));
        }
        let Some(file) = file else { return Ok(None) };
        match Keyring::open(file, None, false) {
            Err(KeyringError::Missing { .. }) if may_create => Ok(Some(MasterKey(Keyring::create(file, WRAPS)?))),
            Err(KeyringError::Missing { path }) => Err(KeyringError::MissingMaster { path }),
            opened => Ok(Some(MasterKey(opened?))),
        }
    }

    /// Puts a new key before those of a file, or into a new file (0600). Nothing is wrapped with it yet.
    pub fn make(file: &Path) -> Result<Self, KeyringError> {
        Ok(MasterKey(Keyring::add_to(file, WRAPS)?))
    }

    /// Leaves the key in a file that has wrapped this, and answers which went.
    ///
    /// Errors: it is not there.
    pub fn forget_others(file: &Path, wrapped: &[u8]) -> Result<Vec<KeyId>, SharedKeysError> {
        let wraps = Self::wrapping(wrapped)?;
        if Keyring::open(file, None, false)?.ids().all(|id| id != wraps) {
            return Err(SharedKeysError::AnotherMaster(wraps.to_string()));
        }
        Ok(Keyring::leave_one(file, wraps, WRAPS)?)
    }

    /// Which one has wrapped this.
    pub fn wrapping(wrapped: &[u8]) -> Result<KeyId, SharedKeysError> {
        seal::key_id(wrapped).map_err(|_| SharedKeysError::Malformed)
    }

    /// Which they are, the first one first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.ids()
    }

    /// Whether another one than the first has wrapped this.
    pub fn is_replaced(&self, wrapped: &[u8]) -> bool {
        seal::key_id(wrapped).is_ok_and(|id| id != self.0.current_id())
    }

    /// Which it is, never the key.
    pub fn describe(&self) -> String {
        self.0.describe()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.describe())
    }
}

/// All keys of one version.
pub struct KeySet {
    pub ring: Keyring,
    pub signing: SigningKey,
}

/// As they are written before they are wrapped.
#[derive(Serialize, Deserialize)]
struct Written {
    seal: String,
    signing: String,
}

impl KeySet {
    /// Keys for a new store. Cost: as for [`SigningKey::generate`].
    pub fn generate() -> KeySet {
        KeySet { ring: Keyring::shared(), signing: SigningKey::generate() }
    }

    pub fn wrap(&self, master: &MasterKey, version: u64) -> Vec<u8> {
        self.wrap_with(&master.0, version)
    }

    /// The same with the key that has wrapped those before them: another master key is taken up by itself alone.
    pub fn wrap_as(&self, before: &[u8], master: &MasterKey, version: u64) -> Vec<u8> {
        match seal::key_id(before) {
            Ok(id) => self.wrap_with(&master.0.led_by(id), version),
            Err(_) => self.wrap(master, version),
        }
    }

    fn wrap_with(&self, ring: &Keyring, version: u64) -> Vec<u8> {
        let written = Written {
            seal: self.ring.to_file_text().into_exposed(),
            signing: self.signing.to_pkcs8_pem().expose().to_owned(),
        };
        let plain = serde_json::to_vec(&written).expect("two texts");
        seal::seal(ring, &context(version), &plain).bytes
    }

    /// Errors: another master key has wrapped them, or it was another version, or they were changed.
    pub fn unwrap(master: &MasterKey, version: u64, wrapped: &[u8]) -> Result<KeySet, SharedKeysError> {
        let plain = seal::open(&master.0, &context(version), wrapped).map_err(|error| match error {
            OpenError::UnknownKey(id) => SharedKeysError::AnotherMaster(id.to_string()),
            error => SharedKeysError::Unopened(error),
        })?;
        let written: Written = serde_json::from_slice(&plain).map_err(|_| SharedKeysError::Malformed)?;
        Ok(KeySet {
            ring: Keyring::from_shared_text(&written.seal)?,
            signing: SigningKey::from_pkcs8_pem(&written.signing)?,
        })
    }
}

/// What is wrapped opens as the version that it is, and nowhere else.
fn context(version: u64) -> Vec<u8> {
    format!("emporion shared keys v1 {version}").into_bytes()
}

/// The shared keys in use, which newer ones take the place of.
pub struct SharedKeys {
    pub master: MasterKey,
    pub sealer: Arc<RingSealer>,
    pub authenticator: Arc<KeyAuthenticator>,
    version: Mutex<u64>,
}

impl SharedKeys {
    /// In use from now on: keys of a version, as they lie in the store.
    ///
    /// `trusted` is as for [`crate::open::open`].
    pub fn open(
        master: MasterKey,
        version: u64,
        wrapped: &[u8],
        trusted: Option<(&str, &str)>,
    ) -> Result<SharedKeys, SharedKeysError> {
        let KeySet { ring, signing } = KeySet::unwrap(&master, version, wrapped)?;
        let mut tokens = Tokens::new(signing);
        if let Some((kid, pem)) = trusted {
            let kid = Some(kid).filter(|kid| !kid.is_empty());
            tokens = tokens.with_trusted(PublicKey::from_pem(kid, pem).map_err(SharedKeysError::Trusted)?);
        }
        Ok(SharedKeys {
            master,
            sealer: Arc::new(RingSealer::new(ring)),
            authenticator: Arc::new(KeyAuthenticator::new(tokens, Millis::now)),
            version: Mutex::new(version),
        })
    }

    /// What the catalogue is given.
    pub fn parts(&self) -> Parts {
        Parts {
            gate: Arc::new(CedarGate::default()),
            sealer: self.sealer.clone(),
            authenticator: self.authenticator.clone(),
        }
    }

    /// Puts newer keys in the place of those in use; older ones, and the same, are left alone.
    pub fn take_up(&self, version: u64, wrapped: &[u8]) -> Result<(), SharedKeysError> {
        let mut present = self.version.lock();
        if version <= *present {
            return Ok(());
        }
        let KeySet { ring, signing } = KeySet::unwrap(&self.master, version, wrapped)?;
        self.sealer.take_up(ring);
        self.authenticator.take_up(signing);
        *present = version;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use emporion_model::ports::Sealer as _;

    use super::*;
    use crate::signing::tests::OURS;

    fn master(bytes: &[u8]) -> MasterKey {
        let keys: Vec<String> = bytes.iter().map(|byte| STANDARD.encode([*byte; 32])).collect();
        MasterKey::open(None, Some(&keys.join(",")), false).unwrap().unwrap()
    }

    fn set(ring: &str) -> KeySet {
        KeySet { ring: Keyring::from_shared_text(ring).unwrap(), signing: SigningKey::from_pkcs8_pem(&OURS).unwrap() }
    }

    fn ring(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| STANDARD.encode([*byte; 32]) + "\n").collect()
    }

    #[test]
    fn nodes_with_one_master_key_open_what_the_others_seal() {
        let wrapped = set(&ring(&[1])).wrap(&master(&[9]), 1);
        let a = SharedKeys::open(master(&[9]), 1, &wrapped, None).unwrap();
        let b = SharedKeys::open(master(&[9]), 1, &wrapped, None).unwrap();
        let sealed = a.sealer.seal(b"c", b"s3cret");
        assert_eq!(b.sealer.open(b"c", &sealed).unwrap(), b"s3cret");
        assert_eq!(a.sealer.derived_keys("cursors").newest, b.sealer.derived_keys("cursors").newest);
    }

    #[test]
    fn newer_keys_are_taken_up_once_and_older_ones_never() {
        let wrapped = |keys: &[u8], version| set(&ring(keys)).wrap(&master(&[9]), version);
        let node = SharedKeys::open(master(&[9]), 2, &wrapped(&[1], 2), None).unwrap();
        let before = node.sealer.seal(b"c", b"s3cret");
        node.take_up(3, &wrapped(&[2, 1], 3)).unwrap();
        assert_eq!(node.sealer.open(b"c", &before).unwrap(), b"s3cret");
        assert_ne!(node.sealer.seal(b"c", b"s3cret")[..5], before[..5]);
        node.take_up(1, &wrapped(&[5], 1)).unwrap();
        assert_eq!(node.sealer.open(b"c", &before).unwrap(), b"s3cret");
        assert!(node.take_up(4, &wrapped(&[5], 3)).is_err(), "of another version");
        assert_eq!(node.sealer.open(b"c", &before).unwrap(), b"s3cret");
    }

    #[test]
    fn another_master_key_opens_nothing_and_an_older_one_beside_the_new_does() {
        let wrapped = set(&ring(&[1])).wrap(&master(&[9]), 1);
        let refused = SharedKeys::open(master(&[8]), 1, &wrapped, None).err().unwrap();
        assert!(matches!(refused, SharedKeysError::AnotherMaster(_)), "{refused}");
        let both = master(&[8, 9]);
        assert!(both.is_replaced(&wrapped) && !master(&[9]).is_replaced(&wrapped));
        // What is exchanged beneath it stays wrapped by the one that had wrapped it.
        let next = set(&ring(&[2])).wrap_as(&wrapped, &both, 2);
        assert!(KeySet::unwrap(&master(&[9]), 2, &next).is_ok() && KeySet::unwrap(&master(&[8]), 2, &next).is_err());
        assert!(KeySet::unwrap(&both, 1, &wrapped).is_ok());
        let mut changed = wrapped.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(KeySet::unwrap(&master(&[9]), 1, &changed).is_err());
    }

    #[test]
    fn a_master_key_is_made_only_where_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master.key");
        let refused = MasterKey::open(Some(&file), None, false).unwrap_err();
        assert!(refused.to_string().contains("master key"), "{refused}");
        let made = MasterKey::open(Some(&file), None, true).unwrap().unwrap();
        let found = MasterKey::open(Some(&file), None, false).unwrap().unwrap();
        assert_eq!(made.describe(), found.describe());
        assert!(MasterKey::open(None, None, true).unwrap().is_none());
    }
}
