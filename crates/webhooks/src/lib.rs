//! Webhooks: what happens in the catalogue, sent to those who have subscribed to it.
//!
//! Each destination of a subscription follows the log by itself, so that one that is slow or down holds nobody up. It is
//! sent what the maker of the subscription may see, in order, each event at least once: the place that it has come to is
//! kept in the store after it has answered. What a subscription is called and what a message looks like is a door's
//! business; see [`Wording`].

mod delivery;
mod reach;
mod sender;
mod status;
mod subscriptions;

pub use reach::{Reach, Unreachable};
pub use sender::{Sender, Unsent, may_set, signature};
pub use status::{FOLLOWER, GivenUp, Patience, Status, of_destination};
pub use subscriptions::{Destination, Messages, Method, Subscription, Subscriptions, Wording};
