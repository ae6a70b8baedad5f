//! A store that goes from one engine to the other, and back: nothing is lost, nothing is half there.

use std::path::Path;

use emporion_catalog::audit_event::{AuditEvent, AuditEventKind};
use emporion_catalog::change_set::{Credential, CredentialClass, EventKind, RememberedAnswer, SealedSecret, Write};
use emporion_catalog::id::{AuditEventId, CredentialId, Millis, Seq};
use emporion_catalog::observation::{COLUMN_PROFILE, Series};
use emporion_catalog::ports::{Store, StoreError};
use emporion_catalog::record::Actor;
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::OWNER;
use emporion_store::PostgresStore;
use emporion_store::postgres::{self, Shape, StoredKeys};
use rusqlite::Connection;
use rusqlite::types::Value;
use serde_json::json;

use crate::support::*;

pub fn keys() -> StoredKeys {
    StoredKeys { version: 3, wrapped: b"wrapped".to_vec() }
}

/// Of which `written` notes something.
pub const OBSERVED: Series = COLUMN_PROFILE;

const GO_ON: &dyn Fn(u64, u64) -> bool = &|_, _| true;

async fn does(store: &dyn Store, set: Set) -> Seq {
    store.commit(vec![set.0]).await.unwrap().pop().unwrap().unwrap()
}

/// Something in every table: a past, an ended edge, a deleted record, numbers that no double holds.
pub async fn written(file: &Path) {
    let store = open(file);
    let (d, other, ann) =
        (domain("d"), record("domain", None, "Gr\u{fc}\u{df}e \u{1f600}"), record("user", None, "ann"));
    let p = product(&d, "p");
    let (owned, ended) = (edge(&p, OWNER, &ann), edge(&d, OWNER, &ann));
    let sealed = SealedSecret { path: "/a".into(), sealed: vec![0, 1, 255], fingerprint: vec![7] };
    let credential = Credential {
        id: CredentialId::fresh(),
        account: ACCOUNT,
        user: ann.id,
        class: CredentialClass::Password,
        public: "ann".into(),
        label: String::new(),
        secret: vec![9, 0],
        created: Millis(1),
        expires: None,
        made_with: None,
    };
    let answer = RememberedAnswer {
        account: ACCOUNT,
        scope: "s".into(),
        key: "k".into(),
        fingerprint: vec![1],
        status: 200,
        body: vec![0, 2].into(),
        at: Millis(3),
    };
    does(&store, Set::new().put(&d).put(&other).put(&ann).put(&p).link(&owned).link(&ended)).await;
    does(
        &store,
        Set::new()
            .write(Write::PutSecrets { id: p.id, secrets: vec![sealed] })
            .write(Write::PutCredential(Box::new(credential)))
            .write(Write::PutKey(Box::new(answer)))
            .write(Write::Alias { account: ACCOUNT, space: "s", value: "v".into(), id: p.id })
            .write(Write::RaiseEpoch { account: ACCOUNT })
            .tell(EventKind::Updated, &p),
    )
    .await;
    let event = AuditEvent {
        id: AuditEventId::fresh(),
        account: ACCOUNT,
        at: Millis(4),
        by: Actor { name: "ada".into(), door: Some("bobsled".into()), ..Actor::nobody() },
        what: AuditEventKind::ALL[0],
        about: Some(p.id),
        detail: json!({"rows": 7}).as_object().cloned().unwrap(),
    };
    does(&store, Set::new().write(Write::Note(vec![event]))).await;
    let counted = |at: i64| noted(COLUMN_PROFILE, "a", at, json!({"rows": at, "mean": 0.1, "text": "\u{0}"}));
    does(&store, Set::new().observe(&p, vec![counted(1), counted(2), noted(COLUMN_PROFILE, "", 1, json!([1]))])).await;
    does(&store, Set::new().replace(&next(&d)).unlink(&ended, 2)).await;
    does(&store, Set::new().replace(&deleted(&other, true))).await;
}

/// All rows of a file, but for what only numbers other rows; observations with the names of their members.
fn rows(file: &Path) -> Vec<Vec<Value>> {
    let connection = Connection::open(file).unwrap();
    let all = |sql: &str| {
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
        rows.collect::<rusqlite::Result<Vec<Vec<Value>>>>().unwrap()
    };
    let named = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'observation%' AND name NOT LIKE 'sqlite_%' \
                 AND name <> 'probe' ORDER BY name";
    let mut found = Vec::new();
    for table in all(named) {
        let Value::Text(table) = &table[0] else { panic!("a name") };
        // Columns that were added later stand last in both.
        let rows = all(&format!("SELECT * FROM {table} ORDER BY 1, 2"));
        let needs_rows = table != "under_way" && table != "follower_states";
        assert!(!rows.is_empty() || !needs_rows, "nothing is compared of {table}");
        found.extend(rows);
    }
    found
}

async fn observed(store: &dyn Store) -> Vec<String> {
    let now = store.snapshot().await.unwrap();
    let mut found = Vec::new();
    for product in now.list(&emporion_catalog::query::ListQuery::of(ACCOUNT, kind("data_product"))).await.unwrap() {
        let newest = now.newest_observations(ACCOUNT, &[product.id], &[COLUMN_PROFILE]).await.unwrap();
        found.extend(newest.into_iter().map(|one| format!("{} {} {}", one.item, one.at.0, one.value)));
    }
    found
}

fn reason<T>(result: Result<T, StoreError>) -> String {
    match result {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was not refused"),
    }
}

async fn empty() -> PostgresStore {
    open_database(&server::database().await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_goes_to_the_other_engine_and_back_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let (from, back) = (directory.path().join("from.db"), directory.path().join("back.db"));
    written(&from).await;
    let before = rows(&from);
    let database = empty().await;
    let id = database.id().await.unwrap();
    let told = std::cell::Cell::new((0, 0));
    let progress = |done, all| {
        told.set((done, all));
        true
    };
    database.fill(&from, &keys(), &progress).await.unwrap();
    assert_eq!(told.get().0, told.get().1, "all of it was told of");
    assert_ne!(database.id().await.unwrap(), id, "what a node has made of the empty store is none of this one");
    assert_eq!(database.verify().await.unwrap().faults, Vec::<String>::new());
    let stored = database.keys().await.unwrap().unwrap();
    assert_eq!((stored.version, stored.wrapped), (3, b"wrapped".to_vec()));
    let (copied, held) = database.copy(&back, GO_ON).await.unwrap();
    assert_eq!((copied.records, copied.seq), (4, database.snapshot().await.unwrap().head().await.unwrap().0));
    assert_eq!(held.unwrap().version, 3);
    assert_eq!(rows(&back), before);
    let seen = observed(&database).await;
    assert_eq!(seen.len(), 2);
    assert_eq!(seen, observed(&open(&back)).await);
    assert_eq!(seen, observed(&open(&from)).await);
    // Both go on: the log without a gap, series with numbers of their own.
    for store in [&database as &dyn Store, &open(&back)] {
        let p = store.snapshot().await.unwrap();
        let p = p.list(&emporion_catalog::query::ListQuery::of(ACCOUNT, kind("data_product"))).await.unwrap().remove(0);
        let _ = does(store, Set::new().observe(&p, vec![noted(COLUMN_PROFILE, "new", 1, json!(1))])).await;
        assert_eq!(does(store, Set::new().replace(&next(&p))).await, Seq(copied.seq + 1));
    }
    assert_eq!(database.verify().await.unwrap().faults, Vec::<String>::new());
    assert_eq!(open(&back).verify().unwrap().faults, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_filled_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let from = directory.path().join("from.db");
    written(&from).await;
    let database = empty().await;
    assert!(reason(database.fill(&from, &keys(), &|_, _| false).await).contains("ended"));
    // A row that the server does not take, far behind the first ones.
    let connection = Connection::open(&from).unwrap();
    connection.execute("UPDATE credentials SET label = 'a' || char(0)", []).unwrap();
    let why = reason(database.fill(&from, &keys(), GO_ON).await);
    let id: Vec<u8> = connection.query_row("SELECT id FROM credentials", [], |row| row.get(0)).unwrap();
    let named = format!("credentials (id {}) has a zero byte in label", uuid::Uuid::from_slice(&id).unwrap());
    assert!(why.contains(&named), "{why}");
    connection.execute("UPDATE credentials SET label = ''", []).unwrap();
    // What is not whole there becomes no store here.
    connection.execute("UPDATE tallies SET n = n + 1 WHERE kind = 'domain'", []).unwrap();
    let why = reason(database.fill(&from, &keys(), GO_ON).await);
    assert!(why.contains("tally"), "{why}");
    connection.execute("UPDATE tallies SET n = n - 1 WHERE kind = 'domain'", []).unwrap();
    // Nor what an older or a newer version has written.
    connection.execute("INSERT INTO migrations VALUES (99, 'later', '')", []).unwrap();
    assert!(reason(database.fill(&from, &keys(), GO_ON).await).contains("newer version"));
    connection.execute("DELETE FROM migrations WHERE number IN (19, 99)", []).unwrap();
    assert!(reason(database.fill(&from, &keys(), GO_ON).await).contains("older version"));
    connection.execute("INSERT INTO migrations VALUES (19, 'again', '')", []).unwrap();
    drop(connection);
    assert!(database.keys().await.unwrap().is_none());
    assert_eq!(database.verify().await.unwrap().records, 0, "each of them left it empty");
    database.fill(&from, &keys(), GO_ON).await.unwrap();
    assert!(reason(database.fill(&from, &keys(), GO_ON).await).contains("used"));
    assert_eq!(database.verify().await.unwrap().faults, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_broken_off_is_no_store_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let (from, other) = (directory.path().join("from.db"), directory.path().join("other.db"));
    written(&from).await;
    written(&other).await;
    does(&open(&other), Set::new().put(&domain("one more"))).await;
    let address = server::database().await;
    let opened = |shape| {
        let options = postgres::Options { shape, ..Default::default() };
        PostgresStore::open(&address, Registry::standard(), options)
    };
    let database = opened(Shape::OfEmpty).await.unwrap();
    for least in [5, 12, 20] {
        let first = std::cell::Cell::new(None);
        let ends = |done: u64, _: u64| {
            first.set(first.get().or(Some(done)));
            done < least
        };
        assert!(reason(database.fill(&from, &keys(), &ends).await).contains("ended"));
        assert!(least == 5 || first.get() > Some(4), "it goes on behind the records: {first:?}");
        // Nobody opens it as a store, and nobody makes one in it.
        for shape in [Shape::Required, Shape::Brought] {
            assert!(reason(opened(shape).await).contains("not wholly arrived"));
        }
    }
    // Of another file nothing is kept of the first, and the other way round.
    assert!(reason(database.fill(&other, &keys(), &|done, _| done < 12).await).contains("ended"));
    let database = opened(Shape::OfEmpty).await.unwrap();
    assert!(reason(database.fill(&from, &keys(), &|done, _| done < 12).await).contains("ended"));
    database.fill(&from, &keys(), GO_ON).await.unwrap();
    let back = directory.path().join("back.db");
    opened(Shape::Required).await.unwrap().copy(&back, GO_ON).await.unwrap();
    assert_eq!(rows(&back), rows(&from));
    assert!(reason(database.fill(&from, &keys(), GO_ON).await).contains("used"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_one_state_while_others_write_and_nothing_where_it_was_ended() {
    let directory = tempfile::tempdir().unwrap();
    let database = std::sync::Arc::new(empty().await);
    let writing = {
        let database = database.clone();
        tokio::spawn(async move {
            for number in 0..200 {
                let d = domain(&format!("d{number}"));
                does(&*database, Set::new().put(&d).put(&product(&d, "p"))).await;
            }
        })
    };
    for number in 0..3 {
        let to = directory.path().join(format!("{number}.db"));
        let (copied, _) = database.copy(&to, GO_ON).await.unwrap();
        let report = open(&to).verify().unwrap();
        assert_eq!((report.faults, report.records, report.events), (Vec::new(), copied.records, copied.seq));
        assert!(reason(database.copy(&to, GO_ON).await).contains("there already"));
    }
    writing.await.unwrap();
    let ended = directory.path().join("ended.db");
    for number in 0..400 {
        does(&*database, Set::new().put(&domain(&format!("e{number}")))).await;
    }
    assert!(reason(database.copy(&ended, &|_, _| false).await).contains("ended"));
    assert!(!ended.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_used_keeps_its_schema_where_an_empty_one_is_needed() {
    let address = server::database().await;
    let older = "DELETE FROM migrations WHERE number >= 4; DROP INDEX edges_by_until; \
                 ALTER TABLE commits DROP COLUMN seq, DROP COLUMN keys; DROP INDEX records_deleted; DROP INDEX data_product_by_members_follow; \
                 DROP VIEW deeds; ALTER TABLE audit_events RENAME TO deeds; \
                 ALTER TABLE deeds RENAME CONSTRAINT audit_events_pkey TO deeds_pkey; \
                 ALTER INDEX audit_events_by_time RENAME TO deeds_by_time";
    let opened = |shape| {
        let options = postgres::Options { shape, ..Default::default() };
        PostgresStore::open(&address, Registry::standard(), options)
    };
    opened(Shape::OfEmpty).await.unwrap();
    server::execute(&address, older).await;
    let empty = opened(Shape::OfEmpty).await.unwrap();
    for shape in [Shape::Required, Shape::Brought] {
        assert!(reason(opened(shape).await).contains("not wholly arrived"), "no row has come");
    }
    empty.give_up_filling().await.unwrap();
    assert!(empty.replace_keys(&StoredKeys { version: 1, wrapped: vec![1] }).await.unwrap());
    drop(empty);
    assert!(reason(opened(Shape::OfEmpty).await).contains("used already"));
    server::execute(&address, older).await;
    assert!(reason(opened(Shape::OfEmpty).await).contains("used already"));
    assert!(reason(opened(Shape::Required).await).contains("older version"), "it was not brought to the newer schema");
    opened(Shape::Brought).await.unwrap();
    assert!(reason(opened(Shape::OfEmpty).await).contains("used already"));
}
