//! Opening what lies on the disk: the store, its keys, and the catalogue over them.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use emporion_authz::keyring::{Keyring, SEAL_KEY_FILE, SEAL_KEY_VARIABLE};
use emporion_authz::signing::{SIGNING_KEY_FILE, SigningKey};
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::follow::Followers;
use emporion_catalog::id::Millis;
use emporion_catalog::registry::Registry;
use emporion_store::{Activity, SqliteStore};

use crate::backup::STORE_FILE;
use crate::config::Config;
use crate::rotation::Keys;

/// An open catalogue.
pub struct Open {
    pub catalog: Arc<Catalog>,
    pub keys: Arc<Keys>,
    pub directory: PathBuf,
    /// What the store does, in numbers.
    pub activity: Arc<Activity>,
    /// What keeps up with the log.
    pub followers: Arc<Followers>,
}

/// Opens the store; makes it where it may.
pub fn open_store(config: &Config, may_create: bool) -> Result<SqliteStore> {
    open_counted(config, may_create, Arc::default())
}

fn open_counted(config: &Config, may_create: bool, activity: Arc<Activity>) -> Result<SqliteStore> {
    let directory = directory(config)?;
    let file = directory.join(STORE_FILE);
    if !may_create && !file.exists() {
        anyhow::bail!("there is no store at {}", config.store);
    }
    make_directory(directory)?;
    let stop = Box::new(|why: &str| {
        // What was acknowledged is safe; what was not must not be acknowledged by a process whose log is in doubt.
        eprintln!("emporion: {why}; stopping");
        std::process::abort();
    });
    SqliteStore::open(
        &file,
        Registry::standard(),
        emporion_store::Options { on_fatal: Some(stop), activity, ..Default::default() },
    )
    .with_context(|| format!("opening {}", file.display()))
}

/// Looks whether a store is whole, also while it is served.
pub fn verify(config: &Config) -> Result<emporion_store::Report> {
    let file = directory(config)?.join(STORE_FILE);
    if emporion_store::is_served(&file) {
        return emporion_store::verify_file(&file).with_context(|| format!("reading {}", file.display()));
    }
    Ok(open_store(config, false)?.verify()?)
}

/// The directory of the store that the configuration names.
pub fn directory(config: &Config) -> Result<&Path> {
    if config.store.contains("://") {
        anyhow::bail!("{}: only directories are served by this version", config.store);
    }
    Ok(Path::new(&config.store))
}

/// Makes a directory that its owner alone may open, where there is none. Those above it are made as any others.
pub fn make_directory(path: &Path) -> Result<()> {
    let make = || -> std::io::Result<()> {
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above)?;
        }
        match std::fs::DirBuilder::new().mode(0o700).create(path) {
            Err(_) if path.is_dir() => Ok(()),
            made => made,
        }
    };
    make().with_context(|| format!("making {}", path.display()))
}

/// The keys that secrets are sealed with.
pub fn keyring(config: &Config, may_create: bool) -> Result<Keyring> {
    let environment = std::env::var(SEAL_KEY_VARIABLE).ok();
    Ok(Keyring::open(&directory(config)?.join(SEAL_KEY_FILE), environment.as_deref(), may_create)?)
}

/// Where the key that signs tokens lies, and which it is.
pub fn describe_signing_key(config: &Config) -> Result<String> {
    let file = directory(config)?.join(SIGNING_KEY_FILE);
    match SigningKey::read(&file)? {
        Some(key) => Ok(format!("file {}, key {}", file.display(), key.public().kid())),
        None => anyhow::bail!(
            "{} is missing: the next start makes another, and tokens made so far are refused",
            file.display()
        ),
    }
}

/// Opens everything below the doors.
pub fn open(config: &Config, may_create: bool) -> Result<Open> {
    let is_new = !directory(config)?.join(STORE_FILE).exists();
    if is_new && !may_create {
        anyhow::bail!("there is no store at {}", config.store);
    }
    if is_new && may_create {
        make_directory(directory(config)?)?;
    }
    let trusted = match &config.openmetadata.trusted_key {
        Some(path) => {
            let pem = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            Some((config.openmetadata.trusted_key_id.clone().unwrap_or_default(), pem))
        }
        None => None,
    };
    let environment = std::env::var(SEAL_KEY_VARIABLE).ok();
    let keys = emporion_authz::open::open(
        directory(config)?,
        environment.as_deref(),
        is_new,
        trusted.as_ref().map(|(kid, pem)| (kid.as_str(), pem.as_str())),
    )?;
    // The keys come first: a store without them is refused, keys without a store are merely used.
    let activity: Arc<Activity> = Arc::default();
    let store = open_counted(config, may_create, activity.clone())?;
    let catalog = Catalog::new(Parts {
        store: Arc::new(store),
        registry: emporion_datazone::provide(Registry::standard()),
        gate: keys.gate,
        sealer: keys.sealer.clone(),
        authenticator: keys.authenticator.clone(),
        clock: Millis::now,
    });
    let keys = Keys::new(directory(config)?, keys.sealer, keys.authenticator);
    let catalog = Arc::new(catalog);
    let followers = Arc::new(Followers::new(catalog.clone()));
    Ok(Open { catalog, keys: Arc::new(keys), activity, followers, directory: directory(config)?.to_owned() })
}
