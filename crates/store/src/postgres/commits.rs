//! The list of the last commits and of what each has changed: how a node learns what others have written.

use emporion_model::dependency::Dependency;

use super::error::PostgresError;
use super::session::Session;
use super::shared_keys::KeyWatch;
use crate::invalidation::{InvalidationTable, Version};
use crate::rows::{self, signed};

/// A commit, and what it has changed; `None`: everything.
pub type Commit = (Version, Option<Vec<i64>>);

/// What has been committed since some version.
#[derive(Default)]
pub struct NewCommits {
    /// In their order.
    pub commits: Vec<Commit>,
    /// The version of the keys that belong to the last of them; `None` where there is none, or it does not say.
    keys: Option<u64>,
}

/// How long a commit stays on the list, and how many of the last ones do in any case. A node that was away for longer
/// takes everything as changed.
pub const PRUNE: &str = "DELETE FROM commits WHERE at < now() - interval '15 minutes' \
                         AND version < (SELECT max(version) FROM commits) - 1000";

/// A commit: its version, what it has changed (null: everything), where the log ends with it, the version of its keys.
pub const INSERT: &str = "INSERT INTO commits (version, changed, seq, keys) VALUES ($1, $2, $3, $4)";

/// Commits after a version.
pub async fn since(session: &Session, version: Version) -> Result<NewCommits, PostgresError> {
    let newer = "SELECT version, changed, keys FROM commits WHERE version > $1 ORDER BY version";
    let mut since = NewCommits::default();
    since.commits = session
        .all(newer, &[&signed(version)], |row| {
            let changed = row.try_get(1).map_err(|error| rows::wrong(1, error))?;
            since.keys = rows::optional(row, 2, |row| rows::count(row, 2))?;
            Ok((rows::count(row, 0)?, changed))
        })
        .await?;
    Ok(since)
}

impl NewCommits {
    /// Takes up the keys that belong to the last of the commits, where these are newer.
    pub async fn take_keys_up(&self, session: &Session, keys: &KeyWatch) -> Result<(), PostgresError> {
        match (self.commits.is_empty(), self.keys) {
            // Whatever exchanges keys is a commit.
            (true, _) => keys.catch_up(session, 0).await,
            (false, Some(version)) => keys.catch_up(session, version).await,
            // Of a node of the version before.
            (false, None) => keys.catch_up(session, KeyWatch::version(session).await?).await,
        }
    }
}

/// Learns of what came after the version that is known, and of the keys as they were then or later. Answers the last of the
/// commits.
pub async fn catch_up(
    session: &Session,
    invalidations: &InvalidationTable,
    keys: &KeyWatch,
) -> Result<Version, PostgresError> {
    let known = invalidations.version();
    let since = since(session, known).await?;
    // Keys come first: what is told of a commit is answered with no keys older than it.
    since.take_keys_up(session, keys).await?;
    Ok(learn(invalidations, known, &since.commits))
}

/// Takes in what came after a version that was known. Answers the last of them.
pub fn learn(invalidations: &InvalidationTable, known: Version, commits: &[Commit]) -> Version {
    let Some((last, _)) = commits.last() else { return known };
    if let Some((first, _)) = commits.first().filter(|(first, _)| *first > known + 1) {
        // What came between is no longer on the list.
        invalidations.learn(first - 1, [], true);
    }
    for (version, changed) in commits {
        let listed = changed.iter().flatten().map(|number| Dependency(number.cast_unsigned()));
        invalidations.learn(*version, listed, changed.is_none());
    }
    invalidations.reached(*last);
    *last
}
