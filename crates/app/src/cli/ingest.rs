//! What `emporion ingest` takes.

use std::path::PathBuf;

use clap::Args;

use super::place::StoreTargetArgs;

#[derive(Args)]
pub struct IngestArgs {
    /// `postgres://user@host:5432/database`, `mysql://…`, `mariadb://…`, `sqlite:path` or `csv:directory`; without it, the
    /// connection that the service keeps. The password is read from EMPORION_SOURCE_PASSWORD, where nobody else sees it.
    #[arg(env = "EMPORION_SOURCE_URL", hide_env_values = true)]
    pub source: Option<String>,
    /// Name of the database service that it is put below; made where there is none.
    #[arg(long)]
    pub service: String,
    /// Only these, as `schema` or `schema.table` with `*` and `?`; may be repeated.
    #[arg(long)]
    pub include: Vec<emporion_ingest::Pattern>,
    /// Not these, in the same form; they are left as the catalogue has them.
    #[arg(long)]
    pub exclude: Vec<emporion_ingest::Pattern>,
    /// Refuse when more than this share of the known tables would go, in percent.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub max_removed: u8,
    /// Let any number of tables go.
    #[arg(long)]
    pub force: bool,
    /// Remove nothing.
    #[arg(long)]
    pub keep_removed: bool,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not keep the connection with the service.
    #[arg(long)]
    pub forget_connection: bool,
    /// Keep it also where the service has another one.
    #[arg(long, conflicts_with = "forget_connection")]
    pub replace_connection: bool,
    /// Seconds that the source has to describe itself.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub timeout: u32,
    /// Folders under which file sources may be opened, beside those of the configuration; for stopped stores.
    #[arg(long)]
    pub source_dir: Vec<PathBuf>,
    /// The account, in a stopped store.
    #[arg(long, default_value = "default")]
    pub account: String,
    /// Show no progress.
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub place: StoreTargetArgs,
}
