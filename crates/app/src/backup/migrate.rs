//! A store that goes from one place to another, of whichever engine: copied as a backup is, and put there as what is restored.

use std::path::Path;

use anyhow::{Context, Result, bail};
use emporion_authz::shared::KeySet;
use emporion_store::Copied;
use emporion_store::postgres::Shape;
use tokio::runtime::Handle;

use super::destination::Destination;
use super::keys::Keys;
use super::{Progress, STORE_FILE};
use crate::config::Config;
use crate::shared_keys;
use crate::storage::{Place, Storage};

pub struct Migrated {
    pub copied: Copied,
    pub notes: Vec<String>,
}

/// Puts all that a store holds, and its keys, to an empty place. The store stays as it is; one that fails leaves the place
/// empty. One that is killed leaves no store: given again, it goes on in a database, and begins anew in a directory.
///
/// Errors: the place is used; the store in a directory is being served; a newer version has written it; it is not whole, or its
/// keys are missing or others.
pub fn migrate(from: &Config, to: &Config, runtime: &Handle, progress: Progress<'_>) -> Result<Migrated> {
    let (copied, keys, place) = match from.place() {
        Place::Directory(directory) => {
            let file = directory.join(STORE_FILE);
            if !file.exists() {
                bail!("there is no store at {}", directory.display());
            }
            // What was written behind the copy would be missing, and nobody told.
            if emporion_store::is_served(&file) {
                bail!("{} is being served; stop its server first", directory.display());
            }
            let keys = Keys::of_directory(&directory)?;
            let place = Destination::take(to, &directory, runtime)?;
            let copied = emporion_store::copy_file(&file, &place.file(), &|done, all| progress("copying", done, all));
            (copied.with_context(|| format!("copying {}", file.display()))?, keys, place)
        }
        Place::Database(_) => {
            // It has wrapped keys; one that is made now would not.
            shared_keys::master(from, false)?;
            let place = Destination::take(to, Path::new("."), runtime)?;
            let (copied, set) = copy_database(from, &place.file(), runtime, progress)?;
            (copied, Keys::of_database(set), place)
        }
    };
    let notes = keys.notes(None, &to.place());
    place.put(keys, progress)?;
    if let Place::Directory(directory) = from.place()
        && emporion_store::is_served(&directory.join(STORE_FILE))
    {
        bail!(
            "{} has been served since: what was written there meanwhile may be missing in the copy",
            directory.display()
        );
    }
    Ok(Migrated { copied, notes })
}

/// One state of a database in a file, and its keys.
pub fn copy_database(from: &Config, to: &Path, runtime: &Handle, progress: Progress<'_>) -> Result<(Copied, KeySet)> {
    let master = shared_keys::master(from, false)?;
    let store = runtime.block_on(Storage::open(&from.place(), Shape::Required, Default::default()))?.database()?;
    let rows = |done, all| progress("copying", done, all);
    let (copied, stored) = runtime.block_on(store.copy(to, &rows)).context("copying the database")?;
    let Some(stored) = stored else { bail!("there is no store at {}", from.shown_store()) };
    Ok((copied, KeySet::unwrap(&master, stored.version, &stored.wrapped)?))
}
