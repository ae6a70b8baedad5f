//! `emporion backup`: a store in one file, from beside the process that serves it or from the server itself.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::bar::{Bar, Unit};
use super::remote;
use super::store_target::StoreTarget;
use crate::backup::destination::private;
use crate::backup::{archive, last, make};
use crate::cli::{BackupArgs, Format, Remote};
use crate::command_error::UsageError;
use crate::config::Settings;
use crate::output::print;
use crate::runtime::runtime;
use crate::storage::Place;

const LOOK_AGAIN: Duration = Duration::from_millis(100);

pub fn run(settings: Settings<'_>, args: BackupArgs, format: Format) -> Result<()> {
    let bar = Bar::new(args.quiet, Unit::Bytes, "copying");
    let made = take(settings, args, &bar);
    bar.end();
    print(format, &made?)
}

fn take(settings: Settings<'_>, args: BackupArgs, bar: &Bar) -> Result<Value> {
    let progress = |what: &'static str, done: u64, all: u64| {
        bar.show(what, done, all);
        true
    };
    let unfinished = Unfinished::beside(&args.to)?;
    let mut taken = None;
    let (records, seq) = match StoreTarget::of(settings, args.place)? {
        StoreTarget::Stopped(config) => {
            let scratch = unfinished.named("copy");
            let image = match config.place() {
                Place::Directory(directory) => {
                    let image = make::make(&directory, &scratch, args.with_keys, &progress)?;
                    taken = Some((directory, image.manifest.clone()));
                    image
                }
                Place::Database(_) if !args.with_keys => {
                    let why = "--with-keys: a database has its keys in itself, wrapped, so a backup of it holds them, open: \
                               the file alone opens every secret";
                    return Err(UsageError(why.into()).into());
                }
                Place::Database(_) => make::make_of_database(&config, &scratch, runtime()?.handle(), &progress)?,
            };
            let mut out = BufWriter::with_capacity(1 << 20, unfinished.create()?);
            image.write_to(&mut out, &progress)?;
            out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
            (image.manifest.records.into(), image.manifest.seq.into())
        }
        StoreTarget::Running(server) => fetch(&server, args.with_keys, &unfinished, bar)?,
    };
    archive::check(&unfinished.path, &progress)?;
    let bytes = fs::metadata(&unfinished.path)?.len();
    unfinished.finish(&args.to)?;
    if let Some((directory, manifest)) = taken {
        last::keep(&directory, &manifest, bytes);
    }
    Ok(json!({"file": args.to.display().to_string(), "bytes": bytes, "records": records, "seq": seq}))
}

/// Lets the server take a backup and fetches it piece by piece.
fn fetch(server: &Remote, with_keys: bool, unfinished: &Unfinished, bar: &Bar) -> Result<(Value, Value)> {
    let started = remote::call(server, "POST", "/backups", Some(json!({"withKeys": with_keys})))?;
    let path = format!("/backups/{}", started["id"].as_str().unwrap_or_default());
    let fetched = fetch_begun(server, &path, unfinished, bar);
    // The server throws it away by itself as well, only later.
    let _ = remote::call(server, "DELETE", &path, None);
    fetched
}

fn fetch_begun(server: &Remote, path: &str, unfinished: &Unfinished, bar: &Bar) -> Result<(Value, Value)> {
    let finished = loop {
        let told = remote::call(server, "GET", path, None)?;
        match told["state"].as_str() {
            Some("finished") => break told,
            Some("running") => {
                let number = |member: &str| told[member].as_u64().unwrap_or(0);
                bar.show(told["step"].as_str().unwrap_or_default(), number("done"), number("all"));
                std::thread::sleep(LOOK_AGAIN);
            }
            _ => bail!("{}", told["error"].as_str().unwrap_or("the backup failed")),
        }
    };
    let bytes = finished["bytes"].as_u64().unwrap_or(0);
    let mut out = unfinished.create()?;
    let mut done = 0;
    while done < bytes {
        let piece = remote::bytes(server, &format!("{path}/content?from={done}"))?;
        if piece.is_empty() {
            bail!("the server's backup ended before its length");
        }
        out.write_all(&piece)?;
        done += piece.len() as u64;
        bar.show("fetching", done, bytes);
    }
    out.sync_all()?;
    Ok((finished["records"].clone(), finished["seq"].clone()))
}

/// A file that gets its name once it is whole; dropped before, it is removed.
struct Unfinished {
    path: PathBuf,
    prefix: PathBuf,
}

impl Unfinished {
    fn beside(to: &Path) -> Result<Unfinished> {
        refuse_taken(to)?;
        let Some(name) = to.file_name() else { bail!("--to: {} names no file", to.display()) };
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(name);
        prefix.push(format!(".{:08x}.", rand::random::<u32>()));
        let prefix = to.with_file_name(prefix);
        let mut path = prefix.clone().into_os_string();
        path.push("part");
        Ok(Unfinished { path: path.into(), prefix })
    }

    fn named(&self, suffix: &str) -> PathBuf {
        let mut name = self.prefix.clone().into_os_string();
        name.push(suffix);
        name.into()
    }

    fn create(&self) -> Result<fs::File> {
        private(&self.path).with_context(|| format!("making {}", self.path.display()))
    }

    fn finish(self, to: &Path) -> Result<()> {
        refuse_taken(to)?;
        fs::rename(&self.path, to).with_context(|| format!("making {}", to.display()))?;
        let directory = to.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        Ok(fs::File::open(directory).and_then(|directory| directory.sync_all())?)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Gone already where it got its name, and there is nothing to do about one that will not go.
        let _ = fs::remove_file(&self.path);
    }
}

fn refuse_taken(to: &Path) -> Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        bail!("{} is there already; a backup is never written over anything", to.display());
    }
    Ok(())
}
