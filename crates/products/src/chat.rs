//! Questions to a product, and their answers.
//!
//! What a question means is `semantic::chat`'s to say. Here is who may ask, and of what ([`opening`], [`prepared`]), how
//! values are looked up ([`look_up`]) and statements run, under the asker's rights ([`conversation`]), what is kept of it
//! ([`persistence`]), and how it is followed ([`streaming`], [`event_stream`]). Rights are looked at anew right before rows leave
//! ([`basis`], [`stamp`]).

mod alike;
pub mod answer;
pub mod ask;
pub mod basis;
pub mod conversation;
pub mod detail;
pub mod disambiguation;
pub mod documents;
pub mod event;
pub mod event_stream;
pub mod figures;
pub mod help;
pub mod look_up;
pub mod memory;
pub mod namespaces;
pub mod opening;
pub mod outcome;
pub mod persistence;
pub mod prepared;
pub mod preview;
pub mod proposed;
pub mod proposed_sql;
pub mod question_idempotency;
pub mod request;
pub mod restated;
pub mod retelling;
pub mod review;
pub mod reviewer;
pub mod sights;
pub mod skill;
pub mod stamp;
pub mod statements;
pub mod streaming;
pub mod tables;
pub mod timings;
pub mod trace;
pub mod verified;
mod ways;
pub mod wording;
pub mod zone;
