//! Event subscriptions: what a request may say, what of it is served, and where messages go.

pub mod body;
pub mod chat;
pub mod deliveries;
pub mod destination;
pub mod request;
pub mod served;
