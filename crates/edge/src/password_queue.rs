//! Whose password is compared next. It takes a processor for a while, and anybody may have one compared: so a few are under
//! way at a time, fewer of one address, and addresses take turns. Of one address the newest is next: whoever comes into a
//! flood waits for few of those who came before him.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::connections_by_address::one_client;

/// Under way at a time.
const AT_ONCE: usize = 4;
/// Of those, of one address.
const OF_ADDRESS: usize = 2;
/// Of one address that wait; who has waited longest is sent away.
const WAITING: usize = 100;

#[derive(Debug, Clone)]
pub struct PasswordQueue(Arc<Mutex<QueueState>>);

#[derive(Debug)]
struct QueueState {
    free: usize,
    addresses: HashMap<Option<IpAddr>, AddressQueue>,
    /// Addresses of which somebody waits, the next one first.
    turns: VecDeque<Option<IpAddr>>,
}

#[derive(Debug, Default)]
struct AddressQueue {
    under_way: usize,
    /// The newest last.
    waiting: Vec<oneshot::Sender<PasswordPermit>>,
}

/// A password is compared until this goes.
#[derive(Debug)]
pub struct PasswordPermit {
    queue: PasswordQueue,
    address: Option<IpAddr>,
}

impl Default for PasswordQueue {
    fn default() -> PasswordQueue {
        let state = QueueState { free: AT_ONCE, addresses: HashMap::new(), turns: VecDeque::new() };
        PasswordQueue(Arc::new(Mutex::new(state)))
    }
}

impl PasswordQueue {
    /// `None` for who has waited longest where many do.
    pub async fn turn(&self, client: Option<IpAddr>) -> Option<PasswordPermit> {
        let waiting = match self.enter(client.map(one_client)) {
            Ok(turn) => return Some(turn),
            Err(waiting) => waiting,
        };
        waiting.await.ok()
    }

    fn enter(&self, address: Option<IpAddr>) -> Result<PasswordPermit, oneshot::Receiver<PasswordPermit>> {
        let mut state = self.0.lock();
        let QueueState { free, addresses, turns } = &mut *state;
        let own = addresses.entry(address).or_default();
        if *free > 0 && own.under_way < OF_ADDRESS {
            own.under_way += 1;
            *free -= 1;
            return Ok(PasswordPermit { queue: self.clone(), address });
        }
        if own.waiting.is_empty() {
            turns.push_back(address);
        }
        // Who has gone meanwhile is none of them.
        own.waiting.retain(|waiting| !waiting.is_closed());
        if own.waiting.len() >= WAITING {
            own.waiting.remove(0);
        }
        let (sender, receiver) = oneshot::channel();
        own.waiting.push(sender);
        Err(receiver)
    }

    /// One has ended. Another takes its place, if it is his turn.
    fn leave(&self, address: Option<IpAddr>) {
        let next = {
            let mut state = self.0.lock();
            state.free += 1;
            if let Some(own) = state.addresses.get_mut(&address) {
                own.under_way -= 1;
            }
            let next = state.next();
            if state.addresses.get(&address).is_some_and(AddressQueue::is_empty) {
                state.addresses.remove(&address);
            }
            next
        };
        if let Some((address, waiting)) = next {
            // Where he has gone by now, this ends at once, and the next one takes its place.
            drop(waiting.send(PasswordPermit { queue: self.clone(), address }));
        }
    }
}

impl QueueState {
    fn next(&mut self) -> Option<(Option<IpAddr>, oneshot::Sender<PasswordPermit>)> {
        for _ in 0..self.turns.len() {
            let address = self.turns.pop_front()?;
            let Some(own) = self.addresses.get_mut(&address) else { continue };
            if own.under_way >= OF_ADDRESS {
                self.turns.push_back(address);
                continue;
            }
            own.waiting.retain(|waiting| !waiting.is_closed());
            let next = own.waiting.pop();
            if !own.waiting.is_empty() {
                self.turns.push_back(address);
            }
            match next {
                Some(next) => {
                    own.under_way += 1;
                    self.free -= 1;
                    return Some((address, next));
                }
                None if own.is_empty() => drop(self.addresses.remove(&address)),
                None => {}
            }
        }
        None
    }
}

impl AddressQueue {
    fn is_empty(&self) -> bool {
        self.under_way == 0 && self.waiting.is_empty()
    }
}

impl Drop for PasswordPermit {
    fn drop(&mut self) {
        self.queue.leave(self.address);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    #[tokio::test]
    async fn an_address_takes_its_part_and_leaves_room_for_others() {
        let queue = PasswordQueue::default();
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        let mut taken = Vec::new();
        for _ in 0..OF_ADDRESS {
            taken.push(queue.turn(one).await.expect("a turn"));
        }
        assert!(tokio::time::timeout(SOON, queue.turn(one)).await.is_err());
        drop(tokio::time::timeout(SOON, queue.turn(other)).await.expect("it does not wait"));
        taken.pop();
        drop(tokio::time::timeout(SOON, queue.turn(one)).await.expect("who went away holds none"));
        drop(taken);
        let state = queue.0.lock();
        assert!(state.free == AT_ONCE && state.addresses.is_empty() && state.turns.is_empty(), "{state:?}");
    }

    #[tokio::test]
    async fn addresses_take_turns_and_of_one_the_newest_is_next() {
        let queue = PasswordQueue::default();
        let addresses = ["192.0.2.1", "192.0.2.2"].map(address);
        let mut taken = Vec::new();
        for one in addresses {
            for _ in 0..OF_ADDRESS {
                taken.push(queue.turn(one).await.expect("a turn"));
            }
        }
        let mut waiting = Vec::new();
        for name in ["first", "second", "third"] {
            waiting.push((name, addresses[0], queue.enter(addresses[0]).expect_err("there is none")));
        }
        waiting.push(("other", addresses[1], queue.enter(addresses[1]).expect_err("there is none")));
        let mut order = Vec::new();
        while !waiting.is_empty() {
            taken.pop();
            while let Some(at) =
                waiting.iter_mut().position(|(_, _, waits)| waits.try_recv().map(|turn| taken.insert(0, turn)).is_ok())
            {
                order.push(waiting.remove(at).0);
            }
        }
        assert_eq!(order, ["other", "third", "second", "first"]);
    }

    #[tokio::test]
    async fn who_has_waited_longest_is_sent_away_where_many_wait() {
        let queue = PasswordQueue::default();
        let mut taken = Vec::new();
        for _ in 0..OF_ADDRESS {
            taken.push(queue.turn(None).await.expect("a turn"));
        }
        let mut waiting: Vec<_> = (0..=WAITING).map(|_| queue.enter(None).expect_err("there is none")).collect();
        assert!(waiting.remove(0).await.is_err());
        drop(taken);
        assert!(waiting.pop().expect("one waits").await.is_ok());
    }
}
