//! Engines to ask, and records to ask them about.

pub mod own_server;
pub mod random;
pub mod serialization_failures;
pub mod server;

use std::path::Path;
use std::sync::Arc;

use emporion_catalog::change_set::{ChangeSet, Event, EventKind, Expect, Lost, Permit, Write};
use emporion_catalog::id::{AccountId, EdgeId, Millis, RecordId, Revision, Seq};
use emporion_catalog::kind::Kind;
use emporion_catalog::observation::{Key, Noted, Series};
use emporion_catalog::ports::{Snapshot, Store};
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::{Actor, Edge, Record, Stamp, State};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::Relation;
use emporion_catalog::testing;
use emporion_store::{MemoryStore, Options, PostgresStore, SqliteStore, postgres};
use uuid::Uuid;

pub const ACCOUNT: AccountId = AccountId::from_uuid(Uuid::from_u128(1));
pub const OTHER: AccountId = AccountId::from_uuid(Uuid::from_u128(2));

/// An engine of its own for one test.
pub struct World {
    pub store: Arc<dyn Store>,
    /// The same, where it is SQLite: what is checked beyond the port.
    pub sqlite: Option<Arc<SqliteStore>>,
    /// The same for PostgreSQL.
    pub postgres: Option<Arc<PostgresStore>>,
    /// Its statements meet others on purpose: what is planned may be planned again.
    pub is_overtaken: bool,
    _directory: Option<tempfile::TempDir>,
}

pub fn memory() -> World {
    World {
        store: Arc::new(MemoryStore::default()),
        sqlite: None,
        postgres: None,
        is_overtaken: false,
        _directory: None,
    }
}

pub fn sqlite() -> World {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&directory.path().join("store.db")));
    World { sqlite: Some(store.clone()), store, _directory: Some(directory), ..memory() }
}

pub async fn postgres() -> World {
    over_database(&server::database().await).await
}

pub async fn over_database(address: &str) -> World {
    let store = Arc::new(open_database(address).await);
    World { postgres: Some(store.clone()), store, ..memory() }
}

/// PostgreSQL where all is SERIALIZABLE, and what writes is failures now and then.
pub async fn serializable() -> World {
    let failures = serialization_failures::SerializationFailures::default();
    let (isolation, fails_on_purpose) = (postgres::Isolation::Serializable, Some(failures.hook()));
    let options = postgres::Options { isolation, fails_on_purpose, ..postgres::Options::default() };
    let address = server::database().await;
    let store = Arc::new(PostgresStore::open(&address, Registry::standard(), options).await.unwrap());
    failures.now_and_then();
    World { postgres: Some(store.clone()), store, is_overtaken: true, ..memory() }
}

pub async fn open_database(address: &str) -> PostgresStore {
    PostgresStore::open(address, Registry::standard(), postgres::Options::default()).await.unwrap()
}

pub fn open(file: &Path) -> SqliteStore {
    SqliteStore::open(file, Registry::standard(), Options::default()).unwrap()
}

impl World {
    pub async fn now(&self) -> Box<dyn Snapshot> {
        self.store.snapshot().await.unwrap()
    }

    /// Stores one set that must be stored.
    pub async fn does(&self, set: Set) -> Seq {
        self.tries(set).await.unwrap()
    }

    /// Stores one set that may lose.
    pub async fn tries(&self, set: Set) -> Result<Seq, Lost> {
        self.store.commit(vec![set.0]).await.unwrap().pop().unwrap()
    }

    /// Stores one set that must lose, and answers what it lost.
    pub async fn loses(&self, set: Set) -> Expect {
        self.tries(set).await.unwrap_err().0
    }

    pub async fn puts(&self, record: &Record) -> Seq {
        self.does(Set::new().put(record)).await
    }

    pub async fn get(&self, id: RecordId) -> Option<Record> {
        for account in [ACCOUNT, OTHER] {
            if let Some(found) = self.now().await.by_id(account, &[id]).await.unwrap().pop().flatten() {
                return Some(found);
            }
        }
        None
    }

    /// The names of a list, in its order.
    pub async fn names(&self, query: &ListQuery) -> Vec<String> {
        self.now().await.list(query).await.unwrap().into_iter().map(|record| record.name).collect()
    }

    /// Lists and counts with one query; the two must agree.
    pub async fn finds(&self, query: ListQuery) -> Vec<String> {
        let names = self.names(&query).await;
        assert_eq!(self.now().await.count(&query).await.unwrap(), names.len() as u64, "{query:?}");
        names
    }

    /// Whether it has indexes, which change their ways where there is much.
    pub fn is_indexed(&self) -> bool {
        self.sqlite.is_some() || self.postgres.is_some()
    }

    /// What the engine finds wrong with itself.
    pub async fn faults(&self) -> Vec<String> {
        match (&self.sqlite, &self.postgres) {
            (Some(store), _) => store.verify().unwrap().faults,
            (_, Some(store)) => store.verify().await.unwrap().faults,
            (None, None) => Vec::new(),
        }
    }

    pub async fn is_whole(&self) {
        assert_eq!(self.faults().await, Vec::<String>::new());
    }
}

/// A change set in the making.
#[derive(Clone)]
pub struct Set(pub ChangeSet);

impl Set {
    pub fn new() -> Set {
        Set(ChangeSet::new(Permit::for_tests()))
    }

    pub fn expect(mut self, expect: Expect) -> Set {
        self.0.expect.push(expect);
        self
    }

    pub fn write(mut self, write: Write) -> Set {
        self.0.writes.push(write);
        self
    }

    pub fn tell(mut self, what: EventKind, record: &Record) -> Set {
        self.0.events.push(event(what, record));
        self
    }

    /// A new record and its event.
    pub fn put(self, record: &Record) -> Set {
        let put = Write::Put { record: Box::new(record.clone()), replaces: None, silent: false };
        self.write(put).tell(EventKind::Created, record)
    }

    /// The next revision of a record and its event.
    pub fn replace(self, record: &Record) -> Set {
        let replaces = Some(Revision(record.revision.0 - 1));
        self.write(Write::Put { record: Box::new(record.clone()), replaces, silent: false })
            .tell(EventKind::Updated, record)
    }

    /// The next revision, where nothing differs that counts in a version.
    pub fn touch(self, record: &Record) -> Set {
        let replaces = Some(Revision(record.revision.0 - 1));
        let put = Write::Put { record: Box::new(record.clone()), replaces, silent: true };
        self.write(put).tell(EventKind::Updated, record)
    }

    pub fn observe(self, record: &Record, observations: Vec<Noted>) -> Set {
        self.write(Write::Observe { account: record.account, record: record.id, observations })
    }

    pub fn link(self, edge: &Edge) -> Set {
        self.write(Write::Link(Box::new(edge.clone())))
    }

    pub fn unlink(self, edge: &Edge, until: u64) -> Set {
        self.write(Write::Unlink { id: edge.id, until: Revision(until) })
    }
}

pub fn noted(series: Series, item: &str, at: i64, value: impl Into<Option<serde_json::Value>>) -> Noted {
    Noted { key: Key { series, item: item.into(), at: Millis(at) }, value: value.into() }
}

pub fn event(what: EventKind, record: &Record) -> Event {
    Event {
        account: record.account,
        at: record.updated.at,
        by: actor(),
        what,
        kind: record.kind,
        id: record.id,
        fqn: record.fqn.clone(),
        revision: record.revision,
        detail: None,
    }
}

pub fn kind(name: &str) -> Kind {
    Registry::standard().expect(name)
}

pub fn actor() -> Actor {
    let (through, door) = (Some("robot".into()), Some("front".into()));
    Actor { id: RecordId::from_uuid(Uuid::from_u128(9)), name: "ann".into(), through, door }
}

pub fn record(kind_name: &str, parent: Option<&Record>, name: &str) -> Record {
    let stamp = Stamp { at: Millis(1_000), by: actor() };
    Record {
        account: parent.map_or(ACCOUNT, |parent| parent.account),
        // By what and by which door is kept of the last update alone.
        created: Stamp { by: Actor { through: None, door: None, ..actor() }, ..stamp.clone() },
        updated: stamp,
        ..testing::record(kind_name, parent, name)
    }
}

pub fn domain(name: &str) -> Record {
    record("domain", None, name)
}

pub fn product(parent: &Record, name: &str) -> Record {
    record("data_product", Some(parent), name)
}

/// The record's next revision.
pub fn next(record: &Record) -> Record {
    Record { revision: record.revision.next(), version: record.version + 1, ..record.clone() }
}

pub fn deleted(record: &Record, holds_name: bool) -> Record {
    Record { state: State::Deleted { holds_name }, ..next(record) }
}

pub fn alive(record: &Record) -> Record {
    Record { state: State::Alive, ..next(record) }
}

pub fn edge(from: &Record, relation: Relation, to: &Record) -> Edge {
    Edge {
        id: EdgeId::fresh(),
        from: from.id,
        relation,
        at: String::new(),
        ord: 0,
        to: to.id,
        attributes: serde_json::Map::new(),
        since: from.revision,
        until: None,
    }
}

pub fn mark(root: &Record, state: State) -> Write {
    Write::MarkSubtree { root: root.id, state, at: Millis(7_000), by: actor() }
}
