//! What the door asks of whoever delivers.

use std::fmt;

use async_trait::async_trait;
use emporion_catalog::Problem;
use emporion_catalog::id::RecordId;

use super::destination::Destination;

/// What the server knows of deliveries; the door only says it.
#[async_trait]
pub trait Deliveries: Send + Sync + fmt::Debug {
    /// Why nothing can be sent to an address, where that shows without asking anybody.
    fn refuses(&self, endpoint: &str) -> Option<String>;

    /// Whether a subscription may set the header.
    fn may_set(&self, header: &str) -> bool;

    /// Sends a message, and tells the status that is answered, or why none was.
    async fn try_out(&self, destination: Destination, message: Vec<u8>) -> Result<u16, String>;

    /// How deliveries to a destination of a subscription go.
    async fn status(&self, subscription: RecordId, destination: &str) -> Result<Option<Delivered>, Problem>;
}

/// How deliveries to a destination go.
#[derive(Debug, Clone, Default)]
pub struct Delivered {
    pub last_success_ms: Option<i64>,
    pub last_failure_ms: Option<i64>,
    pub last_failure_status: Option<u16>,
    pub last_failure_reason: Option<String>,
    /// Consecutive failed tries.
    pub failures: u64,
    pub next_attempt_ms: Option<i64>,
    /// Events that were given up on: the ids of the newest, oldest first, and how many in all.
    pub given_up: Vec<String>,
    pub given_up_in_all: u64,
}
