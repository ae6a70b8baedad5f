//! What an answer rests on: what its asker may read, and what it is made of.

use std::fmt::Debug;

use sha2::{Digest, Sha256};

/// Two that are the same were made of the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp([u8; 32]);

impl Stamp {
    pub fn of<T: Debug>(parts: impl IntoIterator<Item = T>) -> Stamp {
        let mut sum = Sha256::new();
        for part in parts {
            sum.update(format!("{part:?}\n"));
        }
        Stamp(sum.finalize().into())
    }

    /// As it is kept: half of it, which nobody finds another one for.
    pub fn print(&self) -> String {
        self.0[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What one answer was begun with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Basis {
    pub is_of_documents: bool,
    pub is_preview: bool,
    pub stamp: Stamp,
}
