//! What an answer depends on, and the moments that states are of.

use crate::id::{AccountId, RecordId};
use crate::kind::Kind;

/// Something whose change matters to an answer. Two things may have one: then both are taken as changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dependency(pub u64);

impl Dependency {
    /// A record: its fields, edges from it, aliases, history.
    pub fn record(id: RecordId) -> Dependency {
        Dependency::of_record(id, 0)
    }

    /// The edges to a record. Apart from the record itself: a domain stays what it is while products are made in it.
    pub fn edges_to(id: RecordId) -> Dependency {
        Dependency::of_record(id, 1)
    }

    /// The records that stand directly under one: which there are, and what they hold.
    pub fn children(of: RecordId) -> Dependency {
        Dependency::of_record(of, 2)
    }

    /// Those of one kind among them. Apart from the others: what is prepared of a product's items stays as it is while
    /// somebody's questions are kept below it, too.
    pub fn children_of_kind(of: RecordId, kind: Kind) -> Dependency {
        let Dependency(children) = Dependency::children(of);
        Dependency(mixed(hashed(children, &[kind.name()])))
    }

    /// What was observed of a record. Apart from the record itself, which stays what it is.
    pub fn observations(id: RecordId) -> Dependency {
        Dependency::of_record(id, 3)
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

    /// What a follower keeps under a key.
    pub fn follower(follower: &str, key: &str) -> Dependency {
        Dependency::of_texts(AccountId::GLOBAL, &["follower", follower, key])
    }

    /// What anybody may do in an account: its access epoch.
    pub fn rights(account: AccountId) -> Dependency {
        Dependency::of_texts(account, &["rights of everybody"])
    }

    /// Ids that are made together differ in a counter, whose bits are spread over all of the number (SplitMix64).
    fn of_record(id: RecordId, sort: u64) -> Dependency {
        let [a, b, c, d, e, f, g, h, last @ ..] = *id.as_bytes();
        let (first, last) = (u64::from_be_bytes([a, b, c, d, e, f, g, h]), u64::from_be_bytes(last));
        Dependency(mixed(mixed(last.wrapping_add(sort.wrapping_mul(0x9e37_79b9_7f4a_7c15))) ^ first))
    }

    /// FNV-1a with a finaliser: the same value in every process, whatever order kinds are registered in.
    fn of_texts(account: AccountId, texts: &[&str]) -> Dependency {
        let Dependency(account) = Dependency::record(account.record());
        Dependency(mixed(hashed(account, texts)))
    }
}

fn hashed(begun: u64, texts: &[&str]) -> u64 {
    let mut hash = begun ^ 0xcbf2_9ce4_8422_2325;
    for text in texts {
        // No text of UTF-8 holds the byte that keeps them apart.
        for byte in text.as_bytes().iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// Every bit of the number becomes one of all bits of the result.
const fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// A moment in the order of a store's commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct CommitVersion(pub u64);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_is_made_together_lies_apart() {
        let ids: Vec<RecordId> = (0..1_000).map(|_| RecordId::fresh()).collect();
        for of in [Dependency::record, Dependency::edges_to, Dependency::children, Dependency::observations] {
            let slots: HashSet<u64> = ids.iter().map(|id| of(*id).0 % (1 << 18)).collect();
            assert!(slots.len() > 980, "{} slots of 1,000", slots.len());
        }
        let all: HashSet<u64> = ids
            .iter()
            .flat_map(|id| [Dependency::record(*id), Dependency::edges_to(*id), Dependency::children(*id)])
            .map(|dependency| dependency.0)
            .collect();
        assert_eq!(all.len(), 3_000);
    }
}
