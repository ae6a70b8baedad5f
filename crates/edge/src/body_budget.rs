//! The room for bodies: how many bytes of them, and of what they are read into, may be in memory at once, over all
//! connections.
//!
//! Who has proven nothing gets a part of it, so that a flood from nobody does not keep callers out; and of each part one
//! sender gets a share, so that his flood does not keep the others out.
//!
//! Bodies that arrive and bodies that were read have rooms of their own: what was read ends by itself, so that whoever
//! waits there with what has arrived is never waited for.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use emporion_catalog::id::RecordId;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::weight::USUAL_DENSITY;

/// How much is known of who sends a body, before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Anybody: the route is open to all.
    Nobody,
    /// A caller is named, and only the body shows whether that is true (its hash is signed).
    Claimed,
    Proven,
}

impl Standing {
    /// The part of the room that bodies of this standing may take.
    fn part_of(self, all: usize) -> usize {
        match self {
            Standing::Nobody => all / 8,
            Standing::Claimed => all / 2,
            Standing::Proven => all,
        }
    }
}

/// Where a body is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Arriving,
    /// Whole, and read into values.
    Read,
}

/// What bodies of one phase may take of a part.
struct Bounds {
    /// All of them.
    all: usize,
    /// The most that one counts for, however heavy it is: less than all, and more than a half, so that there is one of the
    /// heaviest at a time, and small ones go beside it.
    one: usize,
    /// Those of one sender.
    sender: usize,
    /// Those of one sender beside his largest.
    beside: usize,
    /// What is not more is no part of a share.
    small: usize,
}

impl Phase {
    fn bounds(self, part: usize) -> Bounds {
        let all = match self {
            Phase::Arriving => part / 4,
            Phase::Read => part - part / 4,
        };
        Bounds { all, one: all - all / 4, sender: all - all / 8, beside: all / 3, small: part / 256 }
    }
}

/// Whose body it is. Who only says that he is somebody is told by where he calls from, or others could spend that one's share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sender {
    User(RecordId),
    Address(IpAddr),
}

/// Why a body has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// Bodies of others take it.
    Crowded,
    /// Other bodies of the same sender take his share.
    OwnShare,
    /// It would never have any, be it alone.
    TooMuch,
}

/// Shared by all connections.
#[derive(Debug)]
pub struct BodyBudget {
    all: usize,
    patience: Duration,
    /// By phase.
    rooms: Mutex<[Taken; 2]>,
    freed: Notify,
    refused: AtomicU64,
}

/// Bytes taken.
#[derive(Debug, Default)]
struct Taken {
    by_standing: [usize; 3],
    /// Of each sender the bodies that are not small.
    by_sender: HashMap<(Standing, Sender), Vec<usize>>,
}

/// Bytes that a body has taken; they are free again when this is dropped.
#[derive(Debug)]
pub struct Held {
    budget: Arc<BodyBudget>,
    standing: Standing,
    sender: Option<(Standing, Sender)>,
    phase: Phase,
    /// What it counts for.
    bytes: usize,
}

impl BodyBudget {
    /// So many bytes, for which a body waits so long before it is refused.
    pub fn new(all: usize, patience: Duration) -> Arc<BodyBudget> {
        let (rooms, freed) = (Mutex::default(), Notify::new());
        Arc::new(BodyBudget { all, patience, rooms, freed, refused: AtomicU64::new(0) })
    }

    /// Takes nothing yet.
    pub fn hold(self: &Arc<BodyBudget>, standing: Standing, sender: Option<Sender>) -> Held {
        let sender = sender.map(|sender| (standing, sender));
        Held { budget: self.clone(), standing, sender, phase: Phase::Arriving, bytes: 0 }
    }

    pub fn taken(&self) -> usize {
        self.rooms.lock().iter().flat_map(|taken| taken.by_standing).sum()
    }

    /// How often there was no room.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    fn refuse(&self, why: NoRoom) -> NoRoom {
        self.refused.fetch_add(1, Ordering::Relaxed);
        why
    }
}

impl Taken {
    fn add(&mut self, held: &Held, bytes: usize, small: usize) {
        self.by_standing[held.standing as usize] += bytes;
        if let Some(sender) = held.sender
            && bytes > small
        {
            self.by_sender.entry(sender).or_default().push(bytes);
        }
    }

    fn remove(&mut self, held: &Held, small: usize) {
        self.by_standing[held.standing as usize] -= held.bytes;
        let Some(sender) = held.sender.filter(|_| held.bytes > small) else { return };
        let Some(bodies) = self.by_sender.get_mut(&sender) else { return };
        if let Some(at) = bodies.iter().position(|bytes| *bytes == held.bytes) {
            bodies.swap_remove(at);
        }
        if bodies.is_empty() {
            self.by_sender.remove(&sender);
        }
    }

    /// Why there is no room for so many bytes more.
    fn lacks(&self, held: &Held, bytes: usize, bounds: &Bounds, whole: usize) -> Option<NoRoom> {
        let own = held.sender.filter(|_| bytes > bounds.small).and_then(|sender| self.by_sender.get(&sender));
        if let Some(own) = own.filter(|own| !own.is_empty()) {
            let total = bytes + own.iter().sum::<usize>();
            let largest = own.iter().copied().fold(bytes, usize::max);
            if total > bounds.sender || total - largest > bounds.beside {
                return Some(NoRoom::OwnShare);
            }
        }
        let is_crowded = self.by_standing[held.standing as usize] + bytes > bounds.all
            || self.by_standing.iter().sum::<usize>() + bytes > whole;
        is_crowded.then_some(NoRoom::Crowded)
    }
}

impl Held {
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Makes it at least so many bytes that have arrived, or are announced.
    pub fn cover(&mut self, bytes: usize) -> Result<(), NoRoom> {
        self.take(Phase::Arriving, bytes).map_err(|why| self.budget.refuse(why))
    }

    /// The same, once there is room.
    pub async fn cover_in_turn(&mut self, bytes: usize) -> Result<(), NoRoom> {
        self.take_in_turn(Phase::Arriving, bytes).await
    }

    /// Gives back what the body took as it arrived, for what it takes now that it is read, once there is room.
    ///
    /// Whoever is heavier than all that may be read at once is read alone, up to three quarters of its part; what is as dense
    /// as usual, so that its text is long, up to one and a half of it.
    pub async fn read(&mut self, text: usize, weight: usize) -> Result<(), NoRoom> {
        let part = self.standing.part_of(self.budget.all);
        let most = if weight <= USUAL_DENSITY.saturating_mul(text) { part + part / 2 } else { part - part / 4 };
        if weight > most {
            return Err(self.budget.refuse(NoRoom::TooMuch));
        }
        self.take_in_turn(Phase::Read, weight).await
    }

    async fn take_in_turn(&mut self, phase: Phase, bytes: usize) -> Result<(), NoRoom> {
        let budget = self.budget.clone();
        let until = Instant::now() + budget.patience;
        loop {
            let mut freed = std::pin::pin!(budget.freed.notified());
            // What is freed between the look and the wait is not missed.
            freed.as_mut().enable();
            let Err(why) = self.take(phase, bytes) else { return Ok(()) };
            if tokio::time::timeout_at(until, freed).await.is_err() {
                return Err(budget.refuse(why));
            }
        }
    }

    fn take(&mut self, phase: Phase, bytes: usize) -> Result<(), NoRoom> {
        let bounds = phase.bounds(self.standing.part_of(self.budget.all));
        let bytes = bytes.min(bounds.one);
        if phase == self.phase && bytes <= self.bytes {
            return Ok(());
        }
        let whole = phase.bounds(self.budget.all).all;
        let budget = self.budget.clone();
        let mut rooms = budget.rooms.lock();
        rooms[self.phase as usize].remove(self, bounds.small);
        if let Some(why) = rooms[phase as usize].lacks(self, bytes, &bounds, whole) {
            rooms[self.phase as usize].add(self, self.bytes, bounds.small);
            return Err(why);
        }
        rooms[phase as usize].add(self, bytes, bounds.small);
        drop(rooms);
        let has_freed = phase != self.phase;
        (self.phase, self.bytes) = (phase, bytes);
        if has_freed {
            budget.freed.notify_waiters();
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let small = self.phase.bounds(self.standing.part_of(self.budget.all)).small;
        self.budget.rooms.lock()[self.phase as usize].remove(self, small);
        self.budget.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Option<Sender> = Some(Sender::Address(IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1))));
    const BOB: Option<Sender> = Some(Sender::Address(IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2))));

    fn room(all: usize) -> Arc<BodyBudget> {
        BodyBudget::new(all, Duration::ZERO)
    }

    async fn read(budget: &Arc<BodyBudget>, sender: Option<Sender>, weight: usize) -> Result<Held, NoRoom> {
        let mut held = budget.hold(Standing::Proven, sender);
        held.read(weight, weight).await.map(|()| held)
    }

    #[tokio::test]
    async fn all_bodies_share_one_room_and_give_it_back() {
        let budget = room(400);
        let mut one = budget.hold(Standing::Proven, None);
        assert_eq!((one.cover(60), one.cover(10)), (Ok(()), Ok(())), "it has 60 already");
        let mut other = budget.hold(Standing::Proven, None);
        assert_eq!((other.cover(41), other.cover(40)), (Err(NoRoom::Crowded), Ok(())));
        assert_eq!((budget.taken(), budget.refused()), (100, 1));
        assert_eq!(one.read(200, 200).await, Ok(()), "what arrives leaves room for what is read");
        assert_eq!(budget.taken(), 240);
        assert_eq!(other.read(101, 101).await, Err(NoRoom::Crowded));
        assert_eq!(budget.taken(), 240, "whoever waits has what he had");
        drop(one);
        assert_eq!(other.read(101, 101).await, Ok(()));
        drop(other);
        assert_eq!(budget.taken(), 0);
    }

    #[test]
    fn who_has_proven_less_leaves_room_for_who_has_proven_more() {
        let budget = room(3200);
        let hold = |standing, bytes| {
            let mut held = budget.hold(standing, None);
            held.cover(bytes).map(|()| held).map_err(drop)
        };
        let nobody = (hold(Standing::Nobody, 75).unwrap(), hold(Standing::Nobody, 25).unwrap());
        assert!(hold(Standing::Nobody, 1).is_err());
        let claimed = (hold(Standing::Claimed, 300).unwrap(), hold(Standing::Claimed, 100).unwrap());
        assert!(hold(Standing::Claimed, 1).is_err());
        assert!(hold(Standing::Proven, 301).is_err());
        let proven = hold(Standing::Proven, 300).unwrap();
        drop((nobody, claimed, proven));
        assert_eq!(budget.taken(), 0);
    }

    #[tokio::test]
    async fn one_sender_leaves_room_for_the_others() {
        let budget = room(4000);
        let large = read(&budget, ANN, 1500).await.unwrap();
        let beside = read(&budget, ANN, 1000).await.unwrap();
        assert_eq!(read(&budget, ANN, 126).await.unwrap_err(), NoRoom::OwnShare);
        let small = read(&budget, ANN, 15).await.unwrap();
        let other = read(&budget, BOB, 400).await.unwrap();
        assert_eq!(read(&budget, BOB, 100).await.unwrap_err(), NoRoom::Crowded);
        drop(large);
        let again = read(&budget, ANN, 126).await.unwrap();
        drop((beside, small, other, again));
        assert!(budget.rooms.lock().iter().all(|taken| taken.by_sender.is_empty()));
        assert_eq!(budget.taken(), 0);
    }

    #[tokio::test]
    async fn what_is_small_counts_against_no_share() {
        let budget = room(25_600);
        let mut half_sent = budget.hold(Standing::Proven, ANN);
        assert_eq!(half_sent.cover(100), Ok(()));
        let small = read(&budget, ANN, 100).await.unwrap();
        let heavy = read(&budget, ANN, 38_000).await.unwrap();
        for _ in 0..3 {
            read(&budget, ANN, 100).await.unwrap();
        }
        drop((half_sent, small, heavy));
    }

    #[tokio::test]
    async fn the_heaviest_are_read_one_at_a_time() {
        let budget = room(1000);
        let heavy = read(&budget, ANN, 1500).await.unwrap();
        assert_eq!(read(&budget, BOB, 1200).await.unwrap_err(), NoRoom::Crowded);
        assert!(read(&budget, BOB, 100).await.is_ok());
        drop(heavy);
        assert!(read(&budget, BOB, 1200).await.is_ok());
        assert_eq!(read(&budget, BOB, 1501).await.unwrap_err(), NoRoom::TooMuch);
        let mut dense = budget.hold(Standing::Proven, BOB);
        assert_eq!(dense.read(60, 1001).await, Err(NoRoom::TooMuch));
        assert_eq!((dense.read(63, 1001).await, dense.read(1, 750).await), (Ok(()), Ok(())));
    }

    #[tokio::test]
    async fn many_of_one_sender_are_served_in_turn() {
        let budget = BodyBudget::new(1000, Duration::from_secs(60));
        let one = || async {
            let mut held = budget.hold(Standing::Proven, ANN);
            held.cover_in_turn(60).await?;
            tokio::task::yield_now().await;
            held.read(300, 300).await?;
            tokio::task::yield_now().await;
            Ok::<(), NoRoom>(())
        };
        let all = futures_util::future::join_all((0..64).map(|_| one())).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
        assert_eq!((budget.taken(), budget.refused()), (0, 0));
    }
}
