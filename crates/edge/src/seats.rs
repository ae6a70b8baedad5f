//! Who may be connected: so many at once, and so many of them from one address.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::{App, Seat};
use crate::connections_by_address::{ConnectionsByAddress, CountedConnection};

/// Connections beyond the seats that are listened to at the same time. More are turned away at once.
const STANDING_ROOM: u32 = 256;
/// Of those, from one address.
const STANDING_SHARE: u32 = 16;

pub(crate) struct Seats {
    all: u32,
    share: u32,
    own: Arc<Semaphore>,
    standing: Arc<Semaphore>,
    by_address: ConnectionsByAddress,
    /// Connections that got no seat.
    refused: Arc<AtomicU64>,
}

/// What a connection has taken. It is free again when this is dropped.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    _counted: Option<CountedConnection>,
}

impl Seats {
    pub fn new(connections: u32, per_address: u32) -> Seats {
        Seats {
            all: connections,
            share: per_address,
            own: Arc::new(Semaphore::new(connections as usize)),
            standing: Arc::new(Semaphore::new(STANDING_ROOM as usize)),
            by_address: ConnectionsByAddress::default(),
            refused: Arc::default(),
        }
    }

    /// A place for a connection from `address`, `None` for one that bears the requests of many. No place where there is
    /// not even room to listen what is wanted.
    pub fn take(&self, address: Option<IpAddr>) -> Option<(Seat, Place)> {
        let (counted, beside) = address.map(|address| self.by_address.count(address)).unzip();
        let is_over = beside.is_some_and(|beside| beside >= self.share);
        if !is_over && let Ok(permit) = self.own.clone().try_acquire_owned() {
            return Some((Seat::Own, Place { _permit: permit, _counted: counted }));
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        if beside.is_some_and(|beside| beside >= self.share.saturating_add(STANDING_SHARE)) {
            return None;
        }
        let permit = self.standing.clone().try_acquire_owned().ok()?;
        let seat = if is_over { Seat::Over } else { Seat::None };
        Some((seat, Place { _permit: permit, _counted: counted }))
    }

    pub fn taken(&self) -> usize {
        self.all as usize - self.own.available_permits()
    }

    /// Resolves when nobody sits any more.
    pub async fn emptied(&self) {
        // Nobody closes it.
        let _ = self.own.acquire_many(self.all).await;
    }

    pub fn publish(&self, app: &App) {
        let (own, all, refused) = (self.own.clone(), self.all as usize, self.refused.clone());
        let metrics = app.metrics();
        let taken = move || (all - own.available_permits()) as f64;
        metrics.gauge("http_connections", "Connections that have a seat", taken);
        metrics.gauge("http_connections_most", "Seats for connections", move || all as f64);
        let refused = move || refused.load(Ordering::Relaxed) as f64;
        metrics.counter("http_connections_refused", "Connections that got no seat", refused);
        let budget = app.body_budget().clone();
        metrics.gauge("http_bodies_bytes", "Room that bodies of requests take", move || budget.taken() as f64);
        let budget = app.body_budget().clone();
        metrics.counter("http_bodies_refused", "Bodies that there was no room for", move || budget.refused() as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    #[test]
    fn one_address_gets_its_share_and_leaves_the_rest() {
        let seats = Seats::new(4, 2);
        let take = |text: &str| seats.take(address(text));
        let mut taken: Vec<_> = (0..3).map(|_| take("10.0.0.1").expect("a place")).collect();
        assert_eq!(taken.iter().map(|(seat, _)| *seat).collect::<Vec<_>>(), [Seat::Own, Seat::Own, Seat::Over]);
        assert_eq!(take("::ffff:10.0.0.1").expect("a place").0, Seat::Over, "the same in another form");
        let other = take("10.0.0.2").expect("a place");
        assert_eq!(other.0, Seat::Own);
        let proxied = (seats.take(None).expect("a place"), seats.take(None).expect("a place"));
        assert_eq!((proxied.0.0, proxied.1.0, seats.taken()), (Seat::Own, Seat::None, 4));
        taken.clear();
        assert_eq!(take("10.0.0.1").expect("a place").0, Seat::Own);
        drop((other, proxied));
        assert_eq!(seats.taken(), 0);
        assert!(seats.by_address.is_empty());
    }

    #[test]
    fn standing_room_is_shared_too() {
        let seats = Seats::new(4, 1);
        let all: Vec<_> = (0..100).filter_map(|_| seats.take(address("10.0.0.1"))).collect();
        assert_eq!(all.len(), 1 + STANDING_SHARE as usize);
        assert_eq!(seats.refused.load(Ordering::Relaxed), 99);
        drop(all);
        assert!(seats.by_address.is_empty());
    }
}
