//! Bringing a database to the shape that this binary knows: numbered scripts, each applied once, never backwards.

use emporion_model::ports::StoreError;
use sha2::{Digest, Sha256};

use super::error::PostgresError;
use super::fill;
use super::session::Session;
use crate::rows;

/// One step. Numbers rise by one; a step that has been released is never edited.
struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "init", sql: include_str!("../../migrations/postgres/0001_init.sql") },
    Migration { number: 2, name: "shared_keys", sql: include_str!("../../migrations/postgres/0002_shared_keys.sql") },
    Migration { number: 3, name: "deeds", sql: include_str!("../../migrations/postgres/0003_deeds.sql") },
    Migration { number: 4, name: "audit_events", sql: include_str!("../../migrations/postgres/0004_audit_events.sql") },
    Migration {
        number: 5,
        name: "members_follow",
        sql: include_str!("../../migrations/postgres/0005_members_follow.sql"),
    },
    Migration { number: 6, name: "deleted", sql: include_str!("../../migrations/postgres/0006_deleted.sql") },
    Migration {
        number: 7,
        name: "commits_tell_the_head",
        sql: include_str!("../../migrations/postgres/0007_commits_tell_the_head.sql"),
    },
];

/// Held by whoever brings the database into shape: nodes that start together do it one after the other.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7307218417350468)";

/// Applies what is missing, all of it or nothing. One that must be empty is no store from then on until it is filled, or given up.
///
/// Errors: `Unavailable` when a newer binary has written the database, a step was applied in another wording,
/// texts are not kept in UTF-8, or it is used, and `must_be_empty`.
pub async fn migrate(session: &Session, must_be_empty: bool) -> Result<(), PostgresError> {
    // A step is many statements.
    let _patience = session.patient();
    session.batch("BEGIN").await?;
    let done = run(session, MIGRATIONS, must_be_empty).await;
    let commits = done.is_ok();
    session.end(done, commits).await
}

/// Looks whether anything is missing, and changes nothing.
///
/// Errors: `Unavailable` as `migrate`, and where there is no store yet, or an older binary has written it.
pub async fn check(session: &Session) -> Result<(), PostgresError> {
    check_is_finished(session).await?;
    let there = session.finds("SELECT 1 WHERE to_regclass('migrations') IS NOT NULL", &[]).await?;
    let applied = if there { applied(session).await? } else { Vec::new() };
    match missing(MIGRATIONS, &applied)? {
        [] => Ok(()),
        _ if applied.is_empty() => Err(refused("there is no store".into())),
        _ => Err(refused("the store was written by an older version; `serve` brings it up to date".into())),
    }
}

/// Errors: `Unavailable` where not all of a store has arrived that is put here.
async fn check_is_finished(session: &Session) -> Result<(), PostgresError> {
    match fill::is_unfinished(session).await? {
        true => Err(refused("a store on its way here has not wholly arrived; the same command goes on with it".into())),
        false => Ok(()),
    }
}

async fn applied(session: &Session) -> Result<Vec<(u64, String)>, PostgresError> {
    session
        .all("SELECT number, checksum FROM migrations ORDER BY number", &[], |row| {
            Ok((rows::count(row, 0)?, rows::text(row, 1)?.to_owned()))
        })
        .await
}

async fn run(session: &Session, migrations: &[Migration], must_be_empty: bool) -> Result<(), PostgresError> {
    session.batch(LOCK).await?;
    if !must_be_empty {
        check_is_finished(session).await?;
    }
    let encoding =
        session.first("SELECT current_setting('server_encoding')", &[], |row| rows::text(row, 0).map(str::to_owned));
    if encoding.await?.as_deref() != Some("UTF8") {
        return Err(refused("the database does not keep texts in UTF-8: make it with ENCODING 'UTF8'".into()));
    }
    session
        .batch(
            "SET LOCAL client_min_messages = warning; CREATE TABLE IF NOT EXISTS migrations (\
             number bigint NOT NULL PRIMARY KEY, name text NOT NULL, checksum text NOT NULL)",
        )
        .await?;
    let applied = applied(session).await?;
    let missing = missing(migrations, &applied)?;
    // Whatever is put there, keys as well, is a commit.
    if must_be_empty && !applied.is_empty() && session.finds("SELECT 1 FROM log_head WHERE version > 0", &[]).await? {
        return Err(refused("the database is used already; a store is put to an empty one".into()));
    }
    for migration in missing {
        session.batch(migration.sql).await?;
        let checksum = checksum(migration.sql);
        session
            .run(
                "INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)",
                &[&migration.number, &migration.name, &checksum],
            )
            .await?;
    }
    if must_be_empty {
        fill::mark(session).await?;
    }
    Ok(())
}

/// The steps that are not yet applied.
fn missing<'m>(migrations: &'m [Migration], applied: &[(u64, String)]) -> Result<&'m [Migration], StoreError> {
    let known = migrations.len() as u64;
    if let Some((newest, _)) = applied.last().filter(|(newest, _)| *newest > known) {
        return Err(refuse(format!(
            "the store was written by a newer version: it has schema {newest}, this version knows up to {known}"
        )));
    }
    for ((number, applied), migration) in applied.iter().zip(migrations) {
        if *applied != checksum(migration.sql) {
            return Err(refuse(format!(
                "schema step {number} ({}) of the store is not the one that this version knows",
                migration.name
            )));
        }
    }
    Ok(&migrations[applied.len()..])
}

fn refuse(reason: String) -> StoreError {
    StoreError::Unavailable(reason)
}

fn refused(reason: String) -> PostgresError {
    PostgresError::Store(refuse(reason))
}

fn checksum(sql: &str) -> String {
    Sha256::digest(sql.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Migration = Migration { number: 1, name: "first", sql: "CREATE TABLE a (x bigint)" };
    const SECOND: Migration = Migration { number: 2, name: "second", sql: "CREATE TABLE b (x bigint)" };

    fn applied(migrations: &[Migration]) -> Vec<(u64, String)> {
        migrations.iter().zip(1..).map(|(migration, number)| (number, checksum(migration.sql))).collect()
    }

    #[test]
    fn what_is_missing_is_applied_and_what_is_newer_or_edited_refused() {
        let numbers = |known: &[Migration], applied: &[(u64, String)]| {
            missing(known, applied).map(|steps| steps.iter().map(|step| step.number).collect::<Vec<_>>()).ok()
        };
        assert_eq!(numbers(&[FIRST, SECOND], &[]), Some(vec![1, 2]));
        assert_eq!(numbers(&[FIRST, SECOND], &applied(&[FIRST])), Some(vec![2]));
        assert_eq!(numbers(&[FIRST, SECOND], &applied(&[FIRST, SECOND])), Some(vec![]));
        assert_eq!(numbers(&[FIRST], &applied(&[FIRST, SECOND])), None);
        assert_eq!(numbers(&[Migration { sql: "", ..FIRST }], &applied(&[FIRST])), None);
        let numbers: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.number).collect();
        assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
    }
}
