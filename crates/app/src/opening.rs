//! Opening a store with its keys, and the catalogue over it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, bail};
use emporion_authz::keyring::{Keyring, SEAL_KEY_FILE, SEAL_KEY_VARIABLE};
use emporion_authz::signing::{SIGNING_KEY_FILE, SigningKey};
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::follow::Followers;
use emporion_catalog::id::Millis;
use emporion_catalog::registry::Registry;
use emporion_store::Activity;
use emporion_store::postgres::Shape;

use crate::backup::STORE_FILE;
use crate::config::Config;
use crate::directory::make_directory;
use crate::node::NodeDirectory;
use crate::rotation::Keys;
use crate::shared_keys;
use crate::storage::{Place, Storage};

/// An open catalogue.
pub struct Open {
    pub catalog: Arc<Catalog>,
    pub keys: Arc<Keys>,
    pub storage: Storage,
    /// What this process alone writes to: where an embedded store lies; over a database, what the node makes of the log.
    pub directory: PathBuf,
    /// That directory of a node, while the node serves.
    pub node: OnceLock<NodeDirectory>,
    /// What the store does, in numbers.
    pub activity: Arc<Activity>,
    /// What keeps up with the log.
    pub followers: Arc<Followers>,
}

impl Open {
    /// The file of an embedded store.
    pub fn store_file(&self) -> Option<PathBuf> {
        (!self.storage.is_shared()).then(|| self.directory.join(STORE_FILE))
    }
}

/// The keys that secrets are sealed with, in the directory of an embedded store.
pub fn keyring(directory: &Path) -> Result<Keyring> {
    let environment = std::env::var(SEAL_KEY_VARIABLE).ok();
    Ok(Keyring::open(&directory.join(SEAL_KEY_FILE), environment.as_deref(), false)?)
}

/// Where the key that signs tokens lies, and which it is.
pub fn describe_signing_key(directory: &Path) -> Result<String> {
    let file = directory.join(SIGNING_KEY_FILE);
    match SigningKey::read(&file)? {
        Some(key) => Ok(format!("file {}, key {}", file.display(), key.public().kid())),
        None => {
            bail!("{} is missing: the next start makes another, and tokens made so far are refused", file.display())
        }
    }
}

/// Opens everything below the doors.
pub async fn open(config: &Config, may_create: bool) -> Result<Open> {
    let trusted = match &config.openmetadata.trusted_key {
        Some(path) => {
            let pem = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            Some((config.openmetadata.trusted_key_id.clone().unwrap_or_default(), pem))
        }
        None => None,
    };
    let trusted = trusted.as_ref().map(|(kid, pem)| (kid.as_str(), pem.as_str()));
    let activity: Arc<Activity> = Arc::default();
    let place = config.place();
    let shape = if may_create { Shape::Brought } else { Shape::Required };
    let (storage, parts, keys) = match &place {
        Place::Directory(directory) => {
            config.check_is_embedded()?;
            // The keys come first: a store without them is refused, keys without a store are merely used.
            let parts = open_keys(config, directory, may_create, trusted)?;
            let keys = Keys::in_files(directory, parts.sealer.clone(), parts.authenticator.clone());
            (Storage::open(&place, shape, activity.clone()).await?, parts, keys)
        }
        Place::Database(_) => {
            let storage = Storage::open(&place, shape, activity.clone()).await?;
            let store = storage.database()?;
            let shared = shared_keys::open(config, &store, may_create, trusted).await?;
            (storage, shared.parts(), Keys::shared(store, shared))
        }
    };
    let catalog = Catalog::new(Parts {
        store: storage.port(),
        registry: emporion_datazone::provide(Registry::standard()),
        gate: parts.gate,
        sealer: parts.sealer,
        authenticator: parts.authenticator,
        clock: Millis::now,
    });
    catalog.reads_member_queries(&emporion_search::Members);
    let catalog = Arc::new(catalog);
    let followers = Arc::new(Followers::new(catalog.clone()));
    let directory = match place {
        Place::Directory(directory) => directory,
        Place::Database(_) => config.node_directory(),
    };
    Ok(Open { catalog, keys: Arc::new(keys), storage, directory, node: OnceLock::new(), activity, followers })
}

/// The keys beside an embedded store; with its directory, where it is new and may be made.
fn open_keys(
    config: &Config,
    directory: &Path,
    may_create: bool,
    trusted: Option<(&str, &str)>,
) -> Result<emporion_authz::open::Parts> {
    let is_new = !directory.join(STORE_FILE).exists();
    if is_new && !may_create {
        bail!("there is no store at {}", config.store);
    }
    if is_new {
        make_directory(directory)?;
    }
    let environment = std::env::var(SEAL_KEY_VARIABLE).ok();
    Ok(emporion_authz::open::open(directory, environment.as_deref(), is_new, trusted)?)
}
