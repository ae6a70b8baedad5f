//! Questions to a product, and their answers.
//!
//! What a question means is `semantic::chat`'s to say. Here is who may ask ([`ground`]), how values are looked up and
//! statements run, under the asker's rights ([`conversation`]), what is kept of it, and how it is followed ([`flow`]).

pub mod at_once;
pub mod conversation;
pub mod event;
pub mod flow;
pub mod memory;
pub mod ready;
pub mod request;
pub mod timings;
pub mod verified;
