//! The command line. Scripts rely on it: verbs, flags and exit codes are a contract.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(name = "emporion", version, about = "A data-product catalogue in one binary, spoken to in three languages.")]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Verb,

    /// How results are printed.
    #[arg(short = 'o', long = "output", global = true, value_enum, default_value_t = Format::Table)]
    pub output: Format,

    /// The configuration file; without it `emporion.toml` of the working directory, where there is one.
    #[arg(long, global = true, env = "EMPORION_CONFIG")]
    pub config: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Yaml,
}

#[derive(Subcommand)]
pub enum Verb {
    /// Serve a seeded catalogue from a temporary store, and say what to try.
    Demo {
        #[arg(long, default_value = "127.0.0.1:8585")]
        listen: String,
    },
    /// Create the store and its first administrator; prints the credentials once.
    Init(StoreArgs),
    /// Serve the catalogue.
    Serve {
        #[command(flatten)]
        store: StoreArgs,
        #[arg(long)]
        listen: Option<String>,
        /// Folders under which file sources may be opened.
        #[arg(long)]
        source_dir: Vec<PathBuf>,
    },
    /// Accounts of a running server.
    Account {
        #[command(subcommand)]
        verb: AccountVerb,
    },
    /// Users of a running server.
    User {
        #[command(subcommand)]
        verb: UserVerb,
    },
    /// Tokens of a running server.
    Token {
        #[command(subcommand)]
        verb: TokenVerb,
    },
    /// Access keys of a running server.
    Key {
        #[command(subcommand)]
        verb: KeyVerb,
    },
    /// Exchange a key: of a running server (--url, --token) or in the directory of a stopped one (--store).
    Rotate(RotateArgs),
    /// Check a store: damage, gaps in the log, wrong tallies, edges that lead nowhere.
    Verify(StoreArgs),
    /// Say where everything lies and what is wrong with it.
    Doctor(StoreArgs),
    /// Print the OpenAPI document of a door.
    Openapi {
        #[arg(value_enum)]
        door: DoorName,
    },
    /// Print a completion script for a shell.
    Completions {
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum DoorName {
    Openmetadata,
    Datazone,
    Bobsled,
}

#[derive(Args)]
pub struct StoreArgs {
    /// A directory, or (later) a postgres:// address.
    #[arg(long)]
    pub store: Option<String>,
}

#[derive(Args)]
pub struct RotateArgs {
    #[arg(value_enum)]
    pub key: KeyName,
    #[command(flatten)]
    pub store: StoreArgs,
    #[arg(long, env = "EMPORION_URL")]
    pub url: Option<String>,
    #[arg(long, env = "EMPORION_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum KeyName {
    /// The key that seals secrets: all are sealed anew, then the old key is forgotten.
    Seal,
    /// The key that signs tokens: those of the old key are refused, bots get new ones.
    Signing,
}

impl KeyName {
    pub fn text(self) -> &'static str {
        match self {
            KeyName::Seal => "seal",
            KeyName::Signing => "signing",
        }
    }
}

/// Where a server listens that was told nothing else.
pub const DEFAULT_URL: &str = "http://127.0.0.1:8585";

/// Where the server is and who asks.
#[derive(Args)]
pub struct Remote {
    #[arg(long, env = "EMPORION_URL", default_value = DEFAULT_URL)]
    pub url: String,
    #[arg(long, env = "EMPORION_TOKEN", hide_env_values = true)]
    pub token: String,
}

#[derive(Subcommand)]
pub enum AccountVerb {
    /// Make an account with an administrator of its own.
    Create {
        name: String,
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Subcommand)]
pub enum UserVerb {
    /// Make a user with a random password, which is printed once.
    Create {
        name: String,
        #[arg(long)]
        email: Option<String>,
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Give a user a new random password.
    ResetPassword {
        name: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Refuse a user from the next request on, whatever he holds.
    Disable {
        name: String,
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Subcommand)]
pub enum TokenVerb {
    /// Make a token for a user.
    Create {
        #[arg(long)]
        user: String,
        /// Days until it ends; without it, it lives until it is revoked.
        #[arg(long)]
        days: Option<u32>,
        #[command(flatten)]
        remote: Remote,
    },
    List {
        #[arg(long)]
        user: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// End a token at once.
    Revoke {
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Subcommand)]
pub enum KeyVerb {
    /// Make an access key for signed requests.
    Create {
        #[arg(long)]
        user: String,
        #[command(flatten)]
        remote: Remote,
    },
    List {
        #[arg(long)]
        user: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// End an access key at once.
    Revoke {
        access_key_id: String,
        #[command(flatten)]
        remote: Remote,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
