//! Questions under an `Idempotency-Key`: each is asked once.
//!
//! What is kept under a key is which message answers it, and no row: whoever repeats the question gets the answer of that
//! message, made anew from what he may read now. While the first is being answered, the others wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::Idempotency;
use emporion_catalog::id::RecordId;
use emporion_edge::fingerprint::Fingerprint;
use serde_json::{Value, json};
use tokio::sync::OwnedMutexGuard;

use crate::failure::Failure;
use crate::idempotency::IdempotencyKey;

/// Which message answers what was asked under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerRef {
    pub thread: RecordId,
    pub message: RecordId,
}

impl AnswerRef {
    /// The message that was made under a key, if there is one.
    ///
    /// Errors: 409 where it was made for another request.
    pub async fn under(key: &IdempotencyKey, catalog: &Catalog, caller: &Caller) -> Result<Option<AnswerRef>, Failure> {
        let answered = key.answered(catalog, caller).await?;
        answered.map(|(_, body)| AnswerRef::parse(&body).ok_or_else(Failure::internal)).transpose()
    }

    /// Keeps the message under a key, together with it.
    pub fn storing(self, key: &IdempotencyKey) -> Idempotency {
        key.clone().storing(move |_| (200, self.print()))
    }

    fn print(self) -> Bytes {
        json!({"threadId": self.thread.to_string(), "messageId": self.message.to_string()}).to_string().into()
    }

    pub fn parse(stored: &[u8]) -> Option<AnswerRef> {
        let stored: Value = serde_json::from_slice(stored).ok()?;
        let id = |name: &str| stored.get(name)?.as_str()?.parse().ok();
        Some(AnswerRef { thread: id("threadId")?, message: id("messageId")? })
    }
}

/// The keys under which something is being asked.
#[derive(Default)]
pub struct PendingKeys {
    taken: Mutex<HashMap<String, Taken>>,
}

struct Taken {
    fingerprint: Fingerprint,
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Who has it, and who waits for it.
    wanted: usize,
}

/// The turn to ask under a key, until it is dropped.
pub struct Turn {
    pending: Arc<PendingKeys>,
    key: String,
    guard: Option<OwnedMutexGuard<()>>,
}

impl PendingKeys {
    /// Waits until nobody else asks under the key.
    ///
    /// Errors: 409 where another request is being answered under it.
    pub async fn take(self: &Arc<PendingKeys>, key: &IdempotencyKey) -> Result<Turn, Failure> {
        let (name, fingerprint) = (key.name(), key.fingerprint);
        let turn = {
            let mut taken = self.taken();
            let fresh = || Taken { fingerprint, turn: Arc::default(), wanted: 0 };
            let entry = taken.entry(name.clone()).or_insert_with(fresh);
            if entry.fingerprint != fingerprint {
                return Err(Failure::idempotency_conflict());
            }
            entry.wanted += 1;
            entry.turn.clone()
        };
        // From here on it is given back, whatever becomes of the wait.
        let mut waiting = Turn { pending: self.clone(), key: name, guard: None };
        waiting.guard = Some(turn.lock_owned().await);
        Ok(waiting)
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<String, Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.guard = None;
        let mut taken = self.pending.taken();
        if let Some(entry) = taken.get_mut(&self.key) {
            entry.wanted -= 1;
            if entry.wanted == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn key(text: &str, body: &Value) -> IdempotencyKey {
        let fingerprint = Fingerprint::of_json(&Method::POST, "/chat", body);
        IdempotencyKey { scope: "s".to_owned(), text: text.to_owned(), fingerprint }
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let kept = AnswerRef { thread: RecordId::fresh(), message: RecordId::fresh() };
        assert_eq!(AnswerRef::parse(&kept.print()), Some(kept));
        assert_eq!(AnswerRef::parse(b"{}"), None);
    }

    #[tokio::test]
    async fn one_asks_under_a_key_at_a_time() {
        let turns = Arc::new(PendingKeys::default());
        let (one, other) = (key("k", &json!({"message": "a"})), key("k", &json!({"message": "b"})));
        let first = turns.take(&one).await.expect("free");
        assert!(turns.take(&other).await.is_err(), "another question under the same key");
        assert!(turns.take(&key("l", &json!({}))).await.is_ok());
        let waiting = tokio::spawn({
            let (turns, one) = (turns.clone(), one.clone());
            async move { turns.take(&one).await.map(drop) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        // Who stops waiting leaves nothing behind.
        let gone = tokio::time::timeout(std::time::Duration::from_millis(5), turns.take(&one)).await;
        assert!(gone.is_err());
        drop(first);
        assert!(waiting.await.expect("it ends").is_ok());
        assert!(turns.taken().is_empty());
    }
}
