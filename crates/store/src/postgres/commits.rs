//! The list of the last commits and of what each has changed: how a node learns what others have written.

use emporion_model::dependency::Dependency;
use futures_util::future::try_join;

use super::error::PostgresError;
use super::session::Session;
use super::shared_keys::KeyWatch;
use crate::invalidation::{InvalidationTable, Version};
use crate::rows::{self, signed};

/// A commit, and what it has changed; `None`: everything.
pub type Commit = (Version, Option<Vec<i64>>);

/// How long a commit stays on the list, and how many of the last ones do in any case. A node that was away for longer
/// takes everything as changed.
pub const PRUNE: &str = "DELETE FROM commits WHERE at < now() - interval '15 minutes' \
                         AND version < (SELECT version FROM log_head) - 1000";

/// Commits after a version, in their order.
pub async fn since(session: &Session, version: Version) -> Result<Vec<Commit>, PostgresError> {
    session
        .all("SELECT version, changed FROM commits WHERE version > $1 ORDER BY version", &[&signed(version)], |row| {
            let changed = row.try_get(1).map_err(|error| rows::wrong(1, error))?;
            Ok((rows::count(row, 0)?, changed))
        })
        .await
}

/// Learns of what came after the version that is known, and of the keys as they were then or later. Answers the last of the
/// commits.
pub async fn catch_up(
    session: &Session,
    invalidations: &InvalidationTable,
    keys: &KeyWatch,
) -> Result<Version, PostgresError> {
    let known = invalidations.version();
    let (since, newest) = try_join(since(session, known), KeyWatch::version(session)).await?;
    // Keys come first: what is told of a commit is answered with no keys older than it.
    keys.catch_up(session, newest).await?;
    Ok(learn(invalidations, known, &since))
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
