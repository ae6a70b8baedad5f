//! A request of a visitor: who makes it, what of the other doors it needs, and what every answer says of itself.

pub(crate) mod compressed;
pub(crate) mod cookies;
pub(crate) mod events;
pub mod handlers;
pub(crate) mod headers;
pub(crate) mod internal_client;
pub(crate) mod one_time;
pub(crate) mod preferences;
pub(crate) mod recent_writes;
pub(crate) mod uploaded;
pub mod visit;
pub(crate) mod visit_history;
