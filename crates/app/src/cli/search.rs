//! The arguments of `emporion search`.

use clap::Args;

use super::Remote;

#[derive(Args)]
pub struct SearchArgs {
    /// What is looked for: words, `"a phrase"`, `beginning*`, `kind:table`, `owner:me`, `updated:7d`, `-not this`…
    pub query: String,
    /// How many on a page: 1 to 1000 [default: 20].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub limit: Option<u32>,
    /// In which order: `relevance` unless told otherwise, `name`, or `updated`, the newest first.
    #[arg(long)]
    pub sort: Option<String>,
    /// Where the page before ended, as it said, in the same order.
    #[arg(long)]
    pub after: Option<String>,
    /// Fields whose values are counted: `kind,domain,owner,tag`.
    #[arg(long, value_name = "FIELD,…")]
    pub facets: Option<String>,
    #[command(flatten)]
    pub remote: Remote,
}
