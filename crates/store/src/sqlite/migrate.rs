//! Bringing a file to the shape that this binary knows: numbered scripts, each applied once, never backwards.

use emporion_model::ports::StoreError;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::error::SqliteError;

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
    Migration { number: 4, name: "rows", sql: include_str!("../../migrations/0004_rows.sql") },
    Migration { number: 5, name: "addresses", sql: include_str!("../../migrations/0005_addresses.sql") },
    Migration { number: 6, name: "stewards", sql: include_str!("../../migrations/0006_stewards.sql") },
    Migration { number: 7, name: "followers", sql: include_str!("../../migrations/0007_followers.sql") },
    Migration { number: 8, name: "observations", sql: include_str!("../../migrations/0008_observations.sql") },
    Migration { number: 9, name: "observed", sql: include_str!("../../migrations/0009_observed.sql") },
    Migration { number: 10, name: "both_ends", sql: include_str!("../../migrations/0010_both_ends.sql") },
    Migration { number: 11, name: "row_filters", sql: include_str!("../../migrations/0011_row_filters.sql") },
    Migration { number: 12, name: "ends", sql: include_str!("../../migrations/0012_ends.sql") },
    Migration { number: 13, name: "doors", sql: include_str!("../../migrations/0013_doors.sql") },
    Migration { number: 14, name: "certified_by", sql: include_str!("../../migrations/0014_certified_by.sql") },
    Migration { number: 15, name: "holdings", sql: include_str!("../../migrations/0015_holdings.sql") },
    Migration { number: 16, name: "hidden", sql: include_str!("../../migrations/0016_hidden.sql") },
    Migration { number: 17, name: "told_parts", sql: include_str!("../../migrations/0017_told_parts.sql") },
    Migration { number: 18, name: "listed", sql: include_str!("../../migrations/0018_listed.sql") },
    Migration { number: 19, name: "made_with", sql: include_str!("../../migrations/0019_made_with.sql") },
    Migration { number: 20, name: "deeds", sql: include_str!("../../migrations/0020_deeds.sql") },
    Migration { number: 21, name: "audit_events", sql: include_str!("../../migrations/0021_audit_events.sql") },
    Migration { number: 22, name: "members_follow", sql: include_str!("../../migrations/0022_members_follow.sql") },
    Migration { number: 23, name: "deleted", sql: include_str!("../../migrations/0023_deleted.sql") },
];

/// Applies what is missing. Temporary tables of the connection are gone then.
///
/// Errors: `Unavailable` when a newer binary has written the file, or a step was applied in another wording.
pub fn migrate(connection: &mut Connection) -> Result<(), SqliteError> {
    // A step may set aside more than there is memory for.
    connection.pragma_update(None, "temp_store", "FILE")?;
    run(connection, MIGRATIONS)
}

fn run(connection: &mut Connection, migrations: &[Migration]) -> Result<(), SqliteError> {
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
pub fn check(connection: &Connection) -> Result<(), SqliteError> {
    let is_store = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'";
    if !connection.prepare(is_store)?.exists([])? {
        return Err(refused("the file is no store".into()));
    }
    refuse_newer(connection, MIGRATIONS)
}

/// The same, and that it has the shape of this binary.
pub fn check_is_newest(connection: &Connection) -> Result<(), SqliteError> {
    check(connection)?;
    let applied: i64 = connection.query_row("SELECT count(*) FROM migrations", [], |row| row.get(0))?;
    match applied.unsigned_abs() == MIGRATIONS.len() as u64 {
        true => Ok(()),
        false => Err(refused("the store was written by an older version".into())),
    }
}

fn refuse_newer(connection: &Connection, migrations: &[Migration]) -> Result<(), SqliteError> {
    let known = migrations.last().map_or(0, |last| last.number);
    let newest: Option<i64> = connection.query_row("SELECT max(number) FROM migrations", [], |row| row.get(0))?;
    match newest.filter(|newest| *newest > known) {
        None => Ok(()),
        Some(newest) => Err(refused(format!(
            "the store was written by a newer version: it has schema {newest}, this version knows up to {known}"
        ))),
    }
}

fn refused(reason: String) -> SqliteError {
    SqliteError::Store(StoreError::Unavailable(reason))
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

    /// A record of account 1 with the id `x'NN'` repeated to sixteen bytes.
    fn record(connection: &Connection, id: u8, kind: &str, fqn: &str, parent: Option<u8>, body: &str) {
        let bytes = |id: u8| vec![id; 16];
        connection
            .execute(
                "INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5, 0, NULL, 1, 1, 1, 0, ?2, 'x', 0, ?2, 'x', 0, NULL, ?6, NULL)",
                params![bytes(id), bytes(1), kind, parent.map(bytes), fqn, body],
            )
            .unwrap();
    }

    fn edge(
        connection: &Connection,
        id: u8,
        source: u8,
        relation: &str,
        target: u8,
        attributes: Option<&str>,
        since: i64,
    ) {
        connection
            .execute(
                "INSERT INTO edges VALUES (?1, ?2, '', ?3, ?4, ?5, ?6, ?7)",
                params![vec![source; 16], relation, id, vec![id; 16], vec![target; 16], attributes, since],
            )
            .unwrap();
    }

    fn event(connection: &Connection, seq: i64, by: u8, id: u8, revision: i64) {
        connection
            .execute(
                "INSERT INTO events VALUES (?1, ?2, 77, ?3, 'x', 'updated', 'data_product', ?4, 'p', ?5, NULL)",
                params![seq, vec![1_u8; 16], vec![by; 16], vec![id; 16], revision],
            )
            .unwrap();
    }

    #[test]
    fn assets_that_were_added_by_who_held_them_are_granted_and_others_wait() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &MIGRATIONS[..3]).unwrap();
        let (admin, owner, mate, plain, gone) = (10, 11, 12, 13, 14);
        record(&connection, admin, "user", "admin", None, r#"{"is_admin":true}"#);
        record(&connection, gone, "user", "gone", None, r#"{"is_admin":true,"disabled":true}"#);
        for user in [owner, mate, plain] {
            record(&connection, user, "user", &format!("u{user}"), None, "{}");
        }
        record(&connection, 20, "team", "team", None, "{}");
        edge(&connection, 60, 20, "member", mate, Some(r#"{"designation":"contributor"}"#), 1);
        edge(&connection, 61, 20, "member", plain, Some(r#"{"designation":"viewer"}"#), 1);
        record(&connection, 30, "database_schema", "s", None, "{}");
        edge(&connection, 62, 30, "owner", owner, None, 1);
        record(&connection, 31, "table", "s.t", Some(30), "{}");
        edge(&connection, 63, 31, "owner", 20, None, 1);
        record(&connection, 40, "data_product", "p", None, "{}");
        // Who added the edge, and at which revision.
        for (at, user) in [admin, owner, mate, plain, gone].into_iter().enumerate() {
            let at = u8::try_from(at).unwrap();
            edge(&connection, 70 + at, 40, "has_asset", 31, Some(r#"{"description":"d"}"#), i64::from(at) + 2);
            event(&connection, i64::from(at) + 1, user, 40, i64::from(at) + 2);
        }
        // Its attributes were changed later by the administrator: that is not to add it.
        connection
            .execute(
                "INSERT INTO past_edges VALUES (?1, 9, 5, ?2, 'has_asset', '', 73, ?3, NULL)",
                params![vec![40_u8; 16], vec![73_u8; 16], vec![31_u8; 16]],
            )
            .unwrap();
        connection.execute("UPDATE edges SET since = 9 WHERE id = ?1", [vec![73_u8; 16]]).unwrap();
        event(&connection, 9, admin, 40, 9);
        let seeded = r#"{"rules":[{"name":"view","effect":"allow","resources":["all"],"operations":["ViewAll"]}]}"#;
        record(&connection, 50, "policy", "OrganizationPolicy", None, seeded);

        run(&mut connection, MIGRATIONS).unwrap();

        let granted: Vec<Option<String>> = (70..75_u8)
            .map(|id| {
                let sql = "SELECT json_extract(attributes, '$.granted_by') FROM edges WHERE id = ?1";
                connection.query_row(sql, [vec![id; 16]], |row| row.get(0)).unwrap()
            })
            .collect();
        let user = |id: u8| Some(uuid::Uuid::from_bytes([id; 16]).to_string());
        assert_eq!(granted, [user(admin), user(owner), user(mate), None, None]);
        let kept: String = connection
            .query_row(
                "SELECT json_extract(attributes, '$.description') FROM edges WHERE id = ?1",
                [vec![70_u8; 16]],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(kept, "d");
        let policy: String =
            connection.query_row("SELECT body FROM records WHERE kind = 'policy'", [], |row| row.get(0)).unwrap();
        assert!(policy.contains("ViewBasic") && !policy.contains("ViewAll"), "{policy}");
    }

    #[test]
    fn what_was_observed_moves_out_of_bodies_and_stays_what_it_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &MIGRATIONS[..8]).unwrap();
        let column = |name: &str, at: i64, low: &str| {
            format!(r#"{{"name":{name:?},"timestamp":{at},"min":"{low}","nullCount":0.0}}"#)
        };
        let table = |at: i64| format!(r#"{{"timestamp":{at},"rowCount":{at}.0,"custom":{{"x_y":[1,null]}}}}"#);
        let profiles = format!(
            r#""profile":{},"profiles":{{"table":[{},{}],"columns":[{},{},{}],"system":[{{"timestamp":7,"operation":"INSERT"}}]}}"#,
            table(9),
            table(9),
            table(8),
            column("a", 9, "ü\\n"),
            column("b.c", 9, "x"),
            column("a", 8, "y"),
        );
        let sample = r#"{"columns":["a"],"rows":[["x"],[1.50]]}"#;
        let usage = r#"{"date":"2026-01-02","daily_stats":{"count":3}}"#;
        let body = format!(
            r#"{{"columns":[{{"name":"a","profile":{{}}}}],{profiles},"sample_data":{sample},"joins":{{"day_count":1}},"usage_summary":{usage},"source_hash":"h"}}"#
        );
        record(&connection, 10, "table", "t", None, &body);
        let run_of = r#"{"timestamp":5,"executionStatus":"Failed"}"#;
        let pipeline = format!(
            r#"{{"state":"Active","pipeline_status":{{"timestamp":5,"execution_status":"Failed"}},"runs":[{run_of}],"usage_summary":{usage}}}"#
        );
        record(&connection, 11, "pipeline", "p", None, &pipeline);
        // What another kind calls a profile is no observation.
        record(&connection, 12, "user", "u", None, r#"{"profile":{"images":{}}}"#);
        record(&connection, 13, "table", "bare", None, r#"{"columns":[]}"#);
        run(&mut connection, MIGRATIONS).unwrap();

        let body = |id: u8| -> String {
            connection.query_row("SELECT body FROM records WHERE id = ?1", [vec![id; 16]], |row| row.get(0)).unwrap()
        };
        assert_eq!(body(10), r#"{"columns":[{"name":"a","profile":{}}],"source_hash":"h"}"#);
        assert_eq!(body(11), r#"{"state":"Active"}"#);
        assert_eq!(body(12), r#"{"profile":{"images":{}}}"#);
        assert_eq!(body(13), r#"{"columns":[]}"#);
        let mut statement = connection
            .prepare(
                "SELECT s.record, s.name, s.item, o.at, o.value FROM observations o \
                 JOIN observation_series s ON s.id = o.series AND s.account = x'01010101010101010101010101010101' \
                 ORDER BY s.record, s.name, s.item, o.at",
            )
            .unwrap();
        let found: Vec<(Vec<u8>, String, String, i64, String)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let (day, at) = (1_767_312_000_000, 0);
        let expected: Vec<(u8, &str, &str, i64, String)> = vec![
            (10, "column_profile", "a", 8, column("a", 8, "y")),
            (10, "column_profile", "a", 9, column("a", 9, "ü\\n")),
            (10, "column_profile", "b.c", 9, column("b.c", 9, "x")),
            (10, "joins", "", at, r#"{"day_count":1}"#.into()),
            (10, "sample_data", "", at, sample.into()),
            (10, "system_profile", "", 7, r#"{"timestamp":7,"operation":"INSERT"}"#.into()),
            (10, "table_profile", "", 8, table(8)),
            (10, "table_profile", "", 9, table(9)),
            (10, "usage_summary", "", day, usage.into()),
            (11, "pipeline_status", "", 5, run_of.into()),
            (11, "usage_summary", "", day, usage.into()),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(id, name, item, at, value)| (vec![id; 16], name.to_owned(), item.to_owned(), at, value))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn terms_that_are_related_to_one_are_related_from_it() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE records (id BLOB, revision INTEGER);
                 CREATE TABLE edges (source BLOB, relation TEXT, place TEXT, ord INTEGER, id BLOB, target BLOB, attributes TEXT, since INTEGER);
                 INSERT INTO records VALUES (x'0a', 3), (x'0b', 7), (x'0c', 9);
                 INSERT INTO edges VALUES (x'0a', 'related_term', '', 0, x'01', x'0b', NULL, 2),
                     (x'0a', 'related_term', '', 1, x'02', x'0c', '{\"relation_type\":\"synonym\"}', 3),
                     (x'0b', 'related_term', '', 0, x'03', x'0a', NULL, 4),
                     (x'0c', 'related_term', '', 0, x'04', x'0c', NULL, 5),
                     (x'0a', 'is_a', '', 0, x'05', x'0c', NULL, 1);",
            )
            .unwrap();
        connection.execute_batch(MIGRATIONS[9].sql).unwrap();
        let mut made = connection
            .prepare(
                "SELECT hex(source), hex(target), attributes, since FROM edges WHERE id NOT IN (x'01', x'02', x'03', x'04', x'05')",
            )
            .unwrap();
        let made: Vec<(String, String, String, i64)> = made
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(made, [("0C".into(), "0A".into(), r#"{"relation_type":"synonym"}"#.into(), 9)]);
    }

    #[test]
    fn what_is_certified_leads_to_its_tag() {
        // In the year 2286.
        const AHEAD: i64 = 10_000_000_000_000;
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &MIGRATIONS[..12]).unwrap();
        let certified = |fqn: &str, ends: i64| {
            format!(r#"{{"certification":{{"tag_label":{{"tag_fqn":"{fqn}"}},"expiry_date":{ends}}}}}"#)
        };
        record(&connection, 1, "tag", "Certification.Gold", None, "{}");
        record(&connection, 2, "table", "t", None, &certified("Certification.Gold", AHEAD));
        record(&connection, 3, "table", "u", None, &certified("Certification.Gone", AHEAD));
        record(&connection, 6, "table", "x", None, &certified("Certification.Gold", 7));
        record(
            &connection,
            4,
            "table",
            "v",
            None,
            r#"{"certification":{"tag_label":{"tag_fqn":"Certification.Gold"}}}"#,
        );
        record(&connection, 5, "table", "w", None, "{}");
        run(&mut connection, MIGRATIONS).unwrap();
        let edges = "SELECT concat_ws(' ', hex(source), relation, hex(target), attributes, length(id)) FROM edges";
        let mut edges = connection.prepare(edges).unwrap();
        let edges: Vec<String> = edges.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(edges, [format!(r#"{} certified_by {} {{"until":{AHEAD}}} 16"#, "02".repeat(16), "01".repeat(16))]);
    }

    #[test]
    fn addresses_go_into_the_accounts_of_their_users() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE records (id BLOB, account BLOB);
                 CREATE TABLE aliases (account BLOB, space TEXT, value TEXT NOT NULL, id BLOB);
                 INSERT INTO records VALUES (x'01', x'0123456789abcdef0123456789abcdef');
                 INSERT INTO aliases VALUES (zeroblob(16), 'email', 'ada@example.com', x'01'),
                     (zeroblob(16), 'email', 'nobody@example.com', x'02'),
                     (zeroblob(16), 'account', 'default', x'01'),
                     (x'0123456789abcdef0123456789abcdef', 'email', 'other', x'01');",
            )
            .unwrap();
        connection.execute_batch(MIGRATIONS[4].sql).unwrap();
        let mut values = connection.prepare("SELECT value FROM aliases ORDER BY value").unwrap();
        let values: Vec<String> = values.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let moved = "ada@example.com\n01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(values, [moved, "default", "nobody@example.com", "other"]);
    }
}
