//! The room for bodies: how many bytes of them, and of what they are read into, may be in memory at once, over all
//! connections.
//!
//! Who has proven nothing gets a part of it, so that a flood from nobody does not keep callers out; and of each part one
//! sender gets a share, so that his flood does not keep the others out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use emporion_catalog::id::RecordId;
use parking_lot::Mutex;

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

/// A body that is so small a part of its part is.
const SMALL: usize = 1024;

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
    taken: Mutex<Taken>,
    refused: AtomicU64,
}

/// Bytes taken.
#[derive(Debug, Default)]
struct Taken {
    by_standing: [usize; 3],
    by_sender: HashMap<(Standing, Sender), usize>,
}

/// Bytes that a body has taken; they are free again when this is dropped.
#[derive(Debug)]
pub struct Held {
    budget: Arc<BodyBudget>,
    standing: Standing,
    sender: Option<(Standing, Sender)>,
    bytes: usize,
}

impl BodyBudget {
    pub fn new(all: usize) -> Arc<BodyBudget> {
        Arc::new(BodyBudget { all, taken: Mutex::default(), refused: AtomicU64::new(0) })
    }

    /// Takes nothing yet.
    pub fn hold(self: &Arc<BodyBudget>, standing: Standing, sender: Option<Sender>) -> Held {
        Held { budget: self.clone(), standing, sender: sender.map(|sender| (standing, sender)), bytes: 0 }
    }

    pub fn taken(&self) -> usize {
        self.taken.lock().by_standing.iter().sum()
    }

    /// How often there was no room.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Held {
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Makes it at least so many bytes.
    ///
    /// One body may take seven eighths of its part; several of one sender take a quarter together. What is small goes through
    /// beside what is large.
    pub fn cover(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return Ok(());
        }
        let part = self.standing.part_of(self.budget.all);
        let mut taken = self.budget.taken.lock();
        let others = self.sender.map_or(0, |sender| taken.by_sender.get(&sender).map_or(0, |all| all - self.bytes));
        let no_room = if bytes > part - part / 8 {
            Some(NoRoom::TooMuch)
        } else if others > 0 && bytes > part / SMALL && others + bytes > part / 4 {
            Some(NoRoom::OwnShare)
        } else if taken.by_standing[self.standing as usize] + more > part
            || taken.by_standing.iter().sum::<usize>() + more > self.budget.all
        {
            Some(NoRoom::Crowded)
        } else {
            None
        };
        if let Some(why) = no_room {
            drop(taken);
            self.budget.refused.fetch_add(1, Ordering::Relaxed);
            return Err(why);
        }
        taken.by_standing[self.standing as usize] += more;
        if let Some(sender) = self.sender {
            *taken.by_sender.entry(sender).or_default() += more;
        }
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut taken = self.budget.taken.lock();
        taken.by_standing[self.standing as usize] -= self.bytes;
        let Some(sender) = self.sender else { return };
        let left = taken.by_sender.get_mut(&sender).map(|all| {
            *all -= self.bytes;
            *all
        });
        if left == Some(0) {
            taken.by_sender.remove(&sender);
        }
    }
}

/// What a value, an object or list of its own, and the name of a member take in memory beside their texts, as measured: lists
/// and objects are larger than what is in them, and doors change a copy.
const VALUE: usize = 150;
const OBJECT: usize = 350;
const NAME: usize = 80;

/// About how much memory a body takes with what it is read into: of JSON the values, which can take many times their text.
pub fn weight(body: &[u8]) -> usize {
    let is_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    if !is_json {
        return 2 * body.len();
    }
    let (mut weight, mut rest) = (body.len(), body);
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b',' | b'[' => weight += VALUE,
            b'{' => weight += OBJECT,
            b':' => weight += NAME,
            b'"' => rest = after_text(after),
            _ => {}
        }
    }
    weight
}

/// What stands behind the end of a text that has begun.
fn after_text(mut rest: &[u8]) -> &[u8] {
    loop {
        match memchr::memchr2(b'"', b'\\', rest) {
            Some(at) if rest[at] == b'"' => return &rest[at + 1..],
            Some(at) => rest = rest.get(at + 2..).unwrap_or_default(),
            None => return &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Option<Sender> = Some(Sender::Address(IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1))));
    const BOB: Option<Sender> = Some(Sender::Address(IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2))));

    #[test]
    fn all_bodies_share_one_room_and_give_it_back() {
        let budget = BodyBudget::new(100);
        let mut one = budget.hold(Standing::Proven, None);
        assert_eq!((one.cover(60), one.cover(10)), (Ok(()), Ok(())), "it has 60 already");
        let mut other = budget.hold(Standing::Proven, None);
        assert_eq!((other.cover(41), other.cover(40)), (Err(NoRoom::Crowded), Ok(())));
        assert_eq!((budget.taken(), budget.refused()), (100, 1));
        drop(one);
        assert_eq!(other.cover(88), Ok(()));
        assert_eq!(other.cover(89), Err(NoRoom::TooMuch));
        drop(other);
        assert_eq!(budget.taken(), 0);
    }

    #[test]
    fn who_has_proven_less_leaves_room_for_who_has_proven_more() {
        let budget = BodyBudget::new(800);
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

    #[test]
    fn one_sender_leaves_room_for_the_others() {
        let budget = BodyBudget::new(400);
        let (mut one, mut two, mut three) = (
            budget.hold(Standing::Proven, ANN),
            budget.hold(Standing::Proven, ANN),
            budget.hold(Standing::Proven, BOB),
        );
        assert_eq!((one.cover(60), two.cover(40), two.cover(41)), (Ok(()), Ok(()), Err(NoRoom::OwnShare)));
        assert_eq!(three.cover(250), Ok(()), "alone he may take more than a share");
        assert_eq!(one.cover(61), Err(NoRoom::OwnShare));
        let nobody = budget.hold(Standing::Nobody, ANN).cover(30);
        assert_eq!(nobody, Ok(()), "each part has shares of its own");
        drop(two);
        assert_eq!(one.cover(150), Ok(()));
        drop((one, three));
        assert!(budget.taken.lock().by_sender.is_empty());
    }

    #[test]
    fn values_weigh_more_than_their_text_and_texts_do_not() {
        let text = |inner: &str| weight(format!("[\"{inner}\"]").as_bytes());
        assert_eq!(text(",,,,[[[[{{{{::::"), text("................"));
        assert_eq!(text(r#"\",\",\",\\"#), text(r#"\".\".\".\\"#));
        assert!(weight(b"[0,0,0,0]") > 400);
        assert_eq!(weight(br#"{"a":[1,{}]}"#), 12 + 2 * OBJECT + NAME + 2 * VALUE);
        assert_eq!(weight(b"plain, [text]"), 26);
        assert_eq!(weight(br#"["broken off \"#), 14 + VALUE);
    }
}
