//! The keys that seal secrets: where they lie, which one is current, and how they are rotated.
//!
//! A key file holds one key per line, base64 of 32 bytes; the first is current, the others only open what was sealed
//! before. The environment variable holds the same list separated by commas. Ids are derived from the keys, so there
//! is nothing else to keep.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use emporion_model::purpose_keys::DerivedKeys;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::private_file::{self, PrivateFileError};
use crate::random;
use crate::secret::Secret;

/// Overrides the key file.
pub const SEAL_KEY_VARIABLE: &str = "EMPORION_SEAL_KEY";
/// The file beside the store.
pub const SEAL_KEY_FILE: &str = "seal.key";

pub const KEY_BYTES: usize = 32;

/// More keys than any rotation needs: a file of thousands is a mistake.
const MAX_KEYS: usize = 16;

/// Names a key without revealing it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub(crate) [u8; 4]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One key of the ring, split by purpose so that a fingerprint says nothing about the cipher's key.
pub(crate) struct SealKey {
    pub(crate) id: KeyId,
    pub(crate) cipher: [u8; 32],
    pub(crate) fingerprint: [u8; 32],
    master: [u8; KEY_BYTES],
}

impl SealKey {
    fn new(master: [u8; KEY_BYTES]) -> Self {
        let derive = |purpose: &str| derive(&master, SEALING, purpose);
        let [a, b, c, d, ..] = derive("id");
        Self { id: KeyId([a, b, c, d]), cipher: derive("cipher"), fingerprint: derive("fingerprint"), master }
    }
}

/// What the keys that seal are derived under.
const SEALING: &str = "emporion seal v1 ";
/// What keys of other purposes are derived under: none of them meets one that seals, whatever the purpose is called.
const OTHER_PURPOSES: &str = "emporion purpose v1 ";

fn derive(master: &[u8; KEY_BYTES], label: &str, purpose: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(master).expect("HMAC takes keys of any length");
    mac.update(label.as_bytes());
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    File(PathBuf),
    /// A variable, by its name.
    Environment(&'static str),
    /// The store, where they lie wrapped.
    Shared,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error(transparent)]
    File(#[from] PrivateFileError),
    #[error("{origin}: there is no key")]
    Empty { origin: String },
    #[error("{origin}: key {index} is not base64 of {KEY_BYTES} bytes")]
    Malformed { origin: String, index: usize },
    #[error("{origin}: at most {MAX_KEYS} keys can be held")]
    TooMany { origin: String },
    #[error("{}: the sealing key is missing; without it the secrets of this store cannot be opened", .path.display())]
    Missing { path: PathBuf },
    #[error("{}: the master key is missing; without it the keys of this store cannot be unwrapped", .path.display())]
    MissingMaster { path: PathBuf },
    #[error("the sealing keys come from {SEAL_KEY_VARIABLE}: rotate them there, new key first, separated by commas")]
    NotInAFile,
}

/// The current key and those that may still open older secrets.
pub struct Keyring {
    /// Never empty; the first is current.
    keys: Vec<SealKey>,
    source: KeySource,
}

impl Keyring {
    /// The keys of the environment, or of the file, or of a new file.
    ///
    /// `environment` is the value of `EMPORION_SEAL_KEY`; an empty one counts as absent. A new key file may be made
    /// only for a store that holds no secrets yet: that is what `may_create` says.
    pub fn open(path: &Path, environment: Option<&str>, may_create: bool) -> Result<Self, KeyringError> {
        if let Some(value) = environment.map(str::trim).filter(|value| !value.is_empty()) {
            return Self::from_environment(value);
        }
        if let Some(text) = private_file::read(path)? {
            return Self::from_file_text(path, &text);
        }
        if !may_create {
            return Err(KeyringError::Missing { path: path.to_owned() });
        }
        Self::create(path, SEALS)
    }

    /// A new key in a new file, which says what it is for; or the key that another process has put there.
    pub(crate) fn create(path: &Path, purpose: &str) -> Result<Self, KeyringError> {
        let key = SealKey::new(random::bytes());
        match private_file::create(path, &written(purpose, std::slice::from_ref(&key))) {
            Ok(()) => Ok(Self { keys: vec![key], source: KeySource::File(path.to_owned()) }),
            // Another process was first: its key rules.
            Err(PrivateFileError::Exists { .. }) => Self::open(path, None, false),
            Err(error) => Err(error.into()),
        }
    }

    /// A new key before those of a file, or alone in a new one, which says what it is for.
    pub(crate) fn add_to(path: &Path, purpose: &str) -> Result<Self, KeyringError> {
        let mut ring = match Self::open(path, None, false) {
            Err(KeyringError::Missing { .. }) => return Self::create(path, purpose),
            ring => ring?,
        };
        if ring.keys.len() == MAX_KEYS {
            return Err(KeyringError::TooMany { origin: path.display().to_string() });
        }
        ring.keys.insert(0, SealKey::new(random::bytes()));
        private_file::replace(path, &written(purpose, &ring.keys))?;
        Ok(ring)
    }

    /// Leaves one key in a file, and answers which went.
    pub(crate) fn leave_one(path: &Path, id: KeyId, purpose: &str) -> Result<Vec<KeyId>, KeyringError> {
        let mut ring = Self::open(path, None, false)?;
        let gone: Vec<KeyId> = ring.ids().filter(|key| *key != id).collect();
        ring.keys.retain(|key| key.id == id);
        if !ring.keys.is_empty() && !gone.is_empty() {
            private_file::replace(path, &written(purpose, &ring.keys))?;
        }
        Ok(gone)
    }

    /// The same keys with that one first, where it is among them.
    pub(crate) fn led_by(&self, id: KeyId) -> Self {
        let mut keys: Vec<SealKey> = self.keys.iter().map(|key| SealKey::new(key.master)).collect();
        keys.sort_by_key(|key| key.id != id);
        Self { keys, source: self.source.clone() }
    }

    /// Which keys they are, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.keys.iter().map(|key| key.id)
    }

    /// A ring from the value of the environment variable: keys separated by commas, the current one first.
    pub fn from_environment(value: &str) -> Result<Self, KeyringError> {
        Self::from_variable(SEAL_KEY_VARIABLE, value)
    }

    /// The same of another variable: keys, divided by commas, or a file of them as it is.
    pub(crate) fn from_variable(name: &'static str, value: &str) -> Result<Self, KeyringError> {
        let lines = value.lines().filter(|line| !line.trim_start().starts_with('#'));
        let keys = parse_keys(lines.flat_map(|line| line.split(',')), name)?;
        Ok(Self { keys, source: KeySource::Environment(name) })
    }

    /// A ring of one new key, for keys that nodes share.
    pub(crate) fn shared() -> Self {
        Self { keys: vec![SealKey::new(random::bytes())], source: KeySource::Shared }
    }

    /// A ring of keys that nodes share, from the text that it was written as.
    pub(crate) fn from_shared_text(text: &str) -> Result<Self, KeyringError> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        Ok(Self { keys: parse_keys(lines, "the keys in the store")?, source: KeySource::Shared })
    }

    /// The ring with a new key before the others: what is to lie in the store before anything is sealed with it.
    ///
    /// Errors: too many keys.
    pub fn with_new_key(&self) -> Result<Self, KeyringError> {
        let mut ring = Self::from_shared_text(self.to_file_text().expose())?;
        if ring.keys.len() == MAX_KEYS {
            return Err(KeyringError::TooMany { origin: "the keys in the store".to_owned() });
        }
        ring.keys.insert(0, SealKey::new(random::bytes()));
        Ok(ring)
    }

    /// The ring without all keys but the current one.
    pub fn without_old(&self) -> Result<Self, KeyringError> {
        let mut ring = Self::from_shared_text(self.to_file_text().expose())?;
        ring.keys.truncate(1);
        Ok(ring)
    }

    /// A ring from what a key file holds, which was kept somewhere else; `path` is where it is said to come from.
    pub fn from_file_text(path: &Path, text: &str) -> Result<Self, KeyringError> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let keys = parse_keys(lines, &path.display().to_string())?;
        Ok(Self { keys, source: KeySource::File(path.to_owned()) })
    }

    /// Whether one of the keys has sealed this.
    pub fn has_sealed(&self, sealed: &[u8]) -> bool {
        crate::seal::key_id(sealed).is_ok_and(|id| self.by_id(id).is_some())
    }

    /// What a key file with these keys holds: for a backup that is to hold them.
    pub fn to_file_text(&self) -> Secret {
        Secret::new(file_text(&self.keys))
    }

    /// Writes the keys to a new file (0600).
    pub fn write_to(&self, path: &Path) -> Result<(), KeyringError> {
        Ok(private_file::create(path, &file_text(&self.keys))?)
    }

    /// Puts a new key before the others, in the file and in this ring. Secrets are sealed with it from now on; those
    /// sealed before still open, until they are resealed and `forget_old` is called.
    pub fn rotate(&mut self) -> Result<KeyId, KeyringError> {
        let KeySource::File(path) = &self.source else { return Err(KeyringError::NotInAFile) };
        if self.keys.len() == MAX_KEYS {
            return Err(KeyringError::TooMany { origin: path.display().to_string() });
        }
        self.keys.insert(0, SealKey::new(random::bytes()));
        // A key that is not safely in the file must not seal anything.
        if let Err(error) = private_file::replace(path, &file_text(&self.keys)) {
            self.keys.remove(0);
            return Err(error.into());
        }
        Ok(self.keys[0].id)
    }

    /// Drops all keys but the current one, in the file and in this ring: after every secret was resealed.
    pub fn forget_old(&mut self) -> Result<(), KeyringError> {
        let KeySource::File(path) = &self.source else { return Err(KeyringError::NotInAFile) };
        private_file::replace(path, &file_text(&self.keys[..1]))?;
        self.keys.truncate(1);
        Ok(())
    }

    /// Whether there are keys that only open.
    pub fn has_old(&self) -> bool {
        self.keys.len() > 1
    }

    pub fn current_id(&self) -> KeyId {
        self.current().id
    }

    pub fn source(&self) -> &KeySource {
        &self.source
    }

    /// One line for an operator: where the keys come from and which they are, never the keys.
    pub fn describe(&self) -> String {
        let origin = match &self.source {
            KeySource::File(path) => format!("file {}", path.display()),
            KeySource::Environment(name) => format!("environment variable {name}"),
            KeySource::Shared => "the store".to_owned(),
        };
        let older: Vec<_> = self.keys[1..].iter().map(|key| key.id.to_string()).collect();
        let older = if older.is_empty() { String::new() } else { format!(", still opens {}", older.join(", ")) };
        format!("{origin}, current key {}{older}", self.current_id())
    }

    /// The keys of a purpose beside sealing, one of each key of the ring: they last as long as the ring does.
    pub fn derived(&self, purpose: &str) -> DerivedKeys {
        let of = |key: &SealKey| derive(&key.master, OTHER_PURPOSES, purpose);
        DerivedKeys { newest: of(self.current()), older: self.keys[1..].iter().map(of).collect() }
    }

    pub(crate) fn current(&self) -> &SealKey {
        &self.keys[0]
    }

    pub(crate) fn by_id(&self, id: KeyId) -> Option<&SealKey> {
        self.keys.iter().find(|key| key.id == id)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({})", self.describe())
    }
}

const SEALS: &str = "Seals the secrets of the store beside it; without it they cannot be opened.";

fn file_text(keys: &[SealKey]) -> String {
    written(SEALS, keys)
}

fn written(purpose: &str, keys: &[SealKey]) -> String {
    let mut text = format!("# {purpose}\n");
    for key in keys {
        text.push_str(&general_purpose::STANDARD.encode(key.master));
        text.push('\n');
    }
    text
}

/// Takes padded and unpadded base64: `openssl rand -base64 32` and most secret managers differ in this.
fn decode_key(text: &str) -> Option<[u8; KEY_BYTES]> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { &base64::alphabet::URL_SAFE } else { &base64::alphabet::STANDARD };
    GeneralPurpose::new(alphabet, lenient).decode(text).ok()?.try_into().ok()
}

fn parse_keys<'a>(texts: impl Iterator<Item = &'a str>, origin: &str) -> Result<Vec<SealKey>, KeyringError> {
    let mut keys: Vec<SealKey> = Vec::new();
    for (index, text) in texts.map(str::trim).filter(|text| !text.is_empty()).enumerate() {
        let master = decode_key(text).ok_or(KeyringError::Malformed { origin: origin.to_owned(), index: index + 1 })?;
        if keys.iter().any(|key| key.master == master) {
            continue;
        }
        if keys.len() == MAX_KEYS {
            return Err(KeyringError::TooMany { origin: origin.to_owned() });
        }
        keys.push(SealKey::new(master));
    }
    if keys.is_empty() {
        return Err(KeyringError::Empty { origin: origin.to_owned() });
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base64_of(byte: u8) -> String {
        general_purpose::STANDARD.encode([byte; KEY_BYTES])
    }

    #[test]
    fn the_first_start_makes_a_key_and_later_starts_find_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SEAL_KEY_FILE);
        let first = Keyring::open(&path, None, true).unwrap();
        let second = Keyring::open(&path, None, false).unwrap();
        assert_eq!(first.current_id(), second.current_id());
        assert_eq!(*second.source(), KeySource::File(path));
    }

    #[test]
    fn a_missing_key_of_a_store_with_secrets_is_an_error_and_not_a_new_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SEAL_KEY_FILE);
        assert!(matches!(Keyring::open(&path, None, false), Err(KeyringError::Missing { .. })));
        assert!(!path.exists());
    }

    #[test]
    fn the_environment_wins_and_writes_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SEAL_KEY_FILE);
        let ring = Keyring::open(&path, Some(&base64_of(1)), true).unwrap();
        assert_eq!(*ring.source(), KeySource::Environment(SEAL_KEY_VARIABLE));
        assert!(ring.describe().contains(SEAL_KEY_VARIABLE));
        assert!(!path.exists());
        assert!(matches!(Keyring::open(&path, Some("  "), true).unwrap().source(), KeySource::File(_)));
    }

    #[test]
    fn a_list_of_keys_has_the_current_one_first_and_counts_each_once() {
        let value = format!("{}, {},{}", base64_of(1), base64_of(2), base64_of(1));
        let ring = Keyring::from_environment(&value).unwrap();
        assert_eq!(ring.keys.len(), 2);
        assert_eq!(ring.current_id(), SealKey::new([1; 32]).id);
        assert!(ring.by_id(SealKey::new([2; 32]).id).is_some());
        // Or as they stand in a file.
        let value = format!("# a key\n{}\n# the one before\n{}\n", base64_of(1), base64_of(2));
        assert_eq!(Keyring::from_environment(&value).unwrap().keys.len(), 2);
    }

    #[test]
    fn unpadded_and_url_safe_keys_are_read() {
        let key = [0xfb; KEY_BYTES];
        for text in [general_purpose::STANDARD.encode(key), general_purpose::URL_SAFE_NO_PAD.encode(key)] {
            assert_eq!(decode_key(&text), Some(key), "{text}");
        }
    }

    #[test]
    fn broken_keys_are_named_by_their_place_and_never_shown() {
        for value in ["short", "AAAA", &format!("{}AA", base64_of(3))] {
            let error = Keyring::from_environment(&format!("{},{value}", base64_of(1))).unwrap_err().to_string();
            assert!(error.contains("key 2") && !error.contains(value), "{error}");
        }
        assert!(matches!(Keyring::from_environment(" , "), Err(KeyringError::Empty { .. })));
        let many: Vec<_> = (0..=MAX_KEYS as u8).map(base64_of).collect();
        assert!(matches!(Keyring::from_environment(&many.join(",")), Err(KeyringError::TooMany { .. })));
    }

    #[test]
    fn rotation_survives_a_restart_and_old_keys_can_be_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SEAL_KEY_FILE);
        let mut ring = Keyring::open(&path, None, true).unwrap();
        let old = ring.current_id();
        let new = ring.rotate().unwrap();
        assert_ne!(old, new);
        let reopened = Keyring::open(&path, None, false).unwrap();
        assert_eq!(reopened.current_id(), new);
        assert!(reopened.by_id(old).is_some());
        assert!(reopened.describe().contains(&format!("still opens {old}")));
        ring.forget_old().unwrap();
        assert!(Keyring::open(&path, None, false).unwrap().by_id(old).is_none());
    }

    #[test]
    fn keys_of_the_environment_are_not_rotated_here() {
        let mut ring = Keyring::from_environment(&base64_of(1)).unwrap();
        assert!(matches!(ring.rotate(), Err(KeyringError::NotInAFile)));
        assert!(matches!(ring.forget_old(), Err(KeyringError::NotInAFile)));
    }

    #[test]
    fn each_purpose_has_keys_of_its_own_which_last_as_long_as_the_ring() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SEAL_KEY_FILE);
        let mut ring = Keyring::open(&path, None, true).unwrap();
        let first = ring.derived("pages").newest;
        assert_eq!(Keyring::open(&path, None, false).unwrap().derived("pages").newest, first, "after a restart");
        assert_ne!(ring.derived("attempts").newest, first);
        for sealing in ["cipher", "fingerprint", "id"] {
            let key = ring.current();
            assert!(![key.cipher, key.fingerprint, key.master].contains(&ring.derived(sealing).newest), "{sealing}");
        }
        ring.rotate().unwrap();
        let exchanged = Keyring::open(&path, None, false).unwrap().derived("pages");
        assert_ne!(exchanged.newest, first);
        assert_eq!(exchanged.older, [first], "what the older key has signed still counts");
        assert_eq!(exchanged.all().count(), 2);
        ring.forget_old().unwrap();
        assert_eq!(ring.derived("pages").all().collect::<Vec<_>>(), [&exchanged.newest]);
        assert!(!format!("{exchanged:?}").contains(&format!("{first:?}")));
    }

    #[test]
    fn no_key_is_printed() {
        let ring = Keyring::from_environment(&base64_of(9)).unwrap();
        assert!(!format!("{ring:?}").contains(&base64_of(9)));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SEAL_KEY_FILE);
        Keyring::open(&path, None, true).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            Keyring::open(&path, None, true),
            Err(KeyringError::File(PrivateFileError::ReadableByOthers { .. }))
        ));
    }
}
