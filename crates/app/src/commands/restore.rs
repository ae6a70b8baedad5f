//! `emporion restore`: a store out of a backup's file.

use anyhow::Result;
use serde_json::json;

use super::bar::{Bar, Unit};
use crate::backup::INSTEAD;
use crate::backup::restore::restore;
use crate::cli::{Format, RestoreArgs};
use crate::config::Config;
use crate::output::print;

pub fn run(config: &Config, args: &RestoreArgs, format: Format) -> Result<()> {
    let bar = Bar::new(args.quiet, Unit::Bytes, "unpacking");
    let restored = config.directory(INSTEAD).and_then(|directory| {
        restore(&args.from, &directory, args.keys_from.as_deref(), &|what, done, all| {
            bar.show(what, done, all);
            true
        })
    });
    bar.end();
    let restored = restored?;
    for note in &restored.notes {
        eprintln!("emporion: {note}");
    }
    let manifest = &restored.manifest;
    print(
        format,
        &json!({
            "store": config.shown_store(),
            "madeAt": manifest.made_at,
            "records": manifest.records,
            "seq": manifest.seq,
        }),
    )
}
