//! What `emporion audit` takes.

use clap::{Args, ValueEnum};

use super::place::Remote;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    /// One object for each line.
    Json,
    /// Comma-separated values; no cell is a formula.
    Csv,
}

#[derive(Args)]
pub struct AuditArgs {
    /// Only what this person or program did, by name.
    #[arg(long)]
    pub by: Option<String>,
    /// Only one sort: `signed_in`, `sign_in_failed`, `refused`, `statement`, `question`, `exported`, `credential_made`, `lost`.
    #[arg(long)]
    pub what: Option<String>,
    /// Only what came in by this door: `web`, `bobsled`, `mcp`, `pgwire`, `openmetadata`, `datazone`, `management`.
    #[arg(long)]
    pub door: Option<String>,
    /// Only what is about a product or a table whose name has this in it, or reads tables that bear this tag.
    #[arg(long)]
    pub about: Option<String>,
    /// From this day on, such as 2026-11-28.
    #[arg(long)]
    pub from: Option<String>,
    /// Up to this day, the day included.
    #[arg(long)]
    pub until: Option<String>,
    /// At most so many; without it, all.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// How lines are printed.
    #[arg(long, value_enum, default_value = "json")]
    pub format: AuditFormat,
    #[command(flatten)]
    pub remote: Remote,
}
