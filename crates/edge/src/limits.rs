//! Bounds on what clients may use up.

use std::time::Duration;

/// Set by the operator, the same for all doors.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections served at once; those beyond are answered 503 and closed.
    pub connections: u32,
    /// Of those, from one address.
    pub connections_per_address: u32,
    /// Bytes of bodies in memory, of all connections together, until their requests are answered.
    pub bodies: usize,
    /// Bytes of any one body, where its route takes no fewer.
    pub body: usize,
    /// For a request's head to arrive, and so for a kept-alive connection to be idle.
    pub head_time: Duration,
    /// For a request's body to arrive whole.
    pub body_time: Duration,
    /// For a body to wait for room: as long as a few heavy ones take.
    pub room_time: Duration,
    /// For a client to take any more of an answer.
    pub write_time: Duration,
    /// For running requests to end after shutdown began.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            // 2,048: with heads as long as they may be, 128 MiB.
            connections: 2048,
            connections_per_address: 512,
            bodies: 256 << 20,
            body: 32 << 20,
            head_time: Duration::from_secs(60),
            body_time: Duration::from_secs(60),
            room_time: Duration::from_secs(10),
            write_time: Duration::from_secs(60),
            drain_time: Duration::from_secs(20),
        }
    }
}
