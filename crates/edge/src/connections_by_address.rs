//! How many connections each address has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use parking_lot::Mutex;

#[derive(Debug, Clone, Default)]
pub struct ConnectionsByAddress(Arc<Mutex<HashMap<IpAddr, u32>>>);

/// One connection, counted until this is dropped.
#[derive(Debug)]
pub struct CountedConnection {
    client: IpAddr,
    all: ConnectionsByAddress,
}

impl Drop for CountedConnection {
    fn drop(&mut self) {
        let mut all = self.all.0.lock();
        if let Some(count) = all.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.client);
            }
        }
    }
}

impl ConnectionsByAddress {
    /// Counts one more; how many there were before.
    pub fn count(&self, address: IpAddr) -> (CountedConnection, u32) {
        let client = one_client(address);
        let mut all = self.0.lock();
        let count = all.entry(client).or_default();
        let before = *count;
        *count += 1;
        (CountedConnection { client, all: self.clone() }, before)
    }

    /// How many an address has now.
    pub fn of(&self, address: IpAddr) -> u32 {
        self.0.lock().get(&one_client(address)).copied().unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }
}

/// What one client calls from: of IPv6 a whole network of the least size, for he has all its addresses.
pub(crate) fn one_client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_of_a_network_are_one_client() {
        let one = |text: &str| one_client(text.parse().expect("an address"));
        assert_eq!(one("2001:db8::1"), one("2001:db8::ffff:1"));
        assert_ne!(one("2001:db8::1"), one("2001:db8:0:1::1"));
        assert_ne!(one("10.0.0.1"), one("10.0.0.2"));
    }
}
