//! Engines to ask, and records to ask them about.

use std::sync::Arc;

use emporion_catalog::change_set::*;
use emporion_catalog::id::*;
use emporion_catalog::kind::Kind;
use emporion_catalog::ports::Store;
use emporion_catalog::record::*;
use emporion_catalog::registry::Registry;
use emporion_store::{Options, SqliteStore};
use uuid::Uuid;

pub const ACCOUNT: AccountId = AccountId::from_uuid(Uuid::from_u128(1));
pub struct World {
    pub store: Arc<dyn Store>,
    _directory: Option<tempfile::TempDir>,
}
pub fn sqlite() -> World {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("s.db"), Registry::standard(), Options::default()).unwrap();
    World { store: Arc::new(store), _directory: Some(directory) }
}
pub fn kind(name: &str) -> Kind {
    Registry::standard().expect(name)
}
pub fn stamp() -> Stamp {
    Stamp { at: Millis(5), by: Actor { id: RecordId::from_uuid(Uuid::from_u128(9)), name: "ann".into() } }
}
pub fn domain(name: &str) -> Record {
    Record {
        id: RecordId::fresh(),
        account: ACCOUNT,
        kind: kind("domain"),
        name: name.into(),
        fqn: name.into(),
        parent: None,
        revision: Revision(1),
        version: 1,
        content_revision: 1,
        created: stamp(),
        updated: stamp(),
        state: State::Alive,
        visibility: Visibility::Open,
        body: Default::default(),
        change: None,
    }
}
pub async fn put(store: &dyn Store, record: &Record) -> Seq {
    let mut set = ChangeSet::new(Permit::for_tests());
    set.writes.push(Write::Put { record: Box::new(record.clone()), replaces: None });
    set.events.push(Event {
        account: record.account,
        at: Millis(1),
        by: stamp().by,
        what: EventKind::Created,
        kind: record.kind,
        id: record.id,
        fqn: record.fqn.clone(),
        revision: record.revision,
        detail: None,
    });
    store.commit(vec![set]).await.unwrap().pop().unwrap().unwrap()
}
