//! The arguments of `emporion request`.

use clap::{Args, Subcommand, ValueEnum};

use super::place::Remote;
use crate::requests::said_end;

#[derive(Subcommand)]
pub enum RequestVerb {
    /// Ask for a role on a product, or for the rows of assets that are closed in it.
    Create {
        /// The product, by its id or fully qualified name.
        product: String,
        /// What is asked for.
        #[arg(long, value_enum)]
        wants: Wants,
        /// An asset whose rows are asked for, by its id or fully qualified name; as often as there are such.
        #[arg(long = "asset", value_name = "ASSET")]
        assets: Vec<String>,
        /// What it is needed for.
        #[arg(long)]
        reason: String,
        /// When it is to end: a number of days such as `30d`, a day such as 2030-12-31, or a time [default: never].
        #[arg(long, value_parser = said_end)]
        until: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// List requests, the newest first: one's own, and those that one may decide.
    List {
        /// Only one's own.
        #[arg(long, conflicts_with = "waiting")]
        mine: bool,
        /// Only those that wait for one's decision.
        #[arg(long)]
        waiting: bool,
        /// Only of this product, by its id or fully qualified name.
        #[arg(long)]
        product: Option<String>,
        /// Only those in this state.
        #[arg(long, value_enum)]
        state: Option<State>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show one request.
    Show {
        /// As `request list` prints it.
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Give what is asked for, by one's own rights.
    Approve {
        #[command(flatten)]
        decision: Decision,
        /// When it is to end, or `never` [default: as was asked].
        #[arg(long, value_parser = said_end)]
        until: Option<String>,
    },
    /// Refuse what is asked for.
    Reject {
        #[command(flatten)]
        decision: Decision,
    },
    /// Take one's own request back.
    Withdraw {
        #[command(flatten)]
        decision: Decision,
    },
}

#[derive(Args)]
pub struct Decision {
    /// The request, as `request list` prints it.
    pub id: String,
    /// What is said to it.
    #[arg(long)]
    pub words: Option<String>,
    #[command(flatten)]
    pub remote: Remote,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Wants {
    /// To query the product.
    Viewer,
    /// To change it as well.
    Editor,
    /// That rows of its assets are lent to it.
    Rows,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum State {
    Open,
    Approved,
    Rejected,
    Withdrawn,
}
