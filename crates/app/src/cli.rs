//! The command line. Scripts rely on it: verbs, flags and exit codes are a contract.

mod ask;
mod audit;
mod backup;
mod files;
mod ingest;
mod place;
mod query;
mod request;
mod search;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use emporion_catalog::cron::Cron;
use emporion_sources::SourceDir;

pub use self::ask::AskArgs;
pub use self::audit::{AuditArgs, AuditFormat};
pub use self::backup::{BackupArgs, MigrateArgs, RestoreArgs};
pub use self::files::{ApplyArgs, DiffArgs, ExportArgs};
pub use self::ingest::IngestArgs;
pub use self::place::{DEFAULT_URL, Format, Remote, StoreArgs, StoreTargetArgs};
pub use self::query::{QueryArgs, RowFormat};
pub use self::request::{Decision, RequestVerb};
pub use self::search::SearchArgs;
use crate::lifetime::{Lifetime, SessionLifetime};

#[derive(Parser)]
#[command(name = "emporion", version, about = "A data-product catalogue in one binary, spoken to in three languages.")]
pub struct Cli {
    /// Without one it says what to do next.
    #[command(subcommand)]
    pub verb: Option<Verb>,

    /// How results are printed [default: table].
    #[arg(short = 'o', long = "output", global = true, value_enum)]
    pub output: Option<Format>,

    /// The configuration file; without it `emporion.toml` of the working directory, where there is one.
    #[arg(long, global = true, env = "EMPORION_CONFIG")]
    pub config: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum Verb {
    /// Serve a seeded catalogue from a temporary store, and say what to try.
    Demo {
        /// Where to listen; port 0 takes any that is free.
        #[arg(long, default_value = "127.0.0.1:8585")]
        listen: String,
        /// Where to speak PostgreSQL's protocol; an empty one is nowhere [default: any free port of this machine].
        #[arg(long, value_name = "HOST:PORT")]
        pg_listen: Option<String>,
        /// So many nodes over one PostgreSQL database, which is started for them; its server must be installed.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=9))]
        nodes: Option<u8>,
    },
    /// Create the store and its first administrator; prints the credentials once.
    Init {
        #[command(flatten)]
        store: StoreArgs,
        /// How long the administrator's token lives: a number of days such as `90d`, or until it is revoked.
        #[arg(long, default_value_t = Lifetime::ENDLESS)]
        expires: Lifetime,
    },
    /// Serve the catalogue.
    Serve {
        #[command(flatten)]
        store: StoreArgs,
        /// Of a node over a database: its own directory, in which it keeps its index; empty or not there on a fresh node
        /// [default: ./emporion-node].
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Where to listen; port 0 takes any that is free [default: 127.0.0.1:8585].
        #[arg(long)]
        listen: Option<String>,
        /// Where to speak PostgreSQL's protocol, for reading, with people's own tools; beyond this machine with TLS alone.
        #[arg(long, value_name = "HOST:PORT")]
        pg_listen: Option<String>,
        /// Folders under which file sources may be opened, each for one account; the first account's where none is named.
        #[arg(long, value_name = "[ACCOUNT=]DIR")]
        source_dir: Vec<SourceDir>,
        /// How long to serve on after a signal to stop, while `/readyz` says that nothing is to be sent here any more; a second
        /// signal ends that [default: 0].
        #[arg(long, value_name = "SECONDS")]
        lame_duck: Option<u64>,
        /// Speak https with this certificate (PEM; the server's own first, then those that lead to the root).
        #[arg(long, value_name = "FILE", requires = "tls_key")]
        tls_cert: Option<PathBuf>,
        /// The private key of the certificate (PEM).
        #[arg(long, value_name = "FILE", requires = "tls_cert")]
        tls_key: Option<PathBuf>,
    },
    /// Crawl a database into the catalogue; a second time, take over what has changed.
    Ingest(Box<IngestArgs>),
    /// When a running server reads a source by itself; without a time, when it does.
    Schedule {
        /// The name of the database service.
        service: String,
        /// An expression of cron: minute, hour, day of the month, month, day of the week; in UTC, or in the zone of a
        /// `CRON_TZ=NAME` before them.
        cron: Option<Cron>,
        /// Not any more.
        #[arg(long, conflicts_with = "cron")]
        remove: bool,
        #[command(flatten)]
        remote: Remote,
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
    /// The master keys that wrap the keys of a store in a database.
    Keys {
        #[command(subcommand)]
        verb: KeysVerb,
    },
    /// Show one record of a running server.
    Get {
        /// The name of a kind, singular or plural: `product`, `tables`, `users`…
        kind: String,
        /// Its id or its fully qualified name.
        name: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// List the records of a kind that a running server has, as far as one sees them.
    List {
        /// The name of a kind, singular or plural: `product`, `tables`, `users`…
        kind: String,
        /// Only those in this domain, by its id or fully qualified name.
        #[arg(long)]
        domain: Option<String>,
        /// At most so many; without it, all.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        limit: Option<u32>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Ask for access to a product of a running server, and decide what others ask for.
    Request {
        #[command(subcommand)]
        verb: RequestVerb,
    },
    /// Find records of a running server, as far as one sees them.
    ///
    /// Exit codes: 0 asked, 1 failed, 2 a query that cannot be read.
    Search(SearchArgs),
    /// Show who signed in, read rows, took rows away or was refused; for administrators of the account.
    Audit(AuditArgs),
    /// Make the index of searches of a running server anew, beside the one that answers meanwhile.
    Reindex {
        #[command(flatten)]
        remote: Remote,
    },
    /// Ask a data product of a running server a question; without one, questions as they are typed, line by line.
    ///
    /// Exit codes: 0 answered, 1 failed, 2 misuse, 3 asked back, 4 not answerable. Of several questions that are piped
    /// in, the first that is not 0.
    Ask(Box<AskArgs>),
    /// Run a SELECT on the tables of a data product of a running server, by the reader's own rights.
    ///
    /// Exit codes: 0 done, 1 failed or refused, 2 misuse.
    Query(QueryArgs),
    /// Write products, domains, terms, glossaries, policies and roles of a running server into files, one each.
    Export(ExportArgs),
    /// Show in which way a running server differs from such files.
    ///
    /// Exit codes: 0 no difference, 1 differences, 2 bad files, or the difference could not be known.
    Diff(DiffArgs),
    /// Make a running server as such files say: all of it or nothing. Shows the plan first.
    ///
    /// Exit codes: 0 done, or nothing to do; 1 refused, and nothing was done; 2 bad files.
    Apply(ApplyArgs),
    /// Put a store into one file while it is served: of a running server (--url, --token) or beside it (--store).
    Backup(BackupArgs),
    /// Make a store of a backup, in an empty place.
    Restore(RestoreArgs),
    /// Put all that a store holds to an empty place: from a directory to a database, or back. The store stays as it is.
    Migrate(MigrateArgs),
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
    /// Print the passages of a document that is given on the input; the server starts it for each that is uploaded.
    #[command(hide = true)]
    ReadDocument {
        /// The media type of the document.
        #[arg(value_parser = document_format)]
        format: emporion_documents::Format,
    },
}

fn document_format(media_type: &str) -> Result<emporion_documents::Format, &'static str> {
    emporion_documents::Format::of_media_type(media_type).ok_or("is no format that is read")
}

#[derive(Clone, Copy, ValueEnum)]
pub enum DoorName {
    Openmetadata,
    Datazone,
    Bobsled,
}

#[derive(Subcommand)]
pub enum KeysVerb {
    /// Say which key wraps, seals and signs what, by what they are called: never the keys.
    Show(StoreArgs),
    /// Put a new master key before those in a file, or into a new one. Nothing is wrapped with it until `exchange`, and every
    /// node needs it before that.
    Make {
        /// The file of master keys, which is made where there is none.
        file: PathBuf,
    },
    /// Wrap the keys of the store with the first master key of the file, while nodes that know it serve.
    Exchange(StoreArgs),
    /// Take the master keys out of the file that wrap nothing.
    Forget(StoreArgs),
}

#[derive(Args)]
pub struct RotateArgs {
    #[arg(value_enum)]
    pub key: KeyName,
    /// How long the new token lives that `signing` over a running server prints: a number of days such as `90d`, or
    /// `never` until it is revoked [default: 90d, or as long as the token that asks].
    #[arg(long)]
    pub expires: Option<Lifetime>,
    #[command(flatten)]
    pub place: StoreTargetArgs,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum KeyName {
    /// The key that seals secrets: all are sealed anew, then the old key is forgotten.
    Seal,
    /// The key that signs tokens: those of the old key are refused, bots get new ones.
    Signing,
}

#[derive(Subcommand)]
pub enum AccountVerb {
    /// Make an account with an administrator of its own; prints his credentials once.
    Create {
        /// Letters, digits, `-` and `_`.
        name: String,
        /// How long the administrator's token lives: a number of days such as `90d`, or `never` until it is revoked
        /// [default: 90d, or as long as the token that asks].
        #[arg(long)]
        expires: Option<Lifetime>,
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Subcommand)]
pub enum UserVerb {
    /// Make a user with a random password, which is printed once.
    Create {
        /// Unique in the account; case does not matter.
        name: String,
        /// Unique in the account; without it, one is made up.
        #[arg(long)]
        email: Option<String>,
        /// Make an administrator of the account.
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Give a user a new random password: of a running server (--url, --token) or in the directory of a stopped one
    /// (--store), where nobody can log in any more.
    ResetPassword {
        /// Name or e-mail address.
        name: String,
        #[command(flatten)]
        place: StoreTargetArgs,
    },
    /// Refuse a user from the next request on, whatever he holds.
    Disable {
        /// Name or e-mail address.
        name: String,
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Subcommand)]
pub enum TokenVerb {
    /// Make a token for a user.
    Create {
        /// Name or e-mail address.
        #[arg(long)]
        user: String,
        /// How long it lives: a number of days such as `90d`, or `never` until it is revoked [default: 90d, or as long as
        /// the token that asks].
        #[arg(long)]
        expires: Option<Lifetime>,
        #[command(flatten)]
        remote: Remote,
    },
    /// List the tokens that a user holds.
    List {
        /// Name or e-mail address.
        #[arg(long)]
        user: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// End a token at once.
    Revoke {
        /// As `token list` prints it.
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
}

/// How clients of AWS are given an access key.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyForm {
    /// Lines that set the variables of a shell: `eval "$(…)"`
    Shell,
    /// What `credential_process` in `~/.aws/config` reads
    Process,
}

#[derive(Subcommand)]
pub enum KeyVerb {
    /// Make an access key for signed requests.
    Create {
        /// Name or e-mail address.
        #[arg(long)]
        user: String,
        /// Make one for a while, which counts with its session token only.
        #[arg(long)]
        session: bool,
        /// How long one for a while lives: minutes or hours from `15m` to `36h` [default: 1h, or as long as the token that
        /// asks].
        #[arg(long, requires = "session")]
        expires: Option<SessionLifetime>,
        /// Print it as clients of AWS take it, in the place of -o.
        #[arg(long = "as", value_enum)]
        form: Option<KeyForm>,
        #[command(flatten)]
        remote: Remote,
    },
    /// List the access keys that a user holds.
    List {
        /// Name or e-mail address.
        #[arg(long)]
        user: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// End an access key at once.
    Revoke {
        /// As `key list` prints it.
        access_key_id: String,
        #[command(flatten)]
        remote: Remote,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn every_verb_and_every_argument_says_what_it_is() {
        fn look(command: &clap::Command) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty(), "{} says nothing", command.get_name());
            for argument in command.get_arguments().filter(|argument| argument.get_id() != "shell") {
                let lists_what_it_takes = !argument.get_possible_values().is_empty();
                assert!(lists_what_it_takes || argument.get_help().is_some(), "{}: {argument}", command.get_name());
            }
            let verbs: Vec<_> = command.get_subcommands().collect();
            let mut said: Vec<String> =
                verbs.iter().filter_map(|verb| verb.get_about()).map(ToString::to_string).collect();
            said.sort();
            said.dedup();
            assert_eq!(said.len(), verbs.len(), "two verbs of {} say the same", command.get_name());
            verbs.into_iter().for_each(look);
        }
        look(&super::Cli::command());
    }

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
