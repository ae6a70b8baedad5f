//! What `emporion ask` takes.

use clap::Args;

use super::place::Remote;
use super::query::RowFormat;

#[derive(Args)]
pub struct AskArgs {
    /// Its name or its id.
    pub product: String,
    /// In English; several words need no quotes.
    pub question: Vec<String>,
    /// Go on with a thread, by the id that an answer has printed.
    #[arg(long, value_name = "ID")]
    pub thread: Option<uuid::Uuid>,
    /// What is meant, by the id of an option that was offered; may be repeated.
    #[arg(long, value_name = "ID")]
    pub choice: Vec<String>,
    /// Read `today`, `last month` and the like as of this day, such as 2026-11-20 [default: the day in UTC].
    #[arg(long, value_name = "DATE")]
    pub today: Option<String>,
    /// Show the statement and its parameters.
    #[arg(long)]
    pub sql: bool,
    /// Plan the statement and show it; run nothing.
    #[arg(long)]
    pub no_run: bool,
    /// Ask what the next deploy would leave; for those who may change the product.
    #[arg(long)]
    pub preview: bool,
    /// How the answer is printed: all of it for people, its rows alone as csv or xlsx, or json; outranks -o [default: as -o
    /// says, else table].
    #[arg(long, value_enum)]
    pub format: Option<RowFormat>,
    /// Show so many rows at most; for other formats, fetch so many [default: 1000; for csv and xlsx 10000].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub rows: Option<u32>,
    /// Show no progress.
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub remote: Remote,
}
