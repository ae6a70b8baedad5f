//! Connections whose clients have not said yet who they are: so many at once, so many of them from one address, and less time
//! for each where there are many.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use emporion_edge::connections_by_address::{ConnectionsByAddress, CountedConnection};
use emporion_edge::limits::Limits;
use emporion_edge::origin::Proxies;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::door::CONNECTIONS;

/// Of all connections.
const MOST: usize = CONNECTIONS / 4;
/// For somebody to say who he is, where more than half of the places are taken, and where they are not.
const SHORT_TIME: Duration = Duration::from_secs(4);
const TIME: Duration = Duration::from_secs(20);
/// Between two looks at how many there are.
const LOOK_TIME: Duration = Duration::from_millis(500);

pub struct PendingLogins {
    places: Arc<Semaphore>,
    /// Of those, from one address that is no proxy.
    share: u32,
    addresses: ConnectionsByAddress,
    proxies: Proxies,
}

/// One of them, until this is dropped.
pub struct PendingLogin {
    _place: OwnedSemaphorePermit,
    _counted: Option<CountedConnection>,
}

impl PendingLogins {
    /// An address has the same part of them that it has of the connections over HTTP.
    pub fn new(limits: &Limits, proxies: Proxies) -> PendingLogins {
        let (all, own) = (u64::from(limits.connections.max(1)), u64::from(limits.connections_per_address));
        let share = u32::try_from((MOST as u64 * own / all).clamp(1, MOST as u64)).unwrap_or(u32::MAX);
        PendingLogins {
            places: Arc::new(Semaphore::new(MOST)),
            share,
            addresses: ConnectionsByAddress::default(),
            proxies,
        }
    }

    /// `None` where there is no place for another, or none for this address.
    pub fn take(&self, address: IpAddr) -> Option<PendingLogin> {
        let counted = self.client(address).map(|address| self.addresses.count(address));
        if counted.as_ref().is_some_and(|(_, beside)| *beside >= self.share) {
            return None;
        }
        let place = self.places.clone().try_acquire_owned().ok()?;
        Some(PendingLogin { _place: place, _counted: counted.map(|(counted, _)| counted) })
    }

    /// Resolves when who has come from there has had his time.
    pub async fn patience(&self, address: IpAddr) {
        let begun = Instant::now();
        let is_over = || match begun.elapsed() {
            time if time >= TIME => true,
            time => time >= SHORT_TIME && self.are_many(address),
        };
        while !is_over() {
            tokio::time::sleep(LOOK_TIME).await;
        }
    }

    fn are_many(&self, address: IpAddr) -> bool {
        let beside = self.client(address).map_or(0, |address| self.addresses.of(address));
        self.places.available_permits() < MOST / 2 || beside > self.share / 2
    }

    /// Proxies come for many.
    fn client(&self, address: IpAddr) -> Option<IpAddr> {
        Some(address.to_canonical()).filter(|address| !self.proxies.trusts(*address))
    }
}

#[cfg(test)]
mod tests {
    use emporion_edge::origin::{Forwarding, network};

    use super::*;

    #[test]
    fn one_address_has_its_part_and_proxies_have_what_there_is() {
        let proxies = Proxies::new(network("10.0.0.9").into_iter().collect(), Forwarding::XForwarded);
        let arrivals = PendingLogins::new(&Limits::default(), proxies);
        let from = |text: &str| arrivals.take(text.parse().expect("an address"));
        let mut one: Vec<PendingLogin> = std::iter::from_fn(|| from("10.0.0.1")).collect();
        assert_eq!(one.len(), MOST / 4);
        assert!(from("::ffff:10.0.0.1").is_none(), "the same in another form");
        let are_many = |text: &str| arrivals.are_many(text.parse().expect("an address"));
        assert!(are_many("10.0.0.1") && !are_many("10.0.0.2"));
        let proxied: Vec<PendingLogin> = std::iter::from_fn(|| from("10.0.0.9")).collect();
        assert_eq!(proxied.len(), MOST - MOST / 4);
        assert!(from("10.0.0.2").is_none() && are_many("10.0.0.2"));
        one.pop();
        assert!(from("10.0.0.2").is_some());
        drop((one, proxied));
        assert_eq!(arrivals.places.available_permits(), MOST);
    }
}
