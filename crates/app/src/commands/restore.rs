//! `emporion restore`: a store out of a backup's file, in a directory or a database.

use anyhow::Result;
use serde_json::json;

use super::bar::{Bar, Unit};
use crate::backup::restore::restore;
use crate::cli::{Format, RestoreArgs};
use crate::config::Config;
use crate::output::print;
use crate::runtime::runtime;

pub fn run(config: &Config, args: &RestoreArgs, format: Format) -> Result<()> {
    let bar = Bar::new(args.quiet, Unit::Bytes, "unpacking");
    let runtime = runtime()?;
    let restored = restore(&args.from, config, args.keys_from.as_deref(), runtime.handle(), &|what, done, all| {
        bar.show(what, done, all);
        true
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
