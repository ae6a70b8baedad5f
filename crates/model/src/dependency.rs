//! What an answer depends on, and the moments that states are of.

use crate::id::{AccountId, RecordId};
use crate::kind::Kind;

/// Something whose change matters to an answer. Two things may have one: then both are taken as changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dependency(pub u64);

impl Dependency {
    /// A record: its fields, edges from it, aliases, history.
    pub fn record(id: RecordId) -> Dependency {
        // The last half of an id is its random one.
        let [.., a, b, c, d, e, f, g, h] = *id.as_bytes();
        Dependency(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    /// The edges to a record. Apart from the record itself: a domain stays what it is while products are made in it.
    pub fn edges_to(id: RecordId) -> Dependency {
        // Another part of the random half is in front, so the two seldom meet at one place.
        Dependency(Dependency::record(id).0.rotate_right(24))
    }

    /// The records that stand directly under one: which there are, and what they hold.
    pub fn children(of: RecordId) -> Dependency {
        Dependency(Dependency::record(of).0.rotate_right(40))
    }

    /// What was observed of a record. Apart from the record itself, which stays what it is.
    pub fn observations(id: RecordId) -> Dependency {
        Dependency(Dependency::record(id).0.rotate_right(48))
    }

    /// All records of a kind: which there are, and what they hold.
    pub fn kind(account: AccountId, kind: Kind) -> Dependency {
        Dependency::of_texts(account, &[kind.name()])
    }

    /// Who bears a whole name, if anybody.
    pub fn fqn(account: AccountId, kind: Kind, fqn: &str) -> Dependency {
        Dependency::of_texts(account, &[kind.name(), fqn])
    }

    /// What an alias stands for, if anything.
    pub fn alias(account: AccountId, space: &str, value: &str) -> Dependency {
        Dependency::of_texts(account, &["alias", space, value])
    }

    /// What anybody may do in an account: its access epoch.
    pub fn rights(account: AccountId) -> Dependency {
        Dependency::of_texts(account, &["rights of everybody"])
    }

    /// FNV-1a: as good in every process, whatever order kinds are registered in.
    fn of_texts(account: AccountId, texts: &[&str]) -> Dependency {
        let Dependency(account) = Dependency::record(account.record());
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        // No text of UTF-8 holds the byte that keeps them apart.
        let bytes = texts.iter().flat_map(|text| text.bytes().chain([0xff]));
        Dependency(bytes.fold(account ^ 0xcbf2_9ce4_8422_2325, step))
    }
}

/// A moment in the order of a store's commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct CommitVersion(pub u64);
