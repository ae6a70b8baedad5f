//! Requests that come again under their key: the first one's answer is a row of its change set, and is repeated for a
//! day.

use bytes::Bytes;

use crate::boxed::Boxed;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Expect, RememberedAnswer, Write, oldest_answer};
use crate::command::{Idempotency, Once, Outcome};
use crate::id::Millis;
use crate::ports::Snapshot;
use crate::problem::Problem;

impl Catalog {
    /// The answer that was given under a key: status and body. For doors that must know before they look at anything that
    /// the first request may have changed.
    ///
    /// Errors: `KeyReused` when the key stands for another request.
    pub fn answered<'a>(
        &'a self,
        caller: &'a Caller,
        scope: &'a str,
        key: &'a str,
        fingerprint: &'a [u8],
    ) -> Boxed<'a, Result<Option<(u16, Bytes)>, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            find(&*snapshot, caller, (scope, key), fingerprint, self.now()).await
        })
    }
}

async fn find(
    snapshot: &dyn Snapshot,
    caller: &Caller,
    (scope, key): (&str, &str),
    fingerprint: &[u8],
    now: Millis,
) -> Result<Option<(u16, Bytes)>, Problem> {
    let stored = snapshot.answer_for(caller.account(), scope, key).await?;
    match stored.filter(|stored| stored.at >= oldest_answer(now)) {
        None => Ok(None),
        Some(stored) if stored.fingerprint == fingerprint => Ok(Some((stored.status, stored.body))),
        Some(_) => Err(Problem::KeyReused),
    }
}

pub(crate) async fn replay(
    snapshot: &dyn Snapshot,
    caller: &Caller,
    key: Option<&Idempotency>,
    now: Millis,
) -> Result<Option<Once>, Problem> {
    let Some(key) = key else { return Ok(None) };
    let found = find(snapshot, caller, (&key.scope, &key.key), &key.fingerprint, now).await?;
    Ok(found.map(|(status, body)| Once::Replayed { status, body }))
}

/// Adds the answer to the change set, so that both are stored or neither.
pub(crate) fn remember(
    set: &mut ChangeSet,
    caller: &Caller,
    key: &Idempotency,
    outcome: &Outcome,
    at: Millis,
) -> (u16, Bytes) {
    let (status, body) = (key.print)(outcome);
    let account = caller.account();
    let since = oldest_answer(at);
    set.expect.push(Expect::KeyUnused { account, scope: key.scope.clone(), key: key.key.clone(), since });
    set.writes.push(Write::PutKey(Box::new(RememberedAnswer {
        account,
        scope: key.scope.clone(),
        key: key.key.clone(),
        fingerprint: key.fingerprint.clone(),
        status,
        body: body.clone(),
        at,
    })));
    (status, body)
}

pub(crate) fn done(answer: Option<(u16, Bytes)>, outcome: Outcome) -> Once {
    let (status, body) = answer.unwrap_or((0, Bytes::new()));
    Once::Done { status, body, outcome: Box::new(outcome) }
}
