//! The keys that nodes share: kept as they are handed in, wrapped, and taken up by every node before it answers by a state
//! that knows them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use emporion_model::dependency::Dependency;
use emporion_model::id::AccountId;

use super::commits;
use super::control::CHANNEL;
use super::error::PostgresError;
use super::log_head::LogHead;
use super::session::Session;
use crate::rows::{self, Columns, signed};

/// To those who listen it is no place in the log: they look for themselves.
const TOLD: &str = "keys";

/// Keys of a version, wrapped.
pub struct StoredKeys {
    pub version: u64,
    pub wrapped: Vec<u8>,
}

/// Takes keys up that are newer than those at hand.
///
/// Errors: why they cannot be unwrapped; then nothing is answered by them.
pub type TakeUp = Box<dyn Fn(&StoredKeys) -> Result<(), String> + Send + Sync>;

/// Which keys this node has taken up.
#[derive(Default)]
pub struct KeyWatch {
    taken: AtomicU64,
    /// The newest that a commit was seen with.
    seen: AtomicU64,
    take_up: OnceLock<TakeUp>,
}

impl KeyWatch {
    /// From now on newer ones are taken up. Before that, nobody asks for any.
    pub fn follow(&self, version: u64, take_up: TakeUp) {
        self.taken.fetch_max(version, Ordering::AcqRel);
        // It is opened once.
        let _ = self.take_up.set(take_up);
    }

    /// The version of the newest keys.
    pub async fn version(session: &Session) -> Result<u64, PostgresError> {
        Ok(LogHead::read(session).await?.keys)
    }

    /// Takes the keys up where the version, or one that was seen before, is newer than what this node has.
    pub async fn catch_up(&self, session: &Session, version: u64) -> Result<(), PostgresError> {
        let seen = self.seen.fetch_max(version, Ordering::AcqRel).max(version);
        let Some(take_up) = self.take_up.get().filter(|_| seen > self.taken.load(Ordering::Acquire)) else {
            return Ok(());
        };
        let Some(keys) = read(session).await? else { return Err(PostgresError::internal("the shared keys are gone")) };
        take_up(&keys).map_err(PostgresError::unavailable)?;
        self.taken.fetch_max(keys.version, Ordering::AcqRel);
        Ok(())
    }
}

pub async fn read(session: &Session) -> Result<Option<StoredKeys>, PostgresError> {
    session
        .first("SELECT version, wrapped FROM shared_keys", &[], |row| {
            Ok(StoredKeys { version: rows::count(row, 0)?, wrapped: row.bytes(1)?.to_vec() })
        })
        .await
}

/// Puts keys in the place of those of the version before, in a transaction that begins as all do that write (see
/// `isolation`): who is alone meets no exchange either. Answers whether these were still there.
pub async fn replace(session: &Session, begin: &str, keys: &StoredKeys) -> Result<bool, PostgresError> {
    session.begin(begin).await?;
    let replaced = replace_within(session, keys).await;
    let commits = matches!(replaced, Ok(true));
    session.end(replaced, commits).await
}

async fn replace_within(session: &Session, keys: &StoredKeys) -> Result<bool, PostgresError> {
    let (version, before) = (signed(keys.version), signed(keys.version.saturating_sub(1)));
    let written = if before == 0 {
        let first = "INSERT INTO shared_keys (id, version, wrapped) VALUES (1, $1, $2) ON CONFLICT DO NOTHING";
        session.run(first, &[&version, &keys.wrapped]).await?
    } else {
        let next = "UPDATE shared_keys SET version = $1, wrapped = $2 WHERE version = $3";
        session.run(next, &[&version, &keys.wrapped, &before]).await?
    };
    if written == 0 {
        return Ok(false);
    }
    // A commit like any other: it takes its turn, and is on the list.
    let turn = "UPDATE log_head SET version = version + 1, keys = $1 RETURNING seq, version";
    let commit = session.first(turn, &[&version], |row| Ok((rows::count(row, 0)?, rows::count(row, 1)?))).await?;
    let (seq, commit) = commit.ok_or_else(|| PostgresError::internal("the log has no head"))?;
    let changed = [Dependency::rights(AccountId::GLOBAL).0.cast_signed()];
    session.run(commits::INSERT, &[&signed(commit), &&changed[..], &signed(seq), &version]).await?;
    session.run("SELECT pg_notify($1, $2)", &[&CHANNEL, &TOLD]).await?;
    Ok(true)
}

/// Which store this is.
pub async fn store_id(session: &Session) -> Result<uuid::Uuid, PostgresError> {
    let id = session.first("SELECT store FROM log_head", &[], |row| row.uuid(0)).await?;
    id.ok_or_else(|| PostgresError::internal("the log has no head"))
}
