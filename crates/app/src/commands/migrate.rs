//! `emporion migrate`: all that a store holds, to another engine.

use anyhow::Result;
use serde_json::json;

use super::bar::{Bar, Unit};
use crate::backup::migrate::migrate;
use crate::cli::{Format, MigrateArgs};
use crate::config::Config;
use crate::output::print;
use crate::runtime::runtime;
use crate::storage::{Place, refuse_open_password};

pub fn run(settings: Config, args: &MigrateArgs, format: Format) -> Result<()> {
    refuse_open_password("--to", &args.to)?;
    // Of the database, at whichever end that is.
    let master_key_file = args.store.master_key.clone().or(settings.master_key_file.clone());
    let from = Config { master_key_file, ..settings.at(&args.store)? };
    let to = Config { store: args.to.clone(), ..from.clone() };
    let bar = Bar::new(args.quiet, Unit::Things, "copying");
    let runtime = runtime()?;
    let migrated = migrate(&from, &to, runtime.handle(), &|what, done, all| {
        bar.show(what, done, all);
        true
    });
    bar.end();
    let migrated = migrated?;
    if let Place::Database(_) = from.place() {
        eprintln!(
            "emporion: what nodes have written since it was begun is not in it; stop them first where they write"
        );
    }
    for note in &migrated.notes {
        eprintln!("emporion: {note}");
    }
    print(
        format,
        &json!({
            "from": from.shown_store(),
            "to": to.shown_store(),
            "records": migrated.copied.records,
            "seq": migrated.copied.seq,
        }),
    )
}
