//! When each token and key was used last, to the hour: an observation of who holds it. It raises no revision and makes no line
//! in the log. What a crash takes is as much as it takes of the trail.

use std::collections::HashMap;

use parking_lot::{Mutex, RwLock};

use crate::id::{AccountId, CredentialId, Millis, RecordId};

/// In milliseconds: what is used again within it is not noted again.
const APART: i64 = 60 * 60 * 1000;
/// Those that are known to be noted, before all are forgotten; and those that wait to be written.
const MOST: usize = 50_000;
/// So many are written together.
const GROUP: usize = 64;

#[derive(Default)]
pub(crate) struct CredentialUsages {
    noted: RwLock<HashMap<CredentialId, Millis>>,
    waiting: Mutex<HashMap<CredentialId, CredentialUsage>>,
}

/// By whom, and when.
#[derive(Clone, Copy)]
pub(crate) struct CredentialUsage {
    pub account: AccountId,
    pub user: RecordId,
    pub at: Millis,
}

impl CredentialUsages {
    /// Whether it is to be written.
    pub fn note(&self, credential: CredentialId, of: CredentialUsage) -> bool {
        let is_near = |at: &Millis| of.at.0.saturating_sub(at.0) < APART;
        if self.noted.read().get(&credential).is_some_and(is_near) {
            return false;
        }
        let (mut noted, mut waiting) = (self.noted.write(), self.waiting.lock());
        if noted.len() >= MOST {
            noted.clear();
        }
        noted.insert(credential, of.at);
        let has_room = waiting.len() < MOST || waiting.contains_key(&credential);
        has_room && waiting.insert(credential, of).is_none()
    }

    /// Some of those that wait.
    pub fn some(&self) -> Vec<(CredentialId, CredentialUsage)> {
        self.waiting.lock().iter().take(GROUP).map(|(credential, of)| (*credential, *of)).collect()
    }

    pub fn written(&self, group: &[(CredentialId, CredentialUsage)]) {
        let mut waiting = self.waiting.lock();
        for (credential, of) in group {
            if waiting.get(credential).is_some_and(|now| now.at == of.at) {
                waiting.remove(credential);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_again_and_again_is_noted_once_an_hour() {
        let uses = CredentialUsages::default();
        let (one, other) = (CredentialId::fresh(), CredentialId::fresh());
        let at = |at: i64| CredentialUsage { account: AccountId::GLOBAL, user: RecordId::fresh(), at: Millis(at) };
        assert!(uses.note(one, at(1)) && !uses.note(one, at(APART)) && uses.note(other, at(2)));
        let group = uses.some();
        assert!(!uses.note(one, at(APART + 1)), "it waits already");
        uses.written(&group);
        let left = uses.some();
        assert_eq!(left.iter().map(|(credential, of)| (*credential, of.at.0)).collect::<Vec<_>>(), [(one, APART + 1)]);
        uses.written(&left);
        assert!(uses.some().is_empty() && uses.note(one, at(2 * APART + 1)));
    }
}
