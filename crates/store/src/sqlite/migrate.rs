//! Bringing a file to the shape that this binary knows: numbered scripts, each applied once, never backwards.

use emporion_catalog::ports::StoreError;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::fault::Fault;

/// One step. Numbers rise by one; a step that has been released is never edited.
struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "init", sql: include_str!("../../migrations/0001_init.sql") },
    Migration { number: 2, name: "under_way", sql: include_str!("../../migrations/0002_under_way.sql") },
    Migration { number: 3, name: "through", sql: include_str!("../../migrations/0003_through.sql") },
];

/// Applies what is missing.
///
/// Errors: `Unavailable` when a newer binary has written the file, or a step was applied in another wording.
pub fn migrate(connection: &mut Connection) -> Result<(), Fault> {
    run(connection, MIGRATIONS)
}

fn run(connection: &mut Connection, migrations: &[Migration]) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (
            number INTEGER NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            checksum TEXT NOT NULL
        ) STRICT",
    )?;
    refuse_newer(&transaction, migrations)?;
    for migration in migrations {
        let checksum = checksum(migration.sql);
        let applied: Option<String> = transaction
            .query_row("SELECT checksum FROM migrations WHERE number = ?1", [migration.number], |row| row.get(0))
            .optional()?;
        match applied {
            Some(applied) if applied == checksum => {}
            Some(_) => {
                return Err(refused(format!(
                    "schema step {} ({}) of the store is not the one that this version knows",
                    migration.number, migration.name
                )));
            }
            None => {
                transaction.execute_batch(migration.sql)?;
                transaction.execute(
                    "INSERT INTO migrations (number, name, checksum) VALUES (?1, ?2, ?3)",
                    params![migration.number, migration.name, checksum],
                )?;
            }
        }
    }
    Ok(transaction.commit()?)
}

/// Looks whether the file is a store, and one that this binary knows; changes nothing.
///
/// Errors: `Unavailable` when it is not.
pub fn check(connection: &Connection) -> Result<(), Fault> {
    let is_store = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'";
    if !connection.prepare(is_store)?.exists([])? {
        return Err(refused("the file is no store".into()));
    }
    refuse_newer(connection, MIGRATIONS)
}

fn refuse_newer(connection: &Connection, migrations: &[Migration]) -> Result<(), Fault> {
    let known = migrations.last().map_or(0, |last| last.number);
    let newest: Option<i64> = connection.query_row("SELECT max(number) FROM migrations", [], |row| row.get(0))?;
    match newest.filter(|newest| *newest > known) {
        None => Ok(()),
        Some(newest) => Err(refused(format!(
            "the store was written by a newer version: it has schema {newest}, this version knows up to {known}"
        ))),
    }
}

fn refused(reason: String) -> Fault {
    Fault::Store(StoreError::Unavailable(reason))
}

fn checksum(sql: &str) -> String {
    Sha256::digest(sql.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Migration = Migration { number: 1, name: "first", sql: "CREATE TABLE a (x INTEGER)" };
    const SECOND: Migration = Migration { number: 2, name: "second", sql: "CREATE TABLE b (x INTEGER)" };

    #[test]
    fn every_step_is_applied_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &[FIRST]).unwrap();
        run(&mut connection, &[FIRST, SECOND]).unwrap();
        run(&mut connection, &[FIRST, SECOND]).unwrap();
        connection.execute_batch("SELECT * FROM a, b").unwrap();
    }

    #[test]
    fn a_store_of_a_newer_version_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &[FIRST, SECOND]).unwrap();
        let refusal = run(&mut connection, &[FIRST]).unwrap_err().into_store_error().to_string();
        assert!(refusal.contains("newer version"), "{refusal}");
    }

    #[test]
    fn an_edited_step_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &[FIRST]).unwrap();
        let edited = Migration { sql: "CREATE TABLE a (y INTEGER)", ..FIRST };
        assert!(run(&mut connection, &[edited]).is_err());
    }

    #[test]
    fn numbers_of_steps_rise_by_one() {
        let numbers: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.number).collect();
        assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
    }
}
