//! Questions in English over the deployed models of a product, answered without guessing.
//!
//! `question → Reading` ([`read`]) → `Query → Statement` ([`plan`]) → guard and source (elsewhere) → `Rendered`
//! ([`render`]).
//! Everything here is pure: the same question, ground, thread and day give the same bytes. A question is answered only
//! when every word that means something was used and exactly one reading is left; otherwise Emporion asks back, or says
//! which words it does not know. No word is dropped to make a reading succeed.

mod annotate;
mod computed;
mod dates;
mod derived_facts;
mod derived_fields;
mod graph;
pub mod ground;
pub mod guide;
mod lexicon;
mod name_suffixes;
mod names;
mod null_meaning;
mod picked;
mod plan;
pub mod proposal;
pub mod query;
pub mod quote;
mod read;
pub mod reading;
mod render;
mod schema_builder;
mod schema_graph;
mod speech;
mod times;
mod units;
mod verified;
mod words;

pub use ground::Ground;
pub use lexicon::Lexicon;
pub use picked::{Picked, picked};
pub use plan::{LISTED_ROWS, OutColumn, PlanProblem, Role, Statement, TIES, plan, plan_listing, ways_differ};
pub use query::Query;
pub use read::{Spoken, Trace, Tried, read, trace};
pub use reading::Reading;
pub use render::{Rendered, TableColumn, described, field, numbers, of_written, render};
pub use schema_builder::{LeftOut, ModelSource, SourceTables, TableKnown};
pub use schema_graph::home as home_of;
pub use verified::{Slot, Takes, Verified};
