//! Flags that many verbs have: where the store or the server is, who asks, and how answers are printed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Where a server listens that was told nothing else.
pub const DEFAULT_URL: &str = "http://127.0.0.1:8585";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Yaml,
}

#[derive(Args)]
pub struct StoreArgs {
    /// The directory of the store, or the address of a database, without its password: `postgres://user@host/database`
    /// [default: ./emporion-data].
    #[arg(long)]
    pub store: Option<String>,
    /// The file of the master key that the nodes over a database share [env: EMPORION_MASTER_KEY_FILE; the key itself:
    /// EMPORION_MASTER_KEY].
    #[arg(long, value_name = "FILE")]
    pub master_key: Option<PathBuf>,
}

// A running server, or the store of a stopped one. The environment is read where the place is decided: a variable is no
// contradiction of `--store`, a flag is.
#[derive(Args)]
pub struct StoreTargetArgs {
    #[command(flatten)]
    pub store: StoreArgs,
    /// Where the running server is [env: EMPORION_URL].
    #[arg(long, conflicts_with = "store")]
    pub url: Option<String>,
    /// The token of an administrator; of the first account, where it concerns the whole server [env: EMPORION_TOKEN].
    #[arg(long, conflicts_with = "store")]
    pub token: Option<String>,
    /// Who may have signed the server's certificate, beside the well-known authorities (PEM) [env: EMPORION_CACERT].
    #[arg(long, value_name = "FILE", conflicts_with = "store")]
    pub cacert: Option<PathBuf>,
}

// Where the server is and who asks. (A comment for the documentation would become the help of the verbs that hold it.)
#[derive(Args)]
pub struct Remote {
    /// Where the running server is.
    #[arg(long, env = "EMPORION_URL", hide_env_values = true, default_value = DEFAULT_URL)]
    pub url: String,
    /// The token of who asks: an administrator, or the user whom it is about.
    #[arg(long, env = "EMPORION_TOKEN", hide_env_values = true)]
    pub token: String,
    /// Who may have signed the server's certificate, beside the well-known authorities (PEM).
    #[arg(long, value_name = "FILE", env = "EMPORION_CACERT")]
    pub cacert: Option<PathBuf>,
}
