//! Which engine keeps the store: the one place that names them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use emporion_catalog::ports::Store;
use emporion_catalog::registry::Registry;
use emporion_store::postgres::{self, PostgresStore, Shape, address};
use emporion_store::{Activity, Options, Report, SqliteStore};

use crate::backup::STORE_FILE;
use crate::command_error::UsageError;
use crate::config::Config;

/// Where a store is.
pub enum Place {
    /// In a directory, where one process serves it.
    Directory(PathBuf),
    /// In a database, over which many do.
    Database(String),
}

impl Config {
    pub fn place(&self) -> Place {
        match address::is_address(&self.store) {
            true => Place::Database(self.store.clone()),
            false => Place::Directory(PathBuf::from(&self.store)),
        }
    }

    /// The store, as it may be shown: addresses hold passwords.
    pub fn shown_store(&self) -> String {
        match self.place() {
            Place::Directory(_) => self.store.clone(),
            Place::Database(address) => address::shown(&address),
        }
    }

    /// Of a node over a database, its own directory.
    pub fn node_directory(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("./emporion-node"))
    }

    /// Errors: settings of a node over a database, for a store in a directory.
    pub fn check_is_embedded(&self) -> Result<()> {
        let what = match (&self.data, &self.master_key_file) {
            (Some(_), _) => "--data (data, EMPORION_DATA)",
            (None, Some(_)) => "--master-key (master_key_file, EMPORION_MASTER_KEY_FILE)",
            (None, None) => return Ok(()),
        };
        Err(UsageError(format!("{what}: only for a store in a database; one in a directory has all in it")).into())
    }
}

/// Refuses an address on the command line that has a password in it: everybody on the machine reads that.
pub fn refuse_open_password(flag: &str, store: &str) -> Result<()> {
    if address::is_address(store) && address::has_password(store) {
        let whole = if flag == "--store" { "EMPORION_STORE (the whole address), " } else { "" };
        return Err(UsageError(format!(
            "{flag}: others can read a password on the command line; leave it out of the address, and give it by {whole}\
             PGPASSWORD, or a line of ~/.pgpass or of the file in PGPASSFILE"
        ))
        .into());
    }
    Ok(())
}

/// What was acknowledged is safe; what was not must not be acknowledged by a process whose log is in doubt, nor be waited for
/// where nobody stores it any more.
fn stop(why: &str) {
    eprintln!("emporion: {why}; stopping");
    std::process::abort();
}

/// An open store.
pub enum Storage {
    Embedded(Arc<SqliteStore>),
    Database(Arc<PostgresStore>),
}

impl Storage {
    /// Opens the store; makes one where its shape need not be there, and brings one in a directory to it in any case.
    pub async fn open(place: &Place, shape: Shape, activity: Arc<Activity>) -> Result<Storage> {
        Ok(match place {
            Place::Directory(directory) => {
                let file = directory.join(STORE_FILE);
                if shape == Shape::Required && !file.exists() {
                    bail!("there is no store at {}", directory.display());
                }
                let options = Options { on_fatal: Some(Box::new(stop)), activity, ..Default::default() };
                Storage::Embedded(Arc::new(open_file(&file, options)?))
            }
            Place::Database(address) => {
                let options =
                    postgres::Options { on_fatal: Some(Arc::new(stop)), activity, shape, ..Default::default() };
                let store = PostgresStore::open(address, Registry::standard(), options).await;
                Storage::Database(Arc::new(store.context("opening the database")?))
            }
        })
    }

    pub fn port(&self) -> Arc<dyn Store> {
        match self {
            Storage::Embedded(store) => store.clone(),
            Storage::Database(store) => store.clone(),
        }
    }

    pub fn database(&self) -> Result<Arc<PostgresStore>> {
        match self {
            Storage::Database(store) => Ok(store.clone()),
            Storage::Embedded(_) => bail!("the store is in a directory"),
        }
    }

    /// Whether other processes may serve the same store.
    pub fn is_shared(&self) -> bool {
        matches!(self, Storage::Database(_))
    }
}

/// Looks whether a store is whole, also while it is served.
pub async fn verify(place: &Place) -> Result<Report> {
    if let Place::Directory(directory) = place {
        let file = directory.join(STORE_FILE);
        if emporion_store::is_served(&file) {
            return emporion_store::verify_file(&file).with_context(|| format!("reading {}", file.display()));
        }
    }
    Ok(match Storage::open(place, Shape::Required, Arc::default()).await? {
        Storage::Embedded(store) => store.verify()?,
        Storage::Database(store) => store.verify().await?,
    })
}

/// The same of a file that nobody serves; what was broken off in it is done then.
pub fn verify_unserved(file: &Path) -> Result<Report> {
    let store = open_file(file, Options::default())?;
    store.settle()?;
    Ok(store.verify()?)
}

fn open_file(file: &Path, options: Options) -> Result<SqliteStore> {
    SqliteStore::open(file, Registry::standard(), options).with_context(|| format!("opening {}", file.display()))
}
