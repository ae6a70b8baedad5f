//! What Emporion speaks of: kinds and their fields, records and edges, questions to a state, change sets, and the ports
//! behind which a store and a gate stand. Shapes, and what is true of them alone: nothing here decides anything.

pub mod action;
pub mod alias;
pub mod audit_event;
mod body;
pub mod caller;
pub mod change_set;
pub mod climb;
pub mod command;
pub mod cron;
pub mod dependency;
pub mod facet;
pub mod field;
pub mod follower_state;
pub mod formats;
pub mod id;
pub mod json_text;
pub mod kind;
pub mod kinds;
pub mod log_watch;
pub mod name;
pub mod number;
pub mod observation;
pub mod overlay;
pub mod parts;
pub mod ports;
pub mod problem;
pub mod provided;
pub mod purpose_keys;
pub mod query;
pub mod questions;
pub mod record;
pub mod registry;
pub mod relation;
pub mod request_freshness;
pub mod rule;
pub mod segmented_lru;
pub mod spelling;
pub mod testing;
pub mod text;
pub mod timestamp;

pub use problem::Problem;
