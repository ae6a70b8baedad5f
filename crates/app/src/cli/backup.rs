//! The arguments of `emporion backup`, `restore` and `migrate`.

use std::path::PathBuf;

use clap::Args;

use super::place::{StoreArgs, StoreTargetArgs};

#[derive(Args)]
pub struct BackupArgs {
    /// The file to write; it must not be there yet. Only its owner can read it.
    #[arg(long)]
    pub to: PathBuf,
    /// Put the keys into it too: the file alone then opens every secret and signs tokens.
    #[arg(long)]
    pub with_keys: bool,
    /// Show no progress.
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub place: StoreTargetArgs,
}

#[derive(Args)]
pub struct RestoreArgs {
    /// The file that `emporion backup` has written.
    #[arg(long)]
    pub from: PathBuf,
    /// The directory in which `seal.key` and `signing.pem` of the store are; needed where the backup holds no keys.
    #[arg(long)]
    pub keys_from: Option<PathBuf>,
    /// Show no progress.
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub store: StoreArgs,
}

#[derive(Args)]
pub struct MigrateArgs {
    /// Where it goes: a directory that is empty or not there yet, or the address of an empty database, without its password.
    #[arg(long, value_name = "STORE")]
    pub to: String,
    /// Show no progress.
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub store: StoreArgs,
}
