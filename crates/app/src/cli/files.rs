//! The arguments of `emporion export`, `diff` and `apply`.

use std::path::PathBuf;

use clap::Args;

use super::place::Remote;

/// The files, and the server whose catalogue they are of.
#[derive(Args)]
pub struct Both {
    /// The folder of the files; an export makes it where it is not there.
    #[arg(short = 'f', long = "folder", value_name = "DIR")]
    pub folder: PathBuf,
    #[command(flatten)]
    pub remote: Remote,
}

#[derive(Args)]
pub struct ExportArgs {
    #[command(flatten)]
    pub both: Both,
    /// Remove files of records that are not there any more.
    #[arg(long)]
    pub prune: bool,
}

#[derive(Args)]
pub struct DiffArgs {
    #[command(flatten)]
    pub both: Both,
    /// Show as deleted what is in no file, as `apply --prune` would; of kinds of which there is a file.
    #[arg(long)]
    pub prune: bool,
}

#[derive(Args)]
pub struct ApplyArgs {
    #[command(flatten)]
    pub both: Both,
    /// Delete what is in no file; of kinds of which there is a file.
    #[arg(long)]
    pub prune: bool,
    /// Look whether it could be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do it only if it is still what `emporion diff -o json` has printed into this file.
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
}
