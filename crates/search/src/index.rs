//! The index: documents as terms and columns, on disk.
//!
//! Scores do not turn on how often a word occurs: they are sums of whole numbers that a document has by itself
//! ([`crate::matching`]), so that a place in a list stays one while others write.

mod adjacent;
mod background;
mod best_of;
mod clause;
mod compile;
mod directory;
mod encode;
mod form;
mod gathered;
mod generation;
mod matches;
mod merge_policy;
mod schema;
mod segments;
mod small_segment;
mod steps;
mod terms;
mod tokens;

pub use best_of::{BestOf, Levels};
pub use clause::Reach;
pub use compile::{Beside, beside_each, compile, compile_each, compile_within, is_great, side_by_side};
pub use encode::encode;
pub use form::{FOLDING, Form, Lack, Lacks, fact_part};
pub use generation::{Backlog, Commit, Generation, Written, remove};
pub use matches::{Matches, each};
pub use schema::{Columns, Fields, counted_column, tier_field};
pub use segments::{BATCH, GRANTED, Ids, OrderedBy, Segment, Segments, Values, each_value};
pub use steps::{DOCUMENTS_IN_A_STEP, OF_A_READ, Steps, TOO_MUCH};
pub use terms::{STEM, id_term, leads_term, linked_term};
