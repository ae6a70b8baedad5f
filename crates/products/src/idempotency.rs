//! Idempotency: under a key a command is executed once, and its answer is stored with it.

use std::sync::Arc;

use bytes::Bytes;
use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, Idempotency, Once, Outcome};
use emporion_catalog::tracking::ReadSet;
use emporion_edge::fingerprint::Fingerprint;

use crate::failure::{Code, Failure};

/// Prints what came of a request as the answer that is stored: its status and its body.
pub type PrintAnswer<T> = Arc<dyn Fn(&T) -> (u16, Bytes) + Send + Sync>;

/// The idempotency key of a request.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    /// Caller, operation and path.
    pub scope: String,
    pub text: String,
    /// Tells requests under one key apart.
    pub fingerprint: Fingerprint,
}

impl IdempotencyKey {
    /// What tells it from the keys of others.
    pub fn name(&self) -> String {
        format!("{} {}", self.scope, self.text)
    }

    /// The answer that was stored under it, if there is one: its status and its body.
    ///
    /// Errors: 409 where that was to another request.
    pub async fn answered(&self, catalog: &Catalog, caller: &Caller) -> Result<Option<(u16, Bytes)>, Failure> {
        Ok(catalog.answered(caller, &self.scope, &self.text, &self.fingerprint.0).await?)
    }

    /// For a command whose answer is stored under it.
    pub fn storing(self, print: impl Fn(&Outcome) -> (u16, Bytes) + Send + Sync + 'static) -> Idempotency {
        let fingerprint = self.fingerprint.0.to_vec();
        Idempotency { scope: self.scope, key: self.text, fingerprint, print: Arc::new(print) }
    }
}

/// The key of a request, and the form in which its answer is stored.
pub struct StoredAnswer<T> {
    pub key: IdempotencyKey,
    pub print: PrintAnswer<T>,
}

impl<T> Clone for StoredAnswer<T> {
    fn clone(&self) -> StoredAnswer<T> {
        StoredAnswer { key: self.key.clone(), print: self.print.clone() }
    }
}

/// What became of a request.
pub enum Idempotent<T> {
    Fresh(T),
    /// It was carried out before, under the same key: the answer that was stored then.
    Replayed {
        status: u16,
        body: Bytes,
    },
}

impl<T> Idempotent<T> {
    /// What became of a request without a key, to which no answer is stored.
    ///
    /// Errors: 500 for a stored answer.
    pub fn fresh(self) -> Result<T, Failure> {
        match self {
            Idempotent::Fresh(made) => Ok(made),
            Idempotent::Replayed { .. } => Err(Failure::internal()),
        }
    }
}

/// Carries a request out, once for its key: where an answer is stored under it, nothing is carried out and that one is
/// given.
///
/// It is looked for before anything that depends on the present state, which the first request has changed; and again
/// after a refusal, which may come of what the same request has done a moment before.
///
/// Errors: 409 for a key that was used for another request.
pub async fn once<T>(
    catalog: &Catalog,
    caller: &Caller,
    stored: Option<&StoredAnswer<T>>,
    carry_out: impl Future<Output = Result<Idempotent<T>, Failure>>,
) -> Result<Idempotent<T>, Failure> {
    let Some(StoredAnswer { key, .. }) = stored else { return carry_out.await };
    if let Some((status, body)) = key.answered(catalog, caller).await? {
        return Ok(Idempotent::Replayed { status, body });
    }
    match carry_out.await {
        Err(failure) => match key.answered(catalog, caller).await {
            Ok(Some((status, body))) => Ok(Idempotent::Replayed { status, body }),
            Err(conflict) if conflict.code == Code::IDEMPOTENCY_CONFLICT => Err(conflict),
            // Whether there is one cannot be told: what was refused is.
            Ok(None) | Err(_) => Err(failure),
        },
        done => done,
    }
}

/// Executes the command; with what was read to decide on it, only while that still stands.
///
/// `make` is pure: it may be called more than once for one outcome.
///
/// Errors: an overtaken one where what was read has changed; 409 for a key that was used for another request.
pub async fn commit<T: 'static>(
    catalog: &Catalog,
    caller: &Caller,
    command: &Command,
    stored: Option<StoredAnswer<T>>,
    read: Option<&ReadSet>,
    make: impl Fn(&Outcome) -> T + Send + Sync + 'static,
) -> Result<Idempotent<T>, Failure> {
    let Some(stored) = stored else {
        let outcome = match read {
            Some(read) => catalog.execute_decided(caller, command, None, read).await?.outcome()?,
            None => catalog.execute(caller, command).await?,
        };
        return Ok(Idempotent::Fresh(make(&outcome)));
    };
    let make = Arc::new(make);
    let (made, print) = (make.clone(), stored.print);
    let idempotency = stored.key.storing(move |outcome| print(&made(outcome)));
    let once = match read {
        Some(read) => catalog.execute_decided(caller, command, Some(&idempotency), read).await,
        None => catalog.execute_once(caller, command, &idempotency).await,
    };
    Ok(match once? {
        Once::Done { outcome, .. } => Idempotent::Fresh(make(&outcome)),
        Once::Replayed { status, body } => Idempotent::Replayed { status, body },
    })
}
