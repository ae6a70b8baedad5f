//! A SQLite file as the source, the core with a real gate over an engine in memory.

use std::path::PathBuf;
use std::sync::Arc;

use emporion_authz::gate::CedarGate;
use emporion_authz::keyring::Keyring;
use emporion_authz::sealer::RingSealer;
use emporion_catalog::bootstrap::NewAccount;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::id::Millis;
use emporion_catalog::ports::Store;
use emporion_catalog::registry::Registry;
use emporion_catalog::testing::Trusting;
use emporion_sources::Rules;
use emporion_store::MemoryStore;
use rusqlite::Connection;

pub struct House {
    pub catalog: Catalog,
    pub made: NewAccount,
    pub folder: tempfile::TempDir,
    pub rules: Rules,
}

const SHOP: &str = "
    CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, email TEXT UNIQUE);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INT REFERENCES customers (id), amount DECIMAL(12, 2));
    CREATE TABLE lines (order_id INT REFERENCES orders, line INT, PRIMARY KEY (order_id, line));
    CREATE TABLE a1 (x INT); CREATE TABLE a2 (x INT); CREATE TABLE a3 (x INT); CREATE TABLE a4 (x INT); CREATE TABLE a5 (x INT);
    CREATE VIEW totals AS SELECT c.name, SUM(o.amount) AS total FROM orders o JOIN customers c ON c.id = o.customer_id;
    INSERT INTO customers (name) VALUES ('Ann'), ('Bob');";

impl House {
    pub async fn new() -> House {
        House::over(Arc::new(MemoryStore::default())).await
    }

    pub async fn over(store: Arc<dyn Store>) -> House {
        let ring = Keyring::from_environment(&"A".repeat(43)).unwrap();
        let catalog = Catalog::new(Parts {
            store,
            registry: Registry::standard(),
            gate: Arc::new(CedarGate::default()),
            sealer: Arc::new(RingSealer::new(ring)),
            authenticator: Arc::new(Trusting),
            clock: Millis::now,
        });
        let made = catalog.initialise().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let rules = Rules::default().with_source_dirs([PathBuf::from(folder.path())]);
        let house = House { catalog, made, folder, rules };
        house.sql(SHOP);
        house
    }

    pub fn sql(&self, sql: &str) {
        Connection::open(self.folder.path().join("shop")).unwrap().execute_batch(sql).unwrap();
    }

    pub async fn admin(&self) -> Caller {
        self.catalog.caller(self.made.account, self.made.admin).await.unwrap()
    }
}
