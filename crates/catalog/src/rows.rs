//! Who may read rows, and values computed of rows: the one place that decides, whichever way they leave by.
//!
//! To see what a record is and to read the rows behind it are two rights. The rows of a table are *held* by administrators,
//! by its owners and by the owners of the places above it ([`holding`]; not by those whom somebody without rows named,
//! [`nominal`]). Whoever holds them may lend them to a product: the edge from the product to the table then bears a grant
//! ([`grants`]). Rows of granted tables are read by those who have a role on the product ([`roles`]), each under his row
//! filters ([`filters`]) and column masks ([`masks`]). Samples and profiles, which lie in the catalogue itself, are read by those who hold the rows and
//! by those to whom a policy gives that part ([`observed`]); what is personal in them is masked ([`personal`]). How old the data are
//! is told to those who see such values, and to who may query all of the rows ([`ages`]). What that
//! leaves of each is in one place, too ([`redaction`]).

pub mod ages;
pub mod closed;
pub mod composed;
pub mod cross_product_links;
pub mod filters;
pub(crate) mod givers;
pub mod grants;
pub mod holding;
pub mod lenders;
pub mod link_retention;
pub mod masks;
pub mod nominal;
pub mod observed;
pub mod personal;
pub mod redaction;
pub mod role_terms;
pub mod roles;
pub(crate) mod view_sources;

use crate::access::Access;
use crate::caller::Principal;
use crate::ports::Snapshot;

/// A way on which rows, or values computed of rows, leave. Whoever opens another one adds it here and asks [`Reader`] on
/// it; the tests walk through all of them as everybody who could try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// A statement on the tables of a product.
    Query,
    /// What the planner of a source expects a statement to read.
    Estimate,
    /// Values read of a source to be kept in a semantic model.
    GeneratedSamples,
    /// Values that a semantic model keeps.
    ModelSamples,
    /// Rows that a profiler left beside a table.
    SampleData,
    /// The same rows on the page of the table.
    SamplePage,
    /// Values that a profiler computed of the columns of a table.
    Profile,
    /// The same on the page of the table.
    ProfilePage,
    /// What tests of a table came to.
    TestResults,
    /// How many rows a table has.
    RowCount,
    /// Past states of a table, with what was observed of it then.
    Versions,
    /// The values that a query which was run on a source compares with.
    QueryText,
    /// The same on the page of a table that the query used.
    QueryPage,
    /// What a question in words is answered with, and the values that are looked up to read it.
    Chat,
    /// What a thread keeps of an answer, and what a search in threads shows of it.
    Threads,
    /// For assistants: a statement as a tool.
    ToolQuery,
    /// A question in words as a tool.
    ToolChat,
    /// A look at the first rows of a product's table, on its page.
    FirstRows,
    /// The rows of an answer as a file.
    AnswerFile,
    /// What a part of a semantic model comes to, beside the form that changes it.
    ModelPreview,
    /// A statement at the door of PostgreSQL.
    PostgresDoor,
    /// The latest moment in the data, as the pages of a product and of its tables tell it.
    DataAge,
    /// The first rows of a file of a source, as it is read or would be.
    FileTrial,
    /// What filters and masks would leave to somebody, before they are given.
    TermsPreview,
    /// Hits of a search, and what is offered to who types.
    Search,
    /// What has changed and who has read what, as feeds, the audit trail and webhooks tell it.
    Events,
    /// What a followed question is answered with when it is asked again: by mail, in the inbox.
    FollowedQuestion,
    /// Records as files, and as the command line shows them.
    Files,
    /// All that there is in one file, for administrators.
    Backup,
}

impl Way {
    pub const ALL: &'static [Way] = &[
        Way::Query,
        Way::Estimate,
        Way::GeneratedSamples,
        Way::ModelSamples,
        Way::SampleData,
        Way::SamplePage,
        Way::Profile,
        Way::ProfilePage,
        Way::TestResults,
        Way::RowCount,
        Way::Versions,
        Way::QueryText,
        Way::QueryPage,
        Way::Chat,
        Way::Threads,
        Way::ToolQuery,
        Way::ToolChat,
        Way::FirstRows,
        Way::AnswerFile,
        Way::ModelPreview,
        Way::PostgresDoor,
        Way::DataAge,
        Way::FileTrial,
        Way::TermsPreview,
        Way::Search,
        Way::Events,
        Way::FollowedQuestion,
        Way::Files,
        Way::Backup,
    ];
}

/// Proof that somebody was found to be allowed to read rows of a source. Made in this module only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowsPermit(());

/// Asks about rows for one principal, over one state of the store.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub(crate) access: &'a Access,
    pub(crate) snapshot: &'a dyn Snapshot,
    pub(crate) principal: &'a Principal,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(access: &'a Access, snapshot: &'a dyn Snapshot, principal: &'a Principal) -> Reader<'a> {
        Reader { access, snapshot, principal }
    }

    /// Who asks.
    pub(crate) fn principal(&self) -> &'a Principal {
        self.principal
    }
}
