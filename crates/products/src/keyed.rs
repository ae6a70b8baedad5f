//! Keyed commits: under an idempotency key a command is executed once, and its answer is stored with it.

use std::sync::Arc;

use bytes::Bytes;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, Idempotency, Once, Outcome};
use emporion_catalog::tracking::ReadSet;
use emporion_edge::fingerprint::Fingerprint;

use crate::failure::Failure;
use crate::service::Products;

/// Prints what came of a request as the answer that is stored: its status and its body.
pub type PrintAnswer<T> = Arc<dyn Fn(&T) -> (u16, Bytes) + Send + Sync>;

/// The key of a request, and the form in which its answer is stored.
pub struct Keyed<T> {
    /// Caller, operation and path.
    pub scope: String,
    pub key: String,
    /// Tells requests under one key apart.
    pub fingerprint: Fingerprint,
    pub print: PrintAnswer<T>,
}

/// What became of a request.
pub enum Done<T> {
    Fresh(T),
    /// It was carried out before, under the same key: the answer that was stored then.
    Replayed {
        status: u16,
        body: Bytes,
    },
}

/// Executes the command; with what was read to decide on it, only while that still stands.
///
/// `make` is pure: it may be called more than once for one outcome.
///
/// Errors: an overtaken one where what was read has changed; 409 for a key that was used for another request.
pub async fn commit<T: 'static>(
    products: &Products,
    caller: &Caller,
    command: &Command,
    keyed: Option<Keyed<T>>,
    read: Option<&ReadSet>,
    make: impl Fn(&Outcome) -> T + Send + Sync + 'static,
) -> Result<Done<T>, Failure> {
    let catalog = &products.catalog;
    let Some(keyed) = keyed else {
        let outcome = match read {
            Some(read) => catalog.execute_decided(caller, command, None, read).await?.outcome()?,
            None => catalog.execute(caller, command).await?,
        };
        return Ok(Done::Fresh(make(&outcome)));
    };
    let make = Arc::new(make);
    let (made, print) = (make.clone(), keyed.print);
    let idempotency = Idempotency {
        scope: keyed.scope,
        key: keyed.key,
        fingerprint: keyed.fingerprint.0.to_vec(),
        print: Arc::new(move |outcome| print(&made(outcome))),
    };
    let once = match read {
        Some(read) => catalog.execute_decided(caller, command, Some(&idempotency), read).await,
        None => catalog.execute_once(caller, command, &idempotency).await,
    };
    Ok(match once? {
        Once::Done { outcome, .. } => Done::Fresh(make(&outcome)),
        Once::Replayed { status, body } => Done::Replayed { status, body },
    })
}
